"""A session with BigQuery: there is no connection, only jobs, each sent, waited for and cancelled by its own id.

A query is described by a dry run: BigQuery compiles the analyst's exact text, gives its columns, what kind of statement it is
and how many bytes it would read, runs nothing and bills nothing
(https://cloud.google.com/bigquery/docs/running-queries#dry-run). What is no SELECT is refused by that kind: a script, DECLARE,
CALL, EXPORT DATA. What runs is that text as a subquery, where nothing but a query can stand: `SELECT *`, which keeps names,
with REPLACE for the columns that the driver would bend. A SELECT that BigQuery takes, but not as a subquery, runs as it is where
no column is to be fixed. The account's roles are the other wall.

BigQuery reads tables as they were when a job began (snapshot isolation: https://cloud.google.com/bigquery/docs/transactions),
but has no snapshot over several jobs. So the clock is asked once, before the first query, and kept: what is committed after it
may be in the result already, and is looked at again by the next run, which finds it unchanged. Nothing falls between.

What a dry run has told of a text is kept for the next call with the same text, and no longer: so the estimate that is shown
before a query costs no request of its own, and is of the very text that runs.

A preview's LIMIT stands outside the query. It lowers what is sent, never what is billed: BigQuery bills the columns that are
read (https://cloud.google.com/bigquery/docs/best-practices-costs). The order of a subquery is kept where there is nothing to do
but to cut, but not promised: a preview of a query with ORDER BY may show other rows than its first.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from core.errors import BackhaulError, QueryFailedError, UnreachableError, WarehouseError
from core.model import Column, Estimate, Table
from core.warehouses._arrow import conforming_result
from core.warehouses._calls import Call
from core.warehouses._cancellation import Cancellation
from core.warehouses.base import Result
from core.warehouses.bigquery.catalogue import read_catalogue
from core.warehouses.bigquery.connection import Connector
from core.warehouses.bigquery.costs import certainty_of, estimate, refuse_too_dear
from core.warehouses.bigquery.described import Described, refuse_remote
from core.warehouses.bigquery.errors import explain
from core.warehouses.bigquery.query import RunningQuery
from core.warehouses.bigquery.text import is_empty, up_to_last_token
from core.warehouses.bigquery.types import arrow_type, column, replacements

if TYPE_CHECKING:
    import pyarrow as pa
    from google.cloud.bigquery import Client

__all__ = ["BigQuerySession"]

CLOCK = "SELECT DIV(UNIX_MICROS(CURRENT_TIMESTAMP()), 1000000)"
WRITE = "CREATE TEMP TABLE backhaul_write_test (i INT64)"
LEAVE_SECONDS = 1.0


class BigQuerySession:
    """A client and the jobs that it runs, one at a time. A result that was not read is given up for the next."""

    def __init__(self, connector: Connector, client: Client) -> None:
        self._connector = connector
        self._client = client
        self._cancellation = Cancellation()
        self._query: RunningQuery | None = None
        self._last: tuple[str, Described] | None = None
        self._clock: int | None = None
        self._closed = False

    def describe(self, sql: str) -> tuple[Column, ...]:
        """Give the columns, by a dry run."""
        return tuple(column(field) for field in self._keep(sql, self._described(sql)).fields)

    def estimate(self, sql: str) -> Estimate:
        """Say how many bytes a query would read and what they cost on demand, by a dry run."""
        described = self._keep(sql, self._known(sql))
        return estimate(described.bytes_processed, described.certainty, self._connector.settings)

    def catalogue(self) -> tuple[Table, ...]:
        """Give the tables and views of the project that the account sees."""
        with self._explained():
            dataset, retry = self._connector.settings.dataset, self._connector.retry()
            return read_catalogue(self._client, dataset, retry, self._cancellation)

    def preview(self, sql: str, *, limit: int) -> Result:
        """Run the query for some of its rows, its first in general; they are read at once."""
        result = self._run(self._known(sql), limit=limit)
        table = self._first_of(result, limit)
        return Result(columns=result.columns, batches=table.to_reader(), bill=result.bill)

    def clock(self) -> int:
        """Give BigQuery's time when it was first asked for in this session, in whole seconds, cut off."""
        if self._clock is None:
            self._clock = int(self.rows(CLOCK)[0][0])
        self._cancellation.check()
        return self._clock

    def stream(self, sql: str) -> Result:
        """Send the query. It runs from now on; an error of running it comes while the result is read."""
        described = self._known(sql)
        self.clock()  # before the query, so that what is committed while it runs is looked at again
        return self._run(described, limit=None)

    def cancel(self) -> None:
        """Stop what runs, from any thread."""
        self._cancellation.request(self._abort)

    def close(self) -> None:
        """Cancel what runs, and close the driver's connections."""
        self.cancel()
        self._abort()
        if not self._closed:
            self._closed = True
            if self._query is not None:
                self._query.finish_abort(LEAVE_SECONDS)
            close: Any = self._client.close
            close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement of ours and give its rows."""
        with self._explained():
            batches = list(self._sent(sql).batches())
            return [tuple(row.values()) for batch in batches for row in batch.to_pylist()]

    def ask(self, question: Any) -> Any:
        """Ask the API through `question(client, retry)`, so that waiting for the answer can be cancelled."""
        with self._explained():
            return Call(lambda: question(self._client, self._connector.retry())).result(self._cancellation)

    def refuses_writing(self) -> bool:
        """Say whether a write is refused on the road that queries take; it is only described, never run."""
        for text in (WRITE, f"SELECT * FROM (\n{WRITE}\n)"):
            try:
                self._dry_run(text, lines=0, sql="")
            except QueryFailedError:
                continue
            return False
        return True

    @contextlib.contextmanager
    def _explained(self, lines: int = 0, sql: str = "") -> Iterator[None]:
        """Mark that something runs; errors come out as ours, with their place in `sql`, behind `lines` lines of ours."""
        with self._cancellation.running():
            try:
                yield
            except BackhaulError:
                raise
            except Exception as error:
                raise self._explain(error, lines=lines, sql=sql) from error

    def _sent(self, sql: str, *, dry_run: bool = False) -> RunningQuery:
        """Send a job; the one before it is given up."""
        self._abort()
        self._query = RunningQuery(self._connector, self._client, sql, self._cancellation, dry_run=dry_run)
        return self._query

    def _known(self, sql: str) -> Described:
        """Give what a dry run says of a text, or has just said of it."""
        last, self._last = self._last, None
        return last[1] if last is not None and last[0] == sql else self._described(sql)

    def _keep(self, sql: str, described: Described) -> Described:
        self._last = (sql, described)
        return described

    def _described(self, sql: str) -> Described:
        if is_empty(sql):
            raise QueryFailedError(
                "This is not one single query: there is no SELECT in it.",
                where=self._connector.where,
                remedy="Write one SELECT.",
            )
        sql = up_to_last_token(sql)
        described = self._dry_run(sql, lines=0, sql=sql)
        try:
            around = self._dry_run(described.outer().text, lines=1, sql=sql)
        except QueryFailedError as error:
            if not replacements(described.fields):
                return replace(described, alone=True)
            message = f"Rows cannot be read from this statement: {error.message}"
            raise QueryFailedError(message, offset=error.offset, where=error.where, remedy=error.remedy) from error
        return described if len(around.fields) == len(described.fields) else replace(described, alone=True)

    def _dry_run(self, text: str, *, lines: int, sql: str) -> Described:
        """Let BigQuery compile a text; refuse what it does not call a SELECT."""
        with self._explained(lines, sql):
            job = self._sent(text, dry_run=True).job
        kind = str(job.statement_type or "")
        if kind != "SELECT":
            raise QueryFailedError(
                f"This is not one single query: BigQuery calls it {kind or 'no statement'}.",
                where=self._connector.where,
                remedy="Write one SELECT; other statements, scripts and several at once are not run.",
            )
        refuse_remote(job, self.ask, self._connector.where)
        fields = tuple(job.schema or ())
        count = int(job.total_bytes_processed or 0)
        return Described(sql=text, fields=fields, bytes_processed=count, certainty=certainty_of(job))

    def _run(self, described: Described, *, limit: int | None) -> Result:
        import pyarrow as pa

        refuse_too_dear(described.bytes_processed, self._connector.settings, self._connector.where)
        outer = described.outer(limit)
        with self._explained(described.lines, described.sql):
            query = self._sent(outer.text)
            _ = query.job  # what BigQuery refuses at once comes at once
        schema = pa.schema([(f"c{place}", arrow_type(field)) for place, field in enumerate(described.fields)])
        result = conforming_result(
            tuple(column(field) for field in described.fields),
            schema,
            self._read(query),
            translate=lambda error: self._explain(error, lines=described.lines, sql=described.sql),
        )
        return replace(result, bill=query.bill)

    def _read(self, query: RunningQuery) -> Iterator[pa.RecordBatch]:
        """Wait for the job, then give its batches."""
        batches = query.batches()
        while True:
            with self._cancellation.running():
                if self._query is not query:
                    raise UnreachableError("This result was discarded for a later statement of the session.")
                batch = next(batches, None)
            if batch is None:
                return
            yield batch

    def _first_of(self, result: Result, limit: int) -> pa.Table:
        """Read the first rows of a result; its own error comes out of it, not Arrow's."""
        import pyarrow as pa

        batches, count = [], 0
        try:
            for batch in result.batches:
                batches.append(batch)
                count += batch.num_rows
                if count >= limit:
                    break
        except Exception:
            if (failure := result.failure()) is not None:
                raise failure from None
            raise
        return pa.Table.from_batches(batches, schema=result.batches.schema).slice(0, limit)

    def _explain(self, error: Exception, *, lines: int, sql: str) -> WarehouseError:
        """Explain an error; what fails after a cancellation is the cancellation."""
        try:
            self._cancellation.check()
        except WarehouseError as cancelled:
            return cancelled
        told = explain(error, self._connector.settings, member=self._connector.member, lines=lines, sql=sql)
        return self._with_location(told)

    def _with_location(self, told: WarehouseError) -> WarehouseError:
        """Add where a dataset is that a job did not find where it ran."""
        found = re.match(r"There is no dataset (\S+) in location (\S+)\.", told.message)
        if found and isinstance(told, QueryFailedError):
            with contextlib.suppress(Exception):  # it may not be there at all, or not be seen
                name, retry = found[1], self._connector.retry()
                place = (
                    Call(lambda: self._client.get_dataset(name, retry=retry, timeout=10))
                    .result(self._cancellation)
                    .location
                )
                if place and place != found[2]:
                    told.remedy = f'It is in {place}: set location = "{place}" in the source\'s file.'
        return told

    def _abort(self) -> None:
        if self._query is not None:
            self._query.abort()
