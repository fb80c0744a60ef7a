"""The tables of keys: whole, without clashes, and the same in footer, help, palette and files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import pytest

from tui.actions import ACTIONS, SCOPES
from tui.habits import HABITS
from tui.keys import PRESETS, Keys, clashes, load, shown


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_has_every_action_and_no_other(preset: str) -> None:
    table = load(preset).table
    assert {f"{scope}.{action}" for scope, part in table.items() for action in part} == set(ACTIONS)
    assert set(table) == set(SCOPES)


@pytest.mark.parametrize("preset", PRESETS)
def test_no_key_of_a_preset_means_two_things_in_one_place(preset: str) -> None:
    assert list(clashes(load(preset))) == []


@pytest.mark.parametrize("preset", PRESETS)
def test_every_action_has_a_key_except_what_the_arrows_do_anyway(preset: str) -> None:
    keys = load(preset)
    without = {action for action in ACTIONS if not keys.of(action)}
    assert without <= {f"text.{name}" for name in ("left", "right", "up", "down", "delete")}


@pytest.mark.parametrize("preset", PRESETS)
def test_what_is_done_while_typing_has_a_key_that_types_nothing(preset: str) -> None:
    keys = load(preset)
    typing = [
        f"editor.{name}" for name in ("preview", "next_problem", "fix", "save", "find", "format", "external", "plan")
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
    keys = load("standard", {"home": {"run": "g"}})
    assert keys.action(["home", "global"], "g", typing=False) == "home.run"
    assert keys.action(["home", "global"], "r", typing=False) is None


def test_own_keys_that_clash_or_lead_nowhere_are_refused_in_words() -> None:
    assert clash({"home": {"run": "p"}}) == "p means both home.run and home.pause."
    assert "no action home.fly" in clash({"home": {"fly": "f"}})
    assert "begins" in clash({"home": {"run": "p p"}})


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
        assert twice <= {"stop", "copy"}, (scope, twice)


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
