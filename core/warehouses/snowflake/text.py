"""The analyst's text as Snowflake's session needs it: its first word, and the places that errors speak of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.scan import PieceKind, scan

__all__ = ["find_name", "first_word", "offset_at"]


def first_word(sql: str) -> str:
    """Give the first token in upper case, or nothing; comments before it do not count."""
    for piece in scan(sql, "snowflake"):
        if piece.kind is PieceKind.COMMENT:
            continue
        found = re.match(r"[\s;]*(\w+|\S)", sql[piece.start : piece.end])
        if found:
            return found[1].upper()
    return ""


def offset_at(sql: str, line: int, position: int) -> int | None:
    """Give the offset of a place that is told as line (from 1) and position in it (from 0); None outside the text."""
    lines = sql.split("\n")
    if not 1 <= line <= len(lines):
        return None
    return sum(len(text) + 1 for text in lines[: line - 1]) + min(position, len(lines[line - 1]))


def find_name(sql: str, name: str, near: int | None = None) -> int | None:
    """Give where a name (the last part of a dotted one) stands in the code, nearest to `near`, else first."""
    found = list(_places(sql, name.rsplit(".", maxsplit=1)[-1].strip('"')))
    if not found:
        return None
    return found[0] if near is None else min(found, key=lambda place: abs(place - near))


def _places(sql: str, name: str) -> Iterator[int]:
    wanted = re.compile(rf"(?<![\w$]){re.escape(name)}(?![\w$])", re.IGNORECASE)
    for piece in scan(sql, "snowflake"):
        text = sql[piece.start : piece.end]
        if piece.kind is PieceKind.CODE:
            yield from (piece.start + found.start() for found in wanted.finditer(text))
        elif piece.kind is PieceKind.IDENTIFIER and text[1:-1] == name:
            yield piece.start
