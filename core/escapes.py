r"""A text as it reads once its escapes are undone: of JSON, of URLs, of HTML, of quoted-printable, of Python's repr, and of our own `escape_control_chars`;
and without what parts base64 into lines, or hexadecimal digits into pairs.

Whoever looks for a word in a text has to find it also where it stands as `p\/w`, `p\u002fw`, `p%2Fw` or `p&#x2F;w`, and has to know which
characters of the text are the word. So each place of the plain text is known as a place of the text that it came from.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["Plain", "undone"]

_KINDS = (
    re.compile(
        r"""(?:\\u[0-9a-fA-F]{4})+|\\u\{0*[0-9a-fA-F]{1,6}\}|\\U[0-9a-fA-F]{8}|(?:\\x[0-9a-fA-F]{2})+|\\[0-7]{3}|\\[\\/"'`bfnrt]"""
    ),
    re.compile(r"(?:%[0-9a-fA-F]{2})+"),
    re.compile(r"&(?:#0*[0-9]{1,7}|#[xX]0*[0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?"),
    re.compile(r"(?:=[0-9A-F]{2})+|=\r?\n"),
    re.compile(r"[\x00\u00ad\u200b-\u200f\u2060\ufeff]+|[\r\n]+[ \t]*|(?<=[0-9a-fA-F]{2})[: -](?=[0-9a-fA-F]{2})"),
)
"""Each kind by itself: a `%41` may be a part of what JSON has escaped."""

_PARTING = "\0\r\n: -\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Plain:
    """A text without its escapes; `_at` are the places in it behind which an escape stood, `_from` where each stood in the text before."""

    text: str
    _at: tuple[int, ...]
    _from: tuple[tuple[int, int], ...]
    _length: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where in the text before the characters from `start` up to `end` stood, with all of an escape's."""
        return self._place(start, 0), self._place(end - 1, 1)

    def _place(self, at: int, side: int) -> int:
        number = bisect_right(self._at, at) - 1
        if number < 0:
            return at + side
        beyond = at - self._at[number] - self._length[number]
        return self._from[number][side] if beyond < 0 else self._from[number][1] + beyond + side


def undone(text: str) -> Iterator[Plain]:
    """Yield a text without its escapes of one kind, for each kind that it has."""
    for kind in _KINDS:
        if found := tuple(kind.finditer(text)):
            yield _without(text, found)


def _without(text: str, escapes: Sequence[re.Match[str]]) -> Plain:
    pieces: list[str] = []
    at: list[int] = []
    size = end = 0
    meanings = [_meaning(escape[0]) for escape in escapes]
    for escape, meant in zip(escapes, meanings, strict=True):
        between = text[end : escape.start()]
        pieces += (between, meant)
        size += len(between)
        at.append(size)
        size, end = size + len(meant), escape.end()
    spans = tuple(escape.span() for escape in escapes)
    return Plain("".join([*pieces, text[end:]]), tuple(at), spans, tuple(map(len, meanings)))


def _meaning(escape: str) -> str:
    """Return what an escape, or a run of them, stands for."""
    if (
        escape[0] in _PARTING
    ):  # of a text in UTF-16 that was read as bytes; of base64 in lines, of digits in pairs; unseen ones
        return ""
    if escape[:2] in ("=\r", "=\n"):  # a soft line break of quoted-printable
        return ""
    if escape.startswith("="):
        return bytes.fromhex(escape.replace("=", "")).decode("utf-8", "replace")
    if escape.startswith("&"):
        import html  # its table of 2,231 names is seldom needed

        return html.unescape(escape)
    if escape.startswith("%"):
        return bytes.fromhex(escape.replace("%", "")).decode("utf-8", "replace")
    return _behind_backslash(escape)


def _behind_backslash(escape: str) -> str:
    match escape[1]:
        case "u" if escape[2] == "{":
            number = int(escape[3:-1], 16)
            return chr(number) if number <= 0x10FFFF else escape
        case "u":
            return bytes.fromhex(escape.replace("\\u", "")).decode("utf-16-be", "surrogatepass")
        case "U":
            number = int.from_bytes(bytes.fromhex(escape[2:]))
            return chr(number) if number <= 0x10FFFF else escape
        case "x":
            raw = bytes.fromhex(escape.replace("\\x", ""))
            try:
                return raw.decode("utf-8")
            except UnicodeDecodeError:
                return raw.decode("latin-1")
        case digit if digit.isdigit():
            return chr(int(escape[1:], 8))
        case other:
            return _SHORT.get(other, other)
