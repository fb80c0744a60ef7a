"""A function stands around the column that is compared with {{last_sync_time}}.

Why it matters: the warehouse computes the function for each row before it can compare. It can neither use an index nor leave out
partitions, blocks or micro-partitions: a run that finds ten rows reads the whole table.

An example (BigQuery):

    SELECT id AS userId, plan FROM app.users WHERE UNIX_SECONDS(updated_at) >= {{last_sync_time}}

Fix: leave the column alone, and convert the other side: `updated_at >= timestamp_seconds({{last_sync_time}})`.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from core.lint.base import Context
from core.lint.times import conversion
from core.model import Finding, Severity
from core.query import Query, finding

SEVERITY = Severity.HINT


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find comparisons whose column is wrapped."""
    for comparison in context.comparisons:
        other = comparison.other.unnest()
        column = other.find(exp.Column)
        if isinstance(other, exp.Column | exp.Dot) or column is None or "start" not in column.this.meta:
            continue
        if other.find(exp.AggFunc, exp.Window, exp.Query):
            continue  # what is computed over many rows cannot be pruned by any way of writing
        message = f"This is computed for each row before it is compared. Compare {column.name} itself, with {conversion(query.dialect)}."
        start, end = column.this.meta["start"], column.this.meta["end"] + 1
        yield finding(query.text, "last-sync-time-pruning", message, start, end, severity=SEVERITY)
