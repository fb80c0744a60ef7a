"""Kills by strace, of the command as users start it: the independent judge of the shim and of the fork server.

A run takes seconds, most of them the start of Python under strace, so this is for a small share. The warehouse's clock is
this host's here. `strace -f -c` of a run that is let alone says how often each system call is made.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import duckdb

from tests.faults.runner import ROOT, SECRETS, Ended, read
from tests.faults.shim import Fault

__all__ = ["STRACED_SCENARIOS", "Straced", "why_not"]

STRACED_SCENARIOS = ("full", "deletes", "two destinations", "rejected", "first run")

SYSTEM_CALLS = {
    "write": "write",
    "pwrite": "pwrite64",
    "fsync": "fsync",
    "fdatasync": "fdatasync",
    "rename": "rename",
    "unlink": "unlink",
    "link": "link",
    "mkdir": "mkdir",
    "truncate": "ftruncate",
    "connect": "connect",
    "send": "sendto",
    "recv": "recvfrom",
}
"""What the shim calls them, and their names for strace. Opens, reads and closes are left out: Python's start is made of them."""


@functools.cache
def why_not() -> str:
    """Say why strace cannot be used here; nothing where it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    done = subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, check=False, timeout=30)
    return "" if done.returncode == 0 else f"strace may not trace here: {done.stderr.decode()[-200:].strip()}"


@dataclass(slots=True)
class Straced:
    """Runs the command under strace; what `runner.Runner` offers, as far as it can."""

    folder: Path
    counts_the_clock: ClassVar[bool] = False

    def start(self) -> Straced:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def close(self) -> None:
        """Nothing runs between two commands."""

    def run(self, words: list[str], *, fault: Fault | None = None, **asked: Any) -> Ended:
        """Change the warehouse, then run the command, killed at a system call or let alone."""
        with duckdb.connect(asked["warehouse"]) as connection:
            for statement in asked["statements"]:
                connection.execute(statement)
        output, summary = self.folder / "output", self.folder / "summary"
        began = time.monotonic()
        with output.open("wb") as said:
            code = self._strace(words, fault, summary, said)
        return Ended(code, read(output), counted(read(summary)), time.monotonic() - began)

    def _strace(self, words: list[str], fault: Fault | None, summary: Path, said: Any) -> int | None:
        command = [sys.executable, "-m", "tui.main", *words]
        chosen = SYSTEM_CALLS.get(fault.call, "") if fault and fault.number else ""
        how = ["-c", "-o", str(summary)]
        if fault and chosen:
            how = [
                "-o",
                "/dev/null",
                "-e",
                f"trace={chosen}",
                "-e",
                f"inject={chosen}:signal=SIGKILL:when={fault.number}",
            ]
        process = subprocess.Popen(
            ["strace", "-f", *how, *command], cwd=ROOT, env=os.environ | SECRETS, stdout=said, stderr=said
        )
        try:
            return process.wait(120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None


def counted(summary: str) -> dict[str, int]:
    """Read the table of `strace -c`: calls a system call, under the shim's names."""
    found = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", summary, re.MULTILINE)
    numbers = {name: int(calls) for calls, name in found}
    return {name: numbers[call] for name, call in SYSTEM_CALLS.items() if numbers.get(call)}
