"""The commit: what a delivery acknowledged becomes part of the ledger, and its last_sync_time moves.

A segment is written from the plan without what was rejected or held back, synced and renamed; then one transaction lists
it in the manifest, ends the delivery and moves the time. Killed before it, the segment is garbage and the commit is made
again; killed after it, nothing is left to do.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.calls.fields import CALLS
from core.embedded import quoted
from core.errors import StateError
from core.ledger.local import NO_FINGERPRINT, LocalLedger, SegmentFiles
from core.model import CallType, Sync
from core.store import Store

if TYPE_CHECKING:
    import duckdb

__all__ = ["Outcome", "commit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a delivery ended, in calls."""

    acknowledged: int
    rejected: int
    held_back: int
    last_sync_time: int


def commit(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    sync: Sync,
    delivery: Mapping[str, Any],
    ledgers: Path,
    plans: Path,
    now: float,
) -> Outcome:
    """Commit a delivery of which every batch was answered (or which has none). `now` is Unix seconds of this host."""
    ledger = LocalLedger(store, ledgers, delivery["ledger"])
    segment: SegmentFiles | None = None
    totals = store.row("batch_totals", delivery=delivery["id"])
    if delivery["plan"] and ((totals and totals["acknowledged"]) or delivery["assumed"]):
        segment = _write_segment(connection, store, sync, delivery, ledger, plans / delivery["plan"])
    acknowledged = totals["acknowledged"] if totals else 0
    held = totals["held"] if totals else 0
    rejected = delivery["calls"] - acknowledged - held
    settled = _settled_rejections(connection, store, delivery, plans)
    with store.transaction():
        if segment:
            store.do("insert_segment", ledger=delivery["ledger"], created=now, **segment.columns())
        for number, state in settled:
            store.do("end_rejected", number=number, state=state, now=now)
        store.do(
            "commit_delivery",
            id=delivery["id"],
            acknowledged=acknowledged,
            rejected=delivery["refused"] + rejected,
            held_back=held,
            ended=now,
        )
        if delivery["clock"] is not None:
            store.do(
                "set_ledger_committed",
                id=delivery["ledger"],
                digest=delivery["digest"],
                form=delivery["form"],
                shape=delivery["shape"],
                full_rows=delivery["full_rows"],
                clock=delivery["clock"],
            )
    if delivery["plan"]:
        (plans / delivery["plan"]).unlink(missing_ok=True)
    if segment and ledger.should_compact():
        with contextlib.suppress(StateError):  # the delivery is committed; there is another time for this
            ledger.compact(connection, f"{sync.id}.{delivery['id']}.base", now)
    row = store.row("ledger", id=delivery["ledger"])
    return Outcome(
        acknowledged=acknowledged,
        rejected=delivery["refused"] + rejected,
        held_back=held,
        last_sync_time=row["last_sync_time"] if row else 0,
    )


def _write_segment(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    sync: Sync,
    delivery: Mapping[str, Any],
    ledger: LocalLedger,
    plan: Path,
) -> SegmentFiles:
    """Write what was acknowledged as a segment: all of the plan but rejected rows and held batches."""
    rejected = [row["sequence"] for row in store.rows("rejected_of_delivery", delivery=delivery["id"])]
    held = [row["number"] for row in store.rows("answered_batches", delivery=delivery["id"]) if row["state"] == "held"]
    keeps_calls = CALLS[CallType(delivery["call"])].keys is not None
    without = ""
    if rejected:
        connection.execute("CREATE OR REPLACE TEMP TABLE refused (sequence BIGINT)")
        connection.executemany("INSERT INTO refused VALUES (?)", [(sequence,) for sequence in rejected])
        without += " AND sequence NOT IN (SELECT sequence FROM refused)"
    if held:
        without += f" AND batch NOT IN ({', '.join(map(str, held))})"
    own = "fingerprint" if keeps_calls else f"CASE WHEN identity IS NULL THEN {NO_FINGERPRINT} ELSE fingerprint END"
    keys = (
        f"SELECT key, CASE WHEN operation = 'delete' THEN NULL ELSE {own} END AS fingerprint, quick "
        f"FROM read_parquet({quoted(str(plan))}) WHERE true{without}"
    )
    name = f"{sync.id}.{delivery['id']}"
    base = ledger.is_empty()
    if not keeps_calls:
        return ledger.write(connection, name, keys, base=base)
    if sync.payload:
        return ledger.write(
            connection, name, keys, calls=plan, known=(delivery["plan_bytes"], delivery["plan_digest"]), base=base
        )
    identities = plan.with_name(f"{name}.identities")
    columns = "operation, key, fingerprint, identity, NULL::VARCHAR AS message_id, NULL::VARCHAR AS call"
    target = quoted(str(identities))
    connection.execute(f"COPY (SELECT {columns} FROM read_parquet({quoted(str(plan))})) TO {target} (FORMAT parquet)")
    files = ledger.write(connection, name, keys, calls=identities, base=base)
    identities.unlink()
    return files


def _settled_rejections(
    connection: duckdb.DuckDBPyConnection, store: Store, delivery: Mapping[str, Any], plans: Path
) -> list[tuple[int, str]]:
    """Find older rejected rows that this delivery settles: the same content was acknowledged, or a later version was."""
    older = [row for row in store.rows("open_rejected", ledger=delivery["ledger"]) if row["delivery"] != delivery["id"]]
    if not older or not delivery["plan"]:
        return []
    path = quoted(str(plans / delivery["plan"]))
    connection.execute("CREATE OR REPLACE TEMP TABLE older (number BIGINT, key VARCHAR, fingerprint VARCHAR)")
    connection.executemany(
        "INSERT INTO older VALUES (?, ?, ?)",
        [(row["number"], row["key"].hex(), row["fingerprint"].hex() if row["fingerprint"] else None) for row in older],
    )
    found = connection.execute(f"""
        SELECT o.number, p.fingerprint IS NOT DISTINCT FROM o.fingerprint::UUID
        FROM older o JOIN read_parquet({path}) p ON p.key = o.key::UUID
    """).fetchall()
    return [(number, "acknowledged" if same else "superseded") for number, same in found]
