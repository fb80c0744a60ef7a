"""Gaps of sqlglot's parser: what a warehouse reads and the parser does not, put in other words before it parses.

Only the parser sees these tokens. The text that is sent is the analyst's own, and functions, parameters and statements are looked for
in the tokens as they were read: what is put in other words here cannot hide any of them. Each token keeps its place, and what is left out is
never a table, a query or a call. Each gap is a function from tokens to tokens.

Vendors' pages: https://www.postgresql.org/docs/current/sql-syntax-lexical.html (numbers, operators),
https://www.postgresql.org/docs/current/functions-json.html, https://cloud.google.com/bigquery/docs/reference/standard-sql/pipe-syntax,
https://docs.snowflake.com/en/sql-reference/data-types-structured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import reduce

from sqlglot import Token, TokenType
from sqlglot.parser import Parser

from core.query.operators import OPERATOR_CHARACTERS, operator_at

__all__ = ["bridged"]

Tokens = list[Token]
_WrittenGap = Callable[[Tokens, str], Tokens]
"""A gap of what is written as one word, for which the text is looked at."""

_Gap = Callable[[Tokens], Tokens]

_OPERANDS = {
    TokenType.NUMBER,
    TokenType.STRING,
    TokenType.IDENTIFIER,
    TokenType.VAR,
    TokenType.R_PAREN,
    TokenType.R_BRACKET,
    TokenType.END,
    TokenType.NULL,
    TokenType.TRUE,
    TokenType.FALSE,
    TokenType.PARAMETER,
    TokenType.HEX_STRING,
    TokenType.BIT_STRING,
}
"""What an infix operator can stand behind; most other words begin something."""

_AFTER_NAME = {
    None,
    TokenType.COMMA,
    TokenType.ALIAS,
    TokenType.FROM,
    TokenType.R_PAREN,
    TokenType.R_BRACKET,
    TokenType.IS,
    TokenType.IN,
    TokenType.EQ,
    TokenType.NEQ,
    TokenType.GT,
    TokenType.GTE,
    TokenType.LT,
    TokenType.LTE,
    TokenType.AND,
    TokenType.OR,
    TokenType.PLUS,
    TokenType.DASH,
    TokenType.STAR,
    TokenType.SLASH,
    TokenType.DPIPE,
    TokenType.DCOLON,
    TokenType.DESC,
    TokenType.ASC,
    TokenType.LIMIT,
    TokenType.UNION,
}
"""What stands behind a column's name, and not behind a word that begins something. None is the end."""

_REST_OF_NUMBER = re.compile(
    r"(?:_?\d+)+(?:\.(?:\d+(?:_\d+)*)?)?(?:e[+-]?\d+)?|_?[0-9a-f]+(?:_[0-9a-f]+)*", re.IGNORECASE
)
_PREFIXED = re.compile(r"[xob]_?[0-9a-f]+(?:_[0-9a-f]+)*", re.IGNORECASE)
_FORMS = ("nfc", "nfd", "nfkc", "nfkd")
_TYPES_BEFORE_TEXT = frozenset({"bit", "varbit", "box", "lseg", "line", "circle", "polygon"})
_OF_MODELS = ("predict", "forecast", "translate", "generate_embedding", "generate_text", "generate_table")
"""Functions whose MODEL the parser knows."""

_WRAPPER = ("array", "conditional", "unconditional", "wrapper")


def bridged(tokens: Sequence[Token], text: str, dialect: str) -> Tokens:
    """Return the tokens of a statement in words that the parser knows."""
    read = reduce(lambda read, gap: gap(read, text), _WRITTEN_GAPS[dialect], list(tokens))
    return reduce(lambda read, gap: gap(read), _GAPS[dialect], read)


def _like(token: Token, kind: TokenType, text: str) -> Token:
    """Return another token at a token's place."""
    return Token(kind, text, token.line, token.col, token.start, token.end, [])


def _word(tokens: Tokens, index: int) -> str:
    """Return a word in lower case; "" where there is none, or where it is a string or a quoted name."""
    if not 0 <= index < len(tokens) or tokens[index].token_type in (TokenType.STRING, TokenType.IDENTIFIER):
        return ""
    return str(tokens[index].text).lower()


def _kind(tokens: Tokens, index: int) -> TokenType | None:
    return tokens[index].token_type if 0 <= index < len(tokens) else None


def _touch(one: Token, two: Token) -> bool:
    return bool(one.end + 1 == two.start)


def _close(tokens: Tokens, index: int) -> int:
    """Return the index of the bracket that closes the one at `index`; that of the last token where none does."""
    depth = 0
    for place in range(index, len(tokens)):
        depth += tokens[place].token_type is TokenType.L_PAREN
        depth -= tokens[place].token_type is TokenType.R_PAREN
        if depth == 0:
            return place
    return len(tokens) - 1


def _without(tokens: Tokens, spans: list[tuple[int, int]]) -> Tokens:
    """Leave out spans of tokens, given in their order."""
    if not spans:
        return tokens
    kept: Tokens = []
    place = 0
    for start, end in spans:
        kept += tokens[place:start]
        place = max(place, end)
    return kept + tokens[place:]


# numbers and strings


def _numbers(tokens: Tokens, text: str) -> Tokens:
    """Read `1_000` and `0x_FF` as one number."""
    read: Tokens = []
    for token in tokens:
        last = read[-1] if read else None
        if last is None or last.token_type is not TokenType.NUMBER or not _touch(last, token):
            read.append(token)
            continue
        rest = text[token.start : token.end + 1]
        is_rest = rest.startswith("_") and _REST_OF_NUMBER.fullmatch(rest)
        if (token.token_type is TokenType.VAR and (is_rest or (last.text == "0" and _PREFIXED.fullmatch(rest)))) or (
            token.token_type is TokenType.NUMBER and rest.startswith(".")
        ):
            read[-1] = Token(TokenType.NUMBER, "1", last.line, last.col, last.start, token.end, [])
        else:
            read.append(token)
    return read


def _prefixes(tokens: Tokens) -> Tokens:
    """Read `rb'x'`, `br"x"` (BigQuery) and `b'101'` (DuckDB) as strings."""
    return [
        token
        for place, token in enumerate(tokens)
        if not (
            token.token_type is TokenType.VAR
            and _word(tokens, place) in ("rb", "br", "b")
            and _kind(tokens, place + 1) in (TokenType.STRING, TokenType.RAW_STRING)
            and _touch(token, tokens[place + 1])
        )
    ]


# operators


def _operators(tokens: Tokens, text: str) -> Tokens:
    """Read what the server reads as one operator (`<#>`, `<@>`, `@-`), and the parser as several, as one that it knows."""
    read: Tokens = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if text[token.start : token.start + 1] not in OPERATOR_CHARACTERS:
            read.append(token)
            place += 1
            continue
        end = token.start + len(operator_at(text, token.start))
        after = place + 1
        while after < len(tokens) and tokens[after].end < end:
            after += 1
        is_single = text[token.start : end] in ("#", "@")
        if (after == place + 1 and not is_single) or tokens[after - 1].end + 1 != end:
            read.append(token)
            place += 1
            continue
        is_infix = bool(read) and read[-1].token_type in _OPERANDS
        kind, sign = (TokenType.AMP, "&") if is_infix else (TokenType.DASH, "-")
        read.append(Token(kind, sign, token.line, token.col, token.start, end - 1, []))
        place = after
    return read


def _order_using(tokens: Tokens, text: str) -> Tokens:
    """Leave out the operator of ORDER BY x USING >."""
    spans = []
    for place in range(len(tokens)):
        if _kind(tokens, place) is not TokenType.USING or place + 1 >= len(tokens):
            continue
        after = tokens[place + 1]
        if text[after.start] in OPERATOR_CHARACTERS:
            spans.append((place, place + 2))
        elif after.token_type is TokenType.OPERATOR and _kind(tokens, place + 2) is TokenType.L_PAREN:
            spans.append((place, _close(tokens, place + 2) + 1))
    return _without(tokens, spans)


# words of Postgres and those after it


def _types(tokens: Tokens) -> Tokens:
    """Read `pg_catalog.text` as `text`, and `int array[3]` as `int`."""
    spans = []
    for place in range(len(tokens)):
        if _kind(tokens, place) is TokenType.DOT and _word(tokens, place - 1) in ("pg_catalog", "information_schema"):
            is_cast = _kind(tokens, place - 2) in (TokenType.DCOLON, TokenType.ALIAS)
            is_type = _kind(tokens, place + 1) in Parser.TYPE_TOKENS
            if is_cast and (is_type or _kind(tokens, place - 2) is TokenType.DCOLON):
                spans.append((place - 1, place + 1))
        elif _kind(tokens, place) is TokenType.ARRAY and _ends_type(tokens, place - 1):
            sized = (TokenType.L_BRACKET, TokenType.NUMBER, TokenType.R_BRACKET)
            is_sized = tuple(_kind(tokens, place + index) for index in (1, 2, 3)) == sized
            spans.append((place, place + 4 if is_sized else place + 1))
    return _without(tokens, spans)


def _ends_type(tokens: Tokens, place: int) -> bool:
    """Return whether a type ends at a token: `int`, `varchar(10)`."""
    if _kind(tokens, place) is TokenType.R_PAREN:
        while place > 0 and _kind(tokens, place) is not TokenType.L_PAREN:
            place -= 1
        place -= 1
    return _kind(tokens, place) in Parser.TYPE_TOKENS and _kind(tokens, place - 1) in (
        TokenType.DCOLON,
        TokenType.ALIAS,
    )


def _typed_literals(tokens: Tokens) -> Tokens:
    """Read `box '(1,1),(0,0)'` as the text alone."""
    return [
        token
        for place, token in enumerate(tokens)
        if not (
            _word(tokens, place) in _TYPES_BEFORE_TEXT
            and _kind(tokens, place + 1) is TokenType.STRING
            and _kind(tokens, place - 1) not in (*_OPERANDS, TokenType.DCOLON, TokenType.ALIAS)
        )
    ]


def _local_time(tokens: Tokens) -> Tokens:
    """Leave out AT LOCAL."""
    return _without(
        tokens,
        [
            (place, place + 2)
            for place in range(1, len(tokens))
            if _word(tokens, place) == "at" and _word(tokens, place + 1) == "local"
        ],
    )


def _normalized(tokens: Tokens) -> Tokens:
    """Read `IS NFC NORMALIZED` and `IS DOCUMENT` as `IS NULL`."""
    read: Tokens = []
    place = 0
    while place < len(tokens):
        read.append(tokens[place])
        place += 1
        if read[-1].token_type is not TokenType.IS:
            continue
        if _kind(tokens, place) is TokenType.NOT:
            read.append(tokens[place])
            place += 1
        has_form = _word(tokens, place) in _FORMS
        last = place + has_form
        if _word(tokens, last) == "normalized" or (_word(tokens, place) == "document" and not has_form):
            read.append(_like(tokens[last], TokenType.NULL, "NULL"))
            place = last + 1
    return read


def _substring(tokens: Tokens) -> Tokens:
    """Read `substring(x SIMILAR y ESCAPE z)` as a list, and leave out DOCUMENT and CONTENT of `xmlparse`, `xmlserialize`."""
    read = list(tokens)
    spans = []
    for place in range(len(tokens) - 1):
        if _kind(tokens, place + 1) is not TokenType.L_PAREN:
            continue
        name = _word(tokens, place)
        if name in ("xmlparse", "xmlserialize") and _word(tokens, place + 2) in ("document", "content"):
            spans.append((place + 2, place + 3))
        elif name == "substring":
            end = _close(tokens, place + 1)
            for inner in _of_call(tokens, place + 1, end):
                if _word(tokens, inner) in ("similar", "escape"):
                    read[inner] = _like(tokens[inner], TokenType.COMMA, ",")
    return _without(read, spans)


def _of_call(tokens: Tokens, start: int, end: int) -> Iterator[int]:
    """Return the indexes of tokens inside a call's own brackets, not inside others."""
    depth = 0
    for place in range(start, end):
        depth += _kind(tokens, place) in (TokenType.L_PAREN, TokenType.L_BRACKET)
        depth -= _kind(tokens, place) in (TokenType.R_PAREN, TokenType.R_BRACKET)
        if depth == 1:
            yield place


def _json_clauses(tokens: Tokens) -> Tokens:
    """Leave out `WITH WRAPPER`, `KEEP QUOTES ON SCALAR STRING`, `WITH UNIQUE KEYS` and a last `RETURNING jsonb`."""
    spans = []
    place = 0
    while place < len(tokens):
        word = _word(tokens, place)
        after = place + 1
        if word in ("with", "without"):
            while _word(tokens, after) in (*_WRAPPER, "unique", "keys"):
                after += 1
            is_clause = _word(tokens, after - 1) in ("wrapper", "keys", "unique")
        elif word == "returning" and _kind(tokens, after) in Parser.TYPE_TOKENS:
            after = _close(tokens, after + 1) + 1 if _kind(tokens, after + 1) is TokenType.L_PAREN else after + 1
            is_clause = _kind(tokens, after) is TokenType.R_PAREN
        elif word in ("keep", "omit") and _word(tokens, after) == "quotes":
            after += 1
            is_clause = True
            if tuple(_word(tokens, after + index) for index in (0, 1, 2)) == ("on", "scalar", "string"):
                after += 3
        else:
            is_clause = False
        if is_clause and after > place + 1:
            spans.append((place, after))
            place = after
        else:
            place += 1
    return _without(tokens, spans)


# words that are names here


def _names(words: str) -> _Gap:
    """Return the gap of words that the parser keeps for itself and the warehouse does not, where they stand as a column's name."""
    known = frozenset(words.split())

    def named(tokens: Tokens) -> Tokens:
        return [
            _like(token, TokenType.VAR, token.text)
            if _word(tokens, place) in known
            and _kind(tokens, place - 1 if place else -1) not in _OPERANDS
            and _kind(tokens, place + 1) in _AFTER_NAME
            else token
            for place, token in enumerate(tokens)
        ]

    return named


# words of Snowflake and BigQuery


def _not_null_parts(tokens: Tokens) -> Tokens:
    """Leave out NOT NULL of a type's part: ARRAY(NUMBER NOT NULL)."""
    return _without(
        tokens,
        [
            (place, place + 2)
            for place in range(1, len(tokens) - 1)
            if _kind(tokens, place) is TokenType.NOT
            and _kind(tokens, place + 1) is TokenType.NULL
            and _kind(tokens, place - 1) is not TokenType.IS
            and _kind(tokens, place + 2) in (TokenType.R_PAREN, TokenType.COMMA)
            and (_kind(tokens, place - 1) in Parser.TYPE_TOKENS or _kind(tokens, place - 1) is TokenType.R_PAREN)
        ],
    )


def _table_arguments(tokens: Tokens) -> Tokens:
    """Leave out TABLE and MODEL before a name that is an argument: `CHANGES(TABLE ds.users, NULL, NULL)`."""
    before = {TokenType.L_PAREN, TokenType.COMMA, TokenType.FARROW}
    return _without(
        tokens,
        [
            (place, place + 1)
            for place in range(2, len(tokens) - 1)
            if _kind(tokens, place - 1) in before
            and _kind(tokens, place + 1) in (TokenType.VAR, TokenType.IDENTIFIER)
            and (
                _kind(tokens, place) is TokenType.TABLE
                or (_kind(tokens, place) is TokenType.MODEL and _word(tokens, place - 2) not in _OF_MODELS)
            )
        ],
    )


def _bigquery_clauses(tokens: Tokens) -> Tokens:
    """Leave out `WITH DEPTH AS d BETWEEN 1 AND 3`, `WITH DIFFERENTIAL_PRIVACY OPTIONS (...)` and the OPTIONS of MATCH_RECOGNIZE."""
    spans = []
    for place in range(len(tokens)):
        words = (_word(tokens, place), _word(tokens, place + 1))
        is_options = words[0] == "options" and _kind(tokens, place + 1) is TokenType.L_PAREN
        if words == ("with", "depth") and _kind(tokens, place - 1) is TokenType.R_PAREN:
            after = place + 2
            after += 2 if _kind(tokens, after) is TokenType.ALIAS else 0
            after += {"between": 4, "max": 2}.get(_word(tokens, after), 0)
            spans.append((place, after))
        elif is_options and _word(tokens, place - 1) in ("differential_privacy", "aggregation_threshold"):
            spans.append((place - 2, _close(tokens, place + 1) + 1))
        elif is_options and _word(tokens, place - 1) != "with":
            spans.append((place, _close(tokens, place + 1) + 1))
    return _without(tokens, spans)


def _with_expressions(tokens: Tokens) -> Tokens:
    """Read `WITH(a AS score + 1, a * 2)` as a function whose arguments are comparisons."""
    read = list(tokens)
    for place in range(len(tokens) - 1):
        is_expression = _word(tokens, place) == "with" and _kind(tokens, place + 1) is TokenType.L_PAREN
        if is_expression and _kind(tokens, place + 3) is TokenType.ALIAS:
            read[place] = _like(tokens[place], TokenType.VAR, "WITH")
            for inner in _of_call(tokens, place + 1, _close(tokens, place + 1)):
                if _kind(tokens, inner) is TokenType.ALIAS:
                    read[inner] = _like(tokens[inner], TokenType.EQ, "=")
    return read


def _pipe_withs(tokens: Tokens) -> Tokens:
    """Read `|> WITH x AS (SELECT 1)` as a join with the query under its name."""
    read: Tokens = []
    place = 0
    while place < len(tokens):
        starts = _kind(tokens, place - 1 if place else -1) is TokenType.PIPE_GT and _word(tokens, place) == "with"
        while starts and place + 3 < len(tokens) and _kind(tokens, place + 2) is TokenType.ALIAS:
            end = _close(tokens, place + 3) + 1
            join = [_like(tokens[place], TokenType.CROSS, "CROSS"), _like(tokens[place], TokenType.JOIN, "JOIN")]
            read += [*join, *tokens[place + 3 : end], tokens[place + 2], tokens[place + 1]]
            place = end
            starts = _kind(tokens, place) is TokenType.COMMA
        if place < len(tokens):
            read.append(tokens[place])
            place += 1
    return read


def _pipes_after_select(tokens: Tokens) -> Tokens:
    """Read `SELECT ... |> WHERE` as `FROM (SELECT ...) |> WHERE`."""
    read: Tokens = []
    first: list[int | None] = [None]
    for token in tokens:
        kind = token.token_type
        if kind is TokenType.L_PAREN:
            first.append(None)
        elif kind is TokenType.R_PAREN and len(first) > 1:
            first.pop()
        elif kind in (TokenType.SELECT, TokenType.FROM) and first[-1] is None:
            first[-1] = len(read)
        elif kind is TokenType.PIPE_GT and first[-1] is not None and read[first[-1]].token_type is TokenType.SELECT:
            start, at = first[-1], read[first[-1]]
            opening = [_like(at, TokenType.FROM, "FROM"), _like(at, TokenType.L_PAREN, "(")]
            read = [*read[:start], *opening, *read[start:], _like(read[-1], TokenType.R_PAREN, ")")]
            first[-1] = start
        read.append(token)
    return read


def _match_recognize(tokens: Tokens) -> Tokens:
    """Read MATCH_RECOGNIZE as the clause that the parser knows from other warehouses."""
    read = list(tokens)
    for place in range(1, len(tokens) - 1):
        if _word(tokens, place) == "match_recognize" and _kind(tokens, place + 1) is TokenType.L_PAREN:
            read[place] = _like(tokens[place], TokenType.MATCH_RECOGNIZE, "MATCH_RECOGNIZE")
    return read


def _pipes(tokens: Tokens) -> Tokens:
    """Put pipe operators that the parser does not know in the words of those that it knows.

    SET and ASSERT change no column's name: their lists are read as an ORDER BY's. RENAME and DROP become a SELECT * RENAME (...) and a
    SELECT * EXCEPT (...), a CALL of a table function a join with it.
    """
    read: Tokens = []
    opened: int | None = None
    depth = 0
    for place, token in enumerate(tokens):
        kind = token.token_type
        depth += (kind is TokenType.L_PAREN) - (kind is TokenType.R_PAREN)
        if opened is not None and (depth < opened or (depth == opened and kind is TokenType.PIPE_GT)):
            read.append(_like(read[-1], TokenType.R_PAREN, ")"))
            opened = None
        if _kind(tokens, place - 1) is not TokenType.PIPE_GT or place == 0:
            read.append(token)
            continue
        word = _word(tokens, place)
        if word in ("set", "assert"):
            read.append(_like(token, TokenType.ORDER_BY, "ORDER BY"))
        elif word == "call":
            read += [_like(token, TokenType.CROSS, "CROSS"), _like(token, TokenType.JOIN, "JOIN")]
        elif word in ("rename", "drop"):
            name = "RENAME" if word == "rename" else "EXCEPT"
            read += [
                _like(token, TokenType.SELECT, "SELECT"),
                _like(token, TokenType.STAR, "*"),
                _like(token, TokenType.RENAME if word == "rename" else TokenType.EXCEPT, name),
                _like(token, TokenType.L_PAREN, "("),
            ]
            opened = depth
        elif word == "window":
            read.append(_like(token, TokenType.VAR, "EXTEND"))
        elif word == "distinct":
            read += [_like(token, TokenType.SELECT, "SELECT"), token, _like(token, TokenType.STAR, "*")]
        else:
            read.append(token)
    if opened is not None:
        read.append(_like(read[-1], TokenType.R_PAREN, ")"))
    return read


_WRITTEN_AS_POSTGRES: tuple[_WrittenGap, ...] = (_numbers, _operators, _order_using)
_WRITTEN_GAPS: dict[str, tuple[_WrittenGap, ...]] = {
    "postgres": _WRITTEN_AS_POSTGRES,
    "redshift": _WRITTEN_AS_POSTGRES,
    "duckdb": (_numbers, _operators),
    "snowflake": (),
    "bigquery": (),
}
_COMMON_NAMES = "alter drop insert revoke rollback regexp rlike xor uncache glob"
_POSTGRES: tuple[_Gap, ...] = (_types, _typed_literals, _local_time, _normalized, _substring, _json_clauses)
_GAPS: dict[str, tuple[_Gap, ...]] = {
    "postgres": (*_POSTGRES, _names(f"{_COMMON_NAMES} qualify")),
    "redshift": (*_POSTGRES, _names(_COMMON_NAMES)),
    "duckdb": (_prefixes, _types, _names("alter drop insert revoke rollback regexp rlike xor uncache force install")),
    "snowflake": (_not_null_parts, _names("xor uncache notnull undrop fetch outer")),
    "bigquery": (
        _prefixes,
        _table_arguments,
        _bigquery_clauses,
        _with_expressions,
        _match_recognize,
        _pipe_withs,
        _pipes_after_select,
        _pipes,
        _names(f"{_COMMON_NAMES} ilike notnull returning tablesample"),
    ),
}
