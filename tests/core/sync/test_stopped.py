"""A run that is told to stop, or killed, leaves no query running in the warehouse."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.core.sync.workshop import Workshop
from tests.servers.postgres import Database

HEAVY = """SELECT max(a) AS "userId", count(*) AS n FROM generate_series(1, 100000) a CROSS JOIN generate_series(1, 100000) b
GROUP BY (a + b) % 7"""


def queries(database: Database) -> int:
    """Return how many queries of the reader's run on the server."""
    with database.connect() as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND state = 'active'", [database.reader]
        ).fetchone()
    return row[0] if row else 0


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(
    ("number", "seconds", "code"), [(signal.SIGINT, 3, 1), (signal.SIGTERM, 3, 1), (signal.SIGKILL, 12, -9)]
)
def test_no_query_is_left_behind(
    workshop: Workshop, postgres_database: Database, number: signal.Signals, seconds: float, code: int
) -> None:
    database = postgres_database
    (workshop.folder / "backhaul.toml").write_text('name = "stopped"\n[secrets]\nfrom = "environment"\n')
    (workshop.folder / "sources" / "pg.toml").write_text(
        f'type = "postgres"\nhost = "{database.server.host}"\nport = {database.server.port}\n'
        f'database = "{database.name}"\nuser = "{database.reader}"\n'
    )
    workshop.sync(HEAVY, source="pg")
    secrets = {
        "BACKHAUL_SOURCES_PG_PASSWORD": database.reader_password,
        "BACKHAUL_DESTINATIONS_SEG_WRITE_KEY": "key-1",
    }
    words = [sys.executable, "-m", "tui.main", "run", "people", "--project", str(workshop.folder)]
    process = subprocess.Popen(words, env=os.environ | secrets, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        assert wait_until(lambda: queries(database) > 0, 20)
        process.send_signal(number)
        output, _ = process.communicate(timeout=10)
        assert process.returncode == code, output.decode()
        assert b"Traceback" not in output
        assert wait_until(lambda: queries(database) == 0, seconds)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
