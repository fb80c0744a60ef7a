"""A comparison with {{last_sync_time}} is the wrong way round.

Why it matters: `changed <= {{last_sync_time}}` gives the rows that did not change since the last sync. The first run finds
nothing (last_sync_time is 0), and later ones only what is old.

An example:

    SELECT id AS "userId", plan FROM users WHERE {{last_sync_time}} >= changed

Fix: turn the comparison round. Backhaul does it.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from core.lint.base import Context
from core.model import Finding, Severity
from core.query import Query, finding, fix

SEVERITY = Severity.WARNING

_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find comparisons that keep what is older than the last sync."""
    for comparison in context.comparisons:
        if comparison.operator not in ("<", "<=") or comparison.start == comparison.end:
            continue
        if comparison.node.find_ancestor(exp.Not) or not comparison.other.find(exp.Column):
            continue
        written = query.text[comparison.start : comparison.end]
        yield finding(
            query.text,
            "last-sync-time-reversed",
            "This keeps the rows that did not change since the last sync; turn the comparison round.",
            comparison.start,
            comparison.end,
            severity=SEVERITY,
            fix=fix(f"write {_TURNED[written]}", comparison.start, comparison.end, _TURNED[written]),
        )
