"""What a schedule means for people: in words, its next moments, and when it is too tight."""

from __future__ import annotations

from datetime import datetime

import pytest

from core.reports.schedule_health import in_words, is_tight, next_moments, roomier, tight_words


@pytest.mark.parametrize(
    ("skipped", "ran", "tight"),
    [(0, 0, False), (2, 0, False), (3, 0, True), (3, 12, True), (3, 13, False), (40, 90, True)],
)
def test_a_schedule_is_too_tight_where_one_of_five_moments_is_skipped(skipped: int, ran: int, tight: bool) -> None:
    assert is_tight(skipped, ran) is tight


@pytest.mark.parametrize(
    ("words", "took", "better"),
    [
        ("every 15 minutes", [60.0, 1200.0, None], "every 30 minutes"),
        ("every 1 minute", [70.0], "every 2 minutes"),
        ("every 15 minutes", [1.0], "every 20 minutes"),
        ("cron */5 * * * *", [400.0], "every 10 minutes"),
        ("every 1 hour", [], "every 2 hours"),
        ("every 12 hours", [100_000.0], ""),
    ],
)
def test_a_schedule_with_room_is_half_as_much_again_as_the_longest_run(
    words: str, took: list[float | None], better: str
) -> None:
    assert roomier(words, took) == better


def test_a_tight_schedule_says_how_tight_what_to_set_and_that_nothing_is_lost() -> None:
    first, second, third = tight_words("every 15 minutes", 14, 20, [1320.0, None])
    assert first == "The schedule is too tight: 14 of 34 scheduled runs were skipped in a day."
    assert second == 'Set schedule = "every 1 hour", or let the query read less. A run takes up to 22 min.'
    assert third.startswith("No row is lost by it")
    assert "once a day" in tight_words("every 12 hours", 5, 1, [90_000.0])[1]
    assert tight_words("every 15 minutes", 2, 20, [1320.0]) == ()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("every 15 minutes", "every 15 minutes"),
        ("daily at 06:30", "daily at 06:30, Europe/Berlin"),
        ("cron 0 6 * * 1-5", "At 06:00 on Monday through Friday (cron 0 6 * * 1-5), Europe/Berlin"),
        ("manual", "by hand: no schedule starts it"),
    ],
)
def test_a_schedule_is_said_as_people_say_it(words: str, said: str) -> None:
    assert in_words(words, "Europe/Berlin") == said


def test_the_moments_that_follow_the_next_one_keep_the_clock_on_the_wall() -> None:
    due = datetime.fromisoformat("2026-10-24T06:30:00+02:00").timestamp()
    days = [moment - due for moment in next_moments("daily at 06:30", "Europe/Berlin", due)]
    assert days == [0, 90_000, 176_400]  # on the 25th of October clocks go back by an hour
    assert next_moments("every 15 minutes", "UTC", 900.0, 4) == (900.0, 1800.0, 2700.0, 3600.0)
    assert next_moments("manual", "UTC", 5.0) == (5.0,)
