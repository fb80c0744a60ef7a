"""A session with Snowflake: one login, statements that run asynchronously, results in Arrow.

A query is described by Snowflake (describeOnly), which compiles the analyst's exact text and runs nothing; one that
holds several statements is refused there. What runs is that text as a common table expression under an outer select, which
refuses what is no query: Snowflake allows no INSERT, DELETE or CALL in one, nor its pipe `->>`. The list of the expression's
columns renames them by position (https://docs.snowflake.com/en/sql-reference/constructs/with); its own name stands in nobody's
tables, for Snowflake takes an expression that names itself for a recursive one. What only the role can forbid is told by
`core.warehouses.snowflake.steps`.

Snowflake has no snapshot over several statements: each sees what was committed when it began
(https://docs.snowflake.com/en/sql-reference/transactions). So the clock is asked once, before the first query, and
kept: what is committed after it may be in the result already, and is looked at again by the next run, which finds it
unchanged. Nothing falls between. Like a description it is answered in one round trip: there is nothing in it to abort, and who
waits for it can be told to stop. Snowflake keeps the order of a query's rows under an outer select where there is nothing to
do but to cut, but does not promise it: a preview of a query with ORDER BY may show other rows than its first.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from core.errors import BackhaulError, QueryFailedError, UnreachableError, WarehouseError
from core.model import Column, Estimate, Kind, Table
from core.warehouses._arrow import OuterSelect, conforming_result
from core.warehouses._calls import Call
from core.warehouses._cancellation import Cancellation
from core.warehouses._text import up_to_last_token
from core.warehouses.base import Result
from core.warehouses.snowflake.catalogue import read_catalogue, seen_of
from core.warehouses.snowflake.connection import Connector
from core.warehouses.snowflake.errors import explain, missing_object
from core.warehouses.snowflake.query import RunningQuery
from core.warehouses.snowflake.text import first_word
from core.warehouses.snowflake.types import Transport, arrow_type, cast, column, transport, type_word

if TYPE_CHECKING:
    import pyarrow as pa
    from snowflake.connector.connection import Connection

__all__ = ["SnowflakeSession"]

CLOCK = "SELECT FLOOR(DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP()) / 1000)"
WRITE = "CREATE TABLE BACKHAUL_WRITE_TEST (I INTEGER)"
ROWS = "backhaul_rows"
LOGOUT_SECONDS = 2.0
QUERIES = ("SELECT", "WITH", "(")


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """The analyst's text up to its last token, its columns, and how each travels."""

    sql: str
    columns: tuple[Column, ...]
    transports: tuple[Transport, ...]

    def outer(self, limit: int | None = None) -> OuterSelect:
        """Give the text as an expression under a select that gives its columns as c0, c1, ..."""
        names = [f"c{place}" for place in range(len(self.columns))]
        head = f"WITH {ROWS} ({', '.join(names)}) AS (\n"
        wanted = ", ".join(
            f"{way.expression.replace('{}', name)} AS {name}" for way, name in zip(self.transports, names, strict=True)
        )
        end = "" if limit is None else f" LIMIT {limit:d}"
        return OuterSelect(text=f"{head}{self.sql}\n) SELECT {wanted} FROM {ROWS}{end}", start=len(head))


class SnowflakeSession:
    """One connection. A result that was not read is given up for the next."""

    def __init__(self, connector: Connector, connection: Connection) -> None:
        self._connector = connector
        self._connection = connection
        self._cancellation = Cancellation()
        self._query: RunningQuery | None = None
        self._ready: Described | None = None
        self._clock: int | None = None
        self._closed = False

    def describe(self, sql: str) -> tuple[Column, ...]:
        """Give the columns; the text is compiled, not run. If it is streamed next, it is not compiled again before."""
        self._ready = self._described(self._single(sql))
        return self._ready.columns

    def estimate(self, sql: str) -> Estimate | None:
        """Give nothing: a warehouse is paid by the second, whatever it reads."""

    def catalogue(self) -> tuple[Table, ...]:
        """Give the tables and views of the database that the role has a privilege on."""
        return read_catalogue(self.rows)

    def preview(self, sql: str, *, limit: int) -> Result:
        """Run the query for its first rows; they are read at once."""
        result = self._run(self._described(self._single(sql)), limit=limit)
        table = self._all_of(result)
        return Result(columns=result.columns, batches=table.to_reader())

    def clock(self) -> int:
        """Give Snowflake's time when it was first asked for in this session, in whole seconds, cut off."""
        if self._clock is None:
            with self._explained():
                cursor = self._connection.cursor()
                asked = Call(lambda: cursor.execute(CLOCK).fetchall())
                self._clock = int(asked.result(self._cancellation)[0][0])
        self._cancellation.check()
        return self._clock

    def stream(self, sql: str) -> Result:
        """Send the query. It runs from now on; an error of running it comes while the result is read."""
        text, ready = self._single(sql), self._ready
        self._ready = None
        described = ready if ready and ready.sql == text else self._described(text)
        self.clock()  # before the query, so that what is committed while it runs is looked at again
        return self._run(described, limit=None)

    def cancel(self) -> None:
        """Stop what runs, from any thread."""
        self._cancellation.request(self._abort)

    def close(self) -> None:
        """Stop what runs and log out."""
        self.cancel()
        self._abort()
        if not self._closed:
            self._closed = True
            Call(lambda: self._connection.close(retry=False)).within(LOGOUT_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement of ours and give its rows."""
        with self._explained():
            query = self._sent(sql)
            query.wait()
            return query.rows()

    def refuses_writing(self) -> bool:
        """Say whether a write is refused on the road that queries take; it is compiled, never run."""
        column = Column(name="I", kind=Kind.INTEGER, type_name="NUMBER")
        write = Described(sql=WRITE, columns=(column,), transports=(Transport(kind=Kind.INTEGER),))
        try:
            self._compiled(write.outer().text, start=0, sql="")
        except QueryFailedError:
            return True
        return False

    @contextlib.contextmanager
    def _explained(self, start: int = 0, sql: str = "") -> Iterator[None]:
        """Mark that something runs; errors come out as ours, with their place in `sql`, which began at `start`."""
        with self._cancellation.running():
            try:
                yield
            except BackhaulError:
                raise
            except Exception as error:
                raise self._explain(error, start=start, sql=sql) from error

    def _sent(self, sql: str) -> RunningQuery:
        """Send a statement; the one before it is given up."""
        self._abort()
        self._query = None
        self._query = RunningQuery(self._connection, sql, self._cancellation)
        return self._query

    def _described(self, sql: str) -> Described:
        """Describe a text that is `_single`: it is compiled alone, and then as it will run."""
        found = self._compiled(sql, start=0, sql=sql)
        words = [type_word(item.type_code, item.scale) for item in found]
        described = Described(
            sql=sql,
            columns=tuple(
                column(item.name, word, precision=item.precision, scale=item.scale, length=item.internal_size)
                for item, word in zip(found, words, strict=True)
            ),
            transports=tuple(
                transport(word, item.precision, item.scale) for item, word in zip(found, words, strict=True)
            ),
        )
        outer = described.outer()
        try:
            self._compiled(outer.text, start=outer.start, sql=sql)
        except QueryFailedError as error:
            message = f"Rows cannot be read from this statement: {error.message}"
            raise QueryFailedError(message, offset=error.offset, where=error.where, remedy=error.remedy) from error
        return described

    def _compiled(self, text: str, *, start: int, sql: str) -> list[Any]:
        """Let Snowflake compile a text; give its columns as the driver describes them."""
        with self._explained(start, sql):
            cursor = self._connection.cursor()
            return list(Call(lambda: cursor.describe(text)).result(self._cancellation) or ())

    def _single(self, sql: str) -> str:
        """Give the text up to its last token. Raises QueryFailedError where it is no query by its first word.

        The driver itself acts on some statements (PUT and GET move files, DESC warns), so these never reach it.
        """
        word = first_word(sql)
        if word not in QUERIES:
            what = f"it starts with {word}" if word else "there is no SELECT in it"
            raise QueryFailedError(
                f"This is not one single query: {what}.", where=self._connector.where, remedy="Write one SELECT."
            )
        return up_to_last_token(sql, "snowflake")

    def _run(self, described: Described, *, limit: int | None) -> Result:
        outer = described.outer(limit)
        with self._explained(outer.start, described.sql):
            query = self._sent(outer.text)
        import pyarrow as pa

        schema = pa.schema([(f"c{place}", arrow_type(way)) for place, way in enumerate(described.transports)])
        return conforming_result(
            described.columns,
            schema,
            self._read(query, schema),
            translate=lambda error: self._explain(error, start=outer.start, sql=described.sql),
        )

    def _read(self, query: RunningQuery, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """Wait for the query, then give its batches in the announced types."""
        with self._cancellation.running():
            query.wait()
        batches = query.batches()
        while True:
            with self._cancellation.running():
                if self._query is not query:
                    raise UnreachableError("This result was discarded for a later statement of the session.")
                batch = next(batches, None)
            if batch is None:
                return
            yield cast(batch, schema)

    def _all_of(self, result: Result) -> pa.Table:
        """Read a small result; its own error comes out of it, not Arrow's."""
        try:
            return result.batches.read_all()
        except Exception:
            if (failure := result.failure()) is not None:
                raise failure from None
            raise

    def _explain(self, error: Exception, *, start: int, sql: str) -> WarehouseError:
        """Explain an error; what fails after a cancellation is the cancellation."""
        try:
            self._cancellation.check()
        except WarehouseError as cancelled:
            return cancelled
        told = explain(error, self._connector.settings, start=start, sql=sql)
        name = missing_object(told.message)
        if name and sql and isinstance(told, QueryFailedError):
            with contextlib.suppress(WarehouseError):
                told.remedy = seen_of(name, self.rows, self._connector.settings) or told.remedy
        return told

    def _abort(self) -> None:
        if self._query is not None:
            self._query.abort()
