"""A shell's command line, beyond what shlex does: a name of a file that begins with a dash is no option."""

from __future__ import annotations

from shlex import quote

__all__ = ["file", "url_options"]


def file(name: str) -> str:
    """Write the name of a file as a word."""
    return quote(f"./{name}" if name.startswith("-") else name)


def url_options(url: str) -> list[str]:
    """Return what curl needs to take an address as it is: brackets and braces are patterns to it."""
    return ["-g"] if set(url) & set("[]{}") else []
