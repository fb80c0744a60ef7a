"""What every warehouse offers: the one protocol that the engine, `check`, lint and the console know.

A `Warehouse` is made from settings and secrets and does nothing until asked. It opens `Session`s: each is one
connection, one read-only transaction (where the warehouse has them) and one thread at a time, but `cancel()` may come
from any thread. Sessions block: they run in threads, never in an event loop. Drivers are imported when first used.

Rows travel as Arrow record batches. `stream` gives a `Result` whose batches all have the schema that its columns
announce: a driver that varies the width from batch to batch is cast here, and a type that a driver bends is cast to
text in an outer select by a tested list, or refused, never passed on as it comes. Arrow fields are named c0, c1, ...,
because names may repeat or differ in case only; `columns` holds the query's own. How `Kind`s travel in Arrow:

    BOOLEAN bool · INTEGER int8…uint64, or decimal128 without a scale · DECIMAL decimal128/256, or text holding a number · FLOAT float32/64
    TEXT string · BYTES binary · DATE date32 · TIME time64[us], or text · TIMESTAMP timestamp (no zone)
    INSTANT timestamp[UTC] · JSON string holding JSON · NESTED list, struct or map of these

Not-a-number and infinity of a DECIMAL travel as the warehouse writes them (NaN, -Infinity). An infinite DATE, TIMESTAMP or INSTANT, or
one that Arrow cannot hold, travels as the largest integer of its type or minus that: DuckDB reads these as infinity,
while other values out of its range make it fail as a whole. Filter rows one are for the engine to reject.

A JSON value that the warehouse cannot write travels as UNWRITABLE and the reason, which is no JSON: the engine rejects its row for it.

Foreign exceptions become ours in `explain`, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, runtime_checkable

from core.control_chars import escape_control_chars
from core.errors import UsageError, WarehouseError
from core.model import Bill, Column, Estimate, Secret, Step, Table

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["UNWRITABLE", "Result", "Session", "SetupNames", "Warehouse", "ZonedWarehouse"]

UNWRITABLE = "!"
"""What a JSON value begins with that says why it cannot be written; `json_fault` (core/calls/canonical.sql) knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The rows of a query: its columns, and a reader of Arrow batches with one schema, column by column in order."""

    columns: tuple[Column, ...]
    batches: pa.RecordBatchReader
    failure: Callable[[], WarehouseError | None] = lambda: None
    """Gives the error that ended `batches`, or None: DuckDB, handed a reader, passes on no more than an error's text."""
    bill: Callable[[], Bill | None] = lambda: None
    """Gives what the query has cost, once its first batch was read; None before, and where the warehouse does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupNames:
    """The names that a set-up script uses; where one is empty, the type has its own.

    `verifier` is what the server keeps instead of a password (it cannot be turned back into one); `public_key` the body
    of a PEM, in one line. A name with characters that are not seen raises UsageError. `ledger` asks for a schema of our own that may be written (DESIGN: the ledger in the warehouse).
    """

    user: str = "backhaul"
    role: str = "backhaul"
    warehouse: str = ""
    project: str = ""
    database: str = ""
    schemas: tuple[str, ...] = ()
    verifier: str = ""
    public_key: str = ""
    ledger: bool = False

    def __post_init__(self) -> None:
        for name in (self.user, self.role, self.warehouse, self.project, self.database, *self.schemas, self.public_key):
            if (
                escape_control_chars(name) != name
            ):  # a line break ends a comment, and psql's own commands: what follows would be run
                raise UsageError(
                    f"{name!r} is no name for a set-up script: it has a line break, or another character that is not seen.",
                    remedy="Write the name as the warehouse shows it.",
                )


class Session(Protocol):
    """One connection. Close it, or use it as a context manager. All methods raise errors of ours only."""

    def describe(self, sql: str) -> tuple[Column, ...]:
        """Give the output columns of a rendered query without running it. Raises QueryFailedError with the place."""
        ...

    def estimate(self, sql: str) -> Estimate | None:
        """Say what a rendered query will read and cost, without running it or paying for it.

        None where the warehouse does not tell: it is paid by time, or not at all. A planner's cost units are no money.
        """
        ...

    def catalogue(self) -> tuple[Table, ...]:
        """Give the tables and views that this user can read, with their columns; system schemas left out."""
        ...

    def preview(self, sql: str, *, limit: int) -> Result:
        """Run the query for its first `limit` rows (a Result of at most that many)."""
        ...

    def clock(self) -> int:
        """Give the warehouse's time in whole Unix seconds, in the transaction that `stream` then runs in."""
        ...

    def stream(self, sql: str) -> Result:
        """Run a rendered query; its rows arrive while they are read, in bounded memory."""
        ...

    def cancel(self) -> None:
        """Stop what is running, from any thread; the one that waits gets CancelledError within two seconds.

        The session is then of no more use: what comes after raises CancelledError too, so that a cancellation that
        falls between two statements is not lost.
        """
        ...

    def close(self) -> None:
        """Give the connection back. What still runs is cancelled."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


class Warehouse(Protocol):
    """A plug-in: one type of warehouse."""

    dialect: ClassVar[str]
    """The SQL dialect as sqlglot and core.query name it."""

    Settings: ClassVar[type[Any]]
    """A frozen, keyword-only dataclass: the keys of sources/<name>.toml with their defaults; never a secret."""

    secrets: ClassVar[Mapping[str, str]]
    """The secrets that this type may need: name -> what a person calls it ('password': 'the password of the user')."""

    where_to_find: ClassVar[Mapping[str, str]]
    """Where the value of a setting, or of a secret, is found: for whoever enters it."""

    @classmethod
    def needs(cls, settings: Any) -> tuple[str, ...]:
        """Give the names of the secrets that are needed with these settings."""
        ...

    def __init__(self, settings: Any, secrets: Callable[[str], Secret], folder: Path) -> None:
        """Keep what is needed; connect to nothing. `secrets(name)` raises SecretError; `folder` is the project's."""

    @classmethod
    def setup_script(cls, names: SetupNames) -> str:
        """Give the statements that make a user with the least that is needed; an administrator runs them."""
        ...

    @classmethod
    def verifier_of(cls, password: Secret, user: str) -> str:
        """Give what the server keeps instead of a password, for the script; nothing where it takes none."""
        ...

    def open(self) -> Session:
        """Connect. Raises LoginError, UnreachableError or WarehouseError."""
        ...

    def steps(self) -> Iterator[Step]:
        """Test the connection step by step: name, network, TLS, login, role, privileges, read-only, clock.

        Steps that do not apply here are left out. The first that fails is the last one given.
        """
        ...

    def explain(self, error: Exception) -> WarehouseError:
        """Translate a driver's error into ours: what happened, where, what to do. Never holds a secret."""
        ...


@runtime_checkable
class ZonedWarehouse(Protocol):
    """A warehouse that writes timestamps without zone by itself, inside other values, so that it must know what they mean."""

    def in_timezone(self, timezone: str) -> Self:
        """Return the same warehouse, to which a timestamp without zone is one of this zone; it is UTC else."""
        ...
