"""Proves that a text is one query that only reads, where the parser does not know all that is in it.

A parser's error is not the server's. Where a session is read-only by itself (Postgres and Redshift by their transactions, DuckDB by its
file and its settings) and the server describes the text before it runs, such a query is run, with a warning that it was not checked
further. BigQuery and Snowflake have no read-only sessions: there it stays refused.

What is proven, in the tokens, outside of strings, comments and quoted names:

- it starts with SELECT, WITH, VALUES, TABLE or brackets around one (DuckDB: FROM, too), and no second statement follows;
- no word of it writes, locks or makes a table: INSERT, UPDATE, DELETE, MERGE, INTO, FOR SHARE, nor any other
  statement's first word where a statement could begin;
- no name before a bracket is a function that core.query.dangerous refuses;
- each operator is a known one (core.query.operators), since others can be bound to any function.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from sqlglot import Token, TokenType

from core.model import Finding, Severity
from core.query import readonly
from core.query.operators import KNOWN, operator_at
from core.query.place import finding
from core.query.placeholder import PLACEHOLDER
from core.query.syntax import Parsed
from core.scan import Piece, PieceKind

__all__ = ["check", "placeholders", "same"]

_READ_ONLY = ("postgres", "redshift", "duckdb")
"""Dialects whose sessions refuse to write whatever the text says."""

_STARTS: Mapping[str, frozenset[str]] = {
    "postgres": frozenset({"select", "with", "values", "table"}),
    "redshift": frozenset({"select", "with"}),
    "duckdb": frozenset({"select", "with", "values", "table", "from", "pivot", "unpivot"}),
}
_WRITES = frozenset({"insert", "update", "delete", "merge", "into", "truncate", "nextval"})
_FUNCTIONS_TOO = frozenset({"delete", "truncate"})
"""Words that are functions before a bracket, where no statement goes on with one: hstore has delete(hstore, text)."""

_BEFORE_STATEMENT = {TokenType.L_PAREN, TokenType.SEMICOLON}
_OPERATOR = re.compile(r"[+\-*/<>=~!@#%^&|`?]")


def check(
    tokens: Sequence[Token], parsed: Parsed, text: str, pieces: tuple[Piece, ...], dialect: str
) -> tuple[Finding, ...]:
    """Return the parser's error and what keeps the text from being proven; a warning alone where it is one query."""
    problem = parsed.problem
    if problem is None:
        return ()
    if dialect not in _READ_ONLY or parsed.is_certain or not _starts_query(tokens, text, dialect):
        return (problem,)
    against = (
        *_words(tokens, text),
        *readonly.functions(tokens, text, dialect),
        *_operators(text, pieces),
        *(_files(tokens, text) if dialect == "duckdb" else ()),
    )
    if against:
        return (problem, *against)
    message = f"Not checked further: Backhaul does not know all that is here ({problem.message.rstrip('.')}). The warehouse checks it."
    return (finding(text, "not-checked", message, problem.start, problem.end, severity=Severity.WARNING),)


def placeholders(
    text: str, tokens: Sequence[Token], stand_ins: Sequence[str], spans: Sequence[tuple[int, int]]
) -> Iterator[Finding]:
    """Find placeholders that are no number of their own."""
    numbers = {token.text for token in tokens if token.token_type is TokenType.NUMBER}
    for stand_in, (start, end) in zip(stand_ins, spans, strict=True):
        if stand_in not in numbers:
            message = f"{PLACEHOLDER} is a number, and no number can stand here."
            yield finding(text, "unknown-placeholder", message, start, end)


def same(ours: Sequence[Token], theirs: Sequence[Token], values: Mapping[str, str]) -> bool:
    """Return whether two statements are the same tokens, where each stand-in has become its value."""
    return len(ours) == len(theirs) and all(
        one.token_type is two.token_type and values.get(one.text, one.text) == two.text
        for one, two in zip(ours, theirs, strict=True)
    )


def _starts_query(tokens: Sequence[Token], text: str, dialect: str) -> bool:
    first = next((token for token in tokens if token.token_type is not TokenType.L_PAREN), tokens[0])
    return _word(first, text) in _STARTS[dialect]


def _words(tokens: Sequence[Token], text: str) -> Iterator[Finding]:
    """Find words that write or lock. What stands behind a dot is a column's name."""
    before: Token | None = None
    for place, token in enumerate(tokens):
        words = _word(token, text).split()
        after = _word(tokens[place + 1], text) if place + 1 < len(tokens) else ""
        is_start = before is not None and before.token_type in _BEFORE_STATEMENT and after[:1].isalpha()
        is_call = place + 1 < len(tokens) and tokens[place + 1].token_type is TokenType.L_PAREN
        refused = [
            word
            for word in words
            if (word in _WRITES and not (is_call and word in _FUNCTIONS_TOO))
            or (is_start and readonly.is_writing(word))
        ]
        if words and words[-1] == "for" and after in ("share", "key", "no"):
            refused.append(f"for {after}")
        if refused and not (before is not None and before.token_type is TokenType.DOT):
            message = f"{refused[0].upper()} is refused: a sync only reads."
            yield finding(text, "writes", message, token.start, token.end + 1)
        before = token


def _operators(text: str, pieces: tuple[Piece, ...]) -> Iterator[Finding]:
    """Find operators that are not known ones."""
    for piece in pieces:
        if piece.kind is not PieceKind.CODE:
            continue
        place = piece.start
        while match := _OPERATOR.search(text, place, piece.end):
            written = operator_at(text, match.start(), piece.end) or match.group()
            place = match.start() + len(written)
            if written not in KNOWN:
                message = f"The operator {written} is unknown, so Backhaul cannot tell what it does."
                yield finding(text, "dangerous-function", message, match.start(), place)


def _files(tokens: Sequence[Token], text: str) -> Iterator[Finding]:
    """Find what DuckDB may take for a file: a text where a table stands, a name that ends like one."""
    before: Token | None = None
    for token in tokens:
        is_table = before is not None and before.token_type in (TokenType.FROM, TokenType.JOIN, TokenType.COMMA)
        is_text = token.token_type is TokenType.STRING
        if (is_text and before is not None and before.token_type in (TokenType.FROM, TokenType.JOIN)) or (
            is_table and (is_text or token.token_type is TokenType.IDENTIFIER) and readonly.is_file(token.text)
        ):
            message = f"{token.text} is a file: a sync reads tables only."
            yield finding(text, "dangerous-function", message, token.start, token.end + 1)
        before = token


def _word(token: Token, text: str) -> str:
    """Return a token's words in lower case; "" where it is a string or a quoted name."""
    written = text[token.start : token.end + 1]
    return written.lower() if written[:1].isalpha() and "'" not in written and '"' not in written else ""
