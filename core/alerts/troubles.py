"""Which troubles a sync is in: pure, from the facts, an alert's thresholds and the time.

failure    its last runs failed, or were stopped by a guard: `after` in a row
rejected   of the calls of its last delivery a greater share than `rejected_share` was rejected
skipped    due moments of the last day were not run
freshness  no success within `fresh_within`; without it, within two due moments and ten minutes
project    a file of the project is broken (core.alerts.check)

Freshness counts from the last success, or from when the sync was turned on or may start, whichever came last. A sync that is run by hand
only has no age that would be too old, unless the alert names the sync and `fresh_within`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

from core import schedule
from core.alerts.decide import Evidence
from core.alerts.facts import Facts
from core.model import Alert, Sync, Trouble

__all__ = ["asks_for", "stale_from", "stale_since", "troubles"]

_GRACE = 600.0


def asks_for(alert: Alert, sync: Sync) -> bool:
    """Return whether an alert is about a sync."""
    return not alert.syncs or sync.name in alert.syncs


def troubles(alert: Alert, facts: Facts, now: float) -> Iterator[tuple[Trouble, Evidence]]:
    """Yield the troubles that a sync is in, of those that the alert tells of."""
    last = facts.last
    if Trouble.FAILURE in alert.on and last is not None and facts.failures >= alert.after:
        yield Trouble.FAILURE, Evidence(since=facts.failing_since, at=last.ended)
    calls = facts.acknowledged + facts.rejected
    if Trouble.REJECTED in alert.on and facts.rejected and facts.rejected > alert.rejected_share * calls:
        at = facts.success or now
        yield Trouble.REJECTED, Evidence(since=at, at=at)
    if Trouble.SKIPPED in alert.on and facts.skipped:
        yield Trouble.SKIPPED, Evidence(since=facts.skipped_first, at=facts.skipped_last)
    if Trouble.FRESHNESS in alert.on and (since := stale_since(alert, facts, now)) is not None:
        stale = stale_from(alert, facts.sync, since)
        span = max((now if stale is None else stale) - since, 1.0)
        # each further span without a success is something new to tell of
        yield Trouble.FRESHNESS, Evidence(since=since, at=since + math.floor((now - since) / span) * span)


def stale_since(alert: Alert, facts: Facts, now: float) -> float | None:
    """Return since when a sync that is too old now has had no success; None where it is fresh enough."""
    known = [moment for moment in (facts.watched, facts.success) if moment is not None]
    if not known:
        return None
    since = max(*known, facts.sync.start.timestamp() if facts.sync.start else -math.inf)
    stale = stale_from(alert, facts.sync, since)
    return since if stale is not None and now > stale else None


def stale_from(alert: Alert, sync: Sync, since: float) -> float | None:
    """Return the moment from which on a success at `since` is too old; None where no age is."""
    if alert.fresh_within is None:
        return _stale_by_schedule(sync.schedule, sync.timezone, since)
    if schedule.parse(sync.schedule) == schedule.Schedule() and sync.name not in alert.syncs:
        return None
    return since + alert.fresh_within


@lru_cache(maxsize=4096)
def _stale_by_schedule(words: str, timezone: str, since: float) -> float | None:
    """Return the second due moment after a success, and ten minutes for the run itself."""
    plan = schedule.parse(words)
    standing = schedule.Standing(words="", anchor=since, seen=since)
    first = schedule.due(standing, plan, timezone)
    if first is None:
        return None
    second = schedule.due(schedule.Standing(words="", anchor=since, seen=first), plan, timezone)
    return None if second is None else second + _GRACE
