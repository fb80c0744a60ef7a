"""A run over all rows in which nothing has changed, or one row in a hundred, against `psql COPY` of the same query to nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from tests.benchmarks.bench import Bench
from tests.benchmarks.elsewhere import Clients
from tests.benchmarks.rounds import Pair, Rounds
from tests.benchmarks.table import Measured, Row, of_ratios, rows_in_words

__all__ = ["measure"]

MOST_UNCHANGED = 1.5
MOST_CHANGED = 1.6


def measure(bench: Bench, rounds: Rounds, clients: Clients) -> Measured:
    """Measure `repeat` pairs of each."""
    rows, count = bench.options.large, bench.options.repeat
    unchanged, changed = rounds.unchanged(rows, count), rounds.changed(rows, count)
    words = rows_in_words(rows)
    return Measured(
        rows=(
            _judged(f"{words} rows, nothing changed", unchanged, MOST_UNCHANGED),
            _judged(f"{words} rows, 1 % changed", changed, MOST_CHANGED),
        ),
        numbers={"unchanged": [asdict(pair) for pair in unchanged], "changed": [asdict(pair) for pair in changed]},
    )


def _judged(what: str, pairs: Sequence[Pair], most: float) -> Row:
    middle, ratio = of_ratios([pair.ratio for pair in pairs], min)
    ours, copy = min(pair.run.seconds for pair in pairs), min(pair.copy.seconds for pair in pairs)
    return Row(
        what=what,
        target=f"at most {most:g} times psql COPY",
        measured=f"{ours:.2f} s; COPY {copy:.2f} s",
        ratio=ratio,
        met=middle <= most,
    )
