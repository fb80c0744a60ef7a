"""A comparison with {{last_sync_time}} is the wrong way round.

Why it matters: `changed <= {{last_sync_time}}` gives the rows that did not change since the last sync. The first run finds
nothing (last_sync_time is 0), and later ones only what is old.

An example:

    SELECT id AS "userId", plan FROM users WHERE {{last_sync_time}} >= changed

Beside a comparison that keeps what changed, another one may well keep what is old: rows that were there before, and changed.

Fix: turn the comparison round. Backhaul does it, but not under NOT, or in a BETWEEN.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context
from core.model import Finding, Severity
from core.query import Query, finding, fix

SEVERITY = Severity.WARNING

_TURNED = {"<": ">=", "<=": ">=", ">": "<=", ">=": "<="}


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find comparisons that keep what is older than the last sync."""
    limited = [context.level_of(each.node) for each in context.comparisons if each.keeps == "newer"]
    for comparison in context.comparisons:
        if comparison.keeps != "older" or context.level_of(comparison.node) in limited:
            continue  # changed since, and made before: both are meant
        written = query.text[comparison.start : comparison.end]
        turned = _TURNED.get(written) if not comparison.negated else None
        yield finding(
            query.text,
            "last-sync-time-reversed",
            "This keeps the rows that did not change since the last sync; turn the comparison round.",
            comparison.start,
            max(comparison.end, comparison.start + 1),
            severity=SEVERITY,
            fix=fix(f"write {turned}", comparison.start, comparison.end, turned) if turned else None,
        )
