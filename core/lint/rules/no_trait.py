"""An identify or group query gives ids and nothing else.

Why it matters: such a call says only that someone exists. Destinations count and bill it, and nothing changes there.
Beside the id at least one trait is needed.

An example:

    SELECT id AS "userId" FROM users

Fix: add the columns that you want to know over there.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.calls.fields import CALLS, GROUP_TRAITS
from core.lint.base import Context
from core.lint.columns import mapped, select_span
from core.model import Finding, Severity
from core.query import Query, finding

SEVERITY = Severity.ERROR


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find a call that needs a trait and has none."""
    if context.call is None or not query.columns or not CALLS[context.call].needs_trait:
        return
    bag = CALLS[context.call].bag
    for entry in mapped(query, context):
        trait = entry.place.path[:1] == (bag,) and entry.place.path[-1] not in GROUP_TRAITS
        if trait and entry.near in (None, "email"):
            return
    if any(not column.name for column in query.columns):
        return  # an unnamed column becomes a trait, under a name that unnamed-column complains about
    message = f"Beside its ids, a call to {context.call} needs at least one column that becomes a trait."
    yield finding(query.text, "no-trait", message, *select_span(query))
