"""Opens a key that was recognised, with the library `cryptography`, and writes it as the PKCS#8 that Snowflake takes.

RSA only: every other algorithm is told by its container, or by the type of what the passphrase opened. The library's own
check of an RSA key looks for primes and takes 40 ms; ours checks that the numbers belong together and that a signature
made with them is accepted, in 1 ms. Exceptions of the library are not chained to anything: some hold the bytes.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.keys.der import would_take_too_long
from core.keys.pem import framed
from core.keys.recognise import Recognised
from core.keys.values import Kind
from core.model import Secret
from core.redaction import remember_public

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

__all__ = ["Failure", "Opened", "opened", "written"]

_LOCKED = {Kind.ENCRYPTED_PKCS8, Kind.LEGACY_ENCRYPTED, Kind.ENCRYPTED_OPENSSH}
_LEGACY_CIPHERS = {"AES-128-CBC": 16, "AES-192-CBC": 16, "AES-256-CBC": 16, "DES-EDE3-CBC": 8}
"""Those that the library takes in a DEK-Info line, and the bytes of their vector. It calls others a wrong passphrase, and
panics (cryptography 50) where the vector is too short."""

_MOST_SSH_ROUNDS = 1_000
"""One round of bcrypt takes some 4 ms; ssh-keygen makes 16 or 24."""


class Failure(enum.Enum):
    """Why a key could not be opened."""

    LOCKED = "it is encrypted, and there is no passphrase"
    WRONG = "the passphrase does not open it"
    DAMAGED = "its content is not a key"
    UNSUPPORTED = "it is encrypted in a way that is not known here"
    TOO_SLOW = "it asks for too many rounds"
    NOT_RSA = "it is a key of another algorithm"
    NONE_INSIDE = "it does not contain a private key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An RSA key that was opened: the unencrypted PKCS#8 PEM, and what may be shown of it."""

    key: Secret
    bits: int
    public_key: str
    fingerprint: str
    was_locked: bool = False


def opened(found: Recognised, passphrase: str) -> Opened | Failure | str:
    """Open a key; a text is the name of an algorithm that is not RSA. `passphrase` is "" where there is none."""
    if would_take_too_long(found.content) or found.rounds > _MOST_SSH_ROUNDS:
        return Failure.TOO_SLOW
    if found.lock and found.lock[0] not in _LEGACY_CIPHERS:
        return Failure.UNSUPPORTED
    if found.lock and len(found.lock[1]) != 2 * _LEGACY_CIPHERS[found.lock[0]]:
        return Failure.DAMAGED
    may_be_locked = found.kind in {*_LOCKED, Kind.PKCS12}
    tries = [passphrase.encode("utf-8", "surrogatepass")] if passphrase and may_be_locked else []
    if found.kind not in _LOCKED:
        tries.insert(0, b"")  # a PKCS#12 file may have no passphrase
    result: Opened | Failure | str = Failure.LOCKED
    for password in tries:
        result = _tried(found, password)
        if not isinstance(result, Failure) or result is Failure.UNSUPPORTED:
            break
    return result


def _tried(found: Recognised, password: bytes) -> Opened | Failure | str:
    """Try one passphrase, or none. Whatever the library raises becomes a failure, and is not chained: it may hold bytes."""
    from cryptography.exceptions import InternalError, UnsupportedAlgorithm

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of old algorithms; which of them fit is our own business
            return _checked(_loaded(found, password or None), was_locked=bool(password))
    except UnsupportedAlgorithm:
        return Failure.UNSUPPORTED
    except (ValueError, TypeError, OverflowError, InternalError):
        if password:
            return Failure.WRONG
        return Failure.LOCKED if found.kind is Kind.PKCS12 else Failure.DAMAGED
    except BaseException as error:
        if (
            type(error).__module__ != "pyo3_runtime"
        ):  # a panic in the library's Rust is no Exception, and no end of ours
            raise
        return Failure.DAMAGED


def written(key: RSAPrivateKey, *, was_locked: bool = False) -> Opened:
    """Write an RSA key as unencrypted PKCS#8, with its public key and the fingerprint that Snowflake shows."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    body = base64.b64encode(public).decode()
    remember_public(body)  # it is there to be shown, and a PKCS#1 text has lines of it
    return Opened(
        key=Secret(pem),
        bits=key.key_size,
        public_key=body,
        fingerprint="SHA256:" + base64.b64encode(hashlib.sha256(public).digest()).decode(),
        was_locked=was_locked,
    )


def _loaded(found: Recognised, password: bytes | None) -> Any:
    """Hand a key to the library, in the form that it reads. Raises the library's errors."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12

    match found.kind:
        case Kind.OPENSSH | Kind.ENCRYPTED_OPENSSH:
            pem = framed("OPENSSH PRIVATE KEY", found.content, line=70)
            return serialization.load_ssh_private_key(pem, password, unsafe_skip_rsa_key_validation=True)
        case Kind.LEGACY_ENCRYPTED:
            pem = framed(found.label, found.content, found.lock)
            return serialization.load_pem_private_key(pem, password, unsafe_skip_rsa_key_validation=True)
        case Kind.PKCS12:
            return pkcs12.load_key_and_certificates(found.content, password)[0]
        case _:
            return serialization.load_der_private_key(found.content, password, unsafe_skip_rsa_key_validation=True)


def _checked(key: Any, *, was_locked: bool) -> Opened | Failure | str:
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

    if key is None:
        return Failure.NONE_INSIDE
    if isinstance(key, rsa.RSAPrivateKey):
        return written(key, was_locked=was_locked) if _belongs_together(key) else Failure.DAMAGED
    others: dict[type, str] = {
        ec.EllipticCurvePrivateKey: "EC",
        dsa.DSAPrivateKey: "DSA",
        ed25519.Ed25519PrivateKey: "Ed25519",
        ed448.Ed448PrivateKey: "Ed448",
    }
    return next((name for kind, name in others.items() if isinstance(key, kind)), "") or Failure.NOT_RSA


def _belongs_together(key: RSAPrivateKey) -> bool:
    """Return whether an RSA key's numbers are of one key (RFC 8017, 3.2), and sign what they verify."""
    numbers = key.private_numbers()
    p, q, d, e, n = numbers.p, numbers.q, numbers.d, numbers.public_numbers.e, numbers.public_numbers.n
    if min(p, q, d, e) < 3 or p == q or n != p * q or not (p & q & e & 1):
        return False
    if d * e % math.lcm(p - 1, q - 1) != 1 or (numbers.dmp1, numbers.dmq1) != (d % (p - 1), d % (q - 1)):
        return False
    return numbers.iqmp * q % p == 1 and _signs(key)


def _signs(key: RSAPrivateKey) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        key.public_key().verify(key.sign(b"backhaul", PKCS1v15(), SHA256()), b"backhaul", PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
