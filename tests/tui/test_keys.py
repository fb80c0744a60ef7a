"""The tables of keys: whole, without clashes, and the same in footer, help, palette and files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import pytest

from tests.projects import ProjectFolder
from tests.tui.harness import until
from tui.actions import ACTIONS, SCOPES
from tui.acts import ACTS, Consequence
from tui.app import Console
from tui.foreign_key_hints import HABITS
from tui.keys import PRESETS, Keys, clashes, load, shown
from tui.preferences import Preferences
from tui.retired_keys import RETIRED
from tui.screens.alerts import AlertsPage
from tui.screens.base import Page
from tui.screens.connection import ConnectionPage
from tui.screens.editor import Editor
from tui.screens.home import Home
from tui.screens.marked_syncs import MarkedSyncs
from tui.screens.new_sync import NewSync
from tui.screens.plan import PlanPage
from tui.screens.run import RunPage
from tui.screens.run.playback import CoursePage
from tui.screens.run.run_actions import RunActions
from tui.screens.runs import Runs
from tui.screens.settings import SettingsPage
from tui.screens.sources import Sources
from tui.screens.sync import SyncPage
from tui.screens.sync.sync_actions import SyncActions
from tui.screens.welcome import Welcome
from tui.screens.wizard import WizardPage

PAGES: Mapping[str, tuple[type[Page], ...]] = {
    "welcome": (Welcome,),
    "home": (Home,),
    "sources": (Sources,),
    "editor": (Editor,),
    "plan": (PlanPage,),
    "alerts": (AlertsPage,),
    "runs": (Runs,),
    "run": (RunPage,),
    "course": (CoursePage,),
    "sync": (SyncPage,),
    "settings": (SettingsPage, NewSync),
    "form": (ConnectionPage,),
    "wizard": (WizardPage,),
}
"""The pages of each scope."""

DOERS: Mapping[type[Page], type] = {Home: MarkedSyncs, SyncPage: SyncActions, RunPage: RunActions}
"""What a page is composed of that does its actions."""


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_has_every_action_and_no_other(preset: str) -> None:
    table = load(preset).table
    assert {f"{scope}.{action}" for scope, part in table.items() for action in part} == set(ACTIONS)
    assert set(table) == set(SCOPES)


@pytest.mark.parametrize("preset", PRESETS)
def test_no_key_of_a_preset_means_two_things_in_one_place_or_has_two_consequences(preset: str) -> None:
    assert list(clashes(load(preset))) == []


@pytest.mark.parametrize("preset", PRESETS)
def test_a_key_that_sends_is_used_for_nothing_else_on_any_page(preset: str) -> None:
    meanings: dict[str, set[str]] = {}
    for scope, part in load(preset).table.items():
        for name, keys in part.items():
            for key in keys:
                meanings.setdefault(key, set()).add(ACTIONS[f"{scope}.{name}"].act)
    sending = {key: acts for key, acts in meanings.items() if any(ACTS[act] is Consequence.SENDS for act in acts)}
    assert {key for key, acts in sending.items() if len(acts) > 1} == set()
    assert {"r": {"send"}, "t": {"replay_row"}, "T": {"replay_all"}}.items() <= sending.items()


@pytest.mark.parametrize("preset", PRESETS)
def test_an_act_has_the_same_keys_on_every_page(preset: str) -> None:
    found: dict[str, set[tuple[str, ...]]] = {}
    for scope, part in load(preset).table.items():
        for name, keys in part.items():
            found.setdefault(ACTIONS[f"{scope}.{name}"].act, set()).add(keys)
    assert {act for act, keys in found.items() if len(keys) > 1} == set()
    assert set(found) == set(ACTS)


def test_every_action_of_a_page_is_done_by_the_page() -> None:
    assert set(PAGES) | {"global", "list", "text", "read", "dialog"} == set(SCOPES)
    asked = [(action, page) for action in ACTIONS.values() for page in PAGES.get(action.scope, ())]
    missing = {
        (page.__name__, action.id)
        for action, page in asked
        if not any(hasattr(each, f"do_{action.name}") for each in (page, DOERS.get(page)))
    }
    assert missing <= {("NewSync", "settings.plan")}  # it has nothing to plan yet, and shows no key for it
    assert len(asked) > 80


@pytest.mark.parametrize("preset", PRESETS)
async def test_each_key_in_a_footer_does_on_that_page_what_the_footer_says(day: ProjectFolder, preset: str) -> None:
    app = Console(day.folder, chosen=Preferences(theme="dark", preset=preset))
    seen = set()
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, "users → cio")
        for command, shows in (
            ("home", "users → cio"),
            ("sources", "customerio"),
            ("runs", "Log"),
            ("alerts", "lert"),
            ("open users", "user_884"),
            ("course", "1 of 33 events"),
            ("sync users", "What can be done"),
            ("settings users", "most vanished"),
            ("edit users", "Preview"),
            ("plan users", "Plan  users"),
        ):
            for _ in range(2):  # by two ways: as it opens, and with the text left
                page = app.page
                assert page is not None
                hints = list(page.hints())
                keys = {hint: app.keys.shown(hint, typing=not page.takes_letters) for hint in hints}
                for hint, key in keys.items():
                    if key:
                        pressed = next(each for each in app.keys.of(hint) if shown(each) == key)
                        assert app.keys.action(page.scopes, pressed, typing=not page.takes_letters) == hint
                        seen.add(hint)
            app.act("global.command")
            await until(pilot, "a command, or words")
            await pilot.press(*command, "enter")
            await until(pilot, shows)
    assert len(seen) > 40


def test_a_key_that_was_retired_means_nothing_where_it_was_and_leads_to_keys_that_are_there() -> None:
    keys = load("standard")
    for (scope, key), retired in RETIRED.items():
        scopes = [scope, "global"] if scope in ("text", "global") else [scope, "list", "global"]
        assert keys.action(scopes, key, typing=False) is None, (scope, key)
        assert all(keys.of(action) for action in retired.now), retired


async def test_a_key_that_started_a_run_before_does_nothing_and_says_what_does_now(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("ctrl+r")
        await pilot.pause()
        assert app.said[-1][2] == "^R started a run here before. Now press r (run)."
        await pilot.press("S", "R")
        assert [said for _at, _meaning, said in app.said[-2:]] == [
            "S sorted the list here before. Now press s (sort).",
            "R replayed all rejected rows here before. Now press T (replay).",
        ]
        assert app.bridge.running.syncs == frozenset()


@pytest.mark.parametrize("character", ["!", "=", "*", "#", ":", "?", "/"])
async def test_a_character_that_is_a_key_elsewhere_is_typed_into_a_text(day: ProjectFolder, character: str) -> None:
    from textual.keys import _character_to_key

    app = Console(day.folder, chosen=Preferences(theme="dark", preset="vim"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("j", "e")
        await until(pilot, "SELECT")
        page = app.screen
        assert isinstance(page, Editor)
        before = page.code.text
        await pilot.press(_character_to_key(character))
        await until(pilot, lambda: len(page.code.text) == len(before) + 1)
        assert app.screen is page
        assert page.code.text.replace(character, "", 1) == before or character in before


@pytest.mark.parametrize("preset", PRESETS)
def test_every_action_has_a_key_except_what_the_arrows_do_anyway(preset: str) -> None:
    keys = load(preset)
    without = {action for action in ACTIONS if not keys.of(action)}
    assert without <= {f"text.{name}" for name in ("left", "right", "up", "down", "delete")}


@pytest.mark.parametrize("preset", PRESETS)
def test_what_is_done_while_typing_has_a_key_that_types_nothing(preset: str) -> None:
    keys = load(preset)
    typing = [
        f"editor.{name}"
        for name in ("preview", "stop", "next_problem", "fix", "save", "find", "format", "external", "plan")
    ]
    typing += [action for action in ACTIONS if action.startswith(("text.", "form.", "settings."))]
    typing += (
        ["global.jump", "global.back", "global.command", "global.quit"]
        if preset != "vim"
        else ["global.jump", "global.quit"]
    )
    arrows = {f"text.{name}" for name in ("left", "right", "up", "down", "delete")}
    assert [action for action in typing if action not in arrows and not keys.shown(action, typing=True)] == []


@pytest.mark.parametrize("preset", PRESETS)
def test_no_action_needs_a_function_key_or_a_key_that_a_multiplexer_takes(preset: str) -> None:
    taken = {"standard": {"ctrl+a", "ctrl+b", "ctrl+p", "ctrl+p ctrl+q"}, "vim": set(), "emacs": set()}[preset]
    for action, keys in ((action, load(preset).of(action)) for action in ACTIONS):
        usable = [
            key
            for key in keys
            if not (key[:1] == "f" and key[1:].isdigit()) and key not in taken and "enter" not in key.split("+")[1:]
        ]
        assert usable or not keys, action
        assert not taken.intersection(keys), action


@pytest.mark.parametrize("preset", PRESETS)
def test_where_texts_are_the_keys_of_a_page_hide_none_of_the_text(preset: str) -> None:
    table = load(preset).table
    text = {key: action for action, keys in table["text"].items() for key in keys}
    hidden = {
        (key, f"{scope}.{action}", text[key])
        for scope in ("editor", "settings")
        for action, keys in table[scope].items()
        for key in keys
        if key in text
    }
    assert hidden == set()


def clash(changes: Mapping[str, Mapping[str, str]]) -> str:
    with pytest.raises(ValueError, match=" ") as caught:
        load("standard", changes)
    return str(caught.value)


def test_a_users_own_key_takes_the_place_of_the_presets() -> None:
    keys = load("standard", {"home": {"run": "X"}})
    assert keys.action(["home", "global"], "X", typing=False) == "home.run"
    assert keys.action(["home", "global"], "r", typing=False) is None


def test_own_keys_that_clash_or_lead_nowhere_are_refused_in_words() -> None:
    assert clash({"home": {"run": "p"}}) == "p means both home.run and home.plan."
    assert clash({"home": {"run": "v"}}) == "v means both home.run and editor.row: one sends, the other shows."
    assert "no action home.fly" in clash({"home": {"fly": "f"}})
    assert "starts" in clash({"home": {"run": "p p"}})


def test_letters_are_letters_while_a_text_has_the_keys() -> None:
    keys = load("standard")
    assert keys.action(["editor", "text", "global"], "y", typing=True) is None
    assert keys.action(["editor", "text", "global"], "1", typing=True) is None
    assert keys.action(["editor", "text", "global"], "ctrl+g", typing=True) == "editor.fix"
    assert keys.action(["editor", "text", "global"], "escape", typing=True) == "text.leave"


def test_keys_that_are_pressed_one_after_the_other_begin_and_end() -> None:
    keys = load("vim")
    assert keys.begins(["home", "list", "global"], "g", typing=False)
    assert keys.action(["home", "list", "global"], "g g", typing=False) == "list.first"
    assert keys.action(["home", "list", "global"], "g", typing=False) is None


def test_keys_are_written_as_people_read_them() -> None:
    assert [shown(key) for key in ("exclamation_mark", "equals_sign", "alt+slash")] == ["!", "=", "M-/"]
    assert [
        shown(key) for key in ("ctrl+r", "enter", "right_square_bracket e", "alt+x", "f8", "question_mark", "G")
    ] == ["^R", "Enter", "]e", "M-x", "F8", "?", "G"]


def test_each_habit_of_another_tool_leads_to_an_action_that_has_a_key() -> None:
    for preset in PRESETS:
        keys = load(preset)
        assert [
            habit for habit in HABITS.values() if not keys.shown(habit.action) and habit.action != "text.undo"
        ] == []


def test_no_two_actions_of_a_page_share_a_command() -> None:
    for scope in SCOPES:
        commands = [action.command for action in ACTIONS.values() if action.scope in (scope, "global")]
        twice = {command for command in commands if commands.count(command) > 1}
        assert twice <= {"copy"}, (scope, twice)


def test_the_files_of_the_presets_are_the_whole_tables() -> None:
    folder = resources.files("tui").joinpath("keys")
    names = sorted(Path(str(file)).stem for file in folder.iterdir() if str(file).endswith(".toml"))
    assert names == sorted(PRESETS)
    assert all(isinstance(tomllib.loads(folder.joinpath(f"{name}.toml").read_text("utf-8")), dict) for name in names)
    assert isinstance(load("standard"), Keys)


def test_no_page_hides_what_can_be_done_everywhere_behind_an_action_of_the_same_name() -> None:
    everywhere = {action.name for action in ACTIONS.values() if action.scope == "global"}
    hidden = {action.id for action in ACTIONS.values() if action.scope != "global" and action.name in everywhere}
    assert {action.partition(".")[2] for action in hidden} <= {"copy"}, hidden
