"""Writes a planned delivery into the store: its ledger where that is new, the delivery, the rows refused before sending.

All in the caller's transaction, after the plan is on disk and before the first call.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.calls.canonical import FORM
from core.model import Sync
from core.store import Store
from core.sync.comparison.stage import FAULTY, UNCHANGED
from core.sync.planning.plan_file import PlanFile
from core.sync.planning.target_plan import TargetPlan

if TYPE_CHECKING:
    import duckdb

__all__ = ["PlannedFrom", "delivery_row", "record_delivery"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFrom:
    """What all deliveries of a run are planned from: the query's `digest` and identifying fields (`key`), the warehouse's `clock` (Unix
    seconds) before it, whether it read everything (`full`) and gave events in an order, what was asked for, and notes for people.
    """

    sync: Sync
    digest: str
    key: Sequence[str]
    clock: int
    full: bool
    ordered: bool
    baseline: bool
    new_ledger: bool
    notes: tuple[str, ...]


def record_delivery(
    store: Store,
    connection: duckdb.DuckDBPyConnection,
    plan: TargetPlan,
    position: int,
    source: PlannedFrom,
    run: str,
    now: float,
) -> None:
    """Record the delivery that was planned for the destination at `position` of the stage."""
    _record_ledger(store, plan, source, now)
    store.do("insert_delivery", **_planned_row(plan, source, run, now))
    _record_refused(store, connection, plan, position, source, run, now)


def _record_ledger(store: Store, plan: TargetPlan, source: PlannedFrom, now: float) -> None:
    """Make the ledger's row where it is new; the one it takes the place of is retired.

    What was still open of the old one is left behind in the same transaction: where a guard stops the new plan, or the
    query fails, the old ledger stays, and its delivery goes on.
    """
    sync = source.sync
    old = store.row("current_ledger", sync=sync.id, destination=plan.target.name)
    if old and old["id"] == plan.ledger_id:
        store.do("set_ledger_place", id=plan.ledger_id, account=plan.account, host=plan.target.plugin.host)
        return
    if old:
        reason = "a new ledger was started" if source.new_ledger else "its destination became another place"
        store.do("abandon_open_delivery", sync=sync.id, destination=plan.target.name, reason=reason, now=now)
        store.do("supersede_rejected_of_ledger", ledger=old["id"], now=now)
        store.do("retire_ledger", id=old["id"], now=now)
    store.do(
        "insert_ledger",
        id=plan.ledger_id,
        sync=sync.id,
        destination=plan.target.name,
        host=plan.target.plugin.host,
        account=plan.account,
        key=json.dumps(source.key),
        digest="",
        form=FORM,
        created=now,
    )


def delivery_row(
    *,
    kind: str,
    sync: Sync,
    destination: str,
    ledger: str,
    digest: str,
    delivery: str,
    run: str,
    plan: PlanFile | None,
    now: float,
    **counts: Any,
) -> dict[str, Any]:
    """Return the values of a delivery's row of the store; `counts` are its columns that are not 0 or empty."""
    nothing = dict.fromkeys(
        (
            "rows",
            "added",
            "changed",
            "removed",
            "unchanged",
            "retried",
            "superseded",
            "refused",
            "deletes",
            "assumed",
            "ordered",
        ),
        0,
    )
    return {
        "kind": kind,
        "id": delivery,
        "run": run,
        "sync": sync.id,
        "destination": destination,
        "ledger": ledger,
        "call": sync.call.value,
        "plan": plan.path.name if plan else None,
        "plan_bytes": plan.size if plan else 0,
        "plan_digest": plan.digest if plan else "",
        "clock": None,
        "digest": digest,
        "form": FORM,
        "full_rows": None,
        "calls": plan.calls if plan else 0,
        "batches": plan.batches if plan else 0,
        "canary": None,
        "shape": None,
        "accepted": None,
        "notes": "[]",
        "created": now,
        **nothing,
        **counts,
    }


def _planned_row(plan: TargetPlan, source: PlannedFrom, run: str, now: float) -> dict[str, Any]:
    comparison, file, shape = plan.comparison, plan.plan, plan.shape
    assert comparison is not None and shape is not None  # noqa: S101, PT018 -- what is recorded was compared
    row = delivery_row(
        kind="sync",
        sync=source.sync,
        destination=plan.target.name,
        ledger=plan.ledger_id,
        digest=source.digest,
        delivery=plan.delivery,
        run=run,
        plan=file,
        now=now,
        clock=source.clock,
        shape=shape.as_json(),
        rows=comparison.rows,
        full_rows=comparison.rows if source.full else None,
        added=comparison.added,
        changed=comparison.changed,
        removed=comparison.removed,
        unchanged=comparison.unchanged,
        retried=comparison.retried,
        deletes=comparison.deletes,
        superseded=comparison.identical,
        refused=comparison.refused + comparison.held,
        canary=file.canary if file else None,
        accepted=json.dumps([question.guard for question in plan.questions]) if plan.questions else None,
        ordered=int(source.ordered),
        notes=json.dumps(source.notes, ensure_ascii=False),
    )
    if source.baseline:
        row |= {"kind": "baseline", "assumed": row["calls"], "calls": 0, "batches": 0}
    return row


def _record_refused(
    store: Store,
    connection: duckdb.DuckDBPyConnection,
    plan: TargetPlan,
    position: int,
    source: PlannedFrom,
    run: str,
    now: float,
) -> None:
    """List the rows that were refused before sending; one that is listed already, unchanged, is not listed again.

    After a full query, those of earlier runs that did not come again have been fixed, or are gone. A row that was refused
    and now is as the destination has it needs no other try.
    """
    listed: dict[bytes, list[Any]] = {}
    for known in store.rows("open_rejected", ledger=plan.ledger_id):
        if known["attempts"] == 0:
            listed.setdefault(known["key"], []).append(known)
    seen = _refused_rows(connection, position)
    for key, rows in seen.items():
        if _contents(listed.get(key, [])) == _contents(rows):
            continue
        store.do("supersede_rejected_key", ledger=plan.ledger_id, key=key, delivery=plan.delivery, now=now)
        for row in rows:
            store.do(
                "insert_rejected",
                ledger=plan.ledger_id,
                sync=source.sync.id,
                destination=plan.target.name,
                delivery=plan.delivery,
                run=run,
                sequence=None,
                attempts=0,
                status=None,
                request=None,
                response=None,
                now=now,
                **row,
            )
    for known in (known for rows in listed.values() for known in rows if source.full):
        if known["key"] not in seen:
            store.do("end_rejected", number=known["number"], state="superseded", now=now)
    for (number,) in connection.execute(_settled(position)).fetchall():
        store.do("end_rejected", number=number, state="superseded", now=now)


def _settled(position: int) -> str:
    """Return SQL for the listed rows whose content now is what the destination has acknowledged before."""
    return (
        f"SELECT number FROM rejected_{position} r "
        f"WHERE EXISTS (SELECT 1 FROM stage WHERE stage.key = r.key AND state_{position} = {UNCHANGED})"
    )


def _contents(rows: list[Any]) -> list[tuple[str, str, str]]:
    return sorted((row["reason"], row["row"] or "", row["call"] or "") for row in rows)


def _refused_rows(connection: duckdb.DuckDBPyConnection, position: int) -> dict[bytes, list[dict[str, Any]]]:
    """Return the rows that cannot be sent, by key; they become rows of the store, one by one."""
    found = connection.execute(f"""
        SELECT key::VARCHAR, fingerprint::VARCHAR, identity, message_id, call, row, coalesce(id_fault, fault, reason)
        FROM stage LEFT JOIN refused_{position} r ON stage.rowid = r.place WHERE state_{position} = {FAULTY}
    """).fetchall()
    rows: dict[bytes, list[dict[str, Any]]] = {}
    for key, fingerprint, identity, message_id, call, row, reason in found:
        digest = bytes.fromhex(key.replace("-", ""))
        rows.setdefault(digest, []).append(
            {
                "key": digest,
                "fingerprint": bytes.fromhex(fingerprint.replace("-", "")) if fingerprint else None,
                "identity": identity,
                "message_id": message_id,
                "call": call,
                "row": row,
                "reason": reason,
            }
        )
    return rows
