"""Engines that are broken before they deliver: the query's time, the comparison, the plan, the lock."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

__all__ = [
    "delivery_before_its_plan",
    "ids_without_delivery",
    "no_lock",
    "removed_from_nothing",
    "replanned_on_resume",
    "unchanged_rows_sent",
    "watermark_after_the_query",
    "watermark_from_the_host",
    "watermark_too_early",
]


def watermark_too_early() -> None:
    """last_sync_time moves when the query was run, not when its rows were delivered."""
    from core.sync.planning.planner import Planning

    query = Planning.query

    def querying(self: Any, targets: Any) -> None:
        query(self, targets)
        with self.store._turn:
            for plan in self.plans:
                self.store._connection.execute(
                    "UPDATE ledgers SET last_sync_time = ? WHERE id = ?", [self.clock, plan.ledger_id]
                )

    Planning.query = querying


def watermark_from_the_host() -> None:
    """last_sync_time is this host's time."""
    from core.sync.planning.planner import Planning

    query = Planning.query

    def querying(self: Any, targets: Any) -> None:
        query(self, targets)
        self.clock = int(time.time())

    Planning.query = querying


def watermark_after_the_query() -> None:
    """The warehouse's clock is asked when the rows were read."""
    from core.sync.planning.planner import Planning
    from core.warehouses.duckdb.session import DuckDBSession

    query = Planning.query

    def querying(self: Any, targets: Any) -> None:
        query(self, targets)
        self.clock = DuckDBSession.clock(None)

    Planning.query = querying


def removed_from_nothing() -> None:
    """A full query that gives no rows removes all."""
    from core.sync.planning import planner
    from core.sync.planning.planner import Planning

    def removed(self: Any, position: int, plan: Any) -> int:
        return planner.removed(self.connection, position, self.ledger_of(plan), self.mapped(), self.sieve, plan.known)

    Planning._removed = removed


def unchanged_rows_sent() -> None:
    """Every row counts as changed."""
    from core.sync.comparison import against_ledger
    from core.sync.comparison.unchanged_filter import UnchangedFilter

    judge = against_ledger.judge_rows
    against_ledger.judge_rows = lambda *values, **named: judge(*values, **{**named, "everything": True})
    UnchangedFilter.sift = lambda _self, batch: batch


def left_behind_by_id() -> None:
    """A row is taken for unchanged where its id is known."""
    from core.sync.comparison import stage, unchanged_filter

    def hashes(mapper: Any, schema: Any) -> str:
        ids = ", ".join(mapper.ids or schema.names)
        return f"hash({ids}) AS quick, (hash({ids}) & 4294967295)::UINTEGER AS quick_id"

    unchanged_filter.hashes_sql = stage.hashes_sql = hashes


def old_versions_left_behind() -> None:
    """A row that is as it was once, and has changed since, is taken for unchanged."""
    from core.ledger.index import Index

    begin = Index.__init__
    Index.__init__ = lambda self, parts, replaced=None: begin(self, parts, None)


def left_behind_is_removed() -> None:
    """Rows that were left behind as unchanged count as gone."""
    from core.sync.comparison.unchanged_filter import UnchangedFilter

    def unseen(self: Any, position: int) -> Any:
        if not self._indexes:
            return None
        part = self._indexes[position]._parts[0]
        return part.quick, part.quick_id

    UnchangedFilter.unseen = unseen


def ids_without_delivery() -> None:
    """A messageId is made of key and content alone: what comes back has the id that it had before."""
    from core.sync.planning import plan

    with_ids = plan._with_ids
    plan._with_ids = lambda connection, rows, delivery, operation: with_ids(connection, rows, "", operation)


def delivery_before_its_plan() -> None:
    """The delivery is recorded before its plan is on disk."""
    from core.sync.planning.planner import Planning

    write = Planning.write

    def writing(self: Any, position: int, run: str, now: float) -> None:
        write(self, position, run, now)
        plan = self.plans[position].plan
        if plan:
            content = plan.path.read_bytes()
            plan.path.unlink()
            plan.path.write_bytes(content)

    Planning.write = writing


def replanned_on_resume() -> None:
    """What a killed run left is given up, and its rows are compared again."""
    from core.sync.run import Run

    async def resume(self: Any, finishing: Any) -> set[str]:
        for delivery in finishing.store.rows("open_deliveries", sync=self.sync.id):
            finishing.store.do(
                "abandon_open_delivery", sync=self.sync.id, destination=delivery["destination"], reason="", now=0.0
            )
        return set()

    Run._resume = resume


def no_lock() -> None:
    """Nobody waits for anybody."""
    from core.state.folder import StateFolder

    @contextlib.contextmanager
    def lock(self: Any, sync: Any, what: str) -> Iterator[None]:
        yield

    StateFolder.lock = lock
