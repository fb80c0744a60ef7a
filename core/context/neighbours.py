"""What the other syncs of a project send: the kinds of their ids, and the tables that their traits come from.

All of it is read from their queries and the catalogues of their sources, and kept by what it was read from: as long as a sync's
text, call, [columns] and catalogue stay, its query is parsed once in a process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlglot import exp

from core.calls.fields import IDS
from core.context.catalogues import kept
from core.lint.base import Context, Neighbour
from core.lint.columns import field_of, items, trait_of
from core.model import CallType, Kind, Project, Sync
from core.query import parse
from core.query.catalogue import Catalogue
from core.query.levels import levels
from core.query.relations import Level, Relation, table_parts
from core.warehouses import warehouse_type

__all__ = ["neighbours_of"]

_DEEPEST = 20
"""How many queries inside queries a column is followed through."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Read:
    """What a neighbour was read from."""

    sync: Sync
    dialect: str
    catalogue: Catalogue | None

    def is_as(self, other: _Read) -> bool:
        """Return whether nothing changed. A catalogue is the same object, or another: it has too many columns to be compared."""
        own, its = self.sync, other.sync
        return (
            self.catalogue is other.catalogue
            and self.dialect == other.dialect
            and (own.name, own.query, own.call, own.columns, own.destinations)
            == (its.name, its.query, its.call, its.columns, its.destinations)
        )


def neighbours_of(project: Project, name: str) -> tuple[Neighbour, ...]:
    """Return what the syncs of a project send, without the one of this name."""
    known = {source.name: kept(project, source) for source in project.sources.values()}
    return tuple(_neighbour(project, sync, known[sync.source]) for sync in project.syncs.values() if sync.name != name)


_KNOWN: dict[Path, tuple[_Read, Neighbour]] = {}
"""What this process has read, by the sync's file, with what it was read from; a sync that changed takes its old place."""


def _neighbour(project: Project, sync: Sync, catalogue: Catalogue | None) -> Neighbour:
    dialect = warehouse_type(project.sources[sync.source].type).dialect
    read = _Read(sync=sync, dialect=dialect, catalogue=catalogue)
    known = _KNOWN.get(sync.path)
    if known is None or not known[0].is_as(read):
        ids, traits = _sent(sync.query, dialect, sync.call, sync.columns, catalogue)
        made = Neighbour(name=sync.name, call=sync.call, destinations=sync.destinations, ids=ids, traits=traits)
        known = _KNOWN[sync.path] = (read, made)
    return known[1]


def _sent(
    text: str, dialect: str, call: CallType, columns: Mapping[str, str], catalogue: Catalogue | None
) -> tuple[dict[str, Kind], dict[str, frozenset[str]]]:
    """Return the kinds of the id fields of a query, as far as they are known, and the tables of its traits."""
    query = parse(text, dialect)
    if query.tree is None:
        return {}, {}
    context = Context(
        dialect=dialect,
        call=call,
        columns=columns,
        catalogue=catalogue,
        levels=levels(query.tree, dialect, catalogue),
    )
    ids: dict[str, Kind] = {}
    traits: dict[str, frozenset[str]] = {}
    level = context.outer
    for entry, item in items(query, context) if level else ():
        field, trait = field_of(entry), trait_of(entry)
        kind = level.kind(item) if level else None
        if field in IDS and kind is not None:
            ids[field] = kind
        elif trait is not None and level is not None:
            traits[trait] = frozenset(_tables(item, level, _DEEPEST))
    return ids, traits


def _tables(item: exp.Expr, level: Level, depth: int) -> Iterator[str]:
    """Yield the tables whose columns an expression of a select reads."""
    for column in item.find_all(exp.Column):
        relation = level.origin(column).relation
        if relation is None and len(level.relations) == 1 and not column.args.get("table"):
            relation = next(iter(level.relations.values()))
        if relation is not None and depth:
            yield from _tables_of(relation, level.key_of(column.this), depth - 1)


def _tables_of(relation: Relation, key: str, depth: int) -> Iterator[str]:
    """Yield the tables that a relation's column comes from; a table is its own, a subquery's are looked for in it."""
    if relation.table is not None:
        yield f"{relation.table.schema}.{relation.table.name}"
    elif relation.inner:
        for inner in relation.inner:
            for item in inner.select.expressions:
                if item.is_star:
                    for each in inner.relations.values():
                        if depth:
                            yield from _tables_of(each, key, depth - 1)
                elif _key_of_item(item, inner) == key:
                    yield from _tables(item, inner, depth)
    elif isinstance(relation.node, exp.Table):
        yield ".".join(part for part, _ in table_parts(relation.node))


def _key_of_item(item: exp.Expr, level: Level) -> str:
    name = item.args.get("alias") if isinstance(item, exp.Alias) else item.args.get("this")
    return level.key_of(name) if isinstance(name, exp.Identifier) else ""
