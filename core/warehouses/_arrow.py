"""What all warehouses share on the Arrow road: the outer select, and batches that keep to one announced schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import WarehouseError
from core.model import Column
from core.warehouses.base import Result

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["OuterSelect", "conformed", "conforming_result", "outer_select"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OuterSelect:
    """A query wrapped in an outer select: its text, and where in it the query starts."""

    text: str
    start: int


def outer_select(sql: str, expressions: Sequence[str], *, limit: int | None = None) -> OuterSelect:
    """Wrap `sql` in a select that gives `expressions` (SQL with `{}` for the column) as c0, c1, ...

    Columns are renamed by position, so duplicate names and names that differ in case only do no harm. The closing
    parenthesis stands on a line of its own, since the query may end in a `--` comment; its last semicolons are cut.
    """
    sql = sql.rstrip("; \t\r\n")
    names = [f"c{position}" for position in range(len(expressions))]
    wanted = ", ".join(
        f"{expression.replace('{}', f'q.{name}')} AS {name}"
        for name, expression in zip(names, expressions, strict=True)
    )
    head = f"SELECT {wanted} FROM (\n"
    tail = f"\n) AS q({', '.join(names)})" + ("" if limit is None else f" LIMIT {limit:d}")
    return OuterSelect(text=f"{head}{sql}{tail}", start=len(head))


def conforming_result(
    columns: tuple[Column, ...],
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    *,
    translate: Callable[[Exception], WarehouseError],
) -> Result:
    """Give a Result whose batches have `schema`; what reading them raises is translated and kept as its failure."""
    import pyarrow as pa

    failures: list[WarehouseError] = []

    def read() -> Iterator[pa.RecordBatch]:
        try:
            for batch in batches:
                yield conformed(batch, schema)
        except Exception as error:
            failures.append(error if isinstance(error, WarehouseError) else translate(error))
            raise failures[0] from error

    return Result(
        columns=columns,
        batches=pa.RecordBatchReader.from_batches(schema, read()),
        failure=lambda: failures[0] if failures else None,
    )


def conformed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Give `batch` with exactly the names and types of `schema`; a cast that would lose something raises."""
    import pyarrow as pa

    if batch.schema.equals(schema, check_metadata=True):
        return batch
    arrays = []
    for array, field in zip(batch.columns, schema, strict=True):
        plain = array.storage if isinstance(array, pa.ExtensionArray) else array
        arrays.append(plain if plain.type.equals(field.type) else plain.cast(field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
