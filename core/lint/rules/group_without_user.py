"""A group call names no person.

Why it matters: a group call says who belongs to a company or object. Without userId, Customer.io and others make the object, or drop the call;
nobody is put into it. For objects alone that is meant; for the people of a company it is the column that was forgotten.

An example:

    SELECT company_id AS "groupId", name AS "name" FROM companies

Fix: join the people, and give their id as userId; or, where only the object is meant, end the line with
`-- backhaul: ignore group-without-user`.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context
from core.lint.columns import field_of, mapped, select_span
from core.model import CallType, Finding, Severity
from core.query import Query, finding

SEVERITY = Severity.WARNING


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find group queries with neither userId nor anonymousId."""
    if context.call is not CallType.GROUP or not query.columns:
        return
    fields = {field_of(entry) for entry in mapped(query, context)}
    if "groupId" not in fields or fields & {"userId", "anonymousId"}:
        return
    dropping = [receiver.name for receiver in context.receivers if receiver.group_needs_user]
    severity = Severity.ERROR if dropping else SEVERITY
    tail = f"; {' and '.join(dropping)} drops such calls." if dropping else "."
    message = f"No userId: each call names a group, and no user is added to it{tail}"
    yield finding(query.text, "group-without-user", message, *select_span(query), severity=severity)
