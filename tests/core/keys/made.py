"""The key texts of these tests, made again in each run: nothing that looks like a key stands in a file of ours."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import tempfile
import warnings
from datetime import UTC, datetime
from functools import cache, cached_property

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)

PASSPHRASE = "öpen Sesame 1"
PROJECT = "acme-analytics"
EMAIL = f"backhaul@{PROJECT}.iam.gserviceaccount.com"
RUN = 12
"""So many characters of a private key in a row count as told."""

PUTTY = """PuTTY-User-Key-File-3: {kind}
Encryption: {encryption}
Comment: rsa-key-20261122
Public-Lines: 1
AAAAB3NzaC1yc2EAAAADAQABAAABAQ
Private-Lines: 1
{private}
Private-MAC: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
"""


def pem(label: str, body: bytes | str) -> str:
    """Write PEM: lines of 64 characters of base64."""
    text = body if isinstance(body, str) else base64.b64encode(body).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def element(tag: int, content: bytes) -> bytes:
    """Write an element of DER."""
    size = len(content)
    header = bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + header + content


def body_of(text: str) -> str:
    """Return the base64 of PEM without its first and last line."""
    return "".join(line for line in text.splitlines() if "-" not in line and ":" not in line)


class Made:
    """One RSA key of 2,048 bits in every form that people have it in; and keys that do not fit."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.pkcs8 = self._private(PrivateFormat.PKCS8)
        self.pkcs1 = self._private(PrivateFormat.TraditionalOpenSSL)
        self.openssh = self._private(PrivateFormat.OpenSSH)
        self.pkcs8_der = self._private_der(PrivateFormat.PKCS8)
        self.pkcs1_der = self._private_der(PrivateFormat.TraditionalOpenSSL)
        public = self.key.public_key()
        self.public_der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.public = pem("PUBLIC KEY", self.public_der)
        self.public_pkcs1 = public.public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
        self.public_ssh = public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode() + " ann@laptop\n"
        self.public_key = base64.b64encode(self.public_der).decode()
        self.fingerprint = "SHA256:" + base64.b64encode(hashlib.sha256(self.public_der).digest()).decode()

    def _private(self, form: PrivateFormat, passphrase: str = "") -> str:
        lock = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
        return self.key.private_bytes(Encoding.PEM, form, lock).decode()

    def _private_der(self, form: PrivateFormat, passphrase: str = "") -> bytes:
        lock = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
        return self.key.private_bytes(Encoding.DER, form, lock)

    @cached_property
    def encrypted(self) -> str:
        return self._private(PrivateFormat.PKCS8, PASSPHRASE)

    @cached_property
    def encrypted_der(self) -> bytes:
        return self._private_der(PrivateFormat.PKCS8, PASSPHRASE)

    @cached_property
    def legacy(self) -> str:
        return self._private(PrivateFormat.TraditionalOpenSSL, PASSPHRASE)

    @cached_property
    def openssh_encrypted(self) -> str:
        lock = PrivateFormat.OpenSSH.encryption_builder().kdf_rounds(1).build(PASSPHRASE.encode())
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, lock).decode()

    @cached_property
    def certificate(self) -> str:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "backhaul")])
        day = datetime(2026, 1, 1, tzinfo=UTC)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
        builder = builder.not_valid_before(day).not_valid_after(day.replace(year=2036))
        signed = builder.public_key(self.key.public_key()).sign(self.key, hashes.SHA256())
        return signed.public_bytes(Encoding.PEM).decode()

    @cached_property
    def request(self) -> str:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "backhaul")])
        signed = x509.CertificateSigningRequestBuilder().subject_name(name).sign(self.key, hashes.SHA256())
        return signed.public_bytes(Encoding.PEM).decode()

    def greedy(self, lock: str) -> str:
        """Return an encrypted key that asks for an hour of work before it says whether a passphrase is right."""
        if lock == "bcrypt":
            content = base64.b64decode(body_of(self.openssh_encrypted))
            rounds = content.index(b"bcrypt") + len(b"bcrypt") + 4 + 4 + 16
            assert content[rounds : rounds + 4] == b"\0\0\0\1"
            return pem("OPENSSH PRIVATE KEY", content[:rounds] + b"\0\1\0\0" + content[rounds + 4 :])
        salt = element(0x04, b"12345678")
        if lock == "pbkdf2":
            options = element(0x30, salt + element(0x02, (2_000_000_000).to_bytes(4, "big")))
            derivation = bytes.fromhex("06092a864886f70d01050c") + options
        else:
            numbers = b"".join(element(0x02, number.to_bytes(4, "big")) for number in (1 << 24, 8, 16))
            derivation = bytes.fromhex("06092b06010401da47040b") + element(0x30, salt + numbers)
        cipher = bytes.fromhex("060960864801650304012a") + element(0x04, bytes(16))
        scheme = element(0x30, element(0x30, derivation) + element(0x30, cipher))
        algorithm = element(0x30, bytes.fromhex("06092a864886f70d01050d") + scheme)
        return pem("ENCRYPTED PRIVATE KEY", element(0x30, algorithm + element(0x04, bytes(1232))))

    def pkcs12(self, passphrase: str = PASSPHRASE, *, with_key: bool = True) -> bytes:
        builder = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(50)
        lock = builder.build(passphrase.encode()) if passphrase else NoEncryption()
        certificate = x509.load_pem_x509_certificate(self.certificate.encode())
        return pkcs12.serialize_key_and_certificates(b"k", self.key if with_key else None, certificate, None, lock)

    @cached_property
    def service_account(self) -> str:
        return json.dumps(self.account(), indent=2)

    def account(self, **changed: object) -> dict[str, object]:
        """Return a service account's file as Google writes it, with fields changed; None leaves one out."""
        whole: dict[str, object] = {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "0123456789abcdef0123456789abcdef01234567",
            "private_key": self.pkcs8,
            "client_email": EMAIL,
            "client_id": "123456789012345678901",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": "https://oauth2.googleapis.com/token",
            "universe_domain": "googleapis.com",
        } | changed
        return {name: value for name, value in whole.items() if value is not None}

    @cached_property
    def other_rsa(self) -> str:
        return private_pem(rsa.generate_private_key(65537, 2048))

    @cached_property
    def short(self) -> str:
        return private_pem(rsa.generate_private_key(65537, 1024))

    @cached_property
    def very_short(self) -> str:
        return by_tool("openssl genrsa -traditional 512", needs="openssl")

    @cached_property
    def rsa_pss(self) -> str:
        return by_tool("openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048", needs="openssl")

    @cached_property
    def ec(self) -> str:
        return private_pem(ec.generate_private_key(ec.SECP256R1()))

    @cached_property
    def sec1(self) -> str:
        return private_pem(ec.generate_private_key(ec.SECP256R1()), PrivateFormat.TraditionalOpenSSL)

    @cached_property
    def ed25519(self) -> str:
        return private_pem(ed25519.Ed25519PrivateKey.generate())

    @cached_property
    def ed448(self) -> str:
        return private_pem(ed448.Ed448PrivateKey.generate())

    @cached_property
    def ed25519_openssh(self) -> str:
        return private_pem(ed25519.Ed25519PrivateKey.generate(), PrivateFormat.OpenSSH)

    @cached_property
    def ed25519_encrypted(self) -> str:
        key = ed25519.Ed25519PrivateKey.generate()
        return key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE.encode())
        ).decode()

    @cached_property
    def _dsa(self) -> dsa.DSAPrivateKey:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library deprecates DSA; people still have such keys
            return dsa.generate_private_key(1024)

    @cached_property
    def dsa(self) -> str:
        return private_pem(self._dsa)

    @cached_property
    def dsa_legacy(self) -> str:
        return private_pem(self._dsa, PrivateFormat.TraditionalOpenSSL)

    @cached_property
    def forbidden(self) -> frozenset[str]:
        """Every run of 12 characters that tells a part of the private key: its base64, hex and bytes, in every form."""
        numbers = self.key.private_numbers()
        secret = [numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp]
        parts = [number.to_bytes((number.bit_length() + 7) // 8, "big") for number in secret]
        texts = [body_of(text) for text in (self.pkcs8, self.pkcs1, self.openssh, self.encrypted, self.legacy)]
        texts += [body_of(self.openssh_encrypted)]
        for part in parts:
            texts += [base64.b64encode(b"\0" * shift + part).decode().rstrip("=")[4:] for shift in range(3)]
            texts += [part.hex(), part.hex().upper(), str(int.from_bytes(part, "big")), part.decode("latin-1")]
        public = [base64.b64encode(b"\0" * shift + self.public_der).decode() for shift in range(3)]
        return frozenset(run for text in texts for run in runs(text)) - {run for text in public for run in runs(text)}

    def tells(self, text: str) -> str:
        """Return the first run of a text that tells a part of the private key; "" where there is none."""
        shown = text.replace(self.public_key, "")
        return next((run for run in runs(shown) if run in self.forbidden), "")


def private_pem(key: object, form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def runs(text: str) -> list[str]:
    return [text[start : start + RUN] for start in range(len(text) - RUN + 1)]


def by_tool(command: str, *, needs: str) -> str:
    """Let a command-line tool make a text. Skips the test where this host lacks the tool."""
    if shutil.which(needs) is None:
        pytest.skip(f"{needs} is not installed on this host")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def made() -> Made:
    return Made()
