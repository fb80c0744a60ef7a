"""What Backhaul promises of speed and memory, measured side by side with others: one table, with targets and ratios.

    python -m tests.benchmarks [PART ...] [--rows 1000000] [--large 5000000] [--sizes 1,2,5,10] [--repeat 3] [--write]

The parts, all of them where none is named:

    first         a first full sync, against Segment's own Python client and against COPY of JSON into gzip
    unchanged     all rows, nothing or 1 % changed, against psql COPY
    growth        time a row at 1, 2, 5 and 10 million rows, and the picture of its stages
    memory        peak memory, and whether it grows
    incremental   100 changed rows against a ledger of all of them; compaction apart
    drivers       Snowflake, BigQuery and Redshift (stand-ins), against the bare drivers
    start         --help, status, the console's first picture
    elsewhere     what people would use instead: Segment's client, drt, a loop of psycopg and httpx

Progress goes to stderr, the table to stdout. With --write the table is put into README.md here, the numbers into results.json, and the
picture into stages.svg; parts that are not measured this time stay as they were.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import signal
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.benchmarks import drivers, elsewhere, first, growth, incremental, memory, start, unchanged
from tests.benchmarks.bench import Bench, Options, opened, said
from tests.benchmarks.elsewhere import Clients
from tests.benchmarks.picture import drawn
from tests.benchmarks.rounds import Rounds
from tests.benchmarks.table import Measured, as_json, kept, markdown, placed

HERE = Path(__file__).parent
PARTS: Mapping[str, Callable[[Bench, Rounds, Clients], Measured]] = {
    "first": first.measure,
    "unchanged": unchanged.measure,
    "growth": growth.measure,
    "memory": memory.measure,
    "incremental": incremental.measure,
    "drivers": drivers.measure,
    "start": start.measure,
    "elsewhere": elsewhere.measure,
}
"""In the order in which they are measured and shown: `incremental` changes the largest table, so it comes after the others that read it."""


def main() -> None:
    given = asked()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit("stopped"))
    on_cores(given.cores)
    options = Options(
        rows=given.rows,
        large=given.large,
        sizes=tuple(sorted(given.sizes)),
        client_rows=given.client_rows,
        driver_rows=given.driver_rows,
        repeat=given.repeat,
    )
    results = kept(HERE / "results.json") if given.write else {}
    known = circumstances(options)
    try:
        with opened(options) as bench:
            known["versions"] += f", {postgres_version(bench)}"
            rounds, clients = Rounds(bench), Clients(bench)
            for name, measure in PARTS.items():
                if name in given.parts or not given.parts:
                    said(f"{name}:")
                    results[name] = as_json(measure(bench, rounds, clients), known)
                    if given.write:
                        write(results)
    finally:
        if results:
            print(markdown(results, list(PARTS)))


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help="which parts; all of them where none is named")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the first sync")
    parser.add_argument("--large", type=int, default=5_000_000, help="of runs with few changes or none")
    parser.add_argument("--sizes", type=in_millions, default="1,2,5,10", help="of growth, in millions")
    parser.add_argument("--client-rows", type=int, default=100_000, help="that the slower ones send")
    parser.add_argument("--driver-rows", type=int, default=200_000, help="that the stand-ins of warehouses hold")
    parser.add_argument("--repeat", type=int, default=3, help="pairs of each measurement; ratios are their median")
    parser.add_argument("--cores", type=int, default=2, help="at the most so many cores of this machine are used")
    parser.add_argument(
        "--write", action="store_true", help="keep the results, and put the table into tests/benchmarks/README.md"
    )
    given = parser.parse_args()
    if unknown := [name for name in given.parts if name not in PARTS]:
        parser.error(f"there is no part {', '.join(unknown)}; the parts are {', '.join(PARTS)}")
    return given


def in_millions(words: str) -> tuple[int, ...]:
    return tuple(round(float(word) * 1_000_000) for word in words.split(","))


def on_cores(most: int) -> None:
    """Let this process, and so all that it starts, use at most so many cores."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:most])


def circumstances(options: Options) -> dict[str, Any]:
    """Say when, on what and with which versions is measured."""
    names = ("backhaul", "duckdb", "pyarrow", "adbc-driver-postgresql", "psycopg", "textual")
    versions = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in names)]
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cores": len(os.sched_getaffinity(0)),
        "processor": found[1].strip() if found else platform.machine(),
        "load": round(os.getloadavg()[0], 1),
        "versions": ", ".join(versions),
        "options": {name: getattr(options, name) for name in Options.__slots__},
    }


def postgres_version(bench: Bench) -> str:
    with bench.database.connect() as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return f"Postgres {row[0].split()[0]}" if row else "Postgres"


def write(results: Mapping[str, Any]) -> None:
    """Write numbers, tables and picture."""
    (HERE / "results.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    table, picture = markdown(results, list(PARTS)), HERE / "stages.svg"
    if part := results.get("growth"):
        title = f"12 columns from a local Postgres into a receiver on loopback; {part['cores']} cores, {part['date']}"
        picture.write_text(drawn(part["numbers"], title), "utf-8")
    readme = HERE / "README.md"
    shown = f"\n\n![What a row costs, stage by stage]({picture.name})" if part else ""
    readme.write_text(placed(readme.read_text("utf-8"), table + shown), "utf-8")


if __name__ == "__main__":
    main()
