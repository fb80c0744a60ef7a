"""What is special about Redshift, against a front that stands in for it (tests/servers/README.md says for how much)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core.errors import LoginError, QueryFailedError, WarehouseError
from core.model import Kind
from core.warehouses.base import Result
from core.warehouses.redshift import stream
from core.warehouses.redshift.types import type_name
from tests.core.warehouses.harness import postgres_plugin
from tests.servers.postgres import Database, Server
from tests.servers.redshift import Redshift, prepare


@pytest.fixture(scope="module")
def shop(postgres: Server) -> Iterator[Database]:
    """A database with a table, for tests that only read."""
    database = postgres.create_database()
    prepare(database)
    database.execute(
        "CREATE TABLE people (id integer, email varchar(256), balance numeric(12, 2))",
        "INSERT INTO people VALUES (1, 'a@example.com', 1.50), (2, NULL, NULL)",
    )
    yield database
    database.leave()


@pytest.fixture
def plugin(shop: Database, redshift_front: Redshift) -> Iterator[Any]:
    redshift_front.seen.clear()
    yield postgres_plugin(shop, kind="redshift", port=redshift_front.port)
    redshift_front.nodes = 2


def values(result: Result) -> list[object]:
    return [column.to_pylist() for column in result.batches.read_all().columns]


TYPES = [
    ("true", Kind.BOOLEAN, "boolean", True),
    ("1::int2", Kind.INTEGER, "smallint", 1),
    ("9223372036854775807", Kind.INTEGER, "bigint", 2**63 - 1),
    ("4000000000::oid", Kind.INTEGER, "oid", 4_000_000_000),
    ("1.50::numeric(38, 10)", Kind.DECIMAL, "numeric(38,10)", "1.5000000000"),
    ("0.1::float8", Kind.FLOAT, "double precision", 0.1),
    ("'NaN'::float8", Kind.FLOAT, "double precision", pytest.approx(float("nan"), nan_ok=True)),
    ("'-Infinity'::float8", Kind.FLOAT, "double precision", float("-inf")),
    ("1.5::real", Kind.FLOAT, "real", 1.5),
    ("'x'::varchar(3)", Kind.TEXT, "character varying(3)", "x"),
    ("'x'::char(3)", Kind.TEXT, "character(3)", "x  "),
    ("''::varchar", Kind.TEXT, "character varying", ""),
    ("'00ff'::varbyte", Kind.BYTES, "binary varying", b"00ff"),
    ("timetz '12:00:00.5+02'", Kind.TIME, "time with time zone", "12:00:00.5+02"),
    ("time '01:30:00.5'", Kind.TIME, "time without time zone", "01:30:00.5"),
    (
        """'{"a": [1, null, 12345678901234567890.10]}'::super""",
        Kind.JSON,
        "super",
        '{"a": [1, null, 12345678901234567890.10]}',
    ),
]


@pytest.mark.parametrize(("expression", "kind", "name", "value"), TYPES, ids=[each[0] for each in TYPES])
def test_each_type_arrives_as_what_it_is(plugin: Any, expression: str, kind: Kind, name: str, value: object) -> None:
    with plugin.open() as session:
        result = session.stream(f"SELECT {expression} AS value")
        (column,) = result.columns
        assert (column.kind, column.type_name) == (kind, name)
        assert values(result) == [[value]]


def test_a_type_that_nobody_knows_is_text() -> None:
    assert type_name(424_242, -1) == "type 424242"


def test_names_in_quotes_keep_their_case_because_the_session_asks_for_it(plugin: Any, redshift_front: Redshift) -> None:
    with plugin.open() as session:
        columns = session.describe('SELECT id AS "userId", email AS Email FROM people')
    assert [column.name for column in columns] == ["userId", "email"]
    assert "SET enable_case_sensitive_identifier TO true" in redshift_front.seen


def test_a_cluster_of_one_node_is_read_in_pieces_of_a_thousand(plugin: Any, redshift_front: Redshift) -> None:
    redshift_front.nodes = 1
    with plugin.open() as session:
        clock = session.clock()
        (numbers,) = values(session.stream("SELECT n FROM generate_series(1, 4200) AS t(n)"))
        assert session.clock() == clock
    assert numbers == list(range(1, 4201))
    fetched = [int(sql.split()[2]) for sql in redshift_front.seen if sql.startswith("FETCH")]
    assert fetched[0] == 1001
    assert set(fetched[1:]) == {1000}


def test_long_rows_are_read_in_smaller_pieces(plugin: Any, redshift_front: Redshift) -> None:
    with plugin.open() as session:
        result = session.stream("SELECT repeat('x', 30000) AS text FROM generate_series(1, 1500)")
        assert sum(batch.num_rows for batch in result.batches) == 1500
    fetched = [int(sql.split()[2]) for sql in redshift_front.seen if sql.startswith("FETCH")]
    assert max(fetched[1:]) * 30_000 <= stream.BATCH_BYTES


def test_nothing_is_prepared_by_name_and_nothing_is_copied(plugin: Any, redshift_front: Redshift) -> None:
    with plugin.open() as session:
        for _ in range(12):  # psycopg prepares what it has seen five times
            session.catalogue()
            values(session.stream("SELECT id FROM people"))
    text = "\n".join(redshift_front.seen).lower()
    assert "copy" not in text
    assert "deallocate" not in text


def test_a_table_without_a_grant_is_not_in_the_catalogue(shop: Database, plugin: Any) -> None:
    shop.execute("CREATE TABLE hidden (id integer)", f'REVOKE SELECT ON hidden FROM "{shop.reader}"')
    with plugin.open() as session:
        assert {table.name for table in session.catalogue()} == {"people"}


def test_a_path_in_which_pg_catalog_is_not_first_is_put_right_and_goes_on_working(shop: Database, plugin: Any) -> None:
    shop.execute(
        "CREATE SCHEMA evil",
        f"GRANT USAGE ON SCHEMA evil TO {shop.reader}",
        "CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'shadowed'$$",
        f'ALTER ROLE {shop.reader} SET search_path = "$user", evil, public, pg_catalog',
    )
    try:
        with plugin.open() as session:
            assert values(session.stream("SELECT lower('A') AS a FROM people WHERE id = 1")) == [["a"]]
    finally:
        shop.execute(f"ALTER ROLE {shop.reader} RESET search_path")


def test_a_session_that_no_longer_keeps_its_settings_is_refused(plugin: Any) -> None:
    with plugin.open() as session:
        session._connection.execute("SET search_path TO public, pg_catalog")
        session._connection.commit()
        with pytest.raises(WarehouseError, match="does not keep what was set"):
            session.describe("SELECT 1 AS one")


def test_a_volatile_function_is_refused_by_name_and_the_line_allows_it(
    shop: Database, redshift_front: Redshift, plugin: Any
) -> None:
    shop.execute("CREATE FUNCTION f_wipe(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    with plugin.open() as session, pytest.raises(QueryFailedError, match=r"public\.f_wipe is refused") as refused:
        session.describe("SELECT f_wipe(id) FROM people")
    assert 'allow_functions = ["public.f_wipe"]' in refused.value.remedy
    allowed = postgres_plugin(shop, kind="redshift", port=redshift_front.port, allow_functions=("public.f_wipe",))
    with allowed.open() as session:
        assert session.describe("SELECT f_wipe(id) FROM people")


def test_a_superuser_is_refused_by_check_and_by_each_session_alike(shop: Database, redshift_front: Redshift) -> None:
    server = shop.server
    admin = {"user": server.superuser, "password": server.password, "port": redshift_front.port}
    step = next(each for each in postgres_plugin(shop, kind="redshift", **admin).steps() if each.name == "role")
    assert step.passed is False
    with postgres_plugin(shop, kind="redshift", **admin).open() as session, pytest.raises(LoginError) as refused:
        session.describe("SELECT 1 AS one")
    assert step.detail in refused.value.message
    with postgres_plugin(shop, kind="redshift", **admin, allow_superuser=True).open() as session:
        assert session.describe("SELECT 1 AS one")
