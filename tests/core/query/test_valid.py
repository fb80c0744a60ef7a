"""Valid queries, chapter by chapter of the vendors' manuals: none is refused, and those of Postgres and DuckDB run.

`valid/` holds them, 400 and more a dialect. They run as the product runs them: parsed and checked, rendered, described, and read through
the warehouse's own session, read-only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from core.lint import Context, lint
from core.model import CallType, Severity
from core.query import DIALECTS, parse
from core.query.catalogue import Catalogue
from core.warehouses import warehouse_type
from tests.core.query.valid_queries import LINT_ONLY, ValidQuery, schema_of, valid_queries
from tests.core.warehouses.harness import no_secret, postgres_plugin
from tests.servers.postgres import Server

LEAST = 400
PARTS = 8
NOT_CHECKED = 40
"""So many at the most are left to the warehouse: where the parser has a gap, the rules are blind."""


def wrong(dialect: str, queries: Sequence[ValidQuery], catalogue: Catalogue | None = None) -> dict[str, str]:
    """Return what lint calls an error, by its place."""
    return {
        f"{dialect}.sql:{query.line}": f"{finding.rule}: {finding.message} {query.text}"
        for query in queries
        for finding in lint(query.text, Context(dialect=dialect, call=CallType.IDENTIFY, catalogue=catalogue))
        if finding.severity is Severity.ERROR
    }


def parts(dialect: str) -> list[tuple[ValidQuery, ...]]:
    """Return the queries in parts, so that workers share them."""
    found = valid_queries(dialect)
    return [found[part::PARTS] for part in range(PARTS)]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_there_are_hundreds_of_valid_queries_and_no_two_are_the_same(dialect: str) -> None:
    texts = [query.text for query in valid_queries(dialect)]
    assert len(texts) >= LEAST
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_valid_query_is_told_to_be_wrong(dialect: str) -> None:
    assert wrong(dialect, valid_queries(dialect)) == {}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_parser_reads_nearly_all_of_them(dialect: str) -> None:
    unread = [query.text for query in valid_queries(dialect) if parse(query.text, dialect).tree is None]
    assert len(unread) <= (NOT_CHECKED if dialect in ("postgres", "redshift", "duckdb") else 0)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_valid_query_is_sent_as_it_was_written(dialect: str) -> None:
    for query in valid_queries(dialect):
        assert parse(query.text, dialect).render(0).rstrip() == query.text.rstrip(), query.line


@pytest.fixture(scope="module")
def reader(postgres: Server) -> Iterator[tuple[Any, int]]:
    """A session of the product's with a Postgres that has the queries' tables; and the server's version."""
    database = postgres.create_database()
    database.execute(*schema_of("postgres").split(";")[:-1])
    with database.connect() as connection:
        version = connection.info.server_version // 10_000
    with postgres_plugin(database).open() as session:
        yield session, version
    database.leave()


@pytest.mark.parametrize("part", range(PARTS))
def test_each_valid_query_runs_on_a_real_postgres(part: int, reader: tuple[Any, int]) -> None:
    session, version = reader
    failed = run_all(session, "postgres", [query for query in parts("postgres")[part] if query.version <= version])
    assert failed == {}, "\n".join(failed.values())


def test_no_valid_query_of_postgres_is_told_to_be_wrong_by_who_knows_its_tables(reader: tuple[Any, int]) -> None:
    session, _ = reader
    known = Catalogue(tables=session.catalogue(), dialect="postgres", schema="public")
    own = [query for query in valid_queries("postgres") if query.version < LINT_ONLY]
    assert wrong("postgres", own, known) == {}


def test_no_valid_query_of_duckdb_is_told_to_be_wrong_by_who_knows_its_tables(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "valid.duckdb")) as connection:
        connection.execute(schema_of("duckdb"))
    plugin: Any = warehouse_type("duckdb")
    with plugin(plugin.Settings(path="valid.duckdb"), no_secret, tmp_path).open() as session:
        known = Catalogue(tables=session.catalogue(), dialect="duckdb", schema="main")
    assert wrong("duckdb", valid_queries("duckdb"), known) == {}


@pytest.mark.parametrize("part", range(PARTS))
def test_each_valid_query_runs_on_duckdb(part: int, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "valid.duckdb")) as connection:
        connection.execute(schema_of("duckdb"))
    plugin: Any = warehouse_type("duckdb")
    with plugin(plugin.Settings(path="valid.duckdb"), no_secret, tmp_path).open() as session:
        failed = run_all(session, "duckdb", [query for query in parts("duckdb")[part] if not query.version])
    assert failed == {}, "\n".join(failed.values())


def run_all(session: Any, dialect: str, queries: list[ValidQuery]) -> dict[str, str]:
    """Run queries through a session; return what failed, by its place."""
    failed = {}
    assert queries
    for query in queries:
        try:
            text = parse(query.text, dialect).render(0)
            columns = session.describe(text)
            assert session.preview(text, limit=5).batches.read_all().num_columns == len(columns)
        except Exception as error:  # noqa: BLE001 - each is told with its place, not only the first
            if "unsupported XML feature" not in str(error):  # of a server that was built without it
                failed[f"{dialect}.sql:{query.line}"] = f"{error} -- {query.text}"
    return failed
