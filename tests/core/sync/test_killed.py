"""`backhaul run` is killed with SIGKILL at random moments of runs of 150,000 rows, and started again each time.

tests.faults does it thousands of times, with few rows; here they are many, and come from Postgres.
Whenever a run comes to its end, every row is changed and the next run has to deliver them all again, so that the kills
fall into all phases: start, query, comparison, plan, delivery, commit. In the end, for every version of the rows: each
key arrived, under one messageId, with the same call wherever it arrived twice, and a last run sends nothing.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.sync.workshop import Workshop
from tests.servers.postgres import Database
from tests.servers.receiving import Receiver

ROWS = 150_000
KILLS = 8
SEED = 20261122
DEADLINE = 420.0


def start(workshop: Workshop, database: Database) -> subprocess.Popen[bytes]:
    """Start a run as a user would."""
    secrets = {
        "BACKHAUL_SOURCES_PG_PASSWORD": database.reader_password,
        "BACKHAUL_DESTINATIONS_SEG_WRITE_KEY": "key-1",
    }
    words = [sys.executable, "-m", "tui.main", "run", "people", "--yes", "--json", "--project", str(workshop.folder)]
    return subprocess.Popen(words, env=os.environ | secrets, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def finish(process: subprocess.Popen[bytes]) -> float:
    """Wait for a run that is let alone, and return its seconds."""
    started = time.monotonic()
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output.decode()[-2000:]
    return time.monotonic() - started


def set_version(database: Database, version: int) -> None:
    database.execute(
        "DROP TABLE IF EXISTS people",
        f"CREATE TABLE people AS SELECT n AS id, {version} AS edition FROM generate_series(1, {ROWS}) people (n)",
        f"GRANT SELECT ON people TO {database.reader}",
    )


def arrivals(receiver: Receiver) -> Iterator[tuple[str, str, str]]:
    """Yield (version and key, messageId, call) of everything that was taken, duplicates included."""
    for record in receiver.records():
        for call in record.calls:
            key = f"{call['traits']['edition']}/{call['userId']}"
            yield key, call["messageId"], json.dumps(call)


@pytest.mark.slow
def test_kills_of_a_large_run_lose_nothing_and_repeat_only_the_same_calls(
    workshop: Workshop, postgres_database: Database
) -> None:
    database = postgres_database
    (workshop.folder / "backhaul.toml").write_text('name = "killed"\n[secrets]\nfrom = "environment"\n')
    (workshop.folder / "sources" / "pg.toml").write_text(
        f'type = "postgres"\nhost = "{database.server.host}"\nport = {database.server.port}\n'
        f'database = "{database.name}"\nuser = "{database.reader}"\n'
    )
    workshop.destination(
        "seg", type="segment", url=workshop.receiver.url, limits={"batch_calls": 200, "connections": 2}
    )
    workshop.sync('SELECT id AS "userId", edition FROM people', source="pg")
    chance = random.Random(SEED)
    versions = 1
    set_version(database, versions)
    whole = finish(start(workshop, database))
    versions += 1
    set_version(database, versions)
    kills = 0
    deadline = time.monotonic() + DEADLINE
    phases: dict[str, int] = {}
    while kills < KILLS:
        assert time.monotonic() < deadline, f"only {kills} kills in {DEADLINE} seconds"
        process = start(workshop, database)
        try:
            process.wait(chance.uniform(0.05, whole))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
            phase = phase_of(workshop)
            phases[phase] = phases.get(phase, 0) + 1
        else:
            process.communicate()
            assert process.returncode == 0
            versions += 1
            set_version(database, versions)
    finish(start(workshop, database))
    check(workshop, versions)
    requests = len(workshop.receiver.records())
    finish(start(workshop, database))
    assert len(workshop.receiver.records()) == requests
    print(f"{kills} kills over {versions} versions of {ROWS:,} rows; where they fell: {phases}")
    assert phases.get("sending", 0) > 0


def phase_of(workshop: Workshop) -> str:
    """Say what a killed run left behind."""
    opened = workshop.rows("open_deliveries", sync="id-people")
    return opened[0]["state"] if opened else "nothing open"


def check(workshop: Workshop, versions: int) -> None:
    """Check every call that arrived."""
    ids: dict[str, tuple[str, str]] = {}
    owners: dict[str, str] = {}
    for key, message_id, call in arrivals(workshop.receiver):
        assert ids.setdefault(key, (message_id, call)) == (message_id, call), (
            f"{key} came under two ids or as two calls"
        )
        assert owners.setdefault(message_id, key) == key, f"{message_id} was used for two keys"
    for version in range(1, versions + 1):
        missing = [n for n in range(1, ROWS + 1) if f"{version}/{n}" not in ids]
        assert not missing, f"{len(missing)} rows of version {version} never arrived"
    assert len(ids) == versions * ROWS
    ended = workshop.rows("runs_of_sync", sync="id-people", limit=1)
    assert Path(workshop.folder, ".backhaul", "store.sqlite").exists()
    assert ended[0]["state"] == "succeeded"
