"""A page that has no sentences of its own, said as it stands there: titles, lists, fields, texts, in the order of the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from textual.widget import Widget
from textual.widgets import Input, TextArea

from core.formatting import counted
from tui.screens.sentences import of_row, spoken
from tui.widgets.bars import Header, KeyBar
from tui.widgets.button import Button
from tui.widgets.code import CodeArea
from tui.widgets.form import Choice
from tui.widgets.pane import Heading
from tui.widgets.sheet import Sheet
from tui.widgets.table import Table

if TYPE_CHECKING:
    from textual.screen import Screen

__all__ = ["said_of"]

_ROWS = 50


def said_of(page: Screen[Any]) -> list[str]:
    """Return a page's sentences. What is hidden on it (a secret that is being typed) is hidden here, too."""
    found = [text for widget in page.query("*") if widget.display and widget.region for text in _of(widget)]
    return [text for text in found if text]


def _of(widget: Widget) -> Iterator[str]:
    if any(isinstance(each, Header | KeyBar | Button) for each in widget.ancestors_with_self):
        return
    if isinstance(widget, Heading):
        yield _titled(spoken(widget.title_text))
    elif isinstance(widget, Table):
        yield from _table(widget)
    elif isinstance(widget, Sheet):
        for line in (*widget.notice, *widget.lines):
            left, right = (spoken("".join(part.text for part in side)) for side in (line.left, line.right))
            yield ", ".join(filter(None, (left, right)))
    elif isinstance(widget, Input):
        yield f"{_label(widget)}: {'hidden' if widget.password and widget.value else widget.value or 'empty'}."
    elif isinstance(widget, CodeArea):
        yield f"A text of {counted(widget.document.line_count, 'line')}:"
        yield widget.text
    elif isinstance(widget, TextArea):
        yield f"{_label(widget)}: {'hidden' if widget.text else 'empty'}."
    elif isinstance(widget, Choice):
        yield f"{_label(widget)}: {widget.value}."


def _table(table: Table) -> Iterator[str]:
    for line in table.notice:
        yield spoken("".join(part.text for part in (*line.left, *line.right)))
    heads = [column.head for column in table.columns] if table.heads else [""] * len(table.columns)
    rows = table.each_row() if len(table.shown) <= _ROWS else []
    if rows:
        yield f"{counted(len(rows), 'row')}, the chosen one is number {table.cursor + 1:,}."
    elif table.shown:
        yield f"{counted(len(table.shown), 'row')}, too many to say. The chosen one is number {table.cursor + 1:,}:"
        rows = [table.texts_of(table.cursor)]
    yield from (of_row(heads, row) for row in rows)


def _label(widget: Widget) -> str:
    return spoken((widget.id or "text").removeprefix("field-").replace("_", " ").replace("-", " "))


def _titled(text: str) -> str:
    return f"{text}:" if text else ""
