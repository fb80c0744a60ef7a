"""Environments of their own for stand-ins whose requirements contradict ours (other versions of duckdb, sqlglot, drivers).

Each is made on first use and kept in the user's cache, under its name and a digest of its requirements and of Python's
version, so a changed requirement makes a new one. It is made beside its place and renamed there when it is whole; a file
lock lets parallel workers make it once. `python -m tests.servers` makes all of them ahead of the tests.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

__all__ = ["ENVIRONMENTS", "Environment", "NoEnvironmentError"]

LONGEST = 900.0
"""Seconds that one worker waits for another, which may download hundreds of megabytes."""


class NoEnvironmentError(Exception):
    """The environment cannot be made here; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A Python environment with nothing but `requirements` (as pip reads them) and what these need."""

    name: str
    requirements: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Return where it is, or will be."""
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        text = "\n".join([sys.implementation.cache_tag, platform.machine(), *self.requirements])
        return cache / "backhaul-tests" / f"{self.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def python(self) -> Path:
        """Return its Python, after making it where it is not there yet. Raises NoEnvironmentError."""
        folder = self.folder
        if not folder.exists():
            try:
                folder.parent.mkdir(parents=True, exist_ok=True)
                with FileLock(f"{folder}.lock", timeout=LONGEST):
                    if not folder.exists():
                        self._make(folder)
            except Timeout as error:
                raise NoEnvironmentError(f"{folder}: someone else has been making it for {LONGEST:.0f} s") from error
            except OSError as error:
                raise NoEnvironmentError(f"{folder} cannot be made: {error}") from error
        return folder / "bin" / "python"

    def _make(self, folder: Path) -> None:
        """Make it beside its place, then move it there: scripts would name the wrong place, but its Python does not."""
        half = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
        try:
            venv.create(half, with_pip=True)
            install = [half / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            done = subprocess.run(
                [*install, *self.requirements], check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
            )
            if done.returncode:
                said = (done.stderr or done.stdout).strip().splitlines()
                raise NoEnvironmentError(f"pip cannot install {' '.join(self.requirements)}: {' '.join(said[-3:])}")
            half.rename(folder)
        finally:
            shutil.rmtree(half, ignore_errors=True)


ENVIRONMENTS: Mapping[str, Environment] = {
    "bigquery": Environment(
        name="bigquery",
        requirements=("bqemulator==1.4.0", "duckdb==1.5.5", "duckdb-extension-spatial==1.5.5", "numpy"),
    ),
    "snowflake": Environment(
        name="snowflake", requirements=("fakesnow[server]==0.12.1", "snowflake-connector-python<5", "pyjwt>=2.10,<3")
    ),
}
"""The environments of the stand-ins in this folder, by the stand-in's name."""
