"""A project that came from elsewhere, in the console: it is asked about before anything of it runs, and Enter alone allows nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import project as projects
from tests.projects import ProjectFolder
from tests.tui.harness import screen_text, until
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


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_nothing_is_allowed_that_was_not_on_screen(
    stranger: tuple[ProjectFolder, Path], size: tuple[int, int]
) -> None:
    """Commands come first, and what does not fit is shown page by page: only the last one offers to trust."""
    made, touched = stranger
    alerts = {f"a{number}": {"to": "webhook"} for number in range(9)}
    words = ["touch", str(touched), *(f"word-{number}" for number in range(400)), "the-last-word"]
    alerts["z"] = {"to": "command", "command": words}
    made.write("backhaul.toml", {"name": "theirs", "secrets": {"from": "environment"}, "alerts": alerts})
    app = Console(made.folder)
    seen = ""
    async with app.run_test(size=size) as pilot:
        await until(pilot, "alerts/z: it runs the command")
        number = 1
        while "Trust this folder" not in (screen := screen_text(app)):
            assert "before you can trust it" in screen
            seen += screen
            await pilot.press("down", "enter")
            number += 1
            await until(pilot, f"({number} of ")
        seen += screen
        assert "the-last-word" in seen
        assert all(f"alerts/a{each}: it sends alerts" in seen for each in range(9))
        await pilot.press("enter")
        await until(pilot, lambda: said(app, "Looking only"))
    assert projects.load(made.folder, looking=True).untrusted
