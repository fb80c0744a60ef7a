"""A replay: a delivery of rejected rows only, without a query, each with the latest content that is known of it.

It moves no last_sync_time. A row that a later version took the place of is not in the list any more. A delete that was
refused is left to the next run, which deletes what is still gone, and not who has come back. Of single rows that are asked
for by their numbers, the key counts: what was refused of it last is what is sent.
"""

from __future__ import annotations

import secrets as randomness
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from core.model import Sync
from core.state.folder import StateFolder
from core.store import Store
from core.sync.comparison.compare import load_rejected
from core.sync.planning.plan import write_plan
from core.sync.planning.record import delivery_row
from core.sync.preparation import Target

if TYPE_CHECKING:
    import duckdb

__all__ = ["plan_replay"]


def plan_replay(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    state: StateFolder,
    sync: Sync,
    target: Target,
    run: str,
    now: float,
    only: Collection[int] = (),
) -> Mapping[str, Any] | None:
    """Plan and record a replay for one destination; None where it has no rejected row that can be sent.

    With `only`, of the people or events of these rejected rows (by number) and of no others.
    """
    ledger = store.row("current_ledger", sync=sync.id, destination=target.name)
    if ledger is None:
        return None
    own = f'{{"type":"{sync.call.value}"'
    rows = [
        dict(row) for row in store.rows("open_rejected", ledger=ledger["id"]) if (row["call"] or "").startswith(own)
    ]
    sendable = [row for row in rows if len(row["call"].encode()) + 64 <= target.limits.call_bytes]
    latest = {row["key"]: row for row in sendable}
    if only:
        wanted = {row["key"] for row in sendable if row["number"] in only}
        latest = {key: row for key, row in latest.items() if key in wanted}
    if not latest:
        return None
    load_rejected(connection, 0, list(latest.values()))
    connection.execute("CREATE OR REPLACE TEMP TABLE retry_0 AS SELECT * FROM rejected_0")
    delivery = randomness.token_hex(16)
    plan = write_plan(
        connection, 0, delivery, state.plans, f"{sync.id}.{delivery}.parquet", target.limits, staged=False
    )
    if plan is None:
        return None
    store.do(
        "insert_delivery",
        **delivery_row(
            kind="replay",
            sync=sync,
            destination=target.name,
            ledger=ledger["id"],
            digest=ledger["digest"],
            delivery=delivery,
            run=run,
            plan=plan,
            now=now,
            retried=plan.calls,
        ),
    )
    row = store.row("delivery", id=delivery)
    return dict(row) if row else None
