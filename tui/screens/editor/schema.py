"""The tables of a source, to look names up while writing: schemas, their tables, their columns, opened and closed.

The catalogue is asked for when it is first seen, and kept for as long as the editor is open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textual import events

from tui.drawing import Span, line, wrapped
from tui.messages import Refused
from tui.widgets.pane import Pane
from tui.widgets.table import Column, Row, Table

__all__ = ["SchemaPane", "SourceTable", "short_count", "tables_from"]

_COLUMNS = (Column(head="", share=1, least=8, most=60), Column(head="", right=True, most=11))
_FEW = 12
"""Of a source with at most so many tables, the schemas stand open at first."""


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table or view, with its columns as names and types; `rows` is the warehouse's estimate."""

    schema: str
    name: str
    rows: int | None
    is_view: bool
    columns: tuple[tuple[str, str], ...]


def tables_from(answer: Mapping[str, Any]) -> tuple[SourceTable, ...]:
    """Read the helper process's catalogue."""
    return tuple(
        SourceTable(
            str(table["schema"]),
            str(table["name"]),
            table.get("rows"),
            bool(table.get("is_view")),
            tuple((str(column["name"]), str(column.get("kind") or column.get("type"))) for column in table["columns"]),
        )
        for table in answer["tables"]
    )


def short_count(number: int) -> str:
    """Write a number of rows short: '812', '104k', '2.1M'."""
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if number >= size:
            share = number / size
            return f"{share:.1f}{unit}" if share < 9.95 else f"{share:.0f}{unit}"
    return str(number)


class _Tree(Table):
    """Rows that open and close: Enter or the arrows."""

    def on_key(self, event: events.Key) -> None:
        pane = self.parent
        if event.key in ("right", "left") and isinstance(pane, SchemaPane):
            event.stop()
            pane.toggle(open_it=event.key == "right")


class SchemaPane(Pane):
    """The tree."""

    def __init__(self) -> None:
        self.tree_table = _Tree(_COLUMNS, id="tables", heads=False)
        super().__init__(self.tree_table, title="Schema", id="schema", classes="wide")
        self.source = ""
        self._tables: dict[str, tuple[SourceTable, ...]] = {}
        self._open: dict[str, set[str]] = {}

    def show_source(self, source: str) -> None:
        """Show the catalogue of a source, as far as it is there."""
        self.source = source
        self.heading.show(right=((source, "muted"),) if source else ())
        if source in self._tables:
            self._show()
        else:
            self.tree_table.show([])
            said = "reading the catalogue …" if source else "no source"
            self.tree_table.set_state("empty", [line((said, "muted"))])

    def show_tables(self, source: str, tables: Sequence[SourceTable]) -> None:
        """Take a catalogue in."""
        self._tables[source] = tuple(sorted(tables, key=lambda table: (table.schema, table.name)))
        schemas = {table.schema for table in tables}
        self._open.setdefault(source, {f"{schema}\n" for schema in schemas} if len(tables) <= _FEW else set())
        if source == self.source:
            self._show()

    def failed(self, source: str, error: Refused, again: str) -> None:
        """Say why there is no catalogue."""
        if source == self.source:
            width = self.tree_table.drawn_width
            lines = [*wrapped(error.message, width), line((f"{again} tries again.", "muted"))]
            first, *rest = lines
            self.tree_table.set_state("failing", [line(Span("✗ ", "fail"), *first.left), *rest])

    def toggle(self, *, open_it: bool | None = None) -> str | None:
        """Open or close the chosen row; return a column's name where it is one."""
        key = self.tree_table.key
        if key is None:
            return None
        if key.count("\n") == 2:
            if open_it is None:
                return key.rpartition("\n")[2]
            key = key.rpartition("\n")[0]
            if open_it is False:
                self.tree_table.choose(key)
            return None
        opened = self._open[self.source]
        if open_it is False and key not in opened and not key.endswith("\n"):
            self.tree_table.choose(key.partition("\n")[0] + "\n")
            return None
        if key in opened and open_it is not True:
            opened.discard(key)
        elif open_it is not False:
            opened.add(key)
        self._show()
        return None

    def _show(self) -> None:
        rows = list(self._rows())
        self.tree_table.show(rows)
        empty = [line(("The source has no tables that it may read.", "muted"))]
        self.tree_table.set_state("full" if rows else "empty", [] if rows else empty)

    def _rows(self) -> Iterator[Row]:
        opened = self._open[self.source]
        schema = None
        for table in self._tables[self.source]:
            if table.schema != schema:
                schema = table.schema
                yield Row(f"{schema}\n", (_branch(schema, 0, is_open=f"{schema}\n" in opened), ""))
            if f"{schema}\n" not in opened:
                continue
            key = f"{schema}\n{table.name}"
            note = "view" if table.is_view else "" if table.rows is None else short_count(table.rows)
            yield Row(key, (_branch(table.name, 1, is_open=key in opened), Span(note, "muted")))
            if key in opened:
                for name, kind in table.columns:
                    yield Row(f"{key}\n{name}", (Span(f"    {name}"), Span(kind, "muted")))


def _branch(name: str, depth: int, *, is_open: bool) -> tuple[Span, ...]:
    return Span("  " * depth + ("▾ " if is_open else "▸ "), "muted"), Span(name)
