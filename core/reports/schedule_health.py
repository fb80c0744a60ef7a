"""What a sync's schedule means for people: in words, its next moments, and whether it is too tight. Pure.

A schedule is too tight where runs take longer than the time between them: their due moments are skipped again and again.
Nothing is lost by that, for a run does the work of all moments before it; but the warehouse is queried without a pause, and
rows arrive later than the schedule says.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from core import schedule
from core.formatting import counted, duration, took

__all__ = ["in_words", "is_tight", "next_moments", "roomier", "skipped_a_day", "tight_words"]

_LEAST = 3
_SHARE = 5
_ROOM = 1.5
_COST = (
    "No row is lost by it: the next run does the work of those that were skipped, only later than "
    '"{}" says. It costs a warehouse that is queried almost without a pause.'
)
_SPANS = (60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)


def is_tight(skipped: int, ran: int) -> bool:
    """Return whether skips are frequent: of a day's due moments at least three, and at least one of five."""
    return skipped >= _LEAST and skipped * _SHARE >= skipped + ran


def roomier(words: str, took_seconds: Sequence[float | None]) -> str:
    """Return a schedule that runs like these (in seconds) have room in, half as much again; empty where a day is too short.

    It is longer than the one that there is, where that is an "every".
    """
    longest = max((each for each in took_seconds if each is not None), default=0.0) * _ROOM
    now = schedule.parse(words).seconds or 0
    span = next((each for each in _SPANS if each > now and each >= longest), None)
    return f"every {duration(span)}" if span else ""


def tight_words(words: str, skipped: int, ran: int, took_seconds: Sequence[float | None]) -> tuple[str, ...]:
    """Say that a schedule is too tight, what that costs, and what to set; nothing where it is not. The first is enough for one line."""
    if not is_tight(skipped, ran):
        return ()
    known = [each for each in took_seconds if each is not None]
    long = f" A run takes up to {took(max(known))}." if known else ""
    better = roomier(words, took_seconds)
    use = f'Set schedule = "{better}"' if better else "Let it run once a day"
    return (
        f"The schedule is too tight: {skipped:,} of {skipped + ran:,} scheduled runs were skipped in a day.",
        f"{use}, or let the query read less.{long}",
        _COST.format(words),
    )


def in_words(words: str, timezone: str) -> str:
    """Say a schedule as people say it: a cron expression in words, with its time zone where the clock on the wall counts."""
    plan = schedule.parse(words)
    if plan.seconds is not None:
        return words
    if plan.cron is None:
        return "by hand: no schedule starts it"
    if not words.startswith("cron"):
        return f"{words}, {timezone}"
    from cronsim import CronSim

    return f"{CronSim(plan.cron, datetime(2026, 1, 1, tzinfo=UTC)).explain()} ({words}), {timezone}"


@lru_cache(maxsize=256)
def next_moments(words: str, timezone: str, due: float, count: int = 3) -> tuple[float, ...]:
    """Return the moments at which a sync is due (Unix seconds): the first, which is known, and those that follow it."""
    plan, moments = schedule.parse(words), [due]
    while len(moments) < count:
        last = datetime.fromtimestamp(moments[-1], UTC)
        following = schedule.next_due(plan, timezone, last_start=last, start=None, now=last)
        if following is None:
            break
        moments.append(following.timestamp())
    return tuple(moments)


def skipped_a_day(skipped: int, ran: int) -> str:
    """Say how many due moments of the last day were run, and how many skipped."""
    if not skipped and not ran:
        return "none in the last day"
    return f"{skipped:,} in the last day, beside {counted(ran, 'run')}"
