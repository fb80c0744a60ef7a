"""A column's name reaches the call in other letters than it was written in.

Why it matters: Snowflake raises names without quotes (userId becomes USERID), Postgres and Redshift lower them (userid).
USERID is no userId: the call has no id, and a trait named USERID. For a field of the call this is an error, for a trait a
warning.

An example (Snowflake):

    SELECT id AS userId, email AS email FROM users

Fix: quote the alias: `id AS "userId"`. Backhaul does it. On Redshift, where quotes help only in a session with
enable_case_sensitive_identifier, it writes user_id, which is taken as the same field.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.alias_fix import renamed
from core.lint.base import Context, Mapped
from core.lint.columns import WAREHOUSES, mapped, snake
from core.model import Finding, Severity
from core.query import OutputColumn, Query, finding

SEVERITY = Severity.ERROR


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find columns whose name is a field's but for the case, and names that the warehouse changes."""
    columns = tuple(mapped(query, context))
    for entry in columns:
        column = entry.column
        if column.start is None or column.end is None or column.name in context.columns:
            continue
        if entry.near:
            is_only = not any(_is_same(other, entry.near) for other in columns if other is not entry)
            yield _field(query, column, entry.near, _severity(entry, columns), is_only=is_only)
        elif _surprises(column, query.dialect) and not _is_field(entry):
            message = f"{WAREHOUSES[query.dialect]} calls this column {column.name}, not {column.written}."
            suggested = renamed(query, column, column.written)
            yield finding(
                query.text,
                "column-folded",
                message,
                column.start,
                column.end,
                severity=Severity.WARNING,
                fix=suggested,
            )


def _is_same(other: Mapped, field: str) -> bool:
    """Return whether another column is a field, or nearly it: which of the two is meant, only its author knows."""
    return field in (other.near, other.place.path[-1:] and other.place.path[-1])


def _is_field(entry: Mapped) -> bool:
    """Return whether a folded name is a field as it is: USER_ID becomes user_id on Postgres, which is just right."""
    return len(entry.place.path) == 1 and not entry.place.whole


def _severity(entry: Mapped, columns: tuple[Mapped, ...]) -> Severity:
    """An email in other letters is an error only where it is the sole id; beside one it is a trait with another name."""
    ids = {"userId", "anonymousId"}
    has_id = any(other.near in ids or not ids.isdisjoint(other.place.path) for other in columns)
    return Severity.WARNING if entry.near == "email" and has_id else Severity.ERROR


def _surprises(column: OutputColumn, dialect: str) -> bool:
    """Return whether the warehouse changes a name that was chosen: in lowering ones that is an alias only."""
    changed = column.name != column.written and not column.quoted
    return changed and (column.is_alias or dialect == "snowflake")


def _field(query: Query, column: OutputColumn, field: str, severity: Severity, *, is_only: bool) -> Finding:
    spelled = snake(field) if "_" in column.written or query.dialect == "redshift" else field
    why = f"{WAREHOUSES[query.dialect]} calls this column {column.name}" if column.name != column.written else "It"
    message = (
        f"{why}; the call's field is {field}."
        if why != "It"
        else f"{column.name} is not {field}: it has to be spelled exactly so."
    )
    return finding(
        query.text,
        "column-folded",
        message,
        column.start or 0,
        column.end or 0,
        severity=severity,
        fix=renamed(query, column, spelled, certain=is_only),
    )
