"""A column has another value at each run: now(), random(), a new uuid.

Why it matters: Backhaul sends what changed. A column that always changes makes each row changed, so that every run sends everybody again: an API bill,
and automations that fire each time. In an event without messageId it makes each run's event another one.

An example:

    SELECT id AS "userId", plan AS "plan", now() AS "synced_at" FROM users

Fix: leave it out; Backhaul knows when each row was sent. Where the age of something is meant, give the date itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from core.lint.base import Context
from core.lint.columns import items, named
from core.model import Finding, Severity
from core.query import Query

SEVERITY = Severity.WARNING

_CHANGING = (
    exp.CurrentTimestamp,
    exp.CurrentDatetime,
    exp.CurrentTime,
    exp.Rand,
    exp.Randn,
    exp.Uuid,
)
_NAMES = frozenset(
    {
        "now",
        "random",
        "uuid",
        "gen_random_uuid",
        "generate_uuid",
        "uuid_string",
        "getdate",
        "sysdate",
        "clock_timestamp",
        "rand",
        "randstr",
        "uniform",
    }
)


_DAYS = frozenset(
    {"DAY", "DOW", "DOY", "WEEK", "ISOWEEK", "MONTH", "QUARTER", "YEAR", "ISOYEAR", "DAYOFWEEK", "DAYOFYEAR"}
)
"""Parts of a time that stay the same all day long."""

_DATES = (exp.DataType.Type.DATE, exp.DataType.Type.DATE32)


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find columns that are computed from the present moment, or from chance."""
    for entry, item in items(query, context):
        found = next((node for node in item.walk() if _changes(node)), None)
        if found is not None and not _is_condition(found, item) and not _is_of_a_day(found, item):
            message = f"{entry.column.name} is another value at each run, so each run sends every row again."
            yield named(query, "changes-every-run", entry, message, SEVERITY)


def _changes(node: exp.Expr) -> bool:
    return isinstance(node, _CHANGING) or (isinstance(node, exp.Anonymous) and node.name.lower() in _NAMES)


def _is_of_a_day(found: exp.Expr, item: exp.Expr) -> bool:
    """Return whether no more of the moment is left than its day: an age in days changes once a day, as current_date does."""
    node: exp.Expr | None = found.parent
    while node is not None and node is not item.parent:
        unit = node.this if isinstance(node, exp.Extract) else node.args.get("unit")
        if isinstance(unit, exp.Expr) and unit.name.upper().rstrip("S") in _DAYS:
            return True
        if isinstance(node, exp.Date | exp.TsOrDsToDate) or (isinstance(node, exp.Cast) and node.to.this in _DATES):
            return True
        node = node.parent
    return False


def _is_condition(found: exp.Expr, item: exp.Expr) -> bool:
    """Return whether the moment is only compared with something: the result then changes when a person's state does."""
    node: exp.Expr | None = found
    while node is not None and node is not item.parent:
        if isinstance(node, exp.GT | exp.GTE | exp.LT | exp.LTE | exp.Between | exp.Where | exp.Filter):
            return True
        node = node.parent
    return False
