"""Pairs of hashes as arrays, straight from Parquet or from DuckDB: those of rows, and of keys.

What an index is made of has an end: behind its rows one that is none, with the highest `quick`. There is room for it from
the beginning, so that ten million rows are not copied for its sake.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from core.ledger.index import Hashes

__all__ = ["fetched", "hashes_of_keys", "sorted_hashes", "sorted_keys", "with_end"]


def fetched(connection: duckdb.DuckDBPyConnection, query: str) -> Hashes:
    """Run a query for (quick, quick_id), none of them NULL."""
    found = connection.execute(query).fetchnumpy()
    return found["quick"], found["quick_id"]


def with_end(hashes: Hashes) -> Hashes:
    """Return hashes with an end."""
    import numpy as np

    quick, quick_id = hashes
    return _ended(np.append(quick, np.uint64(0)), np.append(quick_id, np.uint32(0)), len(quick))


def sorted_hashes(file: Path) -> Hashes:
    """Read those of a keys file, with an end. It has them in order, those without a hash last; one of an older Backhaul has none."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as source:
        if "quick_id" not in source.schema_arrow.names:
            return _ended(*_empty(1), 0)
        quick, quick_id = _empty(source.metadata.num_rows + 1)
        rows = 0
        for group in range(source.num_row_groups):
            part = source.read_row_group(group, columns=["quick", "quick_id"])
            if any(column.null_count for column in part.columns):
                part = part.drop_null()
            quick[rows : rows + len(part)] = part.column(0).to_numpy()
            quick_id[rows : rows + len(part)] = part.column(1).to_numpy()
            rows += len(part)
    return _ended(quick, quick_id, rows)


def sorted_keys(connection: duckdb.DuckDBPyConnection, table: str, rows: int) -> Hashes:
    """Read the column `key` of a table (or of SQL in parentheses) that has so many rows as hashes, sorted, with an end."""
    connection.execute("SET arrow_lossless_conversion = true")  # else UUIDs come as text
    quick, quick_id = _empty(rows + 1)
    read = 0
    for batch in connection.sql(f"SELECT key FROM {table} ORDER BY key").to_arrow_reader(65_536):
        first, second = hashes_of_keys(batch.column(0))
        quick[read : read + len(first)], quick_id[read : read + len(first)] = first, second
        read += len(first)
    return _ended(quick, quick_id, read)


def hashes_of_keys(keys: pa.Array) -> Hashes:
    """Return the first 64 and the last 32 bits of keys (UUIDs, digests themselves). Sorted keys have the first in order."""
    import numpy as np

    stored = keys.storage
    digests = np.frombuffer(stored.buffers()[1], np.uint8)[stored.offset * 16 : (stored.offset + len(keys)) * 16]
    both = digests.reshape(-1, 16)
    quick = np.ascontiguousarray(both[:, :8]).view(">u8").ravel().astype(np.uint64)
    return quick, np.ascontiguousarray(both[:, 12:]).view(">u4").ravel().astype(np.uint32)


def _empty(rows: int) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    import numpy as np

    return np.empty(rows, np.uint64), np.empty(rows, np.uint32)


def _ended(quick: NDArray[np.uint64], quick_id: NDArray[np.uint32], rows: int) -> Hashes:
    quick[rows], quick_id[rows] = 2**64 - 1, 0
    return quick[: rows + 1], quick_id[: rows + 1]
