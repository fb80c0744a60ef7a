"""Where a part of a query stands that has no place of its own in the tree."""

from __future__ import annotations

from sqlglot import TokenType, exp

from core.query import Query

__all__ = ["has_limit", "limit_word"]

_WORDS = (TokenType.LIMIT, TokenType.FETCH, TokenType.TOP)


def has_limit(node: exp.Expr) -> bool:
    """Return whether a select has a limit: LIMIT ALL and LIMIT NULL are none."""
    limit = node.args.get("limit")
    most = limit.args.get("expression") if isinstance(limit, exp.Limit) else None
    is_all = isinstance(most, exp.All | exp.Null) or (
        isinstance(most, exp.Column | exp.Var) and most.name.upper() == "ALL"
    )
    return limit is not None and not is_all


def limit_word(query: Query, node: exp.Expr) -> tuple[int, int]:
    """Return the place of a select's LIMIT: the first one behind all else in it."""
    parts = [
        each
        for name, value in node.args.items()
        if name not in ("limit", "offset", "with_")
        for each in (value if isinstance(value, list) else [value])
    ]
    ends = [
        inner.meta["end"]
        for part in parts
        if isinstance(part, exp.Expr)
        for inner in part.walk()
        if "end" in inner.meta
    ]
    after = max(ends, default=0)
    words = [token for token in query.tokens if token.token_type in _WORDS]
    tops = [each for each in words if each.token_type is TokenType.TOP and each.start < after]
    if tops and all(each.start < after for each in words):
        return tops[-1].start, tops[-1].end + 1
    token = next((each for each in words if each.start > after), words[-1] if words else query.tokens[-1])
    return token.start, token.end + 1
