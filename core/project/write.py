"""Writing a project's files: whole and new, or one key of an old one, where comments and order stay."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.control_chars import escape_control_chars
from core.errors import ProjectError
from core.project_root import find

__all__ = ["set_value", "write_file", "write_text"]


def write_file(file: Path, values: Mapping[str, Any]) -> None:
    """Write a new file of the project; empty values are left out. It appears whole or not at all."""
    import tomlkit

    document = tomlkit.document()
    for key, value in values.items():
        if value is not None:
            document.add(key, tomlkit.item(value))
    write_text(file, tomlkit.dumps(document))


def set_value(file: Path, key: str, value: Any) -> None:
    """Set one key ('guards.max_calls') of a file and keep all else: comments, order, spacing, ends of lines.

    None removes the key. Raises ProjectError where the file is not TOML.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        text = file.read_bytes().decode("utf-8-sig")
        document = tomlkit.parse(text)
    except (TOMLKitError, ValueError, RecursionError) as error:
        raise ProjectError(f"This is not TOML: {error}.", where=str(file), remedy="Fix the file.") from error
    *tables, last = key.split(".")
    table: Any = document
    for name in tables:
        if name not in table:
            if value is None:
                return
            table[name] = tomlkit.table()
        table = table[name]
    if value is None:
        table.pop(last, None)
    else:
        table[last] = value
    changed = tomlkit.dumps(document)
    write_text(file, changed.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in text else changed)


def write_text(file: Path, text: str) -> None:
    """Write a file under another name and rename it, so that no reader meets half of it.

    The file keeps its permissions. Where it is a link, what it leads to is written, as long as that is in the same project.
    Raises ProjectError where it is not.
    """
    import secrets as randomness  # to look at a project needs none

    file = _target(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    # a name that nobody can know, and that must not be there: a link of this name would have another file written
    temporary = file.with_name(f".{file.name}.{randomness.token_hex(4)}.new")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as out:
        out.write(text.encode())
    try:
        if file.exists():
            shutil.copymode(file, temporary)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def _target(file: Path) -> Path:
    """Return the file that is written: a project may have come with links to files of whoever uses it."""
    target, folder = file.resolve(), find(file.parent.absolute())
    if folder is not None and not target.is_relative_to(folder.resolve()):
        raise ProjectError(
            f"This is a link out of the project, to {escape_control_chars(target)}. Backhaul writes only files of the project.",
            where=str(file),
            remedy="Replace the link with a copy of the file, or change the file there yourself.",
        )
    return target
