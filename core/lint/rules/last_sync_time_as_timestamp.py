"""A timestamp is compared with {{last_sync_time}}, which is a number.

Why it matters: {{last_sync_time}} is a Unix time in whole seconds. No warehouse compares a timestamp with a number; the
query fails when it runs. Where the column's type is known this is an error; where only its name speaks of a time, a
warning.

An example (Postgres):

    SELECT id AS user_id, plan FROM users WHERE updated_at >= {{last_sync_time}}

Fix: convert it with the warehouse's own function, such as to_timestamp({{last_sync_time}}). Backhaul does it. A column
that holds Unix times is compared as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from core.lint.base import Context
from core.lint.times import column_name, conversion, explain_comparison, likely_timestamp
from core.model import Finding, Kind, Severity
from core.query import Query, finding, fix

SEVERITY = Severity.ERROR

_TIMES = (Kind.TIMESTAMP, Kind.INSTANT, Kind.DATE)


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find comparisons of a time with the bare number."""
    for comparison in context.comparisons:
        if comparison.bare is None:
            continue
        kind, certain = _kind(query, context, comparison.other)
        if kind is None and certain:
            continue
        start, end = comparison.bare
        written = conversion(query.dialect, kind)
        likely = "" if certain else "This is likely a timestamp. "
        yield finding(
            query.text,
            "last-sync-time-as-timestamp",
            likely + explain_comparison(query.dialect, kind),
            start,
            end,
            severity=Severity.ERROR if certain else Severity.WARNING,
            fix=fix(f"write {written}", start, end, written),
        )


def _kind(query: Query, context: Context, other: exp.Expr) -> tuple[Kind | None, bool]:
    """Return the kind of time that an expression is (None: none, or unknown), and whether that is certain."""
    while isinstance(other, exp.Paren):
        other = other.this
    if isinstance(other, exp.Cast):
        return _cast_kind(other), True
    name = column_name(query, other)
    if name is None:
        return None, True
    kind = context.kind(other)
    if kind is not None:
        return (kind if kind in _TIMES else None), True
    return None, not likely_timestamp(name)


def _cast_kind(cast: exp.Cast) -> Kind | None:
    """Return the kind of time that a cast makes."""
    to = cast.to.this
    if to in (exp.DataType.Type.DATE, exp.DataType.Type.DATE32):
        return Kind.DATE
    if to in (exp.DataType.Type.TIMESTAMPTZ, exp.DataType.Type.TIMESTAMPLTZ):
        return Kind.INSTANT
    times = (exp.DataType.Type.TIMESTAMP, exp.DataType.Type.DATETIME, exp.DataType.Type.TIMESTAMPNTZ)
    return Kind.TIMESTAMP if to in times else None
