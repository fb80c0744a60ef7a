"""The query does not use {{last_sync_time}}: each run reads everything.

Why it matters: a full query is right where the data is small, where there is no column that says when a row changed, or
where removed rows must be seen. Elsewhere it costs the warehouse, at every run, the reading of what did not change. What did not
change is not sent again in either case.

An example:

    SELECT id AS "userId", plan FROM users

Fix: compare a column that says when a row changed with {{last_sync_time}}; or, where a full query is meant, end the
line with `-- backhaul: ignore last-sync-time-missing`.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context
from core.lint.times import conversion
from core.model import Finding, Severity
from core.query import Query, finding

SEVERITY = Severity.WARNING


def check(query: Query, _context: Context) -> Iterator[Finding]:
    """Find a query that reads everything."""
    if query.incremental or query.tree is None or query.findings:
        return
    first = query.tokens[0]
    message = (
        f"Each run reads everything. Compare a column that says when a row changed with {conversion(query.dialect)}."
    )
    yield finding(query.text, "last-sync-time-missing", message, first.start, first.end + 1, severity=SEVERITY)
