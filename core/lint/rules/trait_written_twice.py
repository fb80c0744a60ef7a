"""Another sync of the project writes the same trait from the same table, to the same destination.

Why it matters: the last run wins. Where the two queries differ ever so little, the trait flips to and fro with each run, and each flip
is a call that is paid for.

An example: the syncs users and billing both give plan, from app.users.

Fix: let one of them give it; or name them apart.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from core.lint.base import Context
from core.lint.columns import items, named, trait_of
from core.model import CallType, Finding, Severity
from core.query import Query

SEVERITY = Severity.WARNING

_STATES = (CallType.IDENTIFY, CallType.GROUP)


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find traits that a neighbour gives, too, from a table that is read here."""
    level = context.outer
    if context.call not in _STATES or level is None:
        return
    mine = {receiver.name for receiver in context.receivers}
    for entry, item in items(query, context):
        trait = trait_of(entry)
        source = item.unnest()
        relation = level.origin(source).relation if isinstance(source, exp.Column) else None
        if trait is None or relation is None:
            continue
        table = relation.table_name
        for neighbour in context.neighbours:
            shared = mine & set(neighbour.destinations)
            if neighbour.call is context.call and shared and table and table in neighbour.traits.get(trait, ()):
                message = (
                    f"The sync {neighbour.name} gives {trait} from {table}, too, to {min(shared)}: the last run wins."
                )
                yield named(query, "trait-written-twice", entry, message, SEVERITY)
                break
