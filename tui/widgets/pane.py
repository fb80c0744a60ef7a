"""A pane: a part of a screen under its title on a thin rule. The title takes the accent while something in it has the keys."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import RenderResult
from textual.containers import Vertical
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from tui.drawing import Line, Span, SpanLike, draw, spans
from tui.themes import PALETTES

__all__ = ["Heading", "Pane"]


class Heading(Widget):
    """One line: a title on a rule, and what stands at its right."""

    DEFAULT_CSS = "Heading { height: 1; }"

    def __init__(self, title: Sequence[SpanLike] | str = "", right: Sequence[SpanLike] = ()) -> None:
        super().__init__()
        self._title = spans((title,) if isinstance(title, str) else title)
        self._right = spans(right)
        self._focused = False

    def show(self, title: Sequence[SpanLike] | str | None = None, right: Sequence[SpanLike] | None = None) -> None:
        """Change the title, or what stands at the right."""
        before = (self._title, self._right)
        if title is not None:
            self._title = spans((title,) if isinstance(title, str) else title)
        if right is not None:
            self._right = spans(right)
        if before != (self._title, self._right):
            self.refresh()

    @property
    def title_text(self) -> str:
        return "".join(part.text for part in self._title)

    @property
    def focused_pane(self) -> bool:
        return self._focused

    @focused_pane.setter
    def focused_pane(self, focused: bool) -> None:
        if focused != self._focused:
            self._focused = focused
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1

    def render(self) -> RenderResult:  # pragma: no cover -- render_line is what draws
        return ""

    def render_line(self, y: int) -> Strip:
        style = "bold accent" if self._focused else "bold text"
        title = tuple(Span(part.text, style) if part.style == "text" else part for part in self._title)
        drawn = Line(title, self._right, "─", marked=self._focused)
        return draw(drawn, self.size.width, PALETTES[self.app.theme])


class Pane(Vertical):
    """A title and what is under it; `letter` is how jump mode calls it."""

    DEFAULT_CSS = """
    Pane { height: 1fr; }
    Pane.-hidden { display: none; }
    """

    def __init__(
        self,
        *children: Widget,
        title: Sequence[SpanLike] | str = "",
        right: Sequence[SpanLike] = (),
        id: str | None = None,  # noqa: A002 -- Textual's name
        classes: str | None = None,
    ) -> None:
        self.heading = Heading(title, right)
        super().__init__(self.heading, *children, id=id, classes=classes)

    def on_descendant_focus(self) -> None:
        self.heading.focused_pane = True

    def on_descendant_blur(self) -> None:
        self.heading.focused_pane = False

    @property
    def target(self) -> Widget | None:
        """Return the widget in it that takes the keys."""
        return next((widget for widget in self.query("*") if widget.focusable), None)
