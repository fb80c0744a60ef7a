"""Builds the shim (`shim.c`), which counts calls of the C library and kills or fails at a chosen one, and speaks to it.

It is far faster than strace, which stays the independent judge for a share of the kills (see `straced`).
"""

from __future__ import annotations

import ctypes
import errno
import functools
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["CALLS", "WRITES", "Fault", "Shim", "build", "why_not"]

CALLS = [
    "write",
    "pwrite",
    "fsync",
    "fdatasync",
    "rename",
    "open",
    "create",
    "unlink",
    "link",
    "mkdir",
    "rmdir",
    "truncate",
    "close",
    "read",
    "pread",
    "connect",
    "send",
    "recv",
    "fallocate",
]
"""The kinds of calls, in the order of the shim's own list. `create` is an open with O_CREAT."""

WRITES = (
    "write",
    "pwrite",
    "fsync",
    "fdatasync",
    "rename",
    "create",
    "unlink",
    "link",
    "mkdir",
    "truncate",
    "fallocate",
)
"""Those that a disk can refuse with ENOSPC or EIO."""

_ACTIONS = {"kill": 1, "fail": 2, "full": 3, "tear": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens at the call number `number` (from 1) of its kind.

    `what`: kill; tear (write half of it, then kill); fail (this call alone, with `error`); full (this and all that
    makes bytes from then on). `watched` counts only calls on files of the state folder and the delivered files.
    """

    call: str
    number: int
    what: str = "kill"
    error: str = "ENOSPC"
    watched: bool = False

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    def __str__(self) -> str:
        error = f" {self.error}" if self.what in ("fail", "full") else ""
        return f"{self.what}{error} at {self.call} {self.number}{' of the state' if self.watched else ''}"


def why_not() -> str:
    """Say why the shim cannot be built here; nothing where it can."""
    if os.uname().sysname != "Linux":
        return "the shim is for Linux"
    return "" if compiler() else "there is no C compiler to build the shim with"


def compiler() -> str | None:
    return shutil.which("gcc") or shutil.which("cc")


@functools.cache
def build() -> Path:
    """Compile the shim and return its file; another process that built the same source is made use of."""
    source = Path(__file__).with_name("shim.c")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
    target = Path(tempfile.gettempdir()) / f"backhaul-faults-{os.getuid()}-{digest}.so"
    if not target.exists():
        made = target.with_suffix(f".{os.getpid()}")
        words = [compiler() or "cc", "-O2", "-shared", "-fPIC", "-o", made, source, "-ldl"]
        subprocess.run(words, check=True, timeout=60)
        made.replace(target)
    return target


class Shim:
    """The shim that is preloaded into this process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None)
        assert self._library.fault_calls() == len(CALLS), "shim.c and shim.py list other calls"

    def arm(self, fault: Mapping[str, Any] | None, folders: tuple[str, str]) -> None:
        """Count from here on, and do what `fault` says."""
        chosen = fault or {"call": CALLS[0], "number": 0, "what": "kill", "error": "ENOSPC", "watched": False}
        self._library.fault_arm(
            folders[0].encode(),
            folders[1].encode(),
            int(chosen["watched"]),
            CALLS.index(chosen["call"]),
            ctypes.c_long(chosen["number"]),
            _ACTIONS[chosen["what"]] if fault else 0,
            getattr(errno, chosen["error"]),
        )

    def mirror(self, folder: str) -> None:
        """Copy there what a sync makes durable, at the moment of the sync; nothing where it is empty."""
        self._library.fault_mirror(folder.encode())

    def clock(self, seconds: float, jumps: int) -> None:
        """Shift this host's clock, and let it jump at every so many looks at it (0: never)."""
        self._library.fault_clock(ctypes.c_longlong(int(seconds * 1e9)), ctypes.c_uint(jumps))

    def disarm(self) -> dict[str, int]:
        """Let everything pass, and return how often each call was made since `arm`."""
        self._library.fault_disarm()
        counts = (ctypes.c_long * len(CALLS))()
        self._library.fault_counts(counts)
        return dict(zip(CALLS, counts, strict=True))
