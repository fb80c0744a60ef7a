"""A table: rows of cells under muted heads, a chosen row, no lines. Only the rows that are seen are drawn.

Textual's own DataTable takes 32 s for 100,000 rows, and textual-fastdatatable brings pyarrow into the console, which has budgets
for start and memory. So this one is ours: rows stay the values that they are, and a cell is laid out when it is looked at. Rows may
also be far (`place_of` and `sample` beside a sequence's own): a million of a query's result are held by the helper process, and
the ones in sight are brought here (tui.screens.editor.result).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.strip import Strip

from core.control_chars import escape_control_chars
from tui.drawing import Line, Span, SpanLike, fit, spans, width_of
from tui.widgets.canvas import Canvas

__all__ = ["Column", "Row", "Table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its head, and its width in cells (None: what its widest cell of the first thousand needs, at most `most`).

    The `main` column's text is bold in the chosen row. Columns with a `share` divide the room that is left; one with a lower `rank` goes first where the room is too small.
    """

    head: str
    width: int | None = None
    right: bool = False
    share: int = 0
    most: int = 40
    least: int = 0
    rank: int = 10
    main: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the key by which it stays chosen when rows come and go, and its cells, each some spans."""

    key: str
    cells: tuple[tuple[SpanLike, ...] | SpanLike, ...]
    quiet: bool = False


class Table(Canvas, can_focus=True):
    """Rows with a chosen one."""

    @dataclass
    class Highlighted(Message):
        """Another row is chosen (None: there is none)."""

        table: Table
        key: str | None

        @property
        def control(self) -> Table:
            return self.table

    @dataclass
    class Chosen(Message):
        """The chosen row is to be opened."""

        table: Table
        key: str

        @property
        def control(self) -> Table:
            return self.table

    def __init__(
        self,
        columns: Sequence[Column] = (),
        *,
        id: str | None = None,  # noqa: A002 -- Textual's name
        classes: str | None = None,
        heads: bool = True,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.columns = tuple(columns)
        self.heads = heads
        self.rows: Sequence[Row] = ()
        self.shown: Sequence[Row] = ()
        self.words = ""
        self._cursor = 0
        self._widths: tuple[int, ...] = ()
        self._widths_for = 0

    # what is shown

    def show(self, rows: Sequence[Row], columns: Sequence[Column] | None = None) -> None:
        """Show these rows; the chosen one stays chosen by its key, else by its place."""
        if columns is not None and tuple(columns) != self.columns:
            self.columns = tuple(columns)
        elif rows == self.rows and self.shown:
            return
        chosen = self.key
        self.rows = rows
        self._arrange(chosen)

    def filter(self, words: str) -> None:
        """Show only rows that hold all of these words, in any case."""
        if words != self.words:
            chosen, self.words = self.key, words
            self._arrange(chosen)

    def _arrange(self, chosen: str | None) -> None:
        wanted = self.words.lower().split()
        if wanted:
            self.shown = [row for row in self.rows if all(word in _text_of(row).lower() for word in wanted)]
        else:
            self.shown = self.rows
        place = None if chosen is None else _place_of(self.shown, chosen)
        self._cursor = min(self._cursor, max(len(self.shown) - 1, 0)) if place is None else place
        self._widths = ()
        self.resize()
        if self.key != chosen:
            self.post_message(self.Highlighted(self, self.key))

    @property
    def key(self) -> str | None:
        """Return the key of the chosen row."""
        return self.shown[self._cursor].key if self._cursor < len(self.shown) else None

    @property
    def cursor(self) -> int:
        """Return the place of the chosen row."""
        return self._cursor

    def choose(self, key: str) -> None:
        """Choose the row with this key, if it is there."""
        place = _place_of(self.shown, key)
        if place is not None:
            self.move_to(place)

    def move_to(self, place: int) -> None:
        """Choose the row at a place, and bring it into sight."""
        place = min(max(place, 0), max(len(self.shown) - 1, 0))
        if place != self._cursor:
            self._cursor = place
            self.refresh()
            self.post_message(self.Highlighted(self, self.key))
        self._scroll_into_sight()

    def _scroll_into_sight(self) -> None:
        top = self.scroll_offset.y
        visible = max(self.size.height - (1 if self.heads else 0), 1)
        place = self._cursor + len(self.notice)
        if place < top:
            self.scroll_to(y=place, animate=False, immediate=True)
        elif place >= top + visible:
            self.scroll_to(y=place - visible + 1, animate=False, immediate=True)

    # keys and the mouse

    def move(self, by: int) -> None:
        """Move the choice by some rows."""
        self.move_to(self._cursor + by)

    @property
    def page(self) -> int:
        """Return how many rows a page has."""
        return max(self.size.height - 2, 1)

    def open(self) -> None:
        """Tell that the chosen row is to be opened."""
        if self.key is not None:
            self.post_message(self.Chosen(self, self.key))

    def on_click(self, event: events.Click) -> None:
        place = event.y - (1 if self.heads else 0) + self.scroll_offset.y - len(self.notice)
        if 0 <= place < len(self.shown):
            again = place == self._cursor
            self.move_to(place)
            if again or event.chain > 1:
                self.open()

    # drawing

    def line_count(self) -> int:
        return len(self.shown)

    def fit_columns(self) -> None:
        """Lay the columns out again: rows have come that may be wider."""
        self._widths = ()
        self.refresh()

    def resize(self) -> None:
        self._widths = ()
        super().resize()
        self.call_after_refresh(self._scroll_into_sight)

    def whole_height(self) -> int:
        # the heads stay at the top, so the last row needs one line more
        return super().whole_height() + (1 if self.heads else 0)

    def line_at(self, y: int) -> Strip:
        if self.heads and y == 0 and self.state != "empty":
            return self._draw_heads()
        return super().line_at(y - 1 if self.heads and self.state != "empty" else y)

    def _draw_heads(self) -> Strip:
        cells = tuple(Span(column.head, "muted") for column in self.columns)
        return self.draw(Line(self._laid_out(cells)))

    def content_line(self, number: int) -> Strip:
        row = self.shown[number]
        chosen = number == self._cursor
        cells = row.cells
        if chosen and not self.palette.terminal:
            cells = tuple(_bold_first(cell) if place == self._named else cell for place, cell in enumerate(cells))
        drawn = Line(self._laid_out(cells), marked=chosen and self.has_focus)
        ground = ("cursor" if self.has_focus else "cursor_blurred") if chosen else ""
        return self.draw(drawn, ground=ground, dimmed=self.state == "failing" or row.quiet)

    @property
    def _named(self) -> int:
        """Return the column whose text is bold in the chosen row: the main one, else the first that is not just a sign."""
        main = next((place for place, column in enumerate(self.columns) if column.main), None)
        return next((place for place, width in enumerate(self.widths) if width > 2), 0) if main is None else main

    @property
    def widths(self) -> tuple[int, ...]:
        """Return the columns' widths for the room that there is; 0 for one that had to go."""
        room = self.drawn_width - self.margin - 1
        if not self._widths or room != self._widths_for:  # a scroll bar takes a cell without a resize
            sample = getattr(self.shown, "sample", None)  # of rows that are far, those that are here
            rows = self.shown[:1000] if sample is None else sample()
            self._widths, self._widths_for = _widths(self.columns, rows, room), room
        return self._widths

    def _laid_out(self, cells: Sequence[tuple[SpanLike, ...] | SpanLike]) -> tuple[Span, ...]:
        """Return the spans of a row, each cell padded to its column."""
        found: list[Span] = []
        for column, width, cell in zip(self.columns, self.widths, cells, strict=False):
            if width:
                parts = fit(_spans_of(cell), width)
                padding = Span(" " * (width - width_of(parts)))
                found += [padding, *parts] if column.right else [*parts, padding]
                found.append(Span("  "))
        return tuple(found[:-1])

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def texts_of(self, number: int) -> list[str]:
        """Return the texts of one row that is shown."""
        return [_cell_text(cell) for cell in self.shown[number].cells]

    def each_row(self, text_of: Callable[[Row], Sequence[str]] | None = None) -> list[list[str]]:
        """Return the texts of the rows that are shown, to be copied or saved."""
        return [list(text_of(row)) if text_of else [_cell_text(cell) for cell in row.cells] for row in self.shown]


def _place_of(rows: Sequence[Row], key: str) -> int | None:
    """Return where the row of a key stands; rows that are far say it themselves, as asking for each would bring them here."""
    knows = getattr(rows, "place_of", None)
    if knows is not None:
        return cast("int | None", knows(key))
    return next((place for place, row in enumerate(rows) if row.key == key), None)


def _spans_of(cell: tuple[SpanLike, ...] | SpanLike) -> tuple[Span, ...]:
    if isinstance(cell, str | Span):
        return spans((cell,))
    return spans(cell)


def _bold_first(cell: tuple[SpanLike, ...] | SpanLike) -> tuple[Span, ...]:
    return tuple(replace_style(span) for span in _spans_of(cell))


def replace_style(span: Span) -> Span:
    """Make a span bold."""
    return span if "bold" in span.style else Span(span.text, f"bold {span.style}")


def _cell_text(cell: tuple[SpanLike, ...] | SpanLike) -> str:
    return "".join(span.text for span in _spans_of(cell))


def _text_of(row: Row) -> str:
    return " ".join(_cell_text(cell) for cell in row.cells)


def _widths(columns: Sequence[Column], rows: Sequence[Row], room: int) -> tuple[int, ...]:
    """Lay columns out: each as wide as it needs, shares of what is left, the least important gone where it is too little."""
    needed = [_needed(place, column, rows) for place, column in enumerate(columns)]
    kept = set(range(len(columns)))
    while kept and sum(needed[place] for place in kept) + 2 * (len(kept) - 1) > room:
        sharing = [place for place in kept if columns[place].share]
        over = sum(needed[place] for place in kept) + 2 * (len(kept) - 1) - room
        widest = max(sharing, key=lambda place: needed[place] - max(columns[place].least, 8), default=None)
        if widest is not None and needed[widest] > max(columns[widest].least, 8):
            needed[widest] = max(needed[widest] - over, columns[widest].least, 8)
            continue
        if len(kept) == 1:
            needed[next(iter(kept))] = max(room, 1)
            break
        kept.discard(min(kept, key=lambda place: (columns[place].rank, place)))
    spare = room - sum(needed[place] for place in kept) - 2 * (len(kept) - 1)
    shares = sum(columns[place].share for place in kept)
    if spare > 0 and shares:
        for place in kept:
            needed[place] += spare * columns[place].share // shares
    return tuple(needed[place] if place in kept else 0 for place in range(len(columns)))


def _needed(place: int, column: Column, rows: Sequence[Row]) -> int:
    if column.width is not None:
        return column.width
    cells = (
        cell_len(escape_control_chars(_cell_text(row.cells[place]), most=column.most))
        for row in rows
        if place < len(row.cells)
    )
    return max([cell_len(column.head), column.least, *cells])
