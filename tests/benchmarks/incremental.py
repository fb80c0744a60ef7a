"""An incremental run: 100 rows have changed since the last one, against a ledger of all rows there are.

The query asks for what was updated since `{{last_sync_time}}`, by an index. The ledger comes from a baseline, so no call was made for
it. Each run adds a small segment to the ledger; the run that finds too many of them creates one of them, which is measured apart.
Rows of the runs before are in each result too, since the window reaches back ten minutes; the ledger knows them.
"""

from __future__ import annotations

import statistics
from dataclasses import asdict

from tests.benchmarks import company
from tests.benchmarks.bench import Bench, Project, said
from tests.benchmarks.elsewhere import Clients
from tests.benchmarks.rounds import Rounds
from tests.benchmarks.stages import Run
from tests.benchmarks.table import Measured, Row, rows_in_words

__all__ = ["measure"]

CHANGED = 100
MOST_SECONDS = 1.5
MOST_WRITTEN = 10.0
MOST_RUNS = 40
"""Runs after which the small segments should have been made one long ago."""


def measure(bench: Bench, rounds: Rounds, clients: Clients) -> Measured:
    """Run until the small segments are made one."""
    rows = max(bench.options.sizes)
    query = f"{bench.query(rows)}\nWHERE updated_at >= to_timestamp({{{{last_sync_time}}}})"
    with bench.database.connect() as connection:
        said(f"indexes on {rows:,} rows are made")
        company.index(connection, rows)
        project = bench.project(f"incremental_{rows}", query)
        baseline = project.run("--baseline")
        said(f"baseline of {rows_in_words(rows)}: {baseline.seconds:.2f} s, {baseline.cost.memory:.0f} MB")
        runs: list[Run] = []
        bases = _bases(project)
        while len(runs) < MOST_RUNS and _bases(project) == bases:
            company.touch(connection, rows, len(runs), CHANGED)
            runs.append(project.run())
            if (changed := runs[-1].planned["changed"]) != CHANGED:
                raise RuntimeError(f"{changed} rows were found, not {CHANGED}")
            said(f"incremental: {runs[-1].seconds:.2f} s, {runs[-1].cost.written:.1f} MB written")
    compacted = runs.pop() if _bases(project) != bases else None
    numbers = {
        "baseline": asdict(baseline),
        "runs": [asdict(run) for run in runs],
        "compacted": asdict(compacted) if compacted else None,
    }
    return Measured(rows=_judged(rows, runs, compacted), numbers=numbers)


def _bases(project: Project) -> int:
    """Count the segments that a compaction has made."""
    return len(list((project.folder / ".backhaul" / "ledger").glob("*.base.keys.parquet")))


def _judged(rows: int, runs: list[Run], compacted: Run | None) -> tuple[Row, ...]:
    what = f"incremental, {CHANGED} changed rows, a ledger of {rows_in_words(rows)}"
    seconds, written = [run.seconds for run in runs], [run.cost.written for run in runs]
    middle = statistics.median(seconds)
    found = [
        Row(
            what=what,
            target=f"under {MOST_SECONDS} s",
            measured=f"median {middle:.2f} s, longest {max(seconds):.2f} s, of {len(runs)} runs",
            met=middle < MOST_SECONDS,
        ),
        Row(
            what=f"{what}: what it writes",
            target=f"under {MOST_WRITTEN:.0f} MB",
            measured=f"at most {max(written):.1f} MB",
            met=max(written) < MOST_WRITTEN,
        ),
    ]
    if compacted:
        measured = f"{compacted.seconds:.2f} s, {compacted.cost.written:.0f} MB written; after {len(runs)} runs"
        found.append(Row(what="the run that creates one segment of 17 (compaction)", target="–", measured=measured))
    return tuple(found)
