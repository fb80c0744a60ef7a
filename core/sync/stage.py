"""The stage: the rows of a query, mapped to calls, fingerprinted and compared with what was acknowledged, in one pass.

Arrow batches go from the driver straight into DuckDB; no Python object per row. For each row the temporary table `stage`
holds its key and fingerprint; the call itself only where some destination has another one, or none. For each
destination, by position, `state_0`, `state_1`, … say what the row is to it.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.calls import canonical
from core.calls.mapper import Mapper
from core.errors import BackhaulError, CancelledError
from core.warehouses.base import Result

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["ADDED", "CHANGED", "FAULTY", "REPEATED", "UNCHANGED", "Progress", "scratch", "stage_rows", "staged_reader"]

UNCHANGED, ADDED, CHANGED, FAULTY, REPEATED = range(5)
"""What a row is to a destination. REPEATED: an event whose messageId was acknowledged with another content."""

MEMORY_LIMIT = "400MB"
"""What DuckDB may keep in memory; beyond it spills into `.backhaul/tmp` (FACTS: 5 million rows in 620 MB in all)."""


@dataclass(slots=True)
class Progress:
    """How many rows have come so far; read from another thread. `stop` ends the pass at its next batch.

    `error` is what went wrong in the source, which DuckDB would hide behind an error of its own.
    """

    rows: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    error: BackhaulError | None = None


@contextlib.contextmanager
def scratch(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB for one run, with the canonical form; it spills into `folder`, which is removed afterwards."""
    import duckdb

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    connection = duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": str(folder),
            "arrow_lossless_conversion": "true",
            "autoinstall_known_extensions": "false",
            # the ledger is the build side, always: its size is known, the stream's is not
            "disabled_optimizers": "join_order,build_side_probe_side",
        }
    )
    try:
        canonical.install(connection)
        yield connection
    except duckdb.OutOfMemoryException as error:
        raise BackhaulError(
            "There is not enough room to compare the rows.",
            remedy=f"Make room on the disk that holds {folder}, then run again.",
        ) from error
    finally:
        connection.close()
        shutil.rmtree(folder, ignore_errors=True)


def staged_reader(result: Result, progress: Progress, *, most: int | None = None) -> pa.RecordBatchReader:
    """Give the result's batches under the names c0, c1, …, counted; raises BackhaulError beyond `most` rows."""
    import pyarrow as pa

    fields = [item.with_name(f"c{position}") for position, item in enumerate(result.batches.schema)]
    schema = pa.schema([item.remove_metadata() for item in fields])

    def counted() -> Iterator[pa.RecordBatch]:
        for batch in result.batches:
            if progress.stop.is_set():
                raise CancelledError("The query was stopped.")
            progress.rows += batch.num_rows
            if most is not None and progress.rows > most:
                raise BackhaulError(
                    f"The query returns more than {most:,} rows, which is the destination's limit.",
                    remedy="Limit the query with {{last_sync_time}}, or raise [limits] rows in the destination's file.",
                )
            yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            yield from counted()
        except BackhaulError as error:
            progress.error = error
            raise

    return pa.RecordBatchReader.from_batches(schema, batches())


def stage_rows(
    connection: duckdb.DuckDBPyConnection,
    reader: pa.RecordBatchReader,
    progress: Progress,
    mapper: Mapper,
    known: Sequence[str],
    *,
    everything: bool = False,
    weaker: bool = False,
) -> None:
    """Fill the table `stage` from `reader`, compared with the tables `known` (one a destination).

    With `everything`, rows that did not change count as changed (a full refresh). With `weaker`, `weaker` holds the keys
    that the row may have had before (needed to tell removals).
    """
    states = [
        _state(f"k{position}", mapper, everything=everything) + f" AS state_{position}"
        for position in range(len(known))
    ]
    joins = " ".join(
        f"LEFT JOIN {table} k{position} ON k{position}.key = keyed.key" for position, table in enumerate(known)
    )
    asked = " OR ".join(f"state_{position} <> {UNCHANGED}" for position in range(len(known))) or "true"
    weaker_keys = ", ".join(f"fingerprint_of({identity})" for identity in mapper.weaker) if weaker else ""
    import duckdb

    connection.register("incoming", reader)
    try:
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE stage AS
            WITH mapped AS (
                SELECT *, {mapper.id_fault} AS id_fault, {mapper.fault} AS fault, {mapper.identity} AS identity,
                    {mapper.message_id} AS message_id
                FROM incoming
            ), called AS (
                SELECT id_fault, fault, identity, message_id,
                    CASE WHEN id_fault IS NULL AND fault IS NULL THEN {mapper.call} END AS call,
                    CASE WHEN id_fault IS NOT NULL OR fault IS NOT NULL THEN {mapper.row} END AS row,
                    [{weaker_keys}]::UUID[] AS weaker
                FROM mapped
            ), keyed AS (
                SELECT *, fingerprint_of(call) AS fingerprint,
                    fingerprint_of(coalesce(identity, call, row)) AS key
                FROM called
            ), compared AS (
                SELECT keyed.*{"".join(", " + state for state in states)}
                FROM keyed {joins}
            )
            SELECT * REPLACE (CASE WHEN {asked} THEN call END AS call)
            FROM compared
        """)
    except duckdb.Error as error:
        if progress.error is not None:
            raise progress.error from error
        raise
    finally:
        connection.unregister("incoming")


def _state(known: str, mapper: Mapper, *, everything: bool) -> str:
    """Give the SQL that says what a row is to one destination."""
    same = CHANGED if everything else UNCHANGED
    if mapper.keeps_payload:
        other = f"WHEN {known}.fingerprint IS DISTINCT FROM keyed.fingerprint THEN {CHANGED}"
    else:
        other = f"WHEN keyed.identity IS NOT NULL AND {known}.fingerprint IS DISTINCT FROM keyed.fingerprint THEN {REPEATED}"
    return (
        f"CASE WHEN keyed.call IS NULL THEN {FAULTY} WHEN {known}.key IS NULL THEN {ADDED} {other} ELSE {same} END"
        "::UTINYINT"
    )
