"""The query nests too deep, or has many joins without a condition.

Why it matters: reading it would take the parser's memory or minutes of its time. No query that a person wrote needs 150
brackets inside each other, and more than 12 joins that wait for their ON or USING are a slip.

An example:

    SELECT a.id AS "userId", b.plan FROM a JOIN b JOIN c JOIN d ...

Fix: give each join its ON or USING, and name inner queries in a WITH.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context, reported
from core.model import Finding, Severity
from core.query import Query

SEVERITY = Severity.ERROR


def check(query: Query, _context: Context) -> Iterator[Finding]:
    """Return what query.parse found."""
    return reported(query, "query-too-complex")
