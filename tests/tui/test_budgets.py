"""What the console may cost: start, memory, idling. Measured on the real program, on a terminal, against an empty Textual app.

Times are ratios of runs side by side, the least of several pairs, since the machine that runs this may be busy.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from core import demo
from tests.tui.terminal import on_terminal

EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("an empty app")
Empty().run()
"""


@pytest.fixture
def company(tmp_path: Path) -> Path:
    folder = tmp_path / "company"
    assert demo.make(folder)
    return folder


def first_paint_of_the_console(folder: Path) -> float:
    with on_terminal(folder=folder) as terminal:
        return terminal.until("Home")


def first_paint_of_an_empty_app(folder: Path) -> float:
    with on_terminal(folder=folder, program=("-c", EMPTY)) as terminal:
        return terminal.until("an empty app")


def test_the_first_picture_takes_at_most_twice_as_long_as_that_of_an_empty_app(company: Path) -> None:
    first_paint_of_the_console(company), first_paint_of_an_empty_app(company)
    ours, theirs = [], []
    for _ in range(5):
        ours.append(first_paint_of_the_console(company))
        theirs.append(first_paint_of_an_empty_app(company))
        if min(ours) < 2 * min(theirs):
            break
    print(f"first picture {min(ours) * 1000:.0f} ms, of an empty app {min(theirs) * 1000:.0f} ms")
    assert min(ours) < 2 * min(theirs)


def test_before_the_first_query_the_console_takes_less_than_60_megabytes(company: Path) -> None:
    with on_terminal(folder=company) as terminal:
        terminal.until("companies")
        terminal.read(2.0)
        memory = terminal.memory()
    print(f"{memory:.1f} MB")
    assert memory < 60


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
