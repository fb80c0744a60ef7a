"""Several consoles on one daemon: each shows the present at once and what another one does soon after; one that is lost leaves nothing behind."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.daemon.running import apart
from tests.projects import ProjectFolder
from tests.servers.receiving import Receiver
from tests.tui.hostile import Glass
from tests.tui.terminal import Terminal, on_terminal


class Seat:
    """Someone before one of the terminals."""

    def __init__(self, terminal: Terminal, size: tuple[int, int]) -> None:
        self.terminal, self.glass = terminal, Glass(*size)

    def sees(self, words: str, seconds: float = 20.0) -> float:
        """Wait for words; return the seconds that it took."""
        began = time.monotonic()
        while words not in self.glass.text:
            assert time.monotonic() - began < seconds, f"{words!r} did not come:\n{self.glass.text}"
            self.terminal.read(0.02)
            self.glass.look(self.terminal.written)
        return time.monotonic() - began


@pytest.fixture
def project(tmp_path: Path, receiver: Receiver) -> Iterator[ProjectFolder]:
    made = ProjectFolder.make(tmp_path / "acme")
    made.duckdb("CREATE TABLE people AS SELECT 'u_' || i AS id, 'plan ' || i AS plan FROM range(1200) t(i)")
    made.segment(receiver.url, batch_calls=1, connections=1)
    made.sync("users", 'SELECT id AS "userId", plan FROM people', schedule="every 1 hour")
    made.sync("leads", 'SELECT id AS "userId", plan FROM people', schedule="every 1 hour", enabled=False)
    receiver.behave(*[{"slow": 0.1}] * 1600)
    return made


def attached(project: ProjectFolder, size: tuple[int, int]) -> None:
    """Open a console, and see what runs now."""
    with on_terminal(folder=project.folder, size=size) as terminal:
        seat = Seat(terminal, size)
        seat.sees("Home")
        seat.sees("► ")


def test_consoles_show_the_same_and_a_lost_one_leaves_nothing_behind(project: ProjectFolder) -> None:
    small, large = (80, 24), (160, 45)
    with apart(project) as daemon:
        daemon.says("users: a run begins")
        attached(project, large)
        with (
            on_terminal(folder=project.folder, size=small) as one,
            on_terminal(folder=project.folder, size=large) as two,
        ):
            first, second = Seat(one, small), Seat(two, large)
            for seat in (first, second):
                seat.sees("► ")
                seat.sees("● daemon 1/4", 3.0)
            one.press("\x1b[B")
            one.press(":pause users\r")
            first.sees("users is paused")
            second.sees("paused", 3.0)
            one.hang_up()
            gone = time.monotonic() + 2.0
            while one.is_alive():
                assert time.monotonic() < gone, "the console goes on without its terminal"
                time.sleep(0.02)
            second.sees("► ")
            two.press("\x03")
            second.sees("stops after the batches in flight")
            second.sees("✗ failed", 10.0)
            assert daemon.process.poll() is None
            two.press("\x11")
            assert two.wait(3.0) == 0
        assert daemon.end() == 0
