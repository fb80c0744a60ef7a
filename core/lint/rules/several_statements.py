"""There is more than one statement.

Why it matters: a sync is one query. Whatever follows it would either not run or do something else than reading.

An example:

    SELECT id AS "userId" FROM users; SELECT 2

Fix: keep one query; make a sync of its own for each other one. A semicolon at the end is fine.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context, reported
from core.model import Finding, Severity
from core.query import Query

SEVERITY = Severity.ERROR


def check(query: Query, _context: Context) -> Iterator[Finding]:
    """Return what query.parse found."""
    return reported(query, "several-statements")
