"""The shape of a text that need not parse: its brackets, the queries in them, and what each query reads and gives.

    shaped(cut)          the brackets as a tree, with a mark where the cursor stands
    Group.query          the nearest query around the mark
    Branch               one SELECT of it (a part of a UNION): its clauses, what it reads, what it gives

A bracket that was opened and not closed yet (`SELECT count(| FROM users`) ends where a word stands that only the query around
it can have. All else that is odd is left as it is: a shape is a guess that helps, nothing is refused for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from core.complete.tokens import Cut, Token

__all__ = ["MARK", "Branch", "Group", "Item", "branches", "enclosing", "is_mark", "shaped", "withs"]

MARK = "cursor"

_QUERY_WORDS = {"SELECT", "WITH", "VALUES", "FROM"}
_ENDS_CALL = {"FROM", "WHERE", "HAVING", "QUALIFY", "UNION", "INTERSECT", "GROUP"}
_WITH_FROM = {"EXTRACT", "TRIM", "SUBSTRING", "OVERLAY", "POSITION"}
_SETS = {"UNION", "INTERSECT", "EXCEPT", "MINUS"}
CLAUSES = {
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "QUALIFY",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "WINDOW",
    "JOIN",
    "ON",
    "USING",
    "FETCH",
}


@dataclass(eq=False)
class Group:
    """What stands in brackets, or the whole statement. `opener` is the token before the bracket."""

    parent: Group | None = None
    opener: Token | None = None
    items: list[Item] = field(default_factory=list)

    @property
    def is_query(self) -> bool:
        """Return whether it holds a query of its own; a statement always does."""
        first = self.items[0] if self.items else None
        if self.parent is None:
            return True
        if isinstance(first, Group):
            return first.is_query and not (self.opener and self.opener.is_name and not is_word(self.opener))
        return first is not None and first.word in _QUERY_WORDS


Item = Token | Group


def is_mark(item: Item) -> bool:
    """Return whether this is where the cursor stands."""
    return isinstance(item, Token) and item.kind == MARK


def is_word(token: Token) -> bool:
    """Return whether a word before a bracket is one of the language's own, not a function's name."""
    return token.word in {"IN", "EXISTS", "AS", "FROM", "JOIN", "AND", "OR", "NOT", "ON", "ANY", "ALL", "LATERAL"}


def shaped(cut: Cut) -> Group:
    """Return the statement around the cursor."""
    root = Group()
    here = root
    has_mark = False
    mark = Token(MARK, cut.prefix, cut.start, cut.end)
    last: Token | None = None
    for token in (*cut.before, mark, *cut.after):
        if token.word == ";":
            if has_mark:
                break
            here = root = Group()
        elif token.word in ("(", "["):
            here = Group(parent=here, opener=last)
            if here.parent is not None:
                here.parent.items.append(here)
        elif token.word in (")", "]"):
            here = here.parent or here
        else:
            while here.parent is not None and _ends(here, token, last):
                here = here.parent
            here.items.append(token)
        has_mark = has_mark or token is mark
        last = token
    return root


def _ends(group: Group, token: Token, last: Token | None) -> bool:
    """Return whether a word cannot stand in this bracket, so that it must have been left open."""
    if token.word not in _ENDS_CALL or (group.is_query and group.items):
        return False
    opener = group.opener
    if token.word == "FROM" and last is not None and last.word == "DISTINCT":
        return False
    called = opener is not None and opener.is_name and not is_word(opener)
    if not called and not group.items:
        return False
    word = opener.word if opener else ""
    return not (word in _WITH_FROM and token.word == "FROM") and not (word == "FILTER" and token.word == "WHERE")


def enclosing(root: Group) -> list[Group]:
    """Return the brackets around the cursor, the innermost first, the statement last."""
    found: list[Group] = []

    def look(group: Group, depth: int) -> bool:
        for item in group.items:
            if is_mark(item) or (isinstance(item, Group) and depth < 100 and look(item, depth + 1)):
                found.append(group)
                return True
        return False

    look(root, 0)
    return found or [root]


@dataclass(eq=False)
class Branch:
    """One SELECT of a query. `clauses` are its parts in their order: the word that begins each, and what follows it."""

    group: Group
    clauses: list[tuple[str, list[Item]]] = field(default_factory=list)

    @property
    def items(self) -> Iterator[Item]:
        return (item for _, items in self.clauses for item in items)

    def of(self, *words: str) -> Iterator[list[Item]]:
        """Return what follows each of these words."""
        return (items for word, items in self.clauses if word in words)


def branches(group: Group) -> list[Branch]:
    """Return the SELECTs of a query; what a WITH defines is left out."""
    found = [Branch(group, [("", [])])]
    for item in group.items[_after_withs(group) :]:
        word = item.word if isinstance(item, Token) else ""
        if word in _SETS and not (word == "EXCEPT" and _is_star(found[-1])):
            found.append(Branch(group, [(word, [])]))
        elif word in CLAUSES:
            found[-1].clauses.append((word, []))
        else:
            found[-1].clauses[-1][1].append(item)
    return found


def _is_star(branch: Branch) -> bool:
    """Return whether a select list ends with a star, which EXCEPT (columns) may follow."""
    word, items = branch.clauses[-1]
    return word == "SELECT" and bool(items) and isinstance(items[-1], Token) and items[-1].word == "*"


def withs(group: Group) -> Iterator[tuple[Token, list[Token], Group]]:
    """Yield each name that a WITH defines, the names of its columns, and its query."""
    items = group.items
    if not items or isinstance(items[0], Group) or items[0].word != "WITH":
        return
    place = 1
    while place < len(items):
        name = items[place]
        if not isinstance(name, Token) or not name.is_name:
            return
        if name.word == "RECURSIVE":
            place += 1
            continue
        columns: list[Token] = []
        place += 1
        if place < len(items) and isinstance(inside := items[place], Group):
            columns = [each for each in inside.items if isinstance(each, Token) and each.is_name]
            place += 1
        while place < len(items) and _is_one_of(items[place], "AS", "NOT", "MATERIALIZED"):
            place += 1
        if place >= len(items) or not isinstance(query := items[place], Group):
            return
        yield name, columns, query
        place += 1
        if place >= len(items) or not _is_one_of(items[place], ","):
            return
        place += 1


def _after_withs(group: Group) -> int:
    """Return the place of what follows the WITH."""
    items = group.items
    if not items or isinstance(items[0], Group) or items[0].word != "WITH":
        return 0
    queries = [query for _, _, query in withs(group)]
    place = items.index(queries[-1]) + 1 if queries else 1
    while place < len(items) and not _is_one_of(items[place], "SELECT", "FROM", "VALUES") and queries:
        if is_mark(items[place]):
            return place
        place += 1
    return place


def _is_one_of(item: Item, *words: str) -> bool:
    return isinstance(item, Token) and item.word in words
