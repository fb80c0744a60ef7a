"""What every page can do: key presets, preferences that are kept, copying, saving rows, jumping, zooming, typing ahead."""

from __future__ import annotations

import base64
import csv
import json
import tomllib
from pathlib import Path

import pytest

from tests.projects import ProjectFolder
from tests.tui.harness import screen_text, until
from tests.tui.terminal import on_terminal
from tui.action_app import _Toast
from tui.app import Console
from tui.foreign_key_hints import HABITS
from tui.preferences import Preferences, place, read
from tui.screens.dialogs import Confirm, write_rows
from tui.screens.home import Home
from tui.widgets.table import Table


async def test_vim_keys_move_open_and_close(day: ProjectFolder) -> None:
    app = Console(day.folder, chosen=Preferences(theme="dark", preset="vim"))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        table = app.screen.query_one("#syncs", Table)
        await pilot.press("G")
        assert table.key == "churn_scores"
        await pilot.press("g")
        await until(pilot, "g …")
        await pilot.press("g")
        assert table.cursor == 0
        await pilot.press("space", "r")
        await until(pilot, "Log of")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, Home))
        await pilot.press("Z", "Z")
        await until(pilot, lambda: app.return_code is not None)


async def test_emacs_keys_move_search_and_run_commands(day: ProjectFolder) -> None:
    app = Console(day.folder, chosen=Preferences(theme="dark", preset="emacs"))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        table = app.screen.query_one("#syncs", Table)
        await pilot.press("ctrl+n", "ctrl+n", "ctrl+p")
        assert table.cursor == 1
        await pilot.press("alt+x")
        await until(pilot, "a command, or words")
        await pilot.press(*"edit accounts", "enter")
        await until(pilot, "FROM companies")
        await pilot.press("ctrl+e", "x", "ctrl+a", "y")
        await until(pilot, "ySELECT")
        await pilot.press("ctrl+x", "ctrl+s")
        await until(pilot, lambda: (day.folder / "syncs" / "accounts.sql").read_text("utf-8").startswith("ySELECT"))


@pytest.mark.parametrize("key", sorted(HABITS))
async def test_a_key_of_another_tool_does_something_here_or_is_answered(day: ProjectFolder, key: str) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        before, screen = len(app.said), app.screen
        await pilot.press(key)
        await pilot.pause()
        assert len(app.said) > before or app.screen is not screen or app.pending


async def test_choices_are_kept_and_comments_stay(day: ProjectFolder) -> None:
    place().parent.mkdir(parents=True)
    place().write_text('# mine\n[keys.home]\nrun = "X"\n', "utf-8")
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        assert app.keys.shown("home.run") == "X"
        await pilot.press("C", "j", "enter")
        await until(pilot, lambda: app.theme == "light")
        await until(pilot, lambda: "theme" in place().read_text("utf-8"))
    text = place().read_text("utf-8")
    assert "# mine" in text
    assert tomllib.loads(text) == {"theme": "light", "keys": {"home": {"run": "X"}}}
    assert read().theme == "light"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("theme = 'pink'", "no theme 'pink'"),
        ("preset = 'ed'", "no key preset 'ed'"),
        ("colour = 1", "'colour' is not known"),
        ("= broken", "cannot be read"),
        ("[keys.home]\nrun = 'p'", "p means both home.run and home.plan"),
    ],
)
async def test_a_broken_file_of_preferences_is_told_and_the_console_starts(
    day: ProjectFolder, text: str, said: str
) -> None:
    place().parent.mkdir(parents=True)
    place().write_text(text, "utf-8")
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        assert any(said in told for _at, _meaning, told in app.said), app.said
    assert place().read_text("utf-8") == text


def test_what_is_copied_goes_to_the_terminal_as_osc_52(day: ProjectFolder) -> None:
    with on_terminal(folder=day.folder, size=(100, 30)) as terminal:
        terminal.until("churn_scores")
        terminal.read(0.5)
        terminal.press("y")
        terminal.until("copied")
        start = bytes(terminal.written).index(b"\x1b]52;c;") + 7
        text = base64.b64decode(bytes(terminal.written)[start:].split(b"\x07")[0]).decode()
    assert text.startswith("✗ failed\tleads → cio")


async def test_rows_are_saved_as_csv_and_as_json_lines(day: ProjectFolder, tmp_path: Path) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        app.act("global.export", str(tmp_path / "out" / "syncs.jsonl"))
        await until(pilot, (tmp_path / "out" / "syncs.jsonl").exists)
        await pilot.press("x")
        await until(pilot, "Save 5 rows to")
        await pilot.press("enter")
        await until(pilot, lambda: any(day.folder.glob("home-*.csv")))
    rows = [json.loads(line) for line in (tmp_path / "out" / "syncs.jsonl").read_text("utf-8").splitlines()]
    assert [row["Sync"] for row in rows][:2] == ["leads → cio", "users → cio"]
    with next(day.folder.glob("home-*.csv")).open(encoding="utf-8", newline="") as file:
        assert [row["Sync"] for row in csv.DictReader(file)] == [row["Sync"] for row in rows]


def test_a_cell_that_a_spreadsheet_would_run_is_saved_as_text(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.csv", ["a"], [["=HYPERLINK(1)"], ["-5"], ["@x"], ["plain"]])
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        assert [cell for (cell,) in csv.reader(file)] == ["a", "'=HYPERLINK(1)", "-5", "'@x", "plain"]


def test_rows_are_saved_for_their_owner_only_and_over_nothing(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.csv"
    theirs.write_text("theirs")
    (tmp_path / "link.csv").symlink_to(theirs)
    for name in ("theirs.csv", "link.csv"):
        with pytest.raises(FileExistsError):
            write_rows(tmp_path / name, ["a"], [["1"]])
    assert theirs.read_text() == "theirs"
    write_rows(tmp_path / "new.csv", ["a"], [["1"]])
    assert (tmp_path / "new.csv").stat().st_mode & 0o777 == 0o600


async def test_a_summary_is_saved_over_nothing(day: ProjectFolder) -> None:
    (day.folder / "notes.txt").write_text("mine")
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        app.act("global.summary", "notes.txt")
        await until(pilot, lambda: any("notes.txt is there already" in text for _at, _meaning, text in app.said))
    assert (day.folder / "notes.txt").read_text() == "mine"


async def test_jumping_gives_a_pane_the_keys_and_zooming_the_page(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("ctrl+o")
        await until(pilot, "d Today")
        await pilot.press("d")
        await until(pilot, lambda: app.screen.focused is not None and app.screen.focused.id == "past")
        await pilot.press("z")
        await until(pilot, lambda: "accounts → files                           ✓" not in screen_text(app))
        assert "What happened" in screen_text(app)
        await pilot.press("z")
        await until(pilot, "Schedule")


async def test_what_is_typed_before_a_page_is_open_is_typed_into_it(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press(*":edit accounts", "enter")
        await until(pilot, "FROM companies")
        assert not (day.folder / "syncs" / "accounts.sql").read_text("utf-8").startswith("d")


async def test_a_disabled_action_says_why_when_it_is_pressed(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("ctrl+c")
        assert app.said[-1][2] == "stop: it is not running."


@pytest.mark.parametrize(
    ("page", "shows", "typed", "then"),
    [
        ("4", "Log", "plan leads", "leads"),
        ("4", "Log", "edit accounts", "FROM companies"),
        ("2", "customerio", "settings users", "most vanished"),
        ("2", "customerio", "open users", "user_884"),
        ("3", "SELECT", "sync leads", "What can be done"),
    ],
)
async def test_what_home_does_to_a_sync_is_done_from_every_page_where_it_is_named(
    day: ProjectFolder, page: str, shows: str, typed: str, then: str
) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press(page)
        await until(pilot, shows)
        await pilot.press(*(() if page != "3" else ("escape",)), "colon")
        await until(pilot, "a command, or words")
        await pilot.press(*typed, "enter")
        await until(pilot, then)


async def test_a_command_without_its_sync_asks_which_and_one_that_is_not_there_says_so(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("2")
        await until(pilot, "customerio")
        await pilot.press("colon")
        await until(pilot, "a command, or words")
        await pilot.press(*"plan", "enter")
        await until(pilot, "plan users")
        await pilot.press(*"nobody", "enter")
        await until(pilot, lambda: "There is no sync nobody" in app.said[-1][2] if app.said else False)
        await pilot.press("colon")
        await until(pilot, "a command, or words")
        await pilot.press(*"qqzw", "enter")
        assert "Unknown command" in screen_text(app)


async def test_a_command_is_about_the_sync_that_it_names_and_not_the_chosen_one(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, "users → cio")
        table = app.screen.query_one("#syncs", Table)
        await pilot.press("slash", *"leads", "enter")
        await until(pilot, lambda: len(table.shown) == 1)
        await pilot.press("colon")
        await until(pilot, "a command, or words")
        await pilot.press(*"replay users", "enter")  # leads has no rejected rows, users has
        await until(pilot, "Send 38 rejected rows of users again")
        assert not app.said
        assert table.key == "users"


async def test_a_message_whose_time_is_over_while_it_is_being_shown_does_not_hold_up_the_console(
    day: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, "users → cio")
        monkeypatch.setattr(_Toast, "has_expired", False)  # as it was a moment before
        app._notifications.add(_Toast("gone already", timeout=-1.0))
        app._refresh_notifications()
        await until(pilot, lambda: len(app._notifications) == 0)  # it was shown, and its timer took it away
        await pilot.press("4")
        await until(pilot, "Log")


@pytest.mark.parametrize("command", ["runs", "plan leads", "home"])
async def test_a_command_that_leaves_what_was_typed_asks_first(day: ProjectFolder, command: str) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("j", "c")
        await until(pilot, "most vanished")
        await pilot.press(*"typed", "ctrl+k")
        await until(pilot, "a command, or words")
        await pilot.press(*command, "enter")
        await until(pilot, "Discard unsaved changes?")
        await pilot.press("escape")
        await until(pilot, "most vanished")
        assert "typed" in screen_text(app)
        await pilot.press("ctrl+k")
        await until(pilot, "a command, or words")
        await pilot.press(*command, "enter")
        await until(pilot, "Discard unsaved changes?")
        await pilot.press("enter")
        await until(pilot, lambda: "most vanished" not in screen_text(app) and not isinstance(app.screen, Confirm))
        assert len(app.screen_stack) == (1 if command == "home" else 2)
