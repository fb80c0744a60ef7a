"""Sending from the console: the plan first, a guard's choices on the spot, and nothing that starts by a key that does something else."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Mapping
from typing import Any

import pytest

from core.sync.planning.guards import REJECT_INVALID
from tests.projects import ProjectFolder, backhaul
from tests.tui.harness import screen_text, until
from tui.app import Console
from tui.screens.dialogs import Choose
from tui.screens.editor import Editor
from tui.screens.guard_choices import choice_of, ways_to_send
from tui.screens.home import Home
from tui.screens.plan import PlanPage

INVALID = {
    "guard": "invalid_rows",
    "message": "36 rows have a null or empty id.",
    "remedy": "Fix the ids.",
    "evidence": [],
    "acceptable": False,
    "option": REJECT_INVALID,
    "rejects": 36,
    "sends": 4_964,
}
CHANGED = {"guard": "max_changed", "message": "Many changed.", "remedy": "Look.", "evidence": [], "acceptable": True}


@pytest.fixture
def people(project: ProjectFolder) -> ProjectFolder:
    """A project with a sync `people` that has never run: five people, one of them twice, and one without an id."""
    project.duckdb(
        "CREATE TABLE people AS SELECT 'u_' || n AS id, 'p' || n || '@example.com' AS email FROM range(5) t(n)",
        "INSERT INTO people VALUES (NULL, 'nobody@example.com')",
    )
    project.file()
    project.sync("people", 'SELECT id AS "userId", email FROM people', to=["files"])
    return project


def test_rows_that_are_invalid_can_be_rejected_and_the_rest_sent() -> None:
    assert ways_to_send([INVALID], 5_000) == [
        (
            "--reject-invalid",
            "Reject these 36 and send 4,964",
            "this once; the guard stays as it is",
        )
    ]
    assert ways_to_send([INVALID, CHANGED], 5_000)[0][0] == "--reject-invalid --yes"
    assert ways_to_send([CHANGED], 812) == [("--yes", "Send 812 calls", "this once; the guard stays as it is")]


def test_a_question_that_cannot_be_answered_here_says_what_to_do() -> None:
    closed: Mapping[str, Any] = {**CHANGED, "acceptable": False}
    assert ways_to_send([closed], 1) == []
    assert isinstance(choice_of("people", [closed], 1), Choose)


async def test_the_first_delivery_shows_its_plan_and_a_guard_is_a_choice_on_the_spot(people: ProjectFolder) -> None:
    app = Console(people.folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, "people → files")
        await pilot.press("r")
        await until(pilot, 'Blocked by guard "invalid_rows"')
        assert isinstance(app.screen, PlanPage)
        await until(pilot, "r  reject this row and send 5 · open the query · cancel")
        assert app.bridge.running.syncs == frozenset()
        await pilot.press("r")
        await until(pilot, 'people is blocked by guard "invalid_rows"')
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, Editor))
        await pilot.press("escape", "1")
        await until(pilot, lambda: isinstance(app.screen, Home))
        await pilot.press("r")
        await until(pilot, "send 5 · open")
        await pilot.press("r")
        await until(pilot, "Reject this row and send 5")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Home))
        await until(pilot, "! partial", seconds=30)
    assert len(people.delivered("people")) == 5


async def test_a_sync_that_has_delivered_is_sent_at_once_and_one_that_a_guard_stopped_is_planned(
    people: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []

    async def start_run(self: Console, sync: str, *words: str) -> None:
        started.append((sync, *words))

    people.duckdb("DELETE FROM people WHERE id IS NULL")
    assert (await asyncio.to_thread(backhaul, "run", "people", folder=people.folder)).code == 0
    monkeypatch.setattr(Console, "start_run", start_run)
    app = Console(people.folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, "people → files")
        await pilot.press("r")
        await until(pilot, lambda: started == [("people",)])
        people.duckdb("INSERT INTO people VALUES (NULL, 'nobody@example.com')")
        assert (await asyncio.to_thread(backhaul, "run", "people", folder=people.folder)).code == 1
        await until(pilot, "blocked" if "blocked" in screen_text(app) else "stopped")
        await pilot.press("r")
        await until(pilot, 'Blocked by guard "invalid_rows"')
    assert started == [("people",)]


async def test_a_first_run_without_rows_is_run_from_its_plan(people: ProjectFolder) -> None:
    people.duckdb("DELETE FROM people")
    app = Console(people.folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, "people → files")
        await pilot.press("r")
        await until(pilot, "Nothing to send")
        await pilot.press("r")
        await until(pilot, "✓ done", seconds=30)
        app.act("home.plan", "people")
        await until(pilot, "Nothing to send")
        await pilot.press("r")
        assert app.said[-1][2] == "send it: there is nothing to send."


async def test_a_full_refresh_that_was_confirmed_does_not_ask_again(people: ProjectFolder) -> None:
    people.duckdb("DELETE FROM people", "INSERT INTO people SELECT 'u_' || n, 'x' FROM range(150) t(n)")
    assert (await asyncio.to_thread(backhaul, "run", "people", folder=people.folder)).code == 0
    app = Console(people.folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, "people → files")
        await pilot.press("o")
        await until(pilot, "150 rows known")
        await pilot.press("A")
        await until(pilot, 'Blocked by guard "full_refresh"')
        await pilot.press("r")
        await until(pilot, "Send 150 calls")
        await pilot.press("enter")
        await until(pilot, lambda: len(people.delivered("people")) == 300, seconds=30)


async def test_rejected_rows_are_sent_again_only_after_their_number_was_seen(
    people: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []

    async def replay(self: Console, sync: str, *words: str) -> None:
        started.append(sync)

    assert (await asyncio.to_thread(backhaul, "run", "people", "--reject-invalid", folder=people.folder)).code == 1
    monkeypatch.setattr(Console, "replay", replay)
    app = Console(people.folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, "people → files")
        await pilot.press("T")
        await until(pilot, "Send 1 rejected row of people again")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Home))
        assert started == []
        await pilot.press("T", "enter")
        await until(pilot, lambda: started == ["people"])


async def test_a_console_that_is_closed_lets_go_of_the_run_that_it_began(people: ProjectFolder) -> None:
    people.sync("people", 'SELECT id AS "userId", email FROM people WHERE id IS NOT NULL', to=["files"])
    app = Console(people.folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, "people → files")
        await app.bridge.running.start("run", "people")
        assert app.bridge.running.processes
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        del app, pilot
        gc.collect()
    assert [str(each.message) for each in told if issubclass(each.category, ResourceWarning)] == []
    for _ in range(300):
        if len(people.delivered("people")) == 5:
            break
        await asyncio.sleep(0.1)
    assert len(people.delivered("people")) == 5
