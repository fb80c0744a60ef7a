"""A column of text is compared with {{last_sync_time}}.

Why it matters: {{last_sync_time}} is a number, or what is made of it a timestamp. Some warehouses refuse the comparison; others
compare letter by letter, or fail at the first text that is no time.

An example (Snowflake, where CHANGED is a VARCHAR):

    SELECT ID AS "userId", PLAN AS "plan" FROM users WHERE CHANGED >= to_timestamp_ntz({{last_sync_time}})

Fix: make a timestamp of the text first, with the warehouse's function that says how it is written; better, compare another column.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from core.lint.base import Context
from core.model import Finding, Kind, Severity
from core.query import Query, finding

SEVERITY = Severity.ERROR

_NEVER = (Kind.TEXT, Kind.BOOLEAN, Kind.BYTES, Kind.JSON, Kind.NESTED, Kind.TIME)
_TEXTS = (exp.DataType.Type.TEXT, exp.DataType.Type.VARCHAR, exp.DataType.Type.CHAR, exp.DataType.Type.NVARCHAR)


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find comparisons of the placeholder with what is neither a number nor a time."""
    for comparison in context.comparisons:
        other = comparison.other.unnest()
        kind = context.kind(other)
        is_text = isinstance(other, exp.Cast) and other.to.this in _TEXTS
        if not is_text and kind not in _NEVER:
            continue
        written = "This" if is_text or not isinstance(other, exp.Column) else other.name
        what = "text" if is_text or kind is Kind.TEXT else f"a {kind} value"
        message = f"{written} is {what}, and is compared with a time. Make a timestamp of it first, or compare another column."
        start, end = comparison.start, comparison.end
        if isinstance(other, exp.Column) and "start" in other.this.meta:
            start, end = other.this.meta["start"], other.this.meta["end"] + 1
        yield finding(query.text, "last-sync-time-with-text", message, start, end)
