"""Output columns of a query, under the names that the warehouse gives them.

Snowflake raises unquoted names, Postgres and Redshift lower them, BigQuery and DuckDB keep them. Only ASCII letters
fold: Postgres leaves others alone in UTF-8, and the rest ask for quotes around them.

Redshift folds quoted names too, unless its session says `enable_case_sensitive_identifier`;
so a session that reads for Backhaul should.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

__all__ = ["OutputColumn", "fold", "naming_select", "output_columns"]

_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_NAMED_AFTER_WHAT_THEY_CAST = frozenset({"postgres", "redshift"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputColumn:
    """A column of the result: `name` as the warehouse reports it, `written` as typed, "" where it has no name.

    `start` and `end` are the offsets of the name in the text (its quotes included), None where it has none.
    """

    name: str
    written: str
    quoted: bool
    start: int | None
    end: int | None
    is_alias: bool = False


def fold(name: str, *, quoted: bool, dialect: str) -> str:
    """Give the name that the warehouse makes of a written one."""
    if quoted or dialect in ("bigquery", "duckdb"):
        return name
    return name.translate(_UPPER if dialect == "snowflake" else _LOWER)


def output_columns(tree: exp.Expr, dialect: str) -> tuple[OutputColumn, ...] | None:
    """Give the columns of a query, or None where a star (or a struct, or a pivot) makes them unknown."""
    select = naming_select(tree)
    if select is None or select.args.get("kind") or not select.expressions:
        return None
    if any(_unknown(item) for item in select.expressions):
        return None
    return tuple(_columns(select, dialect))


def naming_select(tree: exp.Expr) -> exp.Select | None:
    """Give the select that names the columns: the leftmost of a set operation, inside any parentheses."""
    while not isinstance(tree, exp.Select):
        if isinstance(tree, (exp.Subquery, exp.SetOperation)) and isinstance(tree.this, exp.Expr):
            tree = tree.this
        else:
            return None
    return tree


def _unknown(item: exp.Expr) -> bool:
    while isinstance(item, exp.Not | exp.Like | exp.ILike | exp.SimilarTo | exp.Glob | exp.RegexpLike | exp.Escape):
        item = item.this  # DuckDB: * LIKE '%name'
    return bool(item.is_star) or isinstance(item, (exp.Columns, exp.Aliases)) or item.find(exp.Columns) is not None


def _columns(select: exp.Select, dialect: str) -> Iterator[OutputColumn]:
    for item in select.expressions:
        name = _name(item, dialect)
        if name is None or not name.name:
            yield OutputColumn(name="", written="", quoted=False, start=None, end=None)
            continue
        start, end = name.meta.get("start"), name.meta.get("end")
        quoted = bool(name.args.get("quoted"))
        yield OutputColumn(
            name=fold(name.name, quoted=quoted, dialect=dialect),
            written=name.name,
            quoted=quoted,
            start=start,
            end=None if end is None else end + 1,
            is_alias=isinstance(item, exp.Alias),
        )


def _name(item: exp.Expr, dialect: str) -> exp.Expr | None:
    """Give the identifier that names an item of a select, or None."""
    if isinstance(item, exp.Alias):
        alias = item.args.get("alias")
        return alias if isinstance(alias, exp.Identifier) else None
    if isinstance(item, exp.Cast) and dialect in _NAMED_AFTER_WHAT_THEY_CAST:
        return _name(item.this, dialect)
    if isinstance(item, exp.Column):
        return item.this if isinstance(item.this, exp.Identifier) else None
    if isinstance(item, exp.Dot):
        last = item.expression
        return last if isinstance(last, exp.Identifier) else None
    return item if isinstance(item, exp.Identifier) else None
