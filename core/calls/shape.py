"""A call under construction: columns in their places, and the objects that they make."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.embedded import quoted
from core.model import Column, Kind

__all__ = ["Leaf", "Node", "present"]

_BLANK = " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
"""Characters that show nothing: an id of these alone is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One column in its place: `sql` names it, `written` gives its JSON."""

    column: Column
    sql: str
    written: str
    text: str
    fault: str | None
    path: tuple[str, ...]
    whole: bool


@dataclass(slots=True)
class Node:
    """An object of the call under construction: single columns and deeper objects by key, and a merged whole object."""

    children: dict[str, Leaf | Node] = field(default_factory=dict)
    whole: Leaf | None = None


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
