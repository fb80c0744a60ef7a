"""What every drawn widget shares: a scrolling view of lines, drawn one at a time, only those that are seen.

A canvas has four designed states: `full`; `empty` and `failing`, which show a `notice` (failing dims what was there);
`loading`, which leaves what was there. No box and no widget a row: a table of a million rows costs what its visible rows cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from textual.geometry import Size
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

    @property
    def palette(self) -> Palette:
        return PALETTES[self.app.theme]

    @property
    def drawn_width(self) -> int:
        """Give the cells of a line, without the scroll bar."""
        return max(self.scrollable_content_region.width, 1)

    def set_state(self, state: State, notice: Sequence[Line] = ()) -> None:
        """Change the state, and what is told above (or instead of) the content."""
        if (state, tuple(notice)) != (self.state, self.notice):
            self.state, self.notice = state, tuple(notice)
            self.resize()

    def line_count(self) -> int:
        """Give how many lines the content has."""
        raise NotImplementedError

    def content_line(self, number: int) -> Strip:
        """Draw a line of the content."""
        raise NotImplementedError

    def resize(self) -> None:
        """Take note that the number of lines may have changed, and draw anew."""
        lines = len(self.notice) + (0 if self.state == "empty" else self.line_count())
        self.virtual_size = Size(0, lines)
        self.refresh()

    def render_line(self, y: int) -> Strip:
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
        self.resize()
