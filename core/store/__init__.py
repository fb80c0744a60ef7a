"""The store: runs, deliveries, batches, the ledgers' manifest and rejected rows, in one SQLite file.

SQL lives by name in `queries.sql`, the tables in numbered `migrations/`. The file is in WAL mode with synchronous=FULL:
what a transaction wrote survives a power cut, and consoles read while a run writes.

A store that is damaged, newer than this program, or missing where it was, is an error and never an empty store: a
marker beside it (`store.made`) tells a first start from a lost file.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from core.control_chars import encodable
from core.errors import StateError
from core.own_folder import open_to_read

__all__ = ["Store", "name_of_last_run", "named_query", "sync_folder"]

_HERE = Path(__file__).parent

_BROKEN = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What SQLite raises; the second where the words of its own error are made of damaged bytes."""

_JOURNAL = bytes.fromhex("d9d505f920a163d7")
"""How a journal ends that names another one."""

_SHORT = 2_000
"""For so many milliseconds readers are waited for, where there is another way."""

_RESTORE = (
    "Restore the .backhaul folder from a backup, or move it away to start from scratch: everything is then sent again."
)


class Store:
    """One connection to the store. Use it as a context manager.

    Threads may share it: a transaction keeps the others waiting, so that no statement of theirs falls into it.
    """

    def __init__(self, folder: Path, timeout: float = 30.0, *, empty: bool = False) -> None:
        """Open, or make, `store.sqlite` in `folder`. Raises StateError where it cannot be trusted.

        `timeout` is how many seconds each statement waits while another program writes, before it raises StateError. With `empty` it is
        one in memory, as before anything happened, for whoever only looks: nothing is made.
        """
        self.file = folder / "store.sqlite"
        self.is_in_memory = empty
        self._timeout = timeout
        self._turn = threading.RLock()
        marker = folder / "store.made"
        if marker.exists() and not self.file.exists():
            raise StateError("The state database is missing.", where=str(self.file), remedy=_RESTORE)
        self._was_made = marker.exists()
        if not empty:
            _refuse_super_journal(self.file)
        place = ":memory:" if empty else self.file
        try:
            self._connection = sqlite3.connect(place, isolation_level=None, timeout=timeout, check_same_thread=False)
        except _BROKEN as error:
            raise _explained(error, self.file) from error
        try:
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA trusted_schema = OFF")  # the file may have come with the project
            self._prepare()
        except _BROKEN as error:
            self._give_up()
            raise _explained(error, self.file) from error
        except StateError:
            self._give_up()
            raise
        if not (empty or marker.exists()):
            marker.touch()
            sync_folder(folder)

    def _prepare(self) -> None:
        """Check the file, set what makes writes durable, and bring the tables up to date."""
        connection = self._connection
        fault = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if fault != "ok":
            raise StateError.damaged(fault, where=str(self.file))
        self._check_version()
        self._write_ahead()
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        if self._check_version() < len(_migrations()):
            with self.transaction():
                # looked at again: another process may just have made the tables
                version = self._check_version()
                for number, script in enumerate(_migrations()[version:], version + 1):
                    for statement in _statements(script):
                        connection.execute(statement)
                    connection.execute(f"PRAGMA user_version = {number}")
        if not _known_schema() <= _schema(connection):
            raise StateError.damaged("its tables are not as they were made", where=str(self.file))

    def _give_up(self) -> None:
        """Close after an error. Where SQLite could not open its shared memory (an I/O error), its close deletes the log with
        all that was committed there, unless it has read the log before (measured with 3.40.1): so it reads once more.
        """
        with contextlib.suppress(*_BROKEN):
            self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        self._connection.close()

    def _write_ahead(self) -> None:
        """Switch to WAL. SQLite does not wait by itself here while another process makes the same new store."""
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return

    def _check_version(self) -> int:
        """Return the version of the tables. Raises StateError where they are newer, gone, or not ours."""
        version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if version > len(_migrations()):
            raise StateError(
                f"The store has version {version}; this program knows versions up to {len(_migrations())}.",
                where=str(self.file),
                remedy="Use the newer Backhaul that wrote it.",
            )
        if version == 0 and self._was_made:
            raise StateError(
                "The state database is empty, but it was not before.", where=str(self.file), remedy=_RESTORE
            )
        if version == 0 and self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            if self._connection.execute("PRAGMA user_version").fetchone()[0]:
                return self._check_version()  # another process has made the tables in between
            raise StateError(
                "This file is not a store of Backhaul.",
                where=str(self.file),
                remedy="Move it away; Backhaul then makes its own.",
            )
        return version

    def rows(self, name: str, /, **values: Any) -> list[sqlite3.Row]:
        """Run the query called `name` and return all its rows.

        A text that UTF-8 cannot hold is stored with visible escapes: whatever a destination or a warehouse says can be recorded.
        """
        stored = {key: encodable(value) if isinstance(value, str) else value for key, value in values.items()}
        try:
            with self._turn:
                return self._connection.execute(named_query(name), stored).fetchall()
        except _BROKEN as error:
            raise _explained(error, self.file) from error

    def row(self, name: str, /, **values: Any) -> sqlite3.Row | None:
        """Run the query called `name` and return its first row, if any."""
        return next(iter(self.rows(name, **values)), None)

    def do(self, name: str, /, **values: Any) -> None:
        """Run the statement called `name`; outside a transaction it is one of its own."""
        self.rows(name, **values)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all or nothing of what happens inside; synced to disk when it ends."""
        with self._turn:
            yield from self._all_or_nothing()

    def _all_or_nothing(self) -> Iterator[None]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except _BROKEN as error:
            raise _explained(error, self.file) from error
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:  # SQLite has undone it already where the disk is full
                self._connection.execute("ROLLBACK")
            raise
        try:
            self._connection.execute("COMMIT")
        except _BROKEN as error:
            with contextlib.suppress(*_BROKEN):
                self._connection.execute("ROLLBACK")
            raise _explained(error, self.file) from error

    def shred(self) -> bool:
        """Leave nothing of deleted rows in the files; return whether that was possible (other readers may keep the log)."""
        try:
            with self._turn:
                self._connection.execute("VACUUM")
                self._connection.execute(f"PRAGMA busy_timeout = {_SHORT}")
                busy, *_ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                self._connection.execute(f"PRAGMA busy_timeout = {int(self._timeout * 1000)}")
        except _BROKEN as error:
            raise _explained(error, self.file) from error
        return not busy

    def close(self) -> None:
        """Return the connection back."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def name_of_last_run(folder: Path, sync: str) -> str | None:
    """Return under which name a sync with this id was last run; None where that is not known. Nothing is made or changed."""
    try:
        with contextlib.closing(
            sqlite3.connect(f"{(folder / 'store.sqlite').as_uri()}?mode=ro", uri=True)
        ) as connection:
            found = connection.execute(named_query("name_of_last_run"), {"sync": sync}).fetchone()
    except _BROKEN:
        return None
    return str(found[0]) if found else None


def _explained(error: Exception, file: Path) -> StateError:
    """Translate SQLite's words into ours."""
    text = str(error)
    if "disk is full" in text or "disk I/O error" in text:
        return StateError(
            f"The store could not be written: {text}.",
            where=str(file),
            remedy="Make room on the disk, then run again: nothing is lost, what was not answered is sent again.",
        )
    if "locked" in text:
        return StateError("Another program is using the store.", where=str(file), remedy="Close it, then run again.")
    if "unable to open database file" in text:  # it says nothing of what is in it
        return StateError(
            "The store could not be opened.",
            where=str(file),
            remedy="Look at the owner and the permissions of its folder, and at the limit of open files (`ulimit -n`). Nothing is lost.",
        )
    return StateError(f"The store cannot be read: {text}.", where=str(file), remedy=_RESTORE)


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _statements(script: str) -> Iterator[str]:
    """Split a script into its statements; sqlite3's own executescript would end the transaction it runs in."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _schema(connection: sqlite3.Connection) -> frozenset[tuple[Any, ...]]:
    """Give every column, reference and indexed column. SQLite reads a damaged table as it is, and fails when it is used."""
    found = connection.execute("""
        SELECT m.name, c.name, c.type, c."notnull", c.pk FROM sqlite_schema m JOIN pragma_table_info(m.name) c
        UNION ALL SELECT m.name, f."table", f."from", f."to", NULL FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f
        UNION ALL SELECT m.tbl_name, m.name, i.name, i.seqno, NULL FROM sqlite_schema m JOIN pragma_index_info(m.name) i
    """)
    return frozenset(tuple(row) for row in found)


@cache
def _known_schema() -> frozenset[tuple[Any, ...]]:
    """Return what the migrations make."""
    with contextlib.closing(sqlite3.connect(":memory:")) as empty:
        for script in _migrations():
            empty.executescript(script)
        return _schema(empty)


def _refuse_super_journal(file: Path) -> None:
    """Raise StateError where the store's journal names a journal of several databases: SQLite deletes the file of that name.

    A store is in WAL mode, and no other database is ever attached to it, so such a journal is nobody's but an attacker's.
    https://www.sqlite.org/fileformat.html#the_rollback_journal ; pager_delsuper() in SQLite's pager.c
    """
    journal = file.with_name(f"{file.name}-journal")
    with contextlib.suppress(OSError), open_to_read(journal) as opened:
        opened.seek(-min(len(_JOURNAL), os.fstat(opened.fileno()).st_size), os.SEEK_END)
        if opened.read() == _JOURNAL:
            raise StateError(
                "The store's journal names another file, which SQLite would delete. Backhaul never writes such a journal.",
                where=str(journal),
                remedy="Do not use this state folder: move it away. Ask whoever sent it.",
            )


@cache
def _migrations() -> tuple[str, ...]:
    """Return the migrations in the order of their numbers; they number from 1 without gaps."""
    return tuple(file.read_text("utf-8") for file in sorted((_HERE / "migrations").glob("*.sql")))


def named_query(name: str) -> str:
    """Return the text of the query called `name`."""
    return _queries()[name]


@cache
def _queries() -> dict[str, str]:
    """Read `queries.sql`: a line `-- name: x` begins each query."""
    text = (_HERE / "queries.sql").read_text("utf-8")
    parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))
