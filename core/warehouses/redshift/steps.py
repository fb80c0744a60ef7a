"""`check` for Redshift, step by step; the first step that fails is the last one. The first four are Postgres's."""

from __future__ import annotations

import time
from collections.abc import Iterator

from core.model import Step
from core.warehouses._steps import clock_step, tables_text
from core.warehouses.postgres.connection import Connector
from core.warehouses.postgres.session import PostgresSession
from core.warehouses.postgres.steps import NTP, read_only, steps_of
from core.warehouses.redshift.errors import explain_login
from core.warehouses.redshift.session import READABLE, RedshiftSession, power_of

__all__ = ["steps"]

PRIVILEGES = f"""
    SELECT count(*), sum(CASE WHEN r.table_type ~ '^EXTERNAL' THEN 0
                              WHEN pg_catalog.has_table_privilege(r.full_name, 'INSERT') OR pg_catalog.has_table_privilege(r.full_name, 'UPDATE')
                                OR pg_catalog.has_table_privilege(r.full_name, 'DELETE') THEN 1 ELSE 0 END)
    FROM ({READABLE}) AS r
"""
CREATES = b"""
    SELECT nspname FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND pg_catalog.has_schema_privilege(nspname, 'CREATE') ORDER BY nspname
"""
CLOCK = b"SELECT extract(epoch FROM sysdate::timestamptz)::float8"
"""Of a plain timestamp, extract gives whole seconds (https://docs.aws.amazon.com/redshift/latest/dg/r_EXTRACT_function.html)."""


def steps(connector: Connector) -> Iterator[Step]:
    """Give the steps: name, network, TLS, login, role, privileges, read-only, clock."""
    return steps_of(
        connector,
        lambda: RedshiftSession.opened(connector),
        explain_login,
        (_role, _privileges, read_only, _clock),
    )


def _role(connector: Connector, session: PostgresSession) -> Step:
    with session.reading() as connection:
        power = power_of(connection, connector)
    if power is not None:
        return power.step(is_allowed=connector.settings.allow_superuser)
    return Step(name="role", passed=True, detail=f"{connector.settings.user} is no superuser")


def _privileges(connector: Connector, session: PostgresSession) -> Step:
    with session.reading() as connection:
        readable, writable = connection.execute(PRIVILEGES.encode()).fetchone() or (0, 0)
        schemas = [name for (name,) in connection.execute(CREATES).fetchall()]
    user = connector.settings.user
    if not readable:
        return Step(
            name="privileges",
            passed=False,
            detail=f"{user} can read no table of {connector.settings.database}",
            remedy=f'Let the owner run: GRANT USAGE ON SCHEMA public TO "{user}"; '
            f'GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{user}";',
        )
    more = [f"write {writable:,} of them"] if writable else []
    more += [f"create tables in {', '.join(schemas)}"] if schemas else []
    return Step(
        name="privileges",
        passed=True,
        detail=tables_text(readable) + (f"; {user} can also {' and '.join(more)}" if more else ""),
        remedy="Reading is all that Backhaul needs: a user with SELECT only is safer." if more else "",
    )


def _clock(connector: Connector, session: PostgresSession) -> Step:
    del connector
    session.clock()  # by the second connection, which streams: `check` is to find all that a sync would
    with session.reading() as connection:
        before = time.time()
        row = connection.execute(CLOCK).fetchone()
        skew = (float(row[0]) if row else before) - (before + time.time()) / 2
    return clock_step(skew, remedy=NTP)
