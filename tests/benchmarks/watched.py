"""What the budgets share: how a file of them is run, and a console that notes the longest time its event loop gave nobody a turn."""

from __future__ import annotations

import sys

import pytest

__all__ = ["WATCHED", "run_budgets"]

WATCHED = """
import asyncio, sys, time
from pathlib import Path
from tui import app, main

class Watched(app.Console):
    CSS_PATH = None

    async def on_mount(self):
        await super().on_mount()
        self.set_timer(2.0, lambda: self.run_worker(self.watch_the_loop))

    async def watch_the_loop(self):
        worst = 0.0
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.002)
            worst = max(worst, time.monotonic() - before - 0.002)
            if time.monotonic() - before > 0.01:
                note = Path(sys.argv[1])
                note.with_suffix(".new").write_text(str(worst))
                note.with_suffix(".new").replace(note)

app.Console = Watched
main.open_console()
"""
"""The console, and beside it a task that notes the longest time in which the event loop gave it no turn."""


def run_budgets(file: str) -> int:
    """Run the budgets of a file, with what the command line adds; return pytest's exit code. The test command does not find them."""
    options = ["--override-ini", "addopts=--import-mode=importlib", "-s", "-p", "no:cacheprovider"]
    return int(pytest.main([*options, file, *sys.argv[1:]]))
