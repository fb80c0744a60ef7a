"""The query gives more columns than a destination takes.

Why it matters: the run stops before it sends anything, or the destination drops what is too much. Customer.io takes 300 columns, Segment
512, its SQL Traits 25; `[limits] columns` in a destination's file says another number.

An example (to a destination with the profile sql-traits): a query of 40 columns.

Fix: leave out what nobody uses over there, or put some into one object.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context
from core.lint.columns import select_span
from core.model import Finding, Severity
from core.query import Query, finding

SEVERITY = Severity.ERROR


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Count the columns against what each destination takes."""
    count = len(query.columns or ())
    for receiver in context.receivers:
        if count > receiver.columns:
            message = (
                f"The query gives {count:,} columns; {receiver.name} ({receiver.type}) takes {receiver.columns:,}."
            )
            yield finding(query.text, "too-many-columns", message, *select_span(query))
