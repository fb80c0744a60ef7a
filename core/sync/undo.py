"""Undo: a delivery that sends back the values which a run overwrote, from the ledger.

Of each row that the run changed or deleted, the call that was acknowledged before goes out again, with null for each
trait that the run added. Its timestamp is left out: receivers would take the call for an old one. Left alone are rows that
were new in that run (there is nothing to send back) and rows that a later run has changed again. The ledger then holds
what was sent back, so the next run sends what the query says, if that is still the same: fix the query first.

The values are those of the ledger's segments before the run's own. Segments that a compaction has replaced stay a day, so a
run of long ago may be past undoing; then that is said, and nothing is sent. Events cannot be taken back at all.
"""

from __future__ import annotations

import json
import secrets as randomness
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.calls.fields import CALLS
from core.duckdb_helpers import count
from core.errors import BackhaulError, StateError, UsageError
from core.ledger import LocalLedger
from core.model import CallType, Project, Sync
from core.state.folder import StateFolder
from core.store import Store
from core.sync.comparison.compare import Comparison
from core.sync.comparison.stage import scratch
from core.sync.planning.changes import Change, differing
from core.sync.planning.guards import Question, call_questions
from core.sync.planning.plan import write_plan
from core.sync.planning.record import delivery_row
from core.sync.preparation import Target

if TYPE_CHECKING:
    import duckdb

__all__ = ["Undo", "look_back", "plan_undo", "record_undo"]

_NAMES = "json_keys({call}, '$.traits')"
_TIMESTAMP = r""",\"timestamp\":\"[^\"]*\"\}$"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """What an undo of one delivery would send, in rows.

    `added` rows were new in the run, `since` were changed again by a later one: both are left alone. `deleted` of the
    `rows` had been deleted. `changes` are samples. `problem` says why nothing can be sent back there, or is empty.
    """

    destination: str
    delivery: str
    ledger: str
    call: CallType
    rows: int
    deleted: int
    added: int
    since: int
    questions: tuple[Question, ...] = ()
    changes: tuple[Change, ...] = ()
    problem: str = ""


def plan_undo(project: Project, sync: Sync, run: str, *, samples: int = 20) -> tuple[Undo, ...]:
    """Say what undoing a run (its id) would send, destination by destination; nothing is sent.

    Raises where its only destination cannot be undone; of several, each says itself why not (`problem`).
    """
    state = StateFolder(project)
    with state.store() as store, scratch(state.scratch(sync)) as connection:
        deliveries = [dict(row) for row in store.rows("deliveries_of_run", run=run) if row["acknowledged"]]
        found: list[Undo] = []
        for delivery in deliveries:
            try:
                found.append(look_back(connection, store, state, sync, delivery, samples=samples))
            except BackhaulError as error:
                if len(deliveries) == 1:
                    raise
                found.append(_impossible(delivery, error))
        return tuple(found)


def look_back(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    state: StateFolder,
    sync: Sync,
    delivery: Mapping[str, Any],
    *,
    samples: int = 20,
) -> Undo:
    """Find what a committed delivery overwrote, into the table `retry_0`. Raises where that cannot be sent back."""
    where = f"{sync.name} → {delivery['destination']}"
    call = CallType(delivery["call"])
    if CALLS[call].keys is None or CALLS[call].bag is None:
        raise UsageError(f"{call.capitalize()} calls cannot be undone: no destination takes them back.", where=where)
    if not sync.payload:
        raise UsageError("This sync keeps no values (payload = false), so there is nothing to send back.", where=where)
    if not delivery["acknowledged"]:
        raise UsageError("The run changed nothing there.", where=where)
    if delivery["state"] != "committed":
        raise UsageError(
            "The delivery is not at its end yet.", where=where, remedy=f"Finish it first: `backhaul run {sync.name}`."
        )
    current = store.row("current_ledger", sync=sync.id, destination=delivery["destination"])
    if current is None or current["id"] != delivery["ledger"]:
        raise UsageError("It has another ledger since that run, so the values cannot be sent back.", where=where)
    ledger = LocalLedger(store, state.ledger, delivery["ledger"])
    found = ledger.before(delivery["id"])
    own, before = found or ({}, ())
    own_calls, calls = (ledger.calls([own]), ledger.calls(before)) if found and before else (None, None)
    if not found or (before and (own_calls is None or calls is None)):
        raise StateError(
            "The values from before this run are not kept any more: the ledger was compacted since.",
            where=where,
            remedy="Fix the query or the warehouse, then run the sync.",
        )
    known = ledger.load(connection, "known_0")
    ledger.load(connection, "before_0", before)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE written_0 AS SELECT key, fingerprint FROM ({ledger.keys_of(own)})"
    )
    connection.execute(_settled())
    if calls is None or own_calls is None:  # the run was the first: all of it was new
        connection.execute(f"CREATE OR REPLACE TEMP TABLE undone_0 AS {_NOTHING}")
    else:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE undone_0 AS {_undone(calls, own_calls)}")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE retry_0 AS SELECT key, fingerprint_of(call) AS fingerprint, identity, "
        "NULL::VARCHAR AS message_id, call FROM undone_0"
    )
    rows = count(connection, "SELECT count(*) FROM retry_0")
    return Undo(
        destination=delivery["destination"],
        delivery=delivery["id"],
        ledger=delivery["ledger"],
        call=call,
        rows=rows,
        deleted=count(connection, "SELECT count(*) FROM undone_0 WHERE written IS NULL"),
        added=count(connection, "SELECT count(*) FROM settled_0 WHERE is_new"),
        since=count(connection, "SELECT count(*) FROM settled_0 WHERE NOT is_new AND is_later"),
        questions=call_questions(sync.guards, _comparison(rows, known)),
        changes=_samples(connection, samples),
    )


def _impossible(delivery: Mapping[str, Any], error: BackhaulError) -> Undo:
    return Undo(
        destination=delivery["destination"],
        delivery=delivery["id"],
        ledger=delivery["ledger"],
        call=CallType(delivery["call"]),
        rows=0,
        deleted=0,
        added=0,
        since=0,
        problem=error.message,
    )


def record_undo(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    state: StateFolder,
    sync: Sync,
    target: Target,
    undo: Undo,
    run: str,
    now: float,
) -> Mapping[str, Any] | None:
    """Write the plan of the rows in `retry_0` and record the delivery; None where there is nothing to send back."""
    delivery = randomness.token_hex(16)
    name = f"{sync.id}.{delivery}.parquet"
    limits = target.plugin.batch_limits(undo.call, target.destination.limits)  # the sync's call may be another by now
    plan = write_plan(connection, 0, delivery, state.plans, name, limits, staged=False, canary=sync.guards.canary)
    if plan is None:
        return None
    ledger = store.rows("ledger", id=undo.ledger)[0]
    row = delivery_row(
        kind="undo",
        sync=sync,
        destination=target.name,
        ledger=undo.ledger,
        digest=ledger["digest"],
        delivery=delivery,
        run=run,
        plan=plan,
        now=now,
        call=undo.call.value,
        rows=plan.calls,
        changed=plan.calls,
        canary=plan.canary,
        notes=json.dumps([f"sends back what the delivery {undo.delivery[:8]} overwrote"]),
    )
    store.do("insert_delivery", **row)
    return dict(store.rows("delivery", id=delivery)[0])


_NOTHING = (
    "SELECT NULL::UUID AS key, NULL::VARCHAR AS identity, NULL::VARCHAR AS call, NULL::VARCHAR AS written WHERE false"
)


def _settled() -> str:
    """Say of each row that the run wrote whether it was new then, and whether a later run has written it again."""
    return """
        CREATE OR REPLACE TEMP TABLE settled_0 AS
        SELECT w.key, b.key IS NULL AS is_new, b.number, k.fingerprint IS DISTINCT FROM w.fingerprint AS is_later,
            b.fingerprint IS NOT DISTINCT FROM w.fingerprint AS is_same
        FROM written_0 w LEFT JOIN before_0 b USING (key) LEFT JOIN known_0 k USING (key)
    """


def _undone(calls: str, own_calls: str) -> str:
    """Return SQL for the rows to send back: key, identity, call, and the call that the run wrote (NULL: it deleted)."""
    added = "list_filter(coalesce(new_names, []), lambda name: NOT list_contains(coalesce(old_names, []), name))"
    nulls = f"array_to_string(list_transform({added}, lambda name: json_string(name) || ':null'), ',')"
    head = "instr(call, '\"traits\":{') + 9"
    return f"""
        WITH pairs AS (
            SELECT s.key, o.identity, regexp_replace(o.call, '{_TIMESTAMP}', '}}') AS call, n.call AS written
            FROM ({calls}) o JOIN settled_0 s ON s.key = o.key AND s.number = o.number
            LEFT JOIN ({own_calls}) n ON n.key = s.key
            WHERE NOT s.is_new AND NOT s.is_later AND NOT s.is_same AND o.call IS NOT NULL
        ), named AS (
            SELECT *, {_NAMES.format(call="written")} AS new_names, {_NAMES.format(call="call")} AS old_names FROM pairs
        ), nulled AS (SELECT *, {nulls} AS nulls FROM named)
        SELECT key, identity, written, CASE WHEN nulls = '' OR instr(call, '"traits":{{') = 0 THEN call
            ELSE left(call, {head}) || nulls || CASE WHEN substr(call, {head} + 1, 1) = '}}' THEN '' ELSE ',' END
                || substr(call, {head} + 1) END AS call
        FROM nulled
    """


def _samples(connection: duckdb.DuckDBPyConnection, samples: int) -> tuple[Change, ...]:
    rows = connection.execute(
        f"SELECT identity, coalesce(written, '{{}}'), call FROM undone_0 ORDER BY identity LIMIT {samples}"
    ).fetchall()
    return tuple(
        Change(identity=json.loads(identity), fields=tuple(differing(written, call)), call=call)
        for identity, written, call in rows
    )


def _comparison(rows: int, known: int) -> Comparison:
    nothing = dict.fromkeys(
        ("position", "added", "unchanged", "removed", "refused", "held", "identical", "repeated", "retried", "deletes"),
        0,
    )
    return Comparison(rows=rows, changed=rows, known=known, notes=(), **nothing)
