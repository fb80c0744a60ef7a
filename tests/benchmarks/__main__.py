"""A million rows of 12 mixed columns from a real Postgres, side by side in one run, as ratios.

    python -m tests.benchmarks [--rows 1000000] [--client-rows 100000] [--repeat 3]

- the first full sync to a receiver on loopback, against Segment's own Python client on the same rows (its rate is
  measured on the first --client-rows of them, 0 leaves it out): calls a second
- a run in which nothing changed, against `psql COPY` of the same query: seconds, pair by pair
- peak memory of each, as the operating system counted it
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.company import QUERY, create
from tests.servers.postgres import Server
from tests.servers.receiving import Receiver, receiving


def timed(words: list[str], env: dict[str, str] | None = None, folder: Path | None = None) -> tuple[float, float]:
    """Run a command; give its seconds and its peak memory in MB. Raises where it fails."""
    started = time.monotonic()
    process = subprocess.Popen(words, env={**os.environ, **(env or {})}, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{words[:3]} ended with {process.returncode}")
    return time.monotonic() - started, usage.ru_maxrss / 1024


def make_project(folder: Path, database, receiver: Receiver) -> None:
    for part in ("sources", "destinations", "syncs"):
        (folder / part).mkdir(parents=True)
    (folder / "backhaul.toml").write_text('name = "benchmark"\n[secrets]\nfrom = "environment"\n')
    (folder / "sources" / "db.toml").write_text(
        f'type = "postgres"\nhost = "127.0.0.1"\nport = {database.server.port}\ndatabase = "{database.name}"\n'
        f'user = "{database.reader}"\nsslmode = "disable"\n'
    )
    (folder / "destinations" / "seg.toml").write_text(f'type = "segment"\nurl = "{receiver.url}"\n')
    (folder / "syncs" / "people.sql").write_text(QUERY)
    (folder / "syncs" / "people.toml").write_text(
        'id = "bench1"\nsource = "db"\ndestinations = ["seg"]\ncall = "identify"\n[guards]\nmax_calls = 100_000_000\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--client-rows", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    server = Server.start()
    with tempfile.TemporaryDirectory() as temporary:
        try:
            measure(server, Path(temporary), options)
        finally:
            server.stop()


def measure(server: Server, folder: Path, options: argparse.Namespace) -> None:
    database = server.create_database()
    with database.connect() as connection:
        create(connection, options.rows)
    backhaul = [sys.executable, "-m", "tui.main", "run", "people", "--json", "--project", str(folder / "project")]
    env = {
        "BACKHAUL_SOURCES_DB_PASSWORD": database.reader_password,
        "BACKHAUL_DESTINATIONS_SEG_WRITE_KEY": "a-write-key",
        "PGPASSWORD": database.reader_password,
    }
    target = f"host=127.0.0.1 port={server.port} dbname={database.name} user={database.reader} sslmode=disable"
    with receiving(folder / "receiver", script=Path(__file__).with_name("receiver.py")) as receiver:
        make_project(folder / "project", database, receiver)
        first, memory = timed(backhaul, env)
        rate = options.rows / first
        print(f"first full sync: {first:.2f} s, {rate:,.0f} calls/s, peak {memory:,.0f} MB, {receiver.count()}")
        if options.client_rows:
            words = [sys.executable, "-m", "tests.benchmarks.segment_client", target, receiver.url.removesuffix("/v1")]
            for label, extra in (("as it comes", []), ("with gzip, as ours", ["gzip"])):
                client, client_memory = timed([*words, str(options.client_rows), *extra], env)
                client_rate = options.client_rows / client
                print(f"Segment's client {label}: {client_rate:,.0f} calls/s, peak {client_memory:,.0f} MB")
                print(json.dumps({f"first sync, times the client's rate {label}": round(rate / client_rate, 2)}))
        copy = ["psql", target, "-q", "-c", f"COPY ({QUERY}) TO STDOUT"]
        ratios = []
        for _ in range(options.repeat):
            copied, _ = timed(copy, env)
            unchanged, memory = timed(backhaul, env)
            ratios.append(unchanged / copied)
            print(f"nothing changed: {unchanged:.2f} s, peak {memory:,.0f} MB; psql COPY: {copied:.2f} s")
        print(
            json.dumps(
                {
                    "nothing changed, times psql COPY": round(statistics.median(ratios), 2),
                    "pairs": [round(r, 2) for r in ratios],
                }
            )
        )


if __name__ == "__main__":
    main()
