"""What can stand where the cursor is: a relation, a value, a name, or the words that go on with what is there.

It is told by the words around the cursor alone, so it works for a text that is not SQL yet.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.complete.shape import Branch, Group, Item, branches, is_mark
from core.complete.tokens import Token

__all__ = ["Place", "place_in"]

_VALUE_AFTER = frozenset(
    {"SELECT", "DISTINCT", "WHERE", "AND", "OR", "NOT", "ON", "HAVING", "QUALIFY", "BY", "WHEN", "THEN", "ELSE"}
    | {"CASE", "BETWEEN", "LIKE", "ILIKE", "RLIKE", "IN", "ANY", "LIMIT", "OFFSET", "INTERVAL", "SIMILAR", "TO"}
)
_NUMBER_AFTER = frozenset({"LIMIT", "OFFSET", "INTERVAL", "FETCH", "TOP"})
_COMPARING = frozenset({"=", "<", ">", "<=", ">=", "<>", "!=", "==", "BETWEEN"})
_SIGNS = _COMPARING | frozenset({"+", "-", "*", "/", "%", "||", "&", "|", "^", "~", ",", "->", "->>"})
_JOINS = ("JOIN", "LEFT JOIN", "INNER JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN")
_CONDITION = ("AND", "OR", "IS NULL", "IS NOT NULL", "IN", "NOT IN", "LIKE", "BETWEEN")
_VALUES = ("CASE", "NOT", "NULL", "TRUE", "FALSE", "EXISTS", "INTERVAL", "CURRENT_DATE", "CURRENT_TIMESTAMP")
_ORDER = (
    "WHERE",
    "GROUP BY",
    "HAVING",
    "QUALIFY",
    "ORDER BY",
    "LIMIT",
    "OFFSET",
    "UNION ALL",
    "UNION",
    "EXCEPT",
    "INTERSECT",
)
_FIRST_AFTER = {
    "FROM": 0,
    "JOIN": 0,
    "ON": 0,
    "USING": 0,
    "WHERE": 1,
    "GROUP": 2,
    "HAVING": 3,
    "QUALIFY": 4,
    "ORDER": 5,
    "LIMIT": 6,
    "OFFSET": 7,
}
_GOES_ON = {
    "IS": ("NULL", "NOT NULL", "TRUE", "FALSE", "DISTINCT FROM", "NOT DISTINCT FROM"),
    "GROUP": ("BY",),
    "ORDER": ("BY",),
    "PARTITION": ("BY",),
    "UNION": ("ALL", "SELECT", "DISTINCT"),
    "EXCEPT": ("SELECT", "ALL"),
    "INTERSECT": ("SELECT", "ALL"),
    "LEFT": ("JOIN", "OUTER JOIN"),
    "RIGHT": ("JOIN", "OUTER JOIN"),
    "FULL": ("JOIN", "OUTER JOIN"),
    "OUTER": ("JOIN",),
    "INNER": ("JOIN",),
    "CROSS": ("JOIN",),
    "NATURAL": ("JOIN", "LEFT JOIN"),
    "WITH": ("RECURSIVE",),
    "NULLS": ("FIRST", "LAST"),
}
_WORDS = frozenset(
    {"SELECT", "FROM", "WHERE", "AS", "CASE", "AND", "OR", "NOT", "ON", "JOIN", "WITH", "BY", *_VALUE_AFTER, *_GOES_ON}
)
_QUALIFY = frozenset({"duckdb", "snowflake", "bigquery", "redshift"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is expected: `wants` is "relation", "value", "shared" (a column of both sides), "field", "name" or "words"; `words` the keywords that can stand here.

    `path` are the names before a dot at the cursor. `compared` is the path of what a comparison before the cursor compares.
    `clause` is the word that the cursor's clause begins with, `branch` its select.
    """

    wants: str
    branch: Branch
    clause: str = ""
    words: tuple[str, ...] = ()
    path: tuple[Token, ...] = ()
    compared: tuple[Token, ...] = ()


def place_in(around: list[Group], dialect: str) -> Place:
    """Say what is expected at the mark; `around` are the brackets around it, inner ones first."""
    group = around[0]
    query = next((each for each in around if each.is_query), around[-1])
    branch, clause = _clause(query, around)
    before = _before(group.items)
    prev = before[-1] if before else None
    if isinstance(prev, Token) and prev.word == ".":
        path = _path_back(before[:-1])
        head = before[: len(before) - 2 * len(path)]
        wants = "relation" if _wants_relation(head, clause, group is query) else "value"
        return Place(wants=wants, branch=branch, clause=clause, path=tuple(path), compared=_compared(head))
    if group is not query:
        return _in_bracket(group, before, branch, clause)
    return _in_query(before, branch, clause, dialect)


def _in_query(before: list[Item], branch: Branch, clause: str, dialect: str) -> Place:
    """Say what is expected in a query itself."""
    prev = before[-1] if before else None
    word = prev.word if isinstance(prev, Token) else ""
    if prev is None or word in ("UNION", "EXCEPT", "INTERSECT", "MINUS"):
        words = _GOES_ON.get(word, ("SELECT", "WITH", *(("FROM",) if dialect == "duckdb" else ())))
        return Place(wants="words", branch=branch, clause=clause, words=words)
    if word == "AS":
        return Place(wants="field" if clause == "SELECT" else "name", branch=branch, clause=clause)
    if _wants_relation(before, clause, is_query=True):
        return Place(wants="relation", branch=branch, clause=clause, words=("LATERAL",) if clause == "JOIN" else ())
    if word in _GOES_ON:
        return Place(wants="words", branch=branch, clause=clause, words=_GOES_ON[word])
    if not clause:
        words = ("SELECT",) if isinstance(prev, Group) else ("AS",) if isinstance(prev, Token) and prev.is_name else ()
        if word == "ALL":
            words = ("SELECT",)
        return Place(wants="words", branch=branch, clause=clause, words=words)
    if _is_open(before):
        return _value(before, branch, clause)
    return Place(wants="words", branch=branch, clause=clause, words=_going_on(branch, clause, before, dialect))


def _in_bracket(group: Group, before: list[Item], branch: Branch, clause: str) -> Place:
    """Say what is expected in a bracket that holds no query (yet): arguments, a list, a condition."""
    opener = group.opener.word if group.opener else ""
    prev = before[-1] if before else None
    word = prev.word if isinstance(prev, Token) else ""
    if word in ("AS", ":"):
        return Place(wants="name", branch=branch, clause=clause)
    if opener == "USING" and clause == "USING":
        return Place(wants="shared", branch=branch, clause=clause)
    if prev is None:
        if opener in ("FROM", "JOIN"):
            return Place(wants="relation", branch=branch, clause=clause, words=("SELECT", "WITH"))
        if opener == "OVER":
            return Place(wants="words", branch=branch, clause=clause, words=("PARTITION BY", "ORDER BY"))
        if opener == "AS":
            return Place(wants="words", branch=branch, clause=clause, words=("SELECT", "WITH"))
        more = (
            ("SELECT",)
            if not group.opener or not group.opener.is_name or opener in ("IN", "EXISTS", "ANY", "ALL")
            else ()
        )
        if group.opener and group.opener.is_name and not more:
            more = ("DISTINCT",) if opener in ("COUNT", "SUM", "ARRAY_AGG", "STRING_AGG", "LISTAGG") else ()
        return _value(before, branch, clause, more)
    if word in _GOES_ON:
        return Place(wants="words", branch=branch, clause=clause, words=_GOES_ON[word])
    if _is_open(before):
        return _value(before, branch, clause)
    words: tuple[str, ...] = ("AND", "OR", "IS NULL", "IS NOT NULL", "IN", "LIKE", "BETWEEN", *_case_words(before))
    words = (*words, "ORDER BY", "ASC", "DESC") if opener == "OVER" else words
    words = (*words, "AS") if opener in ("CAST", "TRY_CAST", "SAFE_CAST") else words
    return Place(wants="words", branch=branch, clause=clause, words=words)


def _value(before: list[Item], branch: Branch, clause: str, more: tuple[str, ...] = ()) -> Place:
    prev = before[-1] if before else None
    word = prev.word if isinstance(prev, Token) else ""
    if word in _NUMBER_AFTER or word == "::":
        return Place(wants="name", branch=branch, clause=clause)
    first = ("DISTINCT",) if word == "SELECT" else ("WHEN",) if word == "CASE" else ()
    return Place(
        wants="value", branch=branch, clause=clause, words=(*more, *first, *_VALUES), compared=_compared(before)
    )


def _wants_relation(before: list[Item], clause: str, is_query: bool) -> bool:
    if not is_query or clause not in ("FROM", "JOIN"):
        return False
    prev = before[-1] if before else None
    return isinstance(prev, Token) and prev.word in ("FROM", "JOIN", ",", "LATERAL")


def _is_open(before: list[Item]) -> bool:
    """Return whether what stands before the cursor waits for a value."""
    prev = before[-1]
    if not isinstance(prev, Token):
        return False
    if prev.word == "*":
        earlier = before[-2] if len(before) > 1 else None
        return (
            not (isinstance(earlier, Token) and earlier.word in ("SELECT", ",", ".", "DISTINCT"))
            and earlier is not None
        )
    return prev.word in _VALUE_AFTER or prev.word in _SIGNS or prev.word == "::"


def _going_on(branch: Branch, clause: str, before: list[Item], dialect: str) -> tuple[str, ...]:
    """Return the words that can follow a whole value, or a relation."""
    later = {word for word, _ in branch.clauses if word in _FIRST_AFTER and word != clause}
    case = _case_words(before)
    if case:
        return (*case, *_CONDITION)
    if clause == "SELECT":
        first = () if "FROM" in later else ("FROM",)
        return first if _has_alias(before) else ("AS", *first, "OVER", "AND", "OR", "IS NULL", "IS NOT NULL")
    if clause in ("FROM", "JOIN"):
        joined = ("ON", "USING") if clause == "JOIN" else ()
        named = () if _has_alias(before) else ("AS",)
        return (*joined, *_JOINS, *named, *_next(clause, later, dialect))
    if clause in ("ON", "USING"):
        return (*(_CONDITION if clause == "ON" else ()), *_JOINS, *_next(clause, later, dialect))
    if clause in ("WHERE", "HAVING", "QUALIFY"):
        return (*_CONDITION, *_next(clause, later, dialect))
    if clause == "ORDER":
        return ("ASC", "DESC", "NULLS FIRST", "NULLS LAST", *_next(clause, later, dialect))
    return _next(clause, later, dialect)


def _next(clause: str, later: set[str], dialect: str) -> tuple[str, ...]:
    """Return the clauses that can follow, without those that are there."""
    words = _ORDER[_FIRST_AFTER.get(clause, 0) :]
    return tuple(word for word in words if word.split()[0] not in later and (word != "QUALIFY" or dialect in _QUALIFY))


def _case_words(before: list[Item]) -> tuple[str, ...]:
    """Return what goes on with a CASE that is not ended."""
    words = [item.word for item in before if isinstance(item, Token)]
    if words.count("CASE") <= words.count("END"):
        return ()
    last = next((word for word in reversed(words) if word in ("CASE", "WHEN", "THEN", "ELSE")), "")
    return {"WHEN": ("THEN",), "THEN": ("WHEN", "ELSE", "END"), "ELSE": ("END",)}.get(last, ("WHEN",))


def _has_alias(before: list[Item]) -> bool:
    """Return whether a name stands behind AS, or behind another name, before the cursor."""
    if len(before) < 2 or not isinstance(prev := before[-1], Token) or not prev.is_name:
        return False
    earlier = before[-2]
    return isinstance(earlier, Group) or earlier.word == "AS" or (earlier.is_name and earlier.word not in _WORDS)


def _clause(query: Group, around: list[Group]) -> tuple[Branch, str]:
    """Return the branch and the clause of a query that hold the cursor."""
    found = branches(query)
    inside = [group for group in around if group is not query]
    for branch in found:
        for word, items in branch.clauses:
            if any(is_mark(item) or item in inside for item in items):
                name = word if word not in ("UNION", "EXCEPT", "INTERSECT", "MINUS") else ""
                return branch, name
    return found[-1], ""


def _before(items: list[Item]) -> list[Item]:
    """Return what stands before the cursor in its bracket."""
    place = next((place for place, item in enumerate(items) if is_mark(item)), len(items))
    return items[:place]


def _path_back(before: list[Item]) -> list[Token]:
    """Return the names of the path that ends here: `a . b` of `… a . b .`."""
    path: list[Token] = []
    place = len(before) - 1
    while place >= 0 and isinstance(name := before[place], Token) and name.is_name:
        path.insert(0, name)
        dot = before[place - 1] if place else None
        if not (isinstance(dot, Token) and dot.word == "."):
            break
        place -= 2
    return path


def _compared(before: list[Item]) -> tuple[Token, ...]:
    """Return the path of the column before a comparison that the cursor follows."""
    if len(before) < 2 or not isinstance(sign := before[-1], Token) or sign.word not in _COMPARING:
        return ()
    return tuple(_path_back(before[:-1]))
