"""Two columns have the same name, or stand for the same field.

Why it matters: an object has each key once, so one of the two values would vanish, and which one is not yours to say.
userId and user_id are the same field; so are email and traits.email.

An example:

    SELECT id AS "userId", uuid AS "user_id", email FROM users

Fix: drop one, or give it another name.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context
from core.lint.columns import mapped
from core.model import Finding, Severity
from core.query import OutputColumn, Query, finding

SEVERITY = Severity.ERROR


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find names that come twice after the warehouse's folding, then fields that come twice."""
    names: dict[str, OutputColumn] = {}
    repeated: set[int] = set()
    for index, column in enumerate(query.columns or ()):
        name = column.name.lower() if query.dialect == "bigquery" else column.name
        if name and name in names:
            repeated.add(index)
            yield _found(query, column, f"There are two columns named {column.name}.")
        names.setdefault(name, column)
    places: dict[tuple[str, ...], OutputColumn] = {}
    for entry in mapped(query, context):
        path = (entry.near,) if entry.near and entry.near != "email" else entry.place.path
        earlier = places.setdefault(path, entry.column) if path else entry.column
        if earlier is not entry.column and earlier.name.lower() != entry.column.name.lower():
            message = f"{earlier.name} and {entry.column.name} are the same field, {'.'.join(path)}."
            yield _found(query, entry.column, message)


def _found(query: Query, column: OutputColumn, message: str) -> Finding:
    return finding(query.text, "duplicate-column", message, column.start or 0, column.end or 0)
