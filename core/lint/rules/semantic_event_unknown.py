"""An event's name is nearly one of Customer.io's semantic events.

Why it matters: "User Deleted" deletes a person; "User deleted" is an event like any other, and nobody is deleted. No reply says so.
Customer.io's page and its API name three of them differently ("Suppress Person" is "User Suppressed" in the API); both are known.

An example (a track query to Customer.io):

    SELECT id AS "userId", 'User deleted' AS "event" FROM gone_users

Fix: write the name exactly. Backhaul offers it, and leaves it to you: the event then deletes, suppresses or changes people.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from core.calls.semantic import SEMANTIC_EVENTS
from core.lint.base import Context
from core.lint.events import events_of
from core.model import Finding, Severity
from core.query import Query, finding, fix

SEVERITY = Severity.WARNING

_NAMES = {name.lower(): name for event in SEMANTIC_EVENTS for name in event.names}
_SHARE = 0.86
"""How much of two names has to be the same."""


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find names that are nearly a semantic event's."""
    if not any(receiver.semantic_events for receiver in context.receivers):
        return
    for written, start, end in events_of(query, context):
        near = get_close_matches(written.lower().replace("_", " "), list(_NAMES), n=1, cutoff=_SHARE)
        if not near or _NAMES[near[0]] == written:
            continue
        name = _NAMES[near[0]]
        others = next(event.names for event in SEMANTIC_EVENTS if name in event.names)
        known = "".join(f" (also {each})" for each in others if each != name)
        message = f"{written!r} is recorded as an event like any other. The semantic event is {name!r}{known}."
        suggested = fix(f"write {name}", start, end, f"'{name}'", certain=False)
        yield finding(query.text, "semantic-event-unknown", message, start, end, severity=SEVERITY, fix=suggested)
