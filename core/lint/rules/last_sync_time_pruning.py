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
from core.lint.times import conversion, likely_timestamp
from core.model import Finding, Kind, Severity
from core.query import Query, finding

SEVERITY = Severity.HINT

_PRUNES_DAYS = ("bigquery", "snowflake")
"""Where a time that is made a day still leaves out partitions."""

_NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT)


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find comparisons whose column is wrapped."""
    for comparison in context.comparisons:
        other = comparison.other.unnest()
        column = other.find(exp.Column)
        if isinstance(other, exp.Column | exp.Dot | exp.Tuple) or column is None or "start" not in column.this.meta:
            continue
        if other.find(exp.AggFunc, exp.Window, exp.Query):
            continue  # what is computed over many rows cannot be pruned by any way of writing
        columns = {(each.table, each.name) for each in other.find_all(exp.Column)}
        if len({table for table, _ in columns}) > 1:
            continue  # the later one of two tables' columns is neither of them
        if query.dialect in _PRUNES_DAYS and isinstance(other, exp.Date | exp.TsOrDsToDate | exp.Cast):
            continue
        kind = context.kind(column)
        is_number = kind in _NUMBERS if kind is not None else not likely_timestamp(column.name)
        way = "and compute on the other side" if is_number else f"with {conversion(query.dialect)}"
        what = f"{column.name} itself" if len(columns) == 1 else "each column by itself"
        message = f"This is computed for each row before it is compared. Compare {what}, {way}."
        start, end = column.this.meta["start"], column.this.meta["end"] + 1
        yield finding(query.text, "last-sync-time-pruning", message, start, end, severity=SEVERITY)
