"""Postgres's failures, in two tables: what is wrong, what Backhaul says, what it advises. The server is a real one.

Where the advice holds statements that fix it, they are run as they stand (as the console would copy them), and then nothing fails.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import psycopg
import pytest

from core.warehouses.postgres.connecting import connecting_trouble
from core.warehouses.postgres.connection import PostgresSettings
from core.warehouses.postgres.errors import Trouble, _remedy
from tests.core.warehouses.failures import (
    Failure,
    QueryFailure,
    each,
    filled,
    play,
    play_query,
    said_twice,
    secrets_of,
    settings_of,
)
from tests.core.warehouses.harness import postgres_plugin
from tests.servers.postgres import READER_PASSWORD, Database
from tests.servers.strangers import HTTP, dropping, speaking
from tui.steps import statements_in

Around = Callable[[Database], AbstractContextManager[Mapping[str, Any]]]
"""What is done to the server, or put in its place, while an entry is played; gives settings that lead there."""


@dataclass(frozen=True, kw_only=True)
class PostgresFailure(Failure):
    """A connection that fails. `before` are statements that an administrator ran."""

    after_login: ClassVar[frozenset[str]] = frozenset({"role", "privileges", "read-only", "clock"})
    before: tuple[str, ...] = ()
    around: Around | None = None
    tls: bool = False
    """It needs a server that speaks TLS."""

    fixed: bool = False
    """The statements of the advice fix it."""


@dataclass(frozen=True, kw_only=True)
class PostgresQueryFailure(QueryFailure):
    """A query that fails. `before` are statements that an administrator ran."""

    before: tuple[str, ...] = ()
    fixed: bool = False
    """The statements of the advice fix it."""


def at_a_port(port: Callable[[], AbstractContextManager[int]]) -> Around:
    @contextlib.contextmanager
    def around(_: Database) -> Iterator[Mapping[str, Any]]:
        with port() as number:
            yield {"port": number}

    return around


def letting_in(*lines: str) -> Around:
    """Have these lines alone in pg_hba.conf."""

    @contextlib.contextmanager
    def around(database: Database) -> Iterator[Mapping[str, Any]]:
        with database.server.letting_in(*(filled(line, names_of(database)) for line in lines)):
            yield {}

    return around


def showing(certificate: Literal["expired", "self-signed"]) -> Around:
    @contextlib.contextmanager
    def around(database: Database) -> Iterator[Mapping[str, Any]]:
        with database.server.showing(certificate):
            yield {}

    return around


def standby(settings: str, refusing: str) -> Around:
    """Lead to a second server, with settings that keep it from taking connections."""

    @contextlib.contextmanager
    def around(database: Database) -> Iterator[Mapping[str, Any]]:
        server = database.server.standby(settings, refusing=refusing)
        try:
            yield {"port": server.port}
        finally:
            server.stop()

    return around


@contextlib.contextmanager
def without_tls(database: Database) -> Iterator[Mapping[str, Any]]:
    with database.server.without_tls():
        yield {}


@contextlib.contextmanager
def stopping(database: Database) -> Iterator[Mapping[str, Any]]:
    """Lead to a server that was told to stop and waits for a client who is still there."""
    server = database.server.standby()
    try:
        with server.connect():
            server.process.terminate()
            server.ready(refusing="shutting down")
            yield {"port": server.port}
    finally:
        server.stop()


@contextlib.contextmanager
def full(database: Database) -> Iterator[Mapping[str, Any]]:
    """Take every connection that the server has for those who are no superusers."""
    server = database.server
    with contextlib.ExitStack() as held:
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                client = server.connect(user=database.reader, password=database.reader_password, dbname=database.name)
                held.enter_context(client)
        yield {}


@contextlib.contextmanager
def taking_no_connections(database: Database) -> Iterator[Mapping[str, Any]]:
    with database.server.connect() as connection:
        connection.execute(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS false".encode())
        try:
            yield {}
        finally:
            connection.execute(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS true".encode())


CHECKED = {"host": "localhost", "sslrootcert": "{authority}"}
PASSWORD_LINE = "pg_hba.conf: host {database} {user} 127.0.0.1/32 scram-sha-256"
SET_PASSWORD = "backhaul secret set sources/<name>.password"

FAILURES = (
    PostgresFailure(
        what="a host that is not there",
        settings={"host": "host.invalid"},
        step="name",
        says="There is no host named 'host.invalid'",
        advises="in a VPN to know the name",
    ),
    PostgresFailure(
        what="a host that can be none",
        settings={"host": "host..example"},
        step="name",
        says="There is no host named 'host..example'",
        advises="Check `host`",
    ),
    PostgresFailure(
        what="nothing listens there",
        settings={"port": 1},
        step="network",
        says="Nothing listens on port 1 of 127.0.0.1",
        advises="Check `port`",
    ),
    PostgresFailure(
        what="a firewall that drops the packets",
        around=at_a_port(dropping),
        settings={"connect_timeout": 2},
        step="network",
        says="127.0.0.1 did not answer within 2 s",
        advises="let this machine's address (127.0.0.1, or what a router makes of it) through to port {port}",
    ),
    PostgresFailure(
        what="a folder of sockets without a server",
        settings={"host": "/nowhere"},
        step="network",
        says="There is no server behind the folder of sockets /nowhere",
        advises="the folder that holds .s.PGSQL.{port}",
    ),
    PostgresFailure(
        what="a port that speaks no Postgres",
        around=at_a_port(lambda: speaking(HTTP)),
        step="login",
        says="What answers on port {port} of 127.0.0.1 is no Postgres",
        advises="Check `host` and `port`",
    ),
    PostgresFailure(
        what="a port that speaks no Postgres, asked without TLS",
        around=at_a_port(lambda: speaking(HTTP)),
        settings={"sslmode": "disable"},
        step="login",
        says="of 127.0.0.1 is no Postgres, nor anything that speaks like one",
        advises="Check `host` and `port`",
    ),
    PostgresFailure(
        what="a port that hangs up",
        around=at_a_port(lambda: speaking(b"")),
        step="login",
        says="What answers on port {port} of 127.0.0.1 ended the connection before it had said a word",
        advises="a load balancer whose server is down",
    ),
    PostgresFailure(
        what="a port that says nothing",
        around=at_a_port(lambda: speaking(None)),
        settings={"connect_timeout": 2},
        step="login",
        says="127.0.0.1 did not answer within 2 s",
        advises="port {port}",
    ),
    PostgresFailure(
        what="no TLS where it is asked for",
        around=without_tls,
        settings={"sslmode": "require"},
        tls=True,
        step="TLS",
        says="The server offers no TLS, and sslmode asks for it",
        advises="Switch TLS on at the server (ssl = on)",
    ),
    PostgresFailure(
        what="TLS switched off where the server asks for it",
        around=letting_in("hostssl all {user} all scram-sha-256"),
        settings={"sslmode": "disable"},
        tls=True,
        step="TLS",
        says="The server does not let '{user}' in without TLS",
        advises='sslmode = "require"',
    ),
    PostgresFailure(
        what="a certificate that has expired",
        around=showing("expired"),
        settings=CHECKED,
        tls=True,
        step="TLS",
        says="The server's certificate has expired",
        advises="Have it renewed",
    ),
    PostgresFailure(
        what="a certificate that nobody signed",
        around=showing("self-signed"),
        settings=CHECKED,
        tls=True,
        step="TLS",
        says="The server's certificate is self-signed",
        advises="Let `sslrootcert` name a file with that very certificate",
    ),
    PostgresFailure(
        what="a certificate of another authority",
        settings={**CHECKED, "sslrootcert": "{certificate}"},
        tls=True,
        step="TLS",
        says="The server's certificate was not signed by the authority in {certificate}",
        advises="Let `sslrootcert` name the file",
    ),
    PostgresFailure(
        what="a certificate of an authority that this machine does not know",
        settings={**CHECKED, "sslrootcert": "system"},
        tls=True,
        step="TLS",
        says="was not signed by an authority that this machine trusts",
        advises="Let `sslrootcert` name the file",
    ),
    PostgresFailure(
        what="a certificate for another name",
        settings={**CHECKED, "host": "127.0.0.1"},
        tls=True,
        step="TLS",
        says="The server's certificate is for another name than '127.0.0.1'",
        advises="Use the host name of the certificate",
    ),
    PostgresFailure(
        what="a missing file of the authority",
        settings={**CHECKED, "sslrootcert": "nowhere.crt"},
        tls=True,
        step="TLS",
        says="The file nowhere.crt with the certificate of the server's authority cannot be read",
        advises="Get the file from whoever runs the server",
    ),
    PostgresFailure(
        what="a missing password",
        secrets={},
        step="login",
        says="There is no secret sources/prod.password",
        advises="backhaul secret set sources/prod.password",
    ),
    PostgresFailure(
        what="a wrong password",
        secrets={"password": "not the one"},
        step="login",
        says="127.0.0.1 refused the password of '{user}'",
        advises=SET_PASSWORD,
    ),
    PostgresFailure(
        what="a password that has run out",
        before=("ALTER ROLE {user} VALID UNTIL '2020-01-01'",),
        step="login",
        says="127.0.0.1 refused the password of '{user}'",
        advises="past its VALID UNTIL",
    ),
    PostgresFailure(
        what="a user that is not there",
        settings={"user": "nobody_here"},
        step="login",
        says="127.0.0.1 refused the password of 'nobody_here'",
        advises="says the same of a user that is not there",
    ),
    PostgresFailure(
        what="a role that may not log in",
        before=("ALTER ROLE {user} NOLOGIN",),
        step="login",
        says="The role '{user}' may not log in",
        advises='ALTER USER "{user}" LOGIN;',
        fixed=True,
    ),
    PostgresFailure(
        what="an address that pg_hba.conf does not list",
        around=letting_in(),
        step="login",
        says="The server does not let '{user}' into '{database}' from 127.0.0.1",
        advises=PASSWORD_LINE,
    ),
    PostgresFailure(
        what="a user whom pg_hba.conf rejects",
        around=letting_in("host all {user} all reject"),
        step="login",
        says="The server does not let '{user}' into '{database}' from 127.0.0.1",
        advises=f"put this line first into {PASSWORD_LINE}",
    ),
    PostgresFailure(
        what="pg_hba.conf asks who runs the program (ident)",
        around=letting_in("host all {user} all ident"),
        step="login",
        says="The server asks '{user}' for another proof than a password: Ident authentication failed",
        advises=PASSWORD_LINE,
    ),
    PostgresFailure(
        what="pg_hba.conf asks for a client's certificate",
        around=letting_in("hostssl all {user} all scram-sha-256 clientcert=verify-ca"),
        settings={"sslmode": "require"},
        tls=True,
        step="login",
        says="The server asks '{user}' for another proof than a password: client certificates",
        advises=PASSWORD_LINE,
    ),
    PostgresFailure(
        what="a role whose connections are all in use",
        before=("ALTER ROLE {user} CONNECTION LIMIT 0",),
        step="login",
        says="'{user}' has as many connections as it may have",
        advises='ALTER USER "{user}" CONNECTION LIMIT 10;',
        fixed=True,
    ),
    PostgresFailure(
        what="a role that may have one connection, where a run needs two",
        before=("ALTER ROLE {user} CONNECTION LIMIT 1",),
        step="clock",
        says="'{user}' has as many connections as it may have",
        advises="A run takes two",
        fixed=True,
    ),
    PostgresFailure(
        what="a database whose connections are all in use",
        before=("ALTER DATABASE {database} CONNECTION LIMIT 0",),
        step="login",
        says="The database '{database}' has as many connections as it may have",
        advises='ALTER DATABASE "{database}" CONNECTION LIMIT -1;',
        fixed=True,
    ),
    PostgresFailure(
        what="a server whose connections are all in use",
        around=full,
        step="login",
        says="The server has no connection left",
        advises="pg_stat_activity lists who holds them",
    ),
    PostgresFailure(
        what="a server that is starting",
        around=standby("restore_command = 'sleep 60'\n", "starting up"),
        step="login",
        says="The server takes no connections at the moment: the database system is starting up",
        advises="Try again in a moment",
    ),
    PostgresFailure(
        what="a server that is stopping",
        around=stopping,
        step="login",
        says="The server takes no connections at the moment: the database system is shutting down",
        advises="Try again in a moment",
    ),
    PostgresFailure(
        what="a standby that takes no queries",
        around=standby("hot_standby = off\n", "not accepting connections"),
        step="login",
        says="127.0.0.1 is a standby that takes no queries",
        advises="hot_standby = on",
    ),
    PostgresFailure(
        what="a database that is not there",
        settings={"database": "nowhere"},
        step="database",
        says="There is no database 'nowhere' on 127.0.0.1",
        advises="psql -l lists those that there are",
    ),
    PostgresFailure(
        what="a role without CONNECT",
        before=("REVOKE CONNECT ON DATABASE {database} FROM PUBLIC",),
        step="database",
        says="'{user}' may not connect to the database '{database}'",
        advises='GRANT CONNECT ON DATABASE "{database}" TO "{user}";',
        fixed=True,
    ),
    PostgresFailure(
        what="a database that takes no connections",
        around=taking_no_connections,
        step="database",
        says="The database '{database}' takes no connections",
        advises='ALTER DATABASE "{database}" ALLOW_CONNECTIONS true;',
    ),
    PostgresFailure(
        what="a superuser",
        settings={"user": "admin"},
        secrets={"password": "{superuser_password}"},
        step="role",
        says="admin is a superuser, whom a read-only transaction does not hold back",
        advises="CREATE ROLE backhaul LOGIN",
    ),
    PostgresFailure(
        what="a role without USAGE on the schemas that have tables",
        before=("CREATE SCHEMA sales", "ALTER TABLE people SET SCHEMA sales"),
        step="privileges",
        says="{user} can read no table of {database}",
        advises='GRANT USAGE ON SCHEMA sales TO "{user}"; GRANT SELECT ON ALL TABLES IN SCHEMA sales TO "{user}";',
        fixed=True,
    ),
    PostgresFailure(
        what="a role without SELECT on any table",
        before=("REVOKE SELECT ON people FROM {user}",),
        step="privileges",
        says="{user} can read no table of {database}",
        advises='GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{user}";',
        fixed=True,
    ),
    PostgresFailure(
        what="a database without a table",
        before=("DROP TABLE people",),
        step="privileges",
        says="{user} can read no table of {database}, for there is none",
        advises="Check `database`",
    ),
)


def names_of(database: Database) -> dict[str, str]:
    """Give what the braces of an entry stand for."""
    server = database.server
    return {
        "user": database.reader,
        "database": database.name,
        "authority": str(server.certificate),
        "certificate": str(server.folder / "server.crt"),
        "superuser_password": server.password,
    }


@pytest.fixture
def shop(postgres_database: Database) -> Database:
    """A database of its own with a table, so that what an entry changes is gone with it."""
    postgres_database.execute("CREATE TABLE people (id integer, changed timestamptz)")
    return postgres_database


def apply_advice(remedy: str, shop: Database) -> None:
    """Run the statements of an advice, as an administrator does who copies them."""
    statements = statements_in(remedy)
    assert statements
    shop.execute(*statements)


@each(FAILURES)
def test_each_failure_to_connect_has_its_own_sentence_remedy_and_step(shop: Database, failure: PostgresFailure) -> None:
    if failure.tls and shop.server.certificate is None:
        pytest.skip("these binaries of Postgres speak no TLS")
    names = names_of(shop)
    shop.execute(*(filled(statement, names) for statement in failure.before))
    with contextlib.nullcontext({}) if failure.around is None else failure.around(shop) as settings:
        source = postgres_plugin(
            shop, secrets=secrets_of(failure, names), **{**settings, **settings_of(failure, names)}
        )
        names["port"] = str(source._connector.settings.port)
        remedy = play(
            failure, source, names, (READER_PASSWORD, READER_PASSWORD.split("/", maxsplit=1)[0], "not the one")
        )
    if failure.fixed:
        apply_advice(remedy, shop)
        assert [step.detail for step in source.steps() if step.passed is False] == []


def test_what_is_told_in_the_same_words_is_the_same_to_who_connects() -> None:
    assert said_twice(FAILURES) == {
        "127.0.0.1 did not answer within 2 s",
        "127.0.0.1 refused the password of '{user}'",
        "'{user}' has as many connections as it may have",
        "The server does not let '{user}' into '{database}' from 127.0.0.1",
        "{user} can read no table of {database}",
    }


QUERY_FAILURES = (
    PostgresQueryFailure(
        what="a table that is misspelt",
        sql="SELECT id FROM poeple",
        says='relation "poeple" does not exist',
        advises="the catalogue shows which tables this user can read",
        at="poeple",
    ),
    PostgresQueryFailure(
        what="a column that is misspelt",
        sql="SELECT id,\n\tchnaged FROM people",
        says='column "chnaged" does not exist',
        advises='Perhaps you meant to reference the column "people.changed"',
        at="chnaged",
    ),
    PostgresQueryFailure(
        what="a table without SELECT",
        before=(
            'CREATE SCHEMA "my shop"',
            'CREATE TABLE "my shop"."od""ers" (id integer)',
            'GRANT USAGE ON SCHEMA "my shop" TO {user}',
            'REVOKE SELECT ON "my shop"."od""ers" FROM {user}',
        ),
        sql='SELECT id FROM "my shop"."od""ers"',
        says='permission denied for table od"ers',
        advises='GRANT SELECT ON "my shop"."od""ers" TO {user};',
        fixed=True,
    ),
    PostgresQueryFailure(
        what="a schema without USAGE",
        before=("CREATE SCHEMA sales", "CREATE TABLE sales.orders (id integer)"),
        sql="SELECT id FROM sales.orders",
        says="permission denied for schema sales",
        advises='GRANT USAGE ON SCHEMA sales TO "{user}"; GRANT SELECT ON ALL TABLES IN SCHEMA sales TO "{user}";',
        at="sales.orders",
        fixed=True,
    ),
    PostgresQueryFailure(
        what="a time compared with a number",
        sql="SELECT id FROM people WHERE changed >= 1700000000",
        says="operator does not exist: timestamp with time zone >= integer",
        advises="Compare with to_timestamp({{last_sync_time}})",
        at=">=",
    ),
    PostgresQueryFailure(
        what="the time limit of a query",
        settings={"statement_timeout": 1},
        sql="SELECT pg_sleep(10)",
        says="The query ran into the time limit of 1 s",
        advises="Raise `statement_timeout`",
    ),
    PostgresQueryFailure(
        what="a query that writes",
        sql="WITH n AS (DELETE FROM people RETURNING id) SELECT * FROM n",
        says="Rows cannot be read from this statement: WITH clause containing a data-modifying statement must be at the top level",
        advises="",
    ),
    PostgresQueryFailure(
        what="a query that an administrator stopped",
        before=(
            "CREATE FUNCTION stopped_by_somebody() RETURNS boolean LANGUAGE sql AS 'SELECT pg_cancel_backend(pg_backend_pid())'",
        ),
        settings={"allow_functions": ("public.stopped_by_somebody",)},
        sql="SELECT stopped_by_somebody(), pg_sleep(1)",
        says="The server stopped the query: canceling statement due to user request",
        advises="pg_cancel_backend",
    ),
)


@each(QUERY_FAILURES)
def test_each_failure_of_a_query_has_its_own_sentence_and_remedy(shop: Database, failure: PostgresQueryFailure) -> None:
    names = names_of(shop)
    shop.execute(*(filled(statement, names) for statement in failure.before))
    source = postgres_plugin(shop, **failure.settings)
    remedy = play_query(failure, source, names)
    if failure.fixed:
        apply_advice(remedy, shop)
        with source.open() as session:
            assert session.stream(failure.sql).batches.read_all().num_rows == 0


def test_what_a_server_says_is_no_part_of_the_line_for_pg_hba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.warehouses.postgres.connecting.own_address", lambda _host, _port: "192.0.2.7")
    settings = PostgresSettings(host="db.example.com", database="d", user="u")
    for said, address in (
        ("0.0.0.0/0 trust #", "192.0.2.7/32"),
        ("10.0.0.1", "10.0.0.1/32"),
        ("2001:db8::1", "2001:db8::1/128"),
    ):
        known = connecting_trouble(f'no pg_hba.conf entry for host "{said}", user "u"', settings)
        assert known is not None
        assert known[1].remedy.endswith(f": hostssl d u {address} scram-sha-256")
        assert "trust" not in known[1].message
    keyword = replace(settings, database="all", user='a"b')
    known = connecting_trouble('no pg_hba.conf entry for host "10.0.0.1"', keyword)
    assert known is not None
    assert known[1].remedy.endswith(': hostssl "all" "a""b" 10.0.0.1/32 scram-sha-256')


def test_a_schema_stands_in_quotes_where_that_is_needed() -> None:
    settings = PostgresSettings(host="db.example.com", database="d", user="u")
    error = psycopg.errors.InsufficientPrivilege('permission denied for schema x;GRANT/**/admin TO "y";--')
    trouble = Trouble(sqlstate="42501", message=str(error))
    assert 'GRANT USAGE ON SCHEMA "x;GRANT/**/admin TO ""y"";--" TO "u";' in _remedy(trouble, settings)
    plain = Trouble(sqlstate="42501", message="permission denied for schema app")
    assert 'GRANT USAGE ON SCHEMA app TO "u"; GRANT SELECT ON ALL TABLES IN SCHEMA app TO "u";' in _remedy(
        plain, settings
    )
    user = replace(settings, user='a" SUPERUSER; --')
    known = connecting_trouble("role is not permitted to log in", user)
    assert known is not None
    assert known[1].remedy.endswith('ALTER USER "a"" SUPERUSER; --" LOGIN;')
