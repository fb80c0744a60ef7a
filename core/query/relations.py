"""Where each column of a query comes from: its selects, what stands in their FROM, and what is known of the columns there.

    core.query.levels          each SELECT of a query, inner ones first, as a Level
    Level.relations            what stands in its FROM and JOINs, by the name that it goes by there
    Level.origin(column)       the relation that gives a column, and whether that is certain

sqlglot has scopes of its own; they compare names letter by letter, want a tree whose names were folded (which loses the analyst's
places), and raise where a name is there twice. Here a name is what the warehouse makes of it, and what cannot be told stays
unknown: a rule that reads this accuses nobody on a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sqlglot import exp

from core.model import Kind, Table
from core.query.catalogue import Found, column_key

__all__ = ["Level", "Origin", "Relation", "key_of", "merges", "nearest", "own_nodes", "table_parts"]

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
    def only_filters(self) -> bool:
        """Whether it is joined by SEMI or ANTI: it leaves out rows, and gives columns to nothing but its own condition."""
        return self.join is not None and str(self.join.args.get("kind") or "").upper() in ("SEMI", "ANTI")

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

    _nearest: dict[tuple[type[exp.Expr], ...], Mapping[int, exp.Expr | None]] = field(default_factory=dict, repr=False)

    @cached_property
    def nodes(self) -> tuple[exp.Expr, ...]:
        """What is written in this select itself, not in a subquery of it; what is around something comes before it."""
        return own_nodes(self.select)

    @cached_property
    def columns(self) -> tuple[exp.Column, ...]:
        """The columns that are written in this select itself."""
        columns = (
            node for node in self.nodes if isinstance(node, exp.Column) and isinstance(node.this, exp.Identifier)
        )
        return tuple(column for column in columns if not self._is_element(column))

    def within(self, node: exp.Expr, *kinds: type[exp.Expr]) -> exp.Expr | None:
        """Return the nearest part of this select, of some kinds, that a node stands in; None where there is none."""
        if kinds not in self._nearest:
            self._nearest[kinds] = nearest(self.nodes, kinds)
        return self._nearest[kinds].get(id(node))

    def _is_element(self, column: exp.Column) -> bool:
        """Tell whether a name is that of a list's element: [x.sku FOR x IN items]."""
        first = key_of(column.parts[0], self.dialect)
        inside = self.within(column, exp.Comprehension)
        while isinstance(inside, exp.Comprehension):
            given = (inside.args.get("expression"), inside.args.get("position"))
            names = {key_of(each, self.dialect) for part in given if part for each in part.find_all(exp.Identifier)}
            if first in names:
                return True
            inside = self.within(inside, exp.Comprehension)
        return False

    @cached_property
    def aliases(self) -> frozenset[str]:
        """The keys of the names that its list gives, which some warehouses let the rest of the select use."""
        return frozenset(
            key_of(item.args["alias"], self.dialect)
            for item in self.select.expressions
            if isinstance(item, exp.Alias) and isinstance(item.args.get("alias"), exp.Identifier)
        )

    @cached_property
    def outputs(self) -> frozenset[str]:
        """The keys of all names that its list gives, those of plain columns too: what ORDER BY may mean before it means a column."""
        plain = (item.this for item in self.select.expressions if isinstance(item, exp.Column))
        return self.aliases | {key_of(name, self.dialect) for name in plain if isinstance(name, exp.Identifier)}

    def key_of(self, name: exp.Expr) -> str:
        """Give the key of an identifier in this select."""
        return key_of(name, self.dialect)

    def origin(self, column: exp.Column) -> Origin:
        """Return where a column of this select comes from."""
        return self.origin_of(column, self.within(column, exp.Join))

    def origin_of(self, column: exp.Column, join: exp.Expr | None) -> Origin:
        """Return where a column comes from, of this select or of one inside it; `join` is the JOIN in whose condition it stands there."""
        key = key_of(column.this, self.dialect)
        qualifier = column.args.get("table")
        if isinstance(qualifier, exp.Identifier):
            return self.named(key_of(qualifier, self.dialect), key)
        having = [each for each in self.relations.values() if each.columns is not None and key in each.columns]
        seen, is_exact = self._seen(join)
        giving = [each for each in having if each in seen]
        if having and (not giving or (len(giving) > 1 and not is_exact)):
            return Origin()
        if len(giving) == 1 and self._sure(key):
            return Origin(relation=giving[0])
        if len(giving) > 1:
            merged = any(each.join is not None and merges(each.join) for each in giving)
            return Origin(relation=giving[0]) if merged else Origin(among=tuple(giving))
        if giving or not self._sure(key) or key in self.aliases or key in self.relations:
            return Origin()
        return (
            self.parent.origin_of(column, join)
            if self.parent
            else Origin(missing=bool(self.relations) and self.is_whole)
        )

    def _seen(self, join: exp.Expr | None) -> tuple[list[Relation], bool]:
        """Give the relations whose columns a place can name, and whether these are exactly they.

        A condition of a join sees what was joined before it, and its own side; inside parentheses even less.
        """
        relations = list(self.relations.values())
        place = next((number for number, each in enumerate(relations) if join is not None and each.join is join), None)
        if place is None:
            return [each for each in relations if not each.only_filters], join is None
        before = [each for each in relations[:place] if not each.only_filters]
        return [*before, relations[place]], join is not None and join.parent is self.select

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


def own_nodes(select: exp.Expr) -> tuple[exp.Expr, ...]:
    """Return what is written in a select itself, not in a subquery of it; what is around something comes before it."""
    return tuple(select.walk(prune=lambda node: isinstance(node, exp.Query) and node is not select))[1:]


def nearest(nodes: tuple[exp.Expr, ...], kinds: tuple[type[exp.Expr], ...]) -> Mapping[int, exp.Expr | None]:
    """Return, by the id of each of a select's own nodes, the nearest part of some kinds that it stands in.

    All are looked at once: to climb from each of them takes time that grows with the square of a long chain's length.
    """
    found: dict[int, exp.Expr | None] = {}
    for node in nodes:
        parent = node.parent
        found[id(node)] = parent if isinstance(parent, kinds) else found.get(id(parent))
    return found


def key_of(name: exp.Expr, dialect: str) -> str:
    """Give the key of an identifier."""
    return column_key(name.name, quoted=bool(name.args.get("quoted")), dialect=dialect)


def table_parts(table: exp.Table) -> tuple[tuple[str, bool], ...]:
    """Give the parts of a table's name, each with whether it is quoted."""
    return tuple((part.name, bool(part.args.get("quoted"))) for part in table.parts if isinstance(part, exp.Identifier))


def merges(join: exp.Join) -> bool:
    """Tell whether a join gives some columns once for both of its sides."""
    return bool(join.args.get("using")) or str(join.args.get("method") or "").upper() == "NATURAL"
