"""An expression has no alias.

Why it matters: each warehouse makes up a name of its own (?column?, f0_, COUNT(*)), and that would be the trait's name.

An example:

    SELECT id AS "userId", upper(plan) || '!' FROM users

Fix: give it a name with AS. Only you know which.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import TokenType, exp

from core.lint.base import Context
from core.model import Finding, Severity
from core.query import Query, finding, naming_select

SEVERITY = Severity.WARNING


def check(query: Query, _context: Context) -> Iterator[Finding]:
    """Find columns that have no name of their own."""
    select = naming_select(query.tree) if query.tree is not None else None
    if select is None or query.columns is None:
        return
    for column, item in zip(query.columns, select.expressions, strict=True):
        if column.name:
            continue
        start, end = _span(query, item)
        message = "This column has no name; give it one with AS."
        yield finding(query.text, "unnamed-column", message, start, end, severity=SEVERITY)


def _span(query: Query, item: exp.Expr) -> tuple[int, int]:
    """Return the place of an item: from its first part to its last, with the parentheses that this leaves open."""
    starts = [part.meta["start"] for part in item.walk() if "start" in part.meta]
    ends = [part.meta["end"] + 1 for part in item.walk() if "end" in part.meta]
    if not starts:
        return query.tokens[0].start, query.tokens[0].end + 1
    start, end, depth = min(starts), max(ends), 0
    for token in query.tokens:
        if token.start < start:
            continue
        if token.start >= end and not (depth > 0 and token.token_type is TokenType.R_PAREN):
            break
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        end = max(end, token.end + 1)
    return start, end
