"""`:guide`: the topics of the user's guide to choose from, and a page of it to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import UsageError
from core.guide import page, pages
from tui.drawing import Span
from tui.markdown import markdown_lines
from tui.screens.dialogs import Choose, Read
from tui.widgets.table import Row

if TYPE_CHECKING:
    from tui.console_api import ConsoleApi

__all__ = ["choose_topic", "read_topic"]


def choose_topic(app: ConsoleApi) -> None:
    """Let a person choose a page."""
    rows = [Row(each.topic, (Span(each.topic), Span(each.title, "muted"))) for each in pages()]

    def chosen(topic: str | None) -> None:
        if topic:
            read_topic(app, topic)

    app.push_screen(Choose("Guide", rows, note="Enter opens a page"), chosen)


def read_topic(app: ConsoleApi, topic: str) -> None:
    """Show the page of a topic, or say that there is none."""
    try:
        text = page(topic).text
    except UsageError as error:
        app.tell(error.message, "fail")
        return
    app.push_screen(Read(lambda width: markdown_lines(text, width), copies=text))
