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
from core.embedded import quoted
from core.errors import BackhaulError, CancelledError, StateError
from core.warehouses.base import Result

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["ADDED", "CHANGED", "FAULTY", "REPEATED", "UNCHANGED", "Progress", "scratch", "stage_rows", "staged_reader"]

UNCHANGED, ADDED, CHANGED, FAULTY, REPEATED = range(5)
"""What a row is to a destination. REPEATED: an event whose messageId was acknowledged with another content."""

MEMORY_LIMIT = "250MB"
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
def scratch(folder: Path, *, ordered: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB for one run, with the canonical form; it spills into `folder`, which is removed afterwards.

    `ordered` keeps the rows in the order in which they came (a preview); without it both cores map them (measured: 2.5
    against 3.8 seconds for a million rows).
    """
    import duckdb

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    connection = duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": str(folder),
            "arrow_lossless_conversion": "true",
            "preserve_insertion_order": str(ordered).lower(),
            "autoinstall_known_extensions": "false",
            # the ledger is the build side, always: its size is known, the stream's is not
            "disabled_optimizers": "join_order,build_side_probe_side",
        }
    )
    try:
        canonical.install(connection)
        yield connection
    except duckdb.InterruptException as error:
        raise CancelledError("It was stopped.") from error
    except duckdb.OutOfMemoryException as error:
        raise BackhaulError(
            "There is not enough room to compare the rows.",
            remedy=f"Make room on the disk that holds {folder}, then run again.",
        ) from error
    except duckdb.IOException as error:
        reason = "no space left on the disk" if "No space" in str(error) else type(error).__name__
        raise StateError.unwritable("The scratch files of the comparison", str(folder), reason) from error
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
        except Exception:  # a reader hides the source's error behind one of Arrow's; the result still knows it
            progress.error = result.failure()
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
    import duckdb

    # events are known by their whole call, so it has to be there before they can be looked up
    rows = (
        _looked_up_first(connection, mapper, reader.schema, known, everything)
        if mapper.keeps_payload
        else _called_first(mapper, known)
    )
    states = ", ".join(f"{_state(position, mapper, everything)} AS state_{position}" for position in range(len(known)))
    asked = " OR ".join(f"state_{position} <> {UNCHANGED}" for position in range(len(known))) or "true"
    weaker_keys = ", ".join(f"fingerprint_of({identity})" for identity in mapper.weaker) if weaker else ""
    connection.register("incoming", reader)
    try:
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE stage AS
            WITH mapped AS (
                SELECT *, {mapper.id_fault} AS id_fault, {mapper.identity} AS identity, {mapper.message_id} AS message_id,
                    [{weaker_keys}]::UUID[] AS weaker
                FROM incoming
            ), {rows}
            , compared AS (SELECT * {", " + states if states else ""} FROM settled)
            SELECT key, fingerprint, quick, identity, message_id, id_fault, fault, row, weaker,
                CASE WHEN {asked} THEN call END AS call,
                {", ".join(f"state_{position}" for position in range(len(known))) or "1 AS no_state"}
            FROM compared
        """)
    except duckdb.Error as error:
        if progress.error is not None:
            raise progress.error from error
        raise
    finally:
        connection.unregister("incoming")


def _called(mapper: Mapper, source: str, skip: str) -> str:
    """Give SQL for fault, call and row of a mapped row, unless `skip` says that none of them is needed."""
    return f"""
        SELECT *, CASE WHEN id_fault IS NULL AND fault IS NULL AND NOT {skip} THEN {mapper.call} END AS call,
            CASE WHEN id_fault IS NOT NULL OR fault IS NOT NULL THEN {mapper.row} END AS row
        FROM (SELECT *, CASE WHEN NOT {skip} THEN {mapper.fault} END AS fault FROM {source})
    """


def _looked_up_first(
    connection: duckdb.DuckDBPyConnection, mapper: Mapper, schema: pa.Schema, known: Sequence[str], everything: bool
) -> str:
    """Look rows up by their identity, and build the call only of those whose columns hash to something else.

    The hash is DuckDB's own, over all columns and what maps them, so another version of either finds no row the same and
    falls back to the fingerprint, which alone is the truth. It saves the JSON of unchanged rows: most of the work.

    DuckDB hashes a decimal's digits without its scale (1.50 and 0.150 are one), so the types are among what is hashed.
    """
    version = connection.execute("SELECT version()").fetchall()[0][0]
    types = " ".join(str(kind) for kind in schema.types)
    columns = ", ".join(["hash_of", *(f"c{position}" for position in range(len(schema)))])
    looked = ", ".join(
        f"k{position}.fingerprint AS known_{position}, k{position}.key IS NOT NULL AS is_known_{position}, "
        f"coalesce(k{position}.quick = keyed.quick, false) AS same_{position}"
        for position in range(len(known))
    )
    joins = " ".join(
        f"LEFT JOIN {table} k{position} ON k{position}.key = keyed.key" for position, table in enumerate(known)
    )
    same = " AND ".join(f"same_{position}" for position in range(len(known)))
    skip = f"({same})" if same and not everything else "false"
    fingerprint = f"CASE WHEN {skip} THEN known_0 ELSE fingerprint_of(call) END" if same else "fingerprint_of(call)"
    return f"""
        keyed AS (
            SELECT *, fingerprint_of(identity) AS id_key, fingerprint_of(identity) AS key, hash({columns}) AS quick
            FROM (SELECT *, {quoted(f"{version} {mapper.digest} {types}")} AS hash_of FROM mapped)
        ), looked_up AS (
            SELECT keyed.* {", " + looked if looked else ""} FROM keyed {joins}
        ), called AS ({_called(mapper, "looked_up", skip)}
        ), settled AS (
            SELECT * REPLACE (coalesce(id_key, fingerprint_of(coalesce(call, row))) AS key), {fingerprint} AS fingerprint
            FROM called
        )
    """


def _called_first(mapper: Mapper, known: Sequence[str]) -> str:
    """Build every call, then look it up."""
    looked = ", ".join(
        f"k{position}.fingerprint AS known_{position}, k{position}.key IS NOT NULL AS is_known_{position}"
        for position in range(len(known))
    )
    joins = " ".join(
        f"LEFT JOIN {table} k{position} ON k{position}.key = keyed.key" for position, table in enumerate(known)
    )
    return f"""
        called AS ({_called(mapper, "mapped", "false")}
        ), keyed AS (
            SELECT *, NULL::UBIGINT AS quick, fingerprint_of(call) AS fingerprint,
                fingerprint_of(coalesce(identity, call, row)) AS key
            FROM called
        ), settled AS (
            SELECT keyed.* {", " + looked if looked else ""} FROM keyed {joins}
        )
    """


def _state(position: int, mapper: Mapper, everything: bool) -> str:
    """Give the SQL that says what a row is to one destination."""
    same = CHANGED if everything else UNCHANGED
    differs = f"known_{position} IS DISTINCT FROM fingerprint"
    other = (
        f"WHEN {differs} THEN {CHANGED}"
        if mapper.keeps_payload
        else f"WHEN identity IS NOT NULL AND {differs} THEN {REPEATED}"
    )
    return (
        f"CASE WHEN id_fault IS NOT NULL OR fault IS NOT NULL THEN {FAULTY} WHEN NOT is_known_{position} THEN {ADDED} "
        f"{other} ELSE {same} END::UTINYINT"
    )
