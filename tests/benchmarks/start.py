"""How long a person waits for a command, and for the first picture of the console.

Commands are timed from the start of the process to its end, against a bare `python -c pass`; the console on a real pseudo-terminal, from its
start to the bytes of its first picture, against an empty Textual app (both as tests/benchmarks/budgets.py does it). All are started once
before, so that what Python compiles and what the disk reads is paid; then in turn, and medians are taken.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.bench import Bench, said
from tests.benchmarks.elsewhere import Clients
from tests.benchmarks.processes import ROOT, cost_of
from tests.benchmarks.rounds import Rounds
from tests.benchmarks.table import Measured, Row, of_ratios
from tests.tui.terminal import on_terminal

__all__ = ["measure"]

ROUNDS = 10
"""So many times each round is done: one start is short, and a busy machine delays some."""

MOST_HELP, MOST_STATUS, MOST_PAINT = 0.120, 0.250, 1.5
RUNS = 3
"""Runs that each sync of the project has had."""

EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("an empty app")
Empty().run()
"""


def measure(bench: Bench, rounds: Rounds, clients: Clients) -> Measured:
    """Measure them in turn, `repeat` times ten rounds."""
    company = bench.folder / "company"
    _make_company(company)
    backhaul = [Path(sys.executable).with_name("backhaul")]
    commands = {
        "python": [sys.executable, "-c", "pass"],
        "help": [*backhaul, "--help"],
        "status": [*backhaul, "status", "--project", company],
    }
    taken: dict[str, list[float]] = {name: [] for name in (*commands, "console", "empty")}
    for number in range(ROUNDS * bench.options.repeat + 1):
        found = {name: cost_of(words).seconds for name, words in commands.items()}
        found |= {"console": _painted(company, "Home"), "empty": _painted(company, "an empty app", "-c", EMPTY)}
        if number:
            for name, seconds in found.items():
                taken[name].append(seconds)
    middle = {name: statistics.median(seconds) for name, seconds in taken.items()}
    said(f"start: {', '.join(f'{name} {seconds * 1000:.0f} ms' for name, seconds in middle.items())}")
    return Measured(rows=_judged(taken, middle), numbers=taken)


def _judged(taken: dict[str, list[float]], middle: dict[str, float]) -> tuple[Row, ...]:
    more = middle["help"] - middle["python"]
    paint, ratio = of_ratios([ours / empty for ours, empty in zip(taken["console"], taken["empty"], strict=True)], min)
    return (
        Row(
            what="start: `backhaul --help`",
            target=f"under {MOST_HELP * 1000:.0f} ms over bare Python",
            measured=f"{more * 1000:.0f} ms over {middle['python'] * 1000:.0f} ms",
            met=more < MOST_HELP,
        ),
        Row(
            what="start: `backhaul status`, 9 syncs with runs",
            target=f"under {MOST_STATUS * 1000:.0f} ms",
            measured=f"{middle['status'] * 1000:.0f} ms, bare Python's {middle['python'] * 1000:.0f} ms included",
            met=middle["status"] < MOST_STATUS,
        ),
        Row(
            what="start: first picture of the console",
            target=f"at most {MOST_PAINT:g} times an empty Textual app",
            measured=f"{middle['console'] * 1000:.0f} ms; the empty app {middle['empty'] * 1000:.0f} ms",
            ratio=ratio,
            met=paint <= MOST_PAINT,
        ),
    )


def _make_company(folder: Path) -> None:
    """Make the demo's project, in a process of its own, and run its syncs; its two drafts are not run."""
    program = "import sys; from pathlib import Path; from core import demo; demo.make(Path(sys.argv[1]))"
    words = [sys.executable, "-c", program, str(folder)]
    subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=60)
    for _ in range(RUNS):
        cost_of([sys.executable, "-m", "tui.main", "run", "--project", folder])


def _painted(folder: Path, text: str, *program: str) -> float:
    """Start a program on a terminal; return the seconds until it has painted a text."""
    with on_terminal(folder=folder, program=program or ("-m", "tui.main")) as terminal:
        return terminal.until(text)
