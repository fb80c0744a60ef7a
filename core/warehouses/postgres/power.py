"""Who is more than a reader: superusers and members of one, and members of the roles that run programs, read files or write files of the server.

A read-only transaction is not all: a superuser runs programs inside one (`COPY TO PROGRAM`, measured), and a member of
pg_read_server_files reads the server's files by a function in a SELECT. Who logged in counts, and whom the role's settings made of
him: one can go back to the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.quoting.sql import identifier, quoted_identifier
from core.warehouses._power import Power
from core.warehouses.postgres.connection import Connector
from core.warehouses.postgres.session_settings import on_own_path

if TYPE_CHECKING:
    import psycopg

__all__ = ["other_roles", "power_of", "reader_statements"]

ROLES = """
    SELECT EXISTS (SELECT FROM pg_roles WHERE rolname IN (session_user, current_user) AND rolsuper),
           ARRAY(SELECT p.rolname::text FROM pg_roles AS p
                 WHERE (p.rolname = ANY (%(names)s::name[]) OR (p.rolsuper AND %(superusers)s))
                   AND pg_has_role(session_user, p.oid, 'MEMBER') ORDER BY p.rolname)
"""
_MIGHTY = ["pg_execute_server_program", "pg_read_server_files", "pg_write_server_files"]
_OTHERS = ["pg_write_all_data", "pg_signal_backend", "pg_maintain", "pg_create_subscription"]


def power_of(connection: psycopg.Connection[Any], connector: Connector) -> Power | None:
    """Return what makes the user more than a reader; None where a read-only transaction holds him back."""
    is_superuser, groups = _roles(connection, _MIGHTY, superusers=True)
    user = connector.settings.user
    if is_superuser:
        return Power(
            what=f"{user} is a superuser, whom a read-only transaction does not hold back",
            remedy=f"Use a role of its own, made by an administrator:\n{reader_statements(connector.settings.database)}",
        )
    if groups:
        return Power(
            what=f"{user} is in {', '.join(groups)}, whom a read-only transaction does not hold back",
            remedy=f"Let an administrator run: REVOKE {', '.join(map(identifier, groups))} FROM {quoted_identifier(user)};",
        )
    return None


def other_roles(connection: psycopg.Connection[Any]) -> tuple[str, ...]:
    """Return the roles beyond reading that the user is in, and that a read-only transaction does hold back."""
    return tuple(_roles(connection, _OTHERS)[1])


def _roles(
    connection: psycopg.Connection[Any], names: Sequence[str], *, superusers: bool = False
) -> tuple[bool, list[str]]:
    """Return whether the user is a superuser, and which of these roles (and of all `superusers`) he is a member of."""
    with on_own_path(connection):
        asked = {"names": list(names), "superusers": superusers}
        return connection.execute(ROLES, asked).fetchone() or (False, [])


def reader_statements(database: str) -> str:
    """Return the statements that make a role which can read one schema, and nothing else."""
    return (
        "CREATE ROLE backhaul LOGIN PASSWORD '...';\n"
        f"GRANT CONNECT ON DATABASE {quoted_identifier(database)} TO backhaul;\n"
        "GRANT USAGE ON SCHEMA public TO backhaul;\n"
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO backhaul;\n"
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO backhaul;"
    )
