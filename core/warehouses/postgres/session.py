"""A session with Postgres: psycopg describes and lists, ADBC streams.

A query is described by the extended protocol: Parse and Describe of the analyst's exact text, which refuses several
statements and gives the place of an error in that text. That reads literals, which can run the checks of domains, so the catalogue is
asked before which functions the text reaches (`core.warehouses.postgres.functions`). What is streamed is that text in an outer select,
which refuses what is no query and what writes (data-modifying WITH is allowed at the top level only). All of it runs in
transactions that are READ ONLY and end in a rollback: Postgres 15 lets a read-only transaction make large objects. What
only the role can forbid is told by `core.warehouses.postgres.steps`.

Redshift's session is this one with another way to stream, other types and another catalogue: the methods that its class
(`redshift.session`) replaces stand under "what Redshift does otherwise".
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from core.errors import QueryFailedError, WarehouseError
from core.model import Column, Estimate, Table
from core.warehouses._arrow import OuterSelect, conforming_result, outer_select
from core.warehouses._cancellation import Cancellation
from core.warehouses._power import Power
from core.warehouses.base import Result
from core.warehouses.postgres.catalogue import missing_grants, read_catalogue, read_types
from core.warehouses.postgres.connection import Connector
from core.warehouses.postgres.errors import explain, refused_relation
from core.warehouses.postgres.functions import check_functions
from core.warehouses.postgres.power import power_of
from core.warehouses.postgres.session_settings import LOGIN, PROOF, login_options, pins, unproven
from core.warehouses.postgres.stream import PostgresStream
from core.warehouses.postgres.types import Transport, arrow_type

if TYPE_CHECKING:
    import psycopg
    import pyarrow as pa

__all__ = ["PostgresSession", "Stream"]


class Stream(Protocol):
    """The connection that results come from: its read-only transaction and at most one open result."""

    @property
    def in_transaction(self) -> bool: ...

    def begin(self) -> int:
        """Begin the transaction, where none is open, and give its time in Unix seconds."""
        ...

    def end(self) -> None: ...

    def run(self, sql: str) -> Iterator[pa.RecordBatch]: ...

    def cancel(self) -> None: ...

    def explain(self, error: Exception, *, start: int = 0) -> WarehouseError:
        """Translate an error and end the transaction that it broke."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """The analyst's text, its columns, and how each travels."""

    sql: str
    columns: tuple[Column, ...]
    transports: tuple[Transport, ...]

    def outer(self, limit: int | None = None) -> OuterSelect:
        return outer_select(self.sql, [way.expression for way in self.transports], limit=limit)


class PostgresSession:
    """One psycopg connection, and one of ADBC from the first `clock`, `preview` or `stream` on."""

    def __init__(self, connector: Connector, connection: psycopg.Connection[Any]) -> None:
        self._connector = connector
        self._connection = connection
        self._stream: Stream | None = None
        self._streaming = False
        self._is_reader = connector.settings.allow_superuser
        self._cancellation = Cancellation()

    def describe(self, sql: str) -> tuple[Column, ...]:
        """Give the columns; the text is parsed and described, not run."""
        return self._described(sql).columns

    def estimate(self, sql: str) -> Estimate | None:
        """Give nothing: a server is not paid by what is read."""

    def catalogue(self) -> tuple[Table, ...]:
        """Give the tables and views that this user may read, and of their columns those that it may."""
        with self.reading() as connection:
            return self._tables(connection)

    def preview(self, sql: str, *, limit: int) -> Result:
        """Run the query for its first rows; they are read at once, and the transaction ends where none was open."""
        described = self._described(sql)
        was_open = self._stream is not None and self._stream.in_transaction
        result = self._run(described, limit=limit)
        table = result.batches.read_all()
        if not was_open and self._stream is not None:
            self._stream.end()
        return Result(columns=result.columns, batches=table.to_reader())

    def clock(self) -> int:
        """Give the time at which the transaction of `stream` began; on a standby, up to which it shows everything."""
        with self._on_stream() as stream:
            return stream.begin()

    def stream(self, sql: str) -> Result:
        """Run the query in the transaction that `clock` began; an earlier result that was not read is given up."""
        return self._run(self._described(sql), limit=None)

    def cancel(self) -> None:
        """Stop what runs, from any thread."""
        self._cancellation.request(self._interrupt)

    def close(self) -> None:
        """Stop what runs and give both connections back."""
        self.cancel()
        if self._stream is not None:
            with contextlib.suppress(*_driver_errors()):  # of a connection that is lost already
                self._stream.close()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def reading(self) -> Iterator[psycopg.Connection[Any]]:
        """Give the psycopg connection in a transaction of its own; errors come out as ours."""
        import psycopg

        with self._cancellation.running():
            self._streaming = False
            try:
                with self._connection.transaction(force_rollback=True):
                    self._pin(self._connection)
                    yield self._connection
            except psycopg.Error as error:
                self._cancellation.check()
                raise self._translated(error) from error

    # what Redshift does otherwise

    def _pin(self, connection: psycopg.Connection[Any]) -> None:
        """Pin down, for a transaction, how values are written and how long a statement may run."""
        connection.execute(pins(self._connector.settings.statement_timeout * 1000).encode())

    def _power(self, connection: psycopg.Connection[Any]) -> Power | None:
        """Return what makes the user more than a reader."""
        return power_of(connection, self._connector)

    def _prove(self, connection: psycopg.Connection[Any]) -> None:
        """Raise WarehouseError where the session is not as it was pinned."""
        row = connection.execute(PROOF.encode()).fetchone() or ()
        if (fault := unproven(row, self._connector.where)) is not None:
            raise fault

    def _check_functions(self, connection: psycopg.Connection[Any], sql: str) -> None:
        """Raise QueryFailedError where the query reaches a function that may do more than read.

        Asked each time: a function may have been replaced since the same text was checked.
        """
        check_functions(connection, sql, self._connector.settings.allow_functions, self._connector.where)

    def _types(
        self, connection: psycopg.Connection[Any], types: Sequence[tuple[int, int]]
    ) -> tuple[tuple[str, Transport], ...]:
        """Give the name of each type (an OID and its modifier) and how its values travel."""
        return read_types(connection, types, self._connector.timezone)

    def _tables(self, connection: psycopg.Connection[Any]) -> tuple[Table, ...]:
        return read_catalogue(connection)

    def _new_stream(self) -> Stream:
        quotes, path, shadows = self._connection.execute(LOGIN.encode()).fetchone() or ("", "", False)
        self._connection.rollback()
        connection = self._connector.adbc(options=login_options(quotes, shadows))
        return PostgresStream(connection, self._connector.settings, path=path if shadows else "")

    def _translated(self, error: Exception, start: int = 0) -> WarehouseError:
        return explain(error, self._connector.settings, start=start)

    def _missing_grants(self, connection: psycopg.Connection[Any], relation: str) -> tuple[str, ...]:
        return missing_grants(connection, relation)

    # describing and streaming

    @contextlib.contextmanager
    def _on_stream(self, start: int = 0) -> Iterator[Stream]:
        """Give the connection that streams, made when it is first needed; errors come out as ours."""
        with self._cancellation.running():
            self._streaming = True
            try:
                if self._stream is None:
                    self._stream = self._new_stream()
                yield self._stream
            except _driver_errors() as error:
                raise self._explain(error, start) from error

    def _described(self, sql: str) -> Described:
        with self.reading() as connection:
            self._refuse_power(connection)
            self._prove(connection)
            if "\0" in sql:
                raise self._refused("The query holds a NUL character.")
            self._check_functions(connection, sql)  # first of all: to parse a text may run the checks of domains
            fields = self._prepared(connection, sql)
            if not fields:
                raise self._refused("This is no query: it gives no columns.")
            types = self._types(connection, [(oid, modifier) for _, oid, modifier in fields])
            described = Described(
                sql=sql,
                columns=tuple(
                    Column(name=name, kind=way.kind, type_name=type_name)
                    for (name, _, _), (type_name, way) in zip(fields, types, strict=True)
                ),
                transports=tuple(way for _, way in types),
            )
            outer = described.outer()
            try:
                self._prepared(connection, outer.text, start=outer.start)
            except QueryFailedError as error:
                message = f"Rows cannot be read from this statement: {error.message}"
                raise QueryFailedError(message, offset=error.offset, where=error.where, remedy=error.remedy) from error
        return described

    def _refuse_power(self, connection: psycopg.Connection[Any]) -> None:
        """Raise LoginError where no session of ours holds the user back, unless the source's file allows it; asked once."""
        if not self._is_reader and (power := self._power(connection)) is not None:
            raise power.refusal(self._connector.where)
        self._is_reader = True

    def _prepared(self, connection: psycopg.Connection[Any], sql: str, *, start: int = 0) -> list[tuple[str, int, int]]:
        """Parse one statement and give name, type and type modifier of its columns.

        libpq's own describe waits with Python's lock held: while a server is silent, nothing of this process could run, not
        even its end. psycopg's waiting lets the others go on.
        """
        import psycopg
        from psycopg.errors import error_from_result
        from psycopg.generators import execute

        server = connection.pgconn
        for send in (partial(server.send_prepare, b"", sql.encode()), partial(server.send_describe_prepared, b"")):
            send()
            results = connection.wait(execute(server))  # a proxy may answer a refused text with several
            result = next((each for each in results if each.status != psycopg.pq.ExecStatus.COMMAND_OK), results[-1])
            if result.status != psycopg.pq.ExecStatus.COMMAND_OK:
                self._cancellation.check()
                raise self._translated(error_from_result(result), start)
        if result.nparams:
            raise self._refused("The query has parameters like $1.")
        return [
            ((result.fname(place) or b"").decode(errors="replace"), result.ftype(place), result.fmod(place))
            for place in range(result.nfields)
        ]

    def _refused(self, message: str) -> QueryFailedError:
        return QueryFailedError(message, where=self._connector.where, remedy="Write one SELECT.")

    def _run(self, described: Described, *, limit: int | None) -> Result:
        import pyarrow as pa

        outer = described.outer(limit)
        with self._on_stream(outer.start) as stream:
            stream.begin()
            batches = stream.run(outer.text)
        fields = ((f"c{place}", arrow_type(way)) for place, way in enumerate(described.transports))
        return conforming_result(
            described.columns,
            pa.schema(fields),
            self._read(batches),
            translate=lambda error: self._explain(error, outer.start),
        )

    def _read(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        while True:
            with self._cancellation.running():
                self._streaming = True
                batch = next(batches, None)
            if batch is None:
                return
            yield batch

    def _explain(self, error: Exception, start: int) -> WarehouseError:
        """Explain an error of streaming; what fails after a cancellation is the cancellation."""
        try:
            self._cancellation.check()
        except WarehouseError as cancelled:
            return cancelled
        if self._stream is None:
            return self._translated(error)
        told = self._stream.explain(error, start=start)
        relation = refused_relation(told.message)
        if relation and isinstance(told, QueryFailedError):
            with contextlib.suppress(WarehouseError), self.reading() as connection:
                grants = self._missing_grants(connection, relation)
                told.remedy = f"Let its owner run: {' '.join(grants)}" if grants else told.remedy
        return told

    def _interrupt(self) -> None:
        """Ask the server to stop what runs on the connection that is busy."""
        with contextlib.suppress(*_driver_errors()):  # it is asked again while something runs
            if not self._streaming:
                self._connection.cancel_safe(timeout=1.0)
            elif self._stream is not None:
                self._stream.cancel()


def _driver_errors() -> tuple[type[Exception], ...]:
    """Give what the drivers raise; ADBC passes on what fails in mid-result as an OSError."""
    import psycopg
    from adbc_driver_manager import Error

    return psycopg.Error, Error, OSError
