"""Names that are nearly right: the nearest one that is known, and how the dialect wants it written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

from sqlglot.dialects.dialect import Dialect

from core.query.folding import fold

__all__ = ["as_written", "nearest_name"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHARE = 0.7
"""How much of two names has to be the same for one to be offered for the other."""


def nearest_name(name: str, known: Sequence[str]) -> str:
    """Give the known name that is nearest to one, whatever their case; "" where none is near."""
    by_lowered = {each.lower(): each for each in known}
    same = by_lowered.get(name.lower())
    if same is not None:
        return same
    close = get_close_matches(name.lower(), list(by_lowered), n=1, cutoff=_SHARE)
    return by_lowered[close[0]] if close else ""


def as_written(name: str, dialect: str) -> str:
    """Write a name as it has to stand in a query: in quotes where the warehouse would make another name of it."""
    words = Dialect.get_or_raise(dialect).tokenizer_class.KEYWORDS
    plain = _PLAIN.fullmatch(name) is not None and name.upper() not in words
    if plain and (dialect in ("bigquery", "duckdb", "redshift") or fold(name, quoted=False, dialect=dialect) == name):
        return name
    return f"`{name}`" if dialect == "bigquery" else '"' + name.replace('"', '""') + '"'
