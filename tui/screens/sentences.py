"""A page in plain sentences: for a screen reader, a message, a ticket. No sign, no colour and no place on the screen is needed.

Home, runs, a run and a sync are said from their values. Other pages are said as they stand there: their titles, lists row by
row with the heads of the columns, fields with their values; what is hidden on the page is hidden here. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from core.formatting import clock, counted, has_read, took, until, utc
from core.reports.schedule_health import in_words, tight_words
from tui.screens.summary import plain_reason, what_happened
from tui.signs import STATES

if TYPE_CHECKING:
    from core.model import Project
    from core.reports.history import Cause, RunSummary, SyncStatus
    from core.reports.ledger_sizes import Known

__all__ = ["of_home", "of_row", "of_run", "of_runs", "of_sync", "spoken"]

_SAID = {
    "✓": "done",
    "✗": "failed",
    "►": "running",
    "║": "paused",
    "○": "not yet",
    "●": "problem:",
    "▲": "warning:",
    "◆": "marked",
    "→": "to",
    "−": "minus ",
    "…": "...",
}
_DRAWN = re.compile(r"[━─│▌▏▁▂▃▄▅▆▇█▾·]+")


def spoken(text: str) -> str:
    """Return a drawn text without what is only drawn: signs in words, no rules, bars or columns; empty where nothing is left."""
    found = _DRAWN.sub(" ", text)
    for sign, word in _SAID.items():
        found = found.replace(sign, word)
    return re.sub(r"\s+", " ", found).strip()


def of_row(heads: Sequence[str], cells: Sequence[str]) -> str:
    """Say a row of a list: each cell with the head of its column, where it has one."""
    said = [(spoken(head), spoken(cell)) for head, cell in zip(heads, cells, strict=False)]
    parts = [f"{head} {cell}" if head else cell for head, cell in said if cell and cell != "–"]
    return _sentence(", ".join(parts)) if parts else ""


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", ":")) else f"{text}."


def _state(name: str) -> str:
    return STATES.get(name, ("", "", name))[2]


def of_home(project: Project | None, statuses: Sequence[SyncStatus], live: int, problem: str, now: float) -> list[str]:
    """Say how all syncs stand, those that need someone first."""
    name = project.name if project else "The project"
    said = [f"{name}: {counted(len(statuses), 'sync')}, {live:,} running now."]
    said += [_sentence(problem)] if problem else []
    for file, error in project.broken.items() if project else ():
        said.append(_sentence(f"{'/'.join(file.parts[-2:])} is not used: {getattr(error, 'message', error)}"))
    return said + [_of_status(status, now) for status in statuses]


def _of_status(status: SyncStatus, now: float) -> str:
    where = ", ".join(status.destinations) or "nowhere, it is a preview"
    state = "off" if not status.enabled and status.state != "running" else _state(status.state)
    parts = [f"{status.sync} to {where}: {state}."]
    if status.last_started:
        parts.append(f"Last run {clock(status.last_started, now)}, {counted(status.acknowledged, 'call')} sent.")
    if status.rejected_open:
        causes = ", ".join(_cause(cause) for cause in status.causes[:3])
        parts.append(f"{counted(status.rejected_open, 'rejected row')} open{f': {causes}' if causes else ''}.")
    parts += [_sentence(status.error)] if status.error else []
    parts += [_sentence(str(question["message"])) for question in status.questions]
    if status.enabled and status.due is not None:
        parts.append(f"Next {_when(status.due, now)}.")
    return " ".join(parts)


def _when(due: float, now: float) -> str:
    said = until(due, now)
    return "now, it is due" if said == "due" else f"at {clock(due, now)}"


def _cause(cause: Cause) -> str:
    return f"{cause.rows:,} times {plain_reason(cause.reason, cause.status)}"


def of_runs(runs: Sequence[RunSummary], asked: str, now: float, most: int = 50) -> list[str]:
    """Say which runs there are, the newest first, those that go on with how far they are."""
    said = [f"{counted(len(runs), 'run')}{f', {asked}' if asked else ''}."]
    for run in runs[:most]:
        what = _progress(run) if run.state == "running" else what_happened(run)
        sent = "" if run.state in ("skipped", "running") else f" {counted(run.acknowledged, 'call')} sent"
        seconds = f" in {took(run.seconds)}" if sent and run.seconds is not None else ""
        head = f"{clock(run.started, now, exact=True)} {run.name}: {_state(run.state)}.{sent}{seconds}{'.' if sent else ''}"
        said.append(f"{head} {_sentence(what)}" if what else head)
    return [*said, f"And {len(runs) - most:,} more."] if len(runs) > most else said


def _progress(run: RunSummary) -> str:
    progress = run.progress
    if progress is None:
        return "it starts"
    calls = sum(each.calls for each in progress.destinations)
    done = sum(each.acknowledged + each.rejected for each in progress.destinations)
    if calls:
        return f"{done:,} of {counted(calls, 'call')} answered"
    return f"the query has given {counted(progress.rows, 'row')}"


def of_run(run: RunSummary, causes: Iterable[Cause], counted_as: Sequence[tuple[str, int]], now: float) -> list[str]:
    """Say what a run did: what became of its rows, how long each phase took, last_sync_time, why rows were refused."""
    said = [f"Run {run.id[:8]} of {run.name}: {_state(run.state)}."]
    if run.state == "skipped":
        return [*said, _sentence(what_happened(run))]
    ended = f" and ended at {clock(run.ended, now, exact=True)}, after {took(run.seconds)}" if run.ended else ""
    said.append(f"It started at {clock(run.started, now, exact=True)}{ended}.")
    if run.state == "running":
        said.append(_sentence(_progress(run)))
    rows, *parts = counted_as
    said.append(f"{counted(rows[1], 'row')}: {', '.join(f'{number:,} {word}' for word, number in parts)}.")
    phases = [(name, seconds) for name, seconds in (run.progress.seconds if run.progress else {}).items() if seconds]
    if phases:
        said.append(f"It took {', '.join(f'{took(seconds)} to {name}' for name, seconds in phases)}.")
    if run.bound is not None:
        said.append(f"The query was given last_sync_time {utc(run.bound) if run.bound else '0, so it read all rows'}.")
    for each in run.deliveries:
        moved = (
            f"; last_sync_time is {utc(each['clock'])} now" if each["state"] == "committed" and each["clock"] else ""
        )
        said.append(f"Delivery to {each['destination']}: {each['state']}{moved}.")
    if run.progress and run.progress.bill:
        said.append(f"The query {has_read(run.progress.bill)}.")
    said += [
        f"{_cause(cause)[0].upper()}{_cause(cause)[1:]}, answer {cause.status or 'none: not sent'}." for cause in causes
    ]
    said += [_sentence(str(question["message"])) for question in run.questions]
    return said + [_sentence(text) for text in (run.error, run.remedy) if text]


def of_sync(
    status: SyncStatus, project: Project | None, ledgers: Sequence[Known], runs: Sequence[RunSummary], now: float
) -> list[str]:
    """Say how a sync stands, when it runs, what is known at its destinations, and how its last runs compare."""
    sync = project.syncs.get(status.sync) if project else None
    said = [_of_status(status, now)]
    if status.failures:
        rest = f" Its schedule leaves it alone until {clock(status.retry, now)}." if status.retry else ""
        said.append(f"It failed {status.failures:,} times in a row.{rest}")
    if sync is not None:
        said.append(f"Schedule: {in_words(sync.schedule, sync.timezone)}{'' if status.enabled else ', paused'}.")
        said += tight_words(sync.schedule, status.skipped, status.ran, status.last_took)
    for each in ledgers:
        most = "" if each.is_exact else "up to "
        said.append(
            f"{each.destination}: {most}{counted(each.rows, 'row')} known, last_sync_time {utc(each.last_sync_time)}."
        )
    if runs:
        sent = [run.acknowledged for run in runs]
        seconds = [run.seconds for run in runs if run.seconds is not None and run.ended]
        long = f", taking {took(min(seconds))} to {took(max(seconds))}" if seconds else ""
        said.append(f"The last {counted(len(runs), 'run')} sent {min(sent):,} to {max(sent):,} calls each{long}.")
        wrong = sum(1 for run in runs if run.state not in ("succeeded", "running"))
        said.append(f"{wrong:,} of them went wrong.")
    return said
