"""The daemon's log: a line of JSON an event, in files that are turned over when they are full.

    {"at": 1760000000.0, "level": "info", "what": "an alert was sent", "alert": "team"}

It is for people who come later, and it may not stop the daemon: no error of the disk comes out of it. A disk that is full leaves a
gap, which the next line that can be written tells of; a file that someone took away is made again. Files are readable by their owner only.
Turning over is by renaming: daemon.jsonl becomes daemon.jsonl.1, that one .2, and so on; the oldest goes.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from core.control_chars import escape_control_chars
from core.own_folder import open_plain
from core.redaction import blacked_out

__all__ = ["LEVELS", "DaemonLog", "read_log"]

LEVELS = ("debug", "info", "warn", "error")

_FIXED = ("at", "level", "what")
_BYTES = 10 * 1024 * 1024
_KEPT = 5
_LONGEST_TEXT = 2_000
_BLOCK = 64 * 1024


class DaemonLog:
    """A log in `path`, of at most `size` bytes a file, and `kept` files beside the one that is written. Threads may share it.

    It is called as `log("info", "a run began", sync="users", run="8f2c")`.
    """

    def __init__(
        self, path: Path, *, size: int = _BYTES, kept: int = _KEPT, clock: Callable[[], float] = time.time
    ) -> None:
        self.path = path
        self._size, self._kept, self._clock = size, kept, clock
        self._file: int | None = None
        self._lost = 0
        self._torn = False
        self._turn = threading.Lock()

    def __call__(self, level: str, what: str, **values: Any) -> None:
        """Write one line; `what` happened, in a few words that stay the same."""
        with self._turn:
            at = round(self._clock(), 3)
            told = {name: _plain(value) for name, value in values.items() if name not in _FIXED}
            lines = [{"at": at, "level": level, "what": _plain(what), **told}]
            if self._lost:
                lines.insert(0, {"at": at, "level": "warn", "what": "lines could not be written", "lines": self._lost})
            data = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
            try:
                self._write(data)
            except OSError:
                self._lost += 1
                self._give_back()
            else:
                self._lost = 0

    def _write(self, data: bytes) -> None:
        file = self._open(len(data))
        if self._torn:  # half a line stays one bad line, and takes no other with it
            data = b"\n" + data
        self._torn = True
        while data:
            data = data[os.write(file, data) :]
        self._torn = False

    def _open(self, more: int) -> int:
        """Return the file to write to, after turning over where it would be too long, or making it where it is gone."""
        if self._file is not None:
            mine = os.fstat(self._file)
            if mine.st_nlink == 0 or _inode(self.path) != (mine.st_dev, mine.st_ino):
                self._give_back()
            elif mine.st_size and mine.st_size + more > self._size:
                self._give_back()
                self._turn_over()
        if self._file is None:
            if self.path.parent.is_symlink():  # it leads out of the state folder
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(self.path.parent))
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = open_plain(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.fchmod(self._file, 0o600)
            if os.fstat(self._file).st_size + more > self._size and os.fstat(self._file).st_size:
                self._give_back()
                self._turn_over()
                return self._open(more)
        return self._file

    def _turn_over(self) -> None:
        """Rename each file to the next number; the last one goes."""
        names = [self.path, *(numbered(self.path, number) for number in range(1, self._kept + 1))]
        with contextlib.suppress(FileNotFoundError):
            names[-1].unlink()
        for older, newer in zip(reversed(names[1:]), reversed(names[:-1]), strict=True):
            with contextlib.suppress(FileNotFoundError):
                newer.rename(older)

    def _give_back(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.close(self._file)
            self._file = None

    def close(self) -> None:
        """Return the file back; a line that comes later opens it again."""
        with self._turn:
            self._give_back()


def read_log(path: Path, level: str = "debug", limit: int = 200) -> list[dict[str, Any]]:
    """Return the last lines of a log that are of this level or above, the oldest first, at most `limit`.

    What is no line of ours (half a line, of a disk that was full) is left out. Only as much is read as is needed.
    """
    wanted = LEVELS[LEVELS.index(level) :] if level in LEVELS else LEVELS
    found: list[dict[str, Any]] = []
    for line in _backwards(path):
        if len(found) >= limit:
            break
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict) and entry.get("level") in wanted:
                found.append(entry)
    return found[::-1]


def numbered(path: Path, number: int) -> Path:
    """Return the name of a file that was turned over so many times; 0 is the one that is written."""
    return path.with_name(f"{path.name}.{number}") if number else path


def _backwards(path: Path) -> Iterator[bytes]:
    """Yield the lines of the log's files, the newest first."""
    number = 0
    while True:
        try:
            handle = numbered(path, number).open("rb")
        except OSError:
            if number:
                return
            number += 1  # just being turned over
            continue
        with handle:
            yield from _lines_backwards(handle)
        number += 1


def _lines_backwards(handle: Any) -> Iterator[bytes]:
    """Yield the lines of a file, the last first, a block at a time."""
    position, rest = handle.seek(0, os.SEEK_END), b""
    while position > 0:
        step = min(_BLOCK, position)
        position -= step
        handle.seek(position)
        first, *lines = (handle.read(step) + rest).split(b"\n")
        yield from reversed([line for line in lines if line])
        rest = first
    if rest:
        yield rest


def _plain(value: Any) -> Any:
    """Return a value as the log has it: texts harmless and blacked out, all else as JSON knows it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    return escape_control_chars(blacked_out(str(value)), most=_LONGEST_TEXT, lines=True)


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
