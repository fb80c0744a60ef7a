"""The first rows of a query: each with its mark (✓ known, ? never seen, ✗ invalid and why), and how the query went.

Rows that are no longer those of the text stay, dimmed and with their age, while a new preview runs or after one has failed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.model import Estimate
from core.words import ago, counted, took, utc, will_read
from tui.drawing import Line, Span, line, wrapped
from tui.json_lines import json_lines
from tui.messages import Refused
from tui.widgets.pane import Pane
from tui.widgets.table import Column, Row, Table

__all__ = ["PreviewPane", "PreviewRow", "Result", "call_lines", "when"]

_NUMBERS = ("integer", "decimal", "float")
_WHAT = "what it is"


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row: its values, the call that it becomes (None where it cannot), why not, and whether its key is known."""

    values: tuple[Any, ...]
    call: Any
    fault: str
    known: bool | None

    @property
    def mark(self) -> tuple[str, str]:
        """Give its sign and the colour of it."""
        return ("✗", "fail") if self.fault else ("✓", "ok") if self.known else ("?", "muted")

    @property
    def words(self) -> str:
        """Say what it is."""
        return self.fault or ("known" if self.known else "never seen")


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a preview gave, at the Unix time `at`; `bound` is the last_sync_time that the query was given.

    `estimate` is what the query was to cost, where the warehouse tells.
    """

    columns: tuple[Mapping[str, Any], ...]
    rows: tuple[PreviewRow, ...]
    more: bool
    bound: int | None
    seconds: float
    at: float
    estimate: Mapping[str, Any] | None = None

    @classmethod
    def read(cls, answer: Mapping[str, Any], at: float) -> Result:
        """Read the helper process's answer."""
        rows = (
            PreviewRow(tuple(row["values"]), row.get("call"), str(row.get("fault") or ""), row.get("known"))
            for row in answer["rows"]
        )
        return cls(
            columns=tuple(answer["columns"]),
            rows=tuple(rows),
            more=bool(answer.get("more")),
            bound=answer.get("bound"),
            seconds=float(answer.get("seconds") or 0.0),
            at=at,
            estimate=answer.get("estimate"),
        )

    @property
    def heads(self) -> list[str]:
        return [str(column["name"]) for column in self.columns]

    def exported(self) -> list[list[Any]]:
        """Give the rows for a file: values as they are, nested ones as JSON."""
        return [[*(_for_file(value) for value in row.values), row.words] for row in self.rows]

    @cached_property
    def laid_out(self) -> list[Row]:
        """Give the rows for the table."""
        found = []
        for number, row in enumerate(self.rows):
            sign, role = row.mark
            cells = tuple(_cell(value) for value in row.values)
            found.append(
                Row(str(number), (Span(sign, role), *cells, Span(row.words, "fail" if row.fault else "muted")))
            )
        return found

    def table_columns(self, width: int) -> list[Column]:
        """Give the columns for a table of some width; where they do not fit, the last ones go first."""
        most = max(min(40, width // 3), 12)
        columns = [Column(head="", width=1, rank=1000)]
        columns += [
            Column(head=name, right=column.get("kind") in _NUMBERS, most=most, least=4, rank=900 - number)
            for number, (name, column) in enumerate(zip(self.heads, self.columns, strict=True))
        ]
        return [*columns, Column(head=_WHAT, least=10, most=60, share=1, rank=950)]

    def totals(self) -> list[Span]:
        """Count the rows by what they are: `97 ✓ 2 ? 1 ✗`."""
        parts: list[Span] = []
        for sign, role in (("✓", "ok"), ("?", "muted"), ("✗", "fail")):
            count = sum(1 for row in self.rows if row.mark[0] == sign)
            if count:
                parts.append(Span(f"{'  ' if parts else ''}{count} {sign}", role))
        return parts

    def extent(self) -> str:
        """Say how much of the result this is."""
        if self.more:
            return f"first {counted(len(self.rows), 'row')}, more exist"
        return f"{counted(len(self.rows), 'row')}, all there are" if self.rows else "no rows"


def _cell(value: Any) -> Span:
    if value is None:
        return Span("–", "muted")
    if isinstance(value, bool):
        return Span(str(value).lower())
    return Span(json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value))


def _for_file(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else "" if value is None else value


def when(bound: int) -> str:
    """Write a last_sync_time: '2026-11-21 06:00Z', with seconds where there are some; 0 as such."""
    if not bound:
        return "0"
    text = utc(bound)
    return text.replace(":00Z", "Z") if text.endswith(":00Z") else text


def call_lines(result: Result, number: int, width: int) -> list[Line]:
    """Show a row as the call that it becomes; one that is refused says why, and shows its values."""
    row = result.rows[number]
    if row.call is not None and not row.fault:
        return json_lines(row.call)
    lines = [*wrapped(f"{row.fault or 'It becomes no call'}.".replace("..", "."), width, "fail"), Line()]
    if row.call is not None:
        return [*lines, *json_lines(row.call)]
    names = result.heads
    most = min(max((len(name) for name in names), default=0), 24)
    return [
        *lines,
        *(
            line((f"{name[:24]:<{most}}  ", "muted"), _cell(value))
            for name, value in zip(names, row.values, strict=True)
        ),
    ]


class PreviewPane(Pane):
    """The rows, and the state of the query: none yet, running, done, failed or stopped."""

    def __init__(self) -> None:
        self.table = Table(id="rows")
        super().__init__(self.table, title="Preview", id="preview")
        self.result: Result | None = None
        self.began: float | None = None
        self._estimate: Mapping[str, Any] | None = None
        self._trouble: tuple[str, str] | None = None
        self._stale = False
        self._keys = ("", "", "")
        self._incremental = False

    @property
    def running(self) -> bool:
        """Say whether a query is on its way."""
        return self.began is not None

    def set_keys(self, preview: str, zero: str, stop: str) -> None:
        """Name the keys of this page's actions."""
        self._keys = (preview, zero, stop)

    def forget(self) -> None:
        """Show nothing: another query is open."""
        self.show(None)

    def show(self, result: Result | None) -> None:
        """Show a result that is there."""
        self.result, self.began, self._trouble, self._stale = result, None, None, False
        self._estimate = result.estimate if result else None
        self.draw_state()

    def begin(self, now: float) -> None:
        """A query begins."""
        self.began, self._trouble, self._estimate = now, None, None
        self.draw_state()

    def take_estimate(self, part: Mapping[str, Any]) -> None:
        """Show what the query will cost; it is told before the query runs."""
        self._estimate = part["estimate"]
        self.draw_state()

    def done(self, result: Result, *, incremental: bool) -> None:
        """The query is done."""
        self._incremental = incremental
        self.show(result)
        self.table.move_to(0)

    def failed(self, error: Refused) -> None:
        """The query could not be run, or was stopped."""
        said = ("Stopped.", "") if error.stopped else (error.message, error.remedy)
        self.began, self._trouble = None, said
        self.draw_state()

    def outdated(self) -> None:
        """The text has changed since; the rows are no longer its own."""
        if self.result is not None and not self._stale:
            self._stale = True
            self.draw_state()

    def draw_state(self) -> None:
        """Show all this as it is now; once a second while a query runs."""
        if not self.is_mounted:
            return
        result = self.result
        notice = [*self._cost(), *self._notice()]
        rows = result.laid_out if result else []
        columns = result.table_columns(self.table.drawn_width) if result else ()
        self.table.heads = result is not None
        self.table.show(rows, columns)
        dim = self.began is not None or self._trouble is not None
        self.table.set_state("empty" if result is None else "failing" if dim else "full", notice)
        self.heading.show(right=self._at_right())

    def _cost(self) -> list[Line]:
        return [line((f"The query {will_read(Estimate(**self._estimate))}.", "muted"))] if self._estimate else []

    def _notice(self) -> list[Line]:
        width = self.table.drawn_width
        preview, zero, _stop = self._keys
        if self._trouble is not None:
            message, remedy = self._trouble
            if message == "Stopped.":
                return [line(Span("! ", "warn"), "Stopped; the query no longer runs in the warehouse.")]
            told = wrapped(message, width - 2)
            first, rest = told[0], told[1:]
            lines = [line(Span("✗ ", "fail"), *first.left), *(line("  ", *each.left) for each in rest)]
            return lines + ([line("  ", *each.left) for each in wrapped(remedy, width - 2, "muted")] if remedy else [])
        if self.began is not None:
            return [] if self.result else [line(("The query runs in the warehouse.", "muted"))]
        if self.result is None:
            return [line(Span(preview, "bold text"), (" runs the query and shows its first 100 rows.", "muted"))]
        if not self.result.rows:
            return self._why_none(self.result, zero)
        return []

    def _why_none(self, result: Result, zero: str) -> list[Line]:
        if self._incremental and result.bound:
            said = f"No rows: last_sync_time is {when(result.bound)}, and the query gives nothing since."
            return [
                *wrapped(said, self.table.drawn_width),
                line(Span(zero, "bold text"), (" previews with last_sync_time 0, as a first run would.", "muted")),
            ]
        since = ", even with last_sync_time 0" if self._incremental else ""
        return [line(f"No rows: the query returns none{since}.")]

    def _at_right(self) -> list[Span]:
        _preview, _zero, stop = self._keys
        age = f"as it was {ago(self.result.at)} ago".replace("now ago", "just now") if self.result else ""
        if self.began is not None:
            parts = [Span(f"{age}   ", "muted")] if age else []
            seconds = max(time.time() - self.began, 0)
            return [
                *parts,
                Span("► ", "run"),
                Span(f"{seconds:.0f} s   "),
                Span(stop, "bold text"),
                Span(" stops it", "muted"),
            ]
        if self._trouble is not None:
            failed = [] if self._trouble[0] == "Stopped." else [Span("✗ failed", "fail")]
            return [*([Span(f"{age}   ", "muted")] if age else []), *failed]
        if self.result is None:
            return []
        gone = sum(1 for width in self.table.widths if not width) if self.table.is_mounted else 0
        parts = [Span(f"+{counted(gone, 'column')}   ", "muted")] if gone else []
        parts.append(Span(f"{self.result.extent()}   {took(self.result.seconds)}", "muted"))
        if self._stale:
            parts.append(Span("   of an earlier text", "warn"))
        totals = self.result.totals()
        return [*parts, Span("   "), *totals] if totals else parts

    def on_resize(self) -> None:
        self.call_after_refresh(self.draw_state)
