"""The real program on a real pseudo-terminal, for what a headless app cannot tell: time, memory, bytes, hang-ups."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["ROOT", "Terminal", "on_terminal"]

ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Terminal:
    """A program on a pseudo-terminal. `written` is all that it has written so far."""

    process: int
    handle: int
    began: float
    written: bytearray = field(default_factory=bytearray)
    status: int | None = None

    def read(self, seconds: float) -> int:
        """Read what comes within a time; return how many bytes."""
        end = time.monotonic() + seconds
        before = len(self.written)
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.handle], [], [], left)[0]:
                continue
            try:
                part = os.read(self.handle, 65_536)
            except OSError:
                break
            if not part:
                break
            self.written += part
        return len(self.written) - before

    def until(self, text: str, seconds: float = 15.0) -> float:
        """Read until a text has come; return the seconds since the beginning. Raises AssertionError where it does not."""
        end = time.monotonic() + seconds
        wanted = text.encode()
        while wanted not in self.written:
            assert time.monotonic() < end, f"{text!r} did not come:\n{bytes(self.written[-2000:])!r}"
            assert self.is_alive() or self.read(0.1) or wanted in self.written, (
                f"it ended:\n{bytes(self.written[-2000:])!r}"
            )
            if select.select([self.handle], [], [], 0.005)[0]:
                with contextlib.suppress(OSError):
                    self.written += os.read(self.handle, 65_536)
        return time.monotonic() - self.began

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.handle, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the terminal."""
        fcntl.ioctl(self.handle, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def is_alive(self) -> bool:
        """Return whether the program still runs."""
        if self.status is None:
            found, status = os.waitpid(self.process, os.WNOHANG)
            self.status = os.waitstatus_to_exitcode(status) if found else None
        return self.status is None

    def wait(self, seconds: float) -> int | None:
        """Wait for its end; return the exit code, None where it still runs."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.is_alive():
            self.read(0.02)
        return self.status

    def memory(self) -> float:
        """Return its resident memory in MB."""
        return _status(self.process, "VmRSS") / 1024

    def cpu(self) -> float:
        """Return the seconds of a core that it has used."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def hang_up(self) -> None:
        """Close the terminal."""
        os.close(self.handle)
        self.handle = -1

    def end(self) -> None:
        """End the program, if it still runs."""
        if self.is_alive():
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        if self.handle >= 0:
            os.close(self.handle)


def _status(process: int, name: str) -> int:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0


@contextlib.contextmanager
def on_terminal(
    *words: object,
    folder: Path,
    env: Mapping[str, str] | None = None,
    size: tuple[int, int] = (80, 24),
    program: tuple[str, ...] = ("-m", "tui.main"),
) -> Iterator[Terminal]:
    """Start the program on a terminal of a size, in a folder; end it afterwards."""
    began = time.monotonic()
    child, handle = pty.fork()
    if child:
        os.set_inheritable(handle, False)  # the next program on a terminal would hold this one's open
    if child == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        os.chdir(folder)
        own = {
            name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR", "TMUX")
        }
        surroundings = {
            **own,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "PYTHONPATH": str(ROOT),
            **(env or {}),
        }
        os.execve(sys.executable, [sys.executable, *program, *map(str, words)], surroundings)
    terminal = Terminal(child, handle, began)
    try:
        yield terminal
    finally:
        terminal.end()
