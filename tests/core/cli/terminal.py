"""Runs a command on a pseudo-terminal, as a person would see it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from pathlib import Path

__all__ = ["on_terminal"]

ROOT = Path(__file__).parents[3]
INTERRUPT = b"\x03"


def on_terminal(
    *words: object, env: dict[str, str] | None = None, columns: int = 100, stop_at: str = "", seconds: float = 60
) -> tuple[int, str]:
    """Run a command; return its exit code and all that it wrote. At what `stop_at` matches, Ctrl-C is pressed once."""
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.chdir(ROOT)
        own = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        surroundings = {**own, "TERM": "xterm-256color", **(env or {})}
        os.execve(sys.executable, [sys.executable, "-m", "tui.main", *map(str, words)], surroundings)
    written = b""
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 0.2)[0]:
                continue
            try:
                part = os.read(terminal, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            written += part
            if stop_at and re.search(stop_at.encode(), written):
                os.write(terminal, INTERRUPT)
                stop_at = ""
        else:
            os.kill(child, 9)
    finally:
        os.close(terminal)
        _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), written.decode()
