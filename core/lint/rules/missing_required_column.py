"""A column that the call needs is missing.

Why it matters: without it no call can be built, or the destination drops it, some with a reply that says all is well.
What each call needs: identify userId, anonymousId or email; track event and an id; group groupId; page and screen name
and an id; alias previousId and userId.

An example (a track call that gives the event's name as name):

    SELECT id AS "userId", event_name AS "name" FROM events

Fix: give the column the field's name, or map it in the sync's [columns]. Where a name
was given in its place, Backhaul offers to call it event: it may be a property of that name.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.calls.fields import CALLS
from core.lint.alias_fix import renamed
from core.lint.base import Context
from core.lint.columns import mapped, select_span
from core.model import CallType, Finding, Severity
from core.query import Query, finding

SEVERITY = Severity.ERROR

_INSTEAD = {
    (CallType.TRACK, "event"): "name",
    (CallType.PAGE, "name"): "event",
    (CallType.SCREEN, "name"): "event",
}
"""What is given by mistake for a field of a call."""


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find each group of fields of which the query gives none."""
    if context.call is None or query.columns is None:
        return
    columns = tuple(mapped(query, context))
    bag = CALLS[context.call].bag
    given = {column.place.path[-1] for column in columns if len(column.place.path) == 1 and not column.place.whole}
    given |= {
        column.place.path[1] for column in columns if column.place.path[:1] == (bag,) and len(column.place.path) > 1
    }
    given |= {column.near for column in columns if column.near}  # column-folded says what is wrong with these
    if any(column.place.whole and column.place.path == (bag,) for column in columns):
        given.add("email")  # may be inside: only the rows can tell
    names = {column.column.name.lower(): column.column for column in columns}
    for group in CALLS[context.call].required:
        if not given.isdisjoint(group):
            continue
        wrong = names.get(_INSTEAD.get((context.call, group[0]), ""))
        start, end = select_span(query)
        suggested = None
        if wrong is not None and wrong.start is not None and wrong.end is not None:
            start, end, suggested = wrong.start, wrong.end, renamed(query, wrong, group[0], certain=False)
        hint = f" Call {wrong.name} {group[0]} instead." if wrong is not None else ""
        what = " or ".join(group)
        message = f"{_article(context.call)} call needs a column {what}.{hint}"
        yield finding(query.text, "missing-required-column", message, start, end, fix=suggested)


def _article(call: CallType) -> str:
    return f"{'An' if call.value[0] in 'aeiou' else 'A'} {call}"
