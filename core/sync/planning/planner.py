"""From a query to plans: the blocking half of a run, in one thread.

Opens the source, asks its clock, runs the query, stages and compares, asks the guards, and (for a run, not for a mere
plan) writes the plans and records the deliveries. The query runs once for all destinations that take part, bound to the
oldest of their last_sync_times minus the sync's lookback, never below 0; the stored times are not touched.

A warehouse's clock may go back (a failover to a replica that lags, a clock that was wrong and is fixed). Then the bound
is the earlier of clock and last_sync_time, and where the clock went back by more than the lookback all rows are compared:
what was stamped between the two clocks would otherwise never be found. The ledger makes both free of calls.
"""

from __future__ import annotations

import json
import secrets as randomness
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.calls.canonical import FORM
from core.calls.mapper import Mapper
from core.duckdb_helpers import count, spill_folder
from core.errors import StateError
from core.formatting import counted, duration, utc
from core.ledger import LocalLedger
from core.model import Bill, Column, Estimate, Guards, InvalidRows, Project, Removed, Sync
from core.state.cancellation import Stopping
from core.state.folder import StateFolder
from core.store import Store
from core.sync.comparison.against_ledger import judge, removed
from core.sync.comparison.compare import NO_INVALID_IDS, Comparison, InvalidIds, compare, invalid_ids, settle_ids
from core.sync.comparison.stage import Progress, largest_call, stage_rows, staged_reader
from core.sync.comparison.unchanged_filter import UnchangedFilter
from core.sync.planning.guards import Question, key_changed, questions
from core.sync.planning.ledger_match import LedgerMatch, RunOptions, find_account, find_ledger_match
from core.sync.planning.plan import deletion_sql, write_plan
from core.sync.planning.record import PlannedFrom, record_delivery
from core.sync.planning.result_shape import Shape, shape_from_json, shape_of, shape_questions
from core.sync.planning.target_plan import TargetPlan
from core.sync.preparation import (
    Secrets,
    Target,
    build_mapper,
    build_query,
    build_warehouse,
    check_columns,
    check_fit,
    query_digest,
)

if TYPE_CHECKING:
    import duckdb

    from core.warehouses.base import Result, Session

__all__ = ["Planning"]

_SKEW = 2.0
"""Clocks may differ by so many seconds without a word."""


@dataclass(slots=True, kw_only=True)
class Planning:
    """The blocking half of one run. `stopping` stops it, the query in the warehouse too.

    `host_clock` is this machine's time in Unix seconds. `skew` is by how many seconds the warehouse's clock is ahead of
    it, to half a second, and `set_back` by how many it is behind the last_sync_time that it gave itself. `estimated` takes
    what the query will cost before it runs, and `billed` what it has cost, where the warehouse tells; both in the query's thread.
    `ordered` says that the rows are events, and that the query has an order: their calls go out in it.
    """

    project: Project
    sync: Sync
    state: StateFolder
    store: Store
    secrets: Secrets
    connection: duckdb.DuckDBPyConnection
    accepted: RunOptions
    progress: Progress = field(default_factory=Progress)
    stopping: Stopping = field(default_factory=Stopping)
    host_clock: Callable[[], float] = time.time
    estimated: Callable[[Estimate], None] = lambda _estimate: None
    billed: Callable[[Bill], None] = lambda _bill: None
    bound: int | None = None
    estimate: Estimate | None = None
    clock: int = 0
    skew: float = 0.0
    set_back: int = 0
    columns: tuple[Column, ...] = ()
    mapper: Mapper | None = None
    digest: str = ""
    full: bool = True
    ordered: bool = False
    plans: list[TargetPlan] = field(default_factory=list)
    ids: InvalidIds = NO_INVALID_IDS
    sieve: UnchangedFilter | None = None

    def query(self, targets: Sequence[Target]) -> None:
        """Run the query and fill the stage, compared with each destination's ledger."""
        source, warehouse = build_warehouse(self.project, self.sync, self.secrets)
        query = build_query(self.sync, warehouse.dialect)
        self.full = not query.incremental
        self.plans = [self._target_plan(target) for target in targets]
        for plan in self.plans:
            self._place_questions(plan)
        with (
            ThreadPoolExecutor(1, "check ledgers") as checking,
            warehouse.open() as session,
            self.stopping.watch(session.cancel),
        ):
            checked = {plan.ledger_id: checking.submit(self.ledger_of(plan).check_keys) for plan in self.plans}
            self.columns = session.describe(query.render(0))
            check_columns(self.sync, self.columns, targets)
            self.digest = query_digest(self.sync, self.columns, source.timezone)
            self._read_clock(session)
            bound = self._bound()
            self.bound = None if self.full else bound
            result = self._run(session, query.render(bound))
            self.mapper = build_mapper(self.sync, source, result)
            check_fit(self.sync, self.mapper, self.columns, targets)
            self.ordered = query.is_ordered and not self.mapper.keeps_payload
            for plan in self.plans:
                self._key_questions(plan)
                if plan.ledger_id in checked:
                    checked[plan.ledger_id].result()
            self._stage(result, [target.limits.rows for target in targets])

    def compare(self) -> None:
        """Compare, and ask the guards, for every destination."""
        mapper = self.mapped()
        self.ids = invalid_ids(self.connection)
        settle_ids(self.connection, mapper, self.ids, self._guards.invalid_rows, len(self.plans))
        for position, plan in enumerate(self.plans):
            plan.comparison = self._compare(position, plan)
            before = self._shape_before(plan)
            plan.shape = shape_of(self.connection, position, self.sync, self.columns, mapper.key, before)
            plan.questions = self._asked(plan)
        if self.sieve:
            self.sieve.close()

    def write(self, position: int, run: str, now: float) -> None:
        """Write one destination's plan, and record its delivery with what was refused before sending."""
        plan = self.plans[position]
        name = f"{self.sync.id}.{plan.delivery}.parquet"
        plan.plan = write_plan(
            self.connection,
            position,
            plan.delivery,
            self.state.plans,
            name,
            plan.target.limits,
            deletes=f"SELECT * FROM delete_{position}" if plan.comparison and plan.comparison.deletes else None,
            operation="assume" if self.accepted.baseline else "send",
            canary=0 if self.accepted.baseline else self.sync.guards.canary,
        )
        with self.store.transaction():
            record_delivery(self.store, self.connection, plan, position, self._planned_from(plan), run, now)

    def _planned_from(self, plan: TargetPlan) -> PlannedFrom:
        assert plan.comparison is not None  # noqa: S101 -- what is written was compared
        return PlannedFrom(
            sync=self.sync,
            digest=self.digest,
            key=self.mapped().key,
            clock=self.clock,
            full=self.full,
            ordered=self.ordered,
            baseline=self.accepted.baseline,
            new_ledger=self.accepted.new_ledger,
            notes=self.notes(plan.comparison),
        )

    def open_questions(self, plan: TargetPlan) -> tuple[Question, ...]:
        """Return the questions that nobody has answered."""
        return tuple(
            question
            for question in plan.questions
            if not (question.acceptable and (self.accepted.yes or question.guard in plan.accepted_before))
        )

    def notes(self, comparison: Comparison) -> tuple[str, ...]:
        """Return what a person should know of one destination's plan, the clocks included."""
        source = self.project.sources.get(self.sync.source)
        found = [*([source.notice] if source and source.notice else []), *comparison.notes]
        if not comparison.rows and self.bound:
            lookback = duration(self.sync.lookback)
            found.append(f"no row has changed since {utc(self.bound)}, which is last_sync_time less {lookback}")
        elif not comparison.rows:
            found.append("the query returns no row at all")
        if abs(self.skew) > _SKEW:
            ahead = "ahead of" if self.skew > 0 else "behind"
            found.append(
                f"the warehouse's clock is {counted(round(abs(self.skew)), 'second')} {ahead} this machine's; "
                "last_sync_time is kept on the warehouse's"
            )
        if self.set_back and not self.full:
            compared = (
                "all rows were compared" if self.set_back > self.sync.lookback else "the bound is earlier by that"
            )
            found.append(
                f"the warehouse's clock is {counted(self.set_back, 'second')} behind the last delivery's: {compared}"
            )
        return tuple(found)

    def _run(self, session: Session, text: str) -> Result:
        """Run the query. What it will cost is told before."""
        self.estimate = session.estimate(text)
        if self.estimate is not None:
            self.estimated(self.estimate)
        return session.stream(text)

    def _read_clock(self, session: Session) -> None:
        """Read the warehouse's clock, and how far it is from this machine's. It comes in whole seconds, cut off."""
        before = self.host_clock()
        self.clock = session.clock()
        waited = self.host_clock() - before
        difference = self.clock + 0.5 - (before + waited / 2)
        certain = max(0.0, abs(difference) - 0.5 - max(0.0, waited) / 2)
        self.skew = certain if difference > 0 else -certain

    def _shape_before(self, plan: TargetPlan) -> Shape | None:
        return shape_from_json(plan.ledger["shape"]) if plan.ledger else None

    def _target_plan(self, target: Target) -> TargetPlan:
        account = find_account(self.store, target)
        ledger = self.store.row("current_ledger", sync=self.sync.id, destination=target.name)
        if ledger and ledger["form"] > FORM:
            raise StateError(
                f"The ledger of {target.name} was written by a newer Backhaul (form {ledger['form']}).",
                where=self.sync.name,
                remedy="Use that newer version.",
            )
        if ledger and ledger["form"] < FORM:
            raise StateError(
                f"The ledger of {target.name} has the canonical form {ledger['form']}, which this program cannot convert.",
                where=self.sync.name,
                remedy="Use the version that wrote it: its rows must not be sent again only because their format changed.",
            )
        given_up = self.store.row("accepted_of_given_up", ledger=ledger["id"]) if ledger else None
        return TargetPlan(
            target=target,
            accepted_before=frozenset(json.loads(given_up["accepted"] or "[]")) if given_up else frozenset(),
            ledger=dict(ledger) if ledger else None,
            ledger_id=ledger["id"] if ledger else randomness.token_hex(8),
            account=account,
            delivery=randomness.token_hex(16),
        )

    def _bound(self) -> int:
        """Return the oldest last_sync_time of those that take part, minus the lookback; see above for clocks that go back."""
        if self.accepted.from_zero or self.accepted.full_refresh:
            return 0
        times = [
            plan.ledger["last_sync_time"] if plan.ledger and plan.ledger["digest"] == self.digest else 0
            for plan in self.plans
        ]
        oldest = min(times, default=0)
        self.set_back = max(0, max(times, default=0) - self.clock)
        if self.set_back > self.sync.lookback:
            return 0
        return max(0, min(oldest, self.clock) - self.sync.lookback)

    def _place_questions(self, plan: TargetPlan) -> None:
        """Ask about an account or host that is another than the ledger's; a new ledger begins where that was said."""
        if plan.ledger is None:
            return
        move, question = find_ledger_match(self.store, plan.ledger, plan.target, self.accepted)
        if move is LedgerMatch.NEW_LEDGER:
            plan.begin_ledger()
        elif question:
            plan.questions += (question,)

    def _key_questions(self, plan: TargetPlan) -> None:
        """Ask about a key of other columns than the ledger's: that is a new ledger. (The query was bound to 0 then.)"""
        key = json.dumps(self.mapped().key)
        if plan.ledger is not None and plan.ledger["key"] != key:
            plan.questions += (key_changed(plan.ledger["key"], key),)
            plan.begin_ledger()

    def _stage(self, result: Result, most: list[int]) -> None:
        mapper = self.mapped()
        ledgers = [self.ledger_of(plan) for plan in self.plans]
        self.sieve = UnchangedFilter(
            mapper=mapper,
            ledgers=() if self.accepted.full_refresh else ledgers,
            judged=[
                [row["key"] for row in self.store.rows("open_rejected", ledger=plan.ledger_id)] for plan in self.plans
            ],
            folder=spill_folder(self.connection) / "sieve",
            full=self.full,
        )
        reader = staged_reader(
            result,
            self.progress,
            call_bytes=largest_call(plan.target.limits for plan in self.plans),
            most=min(most, default=None),
            sieve=self.sieve,
        )
        try:
            stage_rows(
                self.connection, reader, self.progress, mapper, len(ledgers), weaker=self.full, ordered=self.ordered
            )
        finally:  # a query that has run is paid, though its rows could not be read
            if (bill := result.bill()) is not None:
                self.billed(bill)
        everything = self.accepted.full_refresh
        for plan, known in zip(
            self.plans, judge(self.connection, ledgers, mapper, self.sieve, everything=everything), strict=True
        ):
            plan.known = known

    def _compare(self, position: int, plan: TargetPlan) -> Comparison:
        delete = self.sync.removed is Removed.DELETE
        comparison = compare(
            self.connection,
            position,
            self.mapped(),
            plan.target.limits,
            unfit=plan.target.unfit(self.sync.call),
            known=plan.known,
            rejected=[dict(row) for row in self.store.rows("open_rejected", ledger=plan.ledger_id)],
            full=self.full,
            delete=delete,
            removed=self._removed(position, plan),
            left=self.left,
            now=self.host_clock(),
        )
        if self.accepted.baseline:
            return replace(comparison, retried=0, deletes=0)
        if not (delete and comparison.removed):
            return comparison
        template = plan.target.plugin.deletion(self.sync.call)
        assert template is not None  # noqa: S101 -- check_fit has refused destinations without deletes
        deletes = deletion_sql(template, position, self.ledger_of(plan).calls())
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE delete_{position} AS {deletes}")
        possible = count(self.connection, f"SELECT count(*) FROM delete_{position}")
        notes = comparison.notes
        if possible < comparison.removed:
            notes += (f"{comparison.removed - possible:,} removed rows have no userId, so they cannot be deleted",)
        return replace(comparison, deletes=possible, notes=notes)

    def _removed(self, position: int, plan: TargetPlan) -> int:
        """Find rows that are gone; none in a result with null ids, or without rows at all, for it is not whole."""
        is_whole = self.full and self.progress.rows > 0 and self.ids.null == 0
        if not (is_whole and self.mapped().keeps_payload and self.sieve):
            return 0
        return removed(self.connection, position, self.ledger_of(plan), self.mapped(), self.sieve, plan.known)

    @property
    def left(self) -> int:
        """How many rows were left behind as unchanged: they are not in the stage."""
        return self.sieve.left if self.sieve else 0

    def _asked(self, plan: TargetPlan) -> tuple[Question, ...]:
        comparison = plan.comparison
        assert comparison is not None and plan.shape is not None  # noqa: S101, PT018 -- compare() has just set them
        if plan.ledger is not None and not plan.ledger["digest"]:
            # its first delivery was never completed: most rows are new and no surprise, as in a first run
            comparison = replace(comparison, known=0)
        guards = self._guards
        return (
            plan.questions
            + questions(
                self.connection,
                guards,
                self.mapped(),
                comparison,
                self.ids,
                full=self.full,
                rows_before=plan.ledger["rows_last_seen"] if plan.ledger else None,
                calls=self.ledger_of(plan).calls,
                everything=self.accepted.full_refresh,
                sends=not self.accepted.baseline,
            )
            + shape_questions(
                self.connection, guards, comparison, self._shape_before(plan), plan.shape, self.mapped().key
            )
        )

    @property
    def _guards(self) -> Guards:
        """The sync's guards; for a run that was told to, rows whose ids cannot be used are rejected."""
        guards: Guards = self.sync.guards
        return replace(guards, invalid_rows=InvalidRows.REJECT) if self.accepted.reject_invalid else guards

    def ledger_of(self, plan: TargetPlan) -> LocalLedger:
        return LocalLedger(self.store, self.state.ledger, plan.ledger_id)

    def mapped(self) -> Mapper:
        assert self.mapper is not None  # noqa: S101 -- query() comes first
        return self.mapper
