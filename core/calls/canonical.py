"""The canonical form: SQL that writes any value as JSON text, and says which values cannot be written.

The macros in `canonical.sql` do the writing; this module chooses among them by a column's kind (and by its Arrow type
where a column nests). Every expression is vectorised; none is evaluated for NULL by its caller. The form is numbered:
a ledger remembers the number under which its fingerprints were made.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from core.duckdb_helpers import quoted
from core.model import Kind

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["FORM", "fault", "install", "json_value", "plain_text"]

FORM = 1
"""The number of the canonical form that this program writes."""


_FIRST_MICROSECOND, _LAST_MICROSECOND = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The years 1 to 9999 in UTC, in microseconds since 1970."""


def install(connection: duckdb.DuckDBPyConnection) -> None:
    """Define the canonical form's macros in a DuckDB connection, and set its zone to UTC."""
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(resources.files("core.calls").joinpath("canonical.sql").read_text("utf-8"))


def json_value(kind: Kind, arrow: pa.DataType, value: str, *, timezone: str = "UTC", depth: int = 0) -> str:
    """Return the SQL that writes `value` (an SQL expression, not NULL) as JSON text.

    `timezone` is what a timestamp without zone means.
    """
    match kind:
        case Kind.NESTED:
            return _nested(arrow, value, timezone, depth)
        case Kind.JSON:
            return f"json_minified({value}::VARCHAR)"
        case Kind.BOOLEAN:
            return f"CASE WHEN {value} THEN 'true' ELSE 'false' END"
        case Kind.INTEGER | Kind.DECIMAL | Kind.FLOAT:
            return plain_text(kind, arrow, value)
        case Kind.TEXT:
            return f"json_string({value}::VARCHAR)"
        case Kind.TIME if _is_text(arrow):
            return f"json_string({value})"
        case _:
            return f"'\"' || {plain_text(kind, arrow, value, timezone=timezone)} || '\"'"


def plain_text(kind: Kind, arrow: pa.DataType, value: str, *, timezone: str = "UTC") -> str:
    """Return the SQL that writes a number, text, date or time as bare text, as ids and the keys of a map need it."""
    import pyarrow as pa

    match kind:
        case Kind.DECIMAL:
            return f"json_decimal({value}::VARCHAR)"
        case Kind.FLOAT:
            macro = "json_float" if pa.types.is_float32(arrow) else "json_double"
            return f"{macro}({value})"
        case Kind.BYTES:
            return f"base64({value}::BLOB)"
        case Kind.DATE:
            return f"strftime({value}::DATE, '%Y-%m-%d')"
        case Kind.TIMESTAMP:
            return _written_moment(value, timezone)
        case Kind.INSTANT:
            return f"iso_instant(epoch_us({value}))"
        case _:
            return f"{value}::VARCHAR"


def fault(kind: Kind, arrow: pa.DataType, value: str, *, timezone: str = "UTC", depth: int = 0) -> str | None:
    """Return the SQL that says why `value` (not NULL) cannot be written, or NULL; None where every value can."""
    match kind:
        case Kind.NESTED:
            return _nested_fault(arrow, value, timezone, depth)
        case Kind.JSON:
            return f"json_fault({value}::VARCHAR)"
        case Kind.TEXT:
            return f"CASE WHEN contains({value}::VARCHAR, chr(0)) THEN 'holds a NUL character' END"
        case Kind.FLOAT:
            return f"CASE WHEN NOT isfinite({value}) THEN 'holds NaN or an infinity' END"
        case Kind.DECIMAL if _is_text(arrow):
            return (
                f"CASE WHEN NOT regexp_full_match({value}, '-?(0|[1-9][0-9]*)(\\.[0-9]+)?') "
                "THEN 'holds NaN, an infinity or what is no plain number' END"
            )
        case Kind.DATE | Kind.TIMESTAMP | Kind.INSTANT:
            least, most = "'0001-01-01'", "'9999-12-31 23:59:59.999999'"
            if kind is Kind.DATE:
                return (
                    f"CASE WHEN {value} NOT BETWEEN DATE {least} AND DATE '9999-12-31' "
                    "THEN 'holds a date outside the years 1 to 9999' END"
                )
            zone = "TIMESTAMP" if kind is Kind.TIMESTAMP else "TIMESTAMPTZ"
            return (
                f"CASE WHEN {value} NOT BETWEEN {zone} {least} AND {zone} {most} "
                "THEN 'holds an infinite time, or one outside the years 1 to 9999' END"
            )
        case _:
            return None


def _moment(value: str, timezone: str) -> str:
    """Return the SQL for the moment that a timestamp without zone means; a plain TIMESTAMP where it is one of UTC."""
    return value if timezone == "UTC" else f"timezone({quoted(timezone)}, {value}::TIMESTAMP)"


def _written_moment(value: str, timezone: str) -> str:
    """Return the SQL that writes a timestamp without zone: in UTC, but for the first and last hours that ISO 8601 can write, which
    UTC may have in another year: these keep the hour that the warehouse shows, with its distance from UTC.
    """
    if timezone == "UTC":
        return f"iso_instant(epoch_us({value}))"
    moment = f"epoch_us({_moment(value, timezone)})"
    local = f"epoch_us({value}::TIMESTAMP)"
    return (
        f"CASE WHEN {moment} BETWEEN {_FIRST_MICROSECOND} AND {_LAST_MICROSECOND} THEN iso_instant({moment}) "
        f"ELSE iso_local({local}, {local} - {moment}) END"
    )


def kind_of_arrow(arrow: pa.DataType) -> Kind:
    """Return the kind of a value inside a nested column, by its Arrow type."""
    import pyarrow as pa

    tests: tuple[tuple[Kind, bool], ...] = (
        (Kind.BOOLEAN, pa.types.is_boolean(arrow)),
        (Kind.INTEGER, pa.types.is_integer(arrow)),
        (Kind.DECIMAL, pa.types.is_decimal(arrow)),
        (Kind.FLOAT, pa.types.is_floating(arrow)),
        (Kind.BYTES, pa.types.is_binary(arrow) or pa.types.is_large_binary(arrow)),
        (Kind.DATE, pa.types.is_date(arrow)),
        (Kind.INSTANT, pa.types.is_timestamp(arrow) and arrow.tz is not None),
        (Kind.TIMESTAMP, pa.types.is_timestamp(arrow)),
        (Kind.TIME, pa.types.is_time(arrow)),
        (Kind.NESTED, pa.types.is_nested(arrow)),
    )
    return next((kind for kind, holds in tests if holds), Kind.TEXT)


def _is_text(arrow: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(arrow) or pa.types.is_large_string(arrow) or pa.types.is_string_view(arrow))


def _element(arrow: pa.DataType, value: str, timezone: str, depth: int) -> str:
    """Write a value inside a nested one, where NULL is null."""
    written = json_value(kind_of_arrow(arrow), arrow, value, timezone=timezone, depth=depth)
    return f"CASE WHEN {value} IS NULL THEN 'null' ELSE {written} END"


def _nested(arrow: pa.DataType, value: str, timezone: str, depth: int) -> str:
    import pyarrow as pa

    name = f"e{depth}"
    if pa.types.is_struct(arrow):
        fields = [arrow.field(position) for position in range(arrow.num_fields)]
        pairs = [
            f"json_string({quoted(field.name)}) || ':' || "
            + _element(field.type, f"struct_extract({value}, {quoted(field.name)})", timezone, depth)
            for field in fields
        ]
        inside = " || ',' || ".join(f"({pair})" for pair in pairs)
        return f"'{{' || {inside} || '}}'" if pairs else "'{}'"
    if pa.types.is_map(arrow):
        key = plain_text(kind_of_arrow(arrow.key_type), arrow.key_type, f"{name}.key", timezone=timezone)
        pair = f"json_string({key}) || ':' || " + _element(arrow.item_type, f"{name}.value", timezone, depth + 1)
        return "'{' || " + _joined(f"list_transform(map_entries({value}), lambda {name}: {pair})") + " || '}'"
    element = _element(arrow.value_type, name, timezone, depth + 1)
    return "'[' || " + _joined(f"list_transform({value}, lambda {name}: {element})") + " || ']'"


def _joined(texts: str) -> str:
    """Join a list of texts by commas. Not with array_to_string, a macro that names its list three times: in nested lists
    DuckDB's work to understand it grows fourfold a level (1.5 seconds at eight levels, where this takes milliseconds).
    """
    return f"coalesce(list_aggregate({texts}, 'string_agg', ','), '')"


def _nested_fault(arrow: pa.DataType, value: str, timezone: str, depth: int) -> str | None:
    import pyarrow as pa

    name = f"e{depth}"
    if pa.types.is_struct(arrow):
        fields = (arrow.field(position) for position in range(arrow.num_fields))
        values = [(field.type, f"struct_extract({value}, {quoted(field.name)})") for field in fields]
        items, depth = "", depth - 1
    elif pa.types.is_map(arrow):
        values = [(arrow.key_type, f"{name}.key"), (arrow.item_type, f"{name}.value")]
        items = f"map_entries({value})"
    else:
        values = [(arrow.value_type, name)]
        items = value
    found = [
        text
        for inner, sql in values
        if (text := fault(kind_of_arrow(inner), inner, sql, timezone=timezone, depth=depth + 1))
    ]
    if not found:
        return None
    first = f"coalesce({', '.join(found)})" if len(found) > 1 else found[0]
    return f"list_min(list_transform({items}, lambda {name}: {first}))" if items else first
