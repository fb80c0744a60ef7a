"""The systemd user unit of a project's daemon: text and its place; nothing is started here.

The hardening is what a service of a user may ask for on any host: what needs user namespaces (ProtectSystem, PrivateTmp) would keep the
daemon from starting where the kernel forbids these, and a file destination writes wherever the project says.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from core.errors import UsageError
from core.model import Project, SecretsFrom
from core.project_root import find
from core.quoting import systemd
from core.secrets import credential

__all__ = ["name_of", "place_of", "project_of", "unit_text"]

_STOP_SECONDS = 60


def name_of(project: Project) -> str:
    """Return the unit's name."""
    return f"backhaul-{re.sub(r'[^A-Za-z0-9_.-]+', '-', project.name)}.service"


def place_of(project: Project) -> Path:
    """Return the file in which systemd looks for this user's unit."""
    base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "systemd" / "user" / name_of(project)


def project_of(unit: Path) -> Path | None:
    """Return the folder of the project that a unit is of, where both are there."""
    try:
        lines = unit.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    folders = (line.removeprefix("WorkingDirectory=") for line in lines if line.startswith("WorkingDirectory="))
    return next((Path(found) for folder in folders if find(Path(found := systemd.read_path(folder)))), None)


def unit_text(project: Project, secrets: Sequence[str], credentials: Path, metrics: str = "") -> str:
    """Return the unit; `secrets` are the full names of those that it needs, `credentials` the folder that holds a file for each."""
    loaded = [
        f"LoadCredential={name}:{_written(systemd.path, str(credentials / name))}"
        for name in map(credential, secrets)
        if project.secrets_from is SecretsFrom.SYSTEMD
    ]
    words = [sys.executable, "-P", "-m", "core.cli", "daemon", "--project", str(project.folder)]
    words += ["--metrics", metrics] if metrics else []
    return "\n".join(
        [
            "[Unit]",
            f"Description={systemd.value(f'Backhaul: the schedules of {project.name}')}",
            "",
            "[Service]",
            "Type=exec",
            f"ExecStart={' '.join(_written(systemd.word, word) for word in words)}",
            "ExecReload=kill -HUP $MAINPID",
            f"WorkingDirectory={_written(systemd.path, str(project.folder))}",
            "# SIGTERM ends it after the batches in flight; what was not acknowledged is sent when it starts again",
            "KillMode=mixed",
            f"TimeoutStopSec={_STOP_SECONDS}",
            "Restart=on-failure",
            "RestartSec=5",
            "RestartPreventExitStatus=2",
            *loaded,
            "UMask=0077",
            "NoNewPrivileges=yes",
            "LockPersonality=yes",
            "RestrictRealtime=yes",
            "RestrictSUIDSGID=yes",
            "SystemCallArchitectures=native",
            "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
            "",
            "[Install]",
            "WantedBy=default.target",
            "",
        ]
    )


def _written(write: Callable[[str], str], text: str) -> str:
    """Write a text into the unit. Raises UsageError where no unit can hold it."""
    try:
        return write(text)
    except ValueError as error:
        raise UsageError(
            f"systemd cannot represent this name: {str(error).partition(':')[0]}.",
            where=text.encode("unicode_escape").decode(),
            remedy="Rename the folder, or run `backhaul daemon` under another supervisor.",
        ) from error
