"""The work of lint grows with a query's length, not with its square: counted in lines that run and parents that are climbed, not in time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from sqlglot import exp

import core
from core.lint import Context, lint, rules
from core.model import CallType
from core.query import parse

CORE = str(Path(core.__file__).parent)
SHORT = 120
MOST_GROWTH = 2.6
"""Twice as long a text may take so many times the work; with the square of its length it would be four times."""


def chain(operator: str, part: str = "a") -> Callable[[int], str]:
    return lambda length: f"SELECT id AS user_id, {operator.join([part] * length)} AS x FROM t"


def conditions(operator: str, part: str) -> Callable[[int], str]:
    return lambda length: f"SELECT id AS user_id, a FROM t WHERE {operator.join([part] * length)}"


TEXTS: dict[str, Callable[[int], str]] = {
    "||": chain("||"),
    "+": chain(" + "),
    "AND": conditions(" AND ", "a = 1"),
    "OR": conditions(" OR ", "a = 1"),
    "OR of nulls": lambda length: (
        "SELECT id AS user_id, a FROM t WHERE updated_at >= {{last_sync_time}} OR "
        + " OR ".join(f"c{number} IS NULL" for number in range(length))
    ),
    "NOT": conditions(" AND ", "NOT a = 1"),
    "IN": lambda length: f"SELECT id AS user_id, a FROM t WHERE a IN ({', '.join(['1'] * length)})",
    "CASE": lambda length: f"SELECT id AS user_id, CASE {'WHEN a = 1 THEN 2 ' * length} END AS x FROM t",
    "UNION ALL": lambda length: " UNION ALL ".join(["SELECT id AS user_id, a FROM t"] * length),
    "JOIN": lambda length: (
        "SELECT t.id AS user_id FROM t " + " ".join(f"JOIN t{n} ON t{n}.a = t.a" for n in range(length))
    ),
    "columns": lambda length: f"SELECT id AS user_id, {', '.join(f'a{n} AS N{n}' for n in range(length))} FROM t",
    "one name": lambda length: f"SELECT x AS A, {'||'.join(['a'] * length)} AS b FROM t ORDER BY a",
    "casts": lambda length: f"SELECT id AS user_id, a{'::text' * length} AS x FROM t",
    "comments": lambda length: f"SELECT id AS user_id, a {'/* x */ ' * length} FROM t",
    "WITHs": lambda length: (
        "WITH c0 AS (SELECT id FROM t)"
        + "".join(f", c{n} AS (SELECT id FROM c{n - 1})" for n in range(1, length))
        + f" SELECT id AS user_id FROM c{length - 1}"
    ),
    "correlated": lambda length: (
        f"SELECT id AS user_id, (SELECT max(u.b) FROM u WHERE {' AND '.join(['u.a = t.a'] * length)}) AS x FROM t"
    ),
}


class Work:
    """Counts the lines of core that run, and the parents that are climbed inside the parser's library."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps = 0
        monkeypatch.setattr(exp.Expression, "find_ancestor", lambda node, *kinds: self.climb(node, kinds))

    def climb(self, node: exp.Expr, kinds: tuple[type[exp.Expr], ...]) -> exp.Expr | None:
        found = node.parent
        while found is not None and not isinstance(found, kinds):
            self.steps += 1
            found = found.parent
        return found

    def trace(self, frame: FrameType, event: str, _value: Any) -> Any:
        if event == "call" and not frame.f_code.co_filename.startswith(CORE):
            return None
        self.steps += event == "line"
        return self.trace

    def of(self, text: str, dialect: str) -> int:
        query = parse(text, dialect)
        assert query.tree is not None
        self.steps = 0
        before = sys.gettrace()
        sys.settrace(self.trace)
        try:
            lint(text, Context(dialect=dialect, call=CallType.IDENTIFY), query)
        finally:
            sys.settrace(before)
        return self.steps


@pytest.mark.parametrize("dialect", ["postgres", "snowflake"])
@pytest.mark.parametrize("name", TEXTS)
def test_twice_as_long_a_query_takes_twice_the_work(name: str, dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(monkeypatch)
    rules()
    short, long = (work.of(TEXTS[name](length), dialect) for length in (SHORT, 2 * SHORT))
    assert short > SHORT
    assert long < MOST_GROWTH * short


def test_placeholders_that_stand_side_by_side_under_or_take_their_square_and_not_their_cube(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = conditions(" OR ", "a >= {{last_sync_time}}")
    work = Work(monkeypatch)
    short, long = (work.of(text(length), "postgres") for length in (60, 120))
    assert long < 5 * short
