"""The store, read for people: how each sync is doing, what runs there were, what was refused. Nothing here writes.

The commands and the console read the same values here. A run whose process is gone is shown as what it is, failed, though
the store still says that it is running: the next run of its sync will record it in the same words. Numbers of a delivery
that is still open are those of the batches that were answered, for its own row is written at its end.
"""

from __future__ import annotations

import json
import math
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from core import schedule
from core.model import Project, Sync
from core.reports.outcomes import OPEN, outcomes
from core.reports.rejected_rows import Cause, causes, causes_by_sync, rejected, rejected_total
from core.state.folder import is_alive
from core.store import Store
from core.sync.progress.run_progress import Progress, from_json

__all__ = [
    "Cause",
    "DaemonStatus",
    "RunSummary",
    "SyncStatus",
    "causes",
    "daemon",
    "overview",
    "rejected",
    "rejected_total",
    "run",
    "runs",
    "runs_like",
]

_LAST = 14
_DAY = 86_400.0
_SAME = ("id", "sync", "name", "cause", "state", "started", "ended", "process", "bound", "error", "remedy")
SILENT = 60.0
"""Seconds after a daemon's last sign of life from which it is called silent."""

_LOST = {
    "state": "failed",
    "error": "The process stopped unexpectedly (killed?).",
    "remedy": "Run again: what was not answered is sent again, with the same messageIds.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncStatus:
    """How a sync is doing. `sync` is its name; times are Unix seconds.

    `state` is never run, disabled, running, succeeded, partial, stopped or failed; `rows` to `rejected`, `error` to
    `questions` are the last run's; what begins with `last_` and is a tuple has an element a run, the newest first.
    `rejected_open` rows wait for fixing or a replay, for the reasons in `causes`; `pending` calls are on their way.
    `next` says in words when it is `due`; `progress` is there while it is running. `failures` are those in a row, `retry`
    the moment before which it is not tried again; `skipped` counts the due moments of the last day that were not run for want of time or room; where there are some, `ran` counts its runs.
    """

    sync: str
    id: str
    enabled: bool
    description: str
    call: str
    source: str
    destinations: tuple[str, ...]
    state: str
    last_run: str | None
    last_started: float | None
    last_seconds: float | None
    rows: int | None
    acknowledged: int
    rejected: int
    rejected_open: int
    pending: int
    last_sync_times: Mapping[str, int]
    last_states: tuple[str, ...]
    last_sent: tuple[int, ...]
    last_took: tuple[float | None, ...]
    due: float | None
    next: str
    error: str | None
    remedy: str | None
    questions: tuple[Mapping[str, Any], ...]
    progress: Progress | None
    causes: tuple[Cause, ...]
    failures: int = 0
    retry: float | None = None
    skipped: int = 0
    ran: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run. `sync` is its sync's id, `name` the name that it had; `bound` the last_sync_time that its query was given.

    `deliveries` are the store's rows, with what was answered so far and with `pending` calls; `seconds` is None where it is
    not known how long the run took (it was killed). `due` is the moment that its schedule asked for it, None where someone did. One
    that was skipped stands for `skipped` due moments, from its start to its end, and `caught_up` is the run that did their work,
    which ended at `caught_up_at` (None while it goes on).
    """

    id: str
    sync: str
    name: str
    cause: str
    state: str
    started: float
    ended: float | None
    seconds: float | None
    process: int | None
    bound: int | None
    rows: int | None
    error: str | None
    remedy: str | None
    questions: tuple[Mapping[str, Any], ...]
    progress: Progress | None
    acknowledged: int
    rejected: int
    deliveries: tuple[Mapping[str, Any], ...]
    due: float | None = None
    skipped: int = 0
    caught_up: str | None = None
    caught_up_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonStatus:
    """The daemon that runs the schedules, or ran them last. Times are Unix seconds.

    `state` is running, silent (its process is there, but it gave no sign of life for a while) or gone. `running` runs go on in
    its `workers`; `waiting` syncs are due and wait for one.
    """

    state: str
    process: int
    host: str
    version: str
    started: float
    beat: float
    ended: float | None
    workers: int
    running: int
    waiting: int


def overview(project: Project, store: Store) -> tuple[SyncStatus, ...]:
    """Return how each sync of the project is doing, in the project's order."""
    ids = [sync.id for sync in project.syncs.values()]
    past: dict[str, list[dict[str, Any]]] = {}
    for row in store.rows("recent_runs_of_syncs", syncs=json.dumps(ids), limit=_LAST):
        past.setdefault(row["sync"], []).append(_as_it_is(row))
    rows = [_as_it_is(row) for row in store.rows("last_run_of_syncs", syncs=json.dumps(ids))]
    rows = [row if row["ended"] is None else row | {"progress": None} for row in rows]  # not shown, so not read
    last = {found.sync: found for found in _summaries(store, rows)}
    known = json.dumps([row["id"] for found in past.values() for row in found])
    sent = {row["run"]: row["acknowledged"] for row in store.rows("sent_by_runs", runs=known)}
    pending = {row["sync"]: row["calls"] for row in store.rows("pending_by_sync")}
    times: dict[str, dict[str, int]] = {}
    for row in store.rows("current_ledgers"):
        times.setdefault(row["sync"], {})[row["destination"]] = row["last_sync_time"]
    why, open_rows = causes_by_sync(store, ids)
    standings = {row["sync"]: schedule.Standing(**_without(row, "sync")) for row in store.rows("schedules")}
    since, reasons = time.time() - _DAY, json.dumps(schedule.TOO_TIGHT)
    skipped = {row["sync"]: row["skipped"] for row in store.rows("skipped_since", since=since, reasons=reasons)}
    ran = {row["sync"]: row["runs"] for row in store.rows("runs_since", since=since, syncs=json.dumps(list(skipped)))}
    return tuple(
        SyncStatus(
            **_of_files(sync),
            **_of_last_run(sync, last.get(sync.id), standings.get(sync.id)),
            **_of_past(past.get(sync.id, []), sent),
            rejected_open=open_rows.get(sync.id, 0),
            pending=pending.get(sync.id, 0),
            last_sync_times=times.get(sync.id, {}),
            causes=why.get(sync.id, ()),
            skipped=skipped.get(sync.id, 0),
            ran=ran.get(sync.id, 0),
        )
        for sync in project.syncs.values()
    )


def daemon(store: Store, now: float | None = None) -> DaemonStatus | None:
    """Return the daemon of this project; None where none ever ran."""
    row = store.row("daemon")
    if row is None:
        return None
    here = row["host"] == socket.gethostname() and row["ended"] is None and is_alive(row["process"])
    age = (time.time() if now is None else now) - row["beat"]
    return DaemonStatus(state="gone" if not here else "silent" if age > SILENT else "running", **_without(row, "one"))


def runs(
    store: Store, *, sync: str | None = None, state: str | None = None, limit: int = 100, before: float | None = None
) -> tuple[RunSummary, ...]:
    """Return runs, the newest first: of one sync (its id) or of all, in one state or in any, begun before a Unix time."""
    asked: dict[str, Any] = {"before": math.inf if before is None else before, "limit": limit}
    name = "newest_runs" if sync is None else "newest_runs_of_sync"
    asked |= {} if sync is None else {"sync": sync}
    if state is None:
        return _summaries(store, [_as_it_is(row) for row in store.rows(name, **asked)])
    said = {"failed": ("failed", "running")}.get(state, (state,))  # a run that was killed still says that it is running
    found = [_as_it_is(row) for each in said for row in store.rows(f"{name}_in_state", state=each, **asked)]
    found = sorted((row for row in found if row["state"] == state), key=lambda row: -float(row["started"]))
    return _summaries(store, found[:limit])


def run(store: Store, run_id: str) -> RunSummary | None:
    """Return one run, None where there is none of this id."""
    row = store.row("run", id=run_id)
    return _summaries(store, [_as_it_is(row)])[0] if row else None


def runs_like(store: Store, beginning: str) -> tuple[RunSummary, ...]:
    """Return the runs whose id begins so; none for what could be no id."""
    found = store.rows("runs_like", prefix=beginning) if beginning.isalnum() else []
    return _summaries(store, [_as_it_is(row) for row in found])


def _without(row: Any, name: str) -> dict[str, Any]:
    """Return a row's values but for one."""
    return {key: value for key, value in dict(row).items() if key != name}


def _as_it_is(row: Any) -> dict[str, Any]:
    """Return a run's row; one whose process is gone was killed."""
    found = dict(row)
    return found | _LOST if found["state"] == "running" and not is_alive(found["process"]) else found


def _summaries(store: Store, rows: Sequence[Mapping[str, Any]]) -> tuple[RunSummary, ...]:
    """Add to runs their deliveries."""
    deliveries: dict[str, list[dict[str, Any]]] = {}
    for delivery in store.rows("deliveries_of_runs", runs=json.dumps([row["id"] for row in rows])):
        deliveries.setdefault(delivery["run"], []).append(_delivery(delivery))
    workers = [row["caught_up"] for row in rows if row["caught_up"]]
    ends = {row["id"]: row["ended"] for row in store.rows("ends_of_runs", runs=json.dumps(workers))} if workers else {}
    return tuple(_summary(row, tuple(deliveries.get(row["id"], ())), ends) for row in rows)


def _delivery(row: Any) -> dict[str, Any]:
    """Return a delivery with what became of its rows; of an open one, so far."""
    found = dict(row)
    acknowledged, answered = found.pop("open_acknowledged") or 0, found.pop("open_answered") or 0
    became = outcomes(found, answered=answered, acknowledged=acknowledged)
    counts = {"acknowledged": became.acknowledged, "rejected": became.rejected}
    is_open = found["state"] in OPEN
    return found | counts | {"pending": became.pending if is_open else 0, "outcomes": asdict(became)}


def _summary(
    row: Mapping[str, Any], deliveries: tuple[Mapping[str, Any], ...], ends: Mapping[str, float | None]
) -> RunSummary:
    progress = from_json(row["progress"])
    same = [*_SAME, "due", "skipped", "caught_up"]
    return RunSummary(
        **{name: row[name] for name in same},
        seconds=_seconds(row, progress),
        rows=progress.rows if row["rows"] is None and progress else row["rows"],
        questions=tuple(json.loads(row["questions"] or "[]")),
        progress=progress,
        acknowledged=sum(each["acknowledged"] for each in deliveries),
        rejected=sum(each["rejected"] for each in deliveries),
        deliveries=deliveries,
        caught_up_at=ends.get(row["caught_up"]) if row["caught_up"] else None,
    )


def _seconds(row: Mapping[str, Any], progress: Progress | None) -> float | None:
    """Say how long a run took, or has taken so far; of one that was killed, until its last sign of life."""
    end = row["ended"] or (time.time() if row["state"] == "running" else progress.at if progress else None)
    return None if end is None else max(0.0, end - row["started"])


def _of_files(sync: Sync) -> dict[str, Any]:
    return {
        "sync": sync.name,
        "id": sync.id,
        "enabled": sync.enabled,
        "description": sync.description,
        "call": sync.call.value,
        "source": sync.source,
        "destinations": sync.destinations,
    }


def _of_last_run(sync: Sync, last: RunSummary | None, standing: schedule.Standing | None) -> dict[str, Any]:
    running = last is not None and last.state == "running"
    due, words = _next(sync, last.started if last else None, standing)
    return {
        "state": last.state if last else "never run" if sync.enabled else "disabled",
        "last_run": last.id if last else None,
        "last_started": last.started if last else None,
        "last_seconds": None if last is None or running else last.seconds,
        "rows": last.rows if last else None,
        "acknowledged": last.acknowledged if last else 0,
        "rejected": last.rejected if last else 0,
        "error": last.error if last else None,
        "remedy": last.remedy if last else None,
        "questions": last.questions if last else (),
        "progress": last.progress if last and running else None,
        "due": due,
        "next": words,
        "failures": standing.failures if standing else 0,
        "retry": standing.retry if standing else None,
    }


def _of_past(past: Sequence[Mapping[str, Any]], sent: Mapping[str, int]) -> dict[str, Any]:
    return {
        "last_states": tuple(row["state"] for row in past),
        "last_sent": tuple(sent.get(row["id"], 0) for row in past),
        "last_took": tuple(None if row["ended"] is None else _seconds(row, None) for row in past),
    }


def _next(sync: Sync, last_start: float | None, standing: schedule.Standing | None) -> tuple[float | None, str]:
    """Say when a sync is due, as a Unix time and in words; the daemon is what runs it then."""
    if not sync.enabled:
        return None, "off"
    now = time.time()
    plan = schedule.parse(sync.schedule)
    words = schedule.words_of(sync.schedule, sync.timezone, sync.start)
    if standing is None or standing.words != words:
        standing = schedule.begin(words, plan, last_start=last_start, start=sync.start, now=now)
    due = schedule.due(standing, plan, sync.timezone)
    if due is None:
        return None, "by hand"
    due = max(due, standing.retry or due)
    return due, "due" if due <= now else datetime.fromtimestamp(due).astimezone().strftime("%d %b %H:%M")
