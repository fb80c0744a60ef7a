"""A real SSH server on loopback, for one user and one key that are made for it; nothing of this machine's own configuration is used."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["NoServerError", "Sshd", "sshd"]

_PATIENCE = 20.0


class NoServerError(Exception):
    """This machine has no openssh-server."""


@dataclass(frozen=True, slots=True)
class Sshd:
    """A running server: its port, and the words that begin a command to it."""

    port: int
    folder: Path

    @property
    def command(self) -> tuple[str, ...]:
        """Return the words of `ssh` up to the command that runs there."""
        options = {
            "IdentityFile": str(self.folder / "user_key"),
            "IdentitiesOnly": "yes",
            "UserKnownHostsFile": str(self.folder / "known_hosts"),
            "StrictHostKeyChecking": "accept-new",
            "LogLevel": "ERROR",
        }
        given = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        user = pwd.getpwuid(os.getuid()).pw_name
        return ("ssh", "-F", "/dev/null", *given, "-p", str(self.port), "-tt", f"{user}@127.0.0.1")


def _key(file: Path) -> None:
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)]
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL)


@contextlib.contextmanager
def sshd(folder: Path) -> Iterator[Sshd]:
    """Start a server, and stop it and its sessions afterwards. Raises NoServerError."""
    program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None or shutil.which("ssh") is None:
        raise NoServerError("there is no sshd and ssh; Debian's packages are openssh-server and openssh-client")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _key(folder / "host_key")
    _key(folder / "user_key")
    (folder / "authorized_keys").write_bytes((folder / "user_key.pub").read_bytes())
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where root's sshd parts its privileges
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = folder / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {folder / 'host_key'}\n"
        f"AuthorizedKeysFile {folder / 'authorized_keys'}\nPidFile {folder / 'pid'}\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nStrictModes no\n"
        "UsePAM no\nPrintMotd no\nAcceptEnv LANG LC_* COLORTERM\nAllowTcpForwarding yes\n"
    )
    log = (folder / "log").open("wb")
    process = subprocess.Popen([program, "-D", "-e", "-f", str(config)], stdout=log, stderr=log)
    try:
        _wait(process, port, folder / "log")
        yield Sshd(port, folder)
    finally:
        process.terminate()
        process.wait(_PATIENCE)
        log.close()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None:
            raise NoServerError(f"sshd ended with {process.returncode}: {log.read_text()}")
        if time.monotonic() > deadline:
            raise NoServerError("sshd did not start in time")
        time.sleep(0.05)
