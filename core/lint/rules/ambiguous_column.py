"""A column is in several of the tables that the query reads, and does not say which one is meant.

Why it matters: the warehouse refuses the query; and a reader cannot tell whose id this is.

An example (users and orders both have an id):

    SELECT id AS "userId", total FROM users JOIN orders ON orders.user_id = users.id

Fix: write the table, or its alias, before the column: `users.id`.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from core.lint.base import Context
from core.model import Finding, Severity
from core.query import Query, finding
from core.query.relations import key_of

SEVERITY = Severity.ERROR

_LATER = (exp.Order, exp.Group, exp.Having, exp.Qualify)


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find columns without a table that several relations have."""
    for level in context.levels:
        for column in level.columns:
            among = level.origin(column).among
            if not among or "start" not in column.this.meta:
                continue
            if _is_of_a_star(column):
                continue  # what a star leaves out, it leaves out wherever it is
            key = key_of(column.this, query.dialect)
            if key in level.aliases and level.within(column, *_LATER):
                continue  # the name that the list gives
            if key in level.outputs and level.within(column, exp.Order):
                continue  # ORDER BY means what the list gives, before it means a column
            names = [relation.key for relation in among[:3]]
            choices = " or ".join(f"{name}.{column.name}" for name in names)
            message = f"{column.name} is in {' and in '.join(names)}. Write {choices}."
            start, end = column.this.meta["start"], column.this.meta["end"] + 1
            yield finding(query.text, "ambiguous-column", message, start, end)


def _is_of_a_star(column: exp.Column) -> bool:
    """Return whether a column is one that a star leaves out or renames."""
    renamed = isinstance(column.parent, exp.Alias) and column.parent.arg_key == "rename"
    return isinstance(column.parent, exp.Star) or renamed
