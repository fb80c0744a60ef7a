"""Postgres's types: what kind each is, how it is brought into Arrow unbent, and what the infinities become.

Measured with ADBC 1.13 against Postgres 15: it flattens arrays of more than one dimension, gives money in cents, oid
above 2^31 as a negative number, and time with zone, ranges, network addresses, bits, xml and reg* types as the bytes of
the wire; composites fail in mid-read. So what is not in `AS_IT_COMES` passes an outer select. It runs under the role's path, where somebody's to_json may fit a type more
exactly than the server's, so each name and operator in it has its schema (a cast needs none: it is found by its types):

- Arrays, composites and types with a cast to json (hstore) become JSON by `to_json`. An array's type does not tell its
  dimensions, so all arrays do; inside them a float NaN is the string "NaN", bytes are hexadecimal and infinities strings.
- money becomes numeric, oid a bigint, and everything else text: Postgres's own, with ISO dates and intervals in its
  own style, which the session pins down.
- char(n) keeps its padding, as psql shows it. A domain is its base type; Postgres describes it so.
- numeric is text in Arrow (NaN, Infinity and -Infinity among it), as its precision may exceed Arrow's. The server makes
  that text: ADBC takes 0.3 µs a value for it, the server 0.05.

ADBC adds the distance of the epochs to Postgres's infinities and overflows: these come as years before 4713 BC, which
Postgres does not have. `unbent` makes them what `core.warehouses.base` announces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model import Kind

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["TypeFacts", "arrow_type", "transport", "unbent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """How a column travels: its kind, SQL with `{}` for the column, and pyarrow's name of the Arrow type."""

    kind: Kind
    arrow: str = "string"
    expression: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeFacts:
    """What pg_type says of a type: `variety` is typtype, `category` typcategory, `json` whether it casts to json."""

    oid: int
    variety: str
    category: str
    json: bool


AS_IT_COMES: Mapping[int, Transport] = {
    16: Transport(kind=Kind.BOOLEAN, arrow="bool_"),
    17: Transport(kind=Kind.BYTES, arrow="binary"),
    19: Transport(kind=Kind.TEXT),  # name
    20: Transport(kind=Kind.INTEGER, arrow="int64"),
    21: Transport(kind=Kind.INTEGER, arrow="int16"),
    23: Transport(kind=Kind.INTEGER, arrow="int32"),
    25: Transport(kind=Kind.TEXT),
    114: Transport(kind=Kind.JSON),
    700: Transport(kind=Kind.FLOAT, arrow="float32"),
    701: Transport(kind=Kind.FLOAT, arrow="float64"),
    1042: Transport(kind=Kind.TEXT),  # char(n)
    1043: Transport(kind=Kind.TEXT),  # varchar
    1082: Transport(kind=Kind.DATE, arrow="date32"),
    1083: Transport(kind=Kind.TIME, arrow="time64"),
    1114: Transport(kind=Kind.TIMESTAMP, arrow="timestamp"),
    1184: Transport(kind=Kind.INSTANT, arrow="instant"),
    1700: Transport(kind=Kind.DECIMAL, expression="{}::pg_catalog.text"),
    3802: Transport(kind=Kind.JSON),  # jsonb
}
BY_CAST: Mapping[int, Transport] = {
    26: Transport(kind=Kind.INTEGER, arrow="int64", expression="{}::pg_catalog.int8"),  # oid
    790: Transport(kind=Kind.DECIMAL, expression="{}::pg_catalog.numeric::pg_catalog.text"),  # money
    1266: Transport(kind=Kind.TIME, expression="{}::pg_catalog.text"),  # time with time zone
}
AS_JSON = Transport(kind=Kind.JSON, expression="pg_catalog.to_json({})::pg_catalog.text")
AS_TEXT = Transport(kind=Kind.TEXT, expression="CASE WHEN {} IS NOT NULL THEN pg_catalog.format('%s', {}) END")
"""As psql shows it. A cast to text is another function for some types: inet's adds "/32" to a single host."""

RECORDS = frozenset({2249, 2287})  # record, record[]

EARLIEST_DAY = -2_440_588  # 4714-11-24 BC, Postgres's first day, in days from 1970
EARLIEST_MICROSECOND = EARLIEST_DAY * 86_400_000_000
MINUS_INFINITY_DAY = -(2**31) + 10_957  # what ADBC makes of it: 10,957 days from 1970 to 2000
MINUS_INFINITY_MICROSECOND = -(2**63) + 946_684_800_000_000


def transport(facts: TypeFacts) -> Transport:
    """Give how a type travels."""
    if known := AS_IT_COMES.get(facts.oid) or BY_CAST.get(facts.oid):
        return known
    if facts.category == "A" or facts.variety == "c" or facts.json or facts.oid in RECORDS:
        return AS_JSON
    return AS_TEXT


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
        case name:
            return getattr(pa, name)()


def unbent(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Give a batch of ADBC's with its bent infinities made the largest integers, which DuckDB reads as infinity."""
    import pyarrow as pa

    arrays = [_unbent_array(array) for array in batch.columns]
    if all(new is old for new, old in zip(arrays, batch.columns, strict=True)):
        return batch
    return pa.RecordBatch.from_arrays(arrays, schema=batch.schema)


def _unbent_array(array: pa.Array) -> pa.Array:
    import pyarrow as pa
    from pyarrow import compute

    if pa.types.is_timestamp(array.type):
        integer, earliest, minus, most = pa.int64(), EARLIEST_MICROSECOND, MINUS_INFINITY_MICROSECOND, 2**63 - 1
    elif pa.types.is_date32(array.type):
        integer, earliest, minus, most = pa.int32(), EARLIEST_DAY, MINUS_INFINITY_DAY, 2**31 - 1
    else:
        return array
    numbers = array.view(integer)
    least = compute.min(numbers).as_py()
    if least is None or least >= earliest:
        return array
    # what Postgres holds beyond Arrow's last microsecond (294247 AD) overflows too: it counts as infinite
    overflown = compute.less(numbers, pa.scalar(earliest, integer))
    infinite = compute.if_else(
        compute.equal(numbers, pa.scalar(minus, integer)), pa.scalar(-most, integer), pa.scalar(most, integer)
    )
    return compute.if_else(overflown, infinite, numbers).view(array.type)
