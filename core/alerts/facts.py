"""What the store says of each sync that an alert may ask for: read in six queries, whatever the number of syncs.

A run whose process is gone counts as failed, though the store still says that it is running; one that goes on says nothing
yet, so the one before it counts; one that was stopped, by a person or at the daemon's end, says nothing at all. A success is a run that delivered: also one of which rows were rejected, which is a trouble of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.model import Project, Sync
from core.state.cancellation import STOPPED
from core.state.folder import is_alive
from core.store import Store

__all__ = ["Facts", "LastRun", "look", "watch"]

_DAY = 86_400.0
_SUCCESSES = ("succeeded", "partial")

_LOST = "The process stopped unexpectedly (killed?)."
_LOST_REMEDY = "Run again: what was not answered is sent again, with the same messageIds."


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """The last run that has ended, in whatever way."""

    id: str
    state: str
    started: float
    ended: float
    error: str
    remedy: str

    @property
    def succeeded(self) -> bool:
        return self.state in _SUCCESSES


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """How a sync is doing; times are Unix seconds.

    It is watched since `watched` (None: not yet); its last success ended at `success`, and was the run `delivered`, of whose calls so many
    were `acknowledged` and `rejected`. `failures` in a row came after it, the first of them at `failing_since`. Of the last day
    `skipped` due moments were not run, from `skipped_first` to `skipped_last`.
    """

    sync: Sync
    watched: float | None
    last: LastRun | None = None
    success: float | None = None
    delivered: str | None = None
    acknowledged: int = 0
    rejected: int = 0
    failures: int = 0
    failing_since: float = 0.0
    skipped: int = 0
    skipped_first: float = 0.0
    skipped_last: float = 0.0


def look(project: Project, store: Store, now: float, *, watching: bool = True) -> tuple[Facts, ...]:
    """Return the facts of each sync that is switched on; where `watching`, those that were not watched before are from now on."""
    syncs = {sync.id: sync for sync in project.syncs.values() if sync.enabled}
    watched = watch(project, store, now, watching=watching)
    last = _last_runs(store, syncs)
    successes = _successes(store, syncs, last)
    failures = _failures(store, last, successes)
    sent = _by(store.rows("refusals_of_runs", runs=_json(each["id"] for each in successes.values())), "run")
    skipped = _by(store.rows("skipped_of_syncs", since=now - _DAY, begun=now - 8 * _DAY), "sync")
    return tuple(
        Facts(
            sync=sync,
            watched=watched.get(identity),
            last=last.get(identity),
            **_of_success(successes.get(identity), sent),
            **_of_failures(failures.get(identity)),
            **_of_skipped(skipped.get(identity)),
        )
        for identity, sync in syncs.items()
    )


def watch(project: Project, store: Store, now: float, *, watching: bool = True) -> dict[str, float]:
    """Return since when each sync that is on is watched, by its id; begin with those that are new, leave those that are off or gone."""
    syncs = {sync.id for sync in project.syncs.values() if sync.enabled}
    known = {row["sync"]: row["since"] for row in store.rows("watched")}
    new, gone = syncs - known.keys(), known.keys() - syncs
    ahead = {sync for sync, since in known.items() if since > now}  # the clock was set back since
    if watching and (new or gone or ahead):
        with store.transaction():
            for sync in new | (ahead - gone):
                store.do("watch", sync=sync, since=now)
            for sync in gone:
                store.do("unwatch", sync=sync)
    known |= dict.fromkeys(new, now) if watching else {}
    return {sync: min(since, now) for sync, since in known.items() if sync in syncs}


def _last_runs(store: Store, syncs: Mapping[str, Sync]) -> dict[str, LastRun]:
    """Return the last run of each sync that is over."""
    found: dict[str, LastRun] = {}
    for sync, run, state, started, ended, error, remedy in store.rows(
        "last_ended_of_syncs", syncs=_json(syncs), stopped=STOPPED
    ):
        found[sync] = LastRun(id=run, state=state, started=started, ended=ended, error=error or "", remedy=remedy or "")
    for row in store.rows("running"):
        known = found.get(row["sync"])
        is_last = row["sync"] in syncs and (known is None or known.started < row["started"])
        if is_last and not is_alive(row["process"]):
            found[row["sync"]] = LastRun(
                id=row["id"],
                state="failed",
                started=row["started"],
                ended=row["started"],
                error=_LOST,
                remedy=_LOST_REMEDY,
            )
    return found


def _successes(store: Store, syncs: Iterable[str], last: Mapping[str, LastRun]) -> dict[str, Mapping[str, Any]]:
    """Return the last success of each sync; of most it is the last run, which is known already."""
    found: dict[str, Mapping[str, Any]] = {
        sync: {"id": run.id, "started": run.started, "ended": run.ended} for sync, run in last.items() if run.succeeded
    }
    rest = [sync for sync in syncs if sync not in found]
    if rest:
        found |= {row["sync"]: dict(row) for row in store.rows("last_success_of_syncs", syncs=_json(rest))}
    return found


def _failures(
    store: Store, last: Mapping[str, LastRun], successes: Mapping[str, Mapping[str, Any]]
) -> dict[str, Mapping[str, Any]]:
    """Count the failures in a row of those syncs whose last run was one."""
    asked = [
        {"sync": sync, "after": successes[sync]["started"] if sync in successes else -1e300, "until": run.started}
        for sync, run in last.items()
        if not run.succeeded
    ]
    return _by(store.rows("failures_of_syncs", syncs=json.dumps(asked), stopped=STOPPED), "sync") if asked else {}


def _json(values: Iterable[str]) -> str:
    return json.dumps(list(values))


def _by(rows: Iterable[Any], name: str) -> dict[str, Mapping[str, Any]]:
    return {row[name]: row for row in rows}


def _of_success(success: Mapping[str, Any] | None, sent: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    if success is None:
        return {}
    counts = sent.get(success["id"])
    calls = {"acknowledged": counts["acknowledged"], "rejected": counts["rejected"]} if counts else {}
    return {"success": success["ended"], "delivered": success["id"], **calls}


def _of_failures(found: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"failures": found["failures"], "failing_since": found["first"]} if found else {}


def _of_skipped(found: Mapping[str, Any] | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {"skipped": found["skipped"], "skipped_first": found["first"], "skipped_last": found["last"]}
