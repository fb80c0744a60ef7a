"""Redshift's types: what kind each is, and how the text that it sends becomes Arrow.

All values come as text, for a cursor's rows pass through Python one by one anyhow, and text is what Redshift writes the
same everywhere: SUPER as JSON, VARBYTE as hexadecimal digits, intervals in words. Only the two of geography are hexadecimal
EWKB unless an outer select makes them GeoJSON. The numbers of types beyond Postgres's are those of Amazon's own Python driver
(https://github.com/aws/amazon-redshift-python-driver, redshift_connector/utils/oids.py).

A date or time that Arrow cannot read (years before Christ or after 9999, infinity) becomes the largest integer of its
type or minus that, as `core.warehouses.base` has it: the engine rejects its row and says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.model import Kind
from core.warehouses.postgres.types import Transport, arrow_type

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["array_of", "kind_named", "transport_of", "type_name", "type_named"]

_TYPES: Mapping[int, tuple[str, Transport]] = {
    16: ("boolean", Transport(kind=Kind.BOOLEAN, arrow="bool_")),
    18: ('"char"', Transport(kind=Kind.TEXT)),
    19: ("name", Transport(kind=Kind.TEXT)),
    20: ("bigint", Transport(kind=Kind.INTEGER, arrow="int64")),
    21: ("smallint", Transport(kind=Kind.INTEGER, arrow="int16")),
    23: ("integer", Transport(kind=Kind.INTEGER, arrow="int32")),
    25: ("text", Transport(kind=Kind.TEXT)),
    26: ("oid", Transport(kind=Kind.INTEGER, arrow="int64")),
    700: ("real", Transport(kind=Kind.FLOAT, arrow="float32")),
    701: ("double precision", Transport(kind=Kind.FLOAT, arrow="float64")),
    1042: ("character", Transport(kind=Kind.TEXT)),
    1043: ("character varying", Transport(kind=Kind.TEXT)),
    1082: ("date", Transport(kind=Kind.DATE, arrow="date32")),
    1083: ("time without time zone", Transport(kind=Kind.TIME)),
    1114: ("timestamp without time zone", Transport(kind=Kind.TIMESTAMP, arrow="timestamp")),
    1184: ("timestamp with time zone", Transport(kind=Kind.INSTANT, arrow="instant")),
    1188: ("interval year to month", Transport(kind=Kind.TEXT)),
    1190: ("interval day to second", Transport(kind=Kind.TEXT)),
    1266: ("time with time zone", Transport(kind=Kind.TIME)),
    1700: ("numeric", Transport(kind=Kind.DECIMAL)),
    2935: ("hllsketch", Transport(kind=Kind.TEXT)),
    3000: ("geometry", Transport(kind=Kind.JSON, expression="ST_AsGeoJSON({})")),
    3001: ("geography", Transport(kind=Kind.JSON, expression="ST_AsGeoJSON({})")),
    4000: ("super", Transport(kind=Kind.JSON)),
    6551: ("binary varying", Transport(kind=Kind.BYTES, arrow="binary")),
}
_UNKNOWN = Transport(kind=Kind.TEXT)
_NUMERIC, _OF_LENGTH = 1700, (1042, 1043, 6551)
_MODIFIER_HEAD = 4  # what Postgres adds to a length, and to precision and scale, in a type's modifier
_PLAIN_TIME = r"^\d{4}-\d\d-\d\d([ T]\d\d:\d\d:\d\d(\.\d{1,6})?([+-]\d\d(:?\d\d)?)?)?$"


def transport_of(oid: int) -> Transport:
    """Give how values of a type travel; what is not known is text as it comes."""
    return _TYPES[oid][1] if oid in _TYPES else _UNKNOWN


def type_name(oid: int, modifier: int) -> str:
    """Give Redshift's name of a type, with its length or its precision and scale."""
    if oid not in _TYPES:
        return f"type {oid}"
    bare = modifier - _MODIFIER_HEAD
    if bare < 0:
        return _TYPES[oid][0]
    if oid == _NUMERIC:
        return type_named(_TYPES[oid][0], None, bare >> 16, bare & 0xFFFF)
    return type_named(_TYPES[oid][0], bare if oid in _OF_LENGTH else None, None, None)


def type_named(name: str, length: int | None, precision: int | None, scale: int | None) -> str:
    """Give a type's name as a person writes it, from the columns of the catalogue."""
    if length is not None:
        return f"{name}({length})"
    return f"{name}({precision},{scale})" if name == "numeric" and precision else name


def kind_named(name: str) -> Kind:
    """Give the kind of a type by its name in the catalogue."""
    return next((way.kind for known, way in _TYPES.values() if known == name), Kind.TEXT)


def array_of(texts: Sequence[str | None], oid: int) -> pa.Array:
    """Make a column of what the server wrote."""
    import pyarrow as pa
    from pyarrow import compute

    written = pa.array(texts, pa.string())
    way = transport_of(oid)
    match way.arrow:
        case "string":
            return written
        case "bool_":
            return compute.equal(written, "t")
        case "binary":
            return pa.array([None if text is None else bytes.fromhex(text.removeprefix("\\x")) for text in texts])
        case "date32" | "timestamp" | "instant":
            return _times(written, arrow_type(way))
        case _:
            return written.cast(arrow_type(way))


def _times(written: pa.Array, wanted: pa.DataType) -> pa.Array:
    """Read dates and times; those that Arrow cannot read become the largest integers."""
    import pyarrow as pa
    from pyarrow import compute

    readable = compute.match_substring_regex(written, _PLAIN_TIME)
    if compute.all(readable).as_py() in (True, None):
        return written.cast(wanted)
    integer, most = (pa.int32(), 2**31 - 1) if pa.types.is_date32(wanted) else (pa.int64(), 2**63 - 1)
    numbers = compute.if_else(readable, written, pa.scalar(None, pa.string())).cast(wanted).view(integer)
    is_early: Any = compute.match_substring_regex(written, r"^-|BC")
    infinite = compute.if_else(is_early, pa.scalar(-most, integer), pa.scalar(most, integer))
    return compute.if_else(readable, numbers, infinite).view(wanted)
