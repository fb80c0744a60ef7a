"""Version 6 frees the deliveries that an older Backhaul paused for good."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from core import store as stores
from core.store import Store

COLUMNS = (
    "id, run, sync, destination, ledger, state, call, plan_bytes, plan_digest, digest, form, rows, added, changed, removed, unchanged, "
    "retried, superseded, refused, calls, batches, notes, reason, created"
)


def an_older_store(folder: Path, *reasons: str) -> None:
    """Make a store of version 5 with a paused delivery for each reason."""
    migrations = sorted((Path(stores.__file__).parent / "migrations").glob("*.sql"))[:5]
    with contextlib.closing(sqlite3.connect(folder / "store.sqlite")) as connection:
        for file in migrations:
            connection.executescript(file.read_text())
        connection.execute("PRAGMA user_version = 5")
        connection.execute(
            "INSERT INTO runs (id, sync, name, cause, state, started) VALUES ('r', 's', 's', 'command', 'failed', 0)"
        )
        connection.execute(
            "INSERT INTO ledgers (id, sync, destination, host, account, key, digest, form, last_sync_time, created) "
            "VALUES ('l', 's', 'd', 'h', 'a', '[]', '', 1, 0, 0)"
        )
        for number, reason in enumerate(reasons):
            values = [
                f"d{number}",
                "r",
                "s",
                f"to{number}",
                "l",
                "paused",
                "identify",
                0,
                "",
                "",
                1,
                *[0] * 10,
                "[]",
                reason,
                0.0,
            ]
            connection.execute(f"INSERT INTO deliveries ({COLUMNS}) VALUES ({', '.join('?' * len(values))})", values)
        connection.commit()
    (folder / "store.made").touch()


def test_a_delivery_that_was_paused_because_everything_was_refused_is_planned_anew(tmp_path: Path) -> None:
    an_older_store(tmp_path, "seg refuses everything: 400 bad", "seg refused the source's write key: 401")
    with Store(tmp_path) as store:
        found = {row["id"]: row["replan"] for row in store.rows("open_deliveries", sync="s")}
        assert found == {"d0": 1, "d1": 0}
        assert store.rows("batch_totals", delivery="d0")[0]["answered"] == 0
