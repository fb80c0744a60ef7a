"""Offsets in a text, and the lines and columns that an editor counts.

Lines and columns count from 0. A line ends at a line feed, a carriage return, or both, and at nothing else: Python's splitlines, which
pygls uses, also ends one at a form feed or U+2028. A column is in UTF-16 units, unless editor and server agreed on another.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from lsprotocol.types import Position, PositionEncodingKind, Range

__all__ = ["Lines"]

_END = re.compile(r"\r\n|\r|\n")


class Lines:
    """A text's lines."""

    def __init__(self, text: str, encoding: str = PositionEncodingKind.Utf16) -> None:
        self._text = text
        self._encoding = encoding
        self._starts = [0, *(match.end() for match in _END.finditer(text))]

    def position(self, offset: int) -> Position:
        """Return the position of an offset."""
        offset = max(0, min(offset, len(self._text)))
        line = bisect_right(self._starts, offset) - 1
        return Position(line=line, character=self._units(self._text[self._starts[line] : offset]))

    def range(self, start: int, end: int) -> Range:
        """Return what goes from one offset to another."""
        return Range(start=self.position(start), end=self.position(end))

    def offset(self, position: Position) -> int:
        """Return the offset of a position; one behind a line's end is that end, one behind the text the text's end."""
        if position.line >= len(self._starts):
            return len(self._text)
        start = self._starts[position.line]
        end = _END.search(self._text, start)
        line = self._text[start : end.start() if end else len(self._text)]
        units = 0
        for place, character in enumerate(line):
            if units >= position.character:
                return start + place
            units += self._units(character)
        return start + len(line)

    def _units(self, text: str) -> int:
        if self._encoding == PositionEncodingKind.Utf32:
            return len(text)
        if self._encoding == PositionEncodingKind.Utf8:
            return len(text.encode("utf-8", "surrogatepass"))
        return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
