"""A project that came from elsewhere, in the console: it is asked about before anything of it runs, and Enter alone allows nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import project as projects
from tests.projects import ProjectFolder
from tests.tui.harness import until
from tui.app import Console


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[ProjectFolder, Path]:
    """A project whose secrets come from a command that leaves a file behind; and that file."""
    monkeypatch.delenv("BACKHAUL_TRUST", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "user-state"))
    touched, made = tmp_path / "touched", ProjectFolder(tmp_path / "project")
    made.write("backhaul.toml", {"name": "theirs", "secrets": {"from": "command", "command": f"touch {touched}"}})
    made.write("sources/pg.toml", {"type": "postgres", "host": "127.0.0.1", "port": 1, "database": "d", "user": "u"})
    made.sync("users", 'SELECT id AS "userId", name FROM users', to=(), source="pg")
    return made, touched


def said(app: Console, words: str) -> bool:
    return any(words in text for _at, _meaning, text in app.said)


async def test_a_page_runs_nothing_of_a_folder_that_is_not_trusted(stranger: tuple[ProjectFolder, Path]) -> None:
    made, touched = stranger
    app = Console(made.folder)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, "This folder is not trusted yet")
        await until(pilot, "runs the command")
        await pilot.press("enter")
        await until(pilot, lambda: said(app, "Looking only"))
        for page, shows in (("2", "Sources"), ("1", "users"), ("3", "users")):
            await pilot.press(page)
            await until(pilot, shows)
        await app.bridge.ask("secret_list")
        await pilot.pause(0.5)
    assert not touched.exists()
    assert projects.load(made.folder).untrusted
    assert not (made.folder / ".backhaul").exists()


async def test_it_can_be_trusted_there(stranger: tuple[ProjectFolder, Path]) -> None:
    made, touched = stranger
    app = Console(made.folder)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, "This folder is not trusted yet")
        await pilot.press("escape")
        await until(pilot, lambda: said(app, "Looking only"))
        await pilot.press("ampersand")
        await until(pilot, "Trust this folder")
        await pilot.press("down", "enter")
        await until(pilot, lambda: said(app, "This folder is trusted"))
        await app.bridge.ask("secret_list")
    assert touched.exists()
    assert not projects.load(made.folder).untrusted


async def test_what_is_asked_forges_no_line(stranger: tuple[ProjectFolder, Path]) -> None:
    made, _touched = stranger
    alerts = {"page": {"to": "command", "command": ["sh", "-c", "x\n✓ this is allowed"]}}
    made.write("backhaul.toml", {"name": "theirs", "alerts": alerts})
    async with Console(made.folder).run_test(size=(100, 40)) as pilot:
        await until(pilot, "This folder is not trusted yet")
        await until(pilot, "x\\n✓ this is allowed")
