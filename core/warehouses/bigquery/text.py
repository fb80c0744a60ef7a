"""The analyst's text as BigQuery's session needs it: up to its last token, and the places that errors speak of.

BigQuery tells a place as `[line:column]`, both from 1; a column counts characters, and a tab reaches to the next multiple of
eight, as in the source of its parser (github.com/google/zetasql: zetasql/public/parse_location.cc, kTabWidth).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.scan import PieceKind, scan
from core.warehouses import _text

__all__ = ["find_name", "is_empty", "offset_at", "up_to_last_token"]

TAB = 8


def up_to_last_token(sql: str) -> str:
    """Give the text without the semicolons and comments that it ends in; all before keeps its place."""
    return _text.up_to_last_token(sql, "bigquery")


def is_empty(sql: str) -> bool:
    """Say whether there is nothing but comments, white space and semicolons."""
    return not up_to_last_token(sql).strip(_text.BLANK)


def offset_at(sql: str, line: int, column: int) -> int | None:
    """Give the offset of a place that is told as line and column, both from 1; None outside the text."""
    lines = sql.split("\n")
    if not 1 <= line <= len(lines):
        return None
    seen, at = 1, 0
    for character in lines[line - 1]:
        if seen >= column:
            break
        seen = (seen - 1) // TAB * TAB + TAB + 1 if character == "\t" else seen + 1
        at += 1
    return sum(len(text) + 1 for text in lines[: line - 1]) + at


def find_name(sql: str, name: str) -> int | None:
    """Give where a name (the last part of a dotted one) first stands in the code, as the analyst wrote it."""
    parts = re.split(r"[.:]", name)
    for wanted in (".".join(parts), ".".join(parts[-2:]), parts[-1]):
        found = next(places(sql, wanted), None)
        if found is not None:
            return found
    return None


def places(sql: str, name: str) -> Iterator[int]:
    wanted = re.compile(rf"(?<![\w$]){re.escape(name)}(?![\w$])", re.IGNORECASE)
    for piece in scan(sql, "bigquery"):
        if piece.kind in (PieceKind.CODE, PieceKind.IDENTIFIER):
            yield from (piece.start + found.start() for found in wanted.finditer(sql[piece.start : piece.end]))
