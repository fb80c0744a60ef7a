"""Every page and state, at both sizes, as it was when it was last looked at and found right."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from textual.pilot import Pilot

from tests.projects import ProjectFolder, backhaul
from tests.tui import acme
from tests.tui.harness import check_snapshot, settled, until
from tests.tui.test_sync_page import skip
from tui.app import Console
from tui.bridge import Bridge
from tui.themes import PALETTES

SIZES = [(80, 24), (160, 45)]
Step = str | tuple[str, ...]

PAGES: dict[str, tuple[Step, ...]] = {
    "home": (),
    "home-of-a-run": (("G", "k"), "orders"),
    "runs": (("4",), "This run left no log"),
    "runs-only-wrong": (("4",), "This run left no log", ("f",), "only runs that went wrong", ("j", "enter"), "4 runs"),
    "runs-found-in-log": (
        ("4",),
        "This run left no log",
        ("j", "j"),
        "partial after 95 s",
        ("w", *"slow", "enter"),
        "1 of 21 lines",
    ),
    "runs-paused": (("4",), "This run left no log", ("space",), "resumes"),
    "run-partial": (("j", "enter"), "user_884", ("tab",), "user_884"),
    "run-request": (("j", "enter"), "user_884", ("enter",), "Response"),
    "run-one-row": (("j", "enter"), "user_884", ("t",), "Send 1 rejected row again"),
    "run-failed": (("enter",), "Why"),
    "course": (("j", "enter"), "user_884", ("v",), "1 of 33 events", ("w", *"+45", "enter"), "25 of 33 events"),
    "course-ended": (("j", "enter"), "user_884", ("v",), "1 of 33 events", ("G",), "this is how it ended"),
    "course-without-log": (("enter",), "Why", ("v",), "cannot be played again"),
    "sync": (("j", "o"), "What can be done", ("j", "j"), "latest content"),
    "sync-never-ran": (("G", "o"), "What can be done"),
    "home-sorted": (("s", "s"), "Last ▾"),
    "home-marked": (("m", "m", "j", "m"), "pause 3"),
    "home-pausing": (("m", "m", "P"), "Pause 2 syncs"),
    "run-stopped": (("4",), "Log", ("j", "j", "j", "j", "enter"), "Blocked by guard"),
    "run-accepting": (("4",), "Log", ("j", "j", "j", "j", "enter"), "Blocked by guard", ("r",), "is blocked by guard"),
    "rejected": (("J",), "Open rejected rows"),
    "sources": (("2",), "customerio", ("j",), "in the environment"),
    "new-source": (("2",), "customerio", ("n",), "▌ bigquery"),
    "source-with-problem": (
        ("2",),
        "customerio",
        ("n",),
        "▌ bigquery",
        ("down", "down", "enter"),
        "best of a read replica",
        ("pagedown",),
        "this is needed",
    ),
    "change-destination": (("2",), "customerio", ("j", "enter"), "api key"),
    "settings": (("j", "c"), "most vanished"),
    "settings-with-problem": (("j", "c"), "lookback", ("tab", "tab", "tab", "tab", "tab"), ("x", "ctrl+s"), "✗"),
    "new-sync": (("n",), "description"),
    "palette": (("colon",), "a command, or words"),
    "palette-of-syncs": (("colon",), "a command, or words", ("r", "u", "n", "space", "e"), "run leads"),
    "palette-nothing": (("colon",), "a command, or words", ("q", "q", "z", "w"), "Unknown command"),
    "help": (("question_mark",), "Run the chosen sync now"),
    "jump": (("ctrl+o",), "a State"),
    "filter": (("slash",), "Filter rows", *(((letter,)) for letter in "cio")),
    "themes": (("C",), "high-contrast"),
    "messages": (("ctrl+c",), ("M",), "it is not running"),
    "explain": (("j", "i"), "whose life", ("u", "_", "1", "enter"), "was never sent"),
}


def named(name: str, size: tuple[int, int]) -> str:
    return f"{name}-{size[0]}x{size[1]}"


async def walk(pilot: Pilot[int], steps: tuple[Step, ...]) -> None:
    """Press keys (tuples) and wait for texts, in turn."""
    for step in steps:
        if isinstance(step, tuple):
            await pilot.press(*step)
        else:
            await until(pilot, step)


LIKE_SMALL = frozenset(
    {
        "change-destination",
        "course-ended",
        "course-without-log",
        "explain",
        "filter",
        "home-pausing",
        "home-sorted",
        "jump",
        "messages",
        "palette",
        "palette-nothing",
        "palette-of-syncs",
        "run-accepting",
        "run-one-row",
        "runs-only-wrong",
        "runs-paused",
        "settings-with-problem",
        "source-with-problem",
        "sync-never-ran",
        "themes",
    }
)
"""Dialogs, and states of pages that are here anyway: at the large size they belong to the longer command."""


def at_sizes() -> Iterator[Any]:
    """Yield each page at each size."""
    for page in PAGES:
        for size in SIZES:
            marks = [pytest.mark.slow] if size != SIZES[0] and page in LIKE_SMALL else []
            yield pytest.param(page, size, marks=marks, id=named(page, size))


@pytest.mark.parametrize(("page", "size"), list(at_sizes()))
async def test_a_page(day: ProjectFolder, page: str, size: tuple[int, int]) -> None:
    app = Console(day.folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "users → cio")
        await settled(pilot)
        await walk(pilot, PAGES[page])
        await check_snapshot(pilot, named(page, size))


@pytest.mark.parametrize("theme", [name for name in PALETTES if name != "dark"])
async def test_home_in_each_theme(day: ProjectFolder, theme: str) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(80, 24)) as pilot:
        app.use_theme(theme, keep=False)
        await until(pilot, "users → cio")
        await check_snapshot(pilot, f"home-{theme}-80x24")


@pytest.mark.parametrize("theme", ["light", "terminal-dark", "no-colour"])
@pytest.mark.parametrize("page", ["sync", "course"])
async def test_a_sync_and_a_course_in_other_colours_and_in_none(day: ProjectFolder, page: str, theme: str) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(80, 24)) as pilot:
        app.use_theme(theme, keep=False)
        await until(pilot, "users → cio")
        await walk(pilot, PAGES[page])
        await check_snapshot(pilot, f"{page}-{theme}-80x24")


@pytest.mark.parametrize("size", SIZES)
async def test_a_schedule_that_is_too_tight(day: ProjectFolder, size: tuple[int, int]) -> None:
    skip(day, "s1", moments=14)
    app = Console(day.folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("j")
        await until(pilot, "too tight")
        await check_snapshot(pilot, named("home-tight", size))
        await pilot.press("o")
        await until(pilot, "14 in the last day")
        await check_snapshot(pilot, named("sync-tight", size))
        await walk(pilot, (("4",), "14 runs"))
        app.act("runs.states", "skipped")
        await until(pilot, "no log")
        await check_snapshot(pilot, named("runs-skipped", size))


PLANNED = [r"took [0-9.]+ s", r"[0-9.]+ kB", r'"messageId": "[^"]*"']
"""Random ids make a plan's file now a little larger, now a little smaller."""


@pytest.mark.parametrize("size", SIZES)
async def test_a_plan(day: ProjectFolder, size: tuple[int, int]) -> None:
    day.write("syncs/accounts.toml", {"id": "s9", "source": "warehouse", "destinations": ["files"], "call": "group"})
    assert (await asyncio.to_thread(backhaul, "run", "accounts", folder=day.folder)).code == 0
    with duckdb.connect(str(day.folder / "warehouse.duckdb")) as connection:
        connection.execute("UPDATE companies SET name = 'Renamed' WHERE company_id = 'c_1'")
        connection.execute("INSERT INTO companies VALUES ('c_9', 'u_2000', 'New one')")
    app = Console(day.folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "accounts → files")
        app.act("home.plan", "accounts")
        await until(pilot, "Renamed")
        await check_snapshot(pilot, named("plan", size), hidden=PLANNED)
        await pilot.press("f")
        await until(pilot, "New one")
        await check_snapshot(pilot, named("plan-new", size), hidden=PLANNED)


@pytest.mark.parametrize("size", SIZES)
async def test_a_plan_that_cannot_be_made(day: ProjectFolder, size: tuple[int, int]) -> None:
    day.write("syncs/accounts.sql", "SELECT nothing FROM nowhere")
    app = Console(day.folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "accounts → files")
        app.act("home.plan", "accounts")
        await until(pilot, "tries again")
        await check_snapshot(pilot, named("plan-failing", size))


@pytest.mark.parametrize("size", SIZES)
async def test_the_test_of_a_source(day: ProjectFolder, size: tuple[int, int]) -> None:
    app = Console(day.folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "users → cio")
        await walk(pilot, (("2",), "customerio", ("ctrl+t",), "✓ works"))
        hidden = [r"[0-9,]+ ms", r"/[^ │]*", r"[0-9]+ bytes|[0-9.,]+ GB|machine's, [^ ]+ [^ ]+"]
        await check_snapshot(pilot, named("sources-tested", size), hidden=hidden)


@pytest.mark.parametrize("size", SIZES)
async def test_the_welcome(still: None, size: tuple[int, int]) -> None:
    app = Console(Path("/srv/analytics"), empty=True)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "Try the demo")
        await check_snapshot(pilot, named("welcome", size))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("page", "key", "text"),
    [("home", "1", "No source yet"), ("sources", "2", "Nothing is connected"), ("runs", "4", "No run yet")],
)
async def test_an_empty_project(
    tmp_path: Path, still: None, page: str, key: str, text: str, size: tuple[int, int]
) -> None:
    app = Console(acme.make_empty(tmp_path / "empty").folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "No source yet")
        await pilot.press(key)
        await until(pilot, text)
        await check_snapshot(pilot, named(f"{page}-empty", size))


@pytest.mark.parametrize("size", SIZES)
async def test_before_the_project_is_read(
    day: ProjectFolder, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    async def never(_bridge: Bridge) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(Bridge, "watch", never)
    app = Console(day.folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "reading the project")
        await check_snapshot(pilot, named("home-loading", size), at_rest=False)


@pytest.mark.parametrize("size", SIZES)
async def test_a_project_that_breaks_while_one_looks(day: ProjectFolder, size: tuple[int, int]) -> None:
    app = Console(day.folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "users → cio")
        await settled(pilot)
        day.write("backhaul.toml", "name = ")
        await until(pilot, "This is not TOML")
        await check_snapshot(pilot, named("home-failing", size))


@pytest.mark.parametrize("size", SIZES)
async def test_unsaved_changes_are_told_when_one_leaves(day: ProjectFolder, size: tuple[int, int]) -> None:
    app = Console(day.folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "users → cio")
        app.open_editor("accounts")
        await until(pilot, "FROM companies")
        await pilot.press("space")
        await until(pilot, "accounts → files *")
        await pilot.press("ctrl+q")
        await until(pilot, "Close the console?")
        await check_snapshot(pilot, named("leaving-unsaved", size))


@pytest.mark.parametrize("size", SIZES)
async def test_the_editor_with_a_finding_and_with_a_preview(day: ProjectFolder, size: tuple[int, int]) -> None:
    day.write("syncs/churn_scores.sql", 'SELECT id AS "userID",\n       churn AS "churn"\nFROM users\n')
    app = Console(day.folder)
    hidden = [r"saved [a-z0-9 ]+", r"[0-9.]+ s(?= )"]
    async with app.run_test(size=size) as pilot:
        await until(pilot, "churn_scores")
        app.open_editor("churn_scores")
        await until(pilot, "FROM users")
        await until(pilot, "●")
        await check_snapshot(pilot, named("editor-finding", size), hidden=hidden)
        await pilot.press("ctrl+n", "ctrl+g")
        await until(pilot, "AS userId")
        await pilot.press("ctrl+r")
        await until(pilot, "u_1000")
        await pilot.press("escape", "j")
        if size[0] >= 120:
            await until(pilot, "No sync of this project")
        await check_snapshot(pilot, named("editor-preview", size), hidden=hidden)
        await pilot.press("ctrl+f")
        await check_snapshot(pilot, named("editor-find", size), hidden=hidden)


@pytest.mark.parametrize("size", SIZES)
async def test_the_editor_of_a_query_that_fails(day: ProjectFolder, size: tuple[int, int]) -> None:
    day.write("syncs/accounts.sql", 'SELECT company_id AS "groupId",\n       nothing AS "name"\nFROM companies\n')
    app = Console(day.folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "accounts")
        app.open_editor("accounts")
        await until(pilot, "FROM companies")
        await pilot.press("ctrl+r")
        await until(pilot, "✗ failed")
        await check_snapshot(pilot, named("editor-failing", size), hidden=[r"saved [a-z0-9 ]+"])
