"""Completion: a table of cases, texts of every state that raise nothing, and functions that the warehouses really have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from core.complete import Candidate, complete
from core.complete.describing import described
from core.complete.functions import functions
from core.lint import Context
from core.lint.base import Receiver
from core.model import CallType, Column, Kind, Table
from core.query import DIALECTS
from core.query.catalogue import Catalogue
from core.query.dangerous import reason_to_refuse
from tests.core.lint.test_seeds import EXAMPLE, TABLE
from tests.servers.postgres import Database

CASES = Path(__file__).parent / "cases.md"
ROW = re.compile(r"^\| (\w+) \| (\w+) \| (`{1,2})(.*?)\3 \| (.*) \|$", re.MULTILINE)


def catalogue(dialect: str) -> Catalogue:
    raised = str.upper if dialect == "snowflake" else str

    def table(schema: str, table_name: str, /, **columns: Kind) -> Table:
        made = tuple(Column(name=raised(each), kind=kind, type_name=kind) for each, kind in columns.items())
        return Table(schema=raised(schema), name=raised(table_name), columns=made, rows=10)

    tables = (
        table("main", "users", id=Kind.INTEGER, email=Kind.TEXT, updated_at=Kind.INSTANT, plan=Kind.TEXT),
        table("main", "orders", id=Kind.INTEGER, user_id=Kind.INTEGER, total=Kind.DECIMAL, created_on=Kind.DATE),
        table("shop", "events", user_id=Kind.INTEGER, name=Kind.TEXT),
    )
    return Catalogue(tables=tables, dialect=dialect, schema=raised("main"), database="db")


def context(dialect: str, call: str = "identify", **more: Any) -> Context:
    known = None if call == "none" else CallType(call)
    return Context(dialect=dialect, call=known, catalogue=catalogue(dialect), **more)


def asked(text: str, dialect: str = "postgres", call: str = "identify", **more: Any) -> tuple[Candidate, ...]:
    """Complete a text at its mark."""
    return complete(text.replace("¦", ""), text.index("¦"), context(dialect, call, **more))


@pytest.mark.parametrize(
    ("dialect", "call", "text", "expected"),
    [(row[0], row[1], row[3], row[4]) for row in ROW.findall(CASES.read_text("utf-8"))],
)
def test_a_case_of_the_table_is_answered_as_it_says(dialect: str, call: str, text: str, expected: str) -> None:
    found = [candidate.insert for candidate in asked(text, dialect, call)]
    first = [] if expected == "nothing" else expected.removesuffix("…").strip().split(" · ")
    assert (found[: len(first)] if expected.endswith("…") else found) == first


def test_the_table_is_read_whole() -> None:
    rows = [line for line in CASES.read_text("utf-8").splitlines() if line.startswith("| ") and "¦" in line]
    assert len(rows) == len(ROW.findall(CASES.read_text("utf-8"))) > 100


def test_a_candidate_replaces_the_word_under_the_cursor() -> None:
    (found,) = asked("SELECT id FROM us¦zzz WHERE")
    assert (found.start, found.end, found.insert, found.kind) == (15, 20, "users", "table")
    (quoted,) = asked('SELECT id FROM "us¦" WHERE')
    assert (quoted.start, quoted.end) == (15, 19)
    (placeholder,) = asked("SELECT id FROM users WHERE updated_at > {{ las¦t }} AND x")
    assert (placeholder.start, placeholder.end) == (40, 50)


def test_a_candidate_says_what_it_is() -> None:
    column = asked("SELECT em¦ FROM users")[0]
    assert (column.kind, column.detail) == ("column", "text · main.users")
    field = asked("SELECT id AS ¦ FROM users")[0]
    assert field.kind == "field"
    assert field.why == "required by identify calls, unless there is anonymousId or email"
    table = asked("SELECT id FROM ev¦")[0]
    assert table.detail == "table · about 10 rows"
    event = asked("SELECT 'sup¦", call="track")[0]
    assert (event.kind, event.why) == ("event", "needs userId")


def test_a_name_that_two_tables_have_is_offered_with_its_table() -> None:
    found = [one.insert for one in asked("SELECT ¦ FROM users u JOIN orders o ON true")]
    assert {"u.id", "o.id", "email", "total"} <= set(found)
    assert "id" not in found


def test_a_name_that_the_text_uses_already_goes_first() -> None:
    without = [one.insert for one in asked("SELECT ¦ FROM users")]
    used = [one.insert for one in asked("SELECT ¦ FROM users WHERE plan = 'x'")]
    assert without[:2] == ["id", "email"] or without.index("plan") > used.index("plan")
    assert used[0] == "plan"


def test_without_a_catalogue_the_names_of_the_text_are_offered() -> None:
    text = "SELECT total_spend,  FROM customers c WHERE c.total_orders > 1"
    found = complete(text, 20, Context(dialect="postgres"))
    assert [one.insert for one in found][:1] == ["total_orders"]


def test_events_are_offered_where_a_destination_acts_on_them() -> None:
    acting = Receiver(name="cio", type="customerio", semantic_events=True)
    deaf = Receiver(name="seg", type="segment")
    assert asked("SELECT 'sup¦", call="track", receivers=(acting, deaf))
    assert not asked("SELECT 'sup¦", call="track", receivers=(deaf,))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_prefix_of_an_example_raises(dialect: str) -> None:
    for _, call, text, _ in EXAMPLE.findall(TABLE.read_text("utf-8")):
        about = context(dialect, call)
        for offset in range(len(text) + 1):
            for candidate in complete(text[:offset], offset, about):
                assert candidate.start <= offset <= candidate.end


@pytest.mark.parametrize("text", ["", "(((((", ")))", "'", '"', "`", "{{", "}}", "SELECT ((((", "[", "a.b.c.", "/*", "$$x", ";;", "WITH a AS (", "WITH WITH", "\x00", "🙂.é", "E'\\", "(" * 2000, ")" * 500, "SELECT " + "a." * 500])  # fmt: skip
@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_text_raises_at_any_place(dialect: str, text: str) -> None:
    for offset in {0, len(text) // 2, len(text), len(text) + 9}:
        complete(text, offset, context(dialect, "track"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT em¦ail FROM users", ["column email · text · main.users", "identify call · traits.email: the address; some destinations take it for an id"]),
        ("SELECT id FROM users WHERE ema¦il = 'x'", ["column email · text · main.users"]),
        ("SELECT u¦.id FROM users u", ["table main.users · 4 columns · about 10 rows"]),
        ("SELECT u.i¦d AS x FROM users u", ["column id · integer · main.users"]),
        ("SELECT 1 FROM shop.eve¦nts", ["table shop.events · 2 columns · about 10 rows"]),
        ('SELECT id AS "user¦Id" FROM users', ["identify call · userId: who it is: the id of the person in your own database"]),
        ("SELECT id AS zi¦p FROM users", ["identify call · traits.zip"]),
        ("WITH r AS (SELECT total AS t FROM orders) SELECT 1 FROM r WHERE ¦t > 1", ["column t · decimal · main.orders"]),
        ("SELECT nowhe¦re FROM users", None),
        ("SEL¦ECT id FROM users", None),
        ("SELECT 'em¦ail' FROM users", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_word_is_described(text: str, expected: list[str] | None) -> None:
    found = described(text.replace("¦", ""), max(0, text.find("¦")), context("postgres"))
    assert (list(found.lines) if found else None) == expected


@pytest.mark.parametrize("dialect", DIALECTS)
def test_describing_raises_for_no_prefix_of_an_example(dialect: str) -> None:
    for _, call, text, _ in EXAMPLE.findall(TABLE.read_text("utf-8")):
        for offset in range(0, len(text) + 1, 3):
            described(text[:offset], offset, context(dialect, call))
            described(text, offset, context(dialect, call))


def test_no_dangerous_function_is_offered() -> None:
    for dialect in DIALECTS:
        assert not [name for name in functions(dialect) if reason_to_refuse(dialect, (name,))]


def test_duckdb_has_each_function_that_is_offered() -> None:
    language = {"cast", "try_cast", "coalesce", "extract", "if", "ifnull", "unnest", "position"} | _windows()
    with duckdb.connect() as connection:
        known = {
            name for (name,) in connection.execute("SELECT DISTINCT function_name FROM duckdb_functions()").fetchall()
        }
    assert sorted(set(functions("duckdb")) - known - language) == []


def test_postgres_has_each_function_that_is_offered(postgres_database: Database) -> None:
    language = {"cast", "coalesce", "extract", "nullif", "greatest", "least", "trim"}
    with postgres_database.connect() as connection:
        known = {name for (name,) in connection.execute("SELECT DISTINCT proname FROM pg_proc").fetchall()}
    assert sorted(set(functions("postgres")) - known - language) == []


def _windows() -> set[str]:
    return {"row_number", "rank", "dense_rank", "percent_rank", "first_value", "last_value", "lag", "lead", "nullif"}
