"""A query's result, held to be looked at: its rows window by window, sorted and filtered, marked, and as the calls that they become.

    look(...)            runs the query for its first rows, a million at the most, and holds them as Arrow
    Look.window          some rows, as Python values: what is seen, and no more
    Look.arrange         in another order, or only those that hold a text, or have a mark
    Look.mark            says of each row whether it is known, or refused and why: the same mapper and stage as a run
    Look.calls           the calls that some rows become
    Look.statistics      what the columns hold
    Look.export          CSV, JSON lines or Parquet

No state moves. A mark needs all rows (an id that comes twice is refused twice), a call only its own: so a million rows are seen at
once, and marked a few seconds later.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.calls.mapper import Mapper
from core.errors import QueryError, UsageError
from core.ledger import LocalLedger
from core.model import Column, Estimate, InvalidRows, Project, Sync
from core.preview import export, sort_filter
from core.preview.arrow_values import python_values
from core.state.cancellation import Stopping
from core.state.folder import StateFolder
from core.store import Store
from core.sync.comparison.against_ledger import judge
from core.sync.comparison.compare import invalid_ids, refuse_oversized, settle_ids
from core.sync.comparison.stage import CHANGED, Progress, largest_call, scratch, stage_rows, staged_reader
from core.sync.preparation import Secrets, Target, build_mapper, build_query, build_target, build_warehouse, check_fit
from core.warehouses.base import Result

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["MOST_BYTES", "MOST_COLUMNS", "MOST_ROWS", "ResultRow", "ResultSet", "look"]

MOST_ROWS = 1_000_000
"""So many rows can be looked at; more are a table's, not a person's."""

MOST_BYTES = 400_000_000
"""So many bytes of a result are held; the rows behind them count as more than were asked for."""

MOST_COLUMNS = 1_000
"""Rows of more columns are no calls of any destination: to stage them takes DuckDB's memory and many seconds for nothing."""

KNOWN, NEW, REFUSED = range(3)
"""The marks: acknowledged before, never seen, refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """A row: its `place` in the result, from 0, its values, and its mark where it has one.

    `known` says whether some destination of the sync has acknowledged its key, None where there is no ledger yet, or no mark.
    """

    place: int
    values: tuple[Any, ...]
    fault: str | None = None
    known: bool | None = None
    marked: bool = False


@dataclass(kw_only=True)
class ResultSet:
    """A result that is held. `more` says that the query has more rows; `bound` is the last_sync_time that was used."""

    project: Project
    sync: Sync
    columns: tuple[Column, ...]
    table: pa.Table
    more: bool
    bound: int | None
    estimate: Estimate | None
    mapper: Mapper
    targets: tuple[Target, ...]
    marks: pa.Table | None = None
    """`mark`, `fault` and `known` of each row, and whether it becomes a call, once they are marked."""

    _places: pa.Array | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def count(self) -> int:
        """How many rows there are, as they are arranged now."""
        return self.table.num_rows if self._places is None else len(self._places)

    def window(self, start: int, count: int) -> tuple[ResultRow, ...]:
        """Return some rows, as they are arranged now."""
        places = self._placed(start, count)
        chosen = self.table.take(places) if len(places) else self.table.slice(0, 0)
        columns = [python_values(column) for column in chosen.columns]
        marks = self.marks.take(places).to_pylist() if self.marks is not None and len(places) else []
        found = []
        for position, place in enumerate(places.to_pylist()):
            values = tuple(column[position] for column in columns)
            mark = marks[position] if marks else {"fault": None, "known": None}
            found.append(
                ResultRow(place=place, values=values, fault=mark["fault"], known=mark["known"], marked=bool(marks))
            )
        return tuple(found)

    def _placed(self, start: int, count: int) -> pa.Array:
        import pyarrow as pa

        if self._places is not None:
            return self._places.slice(start, count)
        last = min(start + count, self.table.num_rows)
        return pa.array(range(start, max(start, last)), pa.int64())

    def arrange(
        self, *, column: int | None = None, descending: bool = False, words: str = "", mark: int | None = None
    ) -> int:
        """Sort by a column (None: as the warehouse gave them) and keep the rows that hold all of the words; return how many.

        A word such as `plan:pro` is looked for in that column only. `mark` keeps the rows of one mark.
        """
        names = [each.name for each in self.columns]
        places = sort_filter.matching(self.table, names, words)
        if mark is not None and self.marks is not None:
            places = sort_filter.of_mark(self.marks.column("mark"), mark, places)
        if column is not None:
            places = sort_filter.sorted_places(self.table.column(column), places, descending=descending)
        self._places = places
        return self.count

    def totals(self) -> tuple[int, int, int]:
        """Count the rows by their marks: known, never seen, refused."""
        if self.marks is None:
            return (0, 0, 0)
        counted = {entry["values"]: entry["counts"] for entry in self.marks.column("mark").value_counts().to_pylist()}
        return (counted.get(KNOWN, 0), counted.get(NEW, 0), counted.get(REFUSED, 0))

    def statistics(self, stopping: Stopping | None = None) -> tuple[sort_filter.Held, ...]:
        """Say what each column holds."""
        stopping = stopping or Stopping()
        found = []
        for column, values in zip(self.columns, self.table.columns, strict=True):
            stopping.check()
            found.append(sort_filter.held(column, values))
        return tuple(found)

    def export(self, file: Path, stopping: Stopping | None = None) -> int:
        """Write the rows, as they are arranged now, as the file's ending says; return how many. Raises UsageError."""
        table, marks = self.table, self.marks
        if self._places is not None:
            table, marks = table.take(self._places), marks.take(self._places) if marks is not None else None
        return export.write(table, self.columns, marks, file, stopping or Stopping())

    # as calls

    @property
    def has_many_columns(self) -> bool:
        """Return whether there are more columns than a row is marked by, or made a call of."""
        return len(self.columns) > max([MOST_COLUMNS, *(target.limits.columns for target in self.targets)])

    def refuse_many_columns(self) -> None:
        """Raise the error that says so, where there are too many."""
        if self.has_many_columns:
            takes = "".join(f"; {target.name} takes {target.limits.columns:,}" for target in self.targets[:1])
            raise QueryError(
                f"The query has {len(self.columns):,} columns: {MOST_COLUMNS:,} are shown, and no row is made a call{takes}.",
                where=str(self.sync.query_path),
                remedy="Select the columns that you want to send, or merge some into one JSON object.",
            )

    def mark(self, stopping: Stopping | None = None) -> None:
        """Say of each row whether it is known, or refused and why. A stop raises CancelledError."""
        stopping = stopping or Stopping()
        self.refuse_many_columns()
        state = StateFolder(self.project)
        with (
            state.store() as store,
            scratch(state.scratch(self.sync), ordered=True) as connection,
            stopping.watch(connection.interrupt),
        ):
            ledgers = _ledgers(store, self.sync, self.targets)
            self._stage(connection, self.table, len(self.targets))
            judge(
                connection,
                [LocalLedger(store, state.ledger, ledger or "") for ledger in ledgers],
                self.mapper,
                everything=True,
            )
            settle_ids(connection, self.mapper, invalid_ids(connection), InvalidRows.REJECT, len(self.targets))
            for position, target in enumerate(self.targets):
                refuse_oversized(connection, position, target.limits, target.unfit(self.sync.call))
            states = [f"state_{position}" for position, ledger in enumerate(ledgers) if ledger]
            seen = " OR ".join(f"{each} = {CHANGED}" for each in states) or "NULL"
            positions = range(len(self.targets))
            reasons = ", ".join(["id_fault", "fault", *(f"r{position}.reason" for position in positions)])
            joins = " ".join(f"LEFT JOIN refused_{p} r{p} ON r{p}.place = stage.rowid" for p in positions)
            marks = connection.sql(f"""
                WITH told AS (SELECT stage.rowid AS place, coalesce({reasons}) AS fault, {seen} AS known,
                    stage.call IS NOT NULL AS becomes FROM stage {joins})
                SELECT (CASE WHEN fault IS NOT NULL THEN {REFUSED} WHEN known THEN {KNOWN} ELSE {NEW} END)::TINYINT AS mark,
                    fault, known::BOOLEAN AS known, becomes
                FROM told ORDER BY place
            """).to_arrow_table()
        with self._turn:
            self.marks = marks

    def calls(self, places: Sequence[int], stopping: Stopping | None = None) -> list[str | None]:
        """Return the calls that rows become, as JSON; None for a row that becomes none, also for what only all rows tell (an id twice)."""
        import pyarrow as pa

        if not places:
            return []
        if self.has_many_columns:
            return [None] * len(places)
        stopping = stopping or Stopping()
        state = StateFolder(self.project)
        with scratch(state.scratch(self.sync), ordered=True) as connection, stopping.watch(connection.interrupt):
            self._stage(connection, self.table.take(pa.array(places, pa.int64())), 0)
            calls = [call for (call,) in connection.execute("SELECT call FROM stage ORDER BY rowid").fetchall()]
        if self.marks is None:
            return calls
        becomes = self.marks.column("becomes").take(pa.array(places, pa.int64())).to_pylist()
        return [call if one else None for call, one in zip(calls, becomes, strict=True)]

    def _stage(self, connection: duckdb.DuckDBPyConnection, table: pa.Table, destinations: int) -> None:
        import pyarrow as pa

        batches = pa.RecordBatchReader.from_batches(table.schema, table.to_batches())
        progress = Progress()
        call_bytes = largest_call(target.limits for target in self.targets)
        reader = staged_reader(Result(columns=self.columns, batches=batches), progress, call_bytes=call_bytes)
        stage_rows(connection, reader, progress, self.mapper, destinations)


def look(
    project: Project,
    sync: Sync,
    secrets: Secrets,
    *,
    limit: int = 100,
    from_zero: bool = False,
    stopping: Stopping | None = None,
    estimated: Callable[[Estimate], None] = lambda _estimate: None,
) -> ResultSet:
    """Run a query and hold its first `limit` rows; `from_zero` binds last_sync_time to 0.

    `estimated` takes what the query will read and cost, before it runs, where the warehouse tells. `stopping` stops it, the
    query in the warehouse too; it then raises CancelledError. Raises UsageError beyond MOST_ROWS.
    """
    if not 1 <= limit <= MOST_ROWS:
        raise UsageError(f"limit is a number from 1 to {MOST_ROWS:,}.")
    stopping = stopping or Stopping()
    source, warehouse = build_warehouse(project, sync, secrets)
    query = build_query(sync, warehouse.dialect)
    targets = tuple(build_target(project, sync, name, secrets) for name in sync.destinations)
    with StateFolder(project).store() as store:
        ledgers = [store.row("current_ledger", sync=sync.id, destination=target.name) for target in targets]
    times = [ledger["last_sync_time"] if ledger else 0 for ledger in ledgers]
    bound = 0 if from_zero else max(0, min(times, default=0) - sync.lookback)
    with warehouse.open() as session, stopping.watch(session.cancel):
        text = query.render(bound)
        estimate = session.estimate(text)
        if estimate is not None:
            estimated(estimate)
        result = session.preview(text, limit=limit + 1)
        table, is_cut = _read(result.batches)
        mapper = build_mapper(sync, source, result)
    check_fit(sync, mapper, result.columns, targets)
    return ResultSet(
        project=project,
        sync=sync,
        columns=result.columns,
        table=table.slice(0, limit),
        more=is_cut or table.num_rows > limit,
        bound=bound if query.incremental else None,
        estimate=estimate,
        mapper=mapper,
        targets=targets,
    )


def _read(batches: pa.RecordBatchReader) -> tuple[pa.Table, bool]:
    """Read batches, as far as they can be held; return whether some were left."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        if held and size + batch.nbytes > MOST_BYTES:
            return pa.Table.from_batches(held, batches.schema), True
        held.append(batch)
        size += batch.nbytes
    return pa.Table.from_batches(held, batches.schema), False


def _ledgers(store: Store, sync: Sync, targets: Sequence[Target]) -> list[str | None]:
    found = [store.row("current_ledger", sync=sync.id, destination=target.name) for target in targets]
    return [ledger["id"] if ledger else None for ledger in found]
