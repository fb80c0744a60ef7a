"""What a query names, as Postgres reads it: calls, other names, operators.

Read from the text, without a tree: a session is given text that was checked before (core.query), and what it must not miss is a
name, however it is written. Names are taken where they may be none (aliases, words of SQL); the catalogue knows which are functions.

https://www.postgresql.org/docs/current/sql-syntax-lexical.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.scan import Piece, PieceKind, scan

__all__ = ["ANY_COUNT", "AS_ATTRIBUTE", "AS_TYPE", "OF_A_VALUE", "Name", "Names", "names_of"]

ANY_COUNT = -1
"""The number of arguments of a call where it cannot be counted simply."""

AS_ATTRIBUTE = -2
"""The number of arguments of a name that is no call, but may be one: `row.name` calls name(row)."""

AS_TYPE = -3
"""The number of arguments of a name behind `::`, a type's."""

OF_A_VALUE = "."
"""The "schema" of what stands behind a dot after brackets: `(row).name`. No schema that a query can name is called so."""

_EQUAL = ("=", "<>")
_IMPLIED: Mapping[str, tuple[str, ...]] = {
    "between": ("<", ">", "<=", ">="),
    "like": ("~~", "!~~"),
    "ilike": ("~~*", "!~~*"),
    "similar": ("~", "!~"),
    **dict.fromkeys(
        ("in", "using", "natural", "case", "distinct", "nullif", "union", "intersect", "except", "group"), _EQUAL
    ),
}
"""Words, and the operators that they stand for."""

_ESCAPED = re.compile(r'u&"', re.IGNORECASE)
_ESCAPES = re.compile(r"[eE]'$|[eE]$")
_CONTINUED = re.compile(
    r"(?:(?:[ \t\f\v]|--[^\r\n]*+)*+[\r\n](?:[ \t\f\v\r\n]|--[^\r\n]*+[\r\n])*+'(?:[^'\\]|\\.|'')*+'?)+", re.DOTALL
)
"""Possessive, so that a line of dashes is read once."""
_LONGEST = 63
"""Bytes of a name; the server cuts off the rest."""

_PARTS = re.compile(
    r"(?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)|(?P<operator>[+\-*/<>=~!@#%^&|`?]+)"
    r"|(?P<other>[^ \t\n\r\f\v])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name, what stands before its dot ("" for none, OF_A_VALUE for brackets), how many arguments it is called with, and where it stands.

    `may_be_type` is false where it stands as a relation does: behind FROM, before a dot.
    """

    name: str
    schema: str = ""
    arguments: int = AS_ATTRIBUTE
    start: int = 0
    may_be_type: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """All that a query names; `words` are all names, the calls among them. `escaped` is where one is spelled in escapes, U&"..."."""

    words: tuple[Name, ...]
    operators: tuple[Name, ...]
    escaped: int | None = None


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    is_quoted: bool = False

    def is_word(self, *words: str) -> bool:
        return self.kind == "name" and not self.is_quoted and self.text in words


def names_of(sql: str) -> Names:
    """Return what a query names."""
    tokens = list(_tokens(sql))
    words = (_name(tokens, place) for place, token in enumerate(tokens) if token.kind == "name")
    operators = [
        Name(name=token.text, schema=_schema(tokens, place), start=token.start)
        for place, token in enumerate(tokens)
        if token.kind == "operator"
    ]
    found = {name for token in tokens if token.kind == "name" for name in _IMPLIED.get(token.text, ())}
    implied = [Name(name=name) for name in sorted(found - {each.name for each in operators})]
    escaped = (found.start() for found in _ESCAPED.finditer(sql))
    written = {token.start for token in tokens if token.kind == "name"}
    return Names(
        words=tuple(words),
        operators=(*operators, *implied),
        escaped=next((start for start in escaped if start in written), None),
    )


def _tokens(sql: str) -> Iterator[_Token]:
    for piece in _pieces(sql):
        if piece.kind is PieceKind.COMMENT:
            continue
        if piece.kind is PieceKind.STRING:
            yield _Token("string", "", piece.start)
        elif piece.kind is PieceKind.IDENTIFIER:
            yield _Token(
                "name", _cut(sql[piece.start + 1 : piece.end - 1].replace('""', '"')), piece.start, is_quoted=True
            )
        else:
            yield from _of_code(sql, piece.start, piece.end)


def _pieces(sql: str) -> Iterator[Piece]:
    """Cut the text; a string with E goes on, backslashes and all, in the next quotes on a line below."""
    start = 0
    while start < len(sql):
        end = len(sql)
        for piece in scan(sql[start:], "postgres"):
            first, last = start + piece.start, start + piece.end
            is_escaped = piece.kind is PieceKind.STRING and _ESCAPES.search(sql, max(0, first - 2), first + 1)
            if is_escaped and (goes_on := _CONTINUED.match(sql, last)):
                end = goes_on.end()
                yield Piece(kind=PieceKind.STRING, start=first, end=end)
                break
            yield Piece(kind=piece.kind, start=first, end=last, closed=piece.closed)
        start = end


def _of_code(sql: str, start: int, end: int) -> Iterator[_Token]:
    from core.query.operators import operator_at  # it brings sqlglot, which whoever has a query has

    place = start
    while match := _PARTS.search(sql, place, end):
        place = match.end()
        if match["word"]:
            yield _Token("name", _cut(_lowered(match["word"])), match.start())
        elif match["operator"]:
            written = operator_at(sql, match.start(), end) or match["operator"]
            place = match.start() + len(written)
            yield _Token("operator", "<>" if written == "!=" else written, match.start())
        else:
            yield _Token("mark", match["other"], match.start())


def _lowered(word: str) -> str:
    """Fold a name as the server does in a database of UTF-8: ASCII only."""
    return re.sub("[A-Z]+", lambda found: found[0].lower(), word)


def _cut(name: str) -> str:
    return name.encode()[:_LONGEST].decode(errors="ignore")


def _schema(tokens: Sequence[_Token], place: int) -> str:
    if place < 2 or not _is_mark(tokens[place - 1], "."):
        return ""
    return tokens[place - 2].text if tokens[place - 2].kind == "name" else OF_A_VALUE


def _is_mark(token: _Token, *marks: str) -> bool:
    return token.kind == "mark" and token.text in marks


def _name(tokens: Sequence[_Token], place: int) -> Name:
    schema = _schema(tokens, place)
    first = place - 2 if schema else place
    if first > 1 and _is_mark(tokens[first - 1], ":") and _is_mark(tokens[first - 2], ":"):
        return Name(name=tokens[place].text, schema=schema, arguments=AS_TYPE, start=tokens[place].start)
    is_called = place + 1 < len(tokens) and _is_mark(tokens[place + 1], "(") and not _is_of_with(tokens, place)
    return Name(
        name=tokens[place].text,
        schema=schema,
        arguments=_count(tokens, place + 1) if is_called else AS_ATTRIBUTE,
        start=tokens[place].start,
        may_be_type=not _is_of_relation(tokens, first, place),
    )


def _is_of_relation(tokens: Sequence[_Token], first: int, last: int) -> bool:
    """Tell whether a name stands where no type can stand."""
    if last + 1 < len(tokens) and tokens[last + 1].kind == "string":
        return False
    if last + 1 < len(tokens) and _is_mark(tokens[last + 1], "."):
        return True
    return first > 0 and (
        tokens[first - 1].is_word("from", "join", "only", "table") or _is_mark(tokens[first - 1], ",", "(")
    )


def _is_of_with(tokens: Sequence[_Token], place: int) -> bool:
    """Tell whether brackets hold the columns of a query in WITH: `WITH name (a, b) AS (SELECT ...)`.

    Behind FROM, `, call(1) AS (a integer)` is a call; so SELECT has to follow, which no column can be called without quotes.
    """
    if place == 0 or not (tokens[place - 1].is_word("with", "recursive") or _is_mark(tokens[place - 1], ",")):
        return False
    depth, end = 0, place + 1
    while end < len(tokens):
        depth += _is_mark(tokens[end], "(") - _is_mark(tokens[end], ")")
        end += 1
        if depth == 0:
            break
    rest = [token for token in tokens[end : end + 5] if not token.is_word("not", "materialized")]
    return len(rest) > 2 and rest[0].is_word("as") and _is_mark(rest[1], "(") and rest[2].is_word("select", "with")


def _count(tokens: Sequence[_Token], opening: int) -> int:
    """Count the arguments in brackets; ANY_COUNT where a list stands in an aggregate's ORDER BY, or VARIADIC spreads one."""
    depth, commas = 0, 0
    for place in range(opening, len(tokens)):
        token = tokens[place]
        depth += _is_mark(token, "(", "[") - _is_mark(token, ")", "]")
        if depth == 0:
            return 0 if place == opening + 1 else commas + 1
        if depth == 1 and token.kind == "name" and token.text in ("order", "variadic"):
            return ANY_COUNT
        commas += depth == 1 and _is_mark(token, ",")
    return ANY_COUNT
