"""A folder that is ours: made and marked by us. Only there is anything ever changed or deleted without being asked.

A project says where its state lives, and whoever wrote the project may not be whoever runs it: `state = "/home/ann/app"` would have our
garbage collection delete the `logs` of another program. So a folder is used only where it carries our mark, or where there is nothing in it
that could be lost; and no link is followed, neither the folder itself nor what lies in it, since a link leads out of it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from core.errors import StateError
from core.owners import is_mine, user_name

__all__ = [
    "MARK",
    "create_text",
    "is_made",
    "is_plain_file",
    "make",
    "make_part",
    "open_plain",
    "refuse_link",
    "refuse_links",
    "write_plain",
]

MARK = "backhaul.state"
"""The file that says that a folder is ours."""

_MADE = (MARK, "store.made", "store.sqlite")
"""What stands in a state folder that was made; the last two also in one that was made before there was a mark."""

_HARMLESS = frozenset({"locks", "cache", "buffers", "drafts", "editing"})
"""Folders in which nothing is ever collected; a state folder may have had these before it had a store."""

_TEXT = "Backhaul keeps its state in this folder, and deletes files of it that it no longer needs.\n"


def make(folder: Path, parts: Sequence[str]) -> None:
    """Make a state folder with its parts, or check that the one that is there is ours. Raises StateError, and OSError."""
    refuse_links(folder)
    _take(folder)
    for name in parts:
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        create_text(folder / MARK, _TEXT)
    with contextlib.suppress(FileExistsError):
        create_text(folder / ".gitignore", "*\n")


def make_part(folder: Path, name: str) -> Path:
    """Make one part of a state folder, and return it. Raises OSError, also where the folder is not ours."""
    try:
        make(folder, (name,))
    except StateError as error:
        raise PermissionError(errno.EPERM, error.message.rstrip("."), error.where) from error
    return folder / name


def _take(folder: Path) -> None:
    """Make the folder, or tighten its mode where it is ours. Raises StateError where it is somebody else's."""
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        _check(folder, folder.stat())


def _check(folder: Path, status: os.stat_result) -> None:
    if not stat.S_ISDIR(status.st_mode):
        raise StateError("The state folder is a file.", where=str(folder), remedy=_ELSEWHERE)
    if not is_mine(status):
        whose = user_name(status.st_uid)
        raise StateError(f"The state folder belongs to another user, {whose}.", where=str(folder), remedy=_ELSEWHERE)
    if not is_made(folder) and (other := _others(folder)):
        raise StateError(
            f"This folder is not a state folder of Backhaul: it contains {other}, and Backhaul deletes old files in its state folder.",
            where=str(folder),
            remedy=_ELSEWHERE,
        )
    if stat.S_IMODE(status.st_mode) & 0o077:
        folder.chmod(0o700)


_ELSEWHERE = 'Name a new or empty folder of your own in backhaul.toml, like state = "/var/lib/backhaul/this-project".'


def is_made(folder: Path) -> bool:
    """Say whether a folder is a state folder that was made. Nothing is changed."""
    return any(is_plain_file(folder / name) for name in _MADE)


def _others(folder: Path) -> str:
    """Return the name of something in a folder that we have not put there; nothing where there is no such thing."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name == ".gitignore" and entry.is_file(follow_symlinks=False):
            continue
        if not entry.is_dir(follow_symlinks=False):
            return entry.name
        if entry.name not in _HARMLESS:
            with os.scandir(entry) as inner:
                if found := next(inner, None):
                    return f"{entry.name}/{found.name}"
    return ""


def refuse_links(folder: Path) -> None:
    """Raise StateError where a folder, or something that lies directly in it, is a link."""
    refuse_link(folder)
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_symlink():
                refuse_link(Path(entry.path))


def refuse_link(file: Path) -> None:
    """Raise StateError where a file or a folder is a link."""
    if file.is_symlink():
        raise StateError(
            "This is a link, and Backhaul follows none in its state folder.",
            where=str(file),
            remedy='Remove it. State that shall live elsewhere is named in backhaul.toml, like state = "/var/lib/backhaul/this-project".',
        )


def is_plain_file(file: Path) -> bool:
    """Say whether there is a regular file of this name, and no link to one."""
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except (OSError, ValueError):
        return False


def create_text(file: Path, text: str) -> None:
    """Write a file that is not there yet, readable by its owner only. Raises FileExistsError, for a link that leads nowhere too."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(text)


def open_plain(file: Path, flags: int) -> int:
    """Open a file of ours, readable by its owner only, following no link. Raises OSError."""
    return os.open(file, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0), 0o600)


def write_plain(file: Path, text: str) -> None:
    """Write a small file of ours, following no link. Raises OSError."""
    with os.fdopen(open_plain(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "w", encoding="utf-8") as opened:
        opened.write(text)
