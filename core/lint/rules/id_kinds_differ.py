"""An id is a number here, and a text in another sync of the project.

Why it matters: ids are sent as texts. 1041 and "u_1041" are two people to a destination, and so are 00123 and 123. Two syncs that
call one person by two names tear the identity graph, and no sync can fix it afterwards.

An example (the sync users gives "u_1041" as userId, from a column of text):

    SELECT account_number AS "userId", balance AS "balance" FROM accounts

Fix: join the table that has the id which the other syncs use.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context
from core.lint.columns import field_of, items, named
from core.model import Finding, Kind, Severity
from core.query import Query

SEVERITY = Severity.WARNING

_IDS = ("userId", "anonymousId", "groupId", "previousId")
_NUMBERS = (Kind.INTEGER, Kind.DECIMAL)


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Compare the kind of each id with that of the project's other syncs."""
    for entry, item in items(query, context):
        field = field_of(entry)
        kind = context.kind(item) if field in _IDS else None
        if kind is None or field is None:
            continue
        for neighbour in context.neighbours:
            other = neighbour.ids.get(field)
            if {kind in _NUMBERS, other in _NUMBERS} == {True, False} and Kind.TEXT in (kind, other):
                here, there = ("a number", "text") if kind in _NUMBERS else ("text", "a number")
                message = f"{field} is {here} here, and {there} in the sync {neighbour.name}: are these the same people's ids?"
                yield named(query, "id-kinds-differ", entry, message, SEVERITY)
                break
