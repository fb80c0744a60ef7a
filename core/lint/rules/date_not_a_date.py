"""A trait that names a moment is given as a number, or as a text.

Why it matters: Customer.io reads createdAt as a date; Segment's tools sort and compare times only where they are written as times. 1719222000 is
a number to them, and "24.06.2024" a word.

An example (Postgres, where created_at is an integer):

    SELECT id AS user_id, created_at FROM users

Fix: convert it: `to_timestamp(created_at) AS created_at`. A timestamp is sent in ISO 8601, which all of them read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.lint.base import Context
from core.lint.columns import items, named, trait_of
from core.model import Finding, Kind, Severity
from core.query import Query

SEVERITY = Severity.HINT

_MOMENT = re.compile(r"^(created|updated|deleted|started|ended|signed_?up|last_?seen)_?(at|on)$", re.IGNORECASE)
_WRONG = (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.TEXT, Kind.BOOLEAN)


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find columns named created_at and the like that are known to be no times."""
    for entry, item in items(query, context):
        trait = trait_of(entry)
        if trait is None or not _MOMENT.search(trait):
            continue
        kind = context.kind(item)
        if kind in _WRONG:
            what = "text" if kind is Kind.TEXT else f"a {kind}" if kind is not Kind.INTEGER else "a whole number"
            message = f"{trait} is {what}; a destination expects a time. Convert it to a timestamp."
            yield named(query, "date-not-a-date", entry, message, SEVERITY)
