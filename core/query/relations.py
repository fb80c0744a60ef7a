"""Where each column of a query comes from: its selects, what stands in their FROM, and what is known of the columns there.

    levels(query, catalogue)   each SELECT of the query, inner ones first, as a Level
    Level.relations            what stands in its FROM and JOINs, by the name that it goes by there
    Level.origin(column)       the relation that gives a column, and whether that is certain

sqlglot has scopes of its own; they compare names letter by letter, want a tree whose names were folded (which loses the analyst's
places), and raise where a name is there twice. Here a name is what the warehouse makes of it, and what cannot be told stays
unknown: a rule that reads this accuses nobody on a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from sqlglot import exp

from core.model import Kind, Table
from core.query.catalogue import Catalogue, Found, column_key

__all__ = ["Level", "Origin", "Relation", "key_of", "levels", "merges", "table_parts"]

Columns = Mapping[str, Kind | None]
"""Columns by their keys, each with its kind, None where that is unknown."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Relation:
    """Something in a FROM. `columns` is None where they are unknown; `optional` where an outer join may give nulls for its rows.

    `node` is the table, subquery or function; `found` what the catalogue says of a table; `inner` the levels of a subquery or a
    WITH; `join` is the JOIN that it hangs on, None for the first one.
    """

    key: str
    node: exp.Expr
    columns: Columns | None = None
    found: Found | None = None
    inner: tuple[Level, ...] = ()
    join: exp.Join | None = None
    optional: bool = False

    @property
    def table(self) -> Table | None:
        return self.found.table if self.found else None

    @property
    def table_name(self) -> str:
        """The table's name: 'schema.table' as the catalogue has it, else as it is written; "" where it is no table."""
        if self.table is not None:
            return f"{self.table.schema}.{self.table.name}"
        return ".".join(name for name, _ in table_parts(self.node)) if isinstance(self.node, exp.Table) else ""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a column comes from: `relation` where that is known; `missing` where it is certainly nowhere; `among` where in several."""

    relation: Relation | None = None
    missing: bool = False
    among: tuple[Relation, ...] = ()


@dataclass(kw_only=True, eq=False)
class Level:
    """One SELECT. `parent` is the level around a subquery, whose relations can be named here, too; `role` is what it is for.

    `role`: "root", "with", "derived" (in a FROM), "union" (a branch of one that is the root), "inner" (a subquery in an expression).
    """

    select: exp.Select
    dialect: str
    role: str
    relations: dict[str, Relation] = field(default_factory=dict)
    parent: Level | None = None
    is_whole: bool = True
    """Whether everything in its FROM is understood."""

    @cached_property
    def columns(self) -> tuple[exp.Column, ...]:
        """The columns that are written in this select itself, not in a subquery of it."""
        own = self.select.walk(prune=lambda node: isinstance(node, exp.Query) and node is not self.select)
        return tuple(node for node in own if isinstance(node, exp.Column) and isinstance(node.this, exp.Identifier))

    @cached_property
    def aliases(self) -> frozenset[str]:
        """The keys of the names that its list gives, which some warehouses let the rest of the select use."""
        return frozenset(
            key_of(item.args["alias"], self.dialect)
            for item in self.select.expressions
            if isinstance(item, exp.Alias) and isinstance(item.args.get("alias"), exp.Identifier)
        )

    def key_of(self, name: exp.Expr) -> str:
        """Give the key of an identifier in this select."""
        return key_of(name, self.dialect)

    def origin(self, column: exp.Column) -> Origin:
        """Say where a column comes from."""
        key = key_of(column.this, self.dialect)
        qualifier = column.args.get("table")
        if isinstance(qualifier, exp.Identifier):
            return self.named(key_of(qualifier, self.dialect), key)
        giving = [each for each in self.relations.values() if each.columns is not None and key in each.columns]
        if len(giving) == 1 and self._sure(key):
            return Origin(relation=giving[0])
        if len(giving) > 1:
            merged = any(each.join is not None and merges(each.join) for each in giving)
            return Origin(relation=giving[0]) if merged else Origin(among=tuple(giving))
        if giving or not self._sure(key) or key in self.aliases or key in self.relations:
            return Origin()
        return self.parent.origin(column) if self.parent else Origin(missing=bool(self.relations) and self.is_whole)

    def _sure(self, key: str) -> bool:
        """Say whether no relation whose columns are unknown could give a column, too."""
        return self.is_whole and all(each.columns is not None for each in self.relations.values())

    def named(self, qualifier: str, key: str) -> Origin:
        """Say where a column of a named relation comes from."""
        relation = self.relations.get(qualifier)
        if relation is None:
            return self.parent.named(qualifier, key) if self.parent else Origin()
        if relation.columns is None:
            return Origin(relation=relation)
        return Origin(relation=relation, missing=key not in relation.columns)

    def kind(self, node: exp.Expr) -> Kind | None:
        """Give the kind of an expression as far as it is plain: a column of a known table."""
        while isinstance(node, exp.Paren | exp.Alias):
            node = node.this
        if not isinstance(node, exp.Column) or not isinstance(node.this, exp.Identifier):
            return None
        relation = self.origin(node).relation
        return relation.columns.get(key_of(node.this, self.dialect)) if relation and relation.columns else None


def key_of(name: exp.Expr, dialect: str) -> str:
    """Give the key of an identifier."""
    return column_key(name.name, quoted=bool(name.args.get("quoted")), dialect=dialect)


def table_parts(table: exp.Table) -> tuple[tuple[str, bool], ...]:
    """Give the parts of a table's name, each with whether it is quoted."""
    return tuple((part.name, bool(part.args.get("quoted"))) for part in table.parts if isinstance(part, exp.Identifier))


def levels(tree: exp.Expr, dialect: str, catalogue: Catalogue | None = None) -> tuple[Level, ...]:
    """Give the selects of a query, inner ones first; the ones that name the result's columns last."""
    reader = _Reader(dialect, catalogue)
    reader.query(tree, {}, None, "root")
    return tuple(reader.levels)


@dataclass(kw_only=True)
class _Result:
    """What a query gives: its columns in their order, None where they are unknown, and the levels that make it."""

    columns: tuple[tuple[str, Kind | None], ...] | None
    levels: tuple[Level, ...] = ()


class _Reader:
    """Reads a tree; `levels` grows as selects are understood."""

    def __init__(self, dialect: str, catalogue: Catalogue | None) -> None:
        self.levels: list[Level] = []
        self._dialect = dialect
        self._catalogue = catalogue

    def query(self, node: exp.Expr, known: Mapping[str, _Result], parent: Level | None, role: str) -> _Result:
        """Read a query of any shape. `known` are the WITHs that it can name."""
        known = {**known, **self._withs(node, known, parent)}
        if isinstance(node, exp.Subquery):
            return self.query(node.this, known, parent, role)
        if isinstance(node, exp.SetOperation):
            return self._union(node, known, parent, "union" if role == "root" else role)
        if isinstance(node, exp.Select):
            return self._select(node, known, parent, role)
        return _Result(columns=None)

    def _union(self, node: exp.Expr, known: Mapping[str, _Result], parent: Level | None, role: str) -> _Result:
        """Read a set operation; one of many branches is as deep on its left, so that is walked along, not into."""
        branches: list[tuple[exp.Expr, Mapping[str, _Result]]] = []
        while isinstance(node, exp.SetOperation):
            branches.append((node.expression, known))
            node = node.this
            if isinstance(node, exp.SetOperation):
                known = {**known, **self._withs(node, known, parent)}
        branches.append((node, known))
        results = [self.query(branch, names, parent, role) for branch, names in reversed(branches)]
        return _Result(columns=results[0].columns, levels=tuple(level for each in results for level in each.levels))

    def _withs(self, node: exp.Expr, known: Mapping[str, _Result], parent: Level | None) -> dict[str, _Result]:
        found: dict[str, _Result] = {}
        with_ = node.args.get("with_")
        for cte in with_.expressions if isinstance(with_, exp.With) else ():
            key = self._alias(cte)
            names = _names_of_alias(cte)
            if isinstance(with_, exp.With) and with_.recursive:
                found[key] = _Result(columns=None)  # it may name itself
            result = self.query(cte.this, {**known, **found}, parent, "with")
            found[key] = self._renamed(result, names)
        return found

    def _alias(self, node: exp.Expr) -> str:
        alias = node.args.get("alias")
        name = alias.this if isinstance(alias, exp.TableAlias) else alias
        return key_of(name, self._dialect) if isinstance(name, exp.Identifier) else ""

    def _renamed(self, result: _Result, names: list[exp.Expr]) -> _Result:
        """Give a result's columns the names that stand behind its alias."""
        if not names:
            return result
        keys = [key_of(name, self._dialect) for name in names]
        kinds = [kind for _, kind in result.columns or ()] + [None] * len(keys)
        rest = (result.columns or ())[len(keys) :]
        return _Result(columns=(*zip(keys, kinds, strict=False), *rest), levels=result.levels)

    def _select(self, node: exp.Select, known: Mapping[str, _Result], parent: Level | None, role: str) -> _Result:
        level = Level(select=node, dialect=self._dialect, role=role, parent=parent)
        self._read_from(level, node, known)
        for inner in node.walk(prune=lambda each: isinstance(each, exp.Query) and each is not node):
            if isinstance(inner, exp.Query) and inner is not node and not _stands_in_from(inner):
                self.query(inner, known, level, "inner")
        self.levels.append(level)
        return _Result(columns=self._given(level), levels=(level,))

    def _read_from(self, level: Level, select: exp.Select, known: Mapping[str, _Result]) -> None:
        source = select.args.get("from_")
        if isinstance(source, exp.From):
            self._add(level, source.this, None, known)
        for join in select.args.get("joins") or ():
            side = str(join.args.get("side") or "").upper()
            if side in ("RIGHT", "FULL"):
                for key, relation in level.relations.items():
                    level.relations[key] = replace(relation, optional=True)
            self._add(level, join.this, join, known, optional=side in ("LEFT", "FULL"))
        if select.args.get("laterals") or select.args.get("match"):
            level.is_whole = False

    def _add(
        self,
        level: Level,
        node: exp.Expr,
        join: exp.Join | None,
        known: Mapping[str, _Result],
        *,
        optional: bool = False,
    ) -> None:
        """Add what stands in a FROM or a JOIN, with what is joined to it inside parentheses."""
        relation = self._relation(level, node, join, known, optional=optional)
        if relation is None or relation.key in level.relations or node.args.get("pivots"):
            level.is_whole = False
        else:
            level.relations[relation.key] = relation
        for inner in node.args.get("joins") or ():
            self._add(level, inner.this, inner, known, optional=optional or bool(inner.args.get("side")))

    def _relation(
        self, level: Level, node: exp.Expr, join: exp.Join | None, known: Mapping[str, _Result], *, optional: bool
    ) -> Relation | None:
        key = self._alias(node)
        if isinstance(node, exp.Subquery):
            inside = node.this
            if isinstance(inside, exp.Table):
                return self._relation(level, inside, join, known, optional=optional)
            parent = level if join is not None else level.parent  # LATERAL; without it, no harm is done
            result = self._renamed(self.query(node, known, parent, "derived"), _names_of_alias(node))
            columns = dict(result.columns) if result.columns is not None else None
            return Relation(key=key, node=node, columns=columns, inner=result.levels, join=join, optional=optional)
        if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
            return Relation(key=key, node=node, join=join, optional=optional) if key else None
        own = key_of(node.this, self._dialect)
        if own in known and len(node.parts) == 1:
            result = self._renamed(known[own], _names_of_alias(node))
            columns = dict(result.columns) if result.columns is not None else None
            return Relation(
                key=key or own, node=node, columns=columns, inner=result.levels, join=join, optional=optional
            )
        found = self._catalogue.find(table_parts(node)) if self._catalogue else None
        columns = None
        if found is not None and found.table is not None and self._catalogue is not None:
            columns = {name: column.kind for name, column in self._catalogue.columns(found.table).items()}
            if names := _names_of_alias(node):
                columns = dict(self._renamed(_Result(columns=tuple(columns.items())), names).columns or ())
        return Relation(key=key or own, node=node, columns=columns, found=found, join=join, optional=optional)

    def _given(self, level: Level) -> tuple[tuple[str, Kind | None], ...] | None:
        """Give the columns that a select gives, None where a star or a name makes them unknown."""
        given: list[tuple[str, Kind | None]] = []
        for item in level.select.expressions:
            if item.is_star:
                stars = self._starred(level, item)
                if stars is None:
                    return None
                given += stars
                continue
            name = item.args.get("alias") if isinstance(item, exp.Alias) else _last_name(item)
            if not isinstance(name, exp.Identifier):
                if isinstance(item, exp.Alias | exp.Column | exp.Aliases):
                    return None
                continue  # a name of the warehouse's own choice
            given.append((key_of(name, self._dialect), level.kind(item)))
        return tuple(given)

    def _starred(self, level: Level, item: exp.Expr) -> list[tuple[str, Kind | None]] | None:
        """Give what a star stands for; None where it is unknown, or leaves out or renames something."""
        star = item.find(exp.Star)
        if not level.is_whole or (star is not None and any(star.args.values())):
            return None
        chosen = list(level.relations.values())
        if isinstance(item, exp.Column) and isinstance(item.args.get("table"), exp.Identifier):
            relation = level.relations.get(key_of(item.args["table"], self._dialect))
            chosen = [relation] if relation else []
        elif isinstance(item, exp.Column) or any(each.join is not None and merges(each.join) for each in chosen):
            return None
        if not chosen or any(each.columns is None for each in chosen):
            return None
        return [pair for each in chosen for pair in (each.columns or {}).items()]


def merges(join: exp.Join) -> bool:
    """Tell whether a join gives some columns once for both of its sides."""
    return bool(join.args.get("using")) or str(join.args.get("method") or "").upper() == "NATURAL"


def _names_of_alias(node: exp.Expr) -> list[exp.Expr]:
    alias = node.args.get("alias")
    return (
        [name for name in alias.columns if isinstance(name, exp.Identifier)]
        if isinstance(alias, exp.TableAlias)
        else []
    )


def _last_name(item: exp.Expr) -> exp.Expr | None:
    """Give the identifier that names an item without an alias: a column, or the last part of a path."""
    if isinstance(item, exp.Cast | exp.Paren):
        return _last_name(item.this)
    if isinstance(item, exp.Column):
        return item.this if isinstance(item.this, exp.Identifier) else None
    if isinstance(item, exp.Dot):
        return item.expression if isinstance(item.expression, exp.Identifier) else None
    return None


def _stands_in_from(node: exp.Expr) -> bool:
    return isinstance(node.parent, exp.From | exp.Join | exp.CTE | exp.With)
