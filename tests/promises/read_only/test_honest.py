"""Honest queries with functions of popular extensions run; what is refused is told with the one line that allows it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import psycopg
import pytest

from core.errors import QueryFailedError
from core.query import parse
from tests.core.warehouses.harness import postgres_plugin
from tests.promises.read_only.honest import CONTRIB, PLAYED
from tests.servers.postgres import Database, Server

ENOUGH = 200


@pytest.fixture(scope="module")
def shop(postgres: Server) -> Iterator[tuple[Database, frozenset[str]]]:
    """A database with the extensions, and the names of those of contrib that this server lacks."""
    database = postgres.create_database()
    missing = set()
    with database.connect() as connection:
        connection.execute("CREATE TABLE people (id integer, email text)")
        connection.execute("INSERT INTO people VALUES (1, 'a@example.com')")
        for name in CONTRIB:
            try:
                connection.execute(f'CREATE EXTENSION IF NOT EXISTS "{name}" CASCADE'.encode())
            except psycopg.Error:
                missing.add(name)
        connection.execute("SET allow_system_table_mods = on")
        connection.execute("CREATE SCHEMA played")
        connection.execute(f"GRANT USAGE ON SCHEMA played TO {database.reader}".encode())
        for extension, (volatility, names) in PLAYED.items():
            with contextlib.suppress(psycopg.errors.UniqueViolation):
                connection.execute(
                    "INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)"
                    " SELECT 90000 + (SELECT count(*) FROM pg_extension), %s, 10, oid, false, '1' FROM pg_namespace WHERE nspname = 'played'",
                    [extension.strip()],
                )
            for name in names.split():
                head = f"played.{name}(VARIADIC text[])"
                body = f"RETURNS text LANGUAGE sql {volatility} AS $$SELECT ($1)[1]$$"
                connection.execute(f"CREATE FUNCTION {head} {body}".encode())
                connection.execute(f"ALTER EXTENSION {extension} ADD FUNCTION {head}".encode())
        connection.execute(f"ALTER ROLE {database.reader} SET search_path = public, played".encode())
    yield database, frozenset(missing)
    database.leave()


def queries_of(extension: str) -> list[str]:
    if extension in CONTRIB:
        return [f"SELECT {expression} AS a FROM people" for expression in CONTRIB[extension].strip().splitlines()]
    return [f"SELECT {name}('x', email) AS a FROM people" for name in PLAYED[extension][1].split()]


def test_there_are_enough_queries() -> None:
    assert sum(len(queries_of(extension)) for extension in (*CONTRIB, *PLAYED)) >= ENOUGH


@pytest.mark.parametrize("extension", [*CONTRIB, *(each for each in PLAYED if each != "nobody_knows_it")])
def test_honest_queries_pass_the_text_and_the_catalogue(shop: tuple[Database, frozenset[str]], extension: str) -> None:
    database, missing = shop
    if extension in missing:
        pytest.skip(f"this Postgres comes without {extension}")
    with postgres_plugin(database).open() as session:
        for query in queries_of(extension):
            assert session.describe(parse(query, "postgres").render(0)), query


def test_what_nobody_knows_is_refused_with_the_line_that_allows_it(shop: tuple[Database, frozenset[str]]) -> None:
    database, _ = shop
    with postgres_plugin(database).open() as session:
        for query in queries_of("nobody_knows_it"):
            with pytest.raises(QueryFailedError) as refused:
                session.describe(parse(query, "postgres").render(0))
            line = re.search(r'allow_functions = \["(.+)"\]', refused.value.remedy)
            assert line is not None
            with postgres_plugin(database, allow_functions=(line[1],)).open() as allowed:
                assert allowed.stream(query).batches.read_all().to_pylist() == [{"c0": "x"}]
