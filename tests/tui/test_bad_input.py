"""What the console makes of a bad world: broken files, a held store, tiny terminals, no colours, another locale."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core import demo
from tests.projects import ProjectFolder
from tests.tui import acme
from tests.tui.harness import screen_text, until
from tests.tui.terminal import ROOT, on_terminal
from tui.app import Console

COLOURS = re.compile(rb"\x1b\[(?:[0-9]+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9]+)*m")


@pytest.fixture
def company(tmp_path: Path) -> Path:
    folder = tmp_path / "company"
    assert demo.make(folder)
    return folder


async def test_a_broken_file_is_named_and_the_rest_works(day: ProjectFolder) -> None:
    day.write("syncs/leads.toml", "source = [[")
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "syncs/leads.toml")
        text = screen_text(app)
        assert "This is not TOML" in text
        assert "users → cio" in text
        assert "leads → cio" not in text


async def test_a_missing_source_is_told_at_the_sync_and_in_the_list(day: ProjectFolder) -> None:
    (day.folder / "sources" / "warehouse.toml").unlink()
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "there is no source 'warehouse'")
        await pilot.press("2")
        await until(pilot, "customerio")


async def test_a_file_changed_outside_is_noticed(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        day.write(
            "syncs/users.toml", {"id": "s1", "source": "warehouse", "destinations": ["files"], "call": "identify"}
        )
        await until(pilot, "users → files")


async def test_backhaul_toml_that_breaks_while_one_looks_leaves_what_was_there(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        day.write("backhaul.toml", "name = ")
        await until(pilot, "This is not TOML")
        assert "users → cio" in screen_text(app)
        day.write("backhaul.toml", {"name": "acme", "secrets": {"from": "environment"}})
        await until(pilot, lambda: "This is not TOML" not in screen_text(app))


async def test_a_store_that_another_program_holds_is_told_and_read_once_it_is_free(day: ProjectFolder) -> None:
    file = day.folder / ".backhaul" / "store.sqlite"
    for name in ("-wal", "-shm"):
        file.with_name(file.name + name).unlink(missing_ok=True)
    with sqlite3.connect(file, isolation_level=None) as holder:
        holder.execute("PRAGMA journal_mode = DELETE")
        holder.execute("BEGIN EXCLUSIVE")
        app = Console(day.folder)
        async with app.run_test(size=(100, 30)) as pilot:
            await until(pilot, "Another program is using the store")
            holder.execute("ROLLBACK")
            await until(pilot, "users → cio")


async def test_a_store_that_is_damaged_is_told_and_not_taken_for_empty(day: ProjectFolder) -> None:
    for file in (day.folder / ".backhaul").glob("store.sqlite*"):
        file.unlink()
    (day.folder / ".backhaul" / "store.sqlite").write_bytes(b"this is no store " * 400)
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "The store cannot be read")
        assert "not yet" not in screen_text(app)


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (300, 100), (40, 10)])
async def test_any_size_of_terminal_shows_something_and_no_error(day: ProjectFolder, size: tuple[int, int]) -> None:
    app = Console(day.folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: bool(app.bridge.snapshot.statuses))
        for key in (
            "4",
            "2",
            "1",
            "j",
            "enter",
            "escape",
            "question_mark",
            "escape",
            "colon",
            "escape",
            "ctrl+o",
            "escape",
        ):
            await pilot.press(key)
            await pilot.pause()
        assert app.return_code is None
        lines = screen_text(app).split("\n")
        assert len(lines) == size[1]


def test_a_storm_of_resizes_ends_in_a_whole_picture(company: Path) -> None:
    with on_terminal(folder=company) as terminal:
        terminal.until("companies")
        for number in range(60):
            terminal.resize(20 + number * 7 % 150, 5 + number * 3 % 45)
            terminal.read(0.01)
        terminal.resize(80, 24)
        terminal.read(1.5)
        before = len(terminal.written)
        terminal.press("?")
        terminal.read(1.0)
        assert b"Run the chosen sync now" in terminal.written[before:]
        assert terminal.is_alive()


def test_without_colours_none_is_written(company: Path) -> None:
    with on_terminal(folder=company, env={"NO_COLOR": "1"}) as terminal:
        terminal.until("companies")
        terminal.press("j?")
        terminal.read(1.0)
        assert COLOURS.findall(bytes(terminal.written)) == []
        assert "○".encode() in terminal.written


def test_another_encoding_than_utf_8_is_told_and_every_sign_is_written(company: Path) -> None:
    with on_terminal(folder=company, env={"PYTHONIOENCODING": "latin-1"}) as terminal:
        terminal.until("not yet")
        terminal.until("locale says")
        assert "○".encode() in terminal.written
        assert b"\\u25cb" not in terminal.written


def test_the_c_locale_is_no_obstacle(company: Path) -> None:
    with on_terminal(folder=company, env={"LC_ALL": "C", "LANG": "C"}) as terminal:
        terminal.until("not yet")
        assert "○".encode() in terminal.written


@pytest.mark.parametrize("terminal_name", ["dumb", "unknown", ""])
def test_a_terminal_that_cannot_move_its_cursor_is_pointed_to_the_commands(company: Path, terminal_name: str) -> None:
    with on_terminal(folder=company, env={"TERM": terminal_name}) as terminal:
        assert terminal.wait(10) == 2
        assert b"backhaul --help" in terminal.written
        assert b"\x1b" not in terminal.written


def test_no_terminal_is_pointed_to_the_commands(company: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tui.main"],
        cwd=company,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2
    assert b"`backhaul --help` lists the commands" in done.stderr
    assert done.stdout == b""


@pytest.mark.parametrize("ignored", [False, True])
def test_the_console_ends_when_its_terminal_goes_away(company: Path, ignored: bool) -> None:
    program = ("-c", "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); from tui.main import main; main()")
    with on_terminal(folder=company, program=program if ignored else ("-m", "tui.main")) as terminal:
        terminal.until("companies")
        terminal.read(1.0)
        terminal.hang_up()
        began = time.monotonic()
        while terminal.is_alive() and time.monotonic() - began < 30:
            time.sleep(0.02)
        assert not terminal.is_alive()


async def test_an_empty_project_says_what_to_do_on_each_page(tmp_path: Path) -> None:
    app = Console(acme.make_empty(tmp_path / "empty").folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, "No source yet")
        await pilot.press("4")
        await until(pilot, "No run yet")
        await pilot.press("2")
        await until(pilot, "Nothing is connected yet")
