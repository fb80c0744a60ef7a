"""Results as Snowflake sends them: Arrow with its own layouts, cut into chunks whose widths vary.

Whole numbers come in the narrowest type that holds a chunk's values, decimals as whole numbers with a scale in the
metadata, times and timestamps as seconds with a fraction (Snowflake's own drivers document this in their converters:
https://github.com/snowflakedb/snowflake-connector-python, `nanoarrow_cpp`). fakesnow sends one batch in DuckDB's widths,
and makes timestamps that are NULL the year 1970.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

CHUNK_ROWS = 20_000
NARROW = (pa.int8(), pa.int16(), pa.int32(), pa.int64())
TYPES = {
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp_ntz",
    "TIMESTAMP_NS": "timestamp_ntz",
    "TIMESTAMP_S": "timestamp_ntz",
    "TIMESTAMP_MS": "timestamp_ntz",
    "TIMESTAMP WITH TIME ZONE": "timestamp_tz",
    "BLOB": "binary",
    "FLOAT": "real",
    "DOUBLE": "real",
    "JSON": "variant",
}
WHOLE = re.compile(r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$")

Column = dict[str, Any]


def row_type(described: list[tuple[Any, ...]]) -> list[Column]:
    """Return the columns of DuckDB's DESCRIBE as Snowflake describes them."""
    return [_column(name, type_) for name, type_, *_ in described]


def _column(name: str, type_: str) -> Column:
    column: Column = {"name": name, "database": "", "schema": "", "table": "", "nullable": True, "collation": None}
    column |= {"byteLength": None, "length": None, "precision": None, "scale": None}
    if decimal := re.match(r"DECIMAL\((\d+),(\d+)\)", type_):
        return column | {"type": "fixed", "precision": int(decimal[1]), "scale": int(decimal[2])}
    if WHOLE.match(type_):
        return column | {"type": "fixed", "precision": 38, "scale": 0}
    kind = "array" if type_.endswith("]") else TYPES.get(type_, "text")
    if kind.startswith("time"):
        column |= {"precision": 0, "scale": 9}
    if kind in ("text", "binary"):
        column |= {"byteLength": 16_777_216, "length": 16_777_216}
    return column | {"type": kind}


def chunks(table: pa.Table, columns: list[Column], rows: int = CHUNK_ROWS) -> Iterator[tuple[int, bytes]]:
    """Yield rows and bytes (an Arrow stream) of each chunk; none where there are no rows."""
    for start in range(0, table.num_rows, rows):
        part = table.slice(start, rows).combine_chunks()
        yield part.num_rows, _stream(part, columns)


def _stream(table: pa.Table, columns: list[Column]) -> bytes:
    arrays, fields = [], []
    for place, column in enumerate(columns):
        array = table.column(place)
        array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
        array = _laid_out(array.chunk(0) if isinstance(array, pa.ChunkedArray) else array, column)
        arrays.append(array)
        metadata = {
            "logicalType": column["type"].upper(),
            "precision": str(column["precision"] or 38),
            "scale": str(column["scale"] or 0),
            "charLength": str(column["length"] or 0),
        }
        fields.append(pa.field(column["name"], array.type, nullable=True, metadata=metadata))
    batch = pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def _laid_out(array: pa.Array, column: Column) -> pa.Array:
    kind = column["type"]
    if pa.types.is_null(array.type):
        return array.cast(pa.string() if kind == "text" else pa.int8())
    if kind == "fixed":
        return _narrowed(array, column["scale"])
    if kind == "time":
        return pc.multiply(array.cast(pa.time64("us")).cast(pa.int64()), 1000)
    if kind.startswith("timestamp"):
        return _timestamp(array, zoned=kind == "timestamp_tz")
    if kind in ("text", "variant"):
        return array.cast(pa.string())
    return array.cast(pa.float64()) if kind == "real" else array


def _narrowed(array: pa.Array, scale: int) -> pa.Array:
    """Return whole numbers in the narrowest type; decimals become whole numbers of their last digit where these fit."""
    if pa.types.is_decimal(array.type):
        if array.type.precision > 18:
            return array if scale else _narrow(array)
        factor = pa.scalar(Decimal(10) ** scale, pa.decimal128(scale + 1, 0))
        array = pc.multiply(array, factor).cast(pa.decimal128(38, scale)).cast(pa.int64())
    return _narrow(array)


def _narrow(array: pa.Array) -> pa.Array:
    for narrow in NARROW:
        try:
            return array.cast(narrow)
        except pa.ArrowInvalid:
            continue
    return array.cast(pa.decimal128(38, 0))


def _timestamp(array: pa.Array, *, zoned: bool) -> pa.Array:
    micros = pc.fill_null(array.cast(pa.timestamp("us", array.type.tz)).cast(pa.int64()), 0)
    below = pc.if_else(pc.less(micros, 0), 999_999, 0)  # division cuts towards 0, seconds are cut down
    seconds = pc.divide(pc.subtract(micros, below), 1_000_000)
    fraction = pc.subtract(micros, pc.multiply(seconds, 1_000_000))
    parts = [("epoch", seconds), ("fraction", pc.multiply(fraction, 1000).cast(pa.int32()))]
    if zoned:
        parts.append(("timezone", pa.array([1440] * len(array), pa.int32())))  # minutes, 1440 is UTC
    fields = [pa.field(name, part.type, nullable=True) for name, part in parts]
    return pa.StructArray.from_arrays([part for _, part in parts], fields=fields, mask=pc.is_null(array))
