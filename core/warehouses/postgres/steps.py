"""`check` for Postgres, step by step; the first step that fails is the last one. Redshift takes its first steps from here.

Whom a read-only transaction does not hold back is refused (`core.warehouses.postgres.power`), and what else a role may do beyond
reading is said.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.errors import SecretError, WarehouseError
from core.model import Step
from core.quoting.sql import identifier, quoted_identifier
from core.warehouses._steps import clock_step, tables_text, timed
from core.warehouses.postgres.connecting import SILENT
from core.warehouses.postgres.connection import Connector, is_this_machine
from core.warehouses.postgres.errors import explain_login, trouble_of
from core.warehouses.postgres.power import other_roles, power_of
from core.warehouses.postgres.session import PostgresSession
from core.warehouses.postgres.session_settings import on_own_path

if TYPE_CHECKING:
    import psycopg

__all__ = ["NTP", "read_only", "steps", "steps_of"]

NTP = "Syncs go by the server's clock, so nothing is lost; but let NTP set both clocks."
Explained = Callable[[Exception, Connector], tuple[str, WarehouseError]]
"""Gives the step that an error of connecting belongs to, and the error in our words."""

TLS = "SELECT version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl"
OLDEST_WITH_PG_STAT_SSL = 90_500
PRIVILEGES = """
    SELECT count(*) FILTER (WHERE has_table_privilege(r.oid, 'SELECT') OR has_any_column_privilege(r.oid, 'SELECT')),
           count(*) FILTER (WHERE has_table_privilege(r.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')),
           has_database_privilege(current_database(), 'CREATE'),
           ARRAY(SELECT nspname::text FROM pg_namespace
                 WHERE nspname !~ '^pg_' AND has_schema_privilege(oid, 'CREATE') ORDER BY nspname)
    FROM pg_class AS r JOIN pg_namespace AS n ON n.oid = r.relnamespace
    WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND has_schema_privilege(n.oid, 'USAGE')
"""
WITH_TABLES = """
    SELECT DISTINCT n.nspname::text
    FROM pg_class AS r JOIN pg_namespace AS n ON n.oid = r.relnamespace
    WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    ORDER BY 1 LIMIT 5
"""
CLOCK = "SELECT extract(epoch FROM clock_timestamp())::float8, pg_is_in_recovery()"
WRITE = "CREATE TABLE backhaul_write_test (i integer)"
READ_ONLY_TRANSACTION = "25006"


def steps(connector: Connector) -> Iterator[Step]:
    """Give the steps: name, network, TLS, login, role, privileges, read-only, clock."""
    return steps_of(
        connector,
        lambda: PostgresSession(connector, connector.psycopg()),
        explain_login,
        (_role, _privileges, read_only, _clock),
    )


def steps_of(
    connector: Connector,
    opened: Callable[[], PostgresSession],
    explained: Explained,
    after: Sequence[Callable[[Connector, PostgresSession], Step]],
) -> Iterator[Step]:
    """Give name, network, TLS and login, and then the steps `after`."""
    import psycopg

    if not connector.is_socket:
        for before in (_name, _network):
            step = timed(before, connector, explained)
            yield step
            if not step.passed:
                return
    began = time.perf_counter()
    try:
        session = opened()
    except (psycopg.Error, UnicodeError, SecretError) as error:
        yield replace(_no_login(error, connector, explained), seconds=time.perf_counter() - began)
        return
    with session:
        yield replace(_tls(connector, session), seconds=time.perf_counter() - began)
        yield Step(name="login", passed=True, detail=f"as {connector.settings.user} into {connector.settings.database}")
        for make in after:
            step = timed(make, connector, session)
            yield step
            if not step.passed:
                return


def _name(connector: Connector, explained: Explained) -> Step:
    host, port = connector.settings.host, connector.settings.port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return _failed(error, connector, explained)
    addresses = sorted({str(address[4][0]) for address in found})
    return Step(name="name", passed=True, detail=f"{host} is {', '.join(addresses)}")


def _network(connector: Connector, explained: Explained) -> Step:
    settings = connector.settings
    try:
        with socket.create_connection((settings.host, settings.port), timeout=settings.connect_timeout) as tried:
            peer, own = tried.getpeername(), tried.getsockname()
    except OSError as error:
        return replace(_failed(error, connector, explained), name="network")
    here = "" if peer[0] == own[0] else f"; this machine is {own[0]}"
    return Step(name="network", passed=True, detail=f"{peer[0]} answers on port {peer[1]}{here}")


def _failed(error: Exception, connector: Connector, explained: Explained) -> Step:
    """Give the step that an error of connecting belongs to."""
    name, told = explained(error, connector)
    return Step(name=name, passed=False, detail=told.message, remedy=told.remedy)


def _no_login(error: Exception, connector: Connector, explained: Explained) -> Step:
    """Give the step that an error belongs to which came when the network was seen to be there."""
    if isinstance(error, SecretError):
        return Step(name="login", passed=False, detail=error.message, remedy=error.remedy)
    step = _failed(error, connector, explained)
    if step.name == "network" and not connector.is_socket:
        return replace(step, name="login", remedy=SILENT.format(port=connector.settings.port))
    return step


def _tls(connector: Connector, session: PostgresSession) -> Step:
    with session.reading() as connection:
        used = connection.pgconn.ssl_in_use
        known = connection.info.server_version >= OLDEST_WITH_PG_STAT_SSL
        row = _asked(connection, TLS) if known else None
    if used:
        version, cipher = row or ("TLS", "of the pooler" if known else "cipher not told")
        checked = {"verify-ca": "certificate checked", "verify-full": "certificate and name checked"}
        how = checked.get(connector.sslmode, "certificate not checked")
        hint = (
            ""
            if connector.sslmode in checked
            else "To know that it is this server, let `sslrootcert` name its authority."
        )
        return Step(name="TLS", passed=True, detail=f"{version}, {cipher}, {how}", remedy=hint)
    if connector.is_socket or is_this_machine(connector.settings.host):
        return Step(name="TLS", passed=None, detail="off: the connection does not leave this machine")
    return Step(
        name="TLS",
        passed=None,
        detail="off: what is sent can be read on the way",
        remedy='Set sslmode = "require" in the source\'s file.',
    )


def _asked(connection: psycopg.Connection[Any], sql: str) -> tuple[Any, ...] | None:
    """Ask a question of ours, which is to find nothing but what the server brings along."""
    with on_own_path(connection):
        return connection.execute(sql.encode()).fetchone()


def _role(connector: Connector, session: PostgresSession) -> Step:
    with session.reading() as connection:
        power = power_of(connection, connector)
        groups = other_roles(connection)
    if power is not None:
        return power.step(is_allowed=connector.settings.allow_superuser)
    user = connector.settings.user
    if groups:
        revoke = f"REVOKE {', '.join(groups)} FROM {quoted_identifier(user)};"
        return Step(name="role", passed=True, detail=f"{user} is in {', '.join(groups)}", remedy=f"Better: {revoke}")
    return Step(name="role", passed=True, detail=f"{user} is no superuser")


def _privileges(connector: Connector, session: PostgresSession) -> Step:
    with session.reading() as connection:
        readable, writable, creates, schemas = _asked(connection, PRIVILEGES) or (0, 0, False, [])
    user = connector.settings.user
    if not readable:
        return _nothing_readable(connector, session)
    more = [f"write {writable:,} of them"] if writable else []
    more += [f"create tables in {', '.join(schemas)}"] if schemas else []
    more += ["create schemas"] if creates else []
    detail = tables_text(readable) + (f"; {user} can also {', '.join(more)}" if more else "")
    return Step(
        name="privileges",
        passed=True,
        detail=detail,
        remedy="Reading is all that Backhaul needs: a role with SELECT only is safer." if more else "",
    )


def _nothing_readable(connector: Connector, session: PostgresSession) -> Step:
    """Tell a database without a table from one whose tables may not be read."""
    with session.reading() as connection, on_own_path(connection):
        schemas = [identifier(name) for (name,) in connection.execute(WITH_TABLES).fetchall()]
    user, database = connector.settings.user, connector.settings.database
    if not schemas:
        return Step(
            name="privileges",
            passed=False,
            detail=f"{user} can read no table of {database}, for there is none",
            remedy="Check `database` in the source's file; psql -l lists those that there are.",
        )
    grants = (
        f"GRANT USAGE ON SCHEMA {schema} TO {quoted_identifier(user)}; GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {quoted_identifier(user)};"
        for schema in schemas
    )
    return Step(
        name="privileges",
        passed=False,
        detail=f"{user} can read no table of {database}",
        remedy=f"Let their owner run, for the schemas that are to be read: {' '.join(grants)}",
    )


def read_only(connector: Connector, session: PostgresSession) -> Step:
    """Try to write, in the same kind of transaction that queries run in."""
    try:
        with session.reading() as connection:
            connection.execute(WRITE)
    except WarehouseError as error:
        if error.__cause__ is not None and trouble_of(error.__cause__).sqlstate == READ_ONLY_TRANSACTION:
            return Step(name="read-only", passed=True, detail="a write was refused")
        raise
    return Step(
        name="read-only",
        passed=False,
        detail="a write was not refused (it was undone)",
        remedy=f"What answers at {connector.where} is no Postgres that keeps transactions read-only; do not use it.",
    )


def _clock(connector: Connector, session: PostgresSession) -> Step:
    with session.reading() as connection:
        before = time.time()
        moment, standby = _asked(connection, CLOCK) or (before, False)
        skew = float(moment) - (before + time.time()) / 2
    shown = session.clock()  # by the second connection, which streams: `check` is to find all that a sync would
    more = f"; a standby, which shows all up to {datetime.fromtimestamp(shown, UTC):%F %T} UTC" if standby else ""
    step = clock_step(skew, more=more, remedy=NTP)
    if standby or step.remedy or connector.is_socket or is_this_machine(connector.settings.host):
        return step
    return replace(step, remedy="This is a main server. Queries burden it less on a read replica, if there is one.")
