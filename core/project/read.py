"""Reads a file of a project, whatever it is: a text of a sensible size, or an error that says what is wrong with it.

Nothing here blocks (a FIFO, a device) and nothing raises another error than ProjectError: a file that someone else wrote, or that an
editor is just writing, takes itself out and no other. Numbers and texts are bounded once, here, so that no setting needs a check of its own
for what no database, file name or clock can hold.
"""

from __future__ import annotations

import datetime as dt
import math
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.errors import ProjectError

__all__ = ["FAULTS", "read_text", "read_toml", "refuse_passwords", "unusable"]

_MOST_BYTES = 4_000_000
_MOST_DEPTH = 20
_LARGEST = 2**53
"""Whole numbers up to here are exact in JSON, SQLite and everything else that they go to."""

_WITH_PASSWORD = re.compile(r"[a-zA-Z]://(?:[^/\s?#\"']*|[^/\s:@\"']+:(?!\d+[/?#])[^\s\"']*)@")
"""An address with a user or a password before its `@`; a password may have a `/` in it, a port has not."""

_PARTS_OF_LOGIN = frozenset({"account", "database", "host", "user"})
_IN_A_PART = re.compile(r"(?i)\bpassword\s*=|:[^/]*@")

FAULTS = (ValueError, TypeError, LookupError, ArithmeticError, OSError, RecursionError)
"""What reading and checking a file may raise of its own accord, whatever is in it."""


def read_text(file: Path) -> str:
    """Return the text of a file. Raises ProjectError where it is no regular file, too large, or not UTF-8."""
    try:
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:
        raise ProjectError(f"The file cannot be read: {_reason(error)}.", where=str(file)) from error
    with os.fdopen(descriptor, "rb") as handle:
        status = os.fstat(handle.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ProjectError("This is not a regular file.", where=str(file), remedy="Replace it, or remove it.")
        try:
            content = handle.read(_MOST_BYTES + 1)
        except OSError as error:
            raise ProjectError(f"The file cannot be read: {_reason(error)}.", where=str(file)) from error
    if len(content) > _MOST_BYTES:
        raise ProjectError(f"The file is larger than {_MOST_BYTES // 1_000_000} MB.", where=str(file))
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise ProjectError("This file is not UTF-8 text.", where=str(file), remedy="Save it as UTF-8.") from error


def read_toml(file: Path) -> dict[str, Any]:
    """Read a TOML file. Raises ProjectError with line and column, or the key whose value nothing can hold."""
    text = read_text(file)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(f"This is not TOML: {error}.", where=str(file), remedy="Fix the file.") from error
    except FAULTS as error:  # a number of 5,000 digits, arrays nested 3,000 deep
        raise unusable(file, error) from error
    refuse_passwords(file, values)
    for key, problem in _problems(values, ()):
        raise ProjectError(f"{'.'.join(key)}: {problem}.", where=str(file), remedy="Fix the value in the file.")
    return values


def refuse_passwords(file: Path, values: Mapping[str, Any]) -> None:
    """Raise ProjectError, without showing it, for an address with a user or a password among the values of a file."""
    for key, value in _texts(values, ()):
        is_part = bool(key) and key[-1] in _PARTS_OF_LOGIN
        if _WITH_PASSWORD.search(value) or (is_part and _IN_A_PART.search(value)):
            raise ProjectError(
                f"{'.'.join(key)}: a secret never stands in a file. This one contains a user or a password.",
                where=str(file),
                remedy="Take them out. For a webhook use `authorization`; for a proxy the environment variable HTTPS_PROXY.",
            )


def unusable(file: Path, error: BaseException) -> ProjectError:
    """Return what is said of a file that could not be read or checked for a reason that nobody thought of."""
    if isinstance(error, RecursionError):
        return ProjectError("The file is nested too deeply.", where=str(file), remedy="Fix the file.")
    return ProjectError(f"The file cannot be used: {_reason(error)}.", where=str(file), remedy="Fix the file.")


def _reason(error: BaseException) -> str:
    found = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
    return found.partition(";")[0].rstrip(".")[:200]


def _problems(value: Any, key: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the values that no setting can have, with their keys."""
    if len(key) > _MOST_DEPTH:
        yield key[:3], "it is nested too deeply"
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if "\0" in name:
                yield (*key, name.replace("\0", "\\0")), "the key contains a NUL character"
            yield from _problems(inner, (*key, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _problems(inner, (*key, str(number)))
    elif isinstance(value, str) and "\0" in value:
        yield key, "it contains a NUL character"
    elif isinstance(value, int | float) and not isinstance(value, bool) and not _is_usable(value):
        yield key, "the number is too large or not a number"
    elif isinstance(value, dt.datetime) and not 1900 <= value.year <= 9000:
        yield key, "the year is before 1900 or after 9000"


def _texts(value: Any, key: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the texts among the values, with their keys."""
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, str):
        yield key, value
    for name, each in inner if len(key) <= _MOST_DEPTH else ():
        yield from _texts(each, (*key, str(name)))


def _is_usable(value: float) -> bool:
    return abs(value) <= _LARGEST if isinstance(value, int) else math.isfinite(value)
