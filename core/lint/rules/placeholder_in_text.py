"""{{last_sync_time}} stands inside a string, a quoted identifier or a comment.

Why it matters: nothing is put in there, so the query would compare with those very letters. In a comment it does no
harm, but the query may be a full one without your knowing: that is a warning.

An example:

    SELECT id AS "userId", plan FROM users WHERE changed >= '{{last_sync_time}}'

Fix: take the quotes away. Backhaul offers it where they hold nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context, reported
from core.model import Finding, Severity
from core.query import Query

SEVERITY = Severity.ERROR


def check(query: Query, _context: Context) -> Iterator[Finding]:
    """Return what query.parse found."""
    return reported(query, "placeholder-in-text")
