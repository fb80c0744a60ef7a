"""Rows of a held result in another order, or only some of them, and what their columns hold: over Arrow, no Python object a row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.model import Column, Kind

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Held", "as_texts", "held", "matching", "of_mark", "sorted_places"]

_MOST_SHAPES = 4
_SHAPES: tuple[tuple[str, str], ...] = (
    ("uuid", r"^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$"),
    ("email", r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
    ("whole number", r"^-?[0-9]+$"),
    ("number", r"^-?[0-9]*\.[0-9]+([eE][-+]?[0-9]+)?$"),
    ("time", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?$"),
    ("object", r"^\s*[{\[]"),
    ("prefix and number", r"^[A-Za-z]+[_-][0-9]+$"),
    ("hexadecimal", r"^[0-9a-fA-F]{16,}$"),
    ("empty", r"^\s*$"),
)
"""What a text may be, by its form: the first that fits. Ids of several kinds in one column tear an identity graph."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a column holds: how many rows are null, how many different values there are (None: cannot be counted), least and greatest.

    `shapes` are the forms of its texts with how many rows have each, the most frequent first.
    """

    name: str
    nulls: int
    distinct: int | None
    least: Any
    greatest: Any
    shapes: tuple[tuple[str, int], ...] = ()


def matching(table: pa.Table, names: Sequence[str], words: str) -> pa.Array | None:
    """Return the places of the rows that hold all of the words, in any case, in any column (`name:word`: in that one); None for all."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kept = None
    for word in words.split():
        head, colon, rest = word.partition(":")
        named = [position for position, name in enumerate(names) if colon and name.lower() == head.lower()]
        columns, sought = (named, rest) if named else (range(table.num_columns), word)
        holds = None
        for position in columns:
            one = pc.fill_null(pc.match_substring(as_texts(table.column(position)), sought, ignore_case=True), False)
            holds = one if holds is None else pc.or_(holds, one)
        if holds is not None:
            kept = holds if kept is None else pc.and_(kept, holds)
    return None if kept is None else pc.indices_nonzero(kept).cast(pa.int64())


def of_mark(marks: pa.ChunkedArray, mark: int, places: pa.Array | None) -> pa.Array:
    """Return the places, among those given, of the rows that have a mark."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if places is None:
        return pc.indices_nonzero(pc.equal(marks, mark)).cast(pa.int64())
    return places.filter(pc.equal(marks.take(places), mark).combine_chunks())


def sorted_places(column: pa.ChunkedArray, places: pa.Array | None, *, descending: bool) -> pa.Array:
    """Return the places in the order of a column's values; nulls come last either way."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = column if places is None else column.take(places)
    if not _has_order(values.type):
        values = as_texts(values)
    way = "descending" if descending else "ascending"
    order = pc.sort_indices(values, sort_keys=[("", way)])
    return order.cast(pa.int64()) if places is None else places.take(order)


def held(column: Column, values: pa.ChunkedArray) -> Held:
    """Say what a column holds."""
    import pyarrow.compute as pc

    countable = values if _has_order(values.type) else as_texts(values)
    least = greatest = None
    if len(values) > values.null_count and column.kind not in (Kind.NESTED, Kind.JSON, Kind.BYTES, Kind.BOOLEAN):
        bounds = pc.min_max(countable)
        least, greatest = bounds["min"].as_py(), bounds["max"].as_py()
    return Held(
        name=column.name,
        nulls=values.null_count,
        distinct=pc.count_distinct(countable, mode="only_valid").as_py(),
        least=least,
        greatest=greatest,
        shapes=_shapes(values) if column.kind is Kind.TEXT else (),
    )


def _shapes(values: pa.ChunkedArray) -> tuple[tuple[str, int], ...]:
    import pyarrow.compute as pc

    left = as_texts(values).drop_null()
    found = []
    for shape, form in _SHAPES:
        fits = pc.match_substring_regex(left, form)
        count = pc.sum(fits).as_py() or 0
        if count:
            found.append((shape, count))
            left = left.filter(pc.invert(fits))
    if len(left):
        found.append(("text", len(left)))
    return tuple(sorted(found, key=lambda entry: -entry[1])[:_MOST_SHAPES])


def _has_order(kind: pa.DataType) -> bool:
    """Return whether Arrow can compare values of a type."""
    from pyarrow import types

    return bool(
        types.is_primitive(kind) or types.is_string(kind) or types.is_large_string(kind) or types.is_decimal(kind)
    )


def as_texts(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return values as text; what Arrow cannot write out (lists, structs) as Python does, one by one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    storage = values.cast(values.type.storage_type) if isinstance(values.type, pa.BaseExtensionType) else values
    try:
        return pc.cast(storage, pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        written = [None if value is None else re.sub(r"\s+", " ", str(value)) for value in storage.to_pylist()]
        return pa.chunked_array([pa.array(written, pa.string())])
