"""A join may give several rows for one id.

Why it matters: one row is one call. Where a person has three tickets, three rows carry the same id with different values; a
run keeps one of them, or refuses all, and which value arrives is chance.

An example:

    SELECT u.id AS "userId", t.status AS "last_status"
    FROM users u JOIN tickets t ON t.requester_id = u.id

Fix: say which one is meant: GROUP BY the id and aggregate (`max(t.status)`), DISTINCT, or QUALIFY row_number() OVER (...) = 1.
Where each person has one row there, end the line with `-- backhaul: ignore rows-multiplied`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from core.lint.base import Context
from core.lint.columns import field_of, items, select_span
from core.model import CallType, Finding, Severity
from core.query import Query, finding
from core.query.relations import Level, Relation, key_of

SEVERITY = Severity.HINT

_IDS = ("userId", "groupId", "anonymousId")
_KEEPS_ROWS = (CallType.IDENTIFY, CallType.GROUP, CallType.ALIAS)


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find joins on what is not the joined table's own id, with nothing that makes rows one again."""
    level = context.outer
    if context.call not in _KEEPS_ROWS or level is None or level.role == "union" or not _keeps_all(level.select):
        return
    owners = _owners(query, context, level)
    known = {*owners, *_links(level, owners)}
    joined = [each for each in level.relations.values() if each.join is not None and each not in known]
    first = [each for owner in owners for each in _first_of_many(level, owner) if each not in known]
    many = [each for each in joined if not _gives_one(level, each)] or first
    if many:
        names = " and ".join(each.key for each in many[:2])
        message = f"{names} may have several rows for one id, and then the same id comes several times. Aggregate, or say which row is meant."
        start, end = _place(many[0]) or select_span(query)
        yield finding(query.text, "rows-multiplied", message, start, end, severity=SEVERITY)


def _owners(query: Query, context: Context, level: Level) -> tuple[Relation, ...]:
    """Return the relations that the ids come from: of a group call those of the group and of the person, else that of the first id."""
    found: list[Relation] = []
    for entry, item in items(query, context):
        source = item.unnest()
        if field_of(entry) not in _IDS or not isinstance(source, exp.Column):
            continue
        table = source.args.get("table")
        relation = level.relations.get(level.key_of(table)) if table is not None else level.origin(source).relation
        if relation is not None and relation not in found:
            found.append(relation)
    return tuple(found if context.call is CallType.GROUP else found[:1])


def _links(level: Level, owners: tuple[Relation, ...]) -> list[Relation]:
    """Return what joins a group's relation with the person's: a row there is a pair of the two, and a pair is one call."""
    if len(owners) < 2:
        return []
    joins = [each.join for each in level.relations.values() if each.join is not None]
    if any(join.args.get("using") for join in joins):
        return list(level.relations.values())  # which tables a USING joins is not written
    equals = [equal for join in joins if join.args.get("on") for equal in join.args["on"].find_all(exp.EQ)]
    return [
        each
        for each in level.relations.values()
        if each not in owners
        and all(any(_names(level, each, equal) and _names(level, owner, equal) for equal in equals) for owner in owners)
    ]


def _first_of_many(level: Level, owner: Relation) -> list[Relation]:
    """Return what stands first in FROM where the id comes from another relation, which it names: tickets, each with its user."""
    first = next((each for each in level.relations.values() if each.join is None), None)
    on = owner.join.args.get("on") if owner.join is not None else None
    if first is None or on is None:
        return []
    links = [each for each in on.find_all(exp.EQ) if _names(level, first, each)]
    return [first] if links and not any(_is_by_id(level, first, each) for each in links) else []


def _names(level: Level, relation: Relation, equal: exp.EQ) -> bool:
    """Return whether a comparison is with a column of a relation."""
    tables = (side.args.get("table") for side in (equal.left, equal.right) if isinstance(side, exp.Column))
    return any(table is not None and level.key_of(table) == relation.key for table in tables)


def _keeps_all(select: exp.Select) -> bool:
    """Return whether nothing in a select makes several rows one."""
    grouped = ("distinct", "group", "qualify", "limit")
    aggregates = any(item.find(exp.AggFunc) and not item.find(exp.Window) for item in select.expressions)
    return not any(select.args.get(name) for name in grouped) and not aggregates


def _gives_one(level: Level, relation: Relation) -> bool:
    """Return whether a joined relation has at most one row for each row before it, as far as names tell."""
    join = relation.join
    if join is None or str(join.args.get("kind") or "").upper() in ("SEMI", "ANTI"):
        return True
    if any(not _keeps_all(inner.select) or not inner.select.args.get("from_") for inner in relation.inner):
        return True  # made one already, or one value
    if isinstance(relation.node, exp.Lateral | exp.Unnest) or relation.node.args.get("laterals"):
        return False
    if any(_is_own_id(relation, name.name) for name in join.args.get("using") or ()):
        return True
    on = join.args.get("on") or level.select.args.get("where")  # FROM users, companies WHERE ...
    return on is not None and any(_is_by_id(level, relation, equal) for equal in on.find_all(exp.EQ))


def _is_by_id(level: Level, relation: Relation, equal: exp.EQ) -> bool:
    for side in (equal.left, equal.right):
        if not isinstance(side, exp.Column) or not isinstance(side.this, exp.Identifier):
            continue
        table = side.args.get("table")
        is_its = (
            key_of(table, level.dialect) == relation.key
            if table is not None
            else level.origin(side).relation is relation
        )
        if is_its and _is_own_id(relation, side.name):
            return True
    return False


def _is_own_id(relation: Relation, column: str) -> bool:
    """Return whether a column's name says that it is the table's own id: id, users.user_id, companies.company_id, accounts.uuid."""
    name = column.lower()
    if name in ("id", "uuid", "key", "_id", "sk", "pk"):
        return True
    table = relation.node.name.lower() if isinstance(relation.node, exp.Table) else relation.key.lower()
    stem = re.sub(r"^(dim|fct|fact|stg|base|v)_", "", table)
    singular = re.sub(r"ies$", "y", stem) if stem.endswith("ies") else re.sub(r"s$", "", stem)
    return name in (f"{singular}_id", f"{singular}id", f"id_{singular}", f"{singular}_key", f"{stem}_id")


def _place(relation: Relation) -> tuple[int, int] | None:
    meta = relation.node.this.meta if isinstance(relation.node.this, exp.Identifier) else {}
    return (meta["start"], meta["end"] + 1) if "start" in meta else None
