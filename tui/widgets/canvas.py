"""What every drawn widget shares: a scrolling view of lines, drawn one at a time, only those that are seen.

A canvas has four designed states: `full`; `empty` and `failing`, which show a `notice` (failing dims what was there);
`loading`, which leaves what was there. No box and no widget a row: a table of a million rows costs what its visible rows cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from rich.cells import cell_len
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.drawing import Line, draw
from tui.themes import PALETTES, Palette

__all__ = ["Canvas", "State"]

State = Literal["full", "empty", "loading", "failing"]


class Canvas(ScrollView, can_focus=True):
    """A widget that is drawn line by line."""

    DEFAULT_CSS = """
    Canvas {
        height: 1fr;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
        overflow-x: hidden;
        scrollbar-gutter: auto;
    }
    """
    margin: ClassVar[int] = 2

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 -- Textual's name
        super().__init__(id=id, classes=classes)
        self.state: State = "full"
        self.notice: tuple[Line, ...] = ()
        self.ground = "background"
        self._drawn: dict[int, Strip] = {}

    @property
    def palette(self) -> Palette:
        return PALETTES[self.app.theme]

    @property
    def drawn_width(self) -> int:
        """Return the cells of a line, without the scroll bar."""
        return max(self.scrollable_content_region.width, 1)

    def set_state(self, state: State, notice: Sequence[Line] = ()) -> None:
        """Change the state, and what is told above (or instead of) the content."""
        if (state, tuple(notice)) != (self.state, self.notice):
            self.state, self.notice = state, tuple(notice)
            self.resize()

    def line_count(self) -> int:
        """Return how many lines the content has."""
        raise NotImplementedError

    def content_line(self, number: int) -> Strip:
        """Draw a line of the content."""
        raise NotImplementedError

    def resize(self) -> None:
        """Take note that the number of lines may have changed, and draw again."""
        size = Size(0, self.whole_height())
        if size != self.virtual_size:
            self.virtual_size = size
            self.refresh()
        else:
            self.refresh_changed()

    def whole_height(self) -> int:
        """Return how many lines there are in all, also those out of sight."""
        return len(self.notice) + (0 if self.state == "empty" else self.line_count())

    def refresh_changed(self) -> None:
        """Draw again only the cells that differ from what was drawn last: over SSH, a live page costs what changes on it."""
        for y in range(self.size.height):
            old, new = self._drawn.get(y), self.line_at(y)
            if old is None:
                self.refresh(Region(0, y, self.size.width, 1))
            elif old != new:
                first, last = changed_cells(old, new)
                self.refresh(Region(first, y, last - first + 1, 1))

    def render_line(self, y: int) -> Strip:
        drawn = self._drawn[y] = self.line_at(y)
        return drawn

    def line_at(self, y: int) -> Strip:
        """Draw the line at a place of the widget."""
        number = y + self.scroll_offset.y
        if number < len(self.notice):
            return self.draw(self.notice[number])
        number -= len(self.notice)
        if self.state == "empty" or number >= self.line_count():
            return Strip.blank(self.size.width, self.palette.ground_styles[self.ground])
        return self.content_line(number)

    def draw(self, drawn: Line, *, ground: str = "", dimmed: bool = False) -> Strip:
        """Draw one line in this canvas's width and palette."""
        return draw(
            drawn, self.drawn_width, self.palette, ground=ground or self.ground, margin=self.margin, dimmed=dimmed
        )

    def on_resize(self) -> None:
        self._drawn.clear()
        self.resize()


def changed_cells(old: Strip, new: Strip) -> tuple[int, int]:
    """Return the first and the last cell in which two drawings of a line differ; the whole line where their widths do."""
    before, after = list(_cells(old)), list(_cells(new))
    if len(before) != len(after) or before == after:
        return 0, max(len(before), len(after), 1) - 1
    first = next(place for place, (one, other) in enumerate(zip(before, after, strict=True)) if one != other)
    last = next(place for place in reversed(range(len(before))) if before[place] != after[place])
    while first and not after[first][0]:  # the second half of a wide character
        first -= 1
    return first, last


def _cells(strip: Strip) -> Iterator[tuple[str, Style | None]]:
    """Yield each cell's character and style; the second cell of a wide character has no character."""
    for text, style, _control in strip:
        for character in text:
            yield character, style
            for _ in range(cell_len(character) - 1):
                yield "", style
