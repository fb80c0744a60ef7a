"""Millions of rows are read more than once a day.

Why it matters: Customer.io asks not to sync millions of rows more than once a day; a warehouse bills each reading. Comparing
costs little, reading all of it does.

An example: a query of 4 million rows without {{last_sync_time}}, every 15 minutes.

Fix: compare with {{last_sync_time}}, or run it once a day.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.formatting import duration
from core.lint.base import Context
from core.lint.columns import select_span
from core.model import Finding, Severity
from core.query import Query, finding

SEVERITY = Severity.WARNING

_MANY = 1_000_000
_DAY = 86_400.0


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Look at how many rows the last run read, and how often it is to run."""
    pace = context.pace
    if pace is None or pace.rows is None or pace.rows < _MANY or pace.every >= _DAY or not query.tokens:
        return
    message = f"The last run read {pace.rows:,} rows, and one is to start every {duration(int(pace.every))}. Limit the query, or run it once a day."
    yield finding(query.text, "too-many-rows-too-often", message, *select_span(query), severity=SEVERITY)
