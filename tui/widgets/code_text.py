"""The text of the code area as lines and as cells: quick with a megabyte, and honest about what a terminal would obey.

A character that a terminal would obey (core.control_chars decides) gets a stand-in of one cell, so that the cursor, the
findings and the mouse agree about where it is. Lines end at a line feed and nowhere else: Textual's own document also
breaks at U+2028 and its like, and would lose them when the text is saved.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from rich.cells import get_character_cell_size
from textual.document._document import Document, EditResult, Location
from textual.document._wrapped_document import WrappedDocument
from textual.geometry import Offset, Size

from core.control_chars import escape_control_chars

__all__ = ["TAB", "Cells", "SqlDocument", "Unwrapped", "cells_of", "cleaned", "difference"]

TAB = 4
"""A tab stops at multiples of this."""

_LONG = 5_000
"""In a longer line, each character gets one cell; one that has two, or none, is shown by a stand-in."""

_SINGLE = "[ -~\xa1-\xac\xae-\u02ff\u0370-\u0482\u2500-\u25fc]"
"""Characters that a terminal draws in one cell, whatever its tables."""

_PLAIN = re.compile(f"{_SINGLE}*")
_NOT_SINGLE = re.compile(_SINGLE.replace("[", "[^", 1))


class Cells(NamedTuple):
    """A line as cells: what is drawn for each column, where each column starts (one more: the end), and the stand-ins."""

    drawn: Sequence[str]
    starts: Sequence[int]
    odd: tuple[int, ...] = ()

    def column_at(self, cell: int) -> int:
        """Return the column that a cell belongs to; the end of the line for a cell behind it."""
        return min(max(bisect_right(self.starts, cell) - 1, 0), len(self.drawn))

    def first_from(self, cell: int) -> int:
        """Return the first column that starts at a cell or behind it."""
        return min(bisect_left(self.starts, cell), len(self.drawn))

    @property
    def width(self) -> int:
        return self.starts[-1]


def cells_of(line: str) -> Cells:
    """Lay a line out."""
    if (line.isascii() and line.isprintable()) or _PLAIN.fullmatch(line):
        return Cells(line, range(len(line) + 1))
    if len(line) > _LONG:
        return _long(line)
    return _laid_out(line)


def _width(line: str) -> int:
    """Return the cells of a line, without laying it out where that is plain."""
    return len(line) if line.isascii() and line.isprintable() else cells_of(line).width


@lru_cache(maxsize=2)
def _long(line: str) -> Cells:
    return Cells(_NOT_SINGLE.sub("\ufffd", line), range(len(line) + 1))


@lru_cache(maxsize=2048)
def _laid_out(line: str) -> Cells:
    drawn: list[str] = []
    starts = [0]
    odd: list[int] = []
    safe = escape_control_chars(line, lines=True) == line
    at = 0
    for column, character in enumerate(line):
        if character == "\t":
            shown, width = " " * (TAB - at % TAB), TAB - at % TAB
        elif not safe and (stand_in := _stand_in(character)):
            shown, width = stand_in, 1
            odd.append(column)
        else:
            shown, width = character, get_character_cell_size(character)
        drawn.append(shown)
        at += width
        starts.append(at)
    return Cells(drawn, starts, tuple(odd))


@lru_cache(maxsize=512)
def _stand_in(character: str) -> str:
    """Return what is drawn instead of a character that a terminal would obey; nothing for all others."""
    if escape_control_chars(character, lines=True) == character:
        return ""
    number = ord(character)
    if number < 0x20:
        return chr(0x2400 + number)
    return "␡" if number == 0x7F else "\ufffd"


def cleaned(text: str) -> str:
    """Make a pasted text one that a file can hold: line feeds for all ends of lines, no NUL, no half of a character pair."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text


def difference(old: str, new: str) -> tuple[int, int, int]:
    """Return where two texts differ: from `start`, up to `old_end` in the old one and `new_end` in the new one."""
    most = min(len(old), len(new))
    start = _common(most, lambda low, high: old[low:high] == new[low:high])
    most -= start
    size, longer = len(old), len(new)
    tail = _common(most, lambda low, high: old[size - high : size - low] == new[longer - high : longer - low])
    return start, size - tail, longer - tail


def _common(most: int, same: Callable[[int, int], bool]) -> int:
    """Return how many characters agree from the start, by halving: comparing slices is quick, single characters are not."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if same(low, middle):
            low = middle
        else:
            high = middle - 1
    return low


class SqlDocument(Document):
    """Lines, with their widths kept, so that an edit costs what it changes."""

    def __init__(self, text: str) -> None:
        super().__init__("")
        self._lines = text.split("\n")
        self._widths = [_width(line) for line in self._lines]
        self._whole: str | None = text
        self._begins: list[int] | None = None

    @property
    def text(self) -> str:
        """Return the whole text; joined once after an edit."""
        if self._whole is None:
            self._whole = "\n".join(self._lines)
        return self._whole

    def get_size(self, _tab_width: int) -> Size:
        """Return the cells of the widest line, and the number of lines."""
        return Size(max(self._widths, default=0), len(self._lines))

    def replace_range(self, start: Location, end: Location, text: str) -> EditResult:
        """Replace what stands between two places."""
        (top, left), (bottom, right) = sorted((start, end))
        lines = self._lines
        replaced = self.get_text_range((top, left), (bottom, right))
        before = lines[top][:left] if top < len(lines) else ""
        after = lines[bottom][right:] if bottom < len(lines) else ""
        inserted = text.split("\n")
        inserted[0] = before + inserted[0]
        column = len(inserted[-1])
        inserted[-1] += after
        lines[top : bottom + 1] = inserted
        self._widths[top : bottom + 1] = [_width(line) for line in inserted]
        self._whole = self._begins = None
        return EditResult((top + len(inserted) - 1, column), replaced)

    @property
    def begins(self) -> list[int]:
        """Return the offset at which each line begins."""
        if self._begins is None:
            self._begins = [0, *accumulate(len(line) + 1 for line in self._lines[:-1])]
        return self._begins

    def get_index_from_location(self, location: Location) -> int:
        """Return the offset of a place."""
        row = min(max(location[0], 0), len(self._lines) - 1)
        return self.begins[row] + min(max(location[1], 0), len(self._lines[row]))

    def get_location_from_index(self, index: int) -> Location:
        """Return the place of an offset; the end for one behind it."""
        row = max(bisect_right(self.begins, index) - 1, 0)
        return row, min(max(index - self.begins[row], 0), len(self._lines[row]))


class Unwrapped(WrappedDocument):
    """The view of a document whose lines are never wrapped: nothing to compute, whatever its size."""

    def __init__(self, document: SqlDocument) -> None:
        self.document = document
        self._width = 0
        self._tab_width = TAB

    def wrap(self, width: int, tab_width: int | None = None) -> None:
        """Do nothing: lines stay whole."""

    def wrap_range(self, start: Location, old_end: Location, new_end: Location) -> None:
        """Do nothing: lines stay whole."""

    @property
    def wrapped(self) -> bool:
        return False

    @property
    def height(self) -> int:
        return self.document.line_count

    def get_offsets(self, line_index: int) -> list[int]:
        """Return where a line is broken: nowhere."""
        return []

    def get_sections(self, line_index: int) -> list[str]:
        """Return a line as its one section."""
        return [self.document.get_line(line_index)]

    def get_tab_widths(self, line_index: int) -> list[int]:
        """Return nothing: `cells_of` knows the tabs."""
        return []

    def location_to_offset(self, location: Location) -> Offset:
        """Return the cell of a place."""
        row = min(max(location[0], 0), self.document.line_count - 1)
        cells = cells_of(self.document.get_line(row))
        return Offset(cells.starts[min(location[1], len(cells.drawn))], row)

    def offset_to_location(self, offset: Offset) -> Location:
        """Return the place of a cell."""
        row = min(max(offset[1], 0), self.document.line_count - 1)
        return row, self.get_target_document_column(row, max(offset[0], 0), 0)

    def get_target_document_column(self, line_index: int, x_offset: int, y_offset: int) -> int:
        """Return the column of a cell in a line."""
        return cells_of(self.document.get_line(line_index)).column_at(x_offset)
