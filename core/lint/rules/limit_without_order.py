"""LIMIT without ORDER BY: which rows come is chance.

Why it matters: the warehouse may give other rows each time. Backhaul then takes those that are missing for gone, and sends the others
as new: calls without an end, and people who come and go.

An example:

    SELECT id AS "userId", plan AS "plan" FROM users LIMIT 1000

Fix: order by something unique, such as the id; or leave the LIMIT out: a preview takes the first rows by itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from core.lint.base import Context
from core.lint.places import has_limit, limit_word
from core.model import Finding, Severity
from core.query import Query, finding

SEVERITY = Severity.WARNING


def check(query: Query, _context: Context) -> Iterator[Finding]:
    """Find a limit of the whole query, or of a part of it, whose rows have no order."""
    if query.tree is None:
        return
    for node in query.tree.find_all(exp.Select, exp.SetOperation):
        if not has_limit(node) or node.args.get("order") or _is_one_row(node):
            continue
        start, end = limit_word(query, node)
        message = "Without ORDER BY, which rows come is chance: each run may give others. Order by the id, or leave the limit out."
        yield finding(query.text, "limit-without-order", message, start, end, severity=SEVERITY)


def _is_one_row(node: exp.Expr) -> bool:
    """Return whether a select gives one row anyway, or only answers whether there is one."""
    inside = node.parent
    while isinstance(inside, exp.Subquery | exp.Paren):
        inside = inside.parent
    return isinstance(inside, exp.Exists) or _totals(node) or _reads_totals(node)


def _totals(node: exp.Expr) -> bool:
    """Return whether a select gives totals over all its rows."""
    listed = node.expressions if isinstance(node, exp.Select) and not node.args.get("group") else []
    return bool(listed) and all(item.find(exp.AggFunc) for item in listed)


def _reads_totals(node: exp.Expr) -> bool:
    """Return whether a select reads nothing but totals, side by side: one row each."""
    source = node.args.get("from_") if isinstance(node, exp.Select) else None
    read = [source.this, *(join.this for join in node.args.get("joins") or ())] if source is not None else []
    return bool(read) and all(isinstance(each, exp.Subquery) and _totals(each.this) for each in read)
