"""Completion with a catalogue of 2,000 tables and 60,000 columns: milliseconds an answer, at each place of real queries.

    python -m tests.benchmarks.completion [--repeat 3]

Every prefix of the queries of tests/core/lint/seeds.md, and of one that joins ten tables, is completed at its end. The budget is
30 ms for the 99th percentile; an editor asks at each key.
"""

from __future__ import annotations

import argparse
import statistics
import time

from core.complete import complete
from core.lint import Context
from core.model import CallType, Column, Kind, Table
from core.query.catalogue import Catalogue
from tests.core.lint.test_seeds import EXAMPLE, TABLE

TABLES, COLUMNS, BUDGET = 2_000, 30, 30.0
WIDE = 'SELECT t0.ID AS "userId", ' + ", ".join(f"t{n}.COLUMN_{n}_5" for n in range(10))
WIDE += " FROM S0.TABLE_0 t0 " + " ".join(f"JOIN S{n}.TABLE_{n} t{n} ON t{n}.ID = t0.ID" for n in range(1, 10))
WIDE += " WHERE t0.LAST_UPDATED >= to_timestamp_ntz({{last_sync_time}}) AND t3.COLUMN_3_7 = 'x' ORDER BY t0.ID"


def catalogue() -> Catalogue:
    tables = []
    for number in range(TABLES):
        own = [f"COLUMN_{number}_{place}" for place in range(COLUMNS - 3)]
        names = ["ID", "EMAIL", "LAST_UPDATED", *own]
        columns = tuple(Column(name=name, kind=Kind.TEXT, type_name="VARCHAR(200)") for name in names)
        tables.append(Table(schema=f"S{number % 20}", name=f"TABLE_{number}", columns=columns, rows=1_000))
    return Catalogue(tables=tuple(tables), dialect="snowflake", schema="S0", database="ANALYTICS")


def milliseconds(repeat: int) -> list[float]:
    """Complete at every place of the queries; return how long each answer took."""
    known = catalogue()
    queries = [(call, text) for _, call, text, _ in EXAMPLE.findall(TABLE.read_text())] + [("identify", WIDE)]
    taken: list[float] = []
    for _ in range(repeat):
        for call, text in queries:
            context = Context(dialect="snowflake", call=CallType(call), catalogue=known)
            for offset in range(len(text) + 1):
                began = time.perf_counter()
                complete(text[:offset], offset, context)
                taken.append((time.perf_counter() - began) * 1000)
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    taken = milliseconds(parser.parse_args().repeat)
    percentile = statistics.quantiles(taken, n=100)[98]
    print(
        f"{len(taken):,} answers: median {statistics.median(taken):.2f} ms, 99th percentile {percentile:.2f} ms, most {max(taken):.2f} ms"
    )
    print(f"the budget of {BUDGET:.0f} ms is {'kept' if percentile < BUDGET else 'missed'}")


if __name__ == "__main__":
    main()
