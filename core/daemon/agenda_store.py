"""What the agenda decides, put into the store; and what it starts with, read from there."""

from __future__ import annotations

import json
import secrets as randomness
from collections.abc import Iterable, Mapping
from typing import Any

from core.daemon.jobs import Answer, CatchUp, Effect, Keep, Outcome, Skip
from core.model import Project
from core.schedule import Standing
from core.store import Store

__all__ = ["answer", "known", "put"]


def known(store: Store, project: Project) -> Mapping[str, Any]:
    """Return what the agenda wants to know when it takes a project: see `Agenda.load`."""
    syncs = json.dumps([sync.id for sync in project.syncs.values()])
    rows = [dict(row) for row in store.rows("schedules")]
    return {
        "standings": {row.pop("sync"): Standing(**row) for row in rows},
        "last_starts": {row["sync"]: row["started"] for row in store.rows("last_starts", syncs=syncs)},
        "behind": {row["sync"] for row in store.rows("behind")},
    }


def put(store: Store, effects: Iterable[Effect]) -> None:
    """Put effects into the store, all or none of them. Raises StateError."""
    with store.transaction():
        for effect in effects:
            match effect:
                case Keep():
                    standing = effect.standing
                    store.do(
                        "keep_schedule",
                        sync=effect.sync,
                        words=standing.words,
                        anchor=standing.anchor,
                        seen=standing.seen,
                        failures=standing.failures,
                        retry=standing.retry,
                    )
                case Skip():
                    _skip(store, effect)
                case CatchUp():
                    store.do("catch_up", sync=effect.sync, run=effect.run)
                case Answer():
                    answer(store, effect.request, effect.outcome)


def _skip(store: Store, skip: Skip) -> None:
    """Record due moments that are not run, in one row as long as the reason goes on."""
    row = store.row("newest_skipped", sync=skip.sync) if skip.goes_on else None
    if row is not None and row["caught_up"] is None and row["error"] == skip.reason:
        store.do("add_skipped", id=row["id"], last=skip.last, count=skip.count)
        return
    store.do(
        "insert_skipped",
        id=randomness.token_hex(4),
        sync=skip.sync,
        name=skip.name,
        first=skip.first,
        last=skip.last,
        count=skip.count,
        reason=skip.reason,
    )


def answer(store: Store, number: int, outcome: Outcome) -> None:
    """Answer a request."""
    said = {"state": outcome.state, "run": outcome.run, "error": outcome.error, "exit_code": outcome.exit_code}
    store.do("answer", number=number, answer=json.dumps(said))
