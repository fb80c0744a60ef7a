"""DuckDB: a file on this machine, opened for each session and closed after it, since an open reader locks writers out.

The file is opened read only. That alone would let a query read and write other files (measured), so access to anything
outside is off and the configuration is locked. Settings are global to the instance: DuckDB shares one between the
connections of a process that open the same file, and a second connection could not set what the first has locked.

No other process can write while the file is open, and a session reads in one transaction: what `stream` gives is what
was there at `clock`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from core.errors import QueryFailedError, WarehouseError
from core.model import Column, Secret, Step, Table
from core.warehouses._arrow import conforming_result, outer_select
from core.warehouses._cancellation import Cancellation
from core.warehouses._duckdb_errors import explain_open, explain_query
from core.warehouses._duckdb_types import column, quoted, transport
from core.warehouses.base import Result

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["DuckDBSettings", "Plugin"]

OPENING = threading.Lock()
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DuckDBSettings:
    """`path` is relative to the project's folder; `memory` is what a query may use, as DuckDB writes it."""

    path: str
    memory: str = "2GB"


class Plugin:
    """A DuckDB file."""

    dialect: ClassVar[str] = "duckdb"
    Settings: ClassVar[type[DuckDBSettings]] = DuckDBSettings
    secrets: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def __init__(self, settings: DuckDBSettings, secrets: Callable[[str], Secret], folder: Path) -> None:
        del secrets  # a file needs none
        self._file = (folder / settings.path).resolve()
        self._memory = settings.memory
        self._state = folder / ".backhaul"

    def open(self) -> DuckDBSession:
        """Open the file. Raises UnreachableError where it is missing or locked by a writer."""
        import duckdb

        try:
            with OPENING:
                connection = duckdb.connect(str(self._file), read_only=True, config=self._configuration())
                (locked,) = connection.execute("SELECT current_setting('lock_configuration')").fetchall()[0]
                if not locked:
                    for setting in ("TimeZone = 'UTC'", "errors_as_json = true"):
                        connection.execute(f"SET GLOBAL {setting}")  # for the connections that come later
                        connection.execute(f"SET SESSION {setting}")
                    connection.execute("SET GLOBAL lock_configuration = true")
        except duckdb.Error as error:
            raise explain_open(error, self._file) from error
        return DuckDBSession(connection, where=self._file.name)

    def _configuration(self) -> dict[str, str | bool | int | float | list[str]]:
        """Give what DuckDB is opened with; it must be the same for all sessions of a process on one file.

        What does not fit into memory spills into the project's own folder, and each process and file has its own
        place there, since DuckDB's spill files have fixed names.
        """
        spill = ""
        if self._state.is_dir():
            digest = hashlib.sha256(str(self._file).encode()).hexdigest()[:12]
            spill = str(self._state / "tmp" / f"duckdb-{os.getpid()}-{digest}")
            (self._state / "tmp").mkdir(mode=0o700, exist_ok=True)
        return {
            "enable_external_access": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",  # else a table's name may be a variable of ours
            "memory_limit": self._memory,
            "temp_directory": spill,
        }

    def steps(self) -> Iterator[Step]:
        """Test: the file, opening it, what is in it, that nothing can be written, and the clock."""
        began = time.perf_counter()
        if not self._file.is_file():
            error = explain_open(FileNotFoundError("database does not exist"), self._file)
            yield Step(name="file", passed=False, detail=f"{error.message} {self._file}", remedy=error.remedy)
            return
        size = self._file.stat().st_size
        yield Step(name="file", passed=True, detail=f"{self._file}, {size:,} bytes", seconds=since(began))
        began = time.perf_counter()
        try:
            session = self.open()
        except WarehouseError as error:
            yield Step(name="open", passed=False, detail=error.message, remedy=error.remedy, seconds=since(began))
            return
        with session:
            yield Step(name="open", passed=True, detail="opened for reading only", seconds=since(began))
            yield from self._session_steps(session)

    def _session_steps(self, session: DuckDBSession) -> Iterator[Step]:
        began = time.perf_counter()
        tables = session.catalogue()
        yield Step(
            name="privileges",
            passed=True if tables else None,
            detail=f"{len(tables)} tables and views can be read",
            remedy="" if tables else "The file holds no tables yet.",
            seconds=since(began),
        )
        began = time.perf_counter()
        refused = session.refuses_writing()
        yield Step(
            name="read-only",
            passed=refused,
            detail="a write was refused" if refused else "a write was not refused",
            remedy="" if refused else "Please report this: Backhaul opened the file wrongly.",
            seconds=since(began),
        )
        if refused:
            began = time.perf_counter()
            now = datetime.fromtimestamp(session.clock(), UTC)
            yield Step(
                name="clock", passed=True, detail=f"this machine's, {now:%Y-%m-%d %H:%M:%S} UTC", seconds=since(began)
            )

    def explain(self, error: Exception) -> WarehouseError:
        """Translate an error of DuckDB."""
        return error if isinstance(error, WarehouseError) else explain_query(error, where=self._file.name)


class DuckDBSession:
    """One connection to the file; its transaction begins with the first `clock` or `stream`."""

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

    def catalogue(self) -> tuple[Table, ...]:
        """Give tables and views. A view that can no longer be bound, or that reads other files, is left out."""
        import duckdb

        tables = []
        with self._statement():
            for schema, name, rows, is_view in self._connection.execute(CATALOGUE).fetchall():
                try:
                    relation = self._connection.sql(f"FROM {quoted(schema)}.{quoted(name)}")
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
        """Mark that a statement runs; a result that was not read to its end is given up, DuckDB takes one at a time."""
        with self._cancellation.running():
            self._close_reader()
            if self._failed and self._in_transaction:
                self._connection.rollback()  # DuckDB refuses all else after an error
                self._in_transaction = False
            self._failed = False
            yield

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
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
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

        with self._statement():
            types, names = self._bind(sql)
            outer = outer_select(sql, [transport(type_).expression for type_ in types], limit=limit)
            try:
                reader = self._reader = self._connection.sql(outer.text).to_arrow_reader(BATCH_ROWS)
            except duckdb.Error as error:
                raise self._explain(error, outer.text, outer.start) from error
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


def since(began: float) -> float:
    return time.perf_counter() - began
