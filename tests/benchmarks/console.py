"""What a person at the console waits for, measured on the real program at a pseudo-terminal: bytes in, a picture out.

A picture is what `Glass` makes of the bytes that were written, so "painted" means that the words stand on the screen.
"""

from __future__ import annotations

import os
import re
import select
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb

from tests.benchmarks.queries import large, tables
from tests.projects import ProjectFolder
from tests.tui.hostile import Glass
from tests.tui.terminal import Terminal, on_terminal

__all__ = ["Watched", "a_million", "a_warehouse", "keystrokes", "million_shown", "pages_scrolled"]

SIZE = (160, 45)
ROWS = 1_000_000
PAGE_DOWN, DELETE_BEFORE = "\x1b[6~", "\x7f"


class Watched:
    """A terminal with its screen."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.glass = Glass(*SIZE)

    def until(self, wanted: Callable[[str], bool], seconds: float = 30.0) -> float:
        """Wait until the screen is as wanted; return the seconds, to the arrival of the bytes that made it so."""
        began = arrived = time.perf_counter()
        while not wanted(self.glass.text):
            left = began + seconds - time.perf_counter()
            assert left > 0, f"It did not come:\n{self.glass.text}"
            if select.select([self.terminal.handle], [], [], left)[0]:
                self.terminal.written += os.read(self.terminal.handle, 65_536)
                arrived = time.perf_counter()
                self.glass.look(self.terminal.written)
        return arrived - began

    def press(self, keys: str, wanted: Callable[[str], bool], seconds: float = 30.0) -> float:
        """Press a key; return the seconds until the screen is as wanted."""
        self.terminal.press(keys)
        return self.until(wanted, seconds)

    def rest(self, seconds: float) -> None:
        """Let it come to rest."""
        self.terminal.read(seconds)
        self.glass.look(self.terminal.written)


def a_warehouse(folder: Path) -> Path:
    """Make a project whose DuckDB has 2,000 tables and 60,000 columns, and a sync with a query of 8 KB about them."""
    project = ProjectFolder.make(folder)
    project.duckdb("SELECT 1")
    known = tables("duckdb")
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("BEGIN")
        for schema in sorted({table.schema for table in known}):
            connection.execute(f"CREATE SCHEMA {schema}")
        for table in known:
            kinds = {"instant": "TIMESTAMPTZ"}
            columns = ", ".join(f"{each.name} {kinds.get(each.kind.value, 'VARCHAR')}" for each in table.columns)
            connection.execute(f"CREATE TABLE {table.schema}.{table.name} ({columns})")
        connection.execute("COMMIT")
    project.file()
    project.sync("people", large("duckdb"), to=["files"])
    return folder


def keystrokes(folder: Path, strokes: int) -> list[float]:
    """Type a letter that makes a column one that is nowhere, and take it back; return the milliseconds until each finding is painted."""
    taken = []
    with on_terminal(folder=folder, size=SIZE) as terminal:
        screen = Watched(terminal)
        screen.until(lambda text: "people" in text)
        screen.press("3", lambda text: "table_" in text or "S0" in text or "s0" in text)
        for _ in range(12):
            terminal.press(PAGE_DOWN)
            screen.rest(0.1)
        terminal.press("\x1b[F")  # the end of the line
        screen.until(lambda text: "ORDER BY step_0.email" in text and "No problems" in text)
        screen.rest(2.0)
        for _ in range(strokes):
            taken.append(1000 * screen.press("x", lambda text: "no column emailx" in text))
            screen.press(DELETE_BEFORE, lambda text: "no column emailx" not in text)
            screen.rest(0.5)
    return taken


def a_million(folder: Path) -> Path:
    """Make a project whose sync gives a million rows of 12 columns."""
    project = ProjectFolder.make(folder)
    own = ", ".join(f"i * {number} AS n{number}" for number in range(1, 7))
    project.duckdb(
        f"""CREATE TABLE people AS SELECT 'u' || lpad(i::VARCHAR, 7, '0') AS id, 'p' || i || '@example.com' AS email,
        ['free', 'team', 'enterprise'][1 + i % 3] AS plan, i % 3 = 0 AS is_active, i / 7.0 AS score,
        TIMESTAMPTZ '2026-01-01 00:00:00+00' + i * INTERVAL 1 SECOND AS seen, {own} FROM range({ROWS}) t(i)"""
    )
    project.file()
    project.sync("people", 'SELECT id AS "userId", * EXCLUDE (id) FROM people ORDER BY id', to=["files"])
    return folder


def million_shown(screen: Watched) -> float:
    """Ask for all rows; return the seconds until the first of them and their count are painted."""
    return screen.press("L", lambda text: "1,000,000 rows" in text and "u0000000" in text)


def pages_scrolled(screen: Watched, seconds: float) -> list[float]:
    """Go down page by page, each key pressed when the page before is painted; return the seconds of each picture, with its rows."""
    taken: list[float] = []
    end = time.perf_counter() + seconds
    row = _chosen(screen.glass.text)
    while time.perf_counter() < end:
        taken.append(screen.press(PAGE_DOWN, partial(_is_below, row)))
        row = _chosen(screen.glass.text)
    return taken


def _is_below(row: int, text: str) -> bool:
    return _chosen(text) > row


def _chosen(text: str) -> int:
    """Return the number of the chosen row; -1 where it is not on the screen yet."""
    found = re.search(r"▌ \S +u(\d{7})\b", text)
    return int(found[1]) if found else -1
