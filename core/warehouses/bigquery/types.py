"""BigQuery's types: what kind each is, how it is brought into Arrow unbent, and under which Arrow type it is announced.

Facts: https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types, and the driver's `_pyarrow_helpers`.

- NUMERIC has 38 digits, 9 of them behind the point, and always travels so. BIGNUMERIC has up to 77, more than 128 bits hold,
  and DuckDB takes no more: it travels as text, like INTERVAL and RANGE.
- JSON becomes text by TO_JSON_STRING, since the driver parses it into Python values and would write other numbers;
  GEOGRAPHY becomes GeoJSON.
- STRUCT and ARRAY travel as they are where all in them do, since TO_JSON_STRING makes texts of numbers with a point; where
  something in them is to be fixed, they become JSON by it. One of those that holds a DATETIME is refused, as is a RANGE of it: there
  a time would arrive without its zone. BigQuery gives an empty ARRAY for one that is NULL.
- BigQuery has no infinite times; DATE and TIMESTAMP reach from the year 1 to 9999.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import QueryFailedError
from core.model import Column, Kind

if TYPE_CHECKING:
    import pyarrow as pa
    from google.cloud.bigquery import SchemaField

__all__ = ["Transport", "arrow_type", "column", "replacements", "transport", "type_name"]

WORDS = {
    "INTEGER": "INT64",
    "FLOAT": "FLOAT64",
    "BOOLEAN": "BOOL",
    "RECORD": "STRUCT",
    "DECIMAL": "NUMERIC",
    "BIGDECIMAL": "BIGNUMERIC",
}
"""The names of the REST API that SQL writes otherwise."""

PICOSECONDS = 12
DIGITS, SCALE = 38, 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """How a column travels: its kind, SQL with `{}` for the column where it is to be fixed, the word for its Arrow type."""

    kind: Kind
    arrow: str = "string"
    expression: str = ""


AS_JSON = Transport(kind=Kind.JSON, expression="IF({} IS NULL, NULL, TO_JSON_STRING({}))")
AS_TEXT = Transport(kind=Kind.TEXT, expression="CAST({} AS STRING)")
TO_THE_MICROSECOND = "TIMESTAMP_MICROS(UNIX_MICROS({}))"

PLAIN: Mapping[str, Transport] = {
    "INT64": Transport(kind=Kind.INTEGER, arrow="int64"),
    "FLOAT64": Transport(kind=Kind.FLOAT, arrow="float64"),
    "NUMERIC": Transport(kind=Kind.DECIMAL, arrow="numeric"),
    "BOOL": Transport(kind=Kind.BOOLEAN, arrow="bool_"),
    "STRING": Transport(kind=Kind.TEXT),
    "BYTES": Transport(kind=Kind.BYTES, arrow="binary"),
    "DATE": Transport(kind=Kind.DATE, arrow="date32"),
    "DATETIME": Transport(kind=Kind.TIMESTAMP, arrow="timestamp"),
    "TIMESTAMP": Transport(kind=Kind.INSTANT, arrow="instant"),
    "TIME": Transport(kind=Kind.TIME, arrow="time64"),
}
CONVERTED: Mapping[str, Transport] = {
    "BIGNUMERIC": Transport(kind=Kind.DECIMAL, expression="CAST({} AS STRING)"),
    "JSON": AS_JSON,
    "GEOGRAPHY": Transport(kind=Kind.JSON, expression="ST_ASGEOJSON({})"),
}


def word(field: SchemaField) -> str:
    """Give SQL's word for a field's type."""
    told = str(field.field_type).upper()
    return WORDS.get(told, told)


def is_repeated(field: SchemaField) -> bool:
    return str(field.mode).upper() == "REPEATED"


def transport(field: SchemaField) -> Transport:
    """Give how a column travels."""
    if word(field) == "STRUCT" or is_repeated(field):
        return Transport(kind=Kind.NESTED, arrow="nested") if travels_as_it_is(field) else AS_JSON
    if is_of_picoseconds(field):
        return Transport(kind=Kind.INSTANT, arrow="instant", expression=TO_THE_MICROSECOND)
    return PLAIN.get(word(field)) or CONVERTED.get(word(field), AS_TEXT)


def travels_as_it_is(field: SchemaField) -> bool:
    """Say whether nothing in a field is to be fixed; DuckDB's names of a struct's fields ignore case."""
    if word(field) != "STRUCT":
        return word(field) in PLAIN and not is_of_picoseconds(field)
    names = [str(inner.name).lower() for inner in field.fields]
    return bool(names) and all(names) and len(set(names)) == len(names) and all(map(travels_as_it_is, field.fields))


def _holds_datetime(field: SchemaField) -> bool:
    """Return whether a value of a field holds a DATETIME, a timestamp without zone."""
    if word(field) == "RANGE":
        return getattr(field.range_element_type, "element_type", "") == "DATETIME"
    return word(field) == "DATETIME" or any(map(_holds_datetime, field.fields))


def is_of_picoseconds(field: SchemaField) -> bool:
    precision = getattr(field, "timestamp_precision", None)
    return word(field) == "TIMESTAMP" and getattr(precision, "value", precision) == PICOSECONDS


def column(field: SchemaField) -> Column:
    """Give a column, with its type as SQL writes it."""
    return Column(name=field.name, kind=transport(field).kind, type_name=type_name(field))


def type_name(field: SchemaField) -> str:
    """Give a field's type as SQL writes it."""
    name = word(field)
    if name == "STRUCT":
        name = f"STRUCT<{', '.join(f'{inner.name} {type_name(inner)}' for inner in field.fields)}>"
    elif name == "RANGE":
        element = getattr(field.range_element_type, "element_type", "")
        name = f"RANGE<{element}>" if element else name
    elif field.precision and name in ("NUMERIC", "BIGNUMERIC"):
        name = f"{name}({field.precision}{f', {field.scale}' if field.scale else ''})"
    elif field.max_length and name in ("STRING", "BYTES"):
        name = f"{name}({field.max_length})"
    return f"ARRAY<{name}>" if is_repeated(field) else name


def replacements(fields: Iterable[SchemaField]) -> str:
    """Give what stands behind the star of an outer select, so that each column travels unbent; nothing where all do.

    Columns are fixed by name: BigQuery renames no columns of a subquery by position, and its result has no name twice.
    """
    fixed = []
    for place, field in enumerate(fields):
        way = transport(field)
        if not way.expression:
            continue
        if _holds_datetime(field):
            raise QueryFailedError(
                f'Column "{field.name}" is a {type_name(field)}, which travels as text: its DATETIME would arrive without a zone.',
                remedy='Make it a TIMESTAMP in the query: TIMESTAMP(x, "Europe/Berlin"), RANGE(TIMESTAMP(RANGE_START(x)), ...).',
            )
        if field.name == f"f{place}_" or (field.name.startswith("f") and field.name[1:-1].isdigit()):
            raise QueryFailedError(
                f"Column {place + 1} is a {type_name(field)} without a name, and such a value is read by its name.",
                remedy="Give it one: AS and a name behind the expression.",
            )
        name = "`" + field.name.replace("\\", "\\\\").replace("`", "\\`") + "`"
        fixed.append(f"{way.expression.replace('{}', name)} AS {name}")
    return f" REPLACE ({', '.join(fixed)})" if fixed else ""


def arrow_type(field: SchemaField) -> pa.DataType:
    """Give the Arrow type that a column is announced with."""
    way = transport(field)
    return nested_type(field) if way.arrow == "nested" else plain_type(way.arrow)


def nested_type(field: SchemaField) -> pa.DataType:
    import pyarrow as pa

    if word(field) == "STRUCT":
        inner = pa.struct([pa.field(each.name, nested_type(each)) for each in field.fields])
    else:
        inner = plain_type(PLAIN[word(field)].arrow)
    return pa.list_(inner) if is_repeated(field) else inner


def plain_type(name: str) -> pa.DataType:
    import pyarrow as pa

    match name:
        case "numeric":
            return pa.decimal128(DIGITS, SCALE)
        case "timestamp":
            return pa.timestamp("us")
        case "instant":
            return pa.timestamp("us", "UTC")
        case "time64":
            return pa.time64("us")
        case _:
            return getattr(pa, name)()
