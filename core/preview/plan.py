"""Plan: what a run would send, field by field, old beside new. Nothing is sent, and no state moves.

The same mapper, stage and comparison as a run: all rows are read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from core.json_text import read_json, to_json
from core.model import Estimate, Project, Sync
from core.state.cancellation import Stopping
from core.state.folder import StateFolder
from core.sync.comparison.compare import Comparison
from core.sync.comparison.stage import ADDED, CHANGED, FAULTY, scratch
from core.sync.delivery.finish import damaged_ledgers
from core.sync.planning.changes import Change, differing
from core.sync.planning.guards import Question
from core.sync.planning.ledger_match import RunOptions
from core.sync.planning.plan import write_plan
from core.sync.planning.planner import Planning
from core.sync.planning.target_plan import TargetPlan
from core.sync.preparation import Secrets, build_target

__all__ = ["FieldCount", "PlannedDelivery", "plan_json", "plan_sync"]

_COUNTED = 10_000
"""Of so many changed rows is told which fields differ in how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCount:
    """In how many changed rows a field differs, by its path in the call."""

    path: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDelivery:
    """What would be sent to one destination.

    `changes`, `added`, `refused` and `removed` are samples; `fields` says which fields differ in how many rows, those in
    most rows first, over the first `fields_of` changed rows. `estimate` is what the query was to read and cost, as told before it
    ran, once for all destinations; None where the warehouse does not tell.
    """

    destination: str
    comparison: Comparison
    questions: tuple[Question, ...]
    batches: int
    bytes: int
    changes: tuple[Change, ...]
    fields: tuple[FieldCount, ...]
    fields_of: int
    added: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    removed: tuple[str, ...]
    pending: int
    estimate: Estimate | None = None


def plan_sync(
    project: Project,
    sync: Sync,
    secrets: Secrets,
    *,
    accepted: RunOptions | None = None,
    samples: int = 20,
    stopping: Stopping | None = None,
    estimated: Callable[[Estimate], None] = lambda _estimate: None,
) -> tuple[PlannedDelivery, ...]:
    """Query and compare, and return what would be sent to each destination; nothing is sent.

    `estimated` takes what the query will read and cost, before it runs, where the warehouse tells. `stopping` stops it, the
    query in the warehouse too; it then raises CancelledError.
    """
    stopping = stopping or Stopping()
    state = StateFolder(project)
    folder = state.scratch(sync)
    with (
        state.store() as store,
        scratch(folder) as connection,
        stopping.watch(connection.interrupt),
    ):
        targets = [build_target(project, sync, name, secrets) for name in sync.destinations]
        accepted = accepted or RunOptions()
        if accepted.new_ledger:
            accepted = replace(accepted, damaged=damaged_ledgers(state, store, sync))
        planning = Planning(
            project=project,
            sync=sync,
            state=state,
            store=store,
            secrets=secrets,
            connection=connection,
            accepted=accepted,
            stopping=stopping,
            estimated=estimated,
        )
        planning.query(targets)
        planning.compare()
        pending = {
            row["destination"]: row["calls"] - store.rows("batch_totals", delivery=row["id"])[0]["answered"]
            for row in store.rows("open_deliveries", sync=sync.id)
        }
        return tuple(
            _planned(planning, position, plan, folder, samples, pending.get(plan.target.name, 0))
            for position, plan in enumerate(planning.plans)
        )


def _planned(
    planning: Planning, position: int, plan: TargetPlan, folder: Path, samples: int, pending: int
) -> PlannedDelivery:
    """Describe one destination's plan, which is written into `folder` to know its size."""
    connection, comparison = planning.connection, plan.comparison
    assert comparison is not None  # noqa: S101 -- plan_sync has compared
    deletes = f"SELECT * FROM delete_{position}" if comparison.deletes else None
    file = write_plan(connection, position, plan.delivery, folder, "plan.parquet", plan.target.limits, deletes=deletes)

    def texts(query: str) -> tuple[Any, ...]:
        return tuple(row[0] if len(row) == 1 else row for row in connection.execute(query).fetchall())

    changes, counts, fields_of = _changes(planning, position, plan, samples)
    removed = ()
    if comparison.removed and (calls := planning.ledger_of(plan).calls()):
        removed = texts(f"SELECT identity FROM ({calls}) JOIN removed_{position} USING (key, number) LIMIT {samples}")
    return PlannedDelivery(
        destination=plan.target.name,
        comparison=comparison,
        questions=plan.questions,
        batches=file.batches if file else 0,
        bytes=file.size if file else 0,
        changes=changes,
        fields=tuple(FieldCount(path=path, rows=rows) for path, rows in counts.most_common()),
        fields_of=fields_of,
        added=texts(f"SELECT call FROM stage WHERE state_{position} = {ADDED} ORDER BY rowid LIMIT {samples}"),
        refused=texts(
            f"SELECT coalesce(identity, row, ''), coalesce(id_fault, fault, reason) FROM stage "
            f"LEFT JOIN refused_{position} r ON stage.rowid = r.place WHERE state_{position} = {FAULTY} LIMIT {samples}"
        ),
        removed=removed,
        pending=pending,
        estimate=planning.estimate,
    )


def _changes(
    planning: Planning, position: int, plan: TargetPlan, samples: int
) -> tuple[tuple[Change, ...], Counter[str], int]:
    """Return samples of changed rows, in how many rows each field differs, and of how many rows that was counted.

    Nothing where the ledger keeps no calls.
    """
    calls = planning.ledger_of(plan).calls()
    changes: list[Change] = []
    counts: Counter[str] = Counter()
    seen = 0
    if not calls:
        return (), counts, seen
    result = planning.connection.execute(f"""
        SELECT s.identity, c.call, s.call FROM ({calls}) c JOIN (
            SELECT stage.rowid AS place, stage.identity, stage.key, known.number, stage.call
            FROM stage JOIN known_{position} known USING (key) WHERE state_{position} = {CHANGED}
            ORDER BY place LIMIT {max(samples, _COUNTED)}
        ) s USING (key, number) WHERE c.call IS NOT NULL ORDER BY s.place
    """)
    while rows := result.fetchmany(500):
        planning.stopping.check()
        seen += len(rows)
        for identity, old, new in rows:
            fields = tuple(differing(old, new))
            counts.update(field.path for field in fields)
            if len(changes) < samples:
                changes.append(Change(identity=json.loads(identity), fields=fields, call=new))
    return tuple(changes), counts, seen


def plan_json(deliveries: Iterable[PlannedDelivery]) -> list[dict[str, Any]]:
    """Return what would be sent to each destination."""
    found = []
    for delivery in deliveries:
        document = to_json(asdict(delivery))
        document["comparison"]["calls"] = document["calls"] = delivery.comparison.calls
        for change in document["changes"]:
            change["call"] = read_json(change["call"])
        found.append(document)
    return found
