"""A trait is named in capitals, as Snowflake has its columns.

Why it matters: the trait over there is FNAME, not fname, and stands beside the fname that your app sends. Segments and messages
that use the one do not see the other.

An example (Snowflake):

    SELECT ID AS "userId", FNAME FROM users

Fix: give it the name that you want to see: `FNAME AS "fname"`. Backhaul does it.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.lint.alias_fix import renamed
from core.lint.base import Context
from core.lint.columns import items, named, trait_of
from core.model import Finding, Severity
from core.query import Query

SEVERITY = Severity.HINT
DIALECTS = ("snowflake",)


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find traits in capitals that nobody chose."""
    if query.dialect not in DIALECTS:
        return
    for entry, _item in items(query, context):
        column, trait = entry.column, trait_of(entry)
        chosen = column.quoted or column.name in context.columns or column.name != column.written
        if trait is None or chosen or not trait.isupper():
            continue
        lowered = trait.lower()
        message = f"The trait will be named {trait}, in capitals."
        yield named(query, "trait-in-capitals", entry, message, SEVERITY, renamed(query, column, lowered))
