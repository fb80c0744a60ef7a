"""Queries to begin with: for the tables that vendors and loaders make, and for the calls that are hard to remember.

    texts/      one file a template: what it is, and its query, written once with macros
    macros.py   what differs between the dialects

A template is data. Its query reads as SQL; the few macros in it (`@name(userId)`, `@since(updated_at)`) stand where the
dialects differ, and are named in `macros.py`. What comes out is the analyst's own text from then on: nothing links it to
its template.

Each has no finding of lint, hints included, in any dialect, and is run against the tables that it names: see tests/core/templates.
"""

from __future__ import annotations

import functools
import importlib.resources
import textwrap
import tomllib
from dataclasses import dataclass

from core.errors import UsageError
from core.model import CallType
from core.plugins import nearest

__all__ = ["Template", "template", "templates"]

_WIDEST = 100
"""Columns that a line of a template's comment may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A query to begin with.

    `description` says in a sentence what it gives. `tables` are what it reads, `loader` what makes them so, `notes` what
    to look at before it is used; `query` is its SQL with macros.
    """

    name: str
    title: str
    category: str
    call: CallType
    description: str
    tables: tuple[str, ...]
    loader: str
    query: str
    notes: str = ""

    def text(self, dialect: str) -> str:
        """Return the query as it is written in a dialect, with a comment above it. Raises UsageError for an unknown dialect."""
        from core.query import DIALECTS
        from core.templates.macros import expanded

        if dialect not in DIALECTS:
            raise UsageError(
                f"There is no dialect {dialect[:40]!r}.{nearest(dialect, DIALECTS)}",
                remedy=f"Known: {', '.join(DIALECTS)}.",
            )
        return f"{self._header()}\n{expanded(self.query.strip(), dialect)}\n"

    def _header(self) -> str:
        """Return what a person reads first, as a comment."""
        said = [f"{self.title}: {self.description}", f"It reads {' and '.join(self.tables)}, {self.loader}."]
        said += [self.notes] if self.notes else []
        return "\n".join(f"-- {line}" for part in said for line in textwrap.wrap(part, _WIDEST - 3))


@functools.cache
def templates() -> tuple[Template, ...]:
    """Return all templates, by category and title."""
    folder = importlib.resources.files(__name__) / "texts"
    found = (_read(file.name, file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".toml"))
    return tuple(sorted(found, key=lambda each: (each.category, each.title)))


def template(name: str) -> Template:
    """Return the template of a name. Raises UsageError where there is none, with the nearest name."""
    known = {each.name: each for each in templates()}
    if name not in known:
        raise UsageError(
            f"There is no template {name[:60]!r}.{nearest(name, list(known))}",
            remedy="`backhaul templates` lists them.",
        )
    return known[name]


def _read(file: str, text: str) -> Template:
    """Return the template of a file."""
    said = tomllib.loads(text)
    call, tables = CallType(said.pop("call")), tuple(said.pop("tables"))
    return Template(name=file.removesuffix(".toml"), call=call, tables=tables, **said)
