"""What must be true of a project's state beside the receivers' logs, after any kill and at rest.

The store is read from a copy: the run that comes next has to find what the killed one left, its log of writes too.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.faults.judge import DELETED, Problem, Track

__all__ = ["after_a_kill", "at_rest", "key_of_rejected", "open_rejected", "reading", "watermarks"]


@contextlib.contextmanager
def reading(state: Path) -> Iterator[sqlite3.Connection | None]:
    """Open a copy of the store; None where there is none yet."""
    if not (state / "store.sqlite").exists():
        yield None
        return
    with tempfile.TemporaryDirectory(dir=state.parent) as folder:
        for ending in ("", "-wal", "-journal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(f"{state}/store.sqlite{ending}", f"{folder}/store.sqlite{ending}")
        connection = sqlite3.connect(f"{folder}/store.sqlite")
        connection.row_factory = sqlite3.Row
        connection.text_factory = lambda text: text.decode("utf-8", "replace")  # a damaged one is read, too
        try:
            is_made = connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'rejected'").fetchone()[0]
            yield connection if is_made else None
        finally:
            connection.close()


ACKNOWLEDGED = """
    SELECT coalesce(sum(CASE WHEN d.state = 'committed' THEN d.acknowledged ELSE (
        SELECT coalesce(sum(b.acknowledged), 0) FROM batches b WHERE b.delivery = d.id AND b.state = 'answered') END), 0) AS calls
    FROM deliveries d JOIN ledgers l ON l.id = d.ledger AND l.retired IS NULL WHERE d.destination = ?
"""


def after_a_kill(state: Path, tracks: Mapping[str, Track]) -> list[Problem]:
    """Check that the state claims no more than the logs have."""
    problems = []
    with reading(state) as store:
        if store is None:
            return []
        for name, track in tracks.items():
            (claimed,) = store.execute(ACKNOWLEDGED, [name]).fetchone()
            if claimed > len(track.acknowledged):
                problems.append(
                    Problem("claims too much", f"{name}: {claimed} calls, the log has {len(track.acknowledged)}")
                )
    return problems


def watermarks(state: Path, tracks: Mapping[str, Track], stamps: Mapping[str, int]) -> Iterator[Problem]:
    """Check that last_sync_time is not past a row that is neither delivered nor rejected; `stamps` say when each changed."""
    with reading(state) as store:
        if store is None:
            return
        for row in store.execute("SELECT * FROM ledgers WHERE retired IS NULL"):
            track = tracks.get(row["destination"])
            if track is None or not row["last_sync_time"]:
                continue
            listed = {
                key_of_rejected(dict(each)) for each in store.execute("SELECT * FROM rejected WHERE state = 'open'")
            }
            # a removal is no row: it waits where a result was not whole, or something before it was rejected
            pending = [key for key in track.pending() if track.history[key][-1] != DELETED]
            skipped = [key for key in pending if stamps[key] <= row["last_sync_time"] and key not in listed]
            if skipped:
                text = f"{row['destination']}: {row['last_sync_time']}, but {skipped[0]} of {stamps[skipped[0]]} is pending"
                yield Problem("watermark", text)


def key_of_rejected(row: Mapping[str, Any]) -> str:
    """Return the key of a rejected row, as the judge knows it."""
    call = json.loads(row["call"] or row["identity"])
    return str(call.get("userId") or call.get("properties", {}).get("number"))


def at_rest(state: Path, tracks: Mapping[str, Track], *, sync: str = "id-people") -> list[Problem]:
    """Check that everything is finished, that the counts add up, and that no file is left over."""
    problems = []
    with reading(state) as store:
        if store is None:
            return [Problem("state", "there is no store")]
        for name, track in tracks.items():
            (claimed,) = store.execute(ACKNOWLEDGED, [name]).fetchone()
            if claimed != len(track.acknowledged):
                problems.append(Problem("counts", f"{name}: {claimed} calls, the log has {len(track.acknowledged)}"))
        for row in store.execute("SELECT * FROM deliveries WHERE sync = ?", [sync]):
            problems += _delivery(dict(row))
        problems += _ledgers(store, tracks)
        problems += _files(state, store, sync)
    return problems


def _delivery(row: Mapping[str, Any]) -> Iterator[Problem]:
    if row["state"] not in ("committed", "abandoned"):
        yield Problem("open", f"delivery {row['id']} is {row['state']}: {row['reason']}")
        return
    if row["state"] == "abandoned":
        return
    # what is tried again, and deletes, are calls without a row of the result
    rows = row["rows"] + row["retried"] + row["deletes"]
    parts = ("unchanged", "superseded", "assumed", "acknowledged", "rejected", "held_back")
    if rows != sum(row[name] for name in parts):
        counts = {name: row[name] for name in ("rows", "retried", "deletes", *parts)}
        yield Problem("counts", f"delivery {row['id']} does not add up: {counts}")


def _ledgers(store: sqlite3.Connection, tracks: Mapping[str, Track]) -> Iterator[Problem]:
    """Check that each destination has one base, and that its clock is the warehouse's."""
    for row in store.execute("SELECT * FROM ledgers WHERE retired IS NULL"):
        segments = store.execute(
            "SELECT base FROM segments WHERE ledger = ? AND retired IS NULL ORDER BY number", [row["id"]]
        ).fetchall()
        bases = [segment["base"] for segment in segments]
        if bases and bases != [1] + [0] * (len(bases) - 1):
            yield Problem("manifest", f"the segments of {row['destination']} are {bases}")


def _files(state: Path, store: sqlite3.Connection, sync: str) -> Iterator[Problem]:
    listed = {name for row in store.execute("SELECT keys, calls FROM segments") for name in row if name}
    there = {file.name for file in (state / "ledger").glob(f"{sync}.*")}
    if there - listed:
        yield Problem("garbage", f"in ledger/ but in no manifest: {sorted(there - listed)}")
    current = store.execute("SELECT keys, calls FROM segments WHERE retired IS NULL")
    missing = {name for row in current for name in row if name and name.startswith(f"{sync}.")} - there
    if missing:
        yield Problem("manifest", f"listed but not in ledger/: {sorted(missing)}")
    plans = {row["plan"] for row in store.execute("SELECT plan FROM deliveries WHERE plan IS NOT NULL")}
    left = {file.name for file in (state / "plans").iterdir()} - plans
    if left:
        yield Problem("garbage", f"in plans/ but of no delivery: {sorted(left)}")
    spilled = [file.name for file in (state / "tmp").glob(f"{sync}.*")]
    if spilled:
        yield Problem("garbage", f"in tmp/: {spilled}")


def open_rejected(state: Path, destination: str) -> list[dict[str, Any]]:
    """Return the open rejected rows of a destination."""
    with reading(state) as store:
        if store is None:
            return []
        found = store.execute("SELECT * FROM rejected WHERE state = 'open' AND destination = ?", [destination])
        return [dict(row) for row in found]
