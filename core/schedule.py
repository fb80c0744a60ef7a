"""When a sync is due: pure, from its schedule's words, its time zone and the time.

    every 12 hours · every 1 minute · daily at 06:30 · cron 0 6 * * 1-5 · manual

`daily` and `cron` follow the clock on the wall: cronsim has the rules of Vixie cron for daylight saving, so a job at
01:30 runs once when clocks go back, and not never when they go forward.

A sync that is on has a `Standing`: which of its due moments were dealt with. All else follows from it and from the time:

    begin(...) -> Standing          a sync that was just turned on, or whose schedule is another now
    due(standing, ...) -> moment    the first one that was not dealt with, maybe in the past
    outstanding(..., now) -> Due    all of them up to now: one run does the work of all

"every N" counts from a fixed moment, not from the run before: a run that has to wait for a minute does not move all that come
after it, and syncs that began at different moments stay apart.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

__all__ = [
    "AWAY",
    "BUSY",
    "DEFAULT",
    "FULL",
    "HELD",
    "TOO_TIGHT",
    "Due",
    "Schedule",
    "Standing",
    "advice",
    "after_clock_change",
    "backoff",
    "begin",
    "due",
    "first_runs",
    "next_due",
    "outstanding",
    "parse",
    "parse_duration",
    "words_of",
    "zone_names",
    "zone_of",
]

DEFAULT = "every 12 hours"

BUSY = "The previous run was still going."
AWAY = "No schedule ran: the daemon was not running, or this machine was asleep."
FULL = "No worker was free, or its source or destination was busy."
HELD = "It was in use by another program."
TOO_TIGHT = (BUSY, FULL)
"""Why due moments are not run; of these reasons, two are the schedule's own."""

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_DURATION = re.compile(r"([0-9]+)\s*(second|minute|hour|day|week)s?")
_DAILY = re.compile(r"daily at ([01]?[0-9]|2[0-3]):([0-5][0-9])")
_LONGEST = 520 * _UNITS["week"]
_CRON_FIELDS = 5
_TIGHT = 15 * _UNITS["minute"]
_MOST_COUNTED = 5_000
_SET_BACK = 3 * _UNITS["hour"]
_BACKOFF = _UNITS["minute"]
_BACKOFF_MOST = _UNITS["hour"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`seconds` between starts, or a `cron` expression, or neither (manual)."""

    seconds: int | None = None
    cron: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the schedule of a sync stands; times are Unix seconds.

    `words` are the schedule, time zone and start that the rest belongs to. Moments of "every" are counted from `anchor`;
    `seen` is the last due moment that was dealt with. `failures` are those in a row; before `retry` it is not tried again.
    """

    words: str
    anchor: float
    seen: float
    failures: int = 0
    retry: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Due moments that were not dealt with, in Unix seconds: the `first`, the `last`, and how many there are."""

    first: float
    last: float
    count: int


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
    """Return when the next run is due (in UTC; maybe in the past, then it is due now), or None for a manual sync.

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
    moments = (moment.astimezone(UTC) for moment in CronSim(schedule.cron, after.astimezone(zone_of(timezone))))
    # from within the hour that clocks repeat, cronsim begins with a moment of its first pass, which has gone by
    return next(moment for moment in moments if moment > after)


def words_of(schedule: str, timezone: str, start: datetime | None) -> str:
    """Return what a standing belongs to: a sync that says something else begins again."""
    return "|".join((" ".join(schedule.split()), timezone, start.isoformat() if start else ""))


def begin(words: str, schedule: Schedule, *, last_start: float | None, start: datetime | None, now: float) -> Standing:
    """Return the standing of a sync that is turned on now; `last_start` is when its last run began, whoever asked for it.

    "every N" is due at once where it never ran, N after the last run else; the clock on the wall counts from now. `start` comes first.
    Of the moments that have gone by at most one is due: nobody missed those of a time in which it was off.
    """
    opening = None if start is None else start.timestamp()
    if schedule.seconds is None:
        is_ahead = opening is not None and opening > now
        return Standing(words=words, anchor=now, seen=opening - 1 if opening is not None and is_ahead else now)
    if opening is not None and (last_start is None or opening > last_start):
        anchor, seen = opening, opening - 1
    elif last_start is not None:
        anchor = seen = last_start if opening is None else _grid(opening, schedule.seconds, last_start)
    else:
        anchor, seen = now, now - 1
    return Standing(words=words, anchor=anchor, seen=max(seen, _grid(anchor, schedule.seconds, now) - schedule.seconds))


def due(standing: Standing, schedule: Schedule, timezone: str) -> float | None:
    """Return the first due moment that was not dealt with, in Unix seconds; None for a manual sync."""
    if schedule.seconds is not None:
        return max(standing.anchor, _grid(standing.anchor, schedule.seconds, standing.seen) + schedule.seconds)
    if schedule.cron is None:
        return None
    return _cron_after(schedule.cron, timezone, standing.seen)


def outstanding(standing: Standing, schedule: Schedule, timezone: str, now: float) -> Due | None:
    """Return the due moments that were not dealt with up to `now`; None where there is none.

    Beyond a few thousand moments of a cron expression they are no longer counted.
    """
    first = due(standing, schedule, timezone)
    if first is None or first > now:
        return None
    if schedule.seconds is not None:
        last = _grid(standing.anchor, schedule.seconds, now)
        return Due(first=first, last=last, count=round((last - first) / schedule.seconds) + 1)
    assert schedule.cron is not None  # noqa: S101 -- a manual sync is never due
    last, count = first, 1
    while count < _MOST_COUNTED and (moment := _cron_after(schedule.cron, timezone, last)) <= now:
        last, count = moment, count + 1
    return Due(first=first, last=now if count == _MOST_COUNTED else last, count=count)


def after_clock_change(standing: Standing, schedule: Schedule, now: float) -> Standing:
    """Return the standing as it has to be where this machine's clock was set back since: moments to come that were dealt
    with already would else be waited for.

    A daily run that lies within three hours behind is not run twice for that, as in Vixie cron.
    """
    allowance = _SET_BACK if schedule.seconds is None else schedule.seconds
    if standing.seen >= standing.anchor and standing.seen > now + allowance:
        return replace(standing, anchor=now, seen=now, retry=None)
    if standing.retry is not None and standing.retry > now + _BACKOFF_MOST:
        return replace(standing, retry=now)
    return standing


def backoff(failures: int) -> float:
    """Return the seconds that a sync is left alone after so many failures in a row: a minute, doubled each time, an hour at the most."""
    return float(min(_BACKOFF * 2 ** min(failures - 1, 10), _BACKOFF_MOST))


def _grid(anchor: float, seconds: int, moment: float) -> float:
    """Return the last of the moments `anchor` + k * `seconds` that is not after `moment`."""
    return anchor + math.floor((moment - anchor) / seconds + 1e-6) * seconds  # Unix times are exact to 0.2 µs only


def _cron_after(expression: str, timezone: str, moment: float) -> float:
    """Return the first moment of a cron expression after a Unix time."""
    found = next_due(
        Schedule(cron=expression),
        timezone,
        last_start=datetime.fromtimestamp(moment, UTC),
        start=None,
        now=datetime.fromtimestamp(moment, UTC),
    )
    assert found is not None  # noqa: S101 -- cronsim searches fifty years, and refuses what never comes
    return found.timestamp()


def zone_of(name: str) -> tzinfo:
    """Return a time zone; UTC needs no data of this machine. Raises ZoneInfoNotFoundError, ValueError, or OSError for a folder of zones."""
    return UTC if name == "UTC" else ZoneInfo(name)


@cache
def zone_names() -> frozenset[str]:
    """Return the names of all time zones of this machine; to look for them takes 13 ms, so it is done once."""
    return frozenset({"UTC", *available_timezones()})


def first_runs(schedule: Schedule, timezone: str, now: datetime, count: int = 3) -> tuple[datetime, ...]:
    """Return the first moments at which a sync that is turned on now would run, in UTC; none for a manual one."""
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
