"""Which characters of a query are keywords, strings, numbers, comments, or the placeholder: pure, and lazy by line.

The pieces (code, strings, comments) come from core.scan, which reads each dialect as its own lexer would; a grammar that
knows one SQL would colour numbers as strings and trip over `v:a.b::string` and `{{…}}`. Words within code are looked at
only for lines that are drawn, so a keystroke in a long query costs the scan and the lines in sight.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from core.scan import Piece, PieceKind, scan

__all__ = ["KEYWORDS", "MOST", "Highlight", "Highlights"]

MOST = 200_000
"""A text with more characters is not highlighted: each keystroke would be felt."""

_MEANT = """
ALL AND ANTI ANY ARRAY AS ASC ASOF AT BETWEEN BOTH BY CASE CAST COLLATE CONNECT CROSS CUBE CURRENT
CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DESC DISTINCT ELSE END ESCAPE EXCEPT EXCLUDE EXISTS EXTRACT FALSE
FETCH FILTER FIRST FLATTEN FOLLOWING FOR FROM FULL GROUP GROUPING GROUPS HAVING IGNORE ILIKE IN INNER
INTERSECT INTERVAL INTO IS ISNULL JOIN LAST LATERAL LEADING LEFT LIKE LIMIT LOCALTIME LOCALTIMESTAMP
MATCH_RECOGNIZE MATERIALIZED MINUS NATURAL NEXT NOT NOTNULL NULL NULLS OF OFFSET ON ONLY OR ORDER ORDINALITY
OUTER OVER OVERLAPS PARTITION PIVOT POSITIONAL PRECEDING PRIOR QUALIFY RANGE RECURSIVE REGEXP REPLACE RESPECT
RIGHT RLIKE ROLLUP ROWS SAFE_CAST SELECT SEMI SETS SIMILAR SOME START STRUCT SYMMETRIC TABLE TABLESAMPLE THEN
TIES TO TRAILING TRUE TRY_CAST UNBOUNDED UNION UNNEST UNPIVOT USING VALUES WHEN WHERE WINDOW WITH WITHIN
WITHOUT
"""
KEYWORDS = frozenset(_MEANT.split())
"""The words that mean something in at least one of the five dialects and hardly ever are the name of a column."""

_NAMES = """
APPLY CACHE CALL CLUSTER COLUMN COMMENT DATABASE DEFAULT DIV FILE FIXED FORMAT FUNCTION GET GLOB INDEX KEEP
KEY KILL LIST LOAD LOCK LOGICAL LONG LS MAP NAMESPACE NUMBER OBJECT OPERATOR OUT PACKAGE PERCENT POLICY POOL
PRECISION PUT REF RESET RM ROLE ROW RULE SAMPLE SCHEMA SECURITY SEMANTIC SEQUENCE SESSION SETTINGS SHORT SHOW
SIGNED SORT SQL STAGE STORAGE STR TAG TEMP TEXT TOP TRIGGER UNIQUE UNKNOWN USE VARYING VIEW VOLUME WAREHOUSE
"""
_ORDINARY = frozenset(_NAMES.split())
"""Words that a dialect may list and that queries mostly have as names: they stay uncoloured."""

_LONG = 5_000
"""Of a longer line, the words behind this column are not looked at."""

_UNKNOWN = "postgres"
"""Read as this where a dialect has no scanner of its own."""

_TOKEN = re.compile(
    r"""
    (?P<accent>\{\{\s*last_sync_time\s*\}\})
    | (?P<word>[^\W\d][\w$]*)
    | (?P<number>0[xX][0-9a-fA-F]+ | (?:\d[\d_]*(?:\.\d*)? | \.\d+) (?:[eE][+-]?\d+)?)
    """,
    re.VERBOSE,
)
_ROLES = {PieceKind.STRING: "string", PieceKind.IDENTIFIER: "string", PieceKind.COMMENT: "comment"}


class Highlight(NamedTuple):
    """Columns from `start` up to `end` of a line, and the role of the palette that they are drawn in."""

    start: int
    end: int
    role: str


class Highlights:
    """The highlights of one text, line by line; none where the text is too long (`off`)."""

    def __init__(self, text: str, dialect: str, keywords: frozenset[str] = frozenset()) -> None:
        """Scan a text. `keywords` (upper case) are added to the known ones."""
        self.off = len(text) > MOST
        self._text = text
        self.words = KEYWORDS | (keywords - _ORDINARY)
        self._pieces: tuple[Piece, ...] = () if self.off else _scanned(text, dialect)
        self._pieces_start = [piece.start for piece in self._pieces]
        lines = () if self.off else text.split("\n")
        self._lines = [0, *accumulate(len(line) + 1 for line in lines)]
        self._known: dict[int, tuple[Highlight, ...]] = {}

    def line(self, number: int) -> tuple[Highlight, ...]:
        """Return the highlights of a line (the first is 0), in order, not overlapping."""
        if self.off or not 0 <= number < len(self._lines) - 1:
            return ()
        found = self._known.get(number)
        if found is None:
            start, end = self._lines[number], self._lines[number + 1] - 1
            found = self._known[number] = tuple(self._between(start, end))
        return found

    def in_code(self, offset: int) -> bool:
        """Return whether a character stands in code, rather than in a string, a quoted name or a comment."""
        place = bisect_right(self._pieces_start, offset) - 1
        return place < 0 or self._pieces[place].kind is PieceKind.CODE

    def _between(self, start: int, end: int) -> Iterator[Highlight]:
        place = max(bisect_right(self._pieces_start, start) - 1, 0)
        for piece in self._pieces[place:]:
            if piece.start >= end:
                break
            first, last = max(piece.start, start), min(piece.end, end)
            if first >= last:
                continue
            role = _ROLES.get(piece.kind)
            if role is not None:
                yield Highlight(first - start, last - start, role)
                continue
            yield from self._words(first, min(last, start + _LONG), start)

    def _words(self, first: int, last: int, start: int) -> Iterator[Highlight]:
        """Yield the highlights within code."""
        text, words = self._text, self.words
        for token in _TOKEN.finditer(text, first, last):
            kind = token.lastgroup
            at, end = token.span()
            if kind == "word":
                if token[0].upper() not in words or _is_named(text[max(at - 2, 0) : at]):
                    continue
                kind = "keyword"
            yield Highlight(at - start, end - start, kind or "text")


def _is_named(before: str) -> bool:
    """Return whether what stands before a word makes it the name of something: a point, or the colon of a path."""
    return before.endswith((".", "$", "@")) or (before.endswith(":") and before != "::")


def _scanned(text: str, dialect: str) -> tuple[Piece, ...]:
    try:
        return scan(text, dialect)
    except KeyError:
        return scan(text, _UNKNOWN)
