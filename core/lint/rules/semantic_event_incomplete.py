"""A semantic event lacks what it needs.

Why it matters: Customer.io takes such a call with a reply that says all is well, and does nothing: the person stays, the device is not
added. Backhaul refuses the row before it is sent; here it is told before there is a row.

An example (a track query to Customer.io):

    SELECT company_id AS "company", 'Object Deleted' AS "event", user_id AS "userId" FROM gone_companies

Fix: add the columns: objectId (and objectTypeId, 1 where absent) for objects and relations, context.device.token and
context.device.type for devices, deliveryId and metric for reports, userId for people.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.calls.semantic import SEMANTIC_EVENTS
from core.lint.base import Context
from core.lint.columns import field_of, mapped
from core.lint.events import events_of
from core.model import Finding, Severity
from core.query import Query, finding

SEVERITY = Severity.ERROR


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find semantic events whose needs the query has no column for."""
    if not query.columns or not any(receiver.semantic_events for receiver in context.receivers):
        return
    entries = list(mapped(query, context))
    paths = {".".join(entry.place.path) for entry in entries} | {field_of(entry) for entry in entries}
    whole = {entry.place.path[0] for entry in entries if entry.place.whole}
    for written, start, end in events_of(query, context):
        event = next((each for each in SEMANTIC_EVENTS if written in each.names), None)
        if event is None:
            continue
        missing = [place for place in event.needs if place not in paths and place.partition(".")[0] not in whole]
        if missing:
            columns = " and ".join(place.removeprefix("properties.") for place in missing)
            message = f"The semantic event {written} needs {columns}; without it nothing happens over there."
            yield finding(query.text, "semantic-event-incomplete", message, start, end)
