"""The list of runs: its columns, a run as a row, and which runs are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.formatting import clock, counted, took
from tui.drawing import Span
from tui.screens.summary import what_happened
from tui.signs import state
from tui.widgets.table import Column, Row

if TYPE_CHECKING:
    from core.reports.history import RunSummary
    from core.store import Store

__all__ = ["COLUMNS", "LIMIT", "STATES", "Wanted", "how_many", "read_runs", "run_row"]

LIMIT = 300
"""How many runs are listed, the newest."""

STATES = {
    "": "runs of all states",
    "wrong": "only runs that went wrong",
    "failed": "only failed runs",
    "partial": "only runs with rejected rows",
    "stopped": "only runs that guards stopped",
    "skipped": "only skipped runs",
    "succeeded": "only runs in which all went well",
    "running": "only runs in progress",
}
"""What can be asked for, in words."""

_WRONG = ("failed", "partial", "stopped", "skipped")

COLUMNS = (
    Column(head="State", width=9),
    Column(head="Started", most=15, right=True, rank=4),
    Column(head="Sync", least=12, most=30, rank=12, main=True),
    Column(head="What happened", share=1, least=12, most=100),
    Column(head="Rows", right=True, least=7, rank=2),
    Column(head="Sent", right=True, least=7, rank=5),
    Column(head="Rej.", right=True, least=4, rank=6),
    Column(head="Took", width=6, right=True, rank=3),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs are asked for: in a state (of STATES), of a sync (its name and its id). Empty: all of them."""

    state: str = ""
    sync: str = ""
    sync_id: str = ""

    @property
    def words(self) -> str:
        """Say what is asked for; nothing where it is all."""
        parts = [STATES[self.state]] if self.state else []
        return ", ".join([*parts, *([f"of {self.sync}"] if self.sync else [])])


def read_runs(store: Store, wanted: Wanted) -> tuple[RunSummary, ...]:
    """Read the newest runs that are asked for."""
    from core.reports import history

    states = _WRONG if wanted.state == "wrong" else (wanted.state or None,)
    found = [
        run for each in states for run in history.runs(store, sync=wanted.sync_id or None, state=each, limit=LIMIT)
    ]
    return tuple(sorted(found, key=lambda run: -run.started)[:LIMIT])


def run_row(run: RunSummary, now: float) -> Row:
    """Lay a run out as a row."""
    what = what_happened(run) if run.state != "running" else ""
    skipped = run.state == "skipped"
    return Row(
        run.id,
        (
            state(run.state),
            Span(clock(run.started, now, exact=True), "muted"),
            Span(run.name),
            Span(what, "muted" if run.state == "succeeded" else "text"),
            _count(run.rows),
            _count(None if skipped else run.acknowledged),
            Span("–", "muted") if skipped else Span(f"{run.rejected:,}", "warn" if run.rejected else "muted"),
            Span("–" if skipped else took(run.seconds), "muted"),
        ),
    )


def _count(number: int | None) -> Span:
    return Span("–" if number is None else f"{number:,}", "text" if number else "muted")


def how_many(runs: Sequence[RunSummary]) -> str:
    """Say how many runs are listed, and that there are more."""
    return f"the last {LIMIT}, more exist" if len(runs) >= LIMIT else counted(len(runs), "run")
