"""A page that is asked before it is open, or while the console is being closed, ignores it: a browser's tab may be closed at any moment."""

from __future__ import annotations

import asyncio

import pytest

from tests.projects import ProjectFolder
from tests.tui.harness import until
from tui.app import Console
from tui.messages import SnapshotRead
from tui.screens.base import Page
from tui.screens.home import Home
from tui.screens.run.page import RunPage
from tui.screens.runs import Runs
from tui.screens.sources import Sources


@pytest.mark.parametrize("turns", [*range(12), 20, 40, 80, 160])
async def test_a_console_that_is_closed_while_it_opens_does_not_crash(day: ProjectFolder, turns: int) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(160, 45)):
        for _ in range(turns):
            await asyncio.sleep(0)
        app.exit(0)
    assert app.return_code == 0


async def test_a_page_that_is_asked_after_its_widgets_are_gone_ignores_it(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, "users")
        home = app.screen
        assert isinstance(home, Home)
        await home.remove_children()
        app.exit(0)
        home.on_screen_resume()
        home.on_mount()
        home.tick()
    assert app.return_code == 0


async def test_what_is_read_while_the_page_of_a_run_is_being_closed_is_not_shown(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, "users")
        await pilot.press("j", "enter")
        await until(pilot, "user_884")
        page = app.screen
        assert isinstance(page, RunPage)
        await page.remove_children()
        app.exit(0)
        app.on_snapshot_read(SnapshotRead(app.bridge.snapshot))
        page.refresh_bars()
    assert app.return_code == 0


@pytest.mark.parametrize("page", [Home, Runs, Sources])
async def test_a_page_that_is_not_open_yet_ignores_it(day: ProjectFolder, page: type[Page]) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, "users")
        app.push_screen(opened := page())
        opened.show_now()
        await until(pilot, lambda: opened.is_ready)
        assert not app.return_code
