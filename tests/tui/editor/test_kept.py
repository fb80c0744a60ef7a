"""Nothing typed is lost, and no change from outside is written over: buffers, files, and the dialogs about them."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tests.projects import ProjectFolder
from tests.tui.editor.bench import editor
from tests.tui.harness import until
from tui.buffers import Buffer, Keeper, digest, keep, load, unsaved
from tui.screens.editor import Editor
from tui.screens.editor.texts import write_query


def query(project: ProjectFolder, sync: str = "users") -> Path:
    return project.folder / "syncs" / f"{sync}.sql"


def state(project: ProjectFolder) -> Path:
    return project.folder / ".backhaul"


def outside(file: Path, text: str) -> None:
    """Change a file so that its time differs, too."""
    file.write_text(text)
    os.utime(file, (time.time() + 5, time.time() + 5))


def said(page: Editor, words: str) -> bool:
    return any(words in text for _moment, _meaning, text in page.console.said)


async def test_what_is_typed_is_on_disk(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, _page, _bench):
        await pilot.press("x")
        await until(pilot, lambda: load(state(project), "users") is not None)
        kept = load(state(project), "users")
        assert kept is not None
        assert kept.text.startswith("x--")
        assert kept.cursor == (0, 1)


async def test_after_a_kill_all_unsaved_texts_are_there_again(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, _bench):
        await pilot.press("x")
        page.open_sync("leads")
        await pilot.press("y")
        page.keep_text()  # what the console does when the terminal goes away; nothing is done after it
    async with editor(project.folder, "leads") as (pilot, page, _bench):
        assert page.code.text.startswith("y")
        assert page.crumb == "leads *"
        assert said(page, "Unsaved changes restored: leads, users.")
        await pilot.press("escape", "greater_than_sign")
        await until(pilot, lambda: page.shown is not None and page.shown.sync == "users")
        assert page.code.text.startswith("x")


async def test_leaving_the_page_keeps_at_once(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, _page, _bench):
        await pilot.press("x", "escape", "1")
        await until(pilot, lambda: unsaved(state(project)) == ["users"])


async def test_closing_the_console_says_what_is_not_saved(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, _page, _bench):
        await pilot.press("x", "ctrl+q")
        await until(pilot, "users has unsaved changes. They are kept")


async def test_each_text_keeps_its_cursor_and_its_history(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, _bench):
        await pilot.press("x", "down")
        page.open_sync("leads")
        await pilot.press("y")
        page.open_sync("users")
        await pilot.pause()
        assert page.code.cursor_location == (1, 1)
        await pilot.press("ctrl+z")
        assert page.code.text == page.shown.file
        page.open_sync("leads")
        await pilot.press("ctrl+z")
        assert not page.unsaved_texts()


async def test_saving_writes_the_file_and_forgets_the_buffer(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, _bench):
        await pilot.press("minus", "minus", "enter")
        await until(pilot, lambda: unsaved(state(project)) == ["users"])
        assert page.crumb == "users *"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: said(page, "users.sql is saved."))
        assert query(project).read_text() == page.code.text
        assert unsaved(state(project)) == []
        assert page.crumb == "users"
        await pilot.press("ctrl+z", "ctrl+z")
        await until(pilot, lambda: page.crumb == "users *")


async def test_all_are_saved_together(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, _bench):
        await pilot.press("minus", "minus", "enter")
        page.open_sync("leads")
        await pilot.press("minus", "minus", "enter", "alt+s")
        await until(pilot, lambda: not page.unsaved_texts())
        assert query(project).read_text().startswith("--\n")
        assert query(project, "leads").read_text().startswith("--\n")


async def test_a_file_changed_outside_is_read_again_where_nothing_is_unsaved(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, _bench):
        outside(query(project), "select 1 as id\n")
        await until(pilot, lambda: page.code.text == "select 1 as id\n")
        assert said(page, "users.sql was changed outside; reloaded.")
        assert not page.unsaved_texts()


@pytest.mark.parametrize("answer", ["mine", "theirs", "see", "escape"])
async def test_a_file_changed_outside_under_unsaved_text_is_asked_about(project: ProjectFolder, answer: str) -> None:
    async with editor(project.folder, "users") as (pilot, page, _bench):
        await pilot.press("x")
        mine = page.code.text
        outside(query(project), "select 1 as theirs\n")
        await until(pilot, "users.sql was changed outside, and here")
        if answer == "see":
            await pilot.press("down", "down", "enter")
            await until(pilot, "− select 1 as theirs")
            await pilot.press("escape")
            await until(pilot, "users.sql was changed outside, and here")
        await pilot.press(
            *{"mine": ("enter",), "theirs": ("down", "enter"), "see": ("enter",), "escape": ("escape",)}[answer]
        )
        await until(pilot, lambda: page.is_current)
        if answer == "theirs":
            await until(pilot, lambda: page.code.text == "select 1 as theirs\n")
            await pilot.press("ctrl+z")
        assert page.code.text == mine
        assert query(project).read_text() == "select 1 as theirs\n"
        await pilot.press("ctrl+s")
        if answer == "escape":
            await until(pilot, "users.sql was changed outside, and here")
            assert query(project).read_text() == "select 1 as theirs\n"
            await pilot.press("enter")
        await until(pilot, lambda: query(project).read_text() == mine)


async def test_an_unsaved_text_whose_file_changed_meanwhile_is_asked_about_when_it_is_opened(
    project: ProjectFolder,
) -> None:
    keep(state(project), Buffer(sync="users", text="mine", base=digest("something older")))
    async with editor(project.folder, "users") as (pilot, page, _bench):
        await until(pilot, "users.sql was changed outside, and here")
        assert page.code.text == "mine"


async def test_a_file_that_cannot_be_written_says_so_and_nothing_is_lost(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_words: object) -> bool:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tui.screens.editor.keeping.write_query", full)
    async with editor(project.folder, "users") as (pilot, page, _bench):
        await pilot.press("x", "ctrl+s")
        await until(pilot, lambda: said(page, "No space left on device."))
        assert page.crumb == "users *"
        await until(pilot, lambda: unsaved(state(project)) == ["users"])


async def test_a_text_that_cannot_be_kept_is_said(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, _bench):
        state(project).mkdir(exist_ok=True)
        (state(project) / "buffers").write_text("in the way")
        await pilot.press("x")
        await until(pilot, lambda: said(page, "Unsaved text cannot be saved"))


async def test_revert_asks_and_can_be_undone(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, _bench):
        await pilot.press("x", "escape", "alt+r")
        await until(pilot, "Discard the changes of users?")
        await pilot.press("enter")
        await until(pilot, lambda: page.code.text == query(project).read_text())
        assert unsaved(state(project)) == []
        await pilot.press("i", "ctrl+z")
        assert page.code.text.startswith("x")


@pytest.mark.parametrize(
    ("keys", "saved", "kept"),
    [(("enter",), True, False), (("down", "enter"), False, True), (("down", "down", "enter"), False, False)],
)
async def test_closing_an_unsaved_query_asks_what_becomes_of_it(
    project: ProjectFolder, keys: tuple[str, ...], saved: bool, kept: bool
) -> None:
    async with editor(project.folder, "users") as (pilot, page, _bench):
        page.open_sync("leads")
        page.open_sync("users")
        await pilot.press("minus", "minus", "enter", "alt+q")
        await until(pilot, "users is not saved")
        await pilot.press(*keys)
        await until(pilot, lambda: page.shown is not None and page.shown.sync == "leads")
        assert list(page.texts) == ["leads"]
        assert query(project).read_text().startswith("--\n") is saved
        assert (load(state(project), "users") is not None) is kept


async def test_the_last_query_closes_to_home(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, _bench):
        await pilot.press("escape", "Q")
        await until(pilot, "State")
        await pilot.press("3")
        await until(pilot, lambda: page.shown is not None)


async def test_queries_are_chosen_from_a_list(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, _bench):
        await pilot.press("x", "alt+o")
        await until(pilot, "users *")
        await pilot.press("up", "enter")
        await until(pilot, lambda: page.shown is not None and page.shown.sync == "screen_views")
        page.do_open("nowhere")
        assert said(page, "There is no sync nowhere.")


def test_a_file_keeps_its_ends_of_lines_and_its_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "a.sql"
    file.write_bytes(b"\xef\xbb\xbfselect 1\r\nfrom t\r\n")
    assert write_query(file, "select 2\nfrom t\n", "select 1\nfrom t\n")
    assert file.read_bytes() == b"\xef\xbb\xbfselect 2\r\nfrom t\r\n"
    assert not write_query(file, "mine", "what it was before")
    assert file.read_bytes() == b"\xef\xbb\xbfselect 2\r\nfrom t\r\n"


def test_a_late_word_about_a_buffer_does_not_count(tmp_path: Path) -> None:
    keeper = Keeper()
    early, late = keeper.number(), keeper.number()
    keeper.drop(tmp_path, "users", late)
    keeper.keep(tmp_path, Buffer(sync="users", text="old", base=""), early)
    assert unsaved(tmp_path) == []


def test_a_buffer_that_cannot_be_read_is_no_buffer(tmp_path: Path) -> None:
    keep(tmp_path, Buffer(sync="users", text="a\x1b\u2028b", base="x", cursor=(1, 2)))
    found = load(tmp_path, "users")
    assert found is not None
    assert (found.text, found.cursor) == ("a\x1b\u2028b", (1, 2))
    (tmp_path / "buffers" / "users.json").write_text(json.dumps({"text": 1}))
    assert load(tmp_path, "users") is None
