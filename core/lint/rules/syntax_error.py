"""The query cannot be read as SQL of its warehouse.

Why it matters: the warehouse would refuse it, often with a place that is hard to find. The place given here is the
first word that does not fit; the slip is there or just before it.

An example:

    SELECT id AS USERID AS userId FROM users

Fix: fix the text at the place. Where a word is nearly a keyword, the message says which.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context, reported
from core.model import Finding, Severity
from core.query import Query

SEVERITY = Severity.ERROR


def check(query: Query, _context: Context) -> Iterator[Finding]:
    """Return what query.parse found."""
    return reported(query, "syntax-error")
