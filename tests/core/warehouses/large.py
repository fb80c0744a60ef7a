"""Memory while ten million rows are streamed, from a real Postgres and from DuckDB: flat, or exit code 1.

    python -m tests.core.warehouses.large [MILLIONS]

The conformance suite does the same with fewer rows; this takes minutes and is no part of the tests.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from core.warehouses import warehouse_type
from tests.core.warehouses.harness import Harness, no_secret, postgres_plugin
from tests.servers.postgres import Server

MOST_GROWTH = 80_000_000
PAGE = 4096


def resident() -> int:
    """Give this process's memory in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def measured(name: str, warehouse: Any, millions: int) -> bool:
    """Stream, and print the rows, the time and how much the memory grew after the first batch."""
    began, most, count = time.monotonic(), 0, 0
    with warehouse.open() as session:
        result = session.stream(Harness.series.format(thousands=millions * 1_000))
        count += result.batches.read_next_batch().num_rows
        before = resident()
        for batch in result.batches:
            count += batch.num_rows
            most = max(most, resident())
    seconds = time.monotonic() - began
    growth = most - before
    print(f"{name:<10} {count:>12,} rows   {count / seconds:>10,.0f} rows/s   memory +{growth / 1e6:,.0f} MB")
    return count == millions * 1_000_000 and growth < MOST_GROWTH


def main(millions: int) -> int:
    passed = []
    with tempfile.TemporaryDirectory() as folder:
        plugin: Any = warehouse_type("duckdb")
        import duckdb

        duckdb.connect(f"{folder}/warehouse.duckdb").close()
        passed.append(
            measured("duckdb", plugin(plugin.Settings(path="warehouse.duckdb"), no_secret, Path(folder)), millions)
        )
    server = Server.start()
    try:
        passed.append(measured("postgres", postgres_plugin(server.create_database()), millions))
    finally:
        server.stop()
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
