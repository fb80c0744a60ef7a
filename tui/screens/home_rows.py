"""The rows of home's tables: a sync's, and that of a run that ended today."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.formatting import ago, clock, took, until
from tui.drawing import Span
from tui.screens.summary import what_happened
from tui.signs import history, sign, state
from tui.widgets.table import Column, Row

if TYPE_CHECKING:
    from core.reports.history import RunSummary, SyncStatus

__all__ = ["NARROW", "ORDERS", "TODAY", "WIDE", "columns_of", "in_order", "past_rows", "sync_row", "tally", "urgency"]

MARK = Span("◆", "bold text")
"""The sign of a sync that is marked."""

NARROW = (
    Column(head="State", width=9),
    Column(head="Sync", share=1, least=12, most=46, main=True),
    Column(head="Last", width=4, right=True, rank=3),
    Column(head="Sent", right=True, least=6, rank=5),
    Column(head="Rejected", right=True, rank=6),
    Column(head="Next", width=7, right=True, rank=4, most=12),
    Column(head="Last 7", width=7, rank=2),
)
WIDE = (
    Column(head="State", width=9),
    Column(head="Sync", share=1, least=14, most=60, main=True),
    Column(head="Call", width=8, rank=1),
    Column(head="Last", width=4, right=True, rank=3),
    Column(head="Took", width=6, right=True, rank=1),
    Column(head="Sent", right=True, least=7, rank=5),
    Column(head="Rej.", right=True, least=4, rank=6),
    Column(head="Next", width=7, right=True, rank=4),
    Column(head="Last 11", width=11, rank=2),
)
TODAY = (
    Column(head="", width=1),
    Column(head="Ended", width=5),
    Column(head="Sync", least=12, most=28, main=True),
    Column(head="What happened", share=1, least=10, most=80),
    Column(head="Sent", right=True, least=7),
    Column(head="Took", right=True, least=6),
)


ORDERS = {
    "urgency": "State",
    "name": "Sync",
    "last": "Last",
    "next": "Next",
    "sent": "Sent",
    "rejected": "Rejected",
}
"""The orders that syncs can be in, and the head of the column that each is about."""


def in_order(statuses: Iterable[SyncStatus], order: str) -> list[SyncStatus]:
    """Sort syncs: what is most urgent, latest, nearest or most first; names from A on. What is equal stays as it was."""
    far = math.inf
    keys: dict[str, Callable[[SyncStatus], Any]] = {
        "urgency": urgency,
        "name": lambda status: status.sync.lower(),
        "last": lambda status: -(status.last_started or -far),
        "next": lambda status: far if status.due is None or not status.enabled else status.due,
        "sent": lambda status: -status.acknowledged,
        "rejected": lambda status: -status.rejected_open,
    }
    return sorted(statuses, key=keys[order])


def columns_of(order: str, *, wide: bool, marked: bool) -> tuple[Column, ...]:
    """Return the columns: the one that the order is about says so in its head, and marks have one of their own, where there are any."""
    about = ORDERS[order].replace("Rejected", "Rej.") if wide else ORDERS[order]
    found = [
        replace(column, head=f"{column.head} ▾", width=column.width and max(column.width, len(column.head) + 2))
        if column.head == about and order != "urgency"
        else column
        for column in (WIDE if wide else NARROW)
    ]
    return (Column(head="", width=1), *found) if marked else tuple(found)


def urgency(status: SyncStatus) -> int:
    """Say where a sync stands: what failed first, what is off last. One that runs stays where its last run put it."""
    states = status.last_states[1:] if status.state == "running" else status.last_states
    if not status.enabled and status.state != "running":
        return 3
    return {"failed": 0, "stopped": 1, "partial": 1}.get(states[0] if states else "", 2)


def sync_row(status: SyncStatus, now: float, *, wide: bool, marked: bool | None = None) -> Row:
    """Lay a sync out as a row. `marked` says whether it is; None: none is, so that no column is needed for it."""
    running = status.state == "running"
    quiet = not status.enabled and not running
    normal = "muted" if quiet else "text"
    destinations = ", ".join(status.destinations) or "preview only"
    cells: list[tuple[Span, ...] | Span] = [
        _state(status),
        (Span(status.sync, normal), Span(" → ", "muted"), Span(destinations, normal)),
    ]
    if wide:
        cells.append(Span(status.call, "muted"))
    cells.append(Span("now" if running else ago(status.last_started, now) or "–", "text" if running else "muted"))
    if wide:
        cells.append(
            Span(took(now - status.last_started if running and status.last_started else status.last_seconds), "muted")
        )
    cells += [
        Span(f"{status.acknowledged:,}", "muted" if not status.acknowledged or quiet else "text"),
        _rejected(status),
        Span(_next(status, now), "muted" if quiet or status.due is None else "text"),
        history(("running", *status.last_states[1:]) if running else status.last_states, 11 if wide else 7),
    ]
    mark = [] if marked is None else [MARK if marked else Span(" ")]
    return Row(status.sync, (*mark, *cells))


def _state(status: SyncStatus) -> tuple[Span, ...]:
    progress = status.progress
    if status.state == "running" and progress is not None:
        calls = sum(each.calls for each in progress.destinations)
        done = sum(each.acknowledged + each.rejected for each in progress.destinations)
        word = f"{done / calls:.0%}" if progress.phase == "deliver" and calls else progress.phase
        return sign("running"), Span(f" {word}", "run")
    if not status.enabled and status.state in ("succeeded", "never run", "disabled"):
        return state("paused")
    return state(status.state)


def _rejected(status: SyncStatus) -> Span:
    if not status.rejected_open:
        return Span("0", "muted")
    return Span(f"{status.rejected_open:,}", "fail" if status.state == "failed" else "warn")


def _next(status: SyncStatus, now: float) -> str:
    if not status.enabled:
        return "paused"
    if status.due is None:
        return "by hand"
    return until(status.due, now).removesuffix(" " + clock(status.due, status.due))


def past_rows(runs: Sequence[RunSummary], now: float) -> list[Row]:
    """Lay out the runs that ended today."""
    rows = []
    for run in runs:
        if run.state == "running" or not _is_today(run.ended or run.started, now):
            continue
        what, skipped = what_happened(run), run.state == "skipped"
        rows.append(
            Row(
                run.id,
                (
                    sign(run.state),
                    Span(clock(run.ended, now)[-5:], "muted"),
                    Span(_route(run)),
                    Span(what, "muted" if run.state == "succeeded" else "text"),
                    Span("–" if skipped else f"{run.acknowledged:,}", "text" if run.acknowledged else "muted"),
                    Span("–" if skipped else took((run.ended or now) - run.started), "muted"),
                ),
            )
        )
    return rows


def _route(run: RunSummary) -> str:
    names = sorted({str(each["destination"]) for each in run.deliveries})
    return f"{run.name} → {', '.join(names)}" if names else run.name


def _is_today(moment: float, now: float) -> bool:
    return time.localtime(moment)[:3] == time.localtime(now)[:3]


def tally(runs: Sequence[RunSummary], now: float) -> tuple[Span, ...]:
    """Count today's runs by how they ended."""
    states = [run.state for run in runs if run.state != "running" and _is_today(run.ended or run.started, now)]
    if not states:
        return (Span("no run yet", "muted"),)
    parts = [Span(f"{len(states)} run{'s' * (len(states) != 1)}", "muted")]
    groups = (("succeeded", ("succeeded",)), ("partial", ("partial", "stopped", "skipped")), ("failed", ("failed",)))
    for shown, kinds in groups:
        count = sum(1 for each in states if each in kinds)
        if count:
            mark = sign(shown)
            parts += [Span("   "), mark, Span(f" {count}", "text" if shown == "succeeded" else mark.style)]
    return tuple(parts)
