"""The query takes all columns there are, by a star.

Why it matters: which traits are sent is then decided by whoever changes the table. A new column, perhaps one with a password or an
address in it, goes out on the next run, and each person is sent again because of it. Names come as the warehouse has them: USERID, not userId.

An example:

    SELECT * FROM users

Fix: name the columns. With a catalogue of the source, Backhaul writes them.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from core.lint.base import Context
from core.lint.names import as_written
from core.model import Finding, Severity
from core.query import Query, finding, fix
from core.query.relations import Level, Relation, merges

SEVERITY = Severity.WARNING


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find a star in the list that names the result's columns."""
    level = context.outer
    if level is None:
        return
    alone = _place_alone(query)
    for item in level.select.expressions:
        star = item.find(exp.Star) if item.is_star else None
        place = (_place(query, item) or alone) if star is not None else None
        if star is None or place is None:
            continue
        names = None if any(star.args.values()) else _names(query, level, item)
        suggested = fix("name the columns", *place, ", ".join(names)) if names else None
        message = "A column that is added to the table is then also sent. Name the columns that you want to send."
        yield finding(query.text, "select-star", message, *place, severity=SEVERITY, fix=suggested)


def _place(query: Query, item: exp.Expr) -> tuple[int, int] | None:
    """Return the place of a star with the table's name before it; None where there is no name."""
    named = [node.meta for node in item.walk() if isinstance(node, exp.Identifier) and "start" in node.meta]
    after = max((meta["end"] for meta in named), default=None)
    if after is None:
        return None
    end = query.text.find("*", after)
    return (min(meta["start"] for meta in named), end + 1) if end >= 0 else None


def _place_alone(query: Query) -> tuple[int, int] | None:
    """Return the place of the query's only star without a table's name; None where there are several."""
    words = [token for token in query.tokens if query.text[token.start : token.end + 1] == "*"]
    lists = [
        token
        for token, before in zip(query.tokens[1:], query.tokens, strict=False)
        if query.text[token.start : token.end + 1] == "*" and before.text.upper() in _BEFORE
    ]
    return (
        (lists[-1].start, lists[-1].end + 1)
        if len(lists) == 1
        else (words[0].start, words[0].end + 1)
        if len(words) == 1
        else None
    )


_BEFORE = ("SELECT", "DISTINCT", "ALL", ",")


def _names(query: Query, level: Level, item: exp.Expr) -> list[str] | None:
    """Return what the star stands for, as it has to be written; None where that is not known for certain."""
    relations = [each for each in level.relations.values() if not each.only_filters]
    table = item.args.get("table") if isinstance(item, exp.Column) else None
    if table is not None:
        relations = [each for each in relations if each.key == level.key_of(table)]
    if not level.is_whole or not relations or any(each.table is None for each in relations):
        return None
    if any(each.join is not None and merges(each.join) for each in level.relations.values()):
        return None
    several = len(level.relations) > 1
    return [_written(query, each, name, several=several) for each in relations for name in _own(each)]


def _own(relation: Relation) -> list[str]:
    return [column.name for column in relation.table.columns] if relation.table else []


def _written(query: Query, relation: Relation, name: str, *, several: bool) -> str:
    """Write a column, with its table as it is called in this query where there are several."""
    column = as_written(name, query.dialect)
    if not several:
        return column
    alias = relation.node.args.get("alias")
    meta = (alias.this if isinstance(alias, exp.TableAlias) and alias.this else relation.node.this).meta
    return f"{query.text[meta['start'] : meta['end'] + 1]}.{column}"
