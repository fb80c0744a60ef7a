"""A sheet: lines to read, built for the width there is, which scroll where there are more than fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.strip import Strip

from tui.drawing import Line
from tui.widgets.canvas import Canvas

__all__ = ["Sheet"]


class Sheet(Canvas, can_focus=True):
    """Shows what `build(width)` gives; `show` gives it other lines."""

    def __init__(
        self,
        build: Callable[[int], Sequence[Line]] | None = None,
        *,
        id: str | None = None,  # noqa: A002 -- Textual's name
        classes: str | None = None,
        focusable: bool = True,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.can_focus = focusable
        self._build = build or (lambda _width: ())
        self._lines: tuple[Line, ...] = ()
        self._built_for = -1

    @property
    def lines(self) -> tuple[Line, ...]:
        """Return the lines as they were built last."""
        return self._lines

    def show(self, build: Callable[[int], Sequence[Line]] | Sequence[Line]) -> None:
        """Show other lines: fixed ones, or built for a width."""
        self._build = build if callable(build) else lambda _width: build
        self.rebuild()

    def rebuild(self) -> None:
        """Build the lines again, since what they tell has changed; draws only where they differ."""
        lines = tuple(self._build(self.drawn_width)) if self.is_attached else ()
        if lines != self._lines or self._built_for != self.drawn_width:
            self._lines, self._built_for = lines, self.drawn_width
            self.resize()

    def on_resize(self) -> None:
        self._drawn.clear()
        self.rebuild()

    def watch_show_vertical_scrollbar(self) -> None:
        """Build the lines for the room that is left: a scroll bar takes a column, and no resize tells of it."""
        self.call_after_refresh(self.rebuild)

    def line_count(self) -> int:
        return len(self._lines)

    def content_line(self, number: int) -> Strip:
        return self.draw(self._lines[number], dimmed=self.state == "failing")

    def plain_text(self) -> str:
        """Return what the sheet says, to be copied."""
        return "\n".join("".join(part.text for part in (*line.left, *line.right)) for line in self._lines)
