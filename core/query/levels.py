"""Reads a query's tree into levels: each SELECT with what stands in its FROM (core.query.relations says what a level is)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlglot import exp

from core.model import Kind
from core.query.catalogue import Catalogue
from core.query.relations import Level, Relation, key_of, merges, table_parts

__all__ = ["levels"]


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
        branches: list[tuple[exp.Expr, Mapping[str, _Result], bool]] = []
        while isinstance(node, exp.SetOperation):
            branches.append((node.expression, known, bool(node.args.get("by_name"))))
            node = node.this
            if isinstance(node, exp.SetOperation):
                known = {**known, **self._withs(node, known, parent)}
        first = self.query(node, known, parent, role)
        columns, found = first.columns, [*first.levels]
        for branch, names, by_name in reversed(branches):
            result = self.query(branch, names, parent, role)
            found += result.levels
            if by_name:  # DuckDB: columns that those before lack come behind
                more = [pair for pair in result.columns or () if pair[0] not in dict(columns or ())]
                columns = None if columns is None or result.columns is None else (*columns, *more)
        return _Result(columns=columns, levels=tuple(found))

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
            if isinstance(with_, exp.With) and (with_.args.get("search") or with_.args.get("cycle")):
                found[key] = replace(found[key], columns=None)  # SEARCH and CYCLE give it more
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
        if _is_parenthesis(node):
            if node.args.get("alias"):  # a name for several joined tables
                level.is_whole = False
            self._add(level, node.this, join, known, optional=optional)
            for inner in node.args.get("joins") or ():
                self._add(level, inner.this, inner, known, optional=optional or bool(inner.args.get("side")))
            return
        relation = self._relation(level, node, join, known, optional=optional)
        pivots = node.args.get("pivots")
        if relation is not None and pivots:  # what it gives is known by its rows only
            level.is_whole = False
            key = self._alias(pivots[-1]) or relation.key
            key = key if key not in level.relations else f"{key} {len(level.relations)}"
            level.relations[key] = replace(relation, key=key, columns=None, found=None)
        elif relation is None or relation.key in level.relations:
            level.is_whole = False
        else:
            level.relations[relation.key] = relation
        for inner in node.args.get("joins") or ():
            self._add(level, inner.this, inner, known, optional=optional or bool(inner.args.get("side")))

    def _relation(
        self, level: Level, node: exp.Expr, join: exp.Join | None, known: Mapping[str, _Result], *, optional: bool
    ) -> Relation | None:
        key = self._alias(node)
        inside = node.this if isinstance(node, exp.Lateral) and key else node
        if isinstance(inside, exp.Subquery):
            parent = level if join is not None else level.parent  # LATERAL; without it, no harm is done
            result = self._renamed(self.query(inside, known, parent, "derived"), _names_of_alias(node))
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
        in_row = self._dialect in ("bigquery", "redshift") and len(node.parts) > 1
        if in_row and key_of(node.parts[0], self._dialect) in level.relations:  # a list: FROM orders o, o.items
            return Relation(key=key or own, node=node, join=join, optional=optional)
        is_whole = node.args.get("db") != ""  # `database..table` leaves the schema to the database
        found = self._catalogue.find(table_parts(node)) if self._catalogue and is_whole else None
        columns = None
        if found is not None and found.table is not None and found.table.columns and self._catalogue is not None:
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
        chosen = [each for each in level.relations.values() if not each.only_filters]
        if isinstance(item, exp.Column) and isinstance(item.args.get("table"), exp.Identifier):
            relation = level.relations.get(key_of(item.args["table"], self._dialect))
            chosen = [relation] if relation else []
        elif isinstance(item, exp.Column) or any(each.join is not None and merges(each.join) for each in chosen):
            return None
        if not chosen or any(each.columns is None for each in chosen):
            return None
        return [pair for each in chosen for pair in (each.columns or {}).items()]


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
    if isinstance(node.parent, exp.Lateral) and node.parent.args.get("alias"):
        node = node.parent
    return isinstance(node.parent, exp.From | exp.Join | exp.CTE | exp.With)


def _is_parenthesis(node: exp.Expr) -> bool:
    """Tell whether a node is a table, or several that are joined, in parentheses; not a query."""
    inside = node.this
    joined = isinstance(inside, exp.Subquery) and inside.args.get("joins")
    return isinstance(node, exp.Subquery) and (isinstance(inside, exp.Table) or bool(joined))
