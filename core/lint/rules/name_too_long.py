"""A column's name is longer than a destination takes.

Why it matters: Segment refuses names of more than 128 characters, and others cut them, so that two may become one.

An example:

    SELECT id AS "userId", x AS "a_name_that_goes_on_and_on_..." FROM t

Fix: give it a shorter name.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context
from core.lint.columns import mapped, named
from core.model import Finding, Severity
from core.query import Query

SEVERITY = Severity.ERROR

_LONGEST = 128
"""Characters of a name: https://segment.com/docs/connections/reverse-etl/system/#limits"""


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find names of more than 128 characters."""
    for entry in mapped(query, context):
        if len(entry.column.name) > _LONGEST:
            message = f"This name has {len(entry.column.name):,} characters; a destination takes {_LONGEST}."
            yield named(query, "name-too-long", entry, message, SEVERITY)
