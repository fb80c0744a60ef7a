"""Which field of the call each output column becomes, and which it nearly became."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sqlglot import TokenType, exp

from core.calls.fields import CALLS, GROUP_TRAITS, canonical_field, place_of
from core.lint.base import Context, Mapped
from core.model import CallType, Finding, Fix, Severity
from core.query import Query, finding

__all__ = [
    "WAREHOUSES",
    "field_of",
    "items",
    "mapped",
    "named",
    "near_field",
    "own_fields",
    "select_span",
    "select_word",
    "snake",
    "trait_of",
]

_BETWEEN = re.compile(r"[\s_-]+")

WAREHOUSES = {
    "duckdb": "DuckDB",
    "postgres": "Postgres",
    "redshift": "Redshift",
    "snowflake": "Snowflake",
    "bigquery": "BigQuery",
}


def mapped(query: Query, context: Context) -> Iterable[Mapped]:
    """Return each named column with its place; nothing where the columns or the call are unknown."""
    return _mapped(query, context) if context.mapped is None else context.mapped


def _mapped(query: Query, context: Context) -> Iterator[Mapped]:
    if context.call is None or query.columns is None:
        return
    for column in query.columns:
        if column.name:
            target = context.columns.get(column.name)
            yield Mapped(
                column=column,
                place=place_of(context.call, column.name, target),
                near=None if target else near_field(context.call, column.name),
            )


def items(query: Query, context: Context) -> Iterator[tuple[Mapped, exp.Expr]]:
    """Yield each named column with its place and the expression that it is, without its alias."""
    outer = context.outer
    if outer is None or query.columns is None or len(query.columns) != len(outer.select.expressions):
        return
    expressions = {id(column): item for column, item in zip(query.columns, outer.select.expressions, strict=True)}
    for entry in mapped(query, context):
        item = expressions[id(entry.column)]
        yield entry, item.this if isinstance(item, exp.Alias) else item


def field_of(entry: Mapped) -> str | None:
    """Return the field of the call that a column becomes, also one whose name is nearly right; None for a trait or property."""
    if entry.near:
        return entry.near
    return entry.place.path[0] if len(entry.place.path) == 1 and not entry.place.whole else None


def trait_of(entry: Mapped) -> str | None:
    """Return the name of the trait or property that a column becomes; None for a field of the call, or a whole object."""
    path = entry.place.path
    return path[-1] if len(path) > 1 and path[0] in ("traits", "properties") and not entry.near else None


def named(
    query: Query, rule: str, entry: Mapped, message: str, severity: Severity, suggested: Fix | None = None
) -> Finding:
    """Return a finding at a column's name."""
    column = entry.column
    start, end = (
        (column.start, column.end) if column.start is not None and column.end is not None else select_span(query)
    )
    return finding(query.text, rule, message, start, end, severity=severity, fix=suggested)


def own_fields(call: CallType) -> tuple[str, ...]:
    """Return the names that a call type gives a meaning to."""
    extra = ("email",) if call is CallType.IDENTIFY else ()
    return (*CALLS[call].fields, *(sorted(GROUP_TRAITS) if call is CallType.GROUP else ()), *extra)


def near_field(call: CallType, name: str) -> str | None:
    """Return the field that a name stands for but for its letters' case, or what parts its words; None ('USERID' -> 'userId')."""
    if canonical_field(call, name) is not None or name in own_fields(call):
        return None
    letters = _BETWEEN.sub("", name.lower())
    return next((field for field in own_fields(call) if letters == field.lower()), None)


def snake(field: str) -> str:
    """Return the other spelling of a field ('userId' -> 'user_id')."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", field).lower()


def select_span(query: Query) -> tuple[int, int]:
    """Return the place of the word SELECT whose list names the columns, as near as can be told."""
    named = [column.start for column in query.columns or () if column.start is not None]
    before = named[0] if named else len(query.text)
    selects = [token for token in query.tokens if token.token_type is TokenType.SELECT]
    earlier = [token for token in selects if token.start < before] if named else selects[:1]
    token = earlier[-1] if earlier else query.tokens[0]
    return token.start, token.end + 1


def select_word(query: Query, select: exp.Select) -> tuple[int, int]:
    """Return the place of the word SELECT of a select."""
    starts = [node.meta["start"] for item in select.expressions for node in item.walk() if "start" in node.meta]
    before = min(starts, default=len(query.text))
    words = [token for token in query.tokens if token.token_type is TokenType.SELECT and token.start < before]
    token = words[-1] if words else query.tokens[0]
    return token.start, token.end + 1
