"""The statement is not a query.

Why it matters: a sync turns rows into calls, and only a SELECT (which may begin with WITH) gives rows that can be
compared, counted and previewed. SHOW, EXPLAIN, VALUES and the like cannot stand inside another query.

An example:

    EXPLAIN SELECT id FROM users

Fix: write one SELECT.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context, reported
from core.model import Finding, Severity
from core.query import Query

SEVERITY = Severity.ERROR


def check(query: Query, _context: Context) -> Iterator[Finding]:
    """Return what query.parse found."""
    return reported(query, "not-a-query")
