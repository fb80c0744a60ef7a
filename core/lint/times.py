"""Comparisons with {{last_sync_time}}, and each dialect's way to make a timestamp of it.

`{{last_sync_time}}` is a whole number, seconds since 1970. No warehouse compares a timestamp with a number (DuckDB,
Postgres, Redshift, BigQuery and Snowflake all refuse), although the documents of a well-known service write it so.

Snowflake has three kinds of timestamp. A constant of the kind without zone (NTZ, what TIMESTAMP means unless the account
says otherwise) is cast to a zoned column's kind, never the column to the constant's, so partitions are still pruned; Backhaul's
sessions are in UTC, where both mean the same instant. For a column known to have a zone the constant has one too.

BigQuery mixes nothing: DATETIME and DATE columns need a constant of their own kind. Redshift has no to_timestamp of
a number. Postgres and DuckDB make a timestamp with zone, which their sessions in UTC compare with any kind.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from core.model import Kind
from core.query import PLACEHOLDER, Query, fold

__all__ = ["Comparison", "column_name", "comparisons", "conversion", "explain_comparison", "likely_timestamp"]

_LIKELY = re.compile(
    r"(^|_)(at|time|timestamp|on|datetime|ts_tz|tstamp)$|date|modified|^(last_)?(updated|created|changed|seen)$|timestamp"
)
_NUMERIC = re.compile(r"epoch|unix|_ts$|_ms$|seconds|millis|_id$")
_FLIPPED: dict[type[exp.Expr], str] = {exp.GT: "<", exp.GTE: "<=", exp.LT: ">", exp.LTE: ">="}
_SYMBOLS: dict[type[exp.Expr], str] = {
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.EQ: "=",
    exp.NEQ: "<>",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A comparison with the placeholder.

    `operator` is written as if the placeholder stood on the right; `start` and `end` are the written operator's
    place. `bare` is the placeholder's span where it is compared as the number that it is, None where something
    is computed from it first. `other` is the expression on the other side, `node` the comparison itself. `is_age` says that the
    placeholder or a column is subtracted from something: what is newer is then less.
    """

    operator: str
    start: int
    end: int
    placeholder_first: bool
    bare: tuple[int, int] | None
    other: exp.Expr
    node: exp.Expr
    is_age: bool

    @property
    def negated(self) -> bool:
        """Whether a NOT around it turns it round."""
        count, node = 0, self.node.parent
        while isinstance(node, exp.Not | exp.Paren | exp.And | exp.Or):
            count += isinstance(node, exp.Not)
            node = node.parent
        return count % 2 == 1

    @property
    def keeps(self) -> str:
        """What it keeps: "newer" rows than the last sync, "older" ones, or "" where that cannot be told."""
        if self.operator not in _FLIPPED.values() or not _has_column(self.other) or _has_column(self.node, self.other):
            return ""
        if self.is_age:
            return ""
        return "newer" if (self.operator in (">", ">=")) is not self.negated else "older"


def _has_column(node: exp.Expr, without: exp.Expr | None = None) -> bool:
    """Return whether a column is in an expression, outside a part of it."""
    return any(
        isinstance(each, exp.Column) for each in node.walk(prune=lambda each: each is without) if each is not without
    )


def comparisons(query: Query) -> Iterator[Comparison]:
    """Yield the comparisons that have the placeholder on one side, in the order of their places."""
    if query.tree is None or not query.placeholders:
        return
    stand_ins = [node for node in query.tree.find_all(exp.Literal) if query.stands_for_placeholder(node)]
    seen: set[int] = set()
    for stand_in in sorted(stand_ins, key=lambda node: query.place_of(node) or (0, 0)):
        side = _side(stand_in)
        node = side.parent
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, exp.Between):
            yield from _between(query, node, side)
        elif isinstance(node, exp.Binary):
            first = side is node.left
            other = node.right if first else node.left
            if _span(query, other) is None:
                yield _comparison(query, node, side=side, other=other, first=first)


def _side(stand_in: exp.Expr) -> exp.Expr:
    """Return the side of a comparison in which a placeholder stands; what is no comparison's is given with what is around it.

    A subquery has comparisons of its own: a placeholder in one is no side of a comparison with it.
    """
    node = stand_in
    while node.parent is not None and not isinstance(node.parent, (*_SYMBOLS, exp.Between, exp.Query)):
        node = node.parent
    return node


def _between(query: Query, node: exp.Between, side: exp.Expr) -> Iterator[Comparison]:
    """Yield the comparison that a BETWEEN is: with its lower bound, its upper one, or of the placeholder with the upper one."""
    place = _span(query, side)
    if place is not None:
        yield Comparison(
            operator="<=" if side.arg_key == "high" else ">=",
            start=place[0],
            end=place[0],
            placeholder_first=side.arg_key == "this",
            bare=_bare(query, side),
            other=node.args["high"] if side.arg_key == "this" else node.this,
            node=node,
            is_age=_is_age(query, node),
        )


def _is_age(query: Query, node: exp.Expr) -> bool:
    """Return whether the placeholder or a column is subtracted from something in a comparison."""
    taken = (each.expression for each in node.find_all(exp.Sub))
    return any(
        isinstance(part, exp.Column) or query.stands_for_placeholder(part) for each in taken for part in each.walk()
    )


def _comparison(query: Query, node: exp.Binary, *, side: exp.Expr, other: exp.Expr, first: bool) -> Comparison:
    kind = type(node)
    symbol = _SYMBOLS[kind]
    start, end = _operator(query, node)
    return Comparison(
        operator=_FLIPPED.get(kind, symbol) if first else symbol,
        start=start,
        end=end,
        placeholder_first=first,
        bare=_bare(query, side),
        other=other,
        node=node,
        is_age=_is_age(query, node),
    )


def _operator(query: Query, node: exp.Binary) -> tuple[int, int]:
    """Return the place of a comparison's operator: the last one of its kind between its two sides."""
    lefts = [part.meta["end"] for part in node.left.walk() if "end" in part.meta]
    rights = [part.meta["start"] for part in node.right.walk() if "start" in part.meta]
    low, high = max(lefts, default=0), min(rights, default=len(query.text))
    for token in query.tokens[bisect_right(query.tokens, low, key=lambda token: token.start) :]:
        if token.start >= high:
            break
        if query.text[token.start : token.end + 1] in (*_SYMBOLS.values(), "!=", "=="):
            return token.start, token.end + 1
    return low, low


def _span(query: Query, side: exp.Expr) -> tuple[int, int] | None:
    """Return the span of the placeholder inside an expression, or None; subqueries have comparisons of their own."""
    for node in side.walk(prune=lambda node: isinstance(node, exp.Query)):
        if place := query.place_of(node):
            return place
    return None


def _bare(query: Query, side: exp.Expr) -> tuple[int, int] | None:
    """Return the span of the placeholder where a side is nothing but it."""
    side = side.unnest()
    return _span(query, side) if query.stands_for_placeholder(side) else None


def likely_timestamp(name: str) -> bool:
    """Return whether a column's name speaks of a time rather than a number."""
    lowered = name.lower()
    return _LIKELY.search(lowered) is not None and _NUMERIC.search(lowered) is None


def column_name(query: Query, node: exp.Expr) -> str | None:
    """Return the folded name of a column, or None where an expression is no plain column."""
    if not isinstance(node, exp.Column) or not isinstance(node.this, exp.Identifier):
        return None
    return fold(node.name, quoted=bool(node.this.args.get("quoted")), dialect=query.dialect)


def conversion(dialect: str, kind: Kind | None = None) -> str:
    """Return the expression that makes of the placeholder what a column of this kind is compared with."""
    if dialect == "snowflake":
        return f"to_timestamp_{'tz' if kind is Kind.INSTANT else 'ntz'}({PLACEHOLDER})"
    if dialect == "bigquery":
        seconds = f"timestamp_seconds({PLACEHOLDER})"
        return {Kind.DATE: f"date({seconds})", Kind.TIMESTAMP: f"datetime({seconds})"}.get(
            kind or Kind.INSTANT, seconds
        )
    if dialect == "redshift":
        return f"(timestamp 'epoch' + {PLACEHOLDER} * interval '1 second')"
    return f"to_timestamp({PLACEHOLDER})"


def explain_comparison(dialect: str, kind: Kind | None = None) -> str:
    """Say in a sentence how to compare a timestamp with the placeholder; for warehouses to explain their own error."""
    return f"{PLACEHOLDER} is a Unix time, a whole number of seconds: compare a timestamp with {conversion(dialect, kind)}."
