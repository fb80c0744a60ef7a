"""The stage: the rows of a query, mapped to calls and fingerprinted, and compared with what was acknowledged.

Arrow batches go from the driver straight into DuckDB; no Python object per row. Rows that surely did not change are left
behind before (core.sync.comparison.unchanged_filter). Of each other row the temporary table `stage` holds key, fingerprint and call. For each
destination, by position, `state_0`, `state_1`, … say what the row is to it.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.calls import canonical
from core.calls.mapper import Mapper
from core.errors import BackhaulError, CancelledError, StateError, WarehouseError
from core.model import Limits
from core.sync.comparison.large_cells import OVERSIZED, CellLimit, memory_for, slices
from core.sync.comparison.prefetch import read_ahead
from core.sync.comparison.row_hashes import hashes_sql
from core.sync.comparison.unchanged_filter import UnchangedFilter
from core.warehouses.base import Result

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = [
    "ADDED",
    "CHANGED",
    "FAULTY",
    "REPEATED",
    "UNCHANGED",
    "Progress",
    "judge_rows",
    "largest_call",
    "scratch",
    "stage_rows",
    "staged_reader",
]

UNCHANGED, ADDED, CHANGED, FAULTY, REPEATED = range(5)
"""What a row is to a destination. REPEATED: an event whose messageId was acknowledged with another content."""

MEMORY_LIMIT = 190_000_000
"""What DuckDB may keep in memory; beyond it spills into `.backhaul/tmp`. A run takes 350 MB besides."""


_WITHOUT_DESTINATION = 1_000_000
"""How many bytes a call may have where there is no destination to ask."""


@dataclass(slots=True)
class Progress:
    """How many rows have come so far; read from another thread. `stop` ends the pass at its next batch.

    `error` is what went wrong in the source, which DuckDB would hide behind an error of its own. `reading` is what reads it.
    `largest` is about how many bytes the largest row has.
    """

    rows: int = 0
    largest: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    error: BackhaulError | None = None
    reading: Generator[pa.RecordBatch] | None = None


@contextlib.contextmanager
def scratch(folder: Path, *, ordered: bool = False) -> Generator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB for one run, with the canonical form; it spills into `folder`, which is removed afterwards.

    `ordered` keeps the rows in the order in which they came (a preview); without it both cores map them (measured: 2.5
    against 3.8 seconds for a million rows).
    """
    import duckdb

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _explained(folder):
        connection = duckdb.connect(
            config={
                "memory_limit": f"{MEMORY_LIMIT}B",
                "temp_directory": str(folder),
                "arrow_lossless_conversion": "true",
                "preserve_insertion_order": str(ordered).lower(),
                "autoinstall_known_extensions": "false",
                # what is on the right is the build side, always: the ledger's files are read, and not held
                "disabled_optimizers": "join_order,build_side_probe_side",
            }
        )
    try:
        with _explained(folder):
            # it is for those who type Python, and `python -c` counts as such
            connection.execute("SET enable_progress_bar = false")
            canonical.install(connection)
            yield connection
    finally:
        connection.close()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _explained(folder: Path) -> Generator[None]:
    """Translate what a DuckDB that spills into `folder` raises."""
    import duckdb

    try:
        yield
    except duckdb.InterruptException as error:
        raise CancelledError("It was stopped.") from error
    except duckdb.OutOfMemoryException as error:
        if "max_temp_directory_size" in str(error):
            raise StateError.unwritable("The scratch files of the comparison", str(folder), "no space left") from error
        raise BackhaulError(
            "There is not enough memory to compare the rows: a few thousand of the largest do not fit into half of what is free.",
            remedy="Select fewer or smaller columns, or run it on a machine with more memory.",
        ) from error
    except duckdb.IOException as error:
        reason = "no space left on the disk" if "No space" in str(error) else type(error).__name__
        raise StateError.unwritable("The scratch files of the comparison", str(folder), reason) from error


def staged_reader(
    result: Result,
    progress: Progress,
    *,
    call_bytes: int,
    most: int | None = None,
    sieve: UnchangedFilter | None = None,
) -> pa.RecordBatchReader:
    """Return the result's batches under the names c0, c1, …, counted; raises BackhaulError beyond `most` rows.

    The next ones are fetched meanwhile. With a `sieve`, only what it lets pass is given. A cell that is twice as large as a call may be
    (`call_bytes`) is taken out of its row, and the column `oversized` says so.
    """
    import pyarrow as pa

    fields = [item.with_name(f"c{position}") for position, item in enumerate(result.batches.schema)]
    plain = pa.schema([item.remove_metadata() for item in fields])
    cells = CellLimit(most=2 * call_bytes, names=tuple(column.name for column in result.columns))
    schema = cells.schema(plain)

    def counted(batches: Iterator[pa.RecordBatch]) -> Generator[pa.RecordBatch]:
        for batch in batches:
            if progress.stop.is_set():
                raise CancelledError("The query was stopped.")
            progress.rows += batch.num_rows
            if most is not None and progress.rows > most:
                raise BackhaulError(
                    f"The query returns more than {most:,} rows, which is the destination's limit.",
                    remedy="Limit the query with {{last_sync_time}}, or raise [limits] rows in the destination's file.",
                )
            small = cells.apply(pa.RecordBatch.from_arrays(batch.columns, schema=plain), schema)
            for part in slices(small):
                progress.largest = max(progress.largest, part.nbytes // max(1, part.num_rows))
                yield part

    def batches() -> Generator[pa.RecordBatch]:
        try:
            with read_ahead(result.batches) as ahead:
                yield from _sifted(counted(ahead), schema, sieve)
        except BackhaulError as error:
            progress.error = error
            raise
        except Exception:  # a reader hides the source's error behind one of Arrow's; the result still knows it
            progress.error = result.failure()
            raise

    progress.reading = batches()
    return pa.RecordBatchReader.from_batches(schema, progress.reading)


def largest_call(limits: Iterable[Limits]) -> int:
    """Return how many bytes a call may have at the most, at whatever destination."""
    return max((each.call_bytes for each in limits), default=_WITHOUT_DESTINATION)


def _sifted(
    batches: Iterator[pa.RecordBatch], schema: pa.Schema, sieve: UnchangedFilter | None
) -> Generator[pa.RecordBatch]:
    """Yield the rows that pass the sieve, where there is one. It is prepared while the first batch is on its way."""
    if sieve is not None:
        with _explained(sieve.folder):
            sieve.prepare(schema)
    for batch in batches:
        passed = batch
        if sieve is not None:
            with _explained(sieve.folder):
                passed = sieve.sift(batch)
        if passed.num_rows:
            yield passed


def stage_rows(
    connection: duckdb.DuckDBPyConnection,
    reader: pa.RecordBatchReader,
    progress: Progress,
    mapper: Mapper,
    destinations: int,
    *,
    weaker: bool = False,
    ordered: bool = False,
) -> None:
    """Fill the table `stage` from `reader`: to each of so many `destinations` a row is ADDED, or FAULTY.

    With `weaker`, that column holds the keys that the row may have had before (needed to tell removals).
    With `ordered`, the stage's rowids, and what is read by them, are in the order of the rows (see `scratch`).
    """
    import duckdb

    is_faulty = "id_fault IS NOT NULL OR fault IS NOT NULL"
    states = "".join(
        f", (CASE WHEN {is_faulty} THEN {FAULTY} ELSE {ADDED} END)::UTINYINT AS state_{position}"
        for position in range(destinations)
    )
    weaker_keys = ", ".join(f"fingerprint_of({identity})" for identity in mapper.weaker) if weaker else ""
    if ordered:
        connection.execute("SET preserve_insertion_order = true")
    connection.register("incoming", reader)
    try:
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE stage AS
            WITH mapped AS (
                SELECT *, {mapper.id_fault} AS id_fault, coalesce({OVERSIZED}, {mapper.fault}) AS fault, {mapper.identity} AS identity,
                    {mapper.message_id} AS message_id, [{weaker_keys}]::UUID[] AS weaker,
                    {hashes_sql(mapper, reader.schema)}
                FROM ({mapper.prepared("incoming")})
            ), called AS (
                SELECT *, CASE WHEN NOT ({is_faulty}) THEN {mapper.call} END AS call,
                    CASE WHEN {is_faulty} THEN {mapper.row} END AS row
                FROM mapped
            )
            SELECT fingerprint_of(coalesce(identity, call, row)) AS key, fingerprint_of(call) AS fingerprint,
                quick, quick_id, identity, message_id, id_fault, fault, row, weaker, call{states}
            FROM called
        """)
    except duckdb.Error as error:
        if progress.error is not None:
            raise progress.error from error
        if isinstance(error, duckdb.FatalException) or "nvalid unicode" in str(error):
            raise WarehouseError(
                "The warehouse gave text that is not UTF-8, so no row of this result can be read.",
                remedy="Cast the column to bytes, or repair its values: the database may have the encoding SQL_ASCII.",
            ) from error
        raise
    finally:
        with contextlib.suppress(duckdb.FatalException):  # after one, the connection does nothing more
            connection.unregister("incoming")
        if progress.reading is not None:
            progress.reading.close()  # the thread that reads ahead has ended before the source is closed
    connection.execute(f"SET memory_limit = '{memory_for(progress.largest, MEMORY_LIMIT)}B'")


def judge_rows(
    connection: duckdb.DuckDBPyConnection, position: int, mapper: Mapper, *, everything: bool = False
) -> None:
    """Say of the staged rows what they are beside `known_<position>`, the rows of that destination's ledger by key.

    With `everything`, rows that did not change count as changed (a full refresh).
    """
    same = CHANGED if everything else UNCHANGED
    differs = "known.fingerprint IS DISTINCT FROM stage.fingerprint"
    other = (
        f"{differs} THEN {CHANGED}" if mapper.keeps_payload else f"identity IS NOT NULL AND {differs} THEN {REPEATED}"
    )
    connection.execute(f"""
        UPDATE stage SET state_{position} = CASE WHEN {other} ELSE {same} END
        FROM known_{position} known WHERE known.key = stage.key AND state_{position} = {ADDED}
    """)
