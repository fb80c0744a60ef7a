"""The query has more than 256 KB of text.

Why it matters: warehouses refuse such queries, most of them much earlier, and checking it as you type would be slow.
Usually a long list of values was pasted into it.

An example:

    SELECT id AS "userId", plan FROM users WHERE id IN (1, 2, 3, ...)

Fix: put the values into a table and join it.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context, reported
from core.model import Finding, Severity
from core.query import Query

SEVERITY = Severity.ERROR


def check(query: Query, _context: Context) -> Iterator[Finding]:
    """Return what query.parse found."""
    return reported(query, "query-too-long")
