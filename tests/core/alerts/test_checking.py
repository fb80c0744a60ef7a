"""A look at the store finds each trouble, tells it once, and keeps in the store all that it has to know."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.alerts.troubles import stale_from
from core.errors import ProjectError
from core.model import Alert, AlertTo, CallType, Sync, Trouble
from tests.core.alerts.world import START, World

HOUR = 3600.0


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A project with an alert that tells of everything."""
    made = World(tmp_path / "acme", "users", "orders")
    yield made
    made.store.close()


async def test_a_failure_is_told_once_and_its_end_once(world: World) -> None:
    world.run(state="failed", error="The warehouse is away.", remedy="Wait.")
    assert await world.check() == ["new failure users"]
    assert await world.check() == []
    world.run(state="failed", error="The warehouse is away.")
    assert await world.check() == []
    world.run()
    assert await world.check() == ["recovered failure users"]
    assert await world.check() == []
    assert world.notices() == [
        "users failed at 2025-10-09 08:53:20Z: The warehouse is away. Wait. Look: backhaul show run00001",
        "users has recovered, after 70 s: its last run succeeded. Look: backhaul show run00003",
    ]


async def test_the_same_failure_is_told_again_after_a_while_and_says_how_many_there_were(world: World) -> None:
    told = []
    for _ in range(5):
        world.run(state="failed", error="No.")
        told += [each for each in await world.check(HOUR) if "freshness" not in each]
    assert told == ["new failure users", "again failure users"]
    assert [text for text in world.notices() if "failed" in text][-1].startswith(
        "users failed at 2025-10-09 12:53:20Z: No. 5 runs failed in a row, since 2025-10-09 08:53:10Z."
    )


async def test_an_alert_may_wait_for_several_failures_in_a_row(tmp_path: Path) -> None:
    world = World(tmp_path, on=(Trouble.FAILURE, Trouble.RECOVERY), after=3)
    told = []
    for state in ("failed", "failed", "succeeded", "failed", "stopped", "failed", "partial"):
        world.now += 20
        world.run(state=state)
        told.append(await world.check())
    assert told == [[], [], [], [], [], ["new failure users"], ["recovered failure users"]]
    world.store.close()


async def test_a_guard_that_stops_a_run_is_told_with_what_it_asks(world: World) -> None:
    question = {"destination": "cio", "guard": "max_changed", "message": "60% of the rows changed.", "remedy": "Look."}
    world.run(state="stopped", questions=[question])
    assert await world.check() == ["new failure users"]
    assert (
        "was stopped by a guard at 2025-10-09 08:53:20Z: 60% of the rows changed. Look at what it asks"
        in (world.notices()[0])
    )


@pytest.fixture
def gone() -> int:
    """The number of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


async def test_a_run_that_was_killed_is_a_failure_and_one_that_goes_on_is_none(world: World, gone: int) -> None:
    world.run("orders")
    world.run("users", state="running", process=gone)
    world.now += 20
    world.run("orders", state="running", process=os.getpid())
    assert await world.check() == ["new failure users"]
    assert "stopped unexpectedly (killed?)" in world.notices()[0]


async def test_a_run_that_somebody_stopped_is_no_failure_and_no_success(world: World) -> None:
    world.run()
    world.now += 20
    world.run(state="failed", error="The run was stopped.")
    assert await world.check() == []
    world.run(state="failed", error="No.")
    assert await world.check() == ["new failure users"]
    world.now += 20
    world.run(state="failed", error="The run was stopped.")
    assert await world.check() == []
    world.run()
    assert await world.check() == ["recovered failure users"]


async def test_rejected_rows_above_the_share_are_told_with_their_reasons_and_without_whose_they_are(
    world: World,
) -> None:
    person = {"userId": "user_884", "name": "Ann Müller", "email": "ann@example.com"}
    reasons = {'"ann@example.com" of Ann Müller (user_884) is not valid': 8}
    world.run(state="partial", sent=92, reasons=reasons, row=person)
    assert await world.check() == ["new rejected users"]
    (text,) = world.notices()
    assert "users had 8 of 100 calls rejected (8.0%) at 2025-10-09 08:53:20Z: 8 × " in text
    assert "is not valid" in text
    assert not [value for value in person.values() if value in text]
    world.now += 20
    world.run(state="partial", sent=99, reasons={"no": 1})
    assert await world.check() == ["recovered rejected users"]


async def test_rejected_rows_up_to_the_share_are_no_trouble(world: World) -> None:
    world.run(state="partial", sent=95, reasons={"no": 5})
    assert await world.check() == []


async def test_skipped_moments_are_told_and_forgotten_after_a_day_without(world: World) -> None:
    world.run()
    world.skip(count=3)
    assert await world.check() == ["new skipped users"]
    assert "users missed 3 scheduled runs in the last day" in world.notices()[0]
    world.skip()
    assert await world.check() == []
    world.now += 24 * HOUR
    world.run()
    assert "recovered skipped users" in await world.check(120)


async def test_a_sync_without_a_success_grows_stale_and_is_told_so_from_time_to_time(tmp_path: Path) -> None:
    world = World(tmp_path, on=(Trouble.FRESHNESS, Trouble.RECOVERY), fresh_within=7200, repeat=4 * 3600)
    assert await world.check() == []
    assert await world.check(7200) == []
    assert await world.check() == ["new freshness users"]
    told = [await world.check(15 * 60) for _ in range(32)]
    assert [place for place, each in enumerate(told) if each] == [15, 31]
    assert told[15] == ["again freshness users"]
    world.run(state="failed")
    assert await world.check() == []
    world.run(state="partial", sent=1, reasons={"no": 1})
    assert await world.check() == ["recovered freshness users"]
    assert world.notices()[0] == (
        "users has not succeeded for 2.0 h, since 2025-10-09 08:53:35Z. See whether the daemon runs (`backhaul status`)"
        " and what its last run reports. Look: backhaul runs users"
    )
    world.store.close()


async def test_a_sync_that_is_switched_off_raises_nothing_and_what_it_raised_ends_without_a_word(world: World) -> None:
    world.run(state="failed")
    assert await world.check() == ["new failure users"]
    world.change("users", enabled=False)
    assert await world.check(100 * HOUR) == ["new freshness orders"]
    world.change("users", enabled=True)
    assert await world.check() == ["new failure users"]
    # it was stale while it was off: that counts from now on
    assert await world.check(2 * HOUR + 500) == []
    assert await world.check(600) == ["new freshness users"]


async def test_a_broken_file_is_told_by_its_place_and_told_again_when_it_is_fixed(world: World) -> None:
    file = world.project.folder / "syncs" / "leads.toml"
    whole = world.project
    world.project = replace(whole, broken={file: ProjectError("There is no key 'schedul' here.", where=str(file))})
    assert await world.check() == ["new project syncs/leads.toml"]
    assert await world.check(5 * HOUR) == ["new freshness users", "new freshness orders"]
    world.project = whole
    assert await world.check() == ["recovered project syncs/leads.toml"]
    head = ProjectError("This is not TOML: line 3.", where="backhaul.toml")
    assert await world.check(problem=head) == ["new project backhaul.toml"]
    assert await world.check() == ["recovered project backhaul.toml"]
    assert world.notices()[0] == (
        "syncs/leads.toml cannot be used: There is no key 'schedul' here. What it describes does not run until the file is fixed."
        " Look: backhaul status"
    )


async def test_a_file_that_somebody_is_at_work_on_is_left_alone_for_a_minute(world: World) -> None:
    file = world.project.folder / "syncs" / "leads.toml"
    file.parent.mkdir()
    file.write_text("half a li", "utf-8")
    os.utime(file, (world.now, world.now))
    world.project = replace(world.project, broken={file: ProjectError("No.", where=str(file))})
    assert await world.check(50) == []
    assert await world.check(15) == ["new project syncs/leads.toml"]


async def test_an_alert_of_some_syncs_tells_of_no_other(tmp_path: Path) -> None:
    world = World(tmp_path, "users", "orders", syncs=("orders",))
    world.run("users", state="failed")
    world.run("orders", state="failed")
    broken = {tmp_path / "syncs" / f"{name}.toml": ProjectError("No.") for name in ("orders", "leads")}
    broken[tmp_path / "sources" / "db.toml"] = ProjectError("No.")
    world.project = replace(world.project, broken=broken)
    assert await world.check() == ["new failure orders", "new project syncs/orders.toml", "new project sources/db.toml"]
    world.store.close()


async def test_an_alert_that_is_taken_away_leaves_nothing_open(world: World) -> None:
    world.run(state="failed")
    await world.check()
    alerts = world.project.alerts
    world.project = replace(world.project, alerts={})
    assert await world.check() == []
    assert world.store.rows("alert_standings") == []
    world.project = replace(world.project, alerts=alerts)
    assert await world.check() == ["new failure users"]


async def test_a_clock_that_is_set_back_silences_nothing(world: World) -> None:
    world.run(state="failed")
    assert await world.check() == ["new failure users"]
    assert await world.check(-30 * 24 * HOUR) == ["again failure users"]
    assert await world.check() == []
    assert await world.check(2 * HOUR + 600) == ["new freshness users", "new freshness orders"]
    world.now = START + 20
    world.run()
    assert "recovered failure users" in await world.check(20)


async def test_with_no_alert_it_is_noted_since_when_each_sync_is_watched(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.project = replace(world.project, alerts={})
    world.run(state="failed")
    assert await world.check() == []
    assert [tuple(row) for row in world.store.rows("watched")] == [("id-users", world.now)]
    world.store.close()


async def test_a_thousand_syncs_are_looked_at_in_a_few_queries(tmp_path: Path) -> None:
    world = World(tmp_path, *(f"sync{number}" for number in range(1000)))
    for number in range(1000):
        with world.store.transaction():
            world.run(f"sync{number}", state="failed" if number % 50 == 0 else "succeeded")
    assert len(await world.check()) == 20
    asked: list[str] = []
    world.store._connection.set_trace_callback(asked.append)
    world.alerts()._look(world.project, world.now, None)
    assert len([each for each in asked if each.lstrip().upper().startswith(("SELECT", "WITH"))]) <= 12
    world.store.close()


@pytest.mark.parametrize(
    ("schedule", "since", "stale"),
    [
        ("every 1 hour", "2026-03-02 10:00", "2026-03-02 12:10"),
        ("every 12 hours", "2026-03-02 10:00", "2026-03-03 10:10"),
        ("daily at 06:30", "2026-03-02 06:31", "2026-03-04 06:40"),
        ("cron 0 6 * * 1-5", "2026-03-06 06:01", "2026-03-10 06:10"),
        ("manual", "2026-03-06 06:01", None),
    ],
)
def test_without_an_age_of_its_own_a_sync_is_stale_after_two_due_moments(
    schedule: str, since: str, stale: str | None
) -> None:
    sync = Sync(
        name="a", id="a", description="", source="", destinations=(), call=CallType.TRACK, query="", schedule=schedule
    )
    found = stale_from(Alert(name="a", to=AlertTo.TERMINAL), sync, moment(since))
    assert found == (None if stale is None else moment(stale))


def test_a_sync_that_is_run_by_hand_is_stale_only_where_it_is_named() -> None:
    sync = Sync(
        name="a", id="a", description="", source="", destinations=(), call=CallType.TRACK, query="", schedule="manual"
    )
    every = Alert(name="x", to=AlertTo.TERMINAL, fresh_within=60)
    assert stale_from(every, sync, 0.0) is None
    assert stale_from(replace(every, syncs=("a",)), sync, 0.0) == 60.0


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
