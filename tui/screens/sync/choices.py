"""What can be done with a sync, and what comes of each: in words, with its number. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.formatting import clock, counted, utc
from core.reports.ledger_sizes import Known, calls_of_all
from tui.drawing import Span
from tui.widgets.table import Column, Row

if TYPE_CHECKING:
    from core.model import Sync
    from core.reports.history import SyncStatus
    from tui.keys import Keys

__all__ = ["COLUMNS", "Choice", "choice_row", "choices"]

COLUMNS = (
    Column(head="", width=2),
    Column(head="", least=14, most=34, main=True),
    Column(head="", share=1, least=10, most=160),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be done: the name of its action, what it is called, its number in short, what comes of it in full.

    `why_not` says why it cannot be done now. `asks` is the title of the question before it is done; empty where nothing is
    asked, since nothing is changed by it.
    """

    name: str
    word: str
    note: str
    consequence: str
    why_not: str = ""
    asks: str = ""


def choices(status: SyncStatus, sync: Sync | None, ledgers: Sequence[Known]) -> tuple[Choice, ...]:
    """Return what can be done with a sync as it is now."""
    running = "it is running" if status.state == "running" else ""
    gone = "" if sync is not None else "its file cannot be read"
    many = counted(len(status.destinations), "destination") if len(status.destinations) != 1 else status.destinations[0]
    where = f"to {many}" if status.destinations else "nowhere: each run is a preview"
    first = (
        Choice("stop", "Stop the run", "", _STOP, asks=f"Stop the run of {status.sync}")
        if running
        else Choice("run", "Run it now", _since(status), _run(status, where), gone, f"Run {status.sync} now")
    )
    return (
        first,
        Choice("plan", "Plan", "sends nothing", _PLAN, gone),
        _replay(status, running or gone),
        _from_zero(ledgers, running or gone),
        _full_refresh(status, ledgers, running or gone),
        _pause(status, gone),
    )


_STOP = "Batches in flight are waited for. What was not answered is sent by the next run, with the same messageIds."
_PLAN = "Queries and compares, and shows each call field by field. Sends nothing."


def _since(status: SyncStatus) -> str:
    times = [moment for moment in status.last_sync_times.values() if moment]
    return f"what changed since {clock(min(times))}" if times else "all rows are new"


def _run(status: SyncStatus, where: str) -> str:
    times = [moment for moment in status.last_sync_times.values() if moment]
    since = f"with last_sync_time {utc(min(times))}" if times else "for the first time"
    rows = counted(status.rows or 0, "row")
    last = f" The last run sent {counted(status.acknowledged, 'call')} of {rows}." if status.rows else ""
    pending = f" {counted(status.pending, 'call')} of an earlier run go first." if status.pending else ""
    return f"Queries {since}, and sends what changed {where}.{pending}{last}"


def _replay(status: SyncStatus, why_not: str) -> Choice:
    rows = status.rejected_open
    calls = f"up to {counted(rows, 'call')}" if rows else ""
    what = (
        f"Sends {calls}, with the latest content that is known of each row. No query is run."
        if rows
        else "There is none."
    )
    return Choice(
        "replay",
        f"Replay {counted(rows, 'rejected row')}" if rows else "Replay rejected rows",
        calls,
        what,
        why_not or ("" if rows else "no rejected rows"),
        f"Send {counted(rows, 'rejected row')} of {status.sync} again",
    )


def _from_zero(ledgers: Sequence[Known], why_not: str) -> Choice:
    rows = max((each.rows for each in ledgers), default=0)
    known = f"the {counted(rows, 'row')} that are known" if rows else "nothing, for no row is known yet"
    what = f"Queries all rows, not only those since last_sync_time, and compares them with {known}. Shows what would be sent; sending it is the next step."
    note = f"compares with {counted(rows, 'row')}" if rows else "compares all rows"
    return Choice("from_zero", "Plan from zero", note, what, why_not)


def _full_refresh(status: SyncStatus, ledgers: Sequence[Known], why_not: str) -> Choice:
    calls = calls_of_all(ledgers, status.destinations)
    many = f"up to {counted(calls, 'call')}"
    what = f"All rows, changed or not: {many} for the rows that are known, and one for each new row."
    if not calls:
        what = "All rows, changed or not. No row is known yet, so a run does the same."
    note = f"{many} and what is new" if calls else "no row is known yet"
    return Choice(
        "full_refresh", "Plan a full refresh", note, f"{what} Shows them; sending them is the next step.", why_not
    )


def _pause(status: SyncStatus, why_not: str) -> Choice:
    if status.enabled:
        what = "Its schedule starts no run until it is resumed. A run in progress is not stopped."
        return Choice("pause", "Pause the schedule", "no run by itself", what, why_not, f"Pause {status.sync}")
    pending = f" {counted(status.pending, 'call')} that wait are sent first." if status.pending else ""
    what = f"Its schedule starts runs again.{pending}"
    return Choice("pause", "Resume the schedule", "runs by itself again", what, why_not, f"Resume {status.sync}")


def choice_row(choice: Choice, keys: Keys) -> Row:
    """Lay a choice out as a row of the list; one that cannot be done now says why."""
    style = "muted" if choice.why_not else "text"
    said = f"({choice.why_not})" if choice.why_not else choice.note
    return Row(
        choice.name, (Span(keys.shown(f"sync.{choice.name}"), style), Span(choice.word, style), Span(said, "muted"))
    )
