"""What the agenda decides: what starts and when, what is skipped and caught up, who is left alone, who waits for whom."""

from __future__ import annotations

import gc
import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.daemon.jobs import Job, Outcome
from core.schedule import AWAY, BUSY, FULL, Schedule, Standing, outstanding, parse
from core.schedule import HELD as IN_USE
from tests.core.daemon.bench import BAD, GOOD, HELD, NOW, STOPPED, WRONG, Bench, project, sync

MINUTE, HOUR = 60.0, 3600.0


def test_a_sync_starts_when_it_is_due_and_again_and_again() -> None:
    bench = Bench(project(sync("users", "every 1 minute")))
    bench.until(NOW + 3.5 * MINUTE)
    assert bench.times("users") == [0, 60, 120, 180]
    assert [job.cause for _at, job in bench.started] == ["schedule"] * 4
    assert not bench.skipped


def test_a_run_that_waited_does_not_move_those_after_it() -> None:
    bench = Bench(project(sync("a", "every 1 minute"), sync("b", "every 1 minute"), workers=1), takes=lambda _job: 10)
    bench.until(NOW + 2.6 * MINUTE)
    assert bench.times("a") == [0, 60, 120]
    first, second, third = bench.times("b")
    assert first == 10
    assert 40 <= second <= 100, "it began in a crowd, and has a place of its own"
    assert third == pytest.approx(second + 60)


def test_what_is_due_while_it_runs_is_skipped_and_caught_up_once() -> None:
    lengths = iter([200.0, 1.0, 1.0])
    bench = Bench(project(sync("users", "every 1 minute")), takes=lambda _job: next(lengths))
    bench.until(NOW + 4.5 * MINUTE)
    assert bench.times("users") == [0, 200, 240]
    assert [job.cause for _at, job in bench.started] == ["schedule", "caught up", "schedule"]
    assert [(skip.count, skip.reason, skip.goes_on) for _at, skip in bench.skipped] == [
        (1, BUSY, False),
        (1, BUSY, True),
        (1, BUSY, True),
    ]
    assert len(bench.caught_up) == 3, "each run is told to the skipped rows; only the first finds some"


def test_a_machine_that_slept_catches_up_once() -> None:
    bench = Bench(project(sync("users", "every 1 hour"), sync("daily", "daily at 06:30")))
    bench.until(NOW + HOUR + 5)
    bench.now += 100.5 * HOUR
    before = len(bench.started)
    bench.take(bench.agenda.tick(bench.now))
    woken = [job for _at, job in bench.started[before:]]
    assert sorted(job.name for job in woken) == ["daily", "users"]
    assert {(skip.name, skip.count, skip.reason) for _at, skip in bench.skipped} == {
        ("users", 99, AWAY),
        ("daily", 3, AWAY),
    }
    bench.until(bench.now + 0.75 * HOUR)
    assert bench.times("users")[-1] == 102 * HOUR, "and the grid is where it was"


def test_what_was_due_while_no_daemon_ran_is_caught_up_by_the_next_one() -> None:
    bench = Bench(project(sync("users", "every 1 hour")))
    bench.until(NOW + 2.5 * HOUR)
    bench.now += 10 * HOUR
    bench.restart()
    bench.until(bench.now + 1)
    assert bench.times("users") == [0, HOUR, 2 * HOUR, 12.5 * HOUR]
    assert [(skip.count, skip.reason) for _at, skip in bench.skipped] == [(9, AWAY)]


def test_a_daemon_that_died_before_a_run_began_begins_with_that_run() -> None:
    bench = Bench(project(sync("users", "every 1 hour")), comes_to=lambda _job: replace(GOOD, run=""))
    bench.until(NOW + 0.5)
    bench.comes_to = lambda _job: GOOD
    bench.restart()
    bench.until(NOW + 2)
    assert [job.due for _at, job in bench.started] == [NOW, NOW]


def test_skips_that_were_not_caught_up_when_a_daemon_ended_are_caught_up_by_the_next() -> None:
    bench = Bench(project(sync("users", "every 1 minute")), takes=lambda _job: 150)
    bench.until(NOW + 2.2 * MINUTE)
    assert sum(skip.count for _at, skip in bench.skipped) == 2
    bench.caught_up.clear()
    bench.restart()
    bench.until(bench.now + 1)
    assert bench.started[-1][1].cause == "caught up"


def test_a_sync_that_keeps_failing_is_left_alone_for_longer_and_longer() -> None:
    bench = Bench(project(sync("users", "every 1 minute")), comes_to=lambda _job: BAD)
    bench.until(NOW + 40 * MINUTE)
    gaps = [
        round(later - earlier) for earlier, later in zip(bench.times("users"), bench.times("users")[1:], strict=False)
    ]
    assert gaps == [61, 121, 241, 481, 961]
    assert bench.kept["id-users"].standing.failures == 6
    bench.comes_to = lambda _job: GOOD
    bench.until(NOW + 70 * MINUTE)
    assert bench.kept["id-users"].standing.failures == 0
    assert bench.times("users")[-1] - bench.times("users")[-2] == 60, (
        "once it has recovered it is on its schedule again"
    )


def test_a_daily_sync_that_failed_is_tried_again_before_the_next_day() -> None:
    bench = Bench(project(sync("users", "every 1 day")), comes_to=lambda _job: BAD)
    bench.until(NOW + 10 * MINUTE)
    assert [job.cause for _at, job in bench.started] == ["schedule", "retry", "retry", "retry"]


@pytest.mark.parametrize("outcome", [WRONG, replace(WRONG, state="stopped")])
def test_what_only_a_person_can_fix_waits_for_its_next_due_moment(outcome: Outcome) -> None:
    bench = Bench(project(sync("users", "every 1 hour")), comes_to=lambda _job: outcome)
    bench.until(NOW + 3.5 * HOUR)
    assert [job.cause for _at, job in bench.started] == ["schedule"] * 4


def test_one_that_a_person_stopped_does_not_begin_again_before_it_is_due() -> None:
    outcomes = iter([STOPPED, STOPPED, GOOD, GOOD])
    bench = Bench(project(sync("users", "every 5 minutes")), comes_to=lambda _job: next(outcomes))
    bench.until(NOW + 4 * MINUTE)
    assert bench.times("users") == [0]
    assert bench.kept["id-users"].standing.failures == 0
    bench.until(NOW + 6 * MINUTE)
    assert bench.times("users") == [0, 300]


def test_a_sync_that_another_program_holds_is_tried_again_soon_and_its_moment_is_recorded() -> None:
    outcomes = iter([HELD, HELD, HELD, HELD, GOOD, GOOD])
    bench = Bench(project(sync("users", "every 1 hour")), comes_to=lambda _job: next(outcomes), takes=lambda _job: 0.1)
    bench.until(NOW + MINUTE)
    assert [(skip.count, skip.reason) for _at, skip in bench.skipped] == [(1, IN_USE)]
    assert [job.cause for _at, job in bench.started] == ["schedule"] + ["caught up"] * 4
    assert bench.kept["id-users"].standing.failures == 0


def test_a_job_that_came_to_no_run_has_its_moment_recorded() -> None:
    gone = Outcome(state="failed", error="its file is broken", exit_code=2)
    bench = Bench(project(sync("users", "every 1 hour")), comes_to=lambda _job: gone)
    bench.until(NOW + MINUTE)
    assert [(skip.count, skip.reason) for _at, skip in bench.skipped] == [(1, "its file is broken")]


def test_workers_sources_and_destinations_have_their_limits() -> None:
    many = [sync(f"a{number}", "every 1 day", source="slow") for number in range(20)]
    others = [sync(f"b{number}", "every 1 day", source="fast", to=("cio",)) for number in range(20)]
    bench = Bench(project(*many, *others, at_once=2, workers=6), takes=lambda _job: 10)
    bench.until(NOW + 5)
    assert sorted(job.name for _at, job in bench.started) == ["a0", "a1", "b0", "b1"], (
        "a full source holds back nobody else"
    )
    bench.until(NOW + HOUR)
    assert len(bench.started) == 40
    assert bench.most_at_once == 4
    assert not bench.skipped


def test_those_who_wait_longest_come_first() -> None:
    bench = Bench(
        project(sync("quick", "every 1 minute"), *(sync(f"s{n}", "every 1 hour") for n in range(10)), workers=1),
        takes=lambda _job: 25,
    )
    bench.until(NOW + 10 * MINUTE)
    first = {job.name: at for at, job in reversed(bench.started)}
    assert len(first) == 11, "the one that is due every minute keeps nobody away"
    assert {skip.reason for _at, skip in bench.skipped} <= {BUSY, FULL}


def test_what_a_person_asks_for_comes_first_and_is_refused_while_it_runs() -> None:
    bench = Bench(project(*(sync(f"s{n}", "every 1 hour") for n in range(5)), workers=1), takes=lambda _job: 10)
    bench.until(NOW + 1)
    asked = Job(sync="id-s4", name="s4", cause="request", request=7)
    assert bench.agenda.ask(asked) == []
    (answer,) = bench.agenda.ask(replace(asked, request=8))
    assert answer.outcome.error == "s4 is running already."
    bench.until(NOW + 11)
    assert [job.name for _at, job in bench.started] == ["s0", "s4"]
    (answer,) = bench.agenda.ask(replace(asked, request=9))
    assert answer.request == 9


def test_what_was_asked_for_can_be_taken_back() -> None:
    bench = Bench(project(*(sync(f"s{n}", "manual") for n in range(2)), workers=1), takes=lambda _job: 10)
    for name in ("s0", "s1"):
        bench.agenda.ask(Job(sync=f"id-{name}", name=name, cause="request", request=len(name)))
    bench.take(bench.agenda.tick(NOW))
    (answer,) = bench.agenda.give_up("id-s1")
    assert "cancelled before it started" in answer.outcome.error
    bench.until(NOW + HOUR)
    assert [job.name for _at, job in bench.started] == ["s0"]


def test_a_paused_sync_does_not_run_and_misses_nothing_when_it_goes_on() -> None:
    on = sync("users", "every 1 hour")
    bench = Bench(project(on))
    bench.until(NOW + 1.5 * HOUR)
    bench.load(project(replace(on, enabled=False)))
    bench.until(NOW + 10.5 * HOUR)
    assert bench.times("users") == [0, HOUR]
    bench.load(project(on))
    bench.until(NOW + 12 * HOUR)
    assert bench.times("users") == [0, HOUR, 10.5 * HOUR, 11.5 * HOUR]
    assert not bench.skipped, "nobody wanted it to run meanwhile"


def test_another_schedule_holds_from_when_it_is_read() -> None:
    bench = Bench(project(sync("users", "every 1 day")))
    bench.until(NOW + HOUR)
    bench.load(project(sync("users", "every 1 minute")))
    bench.until(NOW + HOUR + 2.5 * MINUTE)
    assert bench.times("users") == [0, HOUR, HOUR + 60, HOUR + 120]


def test_files_that_are_read_anew_change_nothing_of_what_runs() -> None:
    bench = Bench(project(sync("users", "every 1 minute")), takes=lambda _job: 90)
    bench.until(NOW + 10)
    bench.load(project(sync("users", "every 1 minute"), sync("more", "every 1 hour")))
    bench.until(NOW + 80)
    assert bench.times("users") == [0]
    assert sum(skip.count for _at, skip in bench.skipped) == 1
    bench.until(NOW + 100)
    assert bench.times("users") == [0, 90]


def test_a_clock_that_is_set_back_or_forward_stops_nothing() -> None:
    bench = Bench(project(sync("users", "every 1 hour"), sync("daily", "daily at 06:30")))
    bench.until(NOW + 3.5 * HOUR)
    bench.now -= 400 * 24 * HOUR
    bench.take(bench.agenda.tick(bench.now))
    bench._ends.clear()
    before = len(bench.started)
    bench.days(2)
    assert len([job for _at, job in bench.started[before:] if job.name == "users"]) in (47, 48)
    assert len([job for _at, job in bench.started[before:] if job.name == "daily"]) == 2
    bench.now += 4000 * 24 * HOUR
    before = len(bench.started)
    bench.days(1)
    assert len([job for _at, job in bench.started[before:] if job.name == "users"]) in (24, 25)


@pytest.mark.parametrize("months", [3, pytest.param(12, marks=pytest.mark.slow)])
def test_months_of_twenty_syncs_account_for_every_due_moment_with_flat_memory(months: int) -> None:
    """Runs of all lengths, failures of all kinds, restarts, sleep: each due moment is run for, or skipped and told; none is both."""
    chance = random.Random(7)
    words = ["every 15 minutes", "every 1 hour", "every 12 hours", "daily at 02:30", "cron 0 6 * * 1-5"]
    zones = ["UTC", "Europe/Berlin", "America/New_York"]
    syncs = [
        sync(f"s{number}", words[number % 5], timezone=chance.choice(zones), start=datetime.fromtimestamp(NOW, UTC))
        for number in range(20)
    ]
    outcomes = [GOOD] * 30 + [BAD, BAD, WRONG, HELD, STOPPED, replace(GOOD, state="partial")]
    bench = Bench(
        project(*syncs),
        takes=lambda _job: chance.expovariate(1 / 90),
        comes_to=lambda _job: chance.choice(outcomes),
    )
    began = {keep.sync: keep.standing for keep in bench.kept.values()}
    objects = []
    for _month in range(months):
        for _ in range(30):
            bench.days(1)
            if chance.random() < 0.1:
                bench.now += chance.uniform(0, 5) * HOUR  # asleep, or switched off
            if chance.random() < 0.1:
                bench.restart()
        bench.started.clear()
        bench.skipped.clear()
        bench.caught_up.clear()
        gc.collect()
        objects.append(len(gc.get_objects()))
    assert objects[-1] < objects[1] + 500, f"something grows from month to month: {objects}"
    assert sum(bench.ran_for.values()) > 4_000 * months
    assert sum(bench.skipped_for.values()) > 80 * months
    bench.comes_to, bench.takes = (lambda _job: GOOD), (lambda _job: 0.0)
    bench.until(bench.now + 2 * HOUR)
    for each in syncs:
        plan = parse(each.schedule)
        dealt_with = bench.ran_for[each.name] + bench.skipped_for[each.name]
        assert dealt_with == moments(began[each.id], plan, each.timezone, bench.now), each.schedule


def moments(standing: Standing, plan: Schedule, timezone: str, now: float) -> int:
    """Count all due moments since a schedule began."""
    count = 0
    while found := outstanding(standing, plan, timezone, min(now, standing.seen + 30 * 86_400)):
        count += found.count
        standing = replace(standing, seen=found.last)
        if standing.seen + 30 * 86_400 > now and outstanding(standing, plan, timezone, now) is None:
            break
    return count
