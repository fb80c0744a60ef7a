"""Where a part of a query stands that has no place of its own in the tree."""

from __future__ import annotations

from sqlglot import TokenType, exp

from core.query import Query

__all__ = ["limit_word"]

_WORDS = (TokenType.LIMIT, TokenType.FETCH, TokenType.TOP)


def limit_word(query: Query, node: exp.Expr) -> tuple[int, int]:
    """Give the place of a select's LIMIT: the first one behind all else in it."""
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
