"""A comma too many in a list.

Why it matters: parsers forgive it, warehouses mostly do not. Postgres and Redshift refuse a comma at the end of any list; BigQuery and
Snowflake take it at the end of a SELECT's columns, and nowhere else; DuckDB takes it. Two commas in a row are refused everywhere.

An example:

    SELECT id AS user_id, email,, plan FROM users

Fix: take the comma away. Backhaul does it.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import Token, TokenType

from core.lint.base import Context
from core.lint.columns import WAREHOUSES
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
_CLAUSES = {
    TokenType.SELECT,
    TokenType.FROM,
    TokenType.WHERE,
    TokenType.GROUP_BY,
    TokenType.ORDER_BY,
    TokenType.HAVING,
    TokenType.WITH,
    TokenType.PARTITION_BY,
}
_BRACKETS = {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}


def check(query: Query, _context: Context) -> Iterator[Finding]:
    """Find commas that stand before another one, or at the end of a list."""
    if query.tree is None:
        return
    for index, token in enumerate(query.tokens):
        if token.token_type is not TokenType.COMMA:
            continue
        after = query.tokens[index + 1] if index + 1 < len(query.tokens) else None
        message = _message(query, index, after)
        if message:
            suggested = fix("take the comma away", token.start, token.end + 1, "")
            yield finding(query.text, "stray-comma", message, token.start, token.end + 1, fix=suggested)


def _message(query: Query, index: int, after: Token | None) -> str:
    before = query.tokens[index - 1]
    if before.token_type is TokenType.COMMA:
        return "Two commas in a row."
    if before.token_type in (TokenType.SELECT, TokenType.L_PAREN):
        return "A list cannot start with a comma."
    if (after is None or after.token_type in _ENDS) and not _forgives(query, index):
        return f"A comma ends this list; {WAREHOUSES[query.dialect]} refuses it."
    return ""


def _forgives(query: Query, index: int) -> bool:
    """Return whether the warehouse takes a comma at the end of the list that it stands in."""
    if query.dialect not in ("bigquery", "snowflake"):
        return query.dialect == "duckdb"
    depth = 0
    for token in reversed(query.tokens[:index]):
        depth += _BRACKETS.get(token.token_type, 0)
        if depth > 0:
            return False  # the list of a function
        if depth == 0 and token.token_type in _CLAUSES:
            return token.token_type is TokenType.SELECT
    return False
