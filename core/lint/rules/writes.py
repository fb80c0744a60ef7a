"""The query changes data, locks rows or sets something.

Why it matters: Backhaul only reads; this is a promise to those who run the warehouse. It holds for the whole query, so
a DELETE inside WITH, SELECT INTO and FOR UPDATE are refused too.

An example:

    WITH gone AS (DELETE FROM users RETURNING id) SELECT id AS "userId" FROM gone

Fix: let the query only read. Changes belong into the tools that transform the warehouse's data.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context, reported
from core.model import Finding, Severity
from core.query import Query

SEVERITY = Severity.ERROR


def check(query: Query, _context: Context) -> Iterator[Finding]:
    """Return what query.parse found."""
    return reported(query, "writes")
