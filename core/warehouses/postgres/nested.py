"""Dates and times inside arrays, composites and ranges, written as those that stand alone are.

`to_json` writes a timestamp without zone without one, though the source's file says what it means, and an infinite one as a text.
So the types whose values hold dates or times are taken apart, as the catalogue describes them, and written in SQL: moments in UTC with
a Z, ranges of them as Postgres writes ranges, arrays of whatever dimensions. Everything else is left to `to_json`, which is quick.

All names and operators have their schema, and no word stands for an operator (BETWEEN, CASE value WHEN): they would be looked up on the
role's path. IS DISTINCT FROM NULL is none of these words, and ORDER BY takes its operator from the type.

A value that cannot be written (an infinite time, one outside the years 1 to 9999) gives SQL's NULL, all the way up: its column then holds
`UNWRITABLE` and the reason, which is no JSON, so that its row is rejected for it. The parts of a row(...) that has no type are not in the
catalogue: there, what looks like a timestamp without zone is such a value, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from core.duckdb_helpers import quoted
from core.warehouses.base import UNWRITABLE

__all__ = ["Member", "Writer"]

DATE, TIMESTAMP, INSTANT = 1082, 1114, 1184
RECORD, RECORDS = 2249, 2287

_MOST_DIMENSIONS = 6
_FIRST, _LAST = "'0001-01-01'", "'9999-12-31 23:59:59.999999'"
_LAST_DAY = "'9999-12-31'"
_FIRST_BOUND, _LAST_BOUND = "'0001-01-03'", "'9999-12-29'"
_OPENED, _CLOSED, _QUOTE = "'{'", "'}'", "'\"'"
_SPLIT = "{' OPERATOR(pg_catalog.||) '}"
_ISO = 'YYYY-MM-DD"T"HH24:MI:SS'
_NAIVE = r'"[0-9]{4,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?( BC)?"'
"""How `to_json` writes a timestamp without zone; one with a zone ends in its offset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What the catalogue says of a type that others are made of.

    `base` is a domain's type, `element` an array's, `bound` a range's, `range` that of a multirange; 0 where it is none of these. `fields`
    are a composite's names and types.
    """

    oid: int
    base: int = 0
    element: int = 0
    bound: int = 0
    range: int = 0
    fields: tuple[tuple[str, int], ...] = ()

    @property
    def parts(self) -> tuple[int, ...]:
        """The types that it is made of."""
        found = (self.base, self.element, self.bound, self.range, *(of for _, of in self.fields))
        return tuple(oid for oid in found if oid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes SQL for values of the types in `members`; `timezone` is what a timestamp without zone means."""

    members: Mapping[int, Member]
    timezone: str

    def column(self, oid: int) -> str | None:
        """Return the SQL (with `{}` for the column) that writes a column of a type; None where Postgres's own way is right."""
        member = self.members.get(oid)
        is_range = member is not None and bool(member.bound or member.range)
        written = self._range(oid, "{}") if is_range else self._json(oid, "{}", 0)
        if written is None or is_range:
            return written
        if self._holds_records(oid):
            reason = (
                "a time without zone in a row(...) that has no type: select its parts as columns, or cast it to a type"
            )
        else:
            reason = "an infinite time, or one outside the years 1 to 9999"
        return f"CASE WHEN {{}} IS DISTINCT FROM NULL THEN coalesce({written}, {quoted(UNWRITABLE + reason)}) END"

    def _json(self, oid: int, value: str, depth: int) -> str | None:
        """Return the SQL that writes a value, not NULL, as JSON; None where `to_json` is right."""
        member = self.members.get(oid, Member(oid=oid))
        if member.base:
            return self._json(member.base, value, depth)
        if oid == DATE:
            return f"CASE WHEN {_between(value, _FIRST, _LAST_DAY)} THEN {_to_json(value)} END"
        if oid == TIMESTAMP:
            return self._moment(value, depth)
        if oid == INSTANT:
            return f"CASE WHEN {_between(value, _FIRST, _LAST)} THEN {_iso(_utc(value), quote=True)} END"
        if oid in (RECORD, RECORDS):
            return (
                f"(SELECT CASE WHEN r{depth}.j OPERATOR(pg_catalog.!~) {quoted(_NAIVE)} THEN r{depth}.j END "
                f"FROM (SELECT {_to_json(value)} AS j) AS r{depth})"
            )
        if member.bound or member.range:
            text = self._range(oid, value)
            return _to_json(text) if text else None
        if member.element:
            return self._array(member.element, value, depth)
        return self._composite(member, value, depth)

    def _composite(self, member: Member, value: str, depth: int) -> str | None:
        written = {name: self._json(of, _field(value, name), depth + 1) for name, of in member.fields}
        if not any(written.values()):
            return None
        pairs = [
            _joined(_literal(json.dumps(name, ensure_ascii=False) + ":"), _or_null(_field(value, name), text))
            for name, text in written.items()
        ]
        between = [part for pair in pairs for part in ("','", pair)][1:]
        return _joined("'{'", *between, "'}'")

    def _array(self, element: int, value: str, depth: int) -> str | None:
        """Write an array. What opens and closes around an element follows from its place and from the sizes of the dimensions."""
        item = f"a{depth}"
        written = self._json(element, f"{item}.e", depth + 1)
        if written is None:
            return None
        sizes, product = [], f"pg_catalog.cardinality({value})"
        for dimension in range(1, _MOST_DIMENSIONS + 1):
            is_there = f"pg_catalog.array_ndims({value}) OPERATOR(pg_catalog.>=) {dimension}"
            sizes.append(f"CASE WHEN {is_there} THEN {product} END AS p{dimension}")
            product = f"({product} OPERATOR(pg_catalog./) pg_catalog.array_length({value}, {dimension}))"

        def at_edges(place: str) -> str:
            """Count the dimensions that begin or end at a place."""
            edges = (
                f"coalesce((({place} OPERATOR(pg_catalog.%) {item}.p{dimension}) OPERATOR(pg_catalog.=) 0)::pg_catalog.int4, 0)"
                for dimension in range(1, _MOST_DIMENSIONS + 1)
            )
            return " OPERATOR(pg_catalog.+) ".join(edges)

        opens, closes = at_edges(f"({item}.o OPERATOR(pg_catalog.-) 1)"), at_edges(f"{item}.o")
        one = _joined(f"pg_catalog.repeat('[', {opens})", f"{item}.t", f"pg_catalog.repeat(']', {closes})")
        return (
            f"(SELECT CASE WHEN pg_catalog.count(*) OPERATOR(pg_catalog.=) 0 THEN '[]' "
            f"WHEN pg_catalog.count({item}.t) OPERATOR(pg_catalog.=) pg_catalog.count(*) "
            f"THEN pg_catalog.string_agg({one}, ',' ORDER BY {item}.o) END "
            f"FROM (SELECT {item}.*, {_or_null(f'{item}.e', written)} AS t "
            f"FROM (SELECT {item}.e, pg_catalog.row_number() OVER () AS o, p.* "
            f"FROM (SELECT pg_catalog.unnest({value}) AS e) AS {item}, "
            f"(SELECT {', '.join(sizes)}) AS p) AS {item}) AS {item})"
        )

    def _moment(self, value: str, depth: int) -> str:
        """Write a timestamp without zone. As everywhere, the first and last hours that UTC has in another year keep their offset."""
        if self.timezone == "UTC":
            return f"CASE WHEN {_between(value, _FIRST, _LAST)} THEN {_iso(value, quote=True)} END"
        m = f"m{depth}"
        seconds = f"extract(epoch FROM {m}.here OPERATOR(pg_catalog.-) {m}.utc)"
        minutes = f"pg_catalog.round({seconds} OPERATOR(pg_catalog./) 60)::pg_catalog.int4"
        size = f"pg_catalog.abs({minutes})"
        offset = _joined(
            f"CASE WHEN {minutes} OPERATOR(pg_catalog.<) 0 THEN '-' ELSE '+' END",
            f"pg_catalog.lpad(({size} OPERATOR(pg_catalog./) 60)::pg_catalog.text, 2, '0')",
            "':'",
            f"pg_catalog.lpad(({size} OPERATOR(pg_catalog.%) 60)::pg_catalog.text, 2, '0')",
        )
        local = _iso(f"{m}.here", zone="")
        utc = _iso(f"{m}.utc", quote=True)
        return (
            f"(SELECT CASE WHEN {_between(f'{m}.utc', _FIRST, _LAST)} THEN {utc} "
            f"WHEN {m}.utc IS NOT NULL THEN {_joined(_QUOTE, local, offset, _QUOTE)} END FROM (SELECT {value} AS here, "
            f"CASE WHEN {_between(value, _FIRST, _LAST)} THEN {self._in_utc(value)} END AS utc) AS {m})"
        )

    def _in_utc(self, value: str) -> str:
        return _utc(f"pg_catalog.timezone({quoted(self.timezone)}, {value})")

    def _range(self, oid: int, value: str) -> str | None:
        """Write a range of moments, or several, as Postgres writes ranges; None where the bounds are no moments."""
        member = self.members[oid]
        if member.range:
            one = self._range(member.range, "r.e") if member.range in self.members else None
            if one is None:
                return None
            each = f"(SELECT pg_catalog.unnest({value}) AS e) AS r"
            ranges = f"(SELECT {one} AS t, pg_catalog.row_number() OVER () AS o FROM {each}) AS r"
            inside = "coalesce(pg_catalog.string_agg(r.t, ',' ORDER BY r.o), '')"
            return f"CASE WHEN {value} IS NOT NULL THEN (SELECT {_joined(_OPENED, inside, _CLOSED)} FROM {ranges}) END"
        bound = member.bound
        while (base := self.members.get(bound, Member(oid=bound)).base) != 0:
            bound = base
        if bound not in (TIMESTAMP, INSTANT):
            return None
        written = _joined(
            f"CASE WHEN pg_catalog.lower_inc({value}) THEN '[' ELSE '(' END",
            self._bound(bound, f"pg_catalog.lower({value})"),
            "','",
            self._bound(bound, f"pg_catalog.upper({value})"),
            f"CASE WHEN pg_catalog.upper_inc({value}) THEN ']' ELSE ')' END",
        )
        return f"CASE WHEN pg_catalog.isempty({value}) THEN 'empty' WHEN {value} IS NOT NULL THEN {written} END"

    def _bound(self, oid: int, value: str) -> str:
        """Write a range's bound as text: nothing where there is none; a time that ISO 8601 cannot write is as Postgres shows it."""
        utc = self._in_utc(value) if oid == TIMESTAMP and self.timezone != "UTC" else value
        utc = _utc(value) if oid == INSTANT else utc
        return (
            f"CASE WHEN {value} IS NULL THEN '' WHEN {_between(value, _FIRST_BOUND, _LAST_BOUND)} "
            f"THEN {_iso(utc)} ELSE {value}::pg_catalog.text END"
        )

    def _holds_records(self, oid: int) -> bool:
        parts = self.members[oid].parts if oid in self.members else ()
        return oid in (RECORD, RECORDS) or any(self._holds_records(part) for part in parts)


def _joined(*parts: str) -> str:
    return f"({' OPERATOR(pg_catalog.||) '.join(parts)})"


def _between(value: str, first: str, last: str) -> str:
    return f"({value} OPERATOR(pg_catalog.>=) {first} AND {value} OPERATOR(pg_catalog.<=) {last})"


def _to_json(value: str) -> str:
    return f"pg_catalog.to_json({value})::pg_catalog.text"


def _field(value: str, name: str) -> str:
    inside = name.replace('"', '""')
    if "{}" in name:  # which stands for the column
        inside = inside.replace("\\", "\\\\").replace("{}", r"\007B}")
        return f'({value}).U&"{inside}"'
    return f'({value})."{inside}"'


def _literal(text: str) -> str:
    """Return an SQL literal that holds no `{}`, which stands for the column."""
    return f"({quoted(text).replace('{}', _SPLIT)})"


def _or_null(value: str, written: str | None) -> str:
    """Write a value, or null. (IS NULL would be true of a composite whose fields all are.)"""
    return f"CASE WHEN {value} IS NOT DISTINCT FROM NULL THEN 'null' ELSE {written or _to_json(value)} END"


def _utc(instant: str) -> str:
    return f"pg_catalog.timezone('UTC', {instant})"


def _iso(utc: str, *, zone: str = "Z", quote: bool = False) -> str:
    """Write a timestamp in ISO 8601 with no fraction, three digits or six, whichever is exact."""
    mark = '\\"' if quote else ""
    end = f'"{zone}"' if zone else ""

    def form(fraction: str) -> str:
        return f"pg_catalog.to_char({utc}, '{mark}{_ISO}{fraction}{end}{mark}')"

    return (
        f"CASE WHEN {utc} OPERATOR(pg_catalog.=) pg_catalog.date_trunc('second', {utc}) THEN {form('')} "
        f"WHEN {utc} OPERATOR(pg_catalog.=) pg_catalog.date_trunc('milliseconds', {utc}) THEN {form('.MS')} ELSE {form('.US')} END"
    )
