"""The schedule asks for runs more often than the last ones took.

Why it matters: while a run goes on, the next one is skipped. The sync is then always late, the warehouse never rests, and the times on the home page mean nothing.

An example: a sync `every 1 minute` whose runs take three minutes.

Fix: run it less often; or let the query read less, with a comparison with {{last_sync_time}}.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.formatting import duration, took
from core.lint.base import Context
from core.lint.columns import select_span
from core.model import Finding, Severity
from core.query import Query, finding

SEVERITY = Severity.WARNING


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Compare the schedule with what the last runs took."""
    pace = context.pace
    if pace is None or pace.took is None or pace.took <= pace.every or not query.tokens:
        return
    message = f"The last run took {took(pace.took)}, and one is to start every {duration(int(pace.every))}: runs will be skipped."
    yield finding(query.text, "schedule-too-tight", message, *select_span(query), severity=SEVERITY)
