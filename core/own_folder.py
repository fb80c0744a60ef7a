"""A folder that is ours: made and marked by us. Only there is anything ever changed or deleted without being asked.

A project says where its state lives, and whoever wrote the project may not be whoever runs it: `state = "/home/ann/app"` would have our
garbage collection delete the `logs` of another program. So a folder is used only where it carries our mark, or where there is nothing in it
that could be lost; and no link is followed, neither the folder itself nor what lies in it, since a link leads out of it.

A project may also come with a state folder: plans that are open, requests for a daemon, names of files. Our mark in it proves nothing, so
the mark contains a token, and this user's own state folder (core.paths.user_state) has a file of that name where it was made here.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from core.errors import StateError
from core.owners import is_mine, user_name
from core.paths import user_state

__all__ = [
    "MARK",
    "adopt",
    "create_text",
    "is_made",
    "is_made_here",
    "is_plain_file",
    "make",
    "make_part",
    "open_plain",
    "open_to_read",
    "open_without_links",
    "part_file",
    "read_plain",
    "refuse_link",
    "refuse_links",
    "refuse_others",
    "replace_plain",
    "token_of",
    "write_plain",
]

MARK = "backhaul.state"
"""The file that says that a folder is ours."""

_MADE = (MARK, "store.made", "store.sqlite")
"""What stands in a state folder that was made; the last two also in one that was made before there was a mark."""

_HARMLESS = frozenset({"locks", "cache", "buffers", "drafts", "editing"})
"""Folders in which nothing is ever collected; a state folder may have had these before it had a store."""

_TEXT = "Backhaul keeps its state in this folder, and deletes files of it that it no longer needs.\n"
_TOKEN = re.compile(rb"^token ([0-9a-f]{32})$", re.MULTILINE)
_PLAIN_NAME = re.compile(r"[\w-][\w.-]*")


def make(folder: Path, parts: Sequence[str]) -> None:
    """Make a state folder with its parts, or check that the one that is there is ours. Raises StateError, and OSError."""
    refuse_links(folder)
    _take(folder)
    for name in parts:
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    if not is_made(folder):
        _mark(folder)
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
    """Make the folder, or tighten its mode where it is ours. Raises StateError where it is someone else's."""
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        _check(folder, folder.stat())


def refuse_others(folder: Path) -> None:
    """Raise StateError where a state folder is there and belongs to another user."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        status = folder.lstat()
        if not is_mine(status):
            whose = user_name(status.st_uid)
            message = f"The state folder belongs to another user, {whose}."
            raise StateError(message, where=str(folder), remedy=_ELSEWHERE)


def _check(folder: Path, status: os.stat_result) -> None:
    if not stat.S_ISDIR(status.st_mode):
        raise StateError("The state folder is a file.", where=str(folder), remedy=_ELSEWHERE)
    refuse_others(folder)
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
    """Return whether a folder is a state folder that was made. Nothing is changed."""
    return any(is_plain_file(folder / name) for name in _MADE)


def is_made_here(folder: Path) -> bool:
    """Return whether this user has made, or adopted, a state folder on this machine."""
    token, place = token_of(folder), user_state()
    return bool(token) and place is not None and is_plain_file(place / "states" / token)


def token_of(folder: Path) -> str:
    """Return the token of a state folder's mark; nothing where there is none, as in folders of earlier versions."""
    try:
        found = _TOKEN.search(read_plain(folder / MARK))
    except OSError:
        return ""
    return found[1].decode() if found else ""


def adopt(folder: Path) -> None:
    """Take a state folder that was made elsewhere, or by an earlier version, for one that was made here. Raises OSError."""
    token = token_of(folder)
    if token:
        _remember(token)
        return
    (folder / MARK).unlink(missing_ok=True)
    _mark(folder)


def _mark(folder: Path) -> None:
    token = os.urandom(16).hex()
    _remember(token)
    with contextlib.suppress(FileExistsError):  # another process was quicker, and remembers its own
        create_text(folder / MARK, f"{_TEXT}token {token}\n")


def _remember(token: str) -> None:
    """Keep a token under this user's own folder. Where that cannot be written, the folder is asked about the next time."""
    if (place := user_state()) is not None:
        with contextlib.suppress(OSError):
            (place / "states").mkdir(mode=0o700, parents=True, exist_ok=True)
            create_text(place / "states" / token, "")


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
    """Return whether there is a regular file of this name, and no link to one."""
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except (OSError, ValueError):
        return False


def part_file(folder: Path, name: str) -> Path:
    """Return the file of a name that the store gives. Raises StateError where that is no plain name, so that it would lead elsewhere."""
    if not _PLAIN_NAME.fullmatch(name):
        raise StateError.damaged(f"{name[:80]!r} is not the name of a file of ours", where=str(folder))
    return folder / name


def create_text(file: Path, text: str) -> None:
    """Write a file that is not there yet, readable by its owner only. Raises FileExistsError, for a link that leads nowhere too."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(text)


def replace_plain(file: Path, text: str) -> None:
    """Write a file of ours under another name and rename it: whole or not at all, and in the place of a link. Raises OSError."""
    temporary = file.with_name(f".{file.name}.{os.urandom(4).hex()}.new")
    try:
        create_text(temporary, text)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def open_plain(file: Path, flags: int) -> int:
    """Open a file of ours, readable by its owner only, following no link. Raises OSError."""
    return os.open(file, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0), 0o600)


def open_without_links(file: Path, flags: int) -> int:
    """Open a file by its real path, readable by its owner only. Raises OSError where a link has come into the place of a folder since."""
    if os.open not in os.supports_dir_fd:  # not on Windows
        return open_plain(file, flags)
    way = (
        getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
    )  # not every folder on the way can be listed
    folder = os.open(file.anchor, way)
    try:
        for part in file.parent.parts[1:]:
            inner = os.open(part, way | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(file.name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    finally:
        os.close(folder)


def open_to_read(file: Path) -> io.BufferedReader:
    """Open a file of ours for reading: no link is followed, and nothing is waited for. Raises OSError, for what is no regular file too."""
    handle = os.fdopen(open_plain(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb")
    if not stat.S_ISREG(os.fstat(handle.fileno()).st_mode):
        handle.close()
        raise OSError(errno.EINVAL, "It is not a regular file", str(file))
    return handle


def read_plain(file: Path, most: int = 16_000_000) -> bytes:
    """Return the content of a small file of ours. Raises OSError, also where there are more than `most` bytes."""
    with open_to_read(file) as opened:
        content = opened.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"It is larger than {most:,} bytes", str(file))
    return content


def write_plain(file: Path, text: str) -> None:
    """Write a small file of ours, following no link. Raises OSError."""
    with os.fdopen(open_plain(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "w", encoding="utf-8") as opened:
        opened.write(text)
