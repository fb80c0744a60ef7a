"""Another name for an output column: the fix that writes it, and what else has to be written then.

The rest of a query may use the name: ORDER BY userId finds nothing once the alias is "userId". In an ORDER BY, a name by itself is that
of the result first, in every warehouse, and is rewritten with it. Elsewhere (GROUP BY, HAVING, QUALIFY, on some warehouses WHERE and
the list itself) it may be the name of the result or a column of a table, which comes first; such a fix is offered, not certain.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from sqlglot import TokenType, exp

from core.model import Edit, Fix
from core.query import OutputColumn, Query, naming_select
from core.query.catalogue import column_key
from core.query.relations import nearest, own_nodes

__all__ = ["renamed"]

_ENDS = {TokenType.COMMA, TokenType.FROM, TokenType.R_PAREN, TokenType.UNION}
_LATER = (exp.Group, exp.Having, exp.Qualify, exp.Order)


def renamed(query: Query, column: OutputColumn, name: str, *, certain: bool = True) -> Fix | None:
    """Return the fix that gives a column a name: another alias, or one where there is none and the item is certainly at its end."""
    if column.start is None or column.end is None or (query.dialect == "redshift" and name != name.lower()):
        return None  # on Redshift quotes may not help
    written = f'"{name}"' if query.dialect in ("snowflake", "postgres") or "." in name else name
    if column.is_alias:
        label, edit = f"call it {written}", Edit(start=column.start, end=column.end, text=written)
    else:
        after = bisect_left(query.tokens, column.end, key=lambda token: token.start)
        if after < len(query.tokens) and query.tokens[after].token_type not in _ENDS:
            return None
        label, edit = f"add AS {written}", Edit(start=column.end, end=column.end, text=f" AS {written}")
    uses = list(_uses(query, column)) if _is_another(query, column, name) else []
    edits = [edit, *(Edit(start=start, end=end, text=written) for start, end, _ in uses)]
    return Fix(
        label=label,
        edits=tuple(sorted(edits, key=lambda each: each.start)),
        certain=certain and all(is_sure for *_, is_sure in uses),
    )


def _is_another(query: Query, column: OutputColumn, name: str) -> bool:
    """Return whether the warehouse takes the new name for another one than the old."""
    old = column_key(column.written, quoted=column.quoted, dialect=query.dialect)
    return old != column_key(name, quoted=True, dialect=query.dialect)


def _uses(query: Query, column: OutputColumn) -> Iterator[tuple[int, int, bool]]:
    """Yield the places that use the name of an output column, each with whether it is certainly meant."""
    select = naming_select(query.tree) if query.tree is not None else None
    if query.tree is None or select is None:
        return
    key = column_key(column.written, quoted=column.quoted, dialect=query.dialect)
    same = query.plain_columns.get(key, ())
    if not same:
        return
    own = next((item for item in select.expressions if _name_starts(item) == column.start), None)
    inside = {id(node) for node in own.walk()} if own is not None else set()
    is_input = any(id(each) in inside for each in same)
    later = nearest(own_nodes(select), _LATER) if column.is_alias and not is_input else {}
    around = {id(node) for node in _around(select)}
    for each in same:
        start, end = each.this.meta["start"], each.this.meta["end"] + 1
        ordered = _ordered(each)
        if ordered is select:
            if column.is_alias:
                yield start, end, True
        elif ordered is not None and id(ordered) in around:
            yield start, end, True
        elif id(each) in later and _sees(each, query.dialect, is_later=later[id(each)] is not None):
            yield start, end, False


def _name_starts(item: exp.Expr) -> int | None:
    name = item.args.get("alias") if isinstance(item, exp.Alias) else item.this
    return name.meta.get("start") if isinstance(name, exp.Identifier) else None


def _around(node: exp.Expr) -> Iterator[exp.Expr]:
    """Yield what is around a node, from the inside out."""
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def _ordered(column: exp.Column) -> exp.Expr | None:
    """Return the query whose ORDER BY has a column by itself."""
    by_itself = isinstance(column.parent, exp.Ordered) and isinstance(column.parent.parent, exp.Order)
    above = column.parent.parent.parent if by_itself and column.parent and column.parent.parent else None
    return above if isinstance(above, exp.Query) else None


def _sees(column: exp.Column, dialect: str, *, is_later: bool) -> bool:
    """Return whether names of the result can be meant at a column's place; `is_later` says that the list comes before it."""
    if dialect == "postgres":
        return isinstance(column.parent, exp.Group)
    return dialect != "bigquery" or is_later
