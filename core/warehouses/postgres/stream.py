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
from core.warehouses.postgres.types import unbent

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["PostgresStream", "settings_of_transaction"]

BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
SETTINGS = """
    SELECT set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO', true),
           set_config('IntervalStyle', 'postgres', true), set_config('extra_float_digits', '1', true),
           set_config('bytea_output', 'hex', true), set_config('standard_conforming_strings', 'on', true),
           set_config('statement_timeout', '{milliseconds:d}', true),
           CASE WHEN current_setting('client_connection_check_interval', true) IS NOT NULL AND version() ~ 'linux'
                THEN set_config('client_connection_check_interval', '5s', true) END
"""
"""The last one, from Postgres 14 on, ends a query whose client was killed; else it would run to its end for nobody."""
NOW = "SELECT floor(extract(epoch FROM now()))::int8"
IS_STANDBY = "SELECT pg_is_in_recovery()"
REPLAYED = """
    SELECT floor(extract(epoch FROM CASE
        WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
             AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') THEN now()
        ELSE pg_last_xact_replay_timestamp() END))::int8
"""
CHECKPOINT = "SELECT floor(extract(epoch FROM checkpoint_time))::int8 FROM pg_control_checkpoint()"
BATCH_BYTES = 4 * 1024 * 1024


def settings_of_transaction(settings: PostgresSettings) -> str:
    """Give the statement that pins down, for one transaction, how values are written and how long a statement runs."""
    return SETTINGS.format(milliseconds=settings.statement_timeout * 1000)


class PostgresStream:
    """One ADBC connection and at most one open result. Its errors are the driver's; see `explain`."""

    def __init__(self, connection: Any, settings: PostgresSettings) -> None:
        self._connection = connection
        self._settings = settings
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
            self._value(settings_of_transaction(self._settings))
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
        """Run a query in the transaction and give its batches, unbent."""
        self._close_cursor()
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
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()[0][0]

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
