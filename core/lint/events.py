"""The names of the events that a track query writes out: as a text, or as the results of a CASE, an IF or a COALESCE."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from core.lint.base import Context
from core.lint.columns import field_of, mapped
from core.model import CallType
from core.query import Query

__all__ = ["events_of"]


def events_of(query: Query, context: Context) -> Iterator[tuple[str, int, int]]:
    """Yield each event's name with the place of its text, quotes included; of a UNION, those of all branches."""
    if context.call is not CallType.TRACK or query.columns is None:
        return
    named = {id(entry.column) for entry in mapped(query, context) if field_of(entry) == "event"}
    places = [place for place, column in enumerate(query.columns) if id(column) in named]
    for level in context.levels:
        if level.role not in ("root", "union") or len(level.select.expressions) != len(query.columns):
            continue
        for place in places:
            for node in _results(level.select.expressions[place].unalias()):
                if span := _place(query, node):
                    yield node.name, *span


def _results(item: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the texts that an expression may result in."""
    if isinstance(item, exp.Literal) and item.is_string:
        yield item
    for part in _ends(item):
        if part is not None:
            yield from _results(part)


def _ends(item: exp.Expr) -> list[exp.Expr | None]:
    """Return the parts that an expression may result in."""
    match item:
        case exp.Paren():
            return [item.this]
        case exp.Case():
            return [*(branch.args["true"] for branch in item.args["ifs"]), item.args.get("default")]
        case exp.If():
            return [item.args.get("true"), item.args.get("false")]
        case exp.Coalesce():
            return [item.this, *item.expressions]
    return []


def _place(query: Query, node: exp.Expr) -> tuple[int, int] | None:
    start, end = node.meta.get("start"), node.meta.get("end")
    if start is None or end is None or query.text[start] not in "'\"":
        return None
    return start, end + 1
