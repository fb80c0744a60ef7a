"""What the console may cost: start, idling, bytes, stalls, keystrokes. Measured on the real program, on a terminal; no part of the tests.

    python -m tests.benchmarks.budgets [words for pytest]

Times are ratios of runs side by side, or the least of several, but the machine has to be quiet.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core import demo
from tests.benchmarks.watched import WATCHED, run_budgets
from tests.projects import ProjectFolder
from tests.tui.editor.test_code import area
from tests.tui.terminal import on_terminal
from tui.highlight import Highlights

EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("an empty app")
Empty().run()
"""

COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""What was installed is compiled once; from a checkout, where that is switched off, it would be at each start."""


@pytest.fixture
def company(tmp_path: Path) -> Path:
    folder = tmp_path / "company"
    assert demo.make(folder)
    return folder


def first_paint_of_the_console(folder: Path) -> float:
    with on_terminal(folder=folder, env=COMPILED) as terminal:
        return terminal.until("Home")


def first_paint_of_an_empty_app(folder: Path) -> float:
    with on_terminal(folder=folder, env=COMPILED, program=("-c", EMPTY)) as terminal:
        return terminal.until("an empty app")


def test_the_first_picture_takes_at_most_half_as_long_again_as_that_of_an_empty_app(company: Path) -> None:
    first_paint_of_the_console(company), first_paint_of_an_empty_app(company)
    ours, theirs = [], []
    for _ in range(15):
        ours.append(first_paint_of_the_console(company))
        theirs.append(first_paint_of_an_empty_app(company))
        if min(ours) < 1.5 * min(theirs):
            break
    print(f"first picture {min(ours) * 1000:.0f} ms, of an empty app {min(theirs) * 1000:.0f} ms")
    assert min(ours) < 1.5 * min(theirs)


def test_an_idle_console_takes_less_than_a_hundredth_of_a_core(company: Path) -> None:
    with on_terminal(folder=company) as terminal:
        terminal.until("companies")
        terminal.read(2.0)
        shares = []
        for _ in range(3):
            before = terminal.cpu()
            terminal.read(5.0)
            shares.append((terminal.cpu() - before) / 5.0)
            if shares[-1] < 0.01:
                break
    print(f"{min(shares):.2%} of a core")
    assert min(shares) < 0.01


@pytest.fixture
def a_million(tmp_path: Path) -> Path:
    """A sync of a million rows into a file, taken slowly enough to be watched."""
    project = ProjectFolder.make(tmp_path / "million")
    project.duckdb(
        "CREATE TABLE people AS SELECT 'u' || i AS id, i AS n, 'p' || i || '@example.com' AS email FROM range(1000000) t(i)"
    )
    project.write("destinations/files.toml", {"type": "file", "limits": {"requests": 60, "batch_calls": 1000}})
    project.sync("people", 'SELECT id AS "userId", n, email FROM people\n', to=["files"])
    return project.folder


def test_the_event_loop_never_stalls_for_50_milliseconds_while_a_million_rows_run_and_a_query_is_linted(
    a_million: Path, tmp_path: Path
) -> None:
    note, program = tmp_path / "worst", tmp_path / "watched.py"
    program.write_text(WATCHED)
    found = []
    for _ in range(3):
        with on_terminal(note, folder=a_million, program=(str(program),)) as terminal:
            terminal.until("people")
            terminal.read(3.0)
            terminal.press("r")
            if not found:  # its first delivery: the plan first
                terminal.until("calls in", 60)
                terminal.press("r")
            terminal.read(2.0)
            terminal.press("4")
            terminal.read(2.0)
            terminal.press("3")
            terminal.read(2.0)
            for letter in "-- a comment that is typed while the run goes on and each letter is linted":
                terminal.press(letter)
                terminal.read(0.05)
            terminal.read(1.0)
            found.append(float(note.read_text()))
            terminal.press("\x13")
            terminal.read(0.5)
        if found[-1] < 0.05:
            break
    print(f"longest stall {min(found) * 1000:.0f} ms")
    assert min(found) < 0.05


@pytest.mark.parametrize("page", ["1", "4"])
def test_a_live_page_sends_less_than_a_kilobyte_a_second(a_million: Path, page: str) -> None:
    with on_terminal(folder=a_million, size=(160, 45)) as terminal:
        terminal.until("people")
        terminal.read(2.0)
        terminal.press("r")  # its first delivery: the plan first
        terminal.until("calls in", 60)
        terminal.press("r")
        terminal.press(page)
        terminal.until("deliver", 30)
        terminal.read(7.0)  # the toast comes and goes
        amount = terminal.read(8.0) / 8.0
        assert terminal.is_alive()
    print(f"{amount:.0f} bytes a second")
    assert 20 < amount < 1_000


def test_a_keystroke_in_three_hundred_lines_costs_less_than_five_milliseconds() -> None:
    text = "SELECT a.id AS \"userId\", iff(b, 'x', 'y') -- c\nFROM t WHERE x >= {{last_sync_time}} AND n > 12.5\n" * 150

    def seconds() -> float:
        began = time.process_time()
        found = Highlights(text, "snowflake")
        for number in range(45):
            found.line(number)
        return time.process_time() - began

    assert min(seconds() for _ in range(20)) < 0.005


@pytest.mark.parametrize(
    "text",
    ["select a, b, 'x' from t where y = 1\n" * 27_000, "x" * 1_000_000, "ä" * 1_000_000, "select ö, 漢\n" * 90_000],
    ids=["lines", "one line", "one line that is not ASCII", "lines with wide characters"],
)
async def test_a_megabyte_is_pasted_and_edited_without_a_freeze(text: str) -> None:
    async with area() as (code, pilot):
        longest = 0.0

        def timed(work: Any) -> None:
            nonlocal longest
            began = time.process_time()
            work()
            longest = max(longest, time.process_time() - began)

        timed(lambda: code.paste(text))
        await pilot.pause()
        for _ in range(3):
            timed(lambda: code.insert("a"))
            timed(lambda: code.insert("\n"))
            timed(lambda: [code.render_line(y) for y in range(12)])
        timed(code.undo)
        print(f"\nlongest {longest * 1000:.0f} ms of processor")
        assert longest < 0.15


if __name__ == "__main__":
    sys.exit(run_budgets(__file__))
