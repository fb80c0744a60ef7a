"""The shell commands that Backhaul shows are run here, and yield the same key. Names of kinds are checked here too."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core import keys
from core.keys import Kind, Verdict, opening
from core.model import Secret
from tests.core.keys.made import PASSPHRASE, by_tool, made
from tests.core.keys.test_table import TABLE, Row

ROOT = Path(__file__).parents[3]
_USABLE = [row for row in TABLE if row.verdict in {Verdict.FITS, Verdict.FIXED} and "for nothing" not in row.name]


def run_typing(command: str, folder: Path, passphrase: str) -> tuple[int, str]:
    """Run a shell command on a terminal, typing the passphrase wherever it is asked for."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvp("sh", ["sh", "-c", command])
    written, answered = b"", 0
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            written += os.read(terminal, 65_536)
        except OSError:
            break
        asked = len(re.findall(rb"(?i)pass(?:phrase|word|\s+phrase)[^\n]*: *", written))
        if asked > answered:
            os.write(terminal, passphrase.encode() + b"\n")
            answered = asked
    else:
        os.kill(child, 9)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), written.decode("utf-8", "replace")


@pytest.mark.parametrize("row", _USABLE, ids=[row.name for row in _USABLE])
def test_the_command_that_is_shown_makes_the_same_key_of_a_file(row: Row, tmp_path: Path) -> None:
    file = tmp_path / "my key.pem"
    material = row.material
    file.write_bytes(material)
    file.chmod(0o600)
    passphrase = Secret(row.passphrase) if row.passphrase else None
    found = keys.inspect(material, passphrase, name=file.name)
    if not found.command:
        assert found.verdict is Verdict.FITS
        return
    for tool in ("openssl", "ssh-keygen", "iconv", "awk"):
        if tool in found.command and shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed on this host")
    command = re.sub(r"^backhaul ", f"{shlex.quote(sys.executable)} -m tui.main ", found.command)
    environment = f"PYTHONPATH={shlex.quote(str(ROOT))} " if command != found.command else ""
    code, written = run_typing(environment + command, tmp_path, row.passphrase)
    assert code == 0, written
    made_file = tmp_path / "my key.p8"
    again = keys.inspect(made_file.read_bytes())
    assert again.verdict is Verdict.FITS, (found.command, again.sentence)
    assert again.fingerprint == found.fingerprint
    assert made_file.stat().st_mode & 0o077 == 0
    assert file.read_bytes() == material


def test_the_tools_own_keys_are_read_and_the_fingerprint_is_the_one_that_openssl_computes(tmp_path: Path) -> None:
    by_tool("openssl version", needs="openssl")
    text = by_tool("openssl genrsa 2048 | openssl pkcs8 -topk8 -nocrypt", needs="openssl")
    (tmp_path / "key").write_text(text)
    command = "openssl rsa -in key -pubout -outform DER | openssl dgst -sha256 -binary | openssl enc -base64"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True)
    found = keys.inspect(text)
    assert found.verdict is Verdict.FITS
    assert found.fingerprint == "SHA256:" + done.stdout.strip()
    public = subprocess.run(
        ["openssl", "rsa", "-in", "key", "-pubout"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert found.public_key == "".join(public.stdout.splitlines()[1:-1])


@pytest.mark.parametrize("options", ["-aes256", "-aes128", "-des3"])
def test_keys_that_openssl_encrypted_the_old_way_are_opened(options: str) -> None:
    text = by_tool(f"openssl genrsa -traditional {options} -passout pass:abcd 2048", needs="openssl")
    assert keys.inspect(text, Secret("abcd")).verdict is Verdict.FIXED
    assert keys.inspect(text).kind is Kind.LEGACY_ENCRYPTED


@pytest.mark.parametrize(
    "options", ["-v2 aes256", "-v2 des3", "-v1 PBE-SHA1-3DES", "-scrypt", "-v2 aes128 -iter 100000"]
)
def test_keys_that_openssl_encrypted_are_opened(options: str) -> None:
    command = f"openssl genrsa 2048 | openssl pkcs8 -topk8 {options} -passout pass:abcd"
    text = by_tool(command, needs="openssl")
    assert keys.inspect(text, Secret("abcd")).verdict is Verdict.FIXED
    assert keys.inspect(text).kind is Kind.ENCRYPTED_PKCS8


@pytest.mark.parametrize(
    ("kind", "verdict"), [("rsa -b 2048", Verdict.FIXED), ("ed25519", Verdict.REFUSED), ("ecdsa", Verdict.REFUSED)]
)
@pytest.mark.parametrize("passphrase", ["", "abcd1"])
def test_keys_of_ssh_keygen_are_told_apart(kind: str, verdict: Verdict, passphrase: str) -> None:
    text = by_tool(f"ssh-keygen -q -t {kind} -N '{passphrase}' -f key >&2 && cat key", needs="ssh-keygen")
    found = keys.inspect(text, Secret(passphrase))
    assert found.verdict is verdict
    assert found.kind is (Kind.ENCRYPTED_OPENSSH if passphrase else Kind.OPENSSH)


def test_a_key_of_rsa_pss_is_made_plain_rsa() -> None:
    found = keys.inspect(made().rsa_pss)
    assert found.fixes == ("Its mark for RSA-PSS was made plain RSA.",)
    assert found.key is not None
    assert keys.inspect(found.key.reveal()).verdict is Verdict.FITS


def test_a_cipher_that_is_not_known_here_is_said_and_openssl_is_pointed_to() -> None:
    text = made().legacy.replace("AES-256-CBC", "CAMELLIA-256-CBC")
    found = keys.inspect(text, Secret(PASSPHRASE))
    assert (found.verdict, found.sentence) == (
        Verdict.REFUSED,
        "The key is encrypted in a way that Backhaul does not know.",
    )
    assert found.command.startswith("openssl pkcs8 ")


@pytest.mark.parametrize("vector", ["01234567", "0123456789abcdef01234567", "0" * 34])
def test_a_vector_of_a_wrong_length_is_damage(vector: str) -> None:
    start = made().legacy.index("AES-256-CBC,") + len("AES-256-CBC,")
    text = made().legacy[:start] + vector + made().legacy[start + 32 :]
    found = keys.inspect(text, Secret(PASSPHRASE))
    assert (found.verdict, found.sentence[:19]) == (Verdict.REFUSED, "The key is damaged:")


def test_a_panic_inside_the_library_is_damage_and_an_interrupt_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(error: BaseException) -> None:
        def fail(*_arguments: object) -> None:
            raise error

        monkeypatch.setattr(opening, "_loaded", fail)

    panic = type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})
    failing(panic("assertion failed"))
    assert keys.inspect(made().pkcs8).verdict is Verdict.REFUSED
    failing(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        keys.inspect(made().pkcs8)


@pytest.mark.parametrize("lock", ["pbkdf2", "scrypt", "bcrypt"])
def test_a_key_that_would_keep_the_machine_busy_for_hours_is_not_tried(lock: str) -> None:
    found = keys.inspect(made().greedy(lock), Secret(PASSPHRASE))
    assert found.sentence.startswith("To try one passphrase, this key asks for more work than this machine should do")


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("pkcs8", Kind.PKCS8, 'PKCS#8 ("BEGIN PRIVATE KEY")'),
        ("pkcs1", Kind.PKCS1, 'PKCS#1 ("BEGIN RSA PRIVATE KEY")'),
        ("encrypted", Kind.ENCRYPTED_PKCS8, 'encrypted PKCS#8 ("BEGIN ENCRYPTED PRIVATE KEY")'),
        ("legacy", Kind.LEGACY_ENCRYPTED, 'legacy encrypted PEM ("Proc-Type: 4,ENCRYPTED")'),
        ("openssh", Kind.OPENSSH, 'OpenSSH ("BEGIN OPENSSH PRIVATE KEY")'),
        ("openssh_encrypted", Kind.ENCRYPTED_OPENSSH, 'encrypted OpenSSH ("BEGIN OPENSSH PRIVATE KEY")'),
        ("sec1", Kind.SEC1, 'SEC1 ("BEGIN EC PRIVATE KEY")'),
        ("dsa_legacy", Kind.DSA, 'DSA ("BEGIN DSA PRIVATE KEY")'),
        ("pkcs8_der", Kind.PKCS8, "PKCS#8 in its binary form (DER)"),
        ("pkcs1_der", Kind.PKCS1, "PKCS#1 in its binary form (DER)"),
        ("service_account", Kind.SERVICE_ACCOUNT, "the key of a Google service account (JSON)"),
        ("public", Kind.PUBLIC_KEY, "a public key"),
        ("public_ssh", Kind.PUBLIC_KEY, 'a public key of OpenSSH ("ssh-rsa AAAA…")'),
        ("certificate", Kind.CERTIFICATE, "a certificate"),
        ("request", Kind.REQUEST, "a certificate request"),
    ],
)
def test_each_kind_has_a_name_that_a_person_reads(text: str, kind: Kind, found: str) -> None:
    seen = keys.inspect(getattr(made(), text))
    assert (seen.kind, seen.found) == (kind, found)


def test_a_refused_key_is_answered_with_how_to_make_a_pair_that_fits(tmp_path: Path) -> None:
    by_tool("openssl version", needs="openssl")
    command = keys.inspect(made().ed25519).command
    subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, check=True)
    assert keys.inspect((tmp_path / "rsa_key.p8").read_bytes()).verdict is Verdict.FITS
