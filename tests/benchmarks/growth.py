"""Growth: what a row costs with ever more of them, for the first sync, for a run without a change and for one with 1 % changed.

Of each size the median of the rounds is taken, and judged is the whole time of the program. Its start and its end cost the same however many
rows there are, and so weigh more where there are few; the spread without them stands beside. The stages of the picture are those of the run in the middle, so that they add up.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tests.benchmarks.bench import Bench
from tests.benchmarks.elsewhere import Clients
from tests.benchmarks.rounds import Rounds
from tests.benchmarks.stages import Run
from tests.benchmarks.table import Measured, Row

__all__ = ["KINDS", "measure"]

KINDS = {"first": "first sync", "unchanged": "nothing changed", "changed": "1 % changed"}
MOST_SPREAD = 1.15


def measure(bench: Bench, rounds: Rounds, clients: Clients) -> Measured:
    """Measure every size, round by round."""
    sizes, repeat = bench.options.sizes, bench.options.repeat
    for rows in sorted(sizes, reverse=True):
        bench.query(rows)  # the largest table first: the others are made out of it
    for count in range(1, repeat + 1):
        for ask in (rounds.first, rounds.unchanged, rounds.changed):
            for rows in sizes:
                ask(rows, count)
    numbers: dict[str, Any] = {kind: [] for kind in KINDS}
    for rows in sizes:
        unchanged, changed = rounds.unchanged(rows, repeat), rounds.changed(rows, repeat)
        copy = statistics.median(pair.copy.seconds for pair in (*unchanged, *changed))
        numbers["first"].append(_size(rows, rounds.first(rows, repeat), copy))
        for kind, pairs in (("unchanged", unchanged), ("changed", changed)):
            copy = statistics.median(pair.copy.seconds for pair in pairs)
            numbers[kind].append(_size(rows, [pair.run for pair in pairs], copy))
    return Measured(rows=tuple(_judged(words, numbers[kind]) for kind, words in KINDS.items()), numbers=numbers)


def _size(rows: int, runs: Sequence[Run], copy: float) -> dict[str, Any]:
    """Return what one size has cost a row, in microseconds, with the stages of the run in the middle; and the runs."""
    middle = sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]
    scale = 1e6 / rows
    return {
        "rows": rows,
        "microseconds": statistics.median(run.seconds for run in runs) * scale,
        "between": statistics.median(run.seconds - run.stages["start"] - run.stages["end"] for run in runs) * scale,
        "stages": {name: seconds * scale for name, seconds in middle.stages.items()},
        "copy": copy * scale,
        "runs": [asdict(run) for run in runs],
    }


def _judged(words: str, sizes: Sequence[dict[str, Any]]) -> Row:
    costs = [size["microseconds"] for size in sizes]
    spread, between = (max(each) / min(each) for each in (costs, [size["between"] for size in sizes]))
    told = ", ".join(f"{size['rows'] / 1e6:g}" for size in sizes)
    return Row(
        what=f"growth: time a row, {words}",
        target="within 15 % between sizes",
        measured=f"{', '.join(f'{cost:.2f}' for cost in costs)} µs a row at {told} million",
        ratio=f"{spread:.2f} (without the program's start and end {between:.2f})",
        met=spread <= MOST_SPREAD,
    )
