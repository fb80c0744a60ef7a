"""The rows of a query: each with its mark (✓ known, ? never seen, ✗ invalid and why), and how the query went.

Rows that are no longer those of the text stay, dimmed and with their age, while a new preview runs or after one has failed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from textual import events
from textual.message import Message

from core.formatting import ago, counted, took, utc, will_read
from core.model import Estimate
from tui.drawing import Line, Span, line, wrapped
from tui.messages import Refused
from tui.screens.editor.result import MOST_IN_SIGHT, FarRows, Result
from tui.widgets.pane import Pane
from tui.widgets.table import Table

__all__ = ["PreviewPane", "when"]


def when(bound: int) -> str:
    """Write a last_sync_time: '2026-11-21 06:00Z', with seconds where there are some; 0 as such."""
    if not bound:
        return "0"
    text = utc(bound)
    return text.replace(":00Z", "Z") if text.endswith(":00Z") else text


class _Rows(Table):
    """The table of the rows: the arrows bring other columns into sight."""

    def on_key(self, event: events.Key) -> None:
        pane = self.parent
        if event.key in ("right", "left") and isinstance(pane, PreviewPane):
            event.stop()
            pane.shift(1 if event.key == "right" else -1)


class PreviewPane(Pane):
    """The rows, and the state of the query: none yet, running, done, failed or stopped."""

    @dataclass
    class Wanted(Message):
        """A window of rows that is looked at is not here; it begins at `start`."""

        result: Result
        start: int

    def __init__(self) -> None:
        self.table = _Rows(id="rows")
        super().__init__(self.table, title="Preview", id="preview")
        self.result: Result | None = None
        self.began: float | None = None
        self._estimate: Mapping[str, Any] | None = None
        self._trouble: tuple[str, str] | None = None
        self._stale = False
        self._keys = ("", "", "", "")
        self._incremental = False
        self._rows: FarRows | tuple[()] = ()
        self._asked: set[int] = set()

    @property
    def running(self) -> bool:
        """Return whether a query is on its way."""
        return self.began is not None

    def set_keys(self, preview: str, zero: str, stop: str, everything: str) -> None:
        """Name the keys of this page's actions."""
        self._keys = (preview, zero, stop, everything)

    def forget(self) -> None:
        """Show nothing: another query is open."""
        self.show(None)

    def show(self, result: Result | None) -> None:
        """Show a result that is there."""
        self.result, self.began, self._trouble, self._stale = result, None, None, False
        self._estimate = result.estimate if result else None
        self.renew()

    def renew(self) -> None:
        """Show the rows that there are now: they were arranged, or marked, or are another query's."""
        self._asked.clear()
        self._rows = FarRows(self.result, self._want) if self.result else ()
        self.draw_state()

    def _want(self, start: int) -> None:
        if self.result is not None and start not in self._asked:
            self._asked.add(start)
            self.post_message(self.Wanted(self.result, start))

    def take(self, result: Result, start: int, rows: list[Mapping[str, Any]]) -> None:
        """Take in a window that was asked for; that of an earlier result is nobody's."""
        if result is self.result:
            self._asked.discard(start)
            result.take(start, rows)
            self.table.fit_columns()

    def shift(self, by: int) -> None:
        """Let another column stand first."""
        if self.result is not None:
            self.stand_first(self.result.first + by)

    def stand_first(self, column: int) -> None:
        """Let a column stand beside the first one; those between them are out of sight."""
        result = self.result
        column = max(column, 1)
        if result is not None and column < len(result.columns) and column != result.first:
            result.first = column
            self.draw_state()

    def bring_column(self, column: int) -> None:
        """Bring a column into sight, where it is not."""
        result = self.result
        place = column - result.first + 2 if result else 0
        if column and not (1 < place < len(self.table.widths) and self.table.widths[place]):
            self.stand_first(column)

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
        rows = self._rows
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
        preview, zero, _stop, _all = self._keys
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
        if not self.result.total:
            return self._why_none(self.result, zero)
        if not self.result.count:
            return [line("No row matches.")]
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
        _preview, _zero, stop, everything = self._keys
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
        first = self.result.first
        gone += first - 1 + max(len(self.result.columns) - first - MOST_IN_SIGHT, 0)
        parts = [Span(f"+{counted(gone, 'column')} ←→   ", "muted")] if gone else []
        parts.append(Span(f"{self.result.extent()}   {took(self.result.seconds)}", "muted"))
        if self._stale:
            parts.append(Span("   of an earlier text", "warn"))
        if self.result.more and not self._stale:
            parts += [Span("   "), Span(everything, "bold text"), Span(" all", "muted")]
        tally = self.result.tally()
        if self.result.totals is None and self.result.total:
            tally = [Span("marking …", "muted")]
        return [*parts, Span("   "), *tally] if tally else parts

    def on_resize(self) -> None:
        self.call_after_refresh(self.draw_state)
