"""A call under construction: columns in their places, and the objects that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.embedded import quoted
from core.model import Column, Kind

__all__ = ["Leaf", "Node", "needs_escapes", "present"]

_ESCAPED = r"""'[\x00-\x1f"\\]'"""
"""What JSON must escape in a text, as a regular expression in SQL."""

_BLANK = " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
"""Characters that show nothing: an id of these alone is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One column in its place: `sql` names it, `written` gives its JSON, `plain` the same for a text without escapes."""

    column: Column
    sql: str
    written: str
    plain: str
    text: str
    fault: str | None
    path: tuple[str, ...]
    whole: bool


@dataclass(slots=True)
class Node:
    """An object of the call under construction: single columns and deeper objects by key, and a merged whole object."""

    children: dict[str, Leaf | Node] = field(default_factory=dict)
    whole: Leaf | None = None


def needs_escapes(leaves: Sequence[Leaf]) -> str | None:
    """Give SQL that says whether a row has a text that JSON must escape (or refuse); None where no column is text.

    One look at all texts of a row costs a fraction of one at each.
    """
    texts = [leaf.sql for leaf in leaves if leaf.column.kind is Kind.TEXT]
    return rf"regexp_matches(concat({', '.join(texts)}), '[\x00-\x1f\"\\]')" if texts else None


def present(leaf: Leaf) -> str:
    """Give an id or a name as text, NULL where it is empty.

    A text that begins with a visible ASCII character is not empty; only the others are looked at whole, which costs more.
    """
    if leaf.column.kind is not Kind.TEXT:
        return f"nullif(trim({leaf.text}), '')"
    return (
        f"CASE WHEN left({leaf.text}, 1) BETWEEN '!' AND '~' THEN {leaf.text} "
        f"WHEN trim({leaf.text}, {quoted(_BLANK)}) <> '' THEN {leaf.text} END"
    )
