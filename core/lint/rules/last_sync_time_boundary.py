"""A column is compared with {{last_sync_time}} by `>`: the rows of that very second are left out.

Why it matters: last_sync_time is a whole second. A row that changed in it, after the last run had read, is never seen again.
`>=` reads that second once more; what was sent already is not sent again.

An example (Postgres):

    SELECT id AS user_id, plan FROM users WHERE updated_at > to_timestamp({{last_sync_time}})

Fix: write `>=`. Backhaul does it.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context
from core.model import Finding, Severity
from core.query import Query, finding, fix

SEVERITY = Severity.HINT


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find comparisons that leave the boundary out."""
    for comparison in context.comparisons:
        written = query.text[comparison.start : comparison.end]
        if comparison.operator == ">" and comparison.keeps == "newer" and written in (">", "<"):
            yield finding(
                query.text,
                "last-sync-time-boundary",
                f"A row that changed in the very second of the last sync is left out; {written}= keeps it.",
                comparison.start,
                comparison.end,
                severity=SEVERITY,
                fix=fix(f"write {written}=", comparison.start, comparison.end, f"{written}="),
            )
