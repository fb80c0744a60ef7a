"""A placeholder has another name, is joined to a word, or belongs to another tool.

Why it matters: the only one is {{last_sync_time}}, a number. Nobody fills in `{% %}`, `${}`, `?`, `:name` or `@name`,
and some parsers take them silently for something else.

An example:

    SELECT id AS "userId", plan FROM users WHERE changed >= {{last_time_sync}}

Fix: write {{last_sync_time}}, with nothing joined to it. Where the name is nearly right, Backhaul offers it.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context, reported
from core.model import Finding, Severity
from core.query import Query

SEVERITY = Severity.ERROR


def check(query: Query, _context: Context) -> Iterator[Finding]:
    """Return what query.parse found."""
    return reported(query, "unknown-placeholder")
