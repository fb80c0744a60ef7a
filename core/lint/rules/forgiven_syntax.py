"""Something is left out, or written as in another language, which parsers forgive and this warehouse does not.

Why it matters: the query looks right here, and fails when it runs. So do: a JOIN that does not say ON what, GROUP BY without a column, a list
of IN with nothing in it, `==` for `=`, a query that begins with FROM. Each is found only where the warehouse refuses it: DuckDB takes
most of them.

An example (Postgres):

    SELECT u.id AS user_id, p.plan FROM users u JOIN plans p WHERE u.plan_id == p.id

Fix: write what is missing. `==` Backhaul fixes itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import Token, TokenType, exp

from core.lint.base import Context
from core.model import Finding, Severity
from core.query import Query, finding, fix

SEVERITY = Severity.ERROR

_AFTER_GROUP = {TokenType.R_PAREN, TokenType.ORDER_BY, TokenType.HAVING, TokenType.LIMIT, TokenType.QUALIFY}
_JOINS_ON = ("duckdb", "postgres", "redshift", "bigquery")
_SELECT_FIRST = ("postgres", "redshift", "snowflake")
_ONE_EQUALS = ("postgres", "redshift", "bigquery")


def check(query: Query, _context: Context) -> Iterator[Finding]:
    """Find what the parser let pass, and the warehouse will not."""
    if query.tree is None:
        return
    following: list[Token | None] = [*query.tokens[1:], None]
    for token, after in zip(query.tokens, following, strict=True):
        if token.token_type is TokenType.GROUP_BY and (after is None or after.token_type in _AFTER_GROUP):
            yield _found(query, token, "GROUP BY needs a column.")
        elif token.token_type is TokenType.EQ and token.text == "==" and query.dialect in _ONE_EQUALS:
            suggested = fix("write =", token.start, token.end + 1, "=")
            yield finding(
                query.text, "forgiven-syntax", "Equal is written =.", token.start, token.end + 1, fix=suggested
            )
    yield from _empty_lists(query)
    yield from _joins(query)
    yield from _from_first(query)


def _found(query: Query, token: Token, message: str) -> Finding:
    return finding(query.text, "forgiven-syntax", message, token.start, token.end + 1)


def _empty_lists(query: Query) -> Iterator[Finding]:
    """Find IN ()."""
    if query.dialect == "duckdb":
        return
    for token, first, second in zip(query.tokens, query.tokens[1:], query.tokens[2:], strict=False):
        kinds = (token.token_type, first.token_type, second.token_type)
        if kinds == (TokenType.IN, TokenType.L_PAREN, TokenType.R_PAREN):
            yield _found(query, token, "IN needs at least one value.")


def _joins(query: Query) -> Iterator[Finding]:
    """Find joins of tables without ON or USING. A path is a list of the row before it, on BigQuery, and needs none."""
    if query.dialect not in _JOINS_ON or query.tree is None:
        return
    words = {after.start: token for token, after in zip(query.tokens, query.tokens[1:], strict=False)}
    for join in query.tree.find_all(exp.Join):
        table = join.this
        if not isinstance(table, exp.Table) or join.args.get("on") or join.args.get("using") or join.args.get("method"):
            continue
        first = table.parts[0] if table.parts else None
        word = words.get(first.meta.get("start", -1)) if first is not None else None
        is_path = query.dialect == "bigquery" and len(table.parts) > 1
        if word is None or word.token_type is not TokenType.JOIN or join.kind == "CROSS" or is_path:
            continue
        yield _found(query, word, f"This JOIN does not say how rows of {table.name} belong to the others: write ON.")


def _from_first(query: Query) -> Iterator[Finding]:
    """Find a query that begins with FROM: more queries than words SELECT."""
    if query.dialect not in _SELECT_FIRST or query.tree is None:
        return
    words = [token for token in query.tokens if token.token_type is TokenType.SELECT]
    if len(list(query.tree.find_all(exp.Select))) <= len(words):
        return
    for before, token in zip([None, *query.tokens], query.tokens, strict=False):
        begins = before is None or before.token_type in (TokenType.L_PAREN, TokenType.R_PAREN)
        if token.token_type is TokenType.FROM and begins:
            yield _found(query, token, "SELECT and its columns are missing before FROM.")
            return
