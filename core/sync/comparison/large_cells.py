"""Cells that are too large for any call: taken out of the rows as they come, so that the rows are rejected by name and the others go.

DuckDB works on 2,048 rows at a time, so rows of a megabyte would need gigabytes: batches are handed on in slices of a few megabytes,
and the memory that a run may use grows with the largest row that it has met (`memory_for`), up to half of what the machine has free.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.control_chars import escape_control_chars

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["OVERSIZED", "CellLimit", "memory_for", "slices"]

OVERSIZED = "oversized"
"""The name of the column that says why a row has a cell that is too large; NULL where it has none."""

_SLICE = 4_000_000
_COPIES = 8
_VECTOR = 2_048
_ORDINARY = 16_000
"""Rows up to so many bytes fit into the usual memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellLimit:
    """The most bytes that a text or a blob may have, and the names of the query's columns."""

    most: int
    names: tuple[str, ...]

    def schema(self, schema: pa.Schema) -> pa.Schema:
        """Return the schema with the column `oversized` behind the others."""
        import pyarrow as pa

        return schema.append(pa.field(OVERSIZED, pa.string()))

    def apply(self, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
        """Return the batch with that column; a cell that is too large becomes a short text that says so."""
        import pyarrow as pa
        import pyarrow.compute as pc

        arrays = list(batch.columns)
        reasons = pa.nulls(batch.num_rows, pa.string())
        for position, array in enumerate(arrays if batch.nbytes > self.most else []):
            if not _has_bytes(array.type):
                continue
            sizes = pc.binary_length(array)
            if (pc.max(sizes).as_py() or 0) <= self.most:
                continue
            over = pc.fill_null(pc.greater(sizes, self.most), fill_value=False)
            name = escape_control_chars(self.names[position], most=100)
            told = [
                f'"{name}" is {size:,} bytes; a call may have {self.most // 2:,}' if is_over else None
                for size, is_over in zip(sizes.to_pylist(), over.to_pylist(), strict=True)
            ]
            texts = pa.array(told, pa.string())
            marks = (
                texts.cast(pa.binary()).cast(array.type) if pa.types.is_binary(array.type) else texts.cast(array.type)
            )
            arrays[position] = pc.if_else(over, marks, array)
            reasons = pc.coalesce(reasons, texts)
        return pa.RecordBatch.from_arrays([*arrays, reasons], schema=schema)


def slices(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Yield a batch in parts of a few megabytes each, or as it is."""
    rows = max(1, int(batch.num_rows * _SLICE / max(1, batch.nbytes)))
    if batch.nbytes <= _SLICE or rows >= batch.num_rows or batch.nbytes / batch.num_rows < _ORDINARY:
        yield batch
        return
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)


def memory_for(largest: int, usual: int) -> int:
    """Return how many bytes DuckDB may use where the largest row has so many; `usual` is what it uses otherwise."""
    if largest <= _ORDINARY:
        return usual
    return max(usual, min(usual + largest * _VECTOR * _COPIES, _available() // 2))


def _available() -> int:
    """Return how many bytes of memory are free on this machine; 0 where that cannot be known."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return 0


def _has_bytes(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )
