"""DuckDB's types: what kind each is, and the expression that brings it into Arrow unbent.

Measured with DuckDB 2.0: a hugeint of 39 digits becomes a decimal128 of 38 and a uhugeint of 39 digits becomes -1; bit,
bignum, variant and geometry come as raw bytes, enum as a dictionary, union as a sparse union, interval as three numbers.
Infinite dates and timestamps come as the largest integers, which DuckDB reads back as infinity.

- Integers of more than 64 bits are DECIMAL as text: `sum()` of integers is a hugeint.
- Finer than a microsecond (timestamp_ns, timestamptz_ns) is TEXT in ISO 8601 with nine digits: nothing is rounded.
- In lists, structs and maps the same types become text there, and the column stays NESTED. Where something inside has no
  faithful Arrow form (json, variant, integers of more than 64 bits) the whole column becomes JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.model import Column, Kind
from core.quoting.sql import quoted_identifier

__all__ = ["Transport", "column", "transport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """How a column travels: its kind, and SQL with `{}` for the column."""

    kind: Kind
    expression: str = "{}"


AS_TEXT = "CAST({} AS VARCHAR)"
TRANSPORTS = {
    **{f"{sign}{width}int": Transport(kind=Kind.INTEGER) for sign in ("", "u") for width in ("tiny", "small", "big")},
    "integer": Transport(kind=Kind.INTEGER),
    "uinteger": Transport(kind=Kind.INTEGER),
    "hugeint": Transport(kind=Kind.DECIMAL, expression=AS_TEXT),
    "uhugeint": Transport(kind=Kind.DECIMAL, expression=AS_TEXT),
    "bignum": Transport(kind=Kind.DECIMAL, expression=AS_TEXT),
    "decimal": Transport(kind=Kind.DECIMAL),
    "boolean": Transport(kind=Kind.BOOLEAN),
    "float": Transport(kind=Kind.FLOAT),
    "double": Transport(kind=Kind.FLOAT),
    "varchar": Transport(kind=Kind.TEXT),
    "blob": Transport(kind=Kind.BYTES),
    "date": Transport(kind=Kind.DATE),
    "time": Transport(kind=Kind.TIME),
    "time_ns": Transport(kind=Kind.TIME, expression=AS_TEXT),
    "time with time zone": Transport(kind=Kind.TIME, expression=AS_TEXT),
    "timestamp": Transport(kind=Kind.TIMESTAMP),
    "timestamp_s": Transport(kind=Kind.TIMESTAMP, expression="CAST({} AS TIMESTAMP)"),
    "timestamp_ms": Transport(kind=Kind.TIMESTAMP, expression="CAST({} AS TIMESTAMP)"),
    "timestamp with time zone": Transport(kind=Kind.INSTANT),
    # not strftime: it misplaces what follows %n
    "timestamp_ns": Transport(kind=Kind.TEXT, expression="replace(CAST({} AS VARCHAR), ' ', 'T')"),
    "timestamptz_ns": Transport(
        kind=Kind.TEXT, expression="replace(replace(CAST({} AS VARCHAR), ' ', 'T'), '+00', 'Z')"
    ),
    "variant": Transport(kind=Kind.JSON, expression="CAST(CAST({} AS JSON) AS VARCHAR)"),
}
"""By DuckDB's name of the type; any other is cast to text (uuid, enum, interval, bit, union, geometry, "NULL", ...)."""

OTHER = Transport(kind=Kind.TEXT, expression=AS_TEXT)
NESTED = frozenset({"list", "array", "struct", "tuple", "map"})
ONLY_AS_JSON = frozenset({"hugeint", "uhugeint", "bignum", "variant", "json"})
UNBENT_INSIDE = frozenset(
    name for name, way in TRANSPORTS.items() if way.expression == "{}" and way.kind is not Kind.DECIMAL
) | {"decimal"}


def column(name: str, type_: Any) -> Column:
    """Give the column of a DuckDB type object; an enum's type is named without its values, which may be thousands."""
    type_name = "ENUM" if identity(type_) == "enum" else str(type_)
    return Column(name=name, kind=transport(type_).kind, type_name=type_name)


def transport(type_: Any) -> Transport:
    """Give how values of a DuckDB type object travel."""
    name = identity(type_)
    if name == "json":
        return Transport(kind=Kind.JSON, expression=AS_TEXT)
    if name not in NESTED:
        return TRANSPORTS.get(name, OTHER)
    if not ONLY_AS_JSON.isdisjoint(leaves(type_)):
        return Transport(kind=Kind.JSON, expression="CAST(to_json({}) AS VARCHAR)")
    if name in {"list", "struct", "map"} and UNBENT_INSIDE.issuperset(leaves(type_)):
        return Transport(kind=Kind.NESTED)
    return Transport(kind=Kind.NESTED, expression=f"CAST({{}} AS {unbent(type_)})")


def identity(type_: Any) -> str:
    """Give the type's own name. JSON is an alias of varchar, told apart by its printed name alone."""
    return "json" if str(type_) == "JSON" else str(type_.id)


def leaves(type_: Any) -> Iterator[str]:
    """Give the names of all types inside; an array counts as one too, as it becomes a list."""
    name = identity(type_)
    if name not in NESTED:
        yield name
        return
    if name in {"array", "tuple"}:
        yield name
    for child_name, child in type_.children:
        if (name, child_name) != ("array", "size"):
            yield from leaves(child)


def unbent(type_: Any) -> str:
    """Give the SQL of the type that a nested value is cast to: the same shape of types that Arrow holds."""
    name = identity(type_)
    children = list(type_.children) if name in NESTED else []
    if name in {"list", "array"}:
        return f"{unbent(children[0][1])}[]"
    if name == "map":
        return f"MAP({unbent(children[0][1])}, {unbent(children[1][1])})"
    if name in NESTED:
        fields = (
            f"{quoted_identifier(field_name or f'element{position}')} {unbent(child)}"
            for position, (field_name, child) in enumerate(children, start=1)
        )
        return f"STRUCT({', '.join(fields)})"
    if name in UNBENT_INSIDE:
        return str(type_)
    return "TIMESTAMP" if name in {"timestamp_s", "timestamp_ms"} else "VARCHAR"
