r"""systemd's units (systemd.syntax(7), systemd.unit(5), systemd.service(5)).

A line ends at a line break, and goes on in the next one after a backslash, whatever is in it; `%` begins a specifier, `$` in a command line a
variable. Only words of a command line know escapes (`\x0a`), so a path with a line break in it cannot be written at all.
"""

from __future__ import annotations

import re

from core.control_chars import escape_control_chars

__all__ = ["path", "read_path", "value", "word"]

_PLAIN = re.compile(r"[\w@+=:,./-]+", re.ASCII)
_CONTROL = re.compile("[\x00-\x1f\x7f]")


def word(text: str) -> str:
    """Write a word of a command line. Raises ValueError for what no unit can hold (a NUL, a name that is not UTF-8)."""
    _check(text)
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return '"' + _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", escaped) + '"'


def path(text: str) -> str:
    """Write the path of a setting that is one path and nothing else. Raises ValueError for one that cannot be written."""
    _check(text)
    if _CONTROL.search(text) or text != text.strip() or not text.startswith("/"):
        raise ValueError("a unit cannot name this path: it has a line break, or a blank at an end")
    return _ended(text.replace("%", "%%"))


def read_path(text: str) -> str:
    """Return the path that `path` has written."""
    return text.removesuffix(" ").replace("%%", "%")


def value(text: str) -> str:
    """Write a text for people, such as a description: in one line, what is invisible made visible."""
    return _ended(escape_control_chars(" ".join(text.split())).replace("%", "%%"))


def _ended(line: str) -> str:
    """Return a line that is over where it ends: a blank behind a last backslash keeps it from going on, and is not read."""
    return f"{line} " if line.endswith("\\") else line


def _check(text: str) -> None:
    if "\0" in text:
        raise ValueError("it has a NUL character")
    text.encode("utf-8")  # half a character, as names of files can have: a UnicodeEncodeError is a ValueError
