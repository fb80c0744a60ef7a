"""The page of a sync: what can be done and what comes of it, its trend, its schedule, and when that is too tight."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core import demo
from core.project import load, set_value
from core.reports.history import SyncStatus
from core.reports.ledger_sizes import Known
from core.state.folder import StateFolder
from tests.projects import ProjectFolder, backhaul
from tests.tui import acme
from tests.tui.harness import screen_text, until
from tests.tui.started import record
from tui.app import Console
from tui.messages import Refused
from tui.screens.run import RunPage
from tui.screens.runs import Runs
from tui.screens.sync import SyncPage
from tui.screens.sync.choices import choices
from tui.screens.sync.facts import head_lines
from tui.widgets.table import Table


def a_status(**values: object) -> SyncStatus:
    plain = {
        "sync": "users",
        "id": "s1",
        "enabled": True,
        "description": "",
        "call": "identify",
        "source": "db",
        "destinations": ("cio",),
        "state": "succeeded",
        "last_run": "r1",
        "last_started": acme.NOW - 60,
        "last_seconds": 5.0,
        "rows": 10,
        "acknowledged": 4,
        "rejected": 0,
        "rejected_open": 0,
        "pending": 0,
        "last_sync_times": {"cio": 1_795_269_720},
        "last_states": (),
        "last_sent": (),
        "last_took": (),
        "due": None,
        "next": "",
        "error": None,
        "remedy": None,
        "questions": (),
        "progress": None,
        "causes": (),
    }
    return SyncStatus(**(plain | values))


def ledger(destination: str, rows: int, segments: int = 1) -> Known:
    return Known(destination=destination, last_sync_time=1, rows=rows, bytes=1_000, segments=segments)


def test_each_choice_spells_out_what_comes_of_it_with_its_number() -> None:
    status = a_status(destinations=("cio", "seg"), rejected_open=38, pending=7)
    found = {
        each.name: each for each in choices(status, None, [ledger("cio", 1_000), ledger("seg", 900), ledger("old", 5)])
    }
    assert "up to 1,900 calls" in found["full_refresh"].consequence
    assert found["full_refresh"].asks == ""
    assert "sending them is the next step" in found["full_refresh"].consequence
    assert "the 1,000 rows that are known" in found["from_zero"].consequence
    assert found["replay"].asks == "Send 38 rejected rows of users again"
    assert "7 calls of an earlier run go first" in found["run"].consequence
    assert "sent 4 calls of 10 rows" in found["run"].consequence
    assert found["pause"].word == "Pause the schedule"


def test_what_cannot_be_done_now_says_why(day: ProjectFolder) -> None:
    sync = load(day.folder).syncs["users"]
    running = {each.name: each for each in choices(a_status(state="running"), sync, [])}
    assert "run" not in running
    assert running["stop"].consequence.startswith("Batches in flight")
    assert running["full_refresh"].why_not == "it is running"
    idle = {each.name: each for each in choices(a_status(enabled=False, destinations=()), sync, [])}
    assert idle["replay"].why_not == "no rejected rows"
    assert idle["pause"].word == "Resume the schedule"
    assert "nowhere" in idle["run"].consequence


def test_failures_in_a_row_say_until_when_it_is_left_alone() -> None:
    status = a_status(state="failed", error="It is down.", failures=3, retry=acme.NOW + 600)
    said = "\n".join("".join(part.text for part in each.left) for each in head_lines(status, 80, acme.NOW))
    assert "It failed 3 times in a row; its schedule leaves it alone until 14:12." in said.replace("13:12", "14:12")
    once = head_lines(a_status(failures=1, retry=acme.NOW - 1), 80, acme.NOW)
    assert any("It failed once." in part.text for each in once for part in each.left)


@pytest.mark.parametrize(
    ("key", "title", "command"),
    [
        ("T", "Send 38 rejected rows of users again", ("replay", "users")),
        ("r", "Run users now", ("run", "users")),
    ],
)
async def test_what_sends_is_asked_first_and_only_then_started(
    day: ProjectFolder, monkeypatch: pytest.MonkeyPatch, key: str, title: str, command: tuple[str, ...]
) -> None:
    started = record(monkeypatch)
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        app.act("home.sync", "users")
        await until(pilot, "last_sync_time 2026")
        await pilot.press(key)
        await until(pilot, title)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SyncPage))
        assert started == []
        await pilot.press(key)
        await until(pilot, title)
        await pilot.press("enter")
        await until(pilot, lambda: started == [command])


@pytest.mark.parametrize(("key", "title"), [("0", "Plan from zero  users"), ("A", "Full refresh  users")])
async def test_a_run_of_all_rows_is_planned_and_sends_nothing_by_its_own_key(
    day: ProjectFolder, monkeypatch: pytest.MonkeyPatch, key: str, title: str
) -> None:
    started = record(monkeypatch)
    app = Console(day.folder)
    asked = []

    async def ask(do: str, *_told: object, **words: object) -> dict[str, object]:
        if do != "plan":
            raise Refused({"message": "Not now."})
        asked.append(words)
        return planned(60, 5_000)

    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        monkeypatch.setattr(app.bridge, "ask", ask)
        app.act("home.sync", "users")
        await until(pilot, "last_sync_time 2026")
        await pilot.press(key)
        await until(pilot, title)
        assert (asked[-1]["from_zero"], asked[-1]["full_refresh"]) == (key == "0", key == "A")
        await pilot.press("escape")
        await until(pilot, "What can be done")
        assert started == []
        await pilot.press(key)
        await until(pilot, title)
        await pilot.press("r")
        await until(pilot, lambda: started == [("run", "users", "--from-zero" if key == "0" else "--full-refresh")])


def planned(calls: int, known: int, *questions: dict[str, object]) -> dict[str, object]:
    """Return a plan as the workbench does: so many calls, all of rows that changed, of so many that are known."""
    comparison = {
        "rows": known,
        "changed": calls,
        "unchanged": known - calls,
        "removed": 0,
        "refused": 0,
        "held": 0,
        "added": 0,
        "retried": 0,
        "deletes": 0,
        "known": known,
        "calls": calls,
        "notes": [],
    }
    plan = {
        "destination": "cio",
        "comparison": comparison,
        "questions": list(questions),
        "pending": 0,
        "batches": 1,
        "bytes": 1_000,
        "estimate": None,
        "fields": [],
        "fields_of": 0,
        "changes": [],
        "added": [],
        "removed": [],
        "refused": [],
    }
    return {"deliveries": [plan], "seconds": 0.1}


async def test_a_choice_of_the_list_is_done_with_enter(day: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    started = record(monkeypatch)
    app = Console(day.folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("j", "o")
        await until(pilot, "What can be done")
        app.screen.query_one("#choices", Table).choose("pause")
        await until(pilot, "starts no run until it is resumed")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: app.bridge.snapshot.status("users").enabled is False)
        await until(pilot, "Resume the schedule")
        assert started == []


async def test_the_page_leads_to_runs_of_the_sync_its_last_run_and_its_query(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press(*":sync users", "enter")
        await until(pilot, "What can be done")
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, RunPage))
        await pilot.press("o")
        await until(pilot, "What can be done")
        await pilot.press("h")
        await until(pilot, "of users   5 runs")
        assert isinstance(app.screen, Runs)
        await pilot.press("b")
        await until(pilot, "13 runs")


async def test_frequent_skips_are_told_at_home_and_on_the_page_with_what_to_set(day: ProjectFolder) -> None:
    skip(day, "s1", moments=14)
    app = Console(day.folder)
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, "users → cio")
        app.screen.query_one("#syncs", Table).choose("users")
        await until(pilot, "! The schedule is too tight: 14 of 19 scheduled")
        await pilot.press("o")
        await until(pilot, 'Set schedule = "every 20 minutes"')
        assert "14 in the last day, beside 5 runs" in screen_text(app)


def skip(day: ProjectFolder, sync: str, *, moments: int) -> None:
    """Have due moments of a sync skipped, as the daemon records it."""
    with StateFolder(load(day.folder)).store() as store:
        times = {"first": acme.NOW - 3_000, "last": acme.NOW - 300, "count": moments}
        store.do(
            "insert_skipped",
            id="5c1bbed0",
            sync=sync,
            name="users",
            reason="The previous run was still going.",
            **times,
        )
        store.do("catch_up", sync=sync, run=acme.PLAYED)


async def test_a_sync_that_goes_away_while_one_looks_is_told(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, "users → cio")
        app.act("home.sync", "users")
        await until(pilot, "What can be done")
        (day.folder / "syncs" / "users.toml").unlink()
        await until(pilot, "There is no sync users any more.")
        await pilot.press("r")
        assert app.said[-1][2] == "run: the sync is gone."


async def test_the_page_of_a_real_sync_knows_its_rows_and_plots_its_runs(tmp_path: Path) -> None:
    folder = tmp_path / "backhaul-demo"
    assert demo.make(folder)
    for _ in range(2):
        assert (await asyncio.to_thread(backhaul, "run", "users", folder=folder)).code == 0
    app = Console(folder)
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, "users → ", seconds=30)
        app.act("home.sync", "users")
        await until(pilot, "1,500 rows known")
        await until(pilot, "the last 2 runs")
        assert "up to 1,500 calls and what is new" in screen_text(app)
        set_value(folder / "syncs" / "users.toml", "schedule", "cron 0 6 * * 1-5")
        await until(pilot, "At 06:00 on Monday through")


async def test_from_the_page_of_a_sync_the_tab_of_the_runs_shows_all_of_them(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        app.act("home.sync", "users")
        await until(pilot, "What can be done")
        await pilot.press("4")
        await until(pilot, "13 runs")


async def test_the_header_of_a_page_says_that_its_source_lets_in_a_superuser(day: ProjectFolder) -> None:
    there = {"host": "127.0.0.1", "port": 1, "database": "shop", "user": "admin", "allow_superuser": True}
    day.write("sources/warehouse.toml", {"type": "postgres", **there})
    app = Console(day.folder)
    async with app.run_test(size=(140, 30)) as pilot:
        await until(pilot, "users → cio")
        assert "superuser" not in screen_text(pilot.app)
        app.act("home.sync", "users")
        await until(pilot, "users · superuser")
        assert "› users · superuser" in screen_text(pilot.app)
