"""What writing a query costs: one Markdown table of targets and measured values, made in one run.

    python -m tests.benchmarks.editor [--repeat 1]

- lint of 200 characters and of 8 KB, all rules, with the catalogue of a source of 2,000 tables and 60,000 columns as it is kept and
  as the editor asks for it (core.context); beside it sqlfluff on the same text, in turn, in an environment of its own
- completion at each place of real queries, with a catalogue of the same size
- the real console at a pseudo-terminal: from a key to the finding on the screen, in the query of 8 KB; a million rows on the screen
  after the key that asks for them; and how many pages a second can be looked through, each key pressed when the page before is there

Whether a target is met is judged by the 99th percentile; where there are few measurements, that is the longest one. Only the ratio to
sqlfluff is of medians, and pages are counted over all of their time.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core import project as projects
from core.context import context_of, keep
from core.lint import lint
from tests.benchmarks import completion
from tests.benchmarks.console import (
    SIZE,
    Watched,
    a_million,
    a_warehouse,
    keystrokes,
    million_shown,
    pages_scrolled,
)
from tests.benchmarks.queries import large, small, tables
from tests.projects import ProjectFolder
from tests.servers.environments import Environment
from tests.tui.terminal import on_terminal

SQLFLUFF = Environment(name="sqlfluff", requirements=("sqlfluff==3.5.0",))
DIALECT = "snowflake"
LEAST_RATIO = 40
LEAST_PAGES = 30


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    what: str
    target: str
    measured: str
    met: bool


def percentile(taken: list[float]) -> float:
    """Return the 99th percentile; of fewer than a hundred, the most."""
    return statistics.quantiles(taken, n=100)[98] if len(taken) >= 100 else max(taken)


def of_times(what: str, taken: list[float], target: float) -> Row:
    """Judge some milliseconds."""
    high = percentile(taken)
    named = "99th percentile" if len(taken) >= 100 else "longest"
    measured = f"median {statistics.median(taken):.2f} ms, {named} {high:.2f} ms, of {len(taken):,}"
    return Row(what, f"under {target:,.0f} ms", measured, high < target)


@contextmanager
def sqlfluff() -> Iterator[subprocess.Popen[str]]:
    """Start sqlfluff; what it imports is paid before anything is measured."""
    words = [str(SQLFLUFF.python()), str(Path(__file__).with_name("linted_elsewhere.py")), DIALECT]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        theirs(process, "SELECT 1\n")
        yield process
    finally:
        process.kill()
        process.wait()


def theirs(process: subprocess.Popen[str], text: str) -> float:
    """Have sqlfluff lint a text; return its seconds. Raises where it could not read the text, and so did less."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps({"text": text}) + "\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    assert not answer["unread"], answer
    return float(answer["seconds"])


def linted(folder: Path, repeat: int) -> Iterator[Row]:
    """Lint both queries, in turn with sqlfluff."""
    made = ProjectFolder.make(folder)
    account = {"account": "acme-prod", "user": "BACKHAUL", "role": "READER", "warehouse": "WH", "database": "ANALYTICS"}
    made.write("sources/snow.toml", {"type": "snowflake", "schema": "S0", **account})
    made.file()
    made.sync("people", "SELECT 1", source="snow", to=["files"])
    project = projects.load(folder)
    assert keep(project, project.sources["snow"], tables(DIALECT), time.time())
    with sqlfluff() as process:
        for text, count, rounds, target in ((small(DIALECT), 200, 10, 2.0), (large(DIALECT), 40, 5, 20.0)):
            sync = project.syncs["people"]
            lint(text, context_of(project, sync=sync))
            ours, other = [], []
            for _ in range(rounds * repeat):
                other.append(theirs(process, text) * 1000)
                for _ in range(count):
                    began = time.perf_counter()
                    lint(text, context_of(project, sync=sync))
                    ours.append((time.perf_counter() - began) * 1000)
            name = f"{len(text):,} characters"
            yield of_times(f"lint of {name}, catalogue rules included", ours, target)
            ratio = statistics.median(other) / statistics.median(ours)
            measured = f"{ratio:.0f} times; sqlfluff {statistics.median(other):,.0f} ms"
            yield Row(
                f"against sqlfluff on the same {name}", f"at least {LEAST_RATIO} times", measured, ratio >= LEAST_RATIO
            )


def rows_shown(folder: Path, repeat: int) -> Iterator[Row]:
    """Show a million rows, and look through them."""
    a_million(folder)
    shown: list[float] = []
    pages: list[float] = []
    for _ in range(3 * repeat):
        with on_terminal(folder=folder, size=SIZE) as terminal:
            screen = Watched(terminal)
            screen.until(lambda text: "people" in text)
            screen.press("3", lambda text: "EXCLUDE" in text and "1.0M" in text)
            screen.rest(1.5)
            terminal.press("\x1b")
            screen.rest(0.6)
            shown += [million_shown(screen) * 1000]
            screen.until(lambda text: "1,000,000 ?" in text)
            pages += pages_scrolled(screen, 5.0)
    yield of_times("a million rows shown, from the key on", shown, 1_000.0)
    rate = len(pages) / sum(pages)
    measured = f"{rate:.0f} pages a second; the slowest of {len(pages):,} came after {max(pages) * 1000:.0f} ms"
    yield Row(
        "looked through, page by page", f"at least {LEAST_PAGES} pictures a second", measured, rate >= LEAST_PAGES
    )


def measured(repeat: int) -> Iterator[Row]:
    """Yield the table's lines as they are measured."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        yield from linted(folder / "lint", repeat)
        taken = keystrokes(a_warehouse(folder / "keys"), 40 * repeat)
        yield of_times("from a key to its finding on the screen, 8 KB", taken, 50.0)
        answers = completion.milliseconds(repeat)
        yield of_times("completion, 2,000 tables and 60,000 columns", answers, completion.BUDGET)
        yield from rows_shown(folder / "rows", repeat)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=1, help="measure so many times as much")
    options = parser.parse_args()
    before = os.getloadavg()[0]
    rows = list(measured(options.repeat))
    print("| what | target | measured | met |\n| --- | --- | --- | --- |")
    for row in rows:
        print(f"| {row.what} | {row.target} | {row.measured} | {'yes' if row.met else 'no'} |")
    print(f"\n{os.cpu_count()} cores; what else they did: a load of {before:.1f} when it began.")


if __name__ == "__main__":
    main()
