"""Redshift's failures, in two tables: what is wrong, what Backhaul says, what it advises.

Behind the front is a Postgres, which refuses by itself what both refuse alike. What only a cluster says is played back: Amazon's text,
with where it was published.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import ClassVar

import pytest

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
from tests.servers.redshift import Redshift, prepare
from tests.servers.strangers import HTTP, dropping, speaking


@dataclass(frozen=True, kw_only=True)
class RedshiftFailure(Failure):
    """A connection that fails. `before` are statements that an administrator ran, `port` gives another one than the cluster's."""

    after_login: ClassVar[frozenset[str]] = frozenset({"role", "privileges", "read-only", "clock"})
    before: tuple[str, ...] = ()
    port: Callable[[], AbstractContextManager[int]] | None = None
    answer: str = ""
    """What the cluster says to who comes, whoever it is."""


@dataclass(frozen=True, kw_only=True)
class RedshiftQueryFailure(QueryFailure):
    """A query that fails. `before` are statements that an administrator ran."""

    before: tuple[str, ...] = ()


DOCUMENTS = "https://docs.aws.amazon.com/redshift/latest"
FAILURES = (
    RedshiftFailure(
        what="a cluster that is not there",
        settings={"host": "examplecluster.invalid"},
        step="name",
        says="There is no host named 'examplecluster.invalid'",
        advises="the endpoint that the console of AWS shows, without port and database",
    ),
    RedshiftFailure(
        what="nothing listens there",
        settings={"port": 1},
        step="network",
        says="Nothing listens on port 1 of 127.0.0.1",
        advises="Check `port`",
    ),
    RedshiftFailure(
        what="a security group that lets nobody in, or a cluster that is paused",
        port=dropping,
        settings={"connect_timeout": 2},
        step="network",
        says="127.0.0.1 did not answer within 2 s",
        advises="through the security group of the cluster to port {port}",
        published=f"{DOCUMENTS}/mgmt/connecting-drop-issues.html",
    ),
    RedshiftFailure(
        what="a port that speaks no Postgres",
        port=lambda: speaking(HTTP),
        step="login",
        says="What answers on port {port} of 127.0.0.1 is no Postgres, nor anything that speaks like one",
        advises="Check `host` and `port`",
    ),
    RedshiftFailure(
        what="no TLS where it is asked for",
        settings={"sslmode": "require"},
        step="TLS",
        says="The server offers no TLS, and sslmode asks for it",
        advises="Switch TLS on at the server",
    ),
    RedshiftFailure(
        what="TLS switched off where the cluster asks for it (require_ssl)",
        settings={"sslmode": "disable"},
        answer='no pg_hba.conf entry for host "::ffff:10.10.1.125", user "reader", database "dev", SSL off',
        step="TLS",
        says="The server does not let '{user}' in without TLS",
        advises='sslmode = "require"',
        published="https://github.com/mtxr/vscode-sqltools/issues/547",
    ),
    RedshiftFailure(
        what="a missing password",
        secrets={},
        step="login",
        says="There is no secret sources/prod.password",
        advises="backhaul secret set sources/prod.password",
    ),
    RedshiftFailure(
        what="a wrong password",
        secrets={"password": "not the one"},
        step="login",
        says="127.0.0.1 refused the password of '{user}'",
        advises="backhaul secret set sources/<name>.password",
    ),
    RedshiftFailure(
        what="a user that is not there",
        settings={"user": "nobody_here"},
        step="login",
        says="127.0.0.1 refused the password of 'nobody_here'",
        advises="says the same of a user that is not there",
    ),
    RedshiftFailure(
        what="a cluster whose connections are all in use",
        answer='connection limit "500" exceeded for non-bootstrap users',
        step="login",
        says="The server has no connection left",
        advises="STV_SESSIONS lists who uses them",
        published="https://github.com/brianc/node-postgres/issues/1155",
    ),
    RedshiftFailure(
        what="an answer that nobody knows",
        answer="Something new",
        step="login",
        says="The connection failed: Something new",
        advises="Check the settings in the source's file",
    ),
    RedshiftFailure(
        what="a database that is not there",
        settings={"database": "nowhere"},
        step="database",
        says="There is no database 'nowhere' on 127.0.0.1",
        advises="the last slash of the endpoint",
    ),
    RedshiftFailure(
        what="a superuser",
        settings={"user": "admin"},
        secrets={"password": "{superuser_password}"},
        step="role",
        says="admin is a superuser, who sees and may change everything in the cluster",
        advises="backhaul setup-sql redshift",
    ),
    RedshiftFailure(
        what="a user who can read nothing",
        before=("REVOKE SELECT ON people FROM {user}",),
        step="privileges",
        says="{user} can read no table of {database}",
        advises='GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{user}";',
    ),
    RedshiftFailure(
        what="a user who may have one connection, where a run needs two",
        before=("ALTER ROLE {user} CONNECTION LIMIT 1",),
        step="clock",
        says="'{user}' has as many connections as it may have",
        advises='ALTER USER "{user}" CONNECTION LIMIT 10;',
    ),
)


@pytest.fixture
def shop(postgres_database: Database) -> Database:
    """A database of its own with a table, so that what an entry changes is gone with it."""
    prepare(postgres_database)
    postgres_database.execute("CREATE TABLE people (id integer, changed timestamptz)")
    return postgres_database


@contextlib.contextmanager
def answering(front: Redshift, text: str) -> Iterator[None]:
    front.refuses = text
    try:
        yield
    finally:
        front.refuses = ""


def names_of(database: Database) -> dict[str, str]:
    """Give what the braces of an entry stand for."""
    server = database.server
    return {"user": database.reader, "database": database.name, "superuser_password": server.password}


@each(FAILURES)
def test_each_failure_to_connect_has_its_own_sentence_remedy_and_step(
    shop: Database, redshift_front: Redshift, failure: RedshiftFailure
) -> None:
    names = names_of(shop)
    shop.execute(*(filled(statement, names) for statement in failure.before))
    elsewhere = contextlib.nullcontext(redshift_front.port) if failure.port is None else failure.port()
    with answering(redshift_front, failure.answer), elsewhere as port:
        settings = {"port": port, **settings_of(failure, names)}
        source = postgres_plugin(shop, kind="redshift", secrets=secrets_of(failure, names), **settings)
        play(failure, source, {**names, "port": str(port)}, (READER_PASSWORD, "not the one"))


def test_each_kind_of_failure_is_told_in_other_words() -> None:
    assert said_twice(FAILURES) == set()


QUERY_FAILURES = (
    RedshiftQueryFailure(
        what="a table that is misspelt",
        sql="SELECT id FROM poeple",
        says='relation "poeple" does not exist',
        advises="the catalogue shows which tables this user can read",
        at="poeple",
    ),
    RedshiftQueryFailure(
        what="a table without SELECT",
        before=("CREATE TABLE hidden (id integer)", "REVOKE SELECT ON hidden FROM {user}"),
        sql="SELECT id FROM hidden",
        says="permission denied for table hidden",
        advises='GRANT SELECT ON "hidden" TO "{user}";',
    ),
    RedshiftQueryFailure(
        what="a time compared with a number",
        sql="SELECT id FROM people WHERE changed >= 1700000000",
        says="operator does not exist: timestamp with time zone >= integer",
        advises="last_sync_time is a Unix time in seconds. Compare with",
        at=">=",
    ),
    RedshiftQueryFailure(
        what="the time limit of a query",
        settings={"statement_timeout": 1},
        sql="SELECT count(*) FROM generate_series(1, 100000000) AS a(i), generate_series(1, 1000) AS b(i)",
        says="The query ran into the time limit of 1 s",
        advises="Raise `statement_timeout`",
    ),
    RedshiftQueryFailure(
        what="a query that the cluster stops, or an administrator",
        sql="SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(0.5)",
        says="The cluster stopped the query",
        advises="STL_WLM_RULE_ACTION",
    ),
)


@each(QUERY_FAILURES)
def test_each_failure_of_a_query_has_its_own_sentence_and_remedy(
    shop: Database, redshift_front: Redshift, failure: RedshiftQueryFailure
) -> None:
    names = names_of(shop)
    shop.execute(*(filled(statement, names) for statement in failure.before))
    source = postgres_plugin(shop, kind="redshift", port=redshift_front.port, **failure.settings)
    play_query(failure, source, names)
