"""A column can go nowhere in the call.

Why it matters: type, version, receivedAt and sentAt belong to the call itself; a messageId of your own is possible for
events only (track, page, screen), since elsewhere it would make a destination drop the next change as a repetition;
alias calls carry nothing but their two ids.

An example:

    SELECT id AS "userId", plan AS "type" FROM users

Fix: where it is meant as a trait, say so in the sync's [columns], `"type" = "traits.type"`, or by the alias "traits.type", which Backhaul offers;
else give the column another name, or leave it out.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.calls.fields import CALLS, COMMON_TRAITS
from core.lint.alias_fix import renamed
from core.lint.base import Context, Mapped
from core.lint.columns import mapped
from core.model import Finding, Fix, Severity
from core.query import Query, finding

SEVERITY = Severity.ERROR


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find columns that have no place."""
    for entry in mapped(query, context):
        if entry.place.problem and not entry.near:
            message = entry.place.problem[0].upper() + entry.place.problem[1:] + "."
            start, end = entry.column.start or 0, entry.column.end or 0
            yield finding(query.text, "refused-column", message, start, end, fix=_as_trait(query, context, entry))


def _as_trait(query: Query, context: Context, entry: Mapped) -> Fix | None:
    """Return the fix that names a field of the call as a trait; BigQuery has no dots in names."""
    bag = CALLS[context.call].bag if context.call else None
    is_trait = entry.column.name in COMMON_TRAITS and entry.column.name not in context.columns
    if not bag or not is_trait or query.dialect == "bigquery":
        return None
    return renamed(query, entry.column, f"{bag}.{entry.column.name}", certain=False)
