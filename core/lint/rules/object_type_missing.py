"""A group call to Customer.io does not say which type of object it is about.

Why it matters: Customer.io takes objectTypeId 1 where none is given. With two types of objects, companies become courses.

An example (to Customer.io):

    SELECT course_id AS "groupId", person_id AS "userId", title AS "title" FROM courses

Fix: add the type's number: `2 AS "objectTypeId"` (Customer.io shows it under Data & Integrations, Objects).
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context
from core.lint.columns import mapped, select_span
from core.model import CallType, Finding, Severity
from core.query import Query, finding

SEVERITY = Severity.HINT


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find group queries for Customer.io without objectTypeId."""
    if context.call is not CallType.GROUP or not query.columns:
        return
    if not any(receiver.type == "customerio" for receiver in context.receivers):
        return
    if any(
        "objectTypeId" in (entry.place.path[-1:] or (entry.near,)) or entry.near == "objectTypeId"
        for entry in mapped(query, context)
    ):
        return
    message = "No objectTypeId: Customer.io takes type 1."
    yield finding(query.text, "object-type-missing", message, *select_span(query), severity=SEVERITY)
