"""The connection that streams from Redshift: its transaction, its clock, its cursor.

Redshift has no COPY to the client. A plain SELECT would arrive whole before its first row is seen, so results come from a
cursor, which the cluster fills on its leader node and which is read in pieces
(https://docs.aws.amazon.com/redshift/latest/dg/declare.html). A cluster of one node gives at most 1,000 rows a piece, which
the first piece finds out.

Values become Python texts on the way, column by column made Arrow: this is the one warehouse whose rows are Python objects for a
moment. Its transactions are serializable; the snapshot is taken by the first query that reads a table, after the clock.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.errors import WarehouseError
from core.warehouses.redshift.errors import explain
from core.warehouses.redshift.types import array_of

if TYPE_CHECKING:
    import psycopg
    import pyarrow as pa

    from core.warehouses.postgres.connection import PostgresSettings

__all__ = ["RedshiftStream"]

NOW = b"SELECT floor(extract(epoch FROM sysdate))::int8"
"""The time at which the transaction began (https://docs.aws.amazon.com/redshift/latest/dg/r_SYSDATE.html), in the session's zone."""
CURSOR = "backhaul_rows"
DECLARE = f'DECLARE "{CURSOR}" CURSOR FOR '
MOST_ROWS = 10_000
MOST_OF_ONE_NODE = 1_000
BATCH_BYTES = 4 * 1024 * 1024


class RedshiftStream:
    """One psycopg connection that reads texts, and at most one open cursor. Its errors are the driver's; see `explain`."""

    def __init__(self, connection: psycopg.Connection[Any], settings: PostgresSettings) -> None:
        from psycopg.types.string import TextLoader

        self._connection = connection
        self._settings = settings
        self._cursor: psycopg.ServerCursor[Any] | None = None
        self._clock: int | None = None
        self._most = MOST_ROWS
        for known in connection.adapters.types:
            connection.adapters.register_loader(known.oid, TextLoader)

    @property
    def in_transaction(self) -> bool:
        return self._clock is not None

    def begin(self) -> int:
        """Begin the transaction, where none is open, and give its time."""
        self._close_cursor()
        if self._clock is None:
            row = self._connection.execute(NOW).fetchone()
            self._clock = int(row[0]) if row else 0
        return self._clock

    def end(self) -> None:
        """End the transaction; does nothing where the connection is lost."""
        import psycopg

        self._clock = None
        with contextlib.suppress(psycopg.Error):
            self._close_cursor()
            self._connection.rollback()

    def run(self, sql: str) -> Iterator[pa.RecordBatch]:
        """Run a query in the transaction and give its batches."""
        from psycopg.errors import Error

        try:
            first = self._first_rows(sql)
        except Error as error:
            if "single node" not in str(error):
                raise
            self._most = MOST_OF_ONE_NODE
            self._connection.rollback()  # the clock stays: what the new transaction sees is no older
            first = self._first_rows(sql)
        return self._batches(first)

    def cancel(self) -> None:
        """Ask the server to stop what runs; may be called from any thread."""
        self._connection.cancel_safe(timeout=1.0)

    def explain(self, error: Exception, *, start: int = 0) -> WarehouseError:
        """Translate an error and end the transaction that it broke."""
        told = explain(error, self._settings, start=start + len(DECLARE))
        self.end()
        return told

    def close(self) -> None:
        """Close the connection; an unread result is given up."""
        self._close_cursor()
        self._connection.close()

    def _first_rows(self, sql: str) -> list[tuple[str | None, ...]]:
        """Open the cursor and read as many rows at once as may be asked for."""
        self._close_cursor()
        self._cursor = self._connection.cursor(CURSOR)
        self._cursor.execute(sql.encode())
        return self._cursor.fetchmany(min(self._most, MOST_OF_ONE_NODE + 1))

    def _batches(self, rows: list[tuple[str | None, ...]]) -> Iterator[pa.RecordBatch]:
        """Make batches of the rows of the open cursor; how many rows each has follows from how long they are."""
        import pyarrow as pa

        cursor = self._cursor
        if cursor is None:
            return
        columns = [(column.name, column.type_code) for column in cursor.description or ()]
        while rows:
            arrays = [array_of(texts, oid) for texts, (_, oid) in zip(zip(*rows, strict=True), columns, strict=True)]
            batch = pa.RecordBatch.from_arrays(arrays, names=[name for name, _ in columns])
            yield batch
            a_row = max(1, batch.nbytes // len(rows))
            rows = [] if cursor is not self._cursor else cursor.fetchmany(max(1, min(self._most, BATCH_BYTES // a_row)))

    def _close_cursor(self) -> None:
        if self._cursor is not None:
            cursor, self._cursor = self._cursor, None
            cursor.close()
