"""A comma too many in a list.

Why it matters: parsers forgive it, warehouses mostly do not. Postgres and Redshift refuse a comma before FROM;
DuckDB, BigQuery and Snowflake take it; two commas in a row are refused everywhere.

An example:

    SELECT id AS user_id, email,, plan FROM users

Fix: take the comma away. Backhaul does it.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import Token, TokenType

from core.lint.base import Context
from core.model import Finding, Severity
from core.query import Query, finding, fix

SEVERITY = Severity.ERROR

_ENDS = {
    TokenType.FROM,
    TokenType.WHERE,
    TokenType.GROUP_BY,
    TokenType.ORDER_BY,
    TokenType.HAVING,
    TokenType.LIMIT,
    TokenType.UNION,
    TokenType.R_PAREN,
}
_FORGIVING = {"duckdb", "bigquery", "snowflake"}


def check(query: Query, _context: Context) -> Iterator[Finding]:
    """Find commas that stand before another one, or at the end of a list."""
    if query.tree is None:
        return
    for index, token in enumerate(query.tokens):
        if token.token_type is not TokenType.COMMA:
            continue
        after = query.tokens[index + 1] if index + 1 < len(query.tokens) else None
        message = _message(query, token, query.tokens[index - 1], after)
        if message:
            mend = fix("take the comma away", token.start, token.end + 1, "")
            yield finding(query.text, "stray-comma", message, token.start, token.end + 1, fix=mend)


def _message(query: Query, _token: Token, before: Token, after: Token | None) -> str:
    if before.token_type is TokenType.COMMA:
        return "Two commas in a row."
    if before.token_type is TokenType.SELECT:
        return "A list does not begin with a comma."
    if query.dialect not in _FORGIVING and (after is None or after.token_type in _ENDS):
        return f"A comma ends this list; {query.dialect.capitalize()} refuses it."
    return ""
