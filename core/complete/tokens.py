"""Words and signs of a text that need not be SQL yet: cut by core.scan, which reads any text, and by one pattern between its quotes.

sqlglot's tokens would do for a whole query; a half-typed one (an open quote, `{{la`, `u.`) it refuses, and that is the normal case here.
The text before the cursor and the text behind it are cut each for itself, so that a quote that was just opened does not swallow the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.scan import PieceKind, scan

__all__ = ["Cut", "Token", "cut"]

_CODE = re.compile(
    r"(?P<placeholder>\{\{[^{}\n]*\}\})|(?P<name>[A-Za-z_\x80-\U0010ffff][\w$]*)|(?P<number>\d[\w.]*)"
    r"|(?P<sign><=|>=|<>|!=|==|::|\|\||->>|->|[^\s\w])"
)
_OPEN_PLACEHOLDER = re.compile(r"\{\{[ \t]*\w*\Z")
_LONGEST_WORD = 1_000
"""What is typed is looked for within so many characters: to look for the begin of a word takes time with the square of its length."""

_WORD_BEFORE = re.compile(r"[\w$]*\Z")
_WORD_AFTER = re.compile(r"[\w$]*")
_PLACEHOLDER_AFTER = re.compile(r"\w*[ \t]*\}\}")
_REST_OF_NAME = re.compile(r"[\w$ .-]*")


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a sign: `kind` is "name", "quoted", "string", "number", "sign" or "placeholder"; `text` is without its quotes."""

    kind: str
    text: str
    start: int
    end: int
    quote: str = ""

    @property
    def word(self) -> str:
        """Return a bare word in capitals, a sign as it is; "" for what is in quotes."""
        return self.text.upper() if self.kind == "name" else self.text if self.kind == "sign" else ""

    @property
    def is_name(self) -> bool:
        return self.kind in ("name", "quoted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A text at its cursor. `before` and `after` are the tokens beside the word that is being typed, which goes from `start` to `end`.

    `prefix` is that word up to the cursor; `inside` is what the cursor is in: "code", "quoted", "string", "placeholder",
    or "nothing" where no word can be completed (a comment, a number). `quote` is what its text was begun with.
    """

    before: tuple[Token, ...]
    after: tuple[Token, ...]
    prefix: str
    start: int
    end: int
    inside: str
    quote: str = ""


def cut(text: str, offset: int, dialect: str) -> Cut:
    """Cut a text at an offset."""
    offset = max(0, min(offset, len(text)))
    head, tail = text[:offset], text[offset:]
    pieces = scan(head, dialect)
    last = pieces[-1] if pieces else None
    start, end, inside, quote = offset, offset, "code", ""
    if last is not None and last.kind is not PieceKind.CODE and _goes_on(last.kind, closed=last.closed, text=head):
        inside = {PieceKind.STRING: "string", PieceKind.IDENTIFIER: "quoted"}.get(last.kind, "nothing")
        start, prefix = last.start, head[last.start + 1 :]
        quote = head[last.start]
        rest = _REST_OF_NAME.match(tail)
        if inside != "nothing" and rest and tail[rest.end() :].startswith(quote):
            end = offset + rest.end() + 1
    elif open_ := _OPEN_PLACEHOLDER.search(head, max(offset - _LONGEST_WORD, 0)):
        inside, start, prefix = "placeholder", open_.start(), open_.group()
        rest = _PLACEHOLDER_AFTER.match(tail)
        end = offset + (rest.end() if rest else 0)
    else:
        found = _WORD_BEFORE.search(head, max(offset - _LONGEST_WORD, 0))
        prefix = found.group() if found else ""
        start = offset - len(prefix)
        if prefix:
            word = _WORD_AFTER.match(tail)
            end = offset + (word.end() if word else 0)
        if prefix[:1].isdigit():
            inside = "nothing"
    return Cut(
        before=tuple(_tokens(text[:start], dialect, 0)),
        after=tuple(_tokens(text[end:], dialect, end)),
        prefix=prefix,
        start=start,
        end=end,
        inside=inside,
        quote=quote,
    )


def _goes_on(kind: PieceKind, *, closed: bool, text: str) -> bool:
    """Return whether what is typed next would still stand inside the piece that the text ends with."""
    if kind is PieceKind.COMMENT:
        return not closed or (not text.endswith("*/") and not text.endswith("\n"))
    return not closed


def _tokens(text: str, dialect: str, offset: int) -> Iterator[Token]:
    for piece in scan(text, dialect):
        if piece.kind is PieceKind.CODE:
            for match in _CODE.finditer(text, piece.start, piece.end):
                yield Token(match.lastgroup or "sign", match.group(), offset + match.start(), offset + match.end())
        elif piece.kind is not PieceKind.COMMENT:
            kind = "quoted" if piece.kind is PieceKind.IDENTIFIER else "string"
            inner = text[piece.start + 1 : piece.end - 1 if piece.closed else piece.end]
            quote = text[piece.start]
            yield Token(kind, inner.replace(quote * 2, quote), offset + piece.start, offset + piece.end, quote)
