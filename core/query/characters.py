"""Characters that look like SQL and are not: typographic quotes and dashes, foreign spaces, what cannot be seen.

They come with text that is pasted from a document, a chat or a web page. Warehouses take most of them for letters: on Postgres
`id AS “userId”` names the column `“userid”`, and nothing fails. So they are errors in code; strings, quoted
names and comments may contain them.

DuckDB reads some foreign spaces as spaces (tried with version 2): there they are warnings, and are read as spaces here too, since a
name behind one is the name of a function all the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from core.model import Edit, Finding, Fix, Severity
from core.query.place import finding
from core.scan import Piece, PieceKind

__all__ = ["RULE", "Characters", "find"]

RULE = "misleading-character"

_SUSPECT = re.compile(r"[\x01-\x08\x0e-\x1f\x7f]|[^\x00-\x7f]")
_MOST_TOLD = 100
"""A text that is full of them is no query; the rest says nothing more."""

_DOUBLE = "“”„‟«»″＂〝〞〟❝❞"
_SINGLE = "‘’‚‛‹›′´＇❛❜"
_QUOTES = _DOUBLE + _SINGLE
_DASHES_OF_COMMENTS = "—―⸺⸻"
"""Editors make them of `--`."""

_OPERATORS = {
    "−": "-",
    "×": "*",
    "∗": "*",
    "÷": "/",
    "⁄": "/",
    "∕": "/",
    "∖": "\\",
    "∣": "|",
    "∶": ":",
    "≤": "<=",
    "≥": ">=",
    "≠": "<>",
    "…": "...",
    "、": ",",
    "。": ".",
    "‖": "||",
    "⟨": "<",
    "⟩": ">",
}
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols by their category, and yet nothing is seen of them."""

_SPACES_OF_DUCKDB = "\u00a0\u202f\u205f\u2060\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200C)))
_NAME_BEFORE = re.compile(r"(?:\bas|\.)\s*\Z", re.IGNORECASE)
_OF_EMOJI = range(0xFE00, 0xFE10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Characters:
    """What was found, and the text with what was meant in its place, each character for one: every place is the analyst's own."""

    findings: tuple[Finding, ...] = ()
    code: str

    @property
    def are_wrong(self) -> bool:
        """Whether the query is refused for them: what the parser says of such a text then says nothing new."""
        return any(found.severity is Severity.ERROR for found in self.findings)


def find(text: str, pieces: tuple[Piece, ...], dialect: str) -> Characters:
    """Find the characters of a text's code that no warehouse reads as what they look like."""
    if text.isascii() and not _SUSPECT.search(text):
        return Characters(code=text)
    findings: list[Finding] = []
    code = list(text)
    for piece in pieces:
        if piece.kind is PieceKind.CODE:
            for found, meant in islice(_in_code(text, piece, dialect), _MOST_TOLD - len(findings)):
                findings.append(found)
                for edit in found.fix.edits if found.fix else ():
                    code[edit.start : edit.end] = _as_long(text, edit, meant)
    return Characters(findings=tuple(findings), code="".join(code))


def _as_long(text: str, edit: Edit, meant: str) -> str:
    """Return what stands for characters while the text is read: just as many, so that all places stay."""
    length = edit.end - edit.start
    in_word = text[edit.start - 1 : edit.start].isalnum() and text[edit.end : edit.end + 1].isalnum()
    if not meant and in_word:
        return text[edit.start : edit.end]
    return (meant if len(meant) == length else " ").ljust(length)


def _in_code(text: str, piece: Piece, dialect: str) -> Iterator[tuple[Finding, str]]:
    """Return the findings of a piece of code, each with what was meant."""
    place = piece.start
    while match := _SUSPECT.search(text, place, piece.end):
        start = match.start()
        place = match.end()
        character = match.group()
        if character in _QUOTES:
            found, meant, place = _quoted(text, start, piece.end, dialect)
            yield found, meant
            continue
        known = None if _is_of_emoji(text, start) else _meant(text, start)
        if known is None:
            continue
        what, meant = known
        while text[place : place + 1] == character and place < piece.end:
            place += 1
        is_space = dialect == "duckdb" and character in _SPACES_OF_DUCKDB
        label = f"write {meant * (place - start)!r}" if meant.strip() else "write a space" if meant else "remove it"
        written = " " if is_space and not meant else meant * (place - start)
        yield (
            finding(
                text,
                RULE,
                what,
                start,
                place,
                severity=Severity.WARNING if is_space else Severity.ERROR,
                fix=Fix(
                    label=label,
                    edits=(Edit(start=start, end=place, text=written),),
                    certain=character not in _DASHES_OF_COMMENTS,
                ),
            ),
            written if len(written) == place - start else " " if is_space else meant,
        )


def _meant(text: str, place: int) -> tuple[str, str] | None:
    """Return what a character is, with what was meant; None where it is a letter or a sign of its own."""
    character = text[place]
    category = unicodedata.category(character)
    name = unicodedata.name(character, "control character").lower()
    told = f"U+{ord(character):04X}, {name}"
    if category in ("Zs", "Zl", "Zp") or character in ("\x85", "\u2800"):
        return f"This is not a plain space ({told}); SQL may read it as a letter.", " "
    if category in ("Cf", "Cc", "Cs") or character in _BLANK or ord(character) in _OF_EMOJI:
        return f"There is an invisible character here ({told}).", ""
    if character in _DASHES_OF_COMMENTS:
        return f"{character} ({told}) is not a comment in SQL; a comment starts with --.", "--"
    plain = _OPERATORS.get(character) or ("-" if category == "Pd" else unicodedata.normalize("NFKC", character))
    if category[0] in "PS" and plain.isascii() and plain.strip() and not plain.isalnum():
        return f"{character} ({told}) is not {plain} in SQL.", plain
    return None


def _is_of_emoji(text: str, place: int) -> bool:
    """Return whether a joiner or a variation selector belongs to the sign before it."""
    joins = text[place] == "\u200d" or ord(text[place]) in _OF_EMOJI
    return joins and place > 0 and unicodedata.category(text[place - 1]) in ("So", "Sk", "Mn")


def _quoted(text: str, start: int, end: int, dialect: str) -> tuple[Finding, str, int]:
    """Return the finding of a typographic quote, with the one that closes it on the same line; what was meant; and where to go on."""
    character = text[start]
    kind = _DOUBLE if character in _DOUBLE else _SINGLE
    line = text.find("\n", start, end)
    stop = end if line < 0 else line
    close = next((place for place in range(start + 1, stop) if text[place] in kind), None)
    is_name = _NAME_BEFORE.search(text, max(0, start - 40), start) is not None
    plain = ("`" if dialect == "bigquery" else '"') if is_name else '"' if kind is _DOUBLE else "'"
    places = [start] if close is None else [start, close]
    last = places[-1] + 1
    shown = text[start:last]
    message = f"{shown} has typographic quotes, which SQL reads as letters; write {plain}{shown.strip(_QUOTES)}{plain}."
    if close is None:
        message = f"{character} is a typographic quote, which SQL reads as a letter; write {plain}."
    edits = tuple(Edit(start=place, end=place + 1, text=plain) for place in places)
    fix = Fix(label=f"write {plain}", edits=edits, certain=True)
    return finding(text, RULE, message, start, last, fix=fix), plain, last
