"""Which field of the call each output column becomes, and which it nearly became."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import TokenType

from core.calls.fields import CALLS, GROUP_TRAITS, Place, canonical_field, place_of
from core.lint.base import Context
from core.model import CallType
from core.query import OutputColumn, Query

__all__ = ["WAREHOUSES", "Mapped", "mapped", "near_field", "own_fields", "select_span", "snake"]

WAREHOUSES = {
    "duckdb": "DuckDB",
    "postgres": "Postgres",
    "redshift": "Redshift",
    "snowflake": "Snowflake",
    "bigquery": "BigQuery",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """An output column, where it goes, and the field that it would be if its name were spelled right."""

    column: OutputColumn
    place: Place
    near: str | None


def mapped(query: Query, context: Context) -> Iterator[Mapped]:
    """Give each named column with its place; nothing where the columns or the call are unknown."""
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


def own_fields(call: CallType) -> tuple[str, ...]:
    """Give the names that a call type gives a meaning to."""
    extra = ("email",) if call is CallType.IDENTIFY else ()
    return (*CALLS[call].fields, *(sorted(GROUP_TRAITS) if call is CallType.GROUP else ()), *extra)


def near_field(call: CallType, name: str) -> str | None:
    """Give the field that a name stands for but for its letters' case, or None ('USERID' -> 'userId')."""
    if canonical_field(call, name) is not None or name in own_fields(call):
        return None
    lowered = name.lower()
    return next((field for field in own_fields(call) if lowered in (field.lower(), snake(field))), None)


def snake(field: str) -> str:
    """Give the other spelling of a field ('userId' -> 'user_id')."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", field).lower()


def select_span(query: Query) -> tuple[int, int]:
    """Give the place of the word SELECT whose list names the columns, as near as can be told."""
    named = [column.start for column in query.columns or () if column.start is not None]
    before = named[0] if named else len(query.text)
    selects = [token for token in query.tokens if token.token_type is TokenType.SELECT]
    earlier = [token for token in selects if token.start < before] if named else selects[:1]
    token = earlier[-1] if earlier else query.tokens[0]
    return token.start, token.end + 1
