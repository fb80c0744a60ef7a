"""What a query names, as Postgres reads it: calls, other names, operators.

Read from the text, without a tree: a session is given text that was checked before (core.query), and what it must not miss is a
name, however it is written. Names are taken where they may be none (aliases, words of SQL); the catalogue knows which are functions.

Where it is doubtful what is code and what is a string or a comment, because two readers of the text disagree or could, the names inside
of strings and comments count as well, and in whatever schema they are.

https://www.postgresql.org/docs/current/sql-syntax-lexical.html
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from core.scan import PieceKind, has_escapes, scan

__all__ = ["ANY_COUNT", "AS_ATTRIBUTE", "AS_TYPE", "OF_A_VALUE", "Name", "Names", "names_of"]

ANY_COUNT = -1
"""The number of arguments of a call where it cannot be counted simply."""

AS_ATTRIBUTE = -2
"""The number of arguments of a name that is no call, but may be one: `value.name` calls name(value)."""

AS_TYPE = -3
"""The number of arguments of a name behind `::`, a type's."""

OF_A_VALUE = "."
"""The "schema" of an attribute of what need not be a row: `(value).name`. No schema that a query can name is called so."""

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
_DOUBTFUL = re.compile(r"""\r(?!\n)|u&['"]|(?<![\w$])[0-9][\w$]*\$""", re.IGNORECASE)
"""Ends of lines, names in escapes and numbers before a dollar quote: not all servers and readers take them for the same."""
_CONTAINER = re.compile(r"('|\$[^$]*\$)\s*[{(\[]")
"""How the literal of an array, a row or a range begins."""
_BEHIND_A_CALLED_NAME = re.compile(r'"?\s*(\(|/\*|--)')
"""A comment may hide the bracket."""
_QUOTED_NAME = re.compile(r'(""|[^"]){1,64}')
_LONGEST = 63
"""Bytes of a name; the server cuts off the rest."""
_VALUES = frozenset(
    [
        "current_catalog",
        "current_date",
        "current_role",
        "current_schema",
        "current_time",
        "current_timestamp",
        "current_user",
        "localtime",
        "localtimestamp",
        "session_user",
        "system_user",
        "user",
    ]
)
"""Functions that are called without brackets."""

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
    """All that a query names; `words` are all names, the calls among them.

    `escaped` is where one is spelled in escapes, U&"...". `has_containers` says that there is a string which can be an array, a row or a
    range: of any type that it stands beside. `is_doubtful` says that words of strings and comments are among the names.
    """

    words: tuple[Name, ...]
    operators: tuple[Name, ...]
    escaped: int | None = None
    has_containers: bool = False
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    is_quoted: bool = False

    @property
    def key(self) -> str:
        """The same for all spellings that the server may take for one name."""
        return self.text.lower().encode()[:_LONGEST].decode(errors="ignore")

    def is_word(self, *words: str) -> bool:
        return self.kind == "name" and not self.is_quoted and self.text in words


@dataclass(frozen=True, slots=True)
class _Brackets:
    """Where brackets that open are closed, and how many arguments are in them; by their places among the tokens."""

    closing: Mapping[int, int]
    counts: Mapping[int, int]


def names_of(sql: str, arguments: Collection[str] = ()) -> Names:
    """Return what a query names, or the body of a function whose `arguments` have these names."""
    tokens = list(_tokens(sql))
    brackets = _brackets(tokens)
    values = {*(_Token("name", each, 0).key for each in arguments), *_values(tokens, brackets)}
    words = [
        name
        for place, token in enumerate(tokens)
        if token.kind == "name"
        for name in _names(tokens, place, brackets, values)
    ]
    operators = [
        Name(name=token.text, schema=_schema(tokens, place), start=token.start)
        for place, token in enumerate(tokens)
        if token.kind == "operator"
    ]
    is_doubtful = _is_doubtful(sql)
    if is_doubtful:
        words += _hidden(sql)
        operators += [Name(name=each.text) for each in _of_code(sql, 0, len(sql)) if each.kind == "operator"]
    implied = {operator for word in {each.name for each in words} for operator in _IMPLIED.get(word, ())}
    operators += [Name(name=name) for name in sorted(implied - {each.name for each in operators})]
    escaped = (found.start() for found in _ESCAPED.finditer(sql))
    written = {token.start for token in tokens if token.kind == "name"}
    return Names(
        words=tuple(words),
        operators=tuple(operators),
        escaped=next((start for start in escaped if is_doubtful or start in written), None),
        has_containers=is_doubtful or any(_may_be_container(sql, token) for token in tokens),
        is_doubtful=is_doubtful,
    )


def _is_doubtful(sql: str) -> bool:
    """Tell whether a string or a comment may begin or end elsewhere than the scanner says.

    Where no string ends elsewhere if all of them have escapes, it does not matter which have: those behind an E, and those that go on
    with one in the next line.
    """
    from core.query.syntax import quotes_disagree  # it brings sqlglot, which whoever has a query has

    return (
        _DOUBTFUL.search(sql) is not None
        or ("\\" in sql and scan(sql, "postgres") != scan(sql, "redshift"))
        or quotes_disagree(sql, "postgres")
    )


def _hidden(sql: str) -> Iterator[Name]:
    """Give all that may be a name, wherever it stands."""
    before, in_comment, line = "", False, 0
    for token in _of_code(sql, 0, len(sql)):
        if in_comment and re.search(r"[\r\n]", sql[line : token.start]):
            before, in_comment = "*/", False
        line = token.start
        in_comment = in_comment or (token.kind == "operator" and "--" in token.text)
        found, end = "", token.start
        if token.kind == "name":
            found, end = token.text, token.start + len(token.text)
        elif token.text == '"' and (quoted := _QUOTED_NAME.match(sql, token.start + 1)):
            found, end = quoted.group().replace('""', '"'), quoted.end()
        parts = {found, *found.split("$"), *((found.lower(),) if token.kind == "name" else ())} - {""}
        for name in sorted(parts):
            if _BEHIND_A_CALLED_NAME.match(sql, end):
                yield Name(name=name, arguments=ANY_COUNT, start=token.start)
            yield Name(name=name, schema=OF_A_VALUE if before.endswith((".", "*/")) else "", start=token.start)
            if before.endswith((".", "*/")):
                yield Name(name=name, start=token.start)
        if token.text != '"':
            before = token.text


def _may_be_container(sql: str, token: _Token) -> bool:
    if token.kind != "string":
        return False
    return _CONTAINER.match(token.text) is not None or ("\\" in token.text and has_escapes(sql, token.start))


def _tokens(sql: str) -> Iterator[_Token]:
    for piece in scan(sql, "postgres"):
        if piece.kind is PieceKind.COMMENT:
            continue
        written = sql[piece.start : piece.end]
        if piece.kind is PieceKind.STRING:
            yield _Token("string", written, piece.start)
        elif piece.kind is PieceKind.IDENTIFIER:
            yield _Token("name", written[1:-1].replace('""', '"'), piece.start, is_quoted=True)
        else:
            yield from _of_code(sql, piece.start, piece.end)


def _brackets(tokens: Sequence[_Token]) -> _Brackets:
    """Match brackets and count arguments; ANY_COUNT where a list stands in an aggregate's ORDER BY, or VARIADIC spreads one."""
    closing: dict[int, int] = {}
    counts: dict[int, int] = {}
    opened: list[int] = []
    for place, token in enumerate(tokens):
        if _is_mark(token, "(", "["):
            opened.append(place)
            counts[place] = 0
        elif not opened:
            continue
        elif _is_mark(token, ")", "]"):
            opening = opened.pop()
            closing[opening] = place
            counts[opening] += counts[opening] != ANY_COUNT and place != opening + 1
        elif token.kind == "name" and token.text in ("order", "variadic"):
            counts[opened[-1]] = ANY_COUNT
        elif _is_mark(token, ",") and counts[opened[-1]] != ANY_COUNT:
            counts[opened[-1]] += 1
    return _Brackets(closing=closing, counts={**counts, **dict.fromkeys(opened, ANY_COUNT)})


def _values(tokens: Sequence[_Token], brackets: _Brackets) -> Iterator[str]:
    """Give the names that may stand for a single value: those of functions in FROM, whose attribute may be a call of another function.

    All other names before a dot stand for rows or for schemas.
    """
    for place, token in enumerate(tokens):
        if token.kind != "name":
            continue
        after = place + 1
        if after in brackets.closing and _is_mark(tokens[after], "("):
            is_rows = token.is_word("from") and place > 0 and tokens[place - 1].is_word("rows")
            if token.is_word("from", "join", "lateral", "only") and not is_rows:
                continue  # a query or a join
            after = brackets.closing[after] + 1
        elif token.text not in _VALUES:
            continue
        yield token.key
        while after < len(tokens) and tokens[after].is_word("as", "with", "ordinality"):
            after += 1
        if after < len(tokens) and tokens[after].kind == "name":
            yield tokens[after].key


def _of_code(sql: str, start: int, end: int) -> Iterator[_Token]:
    from core.query.operators import operator_at  # it brings sqlglot, which whoever has a query has

    place = start
    while match := _PARTS.search(sql, place, end):
        place = match.end()
        if match["word"]:
            yield _Token("name", _lowered(match["word"]), match.start())
        elif match["operator"]:
            written = operator_at(sql, match.start(), end) or match["operator"]
            place = match.start() + len(written)
            yield _Token("operator", "<>" if written == "!=" else written, match.start())
        else:
            yield _Token("mark", match["other"], match.start())


def _lowered(word: str) -> str:
    """Fold a name as the server does in a database of UTF-8: ASCII only. (In others it may fold all letters: see `_names`.)"""
    return re.sub("[A-Z]+", lambda found: found[0].lower(), word)


def _schema(tokens: Sequence[_Token], place: int) -> str:
    if place < 2 or not _is_mark(tokens[place - 1], "."):
        return ""
    return tokens[place - 2].text if tokens[place - 2].kind == "name" else OF_A_VALUE


def _is_mark(token: _Token, *marks: str) -> bool:
    return token.kind == "mark" and token.text in marks


def _names(tokens: Sequence[_Token], place: int, brackets: _Brackets, values: Collection[str]) -> Iterator[Name]:
    """Give what a name may be; `values` are the keys of names that may stand for a single value."""
    token = tokens[place]
    name = _name(tokens, place, brackets)
    yield name
    if name.arguments == AS_ATTRIBUTE and name.schema not in ("", OF_A_VALUE) and tokens[place - 2].key in values:
        yield replace(name, schema=OF_A_VALUE)
    if not token.is_quoted and token.text != token.text.lower():
        yield replace(name, name=token.text.lower())


def _name(tokens: Sequence[_Token], place: int, brackets: _Brackets) -> Name:
    schema = _schema(tokens, place)
    first = place - 2 if schema else place
    if first > 1 and _is_mark(tokens[first - 1], ":") and _is_mark(tokens[first - 2], ":"):
        return Name(name=tokens[place].text, schema=schema, arguments=AS_TYPE, start=tokens[place].start)
    is_called = (
        place + 1 < len(tokens) and _is_mark(tokens[place + 1], "(") and not _is_of_with(tokens, place, brackets)
    )
    return Name(
        name=tokens[place].text,
        schema=schema,
        arguments=brackets.counts[place + 1] if is_called else AS_ATTRIBUTE,
        start=tokens[place].start,
        may_be_type=schema == OF_A_VALUE or not _is_of_relation(tokens, first, place),
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


def _is_of_with(tokens: Sequence[_Token], place: int, brackets: _Brackets) -> bool:
    """Tell whether brackets hold the columns of a query in WITH: `WITH name (a, b) AS (SELECT ...)`.

    Behind FROM, `, call(1) AS (a integer)` is a call; so SELECT has to follow, which no column can be called without quotes.
    """
    if place == 0 or not (tokens[place - 1].is_word("with", "recursive") or _is_mark(tokens[place - 1], ",")):
        return False
    end = brackets.closing.get(place + 1, len(tokens)) + 1
    rest = [token for token in tokens[end : end + 5] if not token.is_word("not", "materialized")]
    return len(rest) > 2 and rest[0].is_word("as") and _is_mark(rest[1], "(") and rest[2].is_word("select", "with")
