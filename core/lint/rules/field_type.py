"""A field of the call has values of the wrong kind.

Why it matters: timestamp has to be a time, context and integrations objects, relationshipAttributes an object with the traits of the
relation, an event's name a text. A destination drops such a call, or takes the present time instead, some without a word.

An example (Postgres, where created is an integer):

    SELECT id AS user_id, 'Signed Up' AS event, created AS timestamp FROM people

Fix: convert it: a number of seconds with to_timestamp(...), parts of an object with the warehouse's own function
(OBJECT_CONSTRUCT, json_build_object, TO_JSON(STRUCT(...))).
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from core.lint.base import Context
from core.lint.columns import items, named
from core.model import Finding, Kind, Severity
from core.query import Query

SEVERITY = Severity.ERROR

_TIMES = (Kind.TIMESTAMP, Kind.INSTANT, Kind.DATE, Kind.TEXT)
_OBJECTS = (Kind.JSON, Kind.NESTED, Kind.TEXT)
_WANTED = {
    "timestamp": (_TIMES, "a time"),
    "context": (_OBJECTS, "an object"),
    "integrations": (_OBJECTS, "an object"),
    "traits": (_OBJECTS, "an object"),
    "properties": (_OBJECTS, "an object"),
    "relationshipAttributes": (_OBJECTS, "an object"),
    "event": ((Kind.TEXT,), "a text"),
    "name": ((Kind.TEXT,), "a text"),
}


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find fields whose values are known to be of another kind."""
    for entry, item in items(query, context):
        path = entry.place.path
        is_own = len(path) == 1 or path[-1:] == ("relationshipAttributes",)
        if not path or not is_own or path[-1] not in _WANTED:
            continue
        kinds, what = _WANTED[path[-1]]
        kind = _kind(item, context)
        if kind is not None and kind not in kinds:
            message = f"{path[-1]} has to be {what}; this is {_said(kind)}."
            yield named(query, "field-type", entry, message, SEVERITY)


def _kind(item: exp.Expr, context: Context) -> Kind | None:
    if isinstance(item, exp.Literal):
        return Kind.TEXT if item.is_string else Kind.INTEGER
    if isinstance(item, exp.Boolean):
        return Kind.BOOLEAN
    return context.kind(item)


def _said(kind: Kind) -> str:
    return {
        Kind.INTEGER: "a whole number",
        Kind.INSTANT: "a time",
        Kind.JSON: "JSON",
        Kind.NESTED: "an object or list",
    }.get(kind, f"a {kind.value}")
