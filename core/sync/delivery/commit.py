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
from core.duckdb_helpers import digests, fill, quoted
from core.errors import StateError
from core.ledger import SegmentFiles
from core.ledger.local import NO_FINGERPRINT, LocalLedger
from core.model import CallType, Sync
from core.own_folder import part_file
from core.state.folder import SENT
from core.store import Store

if TYPE_CHECKING:
    import duckdb

__all__ = ["Outcome", "commit"]

_NO_HASH = "SELECT NULL::UINTEGER AS quick_id WHERE false"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a delivery ended, in calls."""

    acknowledged: int
    rejected: int
    held_back: int
    given_up: int
    last_sync_time: int


def commit(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    sync: Sync,
    delivery: Mapping[str, Any],
    ledgers: Path,
    plans: Path,
    now: float,
    give_up: bool = False,
) -> Outcome:
    """Commit a delivery of which every batch was answered (or which has none). `now` is Unix seconds of this host.

    With `give_up`, what was never sent of it is left to the next plan.
    """
    ledger = LocalLedger(store, ledgers, delivery["ledger"])
    segment: SegmentFiles | None = None
    totals = store.rows("batch_totals", delivery=delivery["id"])[0]
    acknowledged, held, answered = totals["acknowledged"], totals["held"], totals["answered"]
    rejected, left = answered - acknowledged, delivery["calls"] - answered - held
    if left and not give_up:
        raise StateError(
            f"{left:,} calls of a delivery have no answer, so it cannot be committed.",
            where=sync.name,
            remedy="Run again: they are sent then. If this comes again, it is a fault of Backhaul: please report it.",
        )
    settled: list[tuple[int, str]] = []
    if delivery["plan"] and (acknowledged or delivery["assumed"]):
        rows = _acknowledged_rows(connection, store, delivery, part_file(plans, delivery["plan"]))
        segment = _write_segment(connection, sync, delivery, ledger, part_file(plans, delivery["plan"]), rows)
        settled = _settled_rejections(connection, store, delivery, rows)
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
            given_up=left,
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
        plan = part_file(plans, delivery["plan"])
        plan.unlink(missing_ok=True)
        plan.with_suffix(SENT).unlink(missing_ok=True)
    if segment and ledger.should_compact():
        import duckdb

        # the delivery is committed; there is another time for this
        with contextlib.suppress(StateError, duckdb.IOException, duckdb.OutOfMemoryException):
            ledger.compact(connection, f"{sync.id}.{delivery['id']}.base", now)
    row = store.row("ledger", id=delivery["ledger"])
    return Outcome(
        acknowledged=acknowledged,
        rejected=delivery["refused"] + rejected,
        held_back=held,
        given_up=left,
        last_sync_time=row["last_sync_time"] if row else 0,
    )


def _acknowledged_rows(
    connection: duckdb.DuckDBPyConnection, store: Store, delivery: Mapping[str, Any], plan: Path
) -> str:
    """Return SQL for the plan's rows that were acknowledged, or are assumed: not rejected, not without an answer."""
    import pyarrow as pa

    rejected = [row["sequence"] for row in store.rows("rejected_of_delivery", delivery=delivery["id"])]
    answered = [
        row["number"] for row in store.rows("answered_batches", delivery=delivery["id"]) if row["state"] == "answered"
    ]
    conditions = ["true"]
    if rejected:
        fill(connection, "refused", {"sequence": pa.array(rejected, pa.int64())})
        conditions.append("sequence NOT IN (SELECT sequence FROM refused)")
    if len(answered) < delivery["batches"]:  # the rest was held back, or given up
        conditions.append(f"batch IN ({', '.join(map(str, answered))})")
    rows = (
        f"FROM read_parquet({quoted(str(plan))}) UNION ALL BY NAME {_NO_HASH}"  # a plan of an older Backhaul has none
    )
    return f"SELECT * FROM ({rows}) WHERE {' AND '.join(conditions)}"


def _write_segment(
    connection: duckdb.DuckDBPyConnection,
    sync: Sync,
    delivery: Mapping[str, Any],
    ledger: LocalLedger,
    plan: Path,
    acknowledged: str,
) -> SegmentFiles:
    """Write what was `acknowledged` (SQL for rows of the plan) as a segment."""
    keeps_calls = CALLS[CallType(delivery["call"])].keys is not None
    own = "fingerprint" if keeps_calls else f"CASE WHEN identity IS NULL THEN {NO_FINGERPRINT} ELSE fingerprint END"
    keys = (
        f"SELECT key, CASE WHEN operation = 'delete' THEN NULL ELSE {own} END AS fingerprint, quick, quick_id "
        f"FROM ({acknowledged})"
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
    connection: duckdb.DuckDBPyConnection, store: Store, delivery: Mapping[str, Any], acknowledged: str
) -> list[tuple[int, str]]:
    """Find older rejected rows that this delivery settles: the same content was acknowledged, or a later version was.

    What an undo sends back is an older version, so a refused row stays listed; what a baseline takes for delivered was
    not acknowledged.
    """
    import pyarrow as pa

    older = [row for row in store.rows("open_rejected", ledger=delivery["ledger"]) if row["delivery"] != delivery["id"]]
    if not older:
        return []
    columns = {
        "number": pa.array([row["number"] for row in older], pa.int64()),
        "key": digests([row["key"] for row in older]),
        "fingerprint": digests([row["fingerprint"] for row in older]),
    }
    fill(connection, "older", columns)
    found = connection.execute(f"""
        SELECT o.number, p.fingerprint IS NOT DISTINCT FROM o.fingerprint
        FROM older o JOIN ({acknowledged}) p USING (key)
    """).fetchall()
    is_assumed = delivery["kind"] == "baseline"
    return [
        (number, "acknowledged" if same and not is_assumed else "superseded")
        for number, same in found
        if same or delivery["kind"] != "undo"
    ]
