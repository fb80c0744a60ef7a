"""Which comparisons with {{last_sync_time}} limit what the query gives, and why the others do not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from core.lint.base import Context
from core.lint.times import Comparison
from core.query import Query
from core.query.relations import Level

__all__ = ["Judged", "judged", "unlimited_branches"]

_OPTIONAL = "It limits the optional side of an outer join, which keeps the other side's rows anyway."


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A comparison, and why it limits nothing; empty where it limits."""

    comparison: Comparison
    why_not: str


def judged(query: Query, context: Context) -> Iterator[Judged]:
    """Judge each comparison with the placeholder."""
    for comparison in context.comparisons:
        why = "" if comparison.node.find(exp.Column) else "It is compared with no column."
        yield Judged(comparison=comparison, why_not=why or _why_not(comparison.node, query, context))


def unlimited_branches(query: Query, context: Context) -> Iterator[Level]:
    """Yield the branches of a UNION that no comparison limits, where another one is limited.

    What an EXCEPT takes away limits by itself, and of an INTERSECT one branch limits the other.
    """
    branches = [level for level in context.levels if level.role == "union" and _adds_rows(level)]
    limited = {id(level) for each in judged(query, context) if not each.why_not for level in _reached(each, context)}
    if limited:
        yield from (level for level in branches if id(level) not in limited)


def _reached(one: Judged, context: Context) -> Iterator[Level]:
    """Yield the branches of a UNION that a comparison limits: its own, or those that read the WITH in which it stands."""
    level = context.level_of(one.comparison.node)
    seen: list[Level] = []
    while level is not None and level.role == "inner":
        level = level.parent
    waiting = [level] if level else []
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        seen.append(each)
        waiting += [outer for outer in context.levels for used in outer.relations.values() if each in used.inner]
    yield from (each for each in seen if each.role == "union")


def _adds_rows(level: Level) -> bool:
    """Return whether all rows of a branch are rows of the result."""
    below: exp.Expr = level.select
    while isinstance(below.parent, exp.SetOperation | exp.Subquery):
        is_right = below.arg_key == "expression"
        below = below.parent
        if isinstance(below, exp.Intersect) or (isinstance(below, exp.Except) and is_right):
            return False
    return True


def _why_not(node: exp.Expr, query: Query, context: Context) -> str:
    """Climb from a condition to the query that it stands in, and say what lets all rows through."""
    below, parent = node, node.parent
    while parent is not None:
        if isinstance(parent, exp.Or) and not _both_sides(parent, context) and not _or_null(parent, node):
            return "It stands under OR, so rows come through that did not change."
        if isinstance(parent, exp.Filter):
            return "It stands in the FILTER of an aggregate, which leaves out no row of the result."
        if isinstance(parent, exp.Not) and isinstance(below.unnest(), exp.In | exp.Exists):
            return "It stands under NOT, so the rows come through that did not change."
        if isinstance(parent, exp.Join):
            side = str(parent.args.get("side") or "").upper()
            if side and below.arg_key != "this":
                return f"It stands in the ON of a {side} JOIN, which keeps the other side's rows anyway."
        if isinstance(parent, exp.Where) and isinstance(parent.parent, exp.Filter):
            below, parent = parent, parent.parent
            continue
        if isinstance(parent, exp.Where | exp.Having | exp.Qualify | exp.Join):
            level = context.level_of(below)
            return "" if level is None else _why_level_not(level, query, context, ())
        if isinstance(parent, exp.Select | exp.Order | exp.Group):
            return "It stands outside WHERE, so each run reads everything."
        below, parent = parent, parent.parent
    return ""


def _both_sides(either: exp.Or, context: Context) -> bool:
    """Return whether both sides of an OR compare with the placeholder: changed here, or changed there."""
    return {id(either.left), id(either.right)} <= context.with_placeholder


def _or_null(either: exp.Or, comparison: exp.Expr) -> bool:
    """Return whether one side of an OR lets those rows through whose compared time is not known, and no others."""
    sides = (either.left.unnest(), either.right.unnest())
    unknown = [side.this for side in sides if isinstance(side, exp.Is) and isinstance(side.expression, exp.Null)]
    return bool(unknown) and any(column in unknown for column in comparison.find_all(exp.Column))


def _why_level_not(level: Level, query: Query, context: Context, seen: tuple[Level, ...]) -> str:
    """Say why limiting one select does not limit the result."""
    if level.role in ("root", "union") or level in seen:
        return ""
    if level.role == "inner":
        return _why_inner_not(level, query, context)
    uses = [(outer, used) for outer in context.levels for used in outer.relations.values() if level in used.inner]
    why = "The query that it stands in is not read."
    for outer, used in uses:
        why = _OPTIONAL if used.optional else _why_level_not(outer, query, context, (*seen, level))
        if not why:
            return ""
    return why


def _why_inner_not(level: Level, query: Query, context: Context) -> str:
    """IN (...) and EXISTS (...) limit what is around them, and so does an argument of a function in FROM; a subquery for a value does not."""
    node: exp.Expr = level.select
    while node.parent is not None and isinstance(node.parent, exp.Subquery | exp.Paren | exp.SetOperation):
        node = node.parent
    if isinstance(node.parent, exp.In | exp.Exists | exp.Any):
        return _why_not(node.parent, query, context)
    while node.parent is not None and not isinstance(node.parent, exp.Query | exp.From | exp.Join):
        node = node.parent
    if isinstance(node.parent, exp.From | exp.Join) and node.arg_key == "this" and level.parent is not None:
        read = [each for each in level.parent.relations.values() if each.node is node]
        return (
            _OPTIONAL if any(each.optional for each in read) else _why_level_not(level.parent, query, context, (level,))
        )
    return "It stands in a subquery that gives a value, and leaves out no row around it."
