"""A project that is asked for again and again, as at each keystroke: read again only where one of its files changed.

A file is known by its inode, size and time of change. Two writes within one tick of the file system's clock could leave all three
as they are, so a project of which a file was just written is read again until it is older; so is one with a broken file.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from core import project
from core.model import Project

__all__ = ["current", "stamps"]

_SETTLED = 2_000_000_000
"""A file that was written so many nanoseconds ago has its final stamp, on any file system."""

_Stamp = tuple[str, int, int, int]


def current(folder: Path) -> Project:
    """Return the project as its files are now, to look at: see `load`. Raises ProjectError where backhaul.toml itself is missing or broken."""
    found_stamps = stamps(folder)
    if max((changed for _, _, _, changed in found_stamps), default=0) > time.time_ns() - _SETTLED:
        return project.load(folder, looking=True)
    found = _loaded(folder, found_stamps)
    return project.load(folder, looking=True) if found.broken else found


@lru_cache(maxsize=4)
def _loaded(folder: Path, _stamps: tuple[_Stamp, ...]) -> Project:
    return project.load(folder, looking=True)


def stamps(folder: Path) -> tuple[_Stamp, ...]:
    """Return what tells whether a project's files have changed."""
    return tuple(_stamps(folder))


def _stamps(folder: Path) -> Iterator[_Stamp]:
    """Yield the path, inode, size and time of change of each file that a project is read from."""
    for part in (project.FILE, "sources", "destinations", "syncs"):
        try:
            if part == project.FILE:
                yield _stamp(part, (folder / part).stat())
                continue
            with os.scandir(folder / part) as entries:
                found = sorted(_stamp_of(entry) for entry in entries if entry.name.endswith((".toml", ".sql")))
        except OSError:
            continue
        yield from found


def _stamp_of(entry: os.DirEntry[str]) -> _Stamp:
    """Return the stamp of a file; of a link that leads nowhere, or to itself, that of the link."""
    try:
        return _stamp(entry.path, entry.stat())
    except OSError:
        try:
            return _stamp(entry.path, entry.stat(follow_symlinks=False))
        except OSError:
            return entry.path, 0, 0, 0


def _stamp(path: str, status: os.stat_result) -> _Stamp:
    return path, status.st_ino, status.st_size, status.st_mtime_ns
