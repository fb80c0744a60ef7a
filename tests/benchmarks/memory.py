"""Peak memory of runs over many rows and over twice as many: the whole run is one process, and the operating system counts its peak."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.bench import Bench
from tests.benchmarks.elsewhere import Clients
from tests.benchmarks.rounds import Rounds
from tests.benchmarks.table import Measured, Row, rows_in_words

__all__ = ["measure"]

MOST = 600.0
MOST_GROWTH = 1.15
"""More than that, between the two, is taken for growing with the rows; less is what differs between two runs of the same."""


def measure(bench: Bench, rounds: Rounds, clients: Clients) -> Measured:
    """Return the highest peak of `repeat` runs of each kind."""
    few, many = bench.options.large, max(bench.options.sizes)
    repeat = bench.options.repeat
    bench.query(many)
    peaks: dict[str, dict[int, float]] = {"first sync": {}, "nothing changed": {}}
    for rows in (few, many):
        peaks["first sync"][rows] = max(run.cost.memory for run in rounds.first(rows, repeat))
        peaks["nothing changed"][rows] = max(pair.run.cost.memory for pair in rounds.unchanged(rows, repeat))
    numbers: dict[str, Any] = {kind: {str(rows): peak for rows, peak in found.items()} for kind, found in peaks.items()}
    return Measured(rows=tuple(_judged(kind, found, few, many) for kind, found in peaks.items()), numbers=numbers)


def _judged(kind: str, peaks: dict[int, float], few: int, many: int) -> Row:
    growth = peaks[many] / peaks[few]
    return Row(
        what=f"peak memory, {kind}",
        target=f"under {MOST:.0f} MB, not growing with the rows",
        measured=f"{peaks[few]:.0f} MB at {rows_in_words(few)} rows, {peaks[many]:.0f} MB at {rows_in_words(many)}",
        ratio=f"{growth:.2f} with {many / few:g} times the rows",
        met=max(peaks.values()) < MOST and growth <= MOST_GROWTH,
    )
