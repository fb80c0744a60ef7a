"""The ADBC connection that streams: its transaction, its clock, its batches.

`begin` opens the transaction that results are read in, REPEATABLE READ and READ ONLY, so that several queries see one
state. Its time is taken before the snapshot. On a standby it is the time of the last transaction that was replayed, read
before the transaction begins, since replay goes on while a snapshot stands; or now, where the receiver streams and all
that was received is replayed. Only roles with pg_read_all_stats can see that it streams; others get the older time,
which costs nothing but work.

Settings are made for each transaction, not for the session, so that they hold behind a pooler too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.errors import UnreachableError, WarehouseError
from core.warehouses.postgres.connection import PostgresSettings
from core.warehouses.postgres.errors import explain
from core.warehouses.postgres.session_settings import PROOF, pins, unproven
from core.warehouses.postgres.types import unbent

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["PostgresStream"]

BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
NOW = "SELECT pg_catalog.floor(extract(epoch FROM pg_catalog.now()))::pg_catalog.int8"
IS_STANDBY = "SELECT pg_catalog.pg_is_in_recovery()"
REPLAYED = """
    SELECT pg_catalog.floor(extract(epoch FROM CASE
        WHEN pg_catalog.pg_last_wal_receive_lsn() OPERATOR(pg_catalog.=) pg_catalog.pg_last_wal_replay_lsn()
             AND EXISTS (SELECT FROM pg_catalog.pg_stat_wal_receiver WHERE status OPERATOR(pg_catalog.=) 'streaming') THEN pg_catalog.now()
        ELSE pg_catalog.pg_last_xact_replay_timestamp() END))::pg_catalog.int8
"""
CHECKPOINT = "SELECT pg_catalog.floor(extract(epoch FROM checkpoint_time))::pg_catalog.int8 FROM pg_catalog.pg_control_checkpoint()"
"""These two run before the transaction, under the role's own path: each name has its schema."""
BATCH_BYTES = 4 * 1024 * 1024


class PostgresStream:
    """One ADBC connection and at most one open result. Its errors are the driver's; see `explain`."""

    def __init__(self, connection: Any, settings: PostgresSettings, *, path: str = "") -> None:
        self._connection = connection
        self._settings = settings
        self._path = path
        self._cursor: Any = None
        self._clock: int | None = None

    @property
    def in_transaction(self) -> bool:
        return self._clock is not None

    def begin(self) -> int:
        """Begin the transaction, where none is open, and give its time."""
        self._close_cursor()
        if self._clock is None:
            replayed = self._replayed() if self._value(IS_STANDBY) else None
            self._execute(BEGIN)
            self._row(pins(self._settings.statement_timeout * 1000, self._path))
            now = self._value(NOW)
            self._clock = int(now if replayed is None else replayed)
        return self._clock

    def end(self) -> None:
        """End the transaction; does nothing where the connection is lost."""
        from adbc_driver_manager import Error

        try:
            self._close_cursor()
            self._execute("ROLLBACK")
        except Error:  # lost: there is nothing to end
            pass
        self._clock = None

    def run(self, sql: str) -> Iterator[pa.RecordBatch]:
        """Run a query in the transaction and give its batches, unbent. Raises WarehouseError where the session is not as pinned."""
        self._close_cursor()
        settings = self._settings
        if (fault := unproven(self._row(PROOF), f"{settings.host}:{settings.port}/{settings.database}")) is not None:
            self.end()
            raise fault
        cursor = self._cursor = self._connection.cursor()
        cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)})
        cursor.execute(sql)
        reader = cursor.fetch_record_batch()
        return (unbent(batch) for batch in reader)

    def cancel(self) -> None:
        """Ask the server to stop what runs; may be called from any thread."""
        self._connection.adbc_cancel()

    def explain(self, error: Exception, *, start: int = 0) -> WarehouseError:
        """Translate an error and end the transaction that it broke."""
        told = explain(error, self._settings, start=start)
        if isinstance(error, OSError) and not isinstance(told, UnreachableError) and not self._is_alive():
            told = UnreachableError(
                f"The connection was lost: {told.message}",
                where=told.where,
                remedy="Nothing was kept of this result. Try again once the server is back.",
            )
        self.end()
        return told

    def close(self) -> None:
        """Close the connection; an unread result is given up."""
        self._close_cursor()
        self._connection.close()

    def _replayed(self) -> int:
        """Give the time up to which a standby shows everything."""
        replayed = self._value(REPLAYED)
        return int(self._value(CHECKPOINT) if replayed is None else replayed)

    def _execute(self, sql: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)

    def _value(self, sql: str) -> Any:
        return self._row(sql)[0]

    def _row(self, sql: str) -> tuple[Any, ...]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            return tuple(cursor.fetchall()[0])

    def _is_alive(self) -> bool:
        """Say whether the server still answers, if only that the transaction is aborted."""
        from adbc_driver_manager import Error

        try:
            self._close_cursor()
            self._value("SELECT 1")
        except Error as error:
            return bool(error.sqlstate)
        return True

    def _close_cursor(self) -> None:
        if self._cursor is not None:
            cursor, self._cursor = self._cursor, None
            cursor.close()
