"""Every page and state, at both sizes, as it was when it was last looked at and found right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import ProjectFolder
from tests.tui import acme
from tests.tui.harness import check_snapshot, until
from tui.app import Console

SIZES = [(80, 24), (160, 45)]


def named(name: str, size: tuple[int, int]) -> str:
    return f"{name}-{size[0]}x{size[1]}"


@pytest.mark.parametrize("size", SIZES)
async def test_home(day: ProjectFolder, size: tuple[int, int]) -> None:
    app = Console(day.folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "users → cio")
        check_snapshot(app, named("home", size))


@pytest.mark.parametrize("size", SIZES)
async def test_runs(day: ProjectFolder, size: tuple[int, int]) -> None:
    app = Console(day.folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("4")
        await until(pilot, "This run left no log")
        check_snapshot(app, named("runs", size))


@pytest.mark.parametrize("size", SIZES)
async def test_one_run_with_rejected_rows(day: ProjectFolder, size: tuple[int, int]) -> None:
    app = Console(day.folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("j", "enter")
        await until(pilot, "INVALID_EMAIL" if size[0] > 100 else "user_884")
        check_snapshot(app, named("run-partial", size))


@pytest.mark.parametrize("size", SIZES)
async def test_sources(day: ProjectFolder, size: tuple[int, int]) -> None:
    app = Console(day.folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("2")
        await until(pilot, "customerio")
        check_snapshot(app, named("sources", size))


@pytest.mark.parametrize("size", SIZES)
async def test_the_welcome(tmp_path: Path, still: None, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> None:
    app = Console(Path("/srv/analytics"), empty=True)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "Try the demo")
        check_snapshot(app, named("welcome", size))


@pytest.mark.parametrize("size", SIZES)
async def test_an_empty_project(tmp_path: Path, still: None, size: tuple[int, int]) -> None:
    app = Console(acme.make_empty(tmp_path / "empty").folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "No source yet")
        check_snapshot(app, named("home-empty", size))
