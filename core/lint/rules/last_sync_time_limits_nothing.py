"""{{last_sync_time}} is there, but leaves out no row.

Why it matters: the run is taken for an incremental one, so rows that are gone are not looked for, and yet it reads everything. That happens where the
comparison stands in the select list, under OR beside a condition of another kind, in the ON of an outer join, on the optional
side of one, in a subquery that gives a value, in one branch of a UNION only, or has no column in it.

An example (Postgres):

    SELECT u.id AS user_id, o.total FROM users u
    LEFT JOIN orders o ON o.user_id = u.id AND o.updated_at >= to_timestamp({{last_sync_time}})

Fix: compare in the WHERE of the query itself, in each branch of a UNION; join with JOIN where rows without a partner are not wanted.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context
from core.lint.bounds import judged, unlimited_branches
from core.lint.columns import select_word
from core.model import Finding, Severity
from core.query import Query, finding

SEVERITY = Severity.WARNING


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find placeholders that limit nothing, where none limits, and branches of a UNION without one."""
    if query.tree is None or not query.incremental:
        return
    found = list(judged(query, context))
    if found and all(each.why_not for each in found):
        for each in found:
            start, end = _span(query, each.comparison.start, each.comparison.bare)
            yield finding(query.text, "last-sync-time-limits-nothing", each.why_not, start, end, severity=SEVERITY)
    elif not found and not query.findings and not _is_named(query, context):
        message = "It is compared with nothing, so each run reads everything."
        yield finding(query.text, "last-sync-time-limits-nothing", message, *query.placeholders[0], severity=SEVERITY)
    for level in unlimited_branches(query, context):
        message = "This branch of the UNION reads everything; another one is limited by last_sync_time."
        start, end = select_word(query, level.select)
        yield finding(query.text, "last-sync-time-limits-nothing", message, start, end, severity=SEVERITY)


def _is_named(query: Query, context: Context) -> bool:
    """Return whether an inner select gives the moment a name: WITH since AS (SELECT to_timestamp(...) AS moment); who uses it is not looked for."""
    inner = (level.select for level in context.levels if level.role not in ("root", "union"))
    return any(
        query.stands_for_placeholder(node) for select in inner for item in select.expressions for node in item.walk()
    )


def _span(query: Query, start: int, bare: tuple[int, int] | None) -> tuple[int, int]:
    """Return the place of the placeholder of a comparison: itself, or the nearest one to the operator."""
    return bare or min(query.placeholders, key=lambda span: abs(span[0] - start))
