"""Cuts SQL text into code, strings, quoted identifiers and comments, as each dialect's own lexer would.

sqlglot cannot do this for us: an unclosed quote or comment makes it raise without a position, and it takes `{{x}}`
for a struct. The scanner also stands as a second opinion: where it and sqlglot disagree about where a quote ends,
the query is refused (core.query.syntax), because a wrong guess there is how text becomes code.

It needs nothing but the standard library, so that whoever only draws SQL (the console) has it without sqlglot.

What the dialects do, from their documents and, for DuckDB, tried out:

- Postgres, Redshift, DuckDB: nested block comments, dollar quotes with tags, `E'...'` with backslashes. Redshift takes
  backslashes in plain strings too.
- Snowflake: `//` comments, `$$...$$` without tags, backslashes in strings, block comments that do not nest.
- BigQuery: `#` comments, double quotes are strings, triple quotes, raw strings (where a backslash still keeps the
  quote after it from closing), identifiers in backquotes with backslashes.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

__all__ = ["Piece", "PieceKind", "has_escapes", "scan"]


class PieceKind(enum.Enum):
    CODE = "code"
    STRING = "string"
    IDENTIFIER = "quoted identifier"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text from `start` up to `end`, its prefix and quotes included."""

    kind: PieceKind
    start: int
    end: int
    closed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lexis:
    """How a dialect writes what is not code."""

    line_comments: tuple[str, ...] = ("--",)
    line_end: re.Pattern[str] = re.compile(r"\n")
    nested: bool = False
    strings: tuple[str, ...] = ("'",)
    backslash: bool = False
    doubling: bool = True
    escape_prefix: bool = False
    dollar: re.Pattern[str] | None = None
    identifier: str = '"'
    identifier_backslash: bool = False
    word: re.Pattern[str] = re.compile(r"[\w$]")
    """A character that a name may go on with: behind it no dollar quote begins, and no E of a string stands alone."""


_TAGGED = re.compile(r"\$(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?\$")
_PLAIN = re.compile(r"\$\$")

_POSTGRES = _Lexis(
    line_end=re.compile(r"[\r\n]"),
    nested=True,
    escape_prefix=True,
    dollar=_TAGGED,
    word=re.compile(r"[A-Za-z0-9_$\x80-\U0010ffff]"),
)
_LEXES = {
    "postgres": _POSTGRES,
    "duckdb": _POSTGRES,
    "redshift": replace(_POSTGRES, backslash=True),
    "snowflake": _Lexis(line_comments=("--", "//"), backslash=True, dollar=_PLAIN),
    "bigquery": _Lexis(
        line_comments=("--", "#"),
        strings=("'''", '"""', "'", '"'),
        backslash=True,
        doubling=False,
        identifier="`",
        identifier_backslash=True,
    ),
}

_MARK = re.compile(r"""['"`$#]|--|//|/\*""")


def scan(text: str, dialect: str) -> tuple[Piece, ...]:
    """Give the pieces of a text, in order, without gaps."""
    return tuple(_pieces(text, _LEXES[dialect]))


def _pieces(text: str, lexis: _Lexis) -> Iterator[Piece]:
    code = place = 0
    while mark := _MARK.search(text, place):
        start = mark.start()
        piece = _piece(text, start, lexis)
        if piece is None:
            place = start + 1
            continue
        if piece.start > code:
            yield Piece(kind=PieceKind.CODE, start=code, end=piece.start)
        yield piece
        code = place = piece.end
    if code < len(text):
        yield Piece(kind=PieceKind.CODE, start=code, end=len(text))


def _piece(text: str, start: int, lexis: _Lexis) -> Piece | None:
    """Give what begins at `start`, or None where the mark there is an operator of this dialect."""
    if text.startswith("/*", start):
        return _block_comment(text, start, lexis)
    if text.startswith(lexis.line_comments, start):
        line_end = lexis.line_end.search(text, start)
        return Piece(kind=PieceKind.COMMENT, start=start, end=line_end.start() if line_end else len(text))
    if text.startswith(lexis.identifier, start):
        return _quoted(
            text, start, lexis.identifier, PieceKind.IDENTIFIER, backslash=lexis.identifier_backslash, doubling=True
        )
    quote = next((quote for quote in lexis.strings if text.startswith(quote, start)), None)
    if quote is not None:
        escaped = lexis.escape_prefix and has_escapes(text, start)
        return _quoted(
            text, start, quote, PieceKind.STRING, backslash=lexis.backslash or escaped, doubling=lexis.doubling
        )
    if lexis.dollar is not None and (tag := lexis.dollar.match(text, start)) and not _in_word(text, start, lexis):
        end = text.find(tag.group(), tag.end())
        closed = end >= 0
        stop = end + len(tag.group()) if closed else len(text)
        return Piece(kind=PieceKind.STRING, start=start, end=stop, closed=closed)
    return None


def _in_word(text: str, start: int, lexis: _Lexis) -> bool:
    return start > 0 and lexis.word.match(text, start - 1) is not None


def has_escapes(text: str, start: int) -> bool:
    """Tell whether the quote at `start` has an E, standing alone, before it."""
    return start > 0 and text[start - 1] in "eE" and not _in_word(text, start - 1, _POSTGRES)


_COMMENT_MARK = re.compile(r"/\*|\*/")


def _block_comment(text: str, start: int, lexis: _Lexis) -> Piece:
    depth, place = 1, start + 2
    while depth and (mark := _COMMENT_MARK.search(text, place)):
        opens = mark.group() == "/*"
        depth += opens if lexis.nested else 0
        depth -= not opens
        place = mark.start() + (1 if opens and not lexis.nested else 2)  # what opens nothing may share its star: /*/
    return Piece(kind=PieceKind.COMMENT, start=start, end=len(text) if depth else place, closed=not depth)


def _quoted(text: str, start: int, quote: str, kind: PieceKind, *, backslash: bool, doubling: bool) -> Piece:
    """Give the quoted piece at `start`. A doubled quote stands for one where `doubling`, only for single marks."""
    place = start + len(quote)
    while place < len(text):
        if backslash and text[place] == "\\":
            place += 2
        elif text.startswith(quote, place):
            place += len(quote)
            if not (doubling and text.startswith(quote, place)):
                return Piece(kind=kind, start=start, end=place)
            place += len(quote)
        else:
            place += 1
    return Piece(kind=kind, start=start, end=len(text), closed=False)
