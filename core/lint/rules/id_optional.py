"""The id comes from the optional side of an outer join.

Why it matters: for rows without a partner the id is null. Such rows become no call: they are refused, run after run, and the people
whom you wanted are not among those that arrive.

An example:

    SELECT u.id AS "userId", t.subject AS "subject"
    FROM tickets t LEFT JOIN users u ON u.id = t.requester_id

Fix: use JOIN where rows without a partner are not wanted; take the id from the other side where it is there, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from core.lint.base import Context
from core.lint.columns import field_of, items, named
from core.model import CallType, Finding, Severity
from core.query import Query
from core.query.relations import key_of

SEVERITY = Severity.WARNING

_IDS = ("userId", "groupId", "previousId")


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find ids that an outer join may leave null."""
    level = context.outer
    if level is None or context.call is None:
        return
    given = {field_of(entry) for entry, _ in items(query, context)}
    for entry, item in items(query, context):
        field, source = field_of(entry), item.unnest()
        while isinstance(source, exp.Cast):
            source = source.this
        if field not in _IDS or not isinstance(source, exp.Column):
            continue
        if field == "userId" and ("anonymousId" in given or context.call is CallType.GROUP):
            continue  # another field names the person, or the group may stand alone
        relation = level.origin(source).relation
        if relation is None and isinstance(source.args.get("table"), exp.Identifier):
            relation = level.relations.get(key_of(source.args["table"], query.dialect))
        if relation is not None and relation.optional and not _is_kept_out(level.select, source, query.dialect):
            message = f"{relation.key} is the optional side of an outer join: where it has no partner, {field} is null, and there is no call."
            yield named(query, "id-optional", entry, message, SEVERITY)


def _is_kept_out(select: exp.Select, source: exp.Column, dialect: str) -> bool:
    """Return whether the WHERE names the column, so that its nulls are thought of."""
    where = select.args.get("where")
    if where is None:
        return False
    key = key_of(source.this, dialect)
    return any(
        isinstance(column.this, exp.Identifier) and key_of(column.this, dialect) == key
        for column in where.find_all(exp.Column)
    )
