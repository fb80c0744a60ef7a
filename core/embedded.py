"""Small helps for DuckDB as an engine inside the process. It is never the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

__all__ = ["count", "quoted"]


def count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """Give the one number that a query returns, 0 for NULL. All rows are fetched: DuckDB 2 refuses other work on a
    connection whose last result was not read to its end.
    """
    rows = connection.execute(query).fetchall()
    return int(rows[0][0] or 0)


def quoted(text: str) -> str:
    """Give a text as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
