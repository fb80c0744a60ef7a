"""The late-row audit: what an incremental query's window has missed.

A row that is committed late carries a time before the bound of the runs after it, so no window ever shows it. The audit
runs the query with last_sync_time 0, compares all rows with the ledger, and then with what the next run's own window
would return: a row that differs from the ledger and is not in that window is missed for good. Nothing is sent.

What lookback to recommend. A missed row was stamped t and was not there when the last run looked whose window held t. The
run after it looked from its predecessor's clock minus the lookback. So a lookback longer than now by the longest time
between two runs would have shown every row that was committed before the next run. Often less is enough: smaller
lookbacks are tried, by halving the list, on the warehouse itself. Rows from before the last run that looked at everything
(the first run, or one from zero) came later than that run: from its clock, all lookbacks of the list are tried. Where none is
enough, the rows were stamped with a time long before they were written, and no lookback is the fix.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.duckdb_helpers import count, digests, fill, quoted
from core.errors import UsageError
from core.model import Project, Sync
from core.own_folder import part_file
from core.state.cancellation import Stopping
from core.state.folder import StateFolder
from core.store import Store
from core.sync.comparison.stage import ADDED, CHANGED, Progress, largest_call, scratch, stage_rows, staged_reader
from core.sync.planning.ledger_match import RunOptions
from core.sync.planning.planner import Planning
from core.sync.planning.target_plan import TargetPlan
from core.sync.preparation import Secrets, build_query, build_target, build_warehouse

if TYPE_CHECKING:
    import duckdb

__all__ = ["LOOKBACKS", "Audit", "audit_sync"]

LOOKBACKS = (
    600,
    1_200,
    1_800,
    3_600,
    7_200,
    10_800,
    21_600,
    43_200,
    86_400,
    172_800,
    259_200,
    604_800,
    1_209_600,
    2_592_000,
)
"""The lookbacks that are recommended, in seconds: ten minutes to thirty days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What one destination's window has missed, in rows. Lookbacks are in seconds.

    `due` rows differ from the ledger, too, but the next run finds them; `rejected` ones are known to be refused. `missed`
    has `samples` (identities, or calls of events). `recommended` is None where nothing was missed, or no lookback of the list
    would have shown it. `note` says why nothing can be missed.
    """

    destination: str
    rows: int
    known: int
    due: int
    rejected: int
    missed: int
    samples: tuple[str, ...]
    lookback: int
    recommended: int | None
    note: str = ""


def audit_sync(
    project: Project, sync: Sync, secrets: Secrets, *, samples: int = 20, stopping: Stopping | None = None
) -> tuple[Audit, ...]:
    """Compare the full query with each destination's ledger. Raises UsageError for a query without the placeholder.

    `stopping` stops it, the query in the warehouse too; it then raises CancelledError.
    """
    stopping = stopping or Stopping()
    state = StateFolder(project)
    _, warehouse = build_warehouse(project, sync, secrets)
    if not build_query(sync, warehouse.dialect).incremental:
        raise UsageError(
            "The query has no {{last_sync_time}}: each run compares all rows, so no row can be missed.",
            where=str(sync.query_path),
        )
    with state.store() as store, scratch(state.scratch(sync)) as connection, stopping.watch(connection.interrupt):
        planning = Planning(
            project=project,
            sync=sync,
            state=state,
            store=store,
            secrets=secrets,
            connection=connection,
            accepted=RunOptions(from_zero=True),
            stopping=stopping,
        )
        planning.query([build_target(project, sync, name, secrets) for name in sync.destinations])
        auditing = _Auditing(planning)
        connection.execute("ALTER TABLE stage RENAME TO whole")
        return tuple(auditing.audit(position, plan, samples) for position, plan in enumerate(planning.plans))


@dataclass(slots=True)
class _Auditing:
    planning: Planning

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        return self.planning.connection

    @property
    def store(self) -> Store:
        return self.planning.store

    def audit(self, position: int, plan: TargetPlan, samples: int) -> Audit:
        """Audit one destination; the table `whole` has all rows of the query."""
        sync, ledger = self.planning.sync, plan.ledger
        if ledger is None or not ledger["last_sync_time"]:
            return self._nothing(plan, "nothing was delivered there yet; the first run takes all rows")
        if ledger["digest"] != self.planning.digest:
            return self._nothing(plan, "the query or its mapping was edited; the next run compares all rows")
        last = int(ledger["last_sync_time"])
        oldest = self._oldest(plan, last)
        if not oldest:
            return self._nothing(plan, "the next run takes all rows, because another destination needs them")
        rejected = self._differing(position, plan)
        self._window(max(0, oldest - sync.lookback))
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE missed AS SELECT * FROM differing d "
            "WHERE NOT EXISTS (SELECT 1 FROM stage WHERE stage.key = d.key)"
        )
        missed = count(self.connection, "SELECT count(*) FROM missed")
        shown = self.connection.execute(
            f"SELECT coalesce(identity, call) FROM missed ORDER BY 1 LIMIT {samples}"
        ).fetchall()
        return Audit(
            destination=plan.target.name,
            rows=self._rows(),
            known=plan.known,
            due=count(self.connection, "SELECT count(*) FROM differing") - missed,
            rejected=rejected,
            missed=missed,
            samples=tuple(row[0] for row in shown),
            lookback=sync.lookback,
            recommended=self._recommended(ledger, last) if missed else None,
        )

    def _oldest(self, plan: TargetPlan, last: int) -> int:
        """Return the time from which the next run looks: its query runs once, for all destinations that surely take part."""
        is_open = {row["destination"] for row in self.store.rows("open_deliveries", sync=self.planning.sync.id)}
        others = (each.ledger for each in self.planning.plans if each is not plan and each.target.name not in is_open)
        times = (
            int(ledger["last_sync_time"]) if ledger and ledger["digest"] == self.planning.digest else 0
            for ledger in others
        )
        return min([last, *times])

    def _nothing(self, plan: TargetPlan, note: str) -> Audit:
        nothing = dict.fromkeys(("due", "rejected", "missed"), 0)
        return Audit(
            destination=plan.target.name,
            rows=self._rows(),
            known=plan.known,
            samples=(),
            lookback=self.planning.sync.lookback,
            recommended=None,
            note=note,
            **nothing,
        )

    def _rows(self) -> int:
        return count(self.connection, "SELECT count(*) FROM whole") + self.planning.left

    def _differing(self, position: int, plan: TargetPlan) -> int:
        """Fill `differing` with the rows that the ledger has otherwise, or not; say how many are on the rejected list.

        What an open delivery still sends is on its way, and not among them.
        """
        found = f"SELECT key, identity, call FROM whole WHERE state_{position} IN ({ADDED}, {CHANGED})"
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE differing AS {found}")
        for file in self._open_plans(plan):
            self.connection.execute(f"DELETE FROM differing WHERE key IN (SELECT key FROM read_parquet({file}))")
        keys = [row["key"] for row in self.store.rows("open_rejected", ledger=plan.ledger_id)]
        fill(self.connection, "refused_keys", {"key": digests(keys)})
        refused = "key IN (SELECT key FROM refused_keys)"
        rejected = count(self.connection, f"SELECT count(*) FROM differing WHERE {refused}")
        self.connection.execute(f"DELETE FROM differing WHERE {refused}")
        return rejected

    def _open_plans(self, plan: TargetPlan) -> Iterator[str]:
        for row in self.store.rows("open_deliveries", sync=self.planning.sync.id):
            if row["destination"] == plan.target.name and row["plan"]:
                yield quoted(str(part_file(self.planning.state.plans, row["plan"])))

    def _window(self, bound: int) -> None:
        """Fill `stage` with the rows that the query returns for a bound."""
        planning = self.planning
        _, warehouse = build_warehouse(planning.project, planning.sync, planning.secrets)
        query = build_query(planning.sync, warehouse.dialect)
        progress = Progress()
        with warehouse.open() as session, planning.stopping.watch(session.cancel):
            session.clock()
            result = session.stream(query.render(bound))
            call_bytes = largest_call(plan.target.limits for plan in planning.plans)
            reader = staged_reader(result, progress, call_bytes=call_bytes)
            stage_rows(self.connection, reader, progress, planning.mapped(), 0)

    def _recommended(self, ledger: Mapping[str, Any], last: int) -> int | None:
        """Return the smallest lookback of the list that would have shown the missed rows; None where none would."""
        lookback = self.planning.sync.lookback
        times = self.store.rows("clocks_of_ledger", ledger=ledger["id"])
        whole = max((row["clock"] for row in times if not row["bound"]), default=last)
        self._window(max(0, whole - lookback))
        for name, seen in (("old", "NOT EXISTS"), ("young", "EXISTS")):
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT key FROM missed m "
                f"WHERE {seen} (SELECT 1 FROM stage WHERE stage.key = m.key)"
            )
        found: list[int | None] = []
        if count(self.connection, "SELECT count(*) FROM young"):
            clocks = [row["clock"] for row in times]
            gaps = [later - earlier for earlier, later in itertools.pairwise(clocks)]
            enough = lookback + max([*gaps, self.planning.clock - last, 1])
            tried = self._smallest("young", last, [each for each in LOOKBACKS if lookback < each < enough])
            found.append(tried or next((each for each in LOOKBACKS if each >= enough), enough))
        if count(self.connection, "SELECT count(*) FROM old"):
            found.append(self._smallest("old", whole, [each for each in LOOKBACKS if each > lookback]))
        return None if None in found else max(each for each in found if each)

    def _smallest(self, table: str, clock: int, lookbacks: list[int]) -> int | None:
        """Return the smallest of these lookbacks from a clock whose window has all rows of a table; None where none has."""
        low, high = 0, len(lookbacks)
        while low < high:
            middle = (low + high) // 2
            self._window(max(0, clock - lookbacks[middle]))
            uncovered = f"SELECT count(*) FROM {table} m WHERE NOT EXISTS (SELECT 1 FROM stage WHERE stage.key = m.key)"
            low, high = (middle + 1, high) if count(self.connection, uncovered) else (low, middle)
        return lookbacks[low] if low < len(lookbacks) else None
