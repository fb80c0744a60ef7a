"""Values of Arrow as Python's own, to be looked at: what Python cannot hold (an infinite date, one before Christ) is text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["python_rows", "python_values"]


def python_values(column: pa.ChunkedArray | pa.Array) -> list[Any]:
    """Return the values of a column; where Python cannot hold one of them, all are the texts that DuckDB shows."""
    import pyarrow as pa

    try:
        return list(column.to_pylist())
    except (OverflowError, ValueError, RecursionError, pa.ArrowException):
        return [_value(column.slice(place, 1)) for place in range(len(column))]


def python_rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    """Yield the rows of a batch by the names of their columns."""
    columns = [python_values(column) for column in batch.columns]
    for values in zip(*columns, strict=True):
        yield dict(zip(batch.schema.names, values, strict=True))


def _value(one: pa.ChunkedArray | pa.Array) -> Any:
    """Return a single value."""
    import duckdb
    import pyarrow as pa

    try:
        return one.to_pylist()[0]
    except (OverflowError, ValueError, RecursionError, pa.ArrowException):
        table = pa.table({"value": one})
        with duckdb.connect(":memory:") as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.register("one", table)
            found = connection.execute("SELECT value::VARCHAR FROM one").fetchone()
        return found[0] if found else None
