"""Many rows through a receiver that fails at almost every third request; the long run does 200,000."""

from __future__ import annotations

from tests.faults.flood import flood
from tests.faults.lab import Bench

ROWS = 4_000


def test_each_row_is_there_once_after_deduplication_and_none_out_of_order(bench: Bench) -> None:
    told = flood(bench, "tests", ROWS)
    assert told.found == []
    assert told.messages >= ROWS
    assert told.repeats > 0
