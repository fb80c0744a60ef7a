"""Reads key files, with a limit and clear errors, and writes new ones that only their owner can read. Never changes one."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from core.errors import UsageError
from core.keys.recognise import MOST_BYTES
from core.model import Secret
from core.paths import expanded
from core.quoting import shell

__all__ = ["must_be_free", "read", "warning_of", "write"]

_ONLY_OWNER = 0o600


def read(path: Path) -> bytes:
    """Read a key file. Raises UsageError where it is missing, a folder, no plain file, not readable, or over 1 MB."""
    where = str(path)
    try:
        # not blocking: opening a named pipe would wait for someone to write
        handle = os.open(expanded(path), os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise UsageError("There is no such file.", where=where, remedy="Look at its path and name.") from None
    except PermissionError:
        raise _not_readable(path) from None
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "its name is not valid for a file"
        raise UsageError(f"The file cannot be opened: {reason}.", where=where, remedy="Look at its path.") from None
    try:
        _only_plain(os.fstat(handle).st_mode, where)
        with os.fdopen(handle, "rb", closefd=False) as file:
            material = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"The file cannot be read: {error.strerror}.", where=where) from None
    finally:
        os.close(handle)
    if len(material) <= MOST_BYTES:
        return material
    raise UsageError(
        f"The file has more than {MOST_BYTES:,} bytes: that is no key file.",
        where=where,
        remedy="Key files have some thousand bytes. Give the key's own file.",
    )


def warning_of(path: Path) -> str:
    """Warn where others than its owner can read or write a key file, with the command that fixes it; "" where all is well."""
    if os.name != "posix":
        return ""
    try:
        mode = expanded(path).stat().st_mode
    except (OSError, ValueError, RuntimeError):
        return ""
    others = [who for who, bits in (("its group", 0o060), ("everybody", 0o006)) if mode & bits]
    if not others or not stat.S_ISREG(mode):
        return ""
    can = "read" if mode & 0o044 else "changed"
    return f"The file can be {can} by {' and '.join(others)}. Fix it with: chmod 600 {shell.file(str(expanded(path)))}"


def write(path: Path, key: Secret, *, replace: bool = False) -> None:
    """Write a key into a new file that only its owner can read, whole or not at all.

    Raises UsageError where something is there already and `replace` is not asked for, or where it cannot be written.
    """
    must_be_free(path, replace=replace)
    target, where = expanded(path), str(path)
    try:
        _placed(target, key.reveal().encode(), replace=replace)
    except FileExistsError:
        raise UsageError("The file is there already, and was not changed.", where=where) from None
    except OSError as error:
        raise UsageError(
            f"The key could not be written: {error.strerror}.",
            where=where,
            remedy="Look at the folder's owner and disk.",
        ) from None


def must_be_free(path: Path, *, replace: bool = False) -> None:
    """Refuse a name that `write` could not use, before a key is made for it. Raises UsageError."""
    target, where = expanded(path), str(path)
    if target.is_dir():
        raise UsageError("That is a folder.", where=where, remedy="Name a file in it, such as rsa_key.p8.")
    if target.exists() and not target.is_file():
        raise UsageError("That is a device or a pipe, and was not changed.", where=where, remedy="Name a file.")
    if not target.parent.is_dir():
        raise UsageError("The folder of that file is not there.", where=where, remedy="Make it first, or name another.")
    if not replace and os.path.lexists(target):
        raise UsageError(
            "The file is there already, and was not changed.",
            where=where,
            remedy="Choose another name, or add --force to replace it.",
        )


def _placed(target: Path, content: bytes, *, replace: bool) -> None:
    """Write beside the target, then give it the name: nobody ever sees half a key. `mkstemp` makes files of mode 600."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".backhaul-key-")
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(_ONLY_OWNER)
        if replace:
            beside.replace(target)
        else:
            os.link(beside, target)  # unlike a rename, it never takes the place of another file
    finally:
        beside.unlink(missing_ok=True)


def _only_plain(mode: int, where: str) -> None:
    if stat.S_ISDIR(mode):
        raise UsageError("That is a folder.", where=where, remedy="Give the key file in it.")
    if not stat.S_ISREG(mode):
        raise UsageError(
            "That is no plain file, but a pipe or a device.",
            where=where,
            remedy="Give a file, or `-` to read the key from stdin.",
        )


def _not_readable(path: Path) -> UsageError:
    return UsageError(
        "The file cannot be read: it belongs to another user, or its permissions do not allow it.",
        where=str(path),
        remedy=f"See its owner and permissions with: ls -l {shell.file(str(expanded(path)))}",
    )
