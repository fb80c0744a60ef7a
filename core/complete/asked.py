"""A place in a text, understood: what is expected there, what can be named, and what the text has already."""

from __future__ import annotations

from dataclasses import dataclass

from core.complete.expected import Place, place_in
from core.complete.scope import Reader, Scope
from core.complete.shape import Group, enclosing, shaped
from core.complete.tokens import Cut
from core.lint.base import Context
from core.lint.names import as_written

__all__ = ["Asked"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A place in a text, understood: what is expected, what can be named, and what the text has already."""

    cut: Cut
    context: Context
    around: list[Group]
    place: Place
    scope: Scope
    reader: Reader
    used: frozenset[str]
    is_lower: bool

    @classmethod
    def of(cls, cut: Cut, context: Context) -> Asked:
        """Understand a cursor's place."""
        around = enclosing(shaped(cut))
        reader = Reader(context.dialect, context.catalogue)
        place = place_in(around, context.dialect)
        tokens = (*cut.before, *cut.after)
        return cls(
            cut=cut,
            context=context,
            around=around,
            place=place,
            scope=reader.scope(place.branch, around),
            reader=reader,
            used=frozenset(token.text.lower() for token in tokens if token.is_name),
            is_lower=any(token.text in ("select", "from", "where", "with") for token in tokens),
        )

    @property
    def is_root(self) -> bool:
        """Return whether the cursor is in the select that names the result's columns."""
        return self.place.branch.group is self.around[-1]

    @property
    def is_quoted(self) -> bool:
        return self.cut.inside == "quoted"

    def name(self, name: str) -> str:
        """Write a name as it has to stand here: in quotes where the dialect needs them, or where they were begun."""
        plain = as_written(name, self.context.dialect)
        if not self.is_quoted or plain != name:
            return plain
        return f"`{name}`" if self.context.dialect == "bigquery" else f'"{name}"'
