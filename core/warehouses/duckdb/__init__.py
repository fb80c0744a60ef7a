"""DuckDB: a file on this machine, opened for each session and closed after it, since an open reader locks writers out.

The file is opened read only. That alone would let a query read and write other files (measured), so access to anything
outside is off and the configuration is locked. Settings are global to the instance: DuckDB shares one between the
connections of a process that open the same file, and a second connection could not set what the first has locked.

No other process can write while the file is open, and a session reads in one transaction: what `stream` gives is what
was there at `clock`.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from core.control_chars import escape_control_chars
from core.errors import WarehouseError
from core.model import Secret, Step
from core.paths import expanded
from core.warehouses._steps import tables_text
from core.warehouses.base import SetupNames
from core.warehouses.duckdb.errors import explain_open, explain_query
from core.warehouses.duckdb.session import DuckDBSession

if TYPE_CHECKING:
    import duckdb

__all__ = ["DuckDBSettings", "Plugin"]

OPENING = threading.Lock()

IN_USE: dict[Path, dict[str, str | bool | int | float | list[str]]] = {}
"""What each file of this process was last opened with. DuckDB refuses a second connection with other settings, and they
may differ: the place to spill is there once the project has a state folder, and two sources may name one file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DuckDBSettings:
    """`path` is relative to the project's folder; `memory` is what a query may use, as DuckDB writes it."""

    path: str
    memory: str = "2GB"


class Plugin:
    """A DuckDB file on this machine: no server, no password."""

    dialect: ClassVar[str] = "duckdb"
    local_path: ClassVar[str] = "path"
    Settings: ClassVar[type[DuckDBSettings]] = DuckDBSettings
    secrets: ClassVar[Mapping[str, str]] = MappingProxyType({})
    where_to_find: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "path": "The file; from the project's folder where it is no absolute path. It is opened read-only for each action.",
            "memory": "How much memory a query may take before it spills to the disk.",
        }
    )

    @classmethod
    def needs(cls, settings: object) -> tuple[str, ...]:  # noqa: ARG003 -- whatever they say
        """Give the names of the secrets that are needed."""
        return tuple(cls.secrets)

    def __init__(self, settings: DuckDBSettings, secrets: Callable[[str], Secret], folder: Path) -> None:
        del secrets  # a file needs none
        self._file = (folder / expanded(settings.path)).resolve()
        self._memory = settings.memory
        self._state = folder / ".backhaul"

    @classmethod
    def setup_script(cls, names: SetupNames) -> str:  # noqa: ARG003 -- whatever they are
        """Say that there is nothing to set up."""
        return (
            "-- DuckDB has no users: whoever may read the file may read all of it. Backhaul opens it read-only, for each\n"
            "-- action, and reads nothing else. Make the file readable for the user that Backhaul runs as.\n"
        )

    @classmethod
    def verifier_of(cls, password: Secret, user: str) -> str:  # noqa: ARG003 -- there are none
        """Give nothing: there are no passwords."""
        return ""

    def open(self) -> DuckDBSession:
        """Open the file. Raises UnreachableError where it is missing or locked by a writer."""
        import duckdb

        try:
            with OPENING:
                connection = self._connected()
                (locked,) = connection.execute("SELECT current_setting('lock_configuration')").fetchall()[0]
                if not locked:
                    for setting in ("TimeZone = 'UTC'", "errors_as_json = true"):
                        connection.execute(f"SET GLOBAL {setting}")  # for the connections that come later
                        connection.execute(f"SET SESSION {setting}")
                    connection.execute("SET GLOBAL lock_configuration = true")
        except duckdb.Error as error:
            raise explain_open(error, self._file) from error
        return DuckDBSession(connection, where=self._file.name)

    def _connected(self) -> duckdb.DuckDBPyConnection:
        """Return a connection; it has the settings of the sessions that are open on the file, where there are some."""
        import duckdb

        wanted = self._configuration()
        try:
            connection = duckdb.connect(str(self._file), read_only=True, config=wanted)
        except duckdb.ConnectionException:
            in_use = IN_USE.get(self._file, wanted)
            if in_use == wanted:
                raise
            return duckdb.connect(str(self._file), read_only=True, config=in_use)
        IN_USE[self._file] = wanted
        return connection

    def _configuration(self) -> dict[str, str | bool | int | float | list[str]]:
        """Return what this source opens its file with.

        What does not fit into memory spills into the project's own folder, and each process and file has its own
        place there, since DuckDB's spill files have fixed names.
        """
        import hashlib

        spill = ""
        if self._state.is_dir() and not (self._state.is_symlink() or (self._state / "tmp").is_symlink()):
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
        if not self._file.exists():
            error = explain_open(FileNotFoundError("database does not exist"), self._file)
            yield Step(name="file", passed=False, detail=f"{error.message} {self._file}", remedy=error.remedy)
            return
        size = self._file.stat().st_size
        yield Step(
            name="file", passed=True, detail=f"{escape_control_chars(self._file)}, {size:,} bytes", seconds=since(began)
        )
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
            detail=tables_text(len(tables)),
            remedy="" if tables else "The file has no tables yet.",
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


def since(began: float) -> float:
    return time.perf_counter() - began
