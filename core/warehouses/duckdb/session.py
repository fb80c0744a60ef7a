"""A session with a DuckDB file: one connection, and one transaction from the first `clock` or `stream` on.

DuckDB 2 streams, and takes one open result at a time on a connection: a result that was not read to its end is closed
before the next statement. A reader that is left open keeps the file open too, whatever becomes of the connection.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from core.errors import QueryFailedError, WarehouseError
from core.model import Column, Estimate, Table
from core.quoting.sql import quoted_identifier
from core.warehouses._arrow import conforming_result, outer_select
from core.warehouses._cancellation import Cancellation
from core.warehouses.base import Result
from core.warehouses.duckdb.errors import explain_query
from core.warehouses.duckdb.types import column, transport

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["DuckDBSession"]

BATCH_ROWS = 65_536
DESCRIBE = "DESCRIBE "
CATALOGUE = """
    SELECT t.schema_name, t.table_name, t.estimated_size, false AS is_view
    FROM duckdb_tables() AS t WHERE t.database_name = current_database() AND NOT t.internal
    UNION ALL
    SELECT v.schema_name, v.view_name, NULL, true
    FROM duckdb_views() AS v WHERE v.database_name = current_database() AND NOT v.internal
    ORDER BY 1, 2
"""

_PIVOT = re.compile(r"\bpivot\b", re.IGNORECASE)
"""A PIVOT whose values are not listed is two statements for DuckDB: it makes a type of them first, in its temporary schema."""


class DuckDBSession:
    """One connection to the file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, where: str) -> None:
        self._connection = connection
        self._where = where
        self._cancellation = Cancellation()
        self._in_transaction = False
        self._failed = False
        self._reader: pa.RecordBatchReader | None = None

    def describe(self, sql: str) -> tuple[Column, ...]:
        """Bind the query; names come as they were typed, duplicates too."""
        with self._statement():
            types, names = self._bind(sql)
        return tuple(column(name, type_) for name, type_ in zip(names, types, strict=True))

    def estimate(self, sql: str) -> Estimate | None:
        """Give nothing: a file costs nothing to read."""

    def catalogue(self) -> tuple[Table, ...]:
        """Give tables and views. A view that can no longer be bound, or that reads other files, is left out."""
        import duckdb

        tables = []
        with self._statement():
            for schema, name, rows, is_view in self._connection.execute(CATALOGUE).fetchall():
                try:
                    relation = self._connection.sql(f"FROM {quoted_identifier(schema)}.{quoted_identifier(name)}")
                except duckdb.Error:
                    self._cancellation.check()
                    continue
                columns = (column(*pair) for pair in zip(relation.columns, relation.types, strict=True))
                tables.append(Table(schema=schema, name=name, columns=tuple(columns), rows=rows, is_view=is_view))
        return tuple(tables)

    def preview(self, sql: str, *, limit: int) -> Result:
        """Run the query for its first rows."""
        return self._run(sql, limit=limit)

    def clock(self) -> int:
        """Give the time at which the transaction began; seconds are cut, as rounding up would skip rows."""
        with self._statement():
            self._begin()
            ((seconds,),) = self._connection.execute("SELECT CAST(floor(epoch(now())) AS BIGINT)").fetchall()
        return int(seconds)

    def stream(self, sql: str) -> Result:
        """Run the query in the transaction that `clock` began."""
        with self._statement():
            self._begin()
        return self._run(sql, limit=None)

    def cancel(self) -> None:
        """Stop what runs, from any thread."""
        self._cancellation.request(self._connection.interrupt)

    def close(self) -> None:
        """Stop what runs and close the file."""
        self.cancel()
        self._close_reader()  # it would keep the file open
        self._connection.close()

    def refuses_writing(self) -> bool:
        """Say whether the file refuses a write, by trying one."""
        import duckdb

        try:
            self._connection.execute("CREATE TABLE backhaul_write_test (i INTEGER)")
        except duckdb.Error:
            return True
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def _statement(self) -> Iterator[None]:
        """Mark that a statement runs; errors of DuckDB come out as ours, what was not read of a result is given up."""
        import duckdb

        with self._cancellation.running():
            self._close_reader()
            if self._failed and self._in_transaction:
                self._connection.rollback()  # DuckDB refuses all else after an error
                self._in_transaction = False
            self._failed = False
            try:
                yield
            except duckdb.Error as error:
                raise self._explain(error) from error

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _begin(self) -> None:
        if not self._in_transaction:
            self._connection.begin()
            self._in_transaction = True

    def _bind(self, sql: str) -> tuple[list[Any], list[str]]:
        """Give types and names of the columns. Raises QueryFailedError where `sql` is no single query."""
        import duckdb

        try:
            statements = self._connection.extract_statements(sql)
        except duckdb.Error as error:
            raise self._explain(error, sql) from error
        kind = statements[0].type if len(statements) == 1 else None
        is_pivot = kind == duckdb.StatementType.MULTI and _PIVOT.search(sql) is not None
        if kind != duckdb.StatementType.SELECT and not is_pivot:
            raise QueryFailedError(
                "This is not one single query.",
                where=self._where,
                remedy="Write one SELECT; other statements, and several at once, are not run.",
            )
        try:
            self._connection.execute(f"{DESCRIBE}{sql}").fetchall()  # for its errors: those of sql() carry no place
            relation = self._connection.sql(sql)
        except duckdb.Error as error:
            raise self._explain(error, f"{DESCRIBE}{sql}", len(DESCRIBE)) from error
        return list(relation.types), list(relation.columns)

    def _run(self, sql: str, *, limit: int | None) -> Result:
        import duckdb
        import pyarrow as pa

        with self._statement():
            types, names = self._bind(sql)
            outer = outer_select(sql, [transport(type_).expression for type_ in types], limit=limit)
            try:
                reader = self._reader = self._connection.sql(outer.text).to_arrow_reader(BATCH_ROWS)
            except duckdb.Error as error:
                raise self._explain(error, outer.text, outer.start) from error
            except pa.ArrowException as error:
                deep = max(zip(names, types, strict=True), key=lambda pair: str(pair[1]).count("[]"))[0]
                raise QueryFailedError(
                    f"Column {deep!r} is nested more deeply than Arrow can carry.",
                    where=self._where,
                    remedy="Cast it to JSON in the query, or select less of it.",
                ) from error
        return conforming_result(
            tuple(column(name, type_) for name, type_ in zip(names, types, strict=True)),
            announced(reader.schema),
            self._read(reader),
            translate=lambda error: self._explain(error, outer.text, outer.start),
        )

    def _read(self, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        while True:
            with self._cancellation.running():
                try:
                    batch = reader.read_next_batch()
                except StopIteration:
                    return
            yield batch

    def _explain(self, error: Exception, sql: str = "", start: int = 0) -> WarehouseError:
        self._failed = True
        return explain_query(error, where=self._where, sql=sql, start=start)


def announced(schema: pa.Schema) -> pa.Schema:
    """Give the schema of the batches: DuckDB's own, with our names and plain UTC."""
    import pyarrow as pa

    def plain(type_: pa.DataType) -> pa.DataType:
        return pa.timestamp("us", "UTC") if pa.types.is_timestamp(type_) and type_.tz else type_

    return pa.schema([pa.field(f"c{place}", plain(field.type)) for place, field in enumerate(schema)])
