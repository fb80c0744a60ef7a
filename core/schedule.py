"""When a sync is due: pure, from its schedule's words, its time zone and the time.

    every 12 hours · every 1 minute · daily at 06:30 · cron 0 6 * * 1-5 · manual

`daily` and `cron` follow the clock on the wall: cronsim has the rules of Vixie cron for daylight saving, so a job at
01:30 runs once when clocks go back, and not never when they go forward.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = ["DEFAULT", "Schedule", "advice", "first_runs", "next_due", "parse", "parse_duration"]

DEFAULT = "every 12 hours"

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_DURATION = re.compile(r"([0-9]+)\s*(second|minute|hour|day|week)s?")
_DAILY = re.compile(r"daily at ([01]?[0-9]|2[0-3]):([0-5][0-9])")
_LONGEST = 520 * _UNITS["week"]
_CRON_FIELDS = 5
_TIGHT = 15 * _UNITS["minute"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`seconds` between starts, or a `cron` expression, or neither (manual)."""

    seconds: int | None = None
    cron: str | None = None


def parse(text: str) -> Schedule:
    """Read a schedule's words. Raises ValueError, saying what is possible."""
    words = " ".join(text.split())
    if words == "manual":
        return Schedule()
    if words.startswith("every "):
        seconds = parse_duration(words.removeprefix("every "))
        if seconds < 60:
            raise ValueError("a sync runs every minute at the most")
        return Schedule(seconds=seconds)
    if match := _DAILY.fullmatch(words):
        return Schedule(cron=f"{int(match[2])} {int(match[1])} * * *")
    if words.startswith("cron "):
        return Schedule(cron=_checked_cron(words.removeprefix("cron ")))
    raise ValueError('write "every 12 hours", "daily at 06:30", "cron 0 6 * * 1-5" or "manual"')


def parse_duration(text: str) -> int:
    """Read '10 minutes' as seconds. Raises ValueError."""
    match = _DURATION.fullmatch(text.strip())
    if not match:
        raise ValueError('write a number and a unit, like "10 minutes" or "12 hours"')
    seconds = int(match[1]) * _UNITS[match[2]] if len(match[1]) < 12 else _LONGEST + 1
    if seconds > _LONGEST:
        raise ValueError("more than 520 weeks is too long")
    return seconds


def next_due(
    schedule: Schedule, timezone: str, *, last_start: datetime | None, start: datetime | None, now: datetime
) -> datetime | None:
    """Give when the next run is due (in UTC; maybe in the past, then it is due now), or None for a manual sync.

    `last_start` is when the last run began; `start` is the first moment at which the sync may run. All are aware. A
    sync that has neither counts from `now`: whoever waits for the moment keeps it, rather than asks again.
    """
    if schedule.seconds is not None:
        if last_start is None:
            return start or now
        return max(last_start + timedelta(seconds=schedule.seconds), start or last_start)
    if schedule.cron is None:
        return None
    from cronsim import CronSim

    before_start = start - timedelta(seconds=1) if start else None
    after = max(last_start, before_start) if last_start and before_start else last_start or before_start or now
    moments = (moment.astimezone(UTC) for moment in CronSim(schedule.cron, after.astimezone(ZoneInfo(timezone))))
    # from within the hour that clocks repeat, cronsim begins with a moment of its first pass, which has gone by
    return next(moment for moment in moments if moment > after)


def first_runs(schedule: Schedule, timezone: str, now: datetime, count: int = 3) -> tuple[datetime, ...]:
    """Give the first moments at which a sync that is turned on now would run, in UTC; none for a manual one."""
    moments: list[datetime] = []
    while len(moments) < count:
        due = next_due(schedule, timezone, last_start=moments[-1] if moments else None, start=None, now=now)
        if due is None:
            break
        moments.append(due)
    return tuple(moments)


def advice(schedule: Schedule) -> tuple[str, ...]:
    """Say what is to be thought of with this schedule: sentences, none where all is well."""
    seconds = schedule.seconds
    if seconds is None:
        return ()
    said = []
    if seconds < _TIGHT:
        said.append(
            "This is tight: a run that takes longer makes the next one be skipped. See how long the first ones take."
        )
    if seconds < _UNITS["day"]:
        said.append(
            "Let the query compare a column with {{last_sync_time}}. One that reads millions of rows each time should not run "
            "more than once a day: it burdens the warehouse, and may be billed."
        )
    return tuple(said)


def _checked_cron(expression: str) -> str:
    from cronsim import CronSim, CronSimError

    if len(expression.split()) != _CRON_FIELDS:
        raise ValueError(f"{expression!r} is no cron expression: it has five fields, minutes first")
    try:
        CronSim(expression, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise ValueError(f"{expression!r} is no cron expression: {error}") from error
    return expression
