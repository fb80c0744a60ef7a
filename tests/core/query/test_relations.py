"""Where columns come from: what stands in FROM, names as each warehouse compares them, and what stays unknown."""

from __future__ import annotations

import pytest

from core.model import Column, Kind, Table
from core.query import DIALECTS, parse
from core.query.catalogue import Catalogue
from core.query.levels import levels
from core.query.relations import Level


def catalogue(dialect: str = "duckdb", **tables: dict[str, Kind]) -> Catalogue:
    """Give a catalogue of tables in the schema `main`."""
    known = tuple(
        Table(
            schema="main",
            name=name,
            columns=tuple(Column(name=column, kind=kind, type_name=kind) for column, kind in columns.items()),
        )
        for name, columns in tables.items()
    )
    return Catalogue(tables=known, dialect=dialect, schema="main")


USERS = {"id": Kind.INTEGER, "email": Kind.TEXT, "updated_at": Kind.INSTANT}
ORDERS = {"id": Kind.INTEGER, "user_id": Kind.INTEGER, "total": Kind.DECIMAL}


def read(text: str, dialect: str = "duckdb", **tables: dict[str, Kind]) -> tuple[Level, ...]:
    tree = parse(text, dialect).tree
    assert tree is not None
    return levels(tree, dialect, catalogue(dialect, **(tables or {"users": USERS, "orders": ORDERS})))


def told(level: Level) -> dict[str, str]:
    """Give each column of a level as written, with the relation that it comes from."""
    found = {}
    for column in level.columns:
        origin = level.origin(column)
        word = "missing" if origin.missing else "ambiguous" if origin.among else "?"
        found[column.sql()] = origin.relation.key if origin.relation and not origin.missing else word
    return found


def test_columns_are_found_in_the_tables_of_their_select() -> None:
    (level,) = read("SELECT u.id, email, o.total, id, nope, u.nope FROM users u JOIN orders AS o ON o.user_id = u.id")
    assert told(level) == {
        "u.id": "u",
        "email": "u",
        "o.total": "o",
        "id": "ambiguous",
        "nope": "missing",
        "u.nope": "missing",
        "o.user_id": "o",
    }


def test_a_with_gives_its_columns_with_their_kinds() -> None:
    inner, outer = read("WITH r AS (SELECT id AS who, total * 2 AS t FROM orders) SELECT who, t, total FROM r")
    assert told(outer) == {"who": "r", "t": "r", "total": "missing"}
    assert [outer.kind(column) for column in outer.columns] == [Kind.INTEGER, None, None]
    assert (inner.role, outer.role) == ("with", "root")
    assert outer.relations["r"].inner == (inner,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WITH a(x, y) AS (SELECT id, email FROM users) SELECT x, y, id FROM a", ["a", "a", "missing"]),
        ("SELECT x, id FROM (SELECT id, email FROM users) AS s(x)", ["s", "missing"]),
        ("SELECT email, total FROM (SELECT * FROM users) s", ["s", "missing"]),
        ("SELECT email, total FROM (SELECT u.* FROM users u JOIN orders o ON o.user_id = u.id) s", ["s", "missing"]),
        ("SELECT email, zip FROM (SELECT * EXCLUDE (id) FROM users) s", ["?", "?"]),
        ("SELECT a, b FROM unknown_function(1) f", ["?", "?"]),
        ("SELECT a FROM users, unnest([1, 2]) AS t(a)", ["?"]),
        ("WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT n FROM r", ["r"]),
        ("SELECT id FROM users JOIN orders USING (id)", ["users"]),
        ("SELECT id FROM nowhere", ["?"]),
        ("SELECT email FROM (SELECT email FROM users UNION ALL SELECT email FROM users) s", ["s"]),
    ],
)
def test_what_is_known_is_told_and_what_is_not_stays_unknown(text: str, expected: list[str]) -> None:
    assert [*told(read(text)[-1]).values()] == expected


def test_a_subquery_sees_the_tables_around_it() -> None:
    inner, _outer = read(
        "SELECT u.id FROM users u WHERE EXISTS (SELECT 1 FROM orders WHERE user_id = u.id AND email = 'x')"
    )
    assert inner.role == "inner"
    assert told(inner) == {"user_id": "orders", "u.id": "u", "email": "u"}


@pytest.mark.parametrize(
    ("join", "optional"),
    [("LEFT JOIN", {"o"}), ("RIGHT JOIN", {"u"}), ("FULL JOIN", {"u", "o"}), ("JOIN", set()), ("CROSS JOIN", set())],
)
def test_the_optional_side_of_an_outer_join_is_known(join: str, optional: set[str]) -> None:
    condition = "" if join == "CROSS JOIN" else " ON o.user_id = u.id"
    (level,) = read(f"SELECT u.id FROM users u {join} orders o{condition}")
    assert {key for key, relation in level.relations.items() if relation.optional} == optional


@pytest.mark.parametrize(
    ("dialect", "written", "found"),
    [
        ("snowflake", "Users", True),
        ("snowflake", '"Users"', False),
        ("snowflake", '"USERS"', True),
        ("postgres", "Users", True),
        ("postgres", '"Users"', False),
        ("redshift", '"Users"', True),
        ("duckdb", '"Users"', True),
        ("bigquery", "Users", False),
        ("bigquery", "users", True),
    ],
)
def test_a_table_is_found_as_its_warehouse_finds_it(dialect: str, written: str, found: bool) -> None:
    name = "USERS" if dialect == "snowflake" else "users"
    (level,) = read(f"SELECT 1 FROM {written}", dialect, **{name: USERS})
    (relation,) = level.relations.values()
    assert (relation.table is not None) is found
    assert relation.found is not None
    assert relation.found.certain is not found


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_with_is_found_whatever_the_case_of_its_name(dialect: str) -> None:
    _inner, outer = read("WITH Recent AS (SELECT 1 AS n) SELECT n FROM recent", dialect)
    assert told(outer) == {"n": next(iter(outer.relations))}


def test_a_table_of_a_system_schema_or_another_database_is_not_accused() -> None:
    known = catalogue("postgres", users=USERS)
    for parts in ("information_schema.tables", "other.main.users"):
        found = known.find(tuple((part, False) for part in parts.split(".")))
        assert (found.table, found.certain) == (None, False)
    assert known.find((("main", False), ("gone", False))).certain
    assert known.find((("main", False), ("users", False))).table is not None


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_catalogue_without_tables_or_columns_accuses_nobody(dialect: str) -> None:
    assert not Catalogue(tables=(), dialect=dialect).find((("users", False),)).certain
    name = "USERS" if dialect == "snowflake" else "users"
    (level,) = read("SELECT id FROM users", dialect, **{name: {}})
    assert not level.origin(level.columns[0]).missing
