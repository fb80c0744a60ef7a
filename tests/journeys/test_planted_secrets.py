"""A key, its passphrase and a password go through the guided set-up, and afterwards stand nowhere but in the keyring.

Looked at: every file of the project and of the home, the arguments and the environment of every process, all that tmux keeps
of the terminal, and every byte that was written to one.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.core.warehouses.snowflake_keys import public_body
from tests.journeys.tmux import ROOT, at_the_console
from tests.tui.planted import files_with, found_in
from tests.tui.terminal import Terminal, on_terminal

PASSPHRASE = "Zq7 open-sesame/0417"
PASSWORD = "Zq7 wizard'pass/word@1"

KEPT = """
from keyring.backend import KeyringBackend
class Keyring(KeyringBackend):
    priority = 1
    kept = {}
    def set_password(self, service, name, value): self.kept[name] = value
    def get_password(self, service, name): return self.kept.get(name)
    def delete_password(self, service, name): del self.kept[name]
"""


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def plain(key: rsa.RSAPrivateKey) -> str:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL)
    return key.private_bytes(*form, serialization.NoEncryption()).decode()


@pytest.fixture(scope="module")
def locked(key: rsa.RSAPrivateKey) -> str:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    return key.private_bytes(*form, serialization.BestAvailableEncryption(PASSPHRASE.encode())).decode()


@pytest.fixture(scope="module")
def planted(key: rsa.RSAPrivateKey, plain: str, locked: str) -> list[str]:
    """The secrets: what was entered, and the key as it is kept. Lines that are in its public key are none."""
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    kept = key.private_bytes(*form, serialization.NoEncryption()).decode()
    lines = [line for text in (plain, locked, kept) for line in text.splitlines() if not line.startswith("-----")]
    public = public_body(key)
    return [PASSPHRASE, PASSWORD, *(line for line in lines if len(line) >= 16 and line not in public)]


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    """Someone with a keyring in memory, and a home of their own."""
    home, module = tmp_path / "home", tmp_path / "module"
    for made in (home, module, tmp_path / "shop"):
        made.mkdir(mode=0o700)
    (module / "kept_in_memory.py").write_text(KEPT, "utf-8")
    return {
        "HOME": str(home),
        "PYTHONPATH": f"{ROOT}{os.pathsep}{module}",
        "PYTHON_KEYRING_BACKEND": "kept_in_memory.Keyring",
    }


def below(process: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield process
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
            yield from below(int(child))


def check_processes(process: int, planted: list[str]) -> None:
    """The console and the workbench hold no secret in their arguments and their environment."""
    seen = 0
    for each in below(process):
        with contextlib.suppress(OSError):
            where = Path(f"/proc/{each}")
            words = (where / "cmdline").read_bytes()
            assert not found_in(words, planted)
            assert not found_in((where / "environ").read_bytes(), planted)
            seen += b"core.workbench" in words or b"tui.main" in words
    assert seen >= 2


def test_nothing_stays_in_tmux_in_files_or_with_a_process(
    tmp_path: Path, surroundings: dict[str, str], plain: str, locked: str, planted: list[str]
) -> None:
    folder = tmp_path / "shop"
    with at_the_console(folder, (80, 24), env=surroundings) as person:
        person.tmux("set-option", "-t", "journey", "history-limit", "20000")
        console = int(person.tmux("list-panes", "-t", "journey", "-F", "#{pane_pid}"))
        person.sees("There is no project in")
        person.press("n")
        person.sees("No source yet")
        person.press("n")
        person.sees("▌ bigquery")
        person.press("End", "Enter")
        person.sees("Account identifier")
        for value in ("MYORG-ACME", "SVC", "READER", "WH", "ANALYTICS"):
            person.type(value)
            person.press("Tab")
        person.press("PageDown")
        person.sees("goes to the keyring")
        person.paste(locked)
        person.sees("The key is encrypted")
        person.type("not the passphrase")
        person.sees("This passphrase does not open it")
        person.press("C-u")
        person.type(PASSPHRASE)
        person.sees("It was decrypted in memory")
        check_processes(console, planted)
        person.paste(plain)
        person.sees("in PKCS#1. Snowflake needs PKCS#8")
        person.press("C-y")
        person.sees("characters sent to")
        assert not found_in(person.tmux("show-buffer"), planted)
        person.press("Escape")
        person.sees("Leave the set-up")
        person.press("Enter")  # kept for later
        person.sees("snowflake is saved as a draft")
        assert not found_in(person.history(), planted)
        check_processes(console, planted)
        person.press("n")
        person.sees("It was saved as a draft, without its secret")
        person.press("PageDown")
        person.sees("paste it, or give its path")
        person.press("PageUp")
        person.sees("account")
        person.press("PageUp")
        person.sees("▌ snowflake")
        person.press("Home", "Down", "Down", "Enter")
        person.sees("best of a read replica")
        for value in ("127.0.0.1", "app", "ann"):
            person.type(value)
            person.press("Tab")
        person.press("C-u")
        person.type("1")
        person.press("PageDown")
        person.sees("goes to the keyring")
        person.type(PASSWORD)
        person.press("PageDown")
        person.sees("tests again")
        check_processes(console, planted)
        person.press("Tab", "PageDown")
        person.sees("goes into git")
        person.press("C-s")
        person.sees("is saved with its secret")
        assert not found_in(person.history(), planted)
        check_processes(console, planted)
        person.press("C-q")
        person.sees("ended with 0")
        assert not found_in(person.history(), planted)
    assert files_with([tmp_path], planted) == {}


def test_no_byte_that_is_written_to_the_terminal_is_of_a_secret(
    tmp_path: Path, surroundings: dict[str, str], plain: str, planted: list[str]
) -> None:
    folder = tmp_path / "shop"
    env = {**surroundings, "XDG_CONFIG_HOME": str(tmp_path / "home")}
    with on_terminal(folder=folder, env=env, size=(160, 45)) as terminal:
        said(terminal, "There is no project", "n")
        said(terminal, "No source yet", "n")
        said(terminal, "Or choose", "")
        terminal.read(0.4)
        terminal.press("\x1b[F\r")
        said(terminal, "Where to find it", "")
        terminal.read(0.4)
        terminal.press("MYORG-ACME\tSVC\tREADER\tWH\tANALYTICS\x1b[6~")
        said(terminal, "goes to the keyring", "")
        terminal.read(0.4)
        terminal.press(f"\x1b[200~{plain}\x1b[201~")
        said(terminal, "fingerprint", "")
        terminal.press("\x1ba\x1by\x18")  # all of the field chosen, copied, cut
        terminal.read(0.3)
        terminal.press(f"{PASSPHRASE}\x1b[5~")
        terminal.read(0.6)
        terminal.press("\x11")
        terminal.wait(10)
        written = bytes(terminal.written)
    assert not found_in(written, planted)
    assert b"fingerprint" in written


def said(terminal: Terminal, text: str, then: str) -> None:
    """Wait for a text, then press."""
    terminal.until(text)
    terminal.read(0.2)
    terminal.press(then)
