"""What the staged rows are to the ledgers, and what the ledgers have that the result has not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.calls.mapper import Mapper
from core.duckdb_helpers import count, digests, fill
from core.ledger import LocalLedger
from core.sync.comparison.stage import judge_rows
from core.sync.comparison.unchanged_filter import UnchangedFilter

if TYPE_CHECKING:
    import duckdb

__all__ = ["judge", "removed"]


def judge(
    connection: duckdb.DuckDBPyConnection,
    ledgers: Sequence[LocalLedger],
    mapper: Mapper,
    sieve: UnchangedFilter | None = None,
    *,
    everything: bool = False,
) -> list[int]:
    """Say of each staged row what it is to each ledger; return how many rows each knows in all.

    Makes the tables `known_0`, `known_1`, … (the ledgers' rows of the staged keys) and `twins` (the keys of staged rows
    of which another row was left behind as unchanged). With `everything`, rows that did not change count as changed.
    """
    known = []
    for position, ledger in enumerate(ledgers):
        known.append(ledger.know(connection, f"known_{position}", "SELECT key FROM stage"))
        judge_rows(connection, position, mapper, everything=everything)
    _find_twins(connection, sieve)
    return known


def removed(
    connection: duckdb.DuckDBPyConnection,
    position: int,
    ledger: LocalLedger,
    mapper: Mapper,
    sieve: UnchangedFilter,
    known: int,
) -> int:
    """Find the rows of a ledger that a whole result no longer has, into `removed_<position>`; give how many.

    `known` is how many rows the ledger has in all. A person who gained a stronger id is not removed.
    """
    import pyarrow as pa

    table = f"removed_{position}"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} (key UUID, fingerprint UUID, number INTEGER)")
    came = sieve.left + count(connection, f"SELECT count(*) FROM known_{position} ANTI JOIN twins USING (key)")
    if came == known:
        return 0
    conditions = ["NOT EXISTS (SELECT 1 FROM stage WHERE stage.key = latest.key)"]
    if (unseen := sieve.unseen(position)) is not None:
        fill(connection, "unseen", dict(zip(("quick", "quick_id"), map(pa.array, unseen), strict=True)))
        conditions.append("(quick IS NULL OR quick_id IS NULL OR (quick, quick_id) IN (FROM unseen))")
    if mapper.weaker:
        # without NULLs: a key is in no list and not in no list that has one
        conditions.append(
            "key NOT IN (SELECT weak FROM (SELECT unnest(weaker) AS weak FROM stage) WHERE weak IS NOT NULL)"
        )
        if (weaker := sieve.weaker_keys()) is not None:
            fill(connection, "weaker_left", {"key": weaker.column("key")})
            conditions.append("key NOT IN (FROM weaker_left)")
    connection.execute(f"""
        INSERT INTO {table} SELECT key, fingerprint, number FROM ({ledger.latest()}) latest WHERE {" AND ".join(conditions)}
    """)
    return count(connection, f"SELECT count(*) FROM {table}")


def _find_twins(connection: duckdb.DuckDBPyConnection, sieve: UnchangedFilter | None) -> None:
    """Make the table `twins`. A row that was left behind is as every ledger has it, so one ledger tells all."""
    import pyarrow as pa

    found = []
    if sieve is not None and sieve.left:
        rows = "SELECT key, quick, quick_id FROM known_0 WHERE quick IS NOT NULL AND quick_id IS NOT NULL"
        for batch in connection.sql(rows).to_arrow_reader(65_536):
            hashes = batch.column("quick").to_numpy(), batch.column("quick_id").to_numpy()
            if (was_left := sieve.was_left(0, hashes)).any():
                found.append(batch.column("key").filter(pa.array(was_left)))
    fill(connection, "twins", {"key": pa.chunked_array(found, pa.uuid()) if found else digests([])})
