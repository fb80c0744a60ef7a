"""What Snowflake's INFORMATION_SCHEMA says of tables and columns: it lists what the role has a privilege on."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from core.model import Table
from core.warehouses.snowflake.connection import SnowflakeSettings, quoted_name
from core.warehouses.snowflake.types import column

__all__ = ["read_catalogue", "seen_of"]

COLUMNS = """
    SELECT t.TABLE_SCHEMA, t.TABLE_NAME, t.TABLE_TYPE, t.ROW_COUNT,
           c.COLUMN_NAME, c.DATA_TYPE, c.NUMERIC_PRECISION, c.NUMERIC_SCALE, c.CHARACTER_MAXIMUM_LENGTH
    FROM INFORMATION_SCHEMA.TABLES AS t
    JOIN INFORMATION_SCHEMA.COLUMNS AS c ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME
    WHERE t.TABLE_SCHEMA <> 'INFORMATION_SCHEMA'
    ORDER BY t.TABLE_SCHEMA, t.TABLE_NAME, c.ORDINAL_POSITION
"""
NAMES = """
    SELECT TABLE_SCHEMA, TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA <> 'INFORMATION_SCHEMA'
"""

Rows = Callable[[str], list[tuple[Any, ...]]]


def read_catalogue(rows: Rows) -> tuple[Table, ...]:
    """Give the tables and views of the session's database, system schemas left out."""
    tables = []
    for (schema, name, kind, count), members in itertools.groupby(rows(COLUMNS), key=lambda row: row[:4]):
        columns = tuple(
            column(
                column_name,
                "VARCHAR" if type_ == "TEXT" else type_,
                precision=_whole(precision),
                scale=_whole(scale),
                length=_whole(length),
            )
            for *_, column_name, type_, precision, scale, length in members
        )
        is_view = "VIEW" in kind
        estimate = None if is_view else _whole(count)
        tables.append(Table(schema=schema, name=name, columns=columns, rows=estimate, is_view=is_view))
    return tuple(tables)


def seen_of(name: str, rows: Rows, settings: SnowflakeSettings) -> str:
    """Say what to do about a table that Snowflake calls missing or not authorized: it does not tell one from the other.

    Where the role sees its schema and a table of nearly that name, that is named; else the grants that are missing.
    """
    parts = [part.strip('"') for part in name.split(".")]
    table, schema = parts[-1], parts[-2] if len(parts) > 1 else settings.schema
    database = parts[-3] if len(parts) > 2 else settings.database
    if quoted_name(database).upper() != quoted_name(settings.database).upper():
        return ""
    known = [(found_schema, found) for found_schema, found in rows(NAMES)]
    else_grants = f"If it is another: {grants(parts, settings)}"
    same = [f"{quoted_name(where)}.{quoted_name(found)}" for where, found in known if found.upper() == table.upper()]
    if same:
        return f"The role can read {', '.join(same[:3])}. {else_grants}"
    here = [found for where, found in known if where.upper() == schema.upper()]
    close = get_close_matches(table.upper(), [found.upper() for found in here], n=1)
    return f"Did you mean {close[0]}? {else_grants}" if close else ""


def grants(parts: list[str], settings: SnowflakeSettings) -> str:
    """Give the statements that let the role read a table, with this source's names where the query names none."""
    defaults = [settings.database, settings.schema, ""]
    path = [*defaults[: 3 - len(parts)], *parts][-3:]
    database, schema, table = (quoted_name(part) for part in path)
    role = quoted_name(settings.role)
    return (
        f"Let its owner run: GRANT USAGE ON DATABASE {database} TO ROLE {role}; "
        f"GRANT USAGE ON SCHEMA {database}.{schema} TO ROLE {role}; "
        f"GRANT SELECT ON TABLE {database}.{schema}.{table} TO ROLE {role}; (ON VIEW, for a view)"
    )


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
