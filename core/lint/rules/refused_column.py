"""A column can go nowhere in the call.

Why it matters: type, version, receivedAt and sentAt belong to the call itself; a messageId of your own is possible for
events only (track, page, screen), since elsewhere it would make a destination drop the next change as a repetition;
alias calls carry nothing but their two ids.

An example:

    SELECT id AS "userId", plan AS "type" FROM users

Fix: give the column another name, here or in the sync's [columns], or leave it out.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context
from core.lint.columns import mapped
from core.model import Finding, Severity
from core.query import Query, finding

SEVERITY = Severity.ERROR


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find columns that have no place."""
    for entry in mapped(query, context):
        if entry.place.problem and not entry.near:
            message = entry.place.problem[0].upper() + entry.place.problem[1:] + "."
            yield finding(query.text, "refused-column", message, entry.column.start or 0, entry.column.end or 0)
