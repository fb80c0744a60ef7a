"""LIMIT in a query with {{last_sync_time}}: the rows behind the limit are never sent.

Why it matters: a run begins where the last one began. Rows that changed before, and that the limit cut off, are older than that, so no later run
asks for them. Nothing says so: each run succeeds.

An example (Postgres):

    SELECT id AS user_id, plan FROM users WHERE updated_at >= to_timestamp({{last_sync_time}}) ORDER BY updated_at LIMIT 10000

Fix: leave the LIMIT out. A preview takes the first rows by itself, `max_calls` under [guards] stops a run that would send too much, and the
destination's own limits are kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from core.lint.base import Context
from core.lint.places import has_limit, limit_word
from core.model import Finding, Severity
from core.query import Query, finding

SEVERITY = Severity.WARNING


def check(query: Query, _context: Context) -> Iterator[Finding]:
    """Find a limit of the whole of an incremental query."""
    node = query.tree.unnest() if query.tree is not None else None
    if not query.incremental or not isinstance(node, exp.Query) or not has_limit(node):
        return
    message = "Rows behind the limit are never sent: the next run asks only for what changed since this one started. Remove the limit."
    yield finding(query.text, "limit-loses-rows", message, *limit_word(query, node), severity=SEVERITY)
