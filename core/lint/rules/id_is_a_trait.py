"""A column named id, in an identify query without userId: it becomes a trait.

Why it matters: people are then known by their email address alone, and id is one more thing that is known of them. Where your app
identifies people by that id, each of them is there twice.

An example (the first query of a well-known service's own documents):

    SELECT ID AS "id", EMAIL AS "email" FROM people

Fix: where it is the id that your app uses, call it userId; where people are really known by their address only, end the line with
`-- backhaul: ignore id-is-a-trait`.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.base import Context
from core.lint.columns import field_of, mapped, named, trait_of
from core.model import CallType, Finding, Severity
from core.query import Query

SEVERITY = Severity.WARNING

_IDS = frozenset({"id", "uid", "uuid", "customer_id", "customerid", "person_id", "external_id", "account_id"})


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find what looks like an id where the call has none but the email."""
    if context.call is not CallType.IDENTIFY:
        return
    entries = list(mapped(query, context))
    if {"userId", "anonymousId"} & {field_of(entry) for entry in entries}:
        return
    for entry in entries:
        if (trait_of(entry) or "").lower() in _IDS and entry.column.name not in context.columns:
            message = f"{entry.column.name} becomes a trait: without userId, people are known by their email only."
            yield named(query, "id-is-a-trait", entry, message, SEVERITY)
