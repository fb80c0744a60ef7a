"""How often a sync runs, and what its last run was like: from its schedule's words, and a glance into the store."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from core import schedule
from core.lint.base import Pace
from core.model import Project, Sync
from core.store.glance import glance

__all__ = ["pace_of"]

_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_MOMENTS = 10


def pace_of(project: Project, sync: Sync) -> Pace | None:
    """Return the pace of a sync; None where it runs by hand only."""
    every = _seconds_between(sync.schedule, sync.timezone)
    if every is None:
        return None
    took, rows = _last(project.state, sync.id, _stamp(project.state)) if sync.id else (None, None)
    return Pace(every=every, took=took, rows=rows)


@lru_cache(maxsize=1024)
def _seconds_between(words: str, timezone: str) -> float | None:
    """Return the shortest time between two starts, over the next few of them."""
    parsed = schedule.parse(words)
    if parsed.seconds is not None:
        return float(parsed.seconds)
    moments = schedule.first_runs(parsed, timezone, _SOME_DAY, _MOMENTS)
    gaps = [(after - before).total_seconds() for before, after in pairwise(moments)]
    return min(gaps, default=None)


def _stamp(state: Path) -> tuple[tuple[int, int], ...]:
    """Return what changes when the store does: size and time of its file and of its log."""
    found = []
    for name in ("store.sqlite", "store.sqlite-wal"):
        try:
            status = (state / name).stat()
        except OSError:
            continue
        found.append((status.st_size, status.st_mtime_ns))
    return tuple(found)


@lru_cache(maxsize=1024)
def _last(state: Path, sync: str, stamp: tuple[tuple[int, int], ...]) -> tuple[float | None, int | None]:
    """Return the seconds and the rows of the last run that succeeded."""
    if not stamp:
        return None, None
    for row in glance(state, "last_run_of_sync_in_state", sync=sync, state="succeeded"):
        if row["ended"] is not None:
            return row["ended"] - row["started"], row["rows"]
    return None, None
