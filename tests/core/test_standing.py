"""Where a schedule stands: what is due, what was missed, what a clock that was set does; then every time zone, at each change of its clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import schedule
from core.schedule import Standing, after_clock_change, backoff, begin, due, outstanding, parse

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC).timestamp()
HOUR, DAY = 3600.0, 86_400.0


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def standing(words: str, **given: object) -> Standing:
    known: dict[str, object] = {"last_start": None, "start": None, "now": NOW} | given
    return begin(words, parse(words), **known)


def test_a_sync_that_never_ran_is_due_at_once_and_then_counts_from_there() -> None:
    plan = parse("every 12 hours")
    first = standing("every 12 hours")
    assert due(first, plan, "UTC") == NOW
    assert due(replace(first, seen=NOW), plan, "UTC") == NOW + 12 * HOUR


def test_one_that_was_run_by_hand_is_due_after_that() -> None:
    plan = parse("every 12 hours")
    assert due(standing("every 12 hours", last_start=NOW - HOUR), plan, "UTC") == NOW + 11 * HOUR
    assert due(standing("every 12 hours", last_start=NOW - 20 * HOUR), plan, "UTC") == NOW - 8 * HOUR


def test_start_comes_first_and_is_what_every_counts_from() -> None:
    plan, start = parse("every 12 hours"), datetime(2026, 12, 1, 6, tzinfo=UTC)
    ahead = standing("every 12 hours", start=start)
    assert due(ahead, plan, "UTC") == start.timestamp()
    assert due(replace(ahead, seen=start.timestamp()), plan, "UTC") == start.timestamp() + 12 * HOUR
    past = standing("every 12 hours", start=datetime(2026, 11, 1, 6, tzinfo=UTC), last_start=NOW - HOUR)
    assert due(past, plan, "UTC") == at("2026-11-22T18:00:00+00:00"), "the grid of 06:00 and 18:00 stays"


def test_the_clock_on_the_wall_counts_from_now_also_where_it_ran_before() -> None:
    plan = parse("daily at 06:30")
    for last in (None, NOW - 5 * DAY):
        found = standing("daily at 06:30", last_start=last)
        assert due(found, plan, "Europe/Berlin") == at("2026-11-23T06:30:00+01:00")


def test_a_manual_sync_is_never_due() -> None:
    plan, found = parse("manual"), standing("manual")
    assert due(found, plan, "UTC") is None
    assert outstanding(found, plan, "UTC", NOW + 100 * DAY) is None


def test_what_was_missed_is_counted_and_its_last_moment_is_the_one_to_run_for() -> None:
    plan = parse("every 1 hour")
    found = replace(standing("every 1 hour"), seen=NOW)
    missed = outstanding(found, plan, "UTC", NOW + 5.5 * HOUR)
    assert missed is not None
    assert (missed.first, missed.last, missed.count) == (NOW + HOUR, NOW + 5 * HOUR, 5)
    plan = parse("daily at 06:30")
    found = standing("daily at 06:30")
    missed = outstanding(found, plan, "UTC", NOW + 3 * DAY)
    assert missed is not None
    assert missed.count == 3
    assert missed.last == at("2026-11-25T06:30:00+00:00")


def test_a_cron_expression_that_was_missed_for_years_is_not_counted_for_ever() -> None:
    plan = parse("cron * * * * *")
    missed = outstanding(standing("cron * * * * *"), plan, "UTC", NOW + 3000 * DAY)
    assert missed is not None
    assert missed.count == 5_000
    assert missed.last == NOW + 3000 * DAY


def test_a_clock_that_was_set_back_holds_nothing_up() -> None:
    every, daily = parse("every 1 hour"), parse("daily at 06:30")
    ran = replace(standing("every 1 hour"), seen=NOW)
    back = NOW - 300 * DAY
    assert due(after_clock_change(ran, every, back), every, "UTC") == back + HOUR
    assert after_clock_change(ran, every, NOW - 0.5 * HOUR) == ran
    ran = standing("daily at 06:30")
    assert due(after_clock_change(ran, daily, back), daily, "UTC") == at("2026-01-27T06:30:00+00:00")
    assert after_clock_change(ran, daily, NOW - 2 * HOUR) == ran, "a run of an hour ago is not done twice"
    later = standing("every 1 hour", start=datetime(2027, 6, 1, tzinfo=UTC))
    assert after_clock_change(later, every, NOW) == later, "one that begins next year was not dealt with"
    alone = replace(ran, retry=NOW + 5 * HOUR)
    assert after_clock_change(alone, daily, NOW).retry == NOW


def test_failures_are_answered_with_more_and_more_patience() -> None:
    assert [backoff(failures) for failures in (1, 2, 3, 4, 7, 100)] == [60, 120, 240, 480, 3600, 3600]


@given(
    minutes=st.integers(1, 3000),
    offset=st.floats(0, 1, exclude_max=True),
    passed=st.floats(0, 10_000_000, allow_nan=False),
)
def test_no_moment_of_every_is_lost_or_doubled(minutes: int, offset: float, passed: float) -> None:
    words = f"every {minutes} minutes"
    plan = parse(words)
    found = begin(words, plan, last_start=None, start=None, now=NOW + offset)
    now = NOW + offset + passed
    missed = outstanding(found, plan, "UTC", now)
    assert missed is not None
    assert missed.count == int(passed / (minutes * 60) + 1e-6) + 1
    following = due(replace(found, seen=missed.last), plan, "UTC")
    assert following is not None
    assert now < following + 1e-3
    assert abs(following - missed.last - minutes * 60) < 1e-3


# every time zone


def transitions(zone: ZoneInfo) -> list[datetime]:
    """Return the days of 2024 to 2032 in which a zone's offset changes."""
    day, last, found = datetime(2024, 1, 1, tzinfo=UTC), None, []
    while day.year < 2033:
        offset = day.astimezone(zone).utcoffset()
        if last is not None and offset != last:
            found.append(day)
        day, last = day + timedelta(days=1), offset
    return found


def zones() -> dict[tuple[str, ...], str]:
    """Return one zone for each way in which clocks are changed."""
    found: dict[tuple[str, ...], str] = {}
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        days = transitions(zone)
        kind = tuple(
            f"{day:%F} {(day - timedelta(days=1)).astimezone(zone):%z} {day.astimezone(zone):%z}" for day in days
        )
        found.setdefault(kind, name)
    return found


ZONES = zones()


def test_many_zones_change_their_clocks() -> None:
    assert len(ZONES) > 20
    assert sum(len(kind) for kind in ZONES) > 300


@pytest.mark.parametrize("name", ZONES.values())
def test_no_daily_run_is_doubled_or_missed_where_clocks_change(name: str) -> None:
    zone = ZoneInfo(name)
    for day in transitions(zone):
        for half_hour in range(9):
            words = f"daily at {half_hour // 2:02}:{half_hour % 2 * 30:02}"
            plan = parse(words)
            begun = begin(words, plan, last_start=None, start=None, now=(day - timedelta(days=3)).timestamp())
            runs = []
            for _ in range(6):
                moment = due(begun, plan, name)
                assert moment is not None
                assert moment > begun.seen
                runs.append(datetime.fromtimestamp(moment, zone))
                begun = replace(begun, seen=moment)
            days = [run.date() for run in runs]
            skipped = [
                days[0] + timedelta(days=number)
                for number in range((days[-1] - days[0]).days)
                if days[0] + timedelta(days=number) not in days
            ]
            assert len(set(days)) == len(days), f"{name} {words}: twice in a day: {runs}"
            # a whole day that a zone leaves out has no run, and no other day is without one
            assert all(schedule_day(zone, each) == 0 for each in skipped), (
                f"{name} {words}: a day without a run: {runs}"
            )


def schedule_day(zone: ZoneInfo, day: object) -> int:
    """Return how many hours of a local day there are."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=36)
    return sum((start + timedelta(hours=hour)).astimezone(zone).date() == day for hour in range(96))


def test_the_words_of_a_standing_change_with_schedule_zone_and_start() -> None:
    known = {
        schedule.words_of(*given)
        for given in (
            ("every 1 hour", "UTC", None),
            ("every  1 hour", "UTC", None),
            ("every 2 hours", "UTC", None),
            ("every 1 hour", "Europe/Berlin", None),
            ("every 1 hour", "UTC", datetime(2026, 1, 1, tzinfo=UTC)),
        )
    }
    assert len(known) == 4
