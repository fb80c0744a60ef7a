"""Snowflake's types: what kind each is, how it is brought into Arrow unbent, and under which Arrow type it is announced.

Snowflake sends whole numbers in the narrowest type that holds the values of a chunk
(https://github.com/snowflakedb/snowflake-connector-python/issues/1170), so each chunk is cast to the type of the
description. NUMBER(38, 0), which INTEGER and most ids are, may hold what no 64 bits do: it is an exact decimal of scale 0.

- VARIANT, OBJECT, ARRAY, MAP and VECTOR become JSON by TO_JSON, GEOGRAPHY and GEOMETRY by way of GeoJSON.
- TIMESTAMP_TZ loses its offset and keeps its instant, as LTZ does. Nanoseconds are cut to microseconds: Arrow in
  nanoseconds ends in 2262, and DuckDB does not scan it. Snowflake has no infinite times.
- DECFLOAT, intervals and FILE become text, Snowflake's own. The driver calls DECFLOAT a number without a scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.model import Column, Kind

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Transport", "arrow_type", "cast", "column", "transport", "type_word"]

WORDS = {
    0: "NUMBER",
    1: "FLOAT",
    2: "VARCHAR",
    3: "DATE",
    4: "TIMESTAMP_NTZ",
    5: "VARIANT",
    6: "TIMESTAMP_LTZ",
    7: "TIMESTAMP_TZ",
    8: "TIMESTAMP_NTZ",
    9: "OBJECT",
    10: "ARRAY",
    11: "BINARY",
    12: "TIME",
    13: "BOOLEAN",
    14: "GEOGRAPHY",
    15: "GEOMETRY",
    16: "VECTOR",
    17: "MAP",
    18: "FILE",
    19: "INTERVAL YEAR TO MONTH",
    20: "INTERVAL DAY TO SECOND",
}
"""The driver's type codes (its module `_internal.type_codes`) in Snowflake's words."""

LONGEST_TEXT = 16_777_216
MOST_DIGITS = 38
DIGITS_OF_INT64 = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """How a column travels: its kind, SQL with `{}` for the column, and the word for its Arrow type."""

    kind: Kind
    arrow: str = "string"
    expression: str = "{}"
    precision: int = 0
    scale: int = 0


AS_JSON = Transport(kind=Kind.JSON, expression="TO_JSON(CAST({} AS VARIANT))")
AS_GEOJSON = Transport(kind=Kind.JSON, expression="TO_JSON(CAST(ST_ASGEOJSON({}) AS VARIANT))")
AS_TEXT = Transport(kind=Kind.TEXT, expression="CAST({} AS VARCHAR)")

TRANSPORTS: Mapping[str, Transport] = {
    "FLOAT": Transport(kind=Kind.FLOAT, arrow="float64"),
    "VARCHAR": Transport(kind=Kind.TEXT),
    "DATE": Transport(kind=Kind.DATE, arrow="date32"),
    "TIMESTAMP_NTZ": Transport(kind=Kind.TIMESTAMP, arrow="timestamp"),
    "TIMESTAMP_LTZ": Transport(kind=Kind.INSTANT, arrow="instant"),
    "TIMESTAMP_TZ": Transport(kind=Kind.INSTANT, arrow="instant"),
    "TIME": Transport(kind=Kind.TIME, arrow="time64"),
    "BOOLEAN": Transport(kind=Kind.BOOLEAN, arrow="bool_"),
    "BINARY": Transport(kind=Kind.BYTES, arrow="binary"),
    "VARIANT": AS_JSON,
    "OBJECT": AS_JSON,
    "ARRAY": AS_JSON,
    "MAP": AS_JSON,
    "VECTOR": Transport(kind=Kind.JSON, expression="TO_JSON(CAST(CAST({} AS ARRAY) AS VARIANT))"),
    "GEOGRAPHY": AS_GEOJSON,
    "GEOMETRY": AS_GEOJSON,
    "DECFLOAT": Transport(kind=Kind.DECIMAL, expression="CAST({} AS VARCHAR)"),
}


def type_word(code: int, scale: int | None) -> str:
    """Give Snowflake's word for a type code of the driver's."""
    if code == 0 and scale is None:
        return "DECFLOAT"
    return WORDS.get(code, "VARCHAR")


def transport(word: str, precision: int | None, scale: int | None) -> Transport:
    """Give how a type travels."""
    if word != "NUMBER":
        return TRANSPORTS.get(word, AS_TEXT)
    precision, scale = precision or MOST_DIGITS, scale or 0
    if scale:
        return Transport(kind=Kind.DECIMAL, arrow="decimal", precision=precision, scale=scale)
    if precision <= DIGITS_OF_INT64:
        return Transport(kind=Kind.INTEGER, arrow="int64")
    return Transport(kind=Kind.INTEGER, arrow="decimal", precision=MOST_DIGITS)


def column(name: str, word: str, *, precision: int | None, scale: int | None, length: int | None) -> Column:
    """Give a column, with its type as Snowflake writes it."""
    type_name = word
    if word == "NUMBER":
        type_name = f"NUMBER({precision or MOST_DIGITS},{scale or 0})"
    elif word == "VARCHAR" and length and length < LONGEST_TEXT:
        type_name = f"VARCHAR({length})"
    return Column(name=name, kind=transport(word, precision, scale).kind, type_name=type_name)


def arrow_type(way: Transport) -> pa.DataType:
    """Give the Arrow type that a column is announced with."""
    import pyarrow as pa

    match way.arrow:
        case "timestamp":
            return pa.timestamp("us")
        case "instant":
            return pa.timestamp("us", "UTC")
        case "time64":
            return pa.time64("us")
        case "decimal":
            return pa.decimal128(way.precision, way.scale)
        case name:
            return getattr(pa, name)()


def cast(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Give a batch of the driver's under the announced names and types; only what is finer than a microsecond is cut."""
    import pyarrow as pa

    arrays: list[Any] = []
    for array, field in zip(batch.columns, schema, strict=True):
        timely = pa.types.is_temporal(array.type) and pa.types.is_temporal(field.type)
        is_finer = timely and not array.type.equals(field.type)
        arrays.append(array.cast(field.type, safe=False) if is_finer else array)
    named = pa.RecordBatch.from_arrays(arrays, names=schema.names)
    return pa.RecordBatchReader.from_batches(named.schema, [named]).cast(schema).read_next_batch()
