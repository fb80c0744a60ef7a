"""No attempt has an effect: not on Postgres, whatever its role has set, not on DuckDB; the other dialects refuse it by its text."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from core.errors import BackhaulError, QueryError, QueryFailedError
from core.query import parse
from core.warehouses import warehouse_type
from core.warehouses.base import Session
from tests.core.warehouses.harness import postgres_plugin
from tests.promises.read_only.attempts import ATTEMPTS, DUCKDB, LINT_ONLY, MAY_BE_HARMLESS, MUST_BE_REFUSED
from tests.promises.read_only.shooting_range import SETTINGS, built, state
from tests.servers.postgres import Database, Server

ENOUGH = 400
TURNS = 6


@pytest.fixture(scope="module")
def target(postgres: Server) -> Iterator[Database]:
    database = postgres.create_database()
    built(database)
    yield database
    database.leave()


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """A file that no attempt makes."""
    return tmp_path / "was-here"


def is_refused(session: Session, sql: str) -> bool:
    """Run a query and read its rows; say whether it was refused."""
    try:
        session.stream(sql).batches.read_all()
    except QueryFailedError:
        return True
    return False


def rendered(text: str, dialect: str) -> str | None:
    """Return what is sent of a query that passes the check of its text; None where it is refused."""
    try:
        return parse(text, dialect).render(0)
    except QueryError:
        return None


def test_there_are_enough_attempts() -> None:
    assert len(set(ATTEMPTS)) >= ENOUGH
    assert len(SETTINGS) >= 12


@pytest.mark.parametrize("group", SETTINGS)
def test_no_attempt_has_an_effect_on_postgres(target: Database, marker: Path, group: str) -> None:
    """Each goes to the session as if the check of its text, of which the next test tells, were not there.

    What hides something goes under every setting, what is refused by its name under two of the twelve: the settings differ in how a
    text is read, and that is what hides.
    """
    server, who = target.server, target.reader
    settings: dict[str, Any] = {}
    if "superuser" in group:
        who = f"mighty_{target.reader}"
        with target.connect() as connection:
            connection.execute(f"CREATE ROLE {who} LOGIN SUPERUSER PASSWORD 'x'".encode())
        settings = {"user": who, "password": "x", "allow_superuser": True}
    itself = make_conninfo(
        host=server.host, port=server.port, dbname=target.name, user="admin", password=server.password
    )
    turn = list(SETTINGS).index(group)
    attempts = (*MAY_BE_HARMLESS, *(each for place, each in enumerate(MUST_BE_REFUSED) if (place + turn) % TURNS == 0))
    texts = [each.replace("{marker}", str(marker)).replace("{itself}", itself.replace("'", "''")) for each in attempts]
    with target.connect() as watching:
        watching.execute("LISTEN channel")
        for setting in SETTINGS[group]:
            watching.execute(f"ALTER ROLE {who} SET {setting}".encode())
        before = state(watching, server.folder / "data")
        with postgres_plugin(target, **settings).open() as session:
            passed = [text for text in texts if not is_refused(session, text)]
            after = state(watching, server.folder / "data")
        notified = list(watching.notifies(timeout=0))
        for setting in SETTINGS[group]:
            watching.execute(f"ALTER ROLE {who} RESET {setting.split()[0]}".encode())
    assert after == before
    assert notified == []
    assert {*passed} <= {*MAY_BE_HARMLESS}
    assert not marker.exists()


def test_each_attempt_that_is_known_to_be_one_is_refused_by_its_text_or_by_the_catalogue(target: Database) -> None:
    with postgres_plugin(target).open() as session:
        passed = [
            text for text in MUST_BE_REFUSED if (ready := rendered(text, "postgres")) and not is_refused(session, ready)
        ]
    assert passed == []


def test_the_range_does_shoot(postgres: Server) -> None:
    """What is built here has effects for whoever is not held back; else the test above would show nothing."""
    database = postgres.create_database()
    built(database)
    shots = (
        "SELECT strike('x')",
        "SELECT stable_wrapper()",
        "SELECT a FROM striking_view",
        "SELECT p.strike_person FROM people AS p",
        "SELECT id #! 1 FROM people",
        "SELECT value = value FROM pairs",
        "SELECT CAST(email AS checked) FROM people WHERE id = 1",
        "SELECT takes_pair(email) FROM people",
        "SELECT strike_sum(id) FROM people",
        "SELECT id FROM guarded",
    )
    at = make_conninfo(host=postgres.host, port=postgres.port, dbname=database.name)
    with (
        database.connect() as watching,
        psycopg.connect(at, user=database.reader, password=database.reader_password) as reader,
    ):
        reader.read_only = True
        for shot in shots:
            before = state(watching, postgres.folder / "data")
            reader.execute(shot.encode()).fetchall()
            after = state(watching, postgres.folder / "data")
            assert (after["rows"], after["locks"]) != (before["rows"], before["locks"]), shot
            reader.execute("SELECT pg_advisory_unlock_all()")


def test_no_attempt_has_an_effect_on_duckdb(tmp_path: Path, marker: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(file) as connection:
        connection.execute("CREATE TABLE people (id INTEGER)")
        connection.execute("INSERT INTO people VALUES (1)")
        connection.execute("CREATE SEQUENCE numbers")
        connection.execute("CREATE MACRO file_macro() AS TABLE SELECT * FROM read_text('/etc/hostname')")
        connection.execute("CREATE MACRO query_macro() AS (SELECT count(*) FROM query('SELECT 1'))")
        connection.execute("CREATE VIEW file_view AS SELECT * FROM read_text('/etc/hostname')")
    plugin: Any = warehouse_type("duckdb")
    before = (hashlib.sha256(file.read_bytes()).hexdigest(), sorted(tmp_path.iterdir()))
    seen = []
    for text in DUCKDB.strip().splitlines():
        attempt = text.replace("{marker}", str(marker))
        for sent in filter(None, (rendered(attempt, "duckdb"), attempt)):
            with plugin(plugin.Settings(path=str(file)), lambda _name: None, tmp_path).open() as session:
                try:
                    seen.append(str(session.stream(sent).batches.read_all()))
                except BackhaulError:
                    continue
    hostname = Path("/etc/hostname")
    assert not hostname.exists() or not any(hostname.read_text().strip() in each for each in seen)
    assert not marker.exists()
    assert (hashlib.sha256(file.read_bytes()).hexdigest(), sorted(tmp_path.iterdir())) == before


@pytest.mark.parametrize(
    ("dialect", "text"),
    list(
        itertools.chain.from_iterable(
            ((d, text) for text in texts.strip().splitlines()) for d, texts in LINT_ONLY.items()
        )
    ),
)
def test_each_attempt_is_refused_by_its_text_where_there_is_no_server_to_ask(dialect: str, text: str) -> None:
    assert rendered(text, dialect) is None
