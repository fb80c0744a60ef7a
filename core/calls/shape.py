"""A call under construction: columns in their places, and the objects that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.duckdb_helpers import quoted
from core.model import Column, Kind

__all__ = ["Leaf", "Node", "needs_escapes", "prepared", "present", "quoted_text"]

_BLANK = " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
"""Characters that show nothing: an id of these alone is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One column in its place: `sql` names it, `written` gives its JSON; `is_plain` says of a text without escapes that
    it only needs its quotes.
    """

    column: Column
    sql: str
    written: str
    is_plain: bool
    text: str
    fault: str | None
    path: tuple[str, ...]
    whole: bool


@dataclass(slots=True)
class Node:
    """An object of the call under construction: single columns and deeper objects by key, and a merged whole object."""

    children: dict[str, Leaf | Node] = field(default_factory=dict)
    whole: Leaf | None = None


def prepared(leaves: Sequence[Leaf], fields: Sequence[Leaf]) -> dict[str, str]:
    """Return what is found out once about a row, as columns beside its own: their names, and the SQL that makes them.

    `has_escapes` says whether some text holds what JSON must escape (or refuse): one look at all texts of a row costs a
    fraction of one at each. `odd_c7` says the same of a JSON column (core.calls.canonical); `present_c0` is an id or a name.
    """
    found = {f"present_{leaf.sql}": _present(leaf) for leaf in fields}
    found |= {
        f"odd_{leaf.sql}": f"json_is_odd({leaf.sql}::VARCHAR)" for leaf in leaves if leaf.column.kind is Kind.JSON
    }
    texts = [leaf.sql for leaf in leaves if leaf.column.kind is Kind.TEXT]
    if texts:
        found["has_escapes"] = rf"regexp_matches(concat({', '.join(texts)}), '[\x00-\x1f\"\\]')"
    return found


def needs_escapes(leaves: Sequence[Leaf]) -> str | None:
    """Return SQL that says whether a row has a text that JSON must escape (or refuse); None where no column is text."""
    return "has_escapes" if any(leaf.column.kind is Kind.TEXT for leaf in leaves) else None


def present(leaf: Leaf) -> str:
    """Return an id or a name as text, NULL where it is empty."""
    return f"present_{leaf.sql}"


def quoted_text(leaf: Leaf) -> str:
    """Write an id or a name that is present as a JSON string. What is no text (a number) holds nothing to escape."""
    plain = f"concat('\"', {present(leaf)}, '\"')"
    return (
        f"CASE WHEN has_escapes THEN json_string({present(leaf)}) ELSE {plain} END"
        if leaf.column.kind is Kind.TEXT
        else plain
    )


def _present(leaf: Leaf) -> str:
    """A text that begins with a visible ASCII character is not empty; only the others are looked at whole, which costs more."""
    if leaf.column.kind is not Kind.TEXT:
        return f"nullif(trim({leaf.text}), '')"
    return (
        f"CASE WHEN left({leaf.text}, 1) BETWEEN '!' AND '~' THEN {leaf.text} "
        f"WHEN trim({leaf.text}, {quoted(_BLANK)}) <> '' THEN {leaf.text} END"
    )
