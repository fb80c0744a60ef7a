"""What is to be told now: pure, from what was told before and from the trouble that there is.

A trouble is told once, then kept quiet for the alert's `repeat`, and told again only if something new has happened by then (another
run failed, another span of time went by without a success). Its end is told once, and only if the trouble was told. What could
not be delivered stays due: `told` and `closed` change when it was (`delivered`), not when it was tried.

    None | closed ──trouble──▶ NEW due ──delivered──▶ told ──more of it, later than `repeat`──▶ AGAIN due
                                  │                     │
                                  over: closed          over ──▶ RECOVERED due ──delivered──▶ closed
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

__all__ = ["Evidence", "News", "Standing", "decide", "delivered", "ended"]


class News(enum.StrEnum):
    """Why something is told."""

    NEW = "new"
    AGAIN = "again"
    RECOVERED = "recovered"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A trouble that there is now: `since` when, and `at` when something last spoke for it. Unix seconds."""

    since: float
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Events of a trouble; times are Unix seconds.

    It started at `since` and was last told at `told` (None: not yet), `times` times in all; it was over at `recovered` (None: it
    goes on). `closed`: there is nothing left to tell.
    """

    since: float
    told: float | None = None
    times: int = 0
    recovered: float | None = None
    closed: bool = False


def decide(
    before: Standing | None, trouble: Evidence | None, *, repeat: float, tells_recovery: bool, now: float
) -> tuple[Standing | None, News | None]:
    """Return the standing as it is now, and what is due to be told; None for nothing."""
    is_open = before is not None and not before.closed
    if trouble is None:
        if before is None or not is_open:
            return before, None
        over = replace(before, recovered=now if before.recovered is None else before.recovered)
        if before.told is None or not tells_recovery:
            return replace(over, closed=True), None
        return over, News.RECOVERED
    if before is None or not is_open:
        return Standing(since=trouble.since), News.NEW
    goes_on = replace(before, recovered=None)
    if before.told is None:
        return goes_on, News.NEW
    if before.told > now:  # this machine's clock was set back: nobody waits for a time to come a second time
        return goes_on, News.AGAIN
    return goes_on, News.AGAIN if trouble.at > before.told and now >= before.told + repeat else None


def delivered(standing: Standing, news: News, now: float) -> Standing:
    """Return the standing after its news has arrived."""
    if news is News.RECOVERED:
        return replace(standing, closed=True)
    return replace(standing, told=now, times=standing.times + 1)


def ended(standing: Standing, now: float) -> Standing:
    """Return the standing of a trouble that nobody asks for any more: its sync was turned off, or its alert is gone."""
    return replace(standing, recovered=now, closed=True)
