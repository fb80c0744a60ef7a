"""Takes people out of a text that leaves this machine: an error or a reply may repeat the value that it is about.

What is between quotes is taken for a value, unless it is a name that the reader needs (`known`: of a column, a table, a sync).
Addresses of email, long numbers and identifiers are taken wherever they stand, and so is each of the `values` of the row that
the text is about, with or without quotes. What remains are the words of the reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from core.scan import PieceKind, scan

__all__ = ["Mask", "hidden", "names_in", "values_of", "without_people"]

Mask = Callable[[str], str]
"""Gives what stands in the place of a value."""

_SHORTEST = 3
"""Shorter values are not looked for: they would be found in plain words."""

_QUOTED = re.compile(
    r"""(?<!\w)'((?:[^'\n]|''|'(?=\w))*)'(?!\w) | "([^"\n]*)" | `([^`\n]*)` | “([^”\n]*)” | ‘([^’\n]*)’ | «([^»\n]*)»""",
    re.VERBOSE,
)
_MARKS = (re.compile(r"(?<!\w)'|'(?!\w)"), re.compile('"'))
"""Quotes that begin or end something: an apostrophe within a word does not."""

_IN_BRACKETS = re.compile(r"(?<==)\(([^\n]*?)\)(?!\w)|(?<=contains )\(([^\n]*)\)")
"""As Postgres tells of a key or a row: `Key (email)=(ann@example.com)`, `Failing row contains (1, Ann)`."""

_PERSONAL = re.compile(
    r"""[^\s"'<>()\[\]{},;:=]+@[^\s"'<>()\[\]{},;:=]+
      | \b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b
      | \b(?=[0-9a-fA-F]*[0-9])[0-9a-fA-F]{12,}\b
      | \+?\b[0-9](?:[ ./-]?[0-9]){5,}\b
      | \b(?!(?:UTF|utf|SHA|ISO|TLS|HTTP)-)[A-Za-z]+[_:#-][A-Za-z]*[0-9][A-Za-z0-9_-]*""",
    re.VERBOSE,
)
"""Emails, UUIDs, long numbers (of a telephone, too), and what looks like an id: `user_884`."""

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")


def hidden(_value: str) -> str:
    """Return an ellipsis for any value."""
    return "…"


def without_people(text: str, *, known: Collection[str] = (), values: Collection[str] = (), mask: Mask = hidden) -> str:
    """Return a text without values of people; `mask` says what stands in their place."""
    for value in sorted({each for each in values if len(each) >= _SHORTEST}, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", lambda found: mask(found[0]), text)

    def quoted(found: re.Match[str]) -> str:
        inside = next(part for part in found.groups() if part is not None)
        return found[0] if not inside or inside in known else found[0][0] + mask(inside) + found[0][-1]

    def bracketed(found: re.Match[str]) -> str:
        return f"({mask(found[1] if found[1] is not None else found[2])})"

    text = "\n".join(_without_odd(line, mask) for line in text.split("\n"))
    text = _QUOTED.sub(quoted, text)
    text = _IN_BRACKETS.sub(bracketed, text)
    return _PERSONAL.sub(lambda found: found[0] if found[0] in known else mask(found[0]), text)


def _without_odd(line: str, mask: Mask) -> str:
    """Mask from the first to the last quote of a kind where their number is odd: a value has one in it (`"12" Quill"`)."""
    for marks in _MARKS:
        places = [found.start() for found in marks.finditer(line)]
        if len(places) > 1 and len(places) % 2:
            first, last = places[0], places[-1]
            line = line[: first + 1] + mask(line[first + 1 : last]) + line[last:]
    return line


def names_in(query: str, dialect: str) -> frozenset[str]:
    """Return the names in a query: what may stand in quotes. What its literals and comments say is none."""
    found: set[str] = set()
    for piece in scan(query, dialect):
        text = query[piece.start : piece.end]
        if piece.kind is PieceKind.IDENTIFIER:
            found.add(text[1:-1])
        elif piece.kind is PieceKind.CODE:
            found.update(_WORD.findall(text))
    return frozenset(found)


def values_of(*documents: str | None) -> frozenset[str]:
    """Return each value of a row, from the JSON that the store has of it (its call, its values, its identity)."""
    return frozenset(value for document in documents if document for value in _leaves(_read(document)))


def _read(document: str) -> Any:
    try:
        return json.loads(document)
    except (ValueError, RecursionError):
        return document


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
