"""When a sync is due: its words, the clock on the wall, and the hours that clocks repeat or leave out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.schedule import DEFAULT, Schedule, next_due, parse, parse_duration

BERLIN = "Europe/Berlin"
NOW = datetime(2026, 10, 20, 5, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def runs(words: str, first: str, last: str, timezone: str = BERLIN) -> list[str]:
    """Return the local times at which a sync starts between two moments, when each run begins as it is due."""
    found: list[str] = []
    moment = at(first)
    while True:
        due = next_due(parse(words), timezone, last_start=moment, start=None, now=moment)
        assert due is not None
        assert due > moment
        if due > at(last):
            return found
        found.append(due.astimezone(ZoneInfo(timezone)).strftime("%d %H:%M%z"))
        moment = due


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("every 12 hours", 43_200),
        ("every 1 minute", 60),
        ("every  90   minutes", 5400),
        ("every 60 seconds", 60),
        ("every 1 day", 86_400),
        ("every 2 weeks", 1_209_600),
        (" every 1 hour ", 3600),
    ],
)
def test_every_counts_seconds(words: str, seconds: int) -> None:
    assert parse(words) == Schedule(seconds=seconds)


def test_daily_and_cron_are_cron_expressions_and_manual_is_neither() -> None:
    assert parse("daily at 06:30") == Schedule(cron="30 6 * * *")
    assert parse("daily at 6:05") == Schedule(cron="5 6 * * *")
    assert parse("cron 0 6 * * 1-5") == Schedule(cron="0 6 * * 1-5")
    assert parse("cron  0 6 * * MON-FRI") == Schedule(cron="0 6 * * MON-FRI")
    assert parse("manual") == Schedule()
    assert parse(DEFAULT) == Schedule(seconds=43_200)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", 'write "every 12 hours"'),
        ("hourly", 'write "every 12 hours"'),
        ("Manual", 'write "every 12 hours"'),
        ("every 0 hours", "every minute at the most"),
        ("every 59 seconds", "every minute at the most"),
        ("every hour", "a number and a unit"),
        ("every -1 hours", "a number and a unit"),
        ("every 1.5 hours", "a number and a unit"),
        ("every １２ hours", "a number and a unit"),
        ("every 12 parsecs", "a number and a unit"),
        ("every 521 weeks", "too long"),
        ("every 99999999999999999999999 weeks", "too long"),
        ("daily at 24:00", 'write "every 12 hours"'),
        ("daily at 6:5", 'write "every 12 hours"'),
        ("daily at ６:30", 'write "every 12 hours"'),
        ("cron 1", "five fields"),
        ("cron * * * * * *", "five fields"),
        ("cron @daily", "five fields"),
        ("cron 99 * * * *", "Bad minute"),
        ("cron 0 0 31 2 *", "no cron expression"),
    ],
)
def test_words_that_are_not_understood_are_refused_with_what_is_possible(words: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse(words)


def test_a_duration_is_a_number_and_a_unit() -> None:
    assert [parse_duration(text) for text in ("0 seconds", "10 minutes", " 1 hour ", "2days", "520 weeks")] == [
        0,
        600,
        3600,
        172_800,
        314_496_000,
    ]


def test_a_sync_that_never_ran_is_due_now_or_at_its_start() -> None:
    every = parse("every 1 hour")
    start = NOW + timedelta(days=30)
    assert next_due(every, "UTC", last_start=None, start=None, now=NOW) == NOW
    assert next_due(every, "UTC", last_start=None, start=start, now=NOW) == start


def test_every_counts_from_the_start_of_the_last_run_even_when_that_is_long_ago() -> None:
    every = parse("every 12 hours")
    last = NOW - timedelta(days=3)
    assert next_due(every, "UTC", last_start=last, start=None, now=NOW) == last + timedelta(hours=12)


def test_a_start_in_the_future_holds_back_a_sync_that_ran_before() -> None:
    start = NOW + timedelta(days=5)
    for words in ("every 1 hour", f"daily at {start:%H:%M}"):
        assert next_due(parse(words), "UTC", last_start=NOW, start=start, now=NOW) == start


def test_a_cron_sync_whose_start_is_one_of_its_times_runs_at_that_time() -> None:
    start = at("2026-10-25T06:00:00+00:00")
    assert next_due(parse("daily at 06:00"), "UTC", last_start=None, start=start, now=NOW) == start
    assert next_due(parse("daily at 06:00"), "UTC", last_start=start, start=start, now=start) == start + timedelta(
        days=1
    )


def test_a_start_long_ago_does_not_hold_back() -> None:
    start = NOW - timedelta(days=100)
    assert next_due(parse("daily at 06:00"), "UTC", last_start=NOW, start=start, now=NOW) == NOW + timedelta(hours=1)


def test_a_manual_sync_is_never_due() -> None:
    assert next_due(parse("manual"), BERLIN, last_start=None, start=None, now=NOW) is None
    assert next_due(parse("manual"), BERLIN, last_start=NOW, start=NOW, now=NOW) is None


AUTUMN = ("2026-10-24T12:00:00+02:00", "2026-10-26T12:00:00+01:00")
SPRING = ("2026-03-28T12:00:00+01:00", "2026-03-30T12:00:00+02:00")


@pytest.mark.parametrize(
    ("words", "days", "expected"),
    [
        ("daily at 01:30", AUTUMN, ["25 01:30+0200", "26 01:30+0100"]),
        ("daily at 02:30", AUTUMN, ["25 02:30+0200", "26 02:30+0100"]),
        ("daily at 03:30", AUTUMN, ["25 03:30+0100", "26 03:30+0100"]),
        ("cron 0,30 2 * * *", AUTUMN, ["25 02:00+0200", "25 02:30+0200", "26 02:00+0100", "26 02:30+0100"]),
        ("daily at 01:30", SPRING, ["29 01:30+0100", "30 01:30+0200"]),
        ("daily at 02:30", SPRING, ["29 03:00+0200", "30 02:30+0200"]),
        ("daily at 03:30", SPRING, ["29 03:30+0200", "30 03:30+0200"]),
    ],
)
def test_a_time_of_day_comes_once_a_day_when_clocks_change(
    words: str, days: tuple[str, str], expected: list[str]
) -> None:
    assert runs(words, *days) == expected


def test_every_hour_goes_on_every_hour_when_clocks_change() -> None:
    assert runs("cron 0 * * * *", "2026-10-25T01:30:00+02:00", "2026-10-25T04:00:00+01:00") == [
        "25 02:00+0200",
        "25 02:00+0100",
        "25 03:00+0100",
        "25 04:00+0100",
    ]
    assert runs("every 1 hour", "2026-03-29T00:00:00+01:00", "2026-03-29T04:00:00+02:00") == [
        "29 01:00+0100",
        "29 03:00+0200",
        "29 04:00+0200",
    ]


def test_a_run_within_the_repeated_hour_is_not_followed_by_another_at_once() -> None:
    second_pass = at("2026-10-25T02:10:00+01:00")
    due = next_due(parse("daily at 02:30"), BERLIN, last_start=second_pass, start=None, now=second_pass)
    assert due == at("2026-10-26T02:30:00+01:00")


@given(
    st.sampled_from(["daily at 02:30", "daily at 00:00", "cron */20 * * * *", "cron 30 1-3 * * *", "cron 15 3 * * 0"]),
    st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
    st.datetimes(datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2027-12-31")),
)
@example("daily at 02:30", BERLIN, datetime.fromisoformat("2026-10-25T01:10:00"))
@settings(max_examples=300, deadline=None)
def test_the_next_time_is_always_later_than_the_last_run(words: str, timezone: str, naive: datetime) -> None:
    last = naive.replace(tzinfo=UTC)
    due = next_due(parse(words), timezone, last_start=last, start=None, now=last)
    assert due is not None
    assert last < due <= last + timedelta(days=8)
