"""The content of a project's folder, as one digest: what a command that the project names may run there.

Which files a command runs cannot be read off its words: it may be a link, a module, a line for a shell, a name that is put together. So
nothing is guessed: where a project names a command, every file of its folder counts, wherever links of the folder lead to in it. Left out
is only what changes while Backhaul is used, and what nobody runs: its own files (backhaul.toml, sources, destinations, syncs), DuckDB's,
what is delivered, the state folder and `.git`, but for the hooks and settings there. Even these count where they could be run: where they are executable (the state folder and
`.git` are not looked through for that), or where the commands, or a link of the folder, name them, a folder of theirs, or their ending.
Which places are left out is the project's own word, so it is part of the digest: a folder of modules that is called the state folder
from today on is asked about.

What is looked at is bounded. A folder that has more is not looked at in part: it has no digest, and so nothing can allow its commands.
Neither has one with a folder that cannot be listed but entered: what is in there can be run. A file that can be run but not read
(mode 0111) counts by what changes whenever someone replaces it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from core.project_root import FILE

__all__ = ["MOST_BYTES", "MOST_FILES", "Own", "content_of", "file_digest"]

MOST_FILES = 2_000
MOST_BYTES = 64_000_000

_PARTS = ("sources", "destinations", "syncs")
_PART_ENDINGS = (".toml", ".sql")
_DATA_ENDINGS = (".duckdb", ".ddb", ".db")
_DELIVERED_ENDING = ".jsonl"
_GIT = PurePosixPath(".git")
_ALWAYS = {_GIT, PurePosixPath(".backhaul")}
"""What is left out of each project's digest."""

_QUOTES = re.compile(r"[\\'\"]")
_ADDRESSES = re.compile(r"\w+://\S+")
_PATTERNS = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """Places in a project's folder that change while it is used: state folders, DuckDB files, and folders that rows are delivered to."""

    states: Sequence[Path]
    databases: Sequence[Path]
    delivered: Sequence[Path]


def content_of(folder: Path, commands: Sequence[str], own: Own) -> str | None:
    """Return the digest of the files of a folder that these commands may run; None where there are too many, or too large ones."""
    try:
        return _digest(folder, commands, own)
    except _TooLargeError:
        return None


def file_digest(file: Path) -> str:
    """Return the digest of a file. Raises OSError."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


class _TooLargeError(Exception):
    """There is more in the folder than is looked at."""


@dataclass(slots=True)
class _Found:
    """What was met in a folder: plain files with their modes, where links lead, and folders that were not looked into."""

    files: dict[PurePosixPath, int] = field(default_factory=dict)
    links: dict[PurePosixPath, str] = field(default_factory=dict)
    closed: list[PurePosixPath] = field(default_factory=list)
    entries: int = 0

    def count(self) -> None:
        self.entries += 1
        if self.entries > MOST_FILES:
            raise _TooLargeError


def _digest(folder: Path, commands: Sequence[str], own: Own) -> str:
    closed = {_GIT, *_inside(folder, own.states)}
    found = _Found()
    _walk(folder, PurePosixPath(), closed, found)
    if _GIT in found.closed:
        _walk_what_git_runs(folder, found)
    named = _Named.of([*commands, *found.links.values()])
    for place in found.closed:
        if named.has(place):
            _walk(folder, place, set(), found)
    is_own = _Ours(databases=_inside(folder, own.databases), delivered=_inside(folder, own.delivered))
    digest, left = hashlib.sha256(), MOST_BYTES
    for kind, places in (("state", closed - _ALWAYS), ("database", is_own.databases), ("delivered", is_own.delivered)):
        for place in sorted(places):
            _add(digest, place, f"left out: {kind}")
    for path, mode in sorted(found.files.items()):
        if not mode & 0o111 and is_own(path) and not named.has(path):
            continue
        content, read = _content(folder / path, left)
        left -= read
        _add(digest, path, content)
    for path, target in sorted(found.links.items()):
        _add(digest, path, f"link to {target}")
        if inner := _target_inside(folder, path):  # in what is left out, perhaps
            content, read = _content(inner, left)
            left -= read
            _add(digest, path, content)
    return digest.hexdigest()


def _walk(folder: Path, under: PurePosixPath, closed: set[PurePosixPath], found: _Found) -> None:
    waiting = [under]
    while waiting:
        place = waiting.pop()
        try:
            with os.scandir(folder / place) as entries:
                for entry in entries:
                    path = place / entry.name
                    if entry.is_symlink():
                        found.links[path] = os.readlink(entry.path)  # noqa: PTH115 -- its text is all that counts
                    elif entry.is_dir(follow_symlinks=False):
                        (found.closed if path in closed else waiting).append(path)
                    elif entry.is_file(follow_symlinks=False):
                        found.files[path] = entry.stat(follow_symlinks=False).st_mode
                    else:
                        found.links[path] = "what is no file"  # a FIFO may be read as a script
                    found.count()
        except FileNotFoundError:
            continue
        except PermissionError as error:
            if os.access(folder / place, os.X_OK):  # its files can be run by whoever knows their names
                raise _TooLargeError from error
        except OSError as error:  # too deep, a disk that fails
            raise _TooLargeError from error


def _walk_what_git_runs(folder: Path, found: _Found) -> None:
    """Count the hooks and settings of `.git`: a script that calls git runs what these name."""
    for name in ("config", "config.worktree"):
        with contextlib.suppress(OSError):
            found.files[_GIT / name] = (folder / _GIT / name).lstat().st_mode
    _walk(folder, _GIT / "hooks", set(), found)


@dataclass(frozen=True, slots=True)
class _Named:
    """What commands and links name, in any way that a shell would read it."""

    text: str
    any_file: bool

    @classmethod
    def of(cls, texts: Sequence[str]) -> _Named:
        text = _QUOTES.sub("", "\n".join(texts)).casefold()
        return cls(text, any_file=bool(_PATTERNS.search(_ADDRESSES.sub("", text))))

    def has(self, path: PurePosixPath) -> bool:
        if self.any_file and path.suffix:
            return True
        return any(self._says(part) for part in path.parts) or (bool(path.suffix) and self._says(path.suffix, r""))

    def _says(self, name: str, before: str = r"(?<!\w)") -> bool:
        """Return whether a name stands in the texts: `api.github.com` and `app.git` are not `.git`, but `my-people.sql` may be `people.sql`."""
        start = before if name.startswith(".") else ""
        return bool(re.search(rf"{start}{re.escape(name.casefold())}(?!\w)", self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ours:
    """Tells the files that Backhaul itself reads or writes."""

    databases: frozenset[PurePosixPath]
    delivered: frozenset[PurePosixPath]

    def __call__(self, path: PurePosixPath) -> bool:
        if len(path.parts) == 1 and path.name == FILE:
            return True
        if len(path.parts) == 2 and path.parts[0] in _PARTS:
            return path.suffix in _PART_ENDINGS
        database = path.with_suffix("") if path.suffix == ".wal" else path
        if database in self.databases:
            return database.suffix in _DATA_ENDINGS
        return path.parent in self.delivered and path.suffix == _DELIVERED_ENDING


def _inside(folder: Path, places: Sequence[Path]) -> frozenset[PurePosixPath]:
    """Return those places that are in a folder, by their path in it."""
    return frozenset(_paths_inside(folder, places))


def _paths_inside(folder: Path, places: Sequence[Path]) -> Iterator[PurePosixPath]:
    top = Path(os.path.normpath(folder.absolute()))
    for place in places:
        path = Path(os.path.normpath(place.absolute()))
        if path != top and path.is_relative_to(top):
            yield PurePosixPath(path.relative_to(top).as_posix())


def _target_inside(folder: Path, path: PurePosixPath) -> Path | None:
    """Return the plain file that a link leads to in the end, where that is in the folder."""
    try:
        target = (folder / path).resolve()
        return target if target.is_relative_to(folder.resolve()) and target.is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None


def _content(file: Path, most: int) -> tuple[str, int]:
    try:
        return _read(file, most)
    except OSError:
        return _signs(file), 0


def _signs(file: Path) -> str:
    """Return what tells a file that cannot be read from one that is put in its place: its time of change is nobody's to set."""
    try:
        status = file.lstat()
    except OSError:
        return "cannot be read"
    facts = (status.st_mode, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return f"cannot be read, {facts}"


def _read(file: Path, most: int) -> tuple[str, int]:
    """Return the digest and the size of a file. Raises OSError, and _TooLargeError."""
    handle = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as opened:
        status = os.fstat(opened.fileno())
        if not stat.S_ISREG(status.st_mode):
            return "is no file", 0
        if status.st_size > most:
            raise _TooLargeError
        digest, read = hashlib.sha256(), 0
        while part := opened.read(1_000_000):
            digest.update(part)
            read += len(part)
            if read > most:
                raise _TooLargeError
        return digest.hexdigest(), read


def _add(digest: hashlib._Hash, path: PurePosixPath, content: str) -> None:
    for text in (str(path), content):
        encoded = os.fsencode(text)
        digest.update(b"%d:" % len(encoded) + encoded)
