"""A button: a word on a raised strip; the primary one in the accent. Enter presses it."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.app import RenderResult
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.drawing import Line, Span, draw
from tui.themes import PALETTES

__all__ = ["Button"]


class Button(Widget, can_focus=True):
    """A word to press."""

    DEFAULT_CSS = "Button { height: 1; width: auto; }"

    @dataclass
    class Pressed(Message):
        """A button was pressed."""

        button: Button

        @property
        def control(self) -> Button:
            return self.button

    def __init__(self, word: str, *, primary: bool = False, id: str | None = None) -> None:  # noqa: A002 -- Textual's name
        super().__init__(id=id)
        self.word, self.primary = word, primary

    def show(self, word: str) -> None:
        """Change the word."""
        if word != self.word:
            self.word = word
            self.refresh(layout=True)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return len(self.word) + 4

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1

    def render(self) -> RenderResult:  # pragma: no cover -- render_line is what draws
        return ""

    def render_line(self, y: int) -> Strip:
        style = "bold accent" if self.primary else "text"
        mark = "▸ " if self.has_focus else "  "
        shown = Line((Span(f"{mark}{self.word} ", f"{style} reverse" if self.has_focus else style),))
        return draw(shown, self.size.width, PALETTES[self.app.theme], ground="panel", margin=0)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_click(self) -> None:
        self.post_message(self.Pressed(self))

    def on_key(self, event: events.Key) -> None:
        if event.key == "enter":  # a blank may belong to a secret that is typed in the wrong place
            event.stop()
            event.prevent_default()
            self.post_message(self.Pressed(self))
