"""What can be named in a SELECT: the relations in its FROM, their columns, and the names that it gives itself.

Columns of a table come from the catalogue; those of a WITH or a subquery are read from its own list, where they have the type of the
column that they repeat. Where they are unknown (no catalogue, a star over an unknown table) they are None, and nothing is made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.complete.shape import Branch, Group, Item, branches, is_mark, withs
from core.complete.tokens import Token
from core.model import Kind, Table
from core.query.catalogue import Catalogue, column_key
from core.query.output_names import fold

__all__ = ["Given", "Named", "Reader", "Scope"]

_DEEPEST = 20
_JOIN_WORDS = frozenset(
    {"NATURAL", "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "OUTER", "SEMI", "ANTI", "ASOF", "LATERAL", "ONLY"}
)
_AFTER_RELATION = _JOIN_WORDS | {"TABLESAMPLE", "PIVOT", "UNPIVOT", "FOR", "AS", "WITH", "WHEN", "CONNECT", "START"}


@dataclass(frozen=True, slots=True)
class Given:
    """A column that can be named: its name as the warehouse has it, its kind and type where they are known, and where it comes from."""

    name: str
    kind: Kind | None = None
    type_name: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Something in a FROM: `name` as it is written there, its key, its columns (None where unknown), and its table."""

    name: Token
    key: str
    columns: tuple[Given, ...] | None
    table: Table | None = None
    is_alias: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What can be named: relations of the select itself, then those of the selects around it."""

    own: tuple[Named, ...] = ()
    outer: tuple[Named, ...] = ()

    def named(self, key: str) -> Named | None:
        """Return the relation that goes by a name."""
        return next((each for each in (*self.own, *self.outer) if each.key == key), None)

    @property
    def is_whole(self) -> bool:
        """Return whether all columns are known."""
        return all(each.columns is not None for each in self.own)


@dataclass(frozen=True, slots=True, kw_only=True)
class _With:
    name: Token
    columns: tuple[Given, ...] | None


class Reader:
    """Reads scopes of one text."""

    def __init__(self, dialect: str, catalogue: Catalogue | None) -> None:
        self._dialect = dialect
        self._catalogue = catalogue

    def key(self, token: Token) -> str:
        """Return the key of a name."""
        return column_key(token.text, quoted=token.kind == "quoted", dialect=self._dialect)

    def scope(self, branch: Branch, around: list[Group]) -> Scope:
        """Return what can be named in a branch; `around` are the brackets around it, inner ones first."""
        known = self.known(around)
        outer: list[Named] = []
        inner: Group = branch.group
        for group in around:
            if group.is_query and group is not branch.group:
                holding = next((each for each in branches(group) if _holds(each, inner)), None)
                outer += self._relations(holding, known, _DEEPEST) if holding else ()
            inner = group
        return Scope(own=tuple(self._relations(branch, known, _DEEPEST)), outer=tuple(outer))

    def known(self, around: list[Group]) -> dict[str, _With]:
        """Return what WITHs define, by key, as far as it can be named from within the first of these brackets."""
        found: dict[str, _With] = {}
        for place in range(len(around) - 1, -1, -1):
            inside = around[:place]
            for name, columns, query in withs(around[place]):
                if query in inside:
                    break  # the cursor is in this one: what follows cannot be named yet
                given = self._outputs(query, found, _DEEPEST)
                found[self.key(name)] = _With(name=name, columns=self._renamed(given, columns))
        return found

    def with_names(self, around: list[Group]) -> Iterator[tuple[Token, tuple[Given, ...] | None]]:
        """Return the names that WITHs define."""
        return ((each.name, each.columns) for each in self.known(around).values())

    def outputs(self, items: list[Item], relations: tuple[Named, ...]) -> Iterator[tuple[Given | None, Token | None]]:
        """Yield each item of a select list: the column that it gives, with the token that names it; None for a star."""
        for item in _split(items):
            if item:
                yield self._output(item, relations)

    def resolve(self, path: list[Token], relations: tuple[Named, ...]) -> Given | None:
        """Return the column that a path (`u.email`, `email`) names, None where it is unknown, or in several relations."""
        if not path:
            return None
        key = self.key(path[-1])
        chosen = [each for each in relations if len(path) == 1 or each.key == self.key(path[-2])]
        found = [given for each in chosen for given in each.columns or () if self._key_of_column(given.name) == key]
        return found[0] if len(found) == 1 else None

    def _key_of_column(self, name: str) -> str:
        return column_key(name, quoted=True, dialect=self._dialect)

    def _output(self, item: list[Item], relations: tuple[Named, ...]) -> tuple[Given | None, Token | None]:
        item = [each for each in item if not is_mark(each)] or item
        last = item[-1]
        if not isinstance(last, Token) or not last.is_name:
            return None, None
        before = item[-2] if len(item) > 1 else None
        path = _path(item)
        if isinstance(before, Token) and before.word == "AS":
            path = _path(item[:-2])
        elif path is None and (not isinstance(before, Token) or before.kind == "sign"):
            return None, None
        source = self.resolve(path, relations) if path else None
        name = fold(last.text, quoted=last.kind == "quoted", dialect=self._dialect)
        if source is None:
            return Given(name), last
        is_same = path is not None and path[-1] is last
        return Given(source.name if is_same else name, source.kind, source.type_name, source.of), last

    def _outputs(self, group: Group, known: Mapping[str, _With], depth: int) -> tuple[Given, ...] | None:
        """Return the columns of a query."""
        if not depth:
            return None
        inside = dict(known)
        for name, columns, query in withs(group):
            gives = self._outputs(query, inside, depth - 1)
            inside[self.key(name)] = _With(name=name, columns=self._renamed(gives, columns))
        branch = branches(group)[0]
        first = next((item for item in branch.items if isinstance(item, Group)), None)
        if not any(True for _ in branch.of("SELECT")):
            return self._outputs(first, inside, depth - 1) if first is not None else None
        relations = tuple(self._relations(branch, inside, depth - 1))
        found: list[Given] = []
        for items in branch.of("SELECT"):
            for item in _split(items):
                if item and isinstance(item[-1], Token) and item[-1].word == "*":
                    star = self._starred(item, relations)
                    if star is None:
                        return None
                    found += star
                elif item:
                    given, _ = self._output(item, relations)
                    found += [given] if given else []
            break
        return tuple(found)

    def _starred(self, item: list[Item], relations: tuple[Named, ...]) -> list[Given] | None:
        path = _path([each for each in item[:-1] if not (isinstance(each, Token) and each.word in (".", "DISTINCT"))])
        chosen = [each for each in relations if not path or each.key == self.key(path[-1])]
        if not chosen or any(each.columns is None for each in chosen):
            return None
        return [given for each in chosen for given in each.columns or ()]

    def _renamed(self, given: tuple[Given, ...] | None, names: list[Token]) -> tuple[Given, ...] | None:
        if not names:
            return given
        folded = [fold(name.text, quoted=name.kind == "quoted", dialect=self._dialect) for name in names]
        known = given or ()
        first = [
            Given(name, known[place].kind, known[place].type_name, known[place].of)
            if place < len(known)
            else Given(name)
            for place, name in enumerate(folded)
        ]
        return (*first, *known[len(first) :])

    def _relations(self, branch: Branch, known: Mapping[str, _With], depth: int) -> Iterator[Named]:
        for items in branch.of("FROM", "JOIN"):
            for item in _split(items):
                relation = self._relation(item, known, depth)
                if relation is not None:
                    yield relation

    def _relation(self, items: list[Item], known: Mapping[str, _With], depth: int) -> Named | None:
        """Read a table, a subquery or a name of a WITH, with its alias."""
        items = [each for each in items if not is_mark(each)]
        while items and isinstance(first := items[0], Token) and first.word in _JOIN_WORDS:
            items = items[1:]
        if not items:
            return None
        if isinstance(items[0], Group):
            alias, names = self._alias(items[1:])
            if alias is None or not depth:
                return None
            columns = self._renamed(self._outputs(items[0], known, depth - 1), names)
            return Named(name=alias, key=self.key(alias), columns=columns, is_alias=True)
        path, rest = _leading_path(items)
        if not path:
            return None
        is_call = bool(rest) and isinstance(rest[0], Group)
        alias, names = self._alias(rest[1:] if is_call else rest)
        name = alias or path[-1]
        if is_call:
            return Named(name=name, key=self.key(name), columns=None, is_alias=alias is not None)
        if len(path) == 1 and (defined := known.get(self.key(path[0]))):
            columns = self._renamed(defined.columns, names)
            return Named(name=name, key=self.key(name), columns=columns, is_alias=alias is not None)
        table = self._table(path)
        given = None if table is None else tuple(columns_of(table))
        return Named(
            name=name,
            key=self.key(name),
            columns=self._renamed(given, names) if given else given,
            table=table,
            is_alias=alias is not None,
        )

    def _table(self, path: list[Token]) -> Table | None:
        if self._catalogue is None:
            return None
        parts = [(part, each.kind == "quoted") for each in path for part in _parts(each, self._dialect)]
        return self._catalogue.find(parts).table

    def _alias(self, items: list[Item]) -> tuple[Token | None, list[Token]]:
        """Return the alias that stands behind something in a FROM, and the names of columns in brackets behind it."""
        if items and isinstance(first := items[0], Token) and first.word == "AS":
            items = items[1:]
        if not items or not isinstance(alias := items[0], Token) or not alias.is_name or alias.word in _AFTER_RELATION:
            return None, []
        names: list[Token] = []
        if len(items) > 1 and isinstance(inside := items[1], Group):
            names = [each for each in inside.items if isinstance(each, Token) and each.is_name]
        return alias, names


def columns_of(table: Table) -> Iterator[Given]:
    """Return the columns of a table."""
    of = f"{table.schema}.{table.name}"
    return (Given(each.name, each.kind, each.type_name, of) for each in table.columns)


def _parts(token: Token, dialect: str) -> list[str]:
    """Return the parts of a name; BigQuery lets all of a path stand in one pair of quotes."""
    return token.text.split(".") if dialect == "bigquery" and token.kind == "quoted" else [token.text]


def _split(items: list[Item]) -> list[list[Item]]:
    """Cut at the commas."""
    found: list[list[Item]] = [[]]
    for item in items:
        if isinstance(item, Token) and item.word == ",":
            found.append([])
        else:
            found[-1].append(item)
    return found


def _path(items: list[Item]) -> list[Token] | None:
    """Return the names of a path, None where something else stands there."""
    words = [each for each in items if not (isinstance(each, Token) and each.word in ("DISTINCT", "ALL"))]
    path, rest = _leading_path(words)
    return path if path and not rest else None


def _leading_path(items: list[Item]) -> tuple[list[Token], list[Item]]:
    """Return the names of the path that items begin with, and the rest."""
    path: list[Token] = []
    place = 0
    while place < len(items):
        item = items[place]
        if not isinstance(item, Token) or not item.is_name:
            break
        path.append(item)
        place += 1
        after = items[place] if place < len(items) else None
        if not (isinstance(after, Token) and after.word == "."):
            break
        place += 1
    return path, items[place:]


def _holds(branch: Branch, inner: Group) -> bool:
    """Return whether a bracket stands in a branch, however deep."""
    return any(item is inner or (isinstance(item, Group) and _inside(item, inner, _DEEPEST)) for item in branch.items)


def _inside(group: Group, inner: Group, depth: int) -> bool:
    return depth > 0 and any(
        item is inner or (isinstance(item, Group) and _inside(item, inner, depth - 1)) for item in group.items
    )
