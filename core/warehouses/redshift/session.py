"""A session with Redshift: Postgres's, with a cursor to stream from, fixed types, and the catalogue of the SVV_ views.

What reading a query depends on is set once, when a connection is made (there is no pooler between that could drop it), and read back
before each query. Where a string ends depends on no setting here: the check of the text refuses one that could be read in two ways.
As on Postgres, the path stays the user's, but pg_catalog comes first in it.

Redshift's catalogue tells a function's volatility and language, and no more: no trees of views, no operators of one's own. So of a
query's calls, functions of its owners' that are VOLATILE, or lambda functions, which reach the network, are refused by name.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from core.errors import WarehouseError
from core.model import Column, Table
from core.quoting.sql import quoted_identifier
from core.warehouses._power import Power
from core.warehouses.postgres.connection import Connector, PostgresSettings
from core.warehouses.postgres.functions import Reached, refusal
from core.warehouses.postgres.names import AS_ATTRIBUTE, AS_TYPE, OF_A_VALUE, names_of
from core.warehouses.postgres.session import PostgresSession
from core.warehouses.postgres.types import Transport
from core.warehouses.redshift.errors import explain
from core.warehouses.redshift.stream import RedshiftStream
from core.warehouses.redshift.types import kind_named, transport_of, type_name, type_named

if TYPE_CHECKING:
    import psycopg

__all__ = ["READABLE", "RedshiftSession", "RedshiftSettings", "power_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RedshiftSettings(PostgresSettings):
    """Where the cluster or workgroup is, who we are there, and how long to wait, in seconds.

    `host` is the endpoint that the console of AWS shows, without port and database; `user` may be one of the database or
    a temporary one (IAM:...). `statement_timeout` of 0 leaves the limit to the cluster. `sslmode` is as for Postgres: `auto`
    takes TLS for certain and checks certificate and host name where `sslrootcert` is given. `require_auth` is how the cluster may ask
    for the password: Redshift itself asks for an MD5 digest, which goes through TLS; `password` lets it have the password itself.
    `allow_functions` names functions (schema.name) that may be called although they are VOLATILE or lambda functions.
    `allow_superuser` lets a superuser in.
    """

    port: int = 5439
    require_auth: str = "md5,scram-sha-256"


READABLE = """
    SELECT t.table_schema, t.table_name, t.table_type,
           pg_catalog.quote_ident(t.table_schema) || '.' || pg_catalog.quote_ident(t.table_name) AS full_name
    FROM svv_tables AS t
    WHERE t.table_schema NOT IN ('information_schema', 'catalog_history') AND t.table_schema !~ '^pg_'
      AND CASE WHEN t.table_type ~ '^EXTERNAL' THEN true
               ELSE pg_catalog.has_table_privilege(
                        pg_catalog.quote_ident(t.table_schema) || '.' || pg_catalog.quote_ident(t.table_name), 'SELECT') END
"""
"""The tables that this user may read; those of Spectrum are known by the view only, and guarded by their schema.

Functions have their schema, since one of somebody's own could fit the types more exactly; operators cannot be made in Redshift.
"""
COLUMNS = f"""
    SELECT r.table_schema, r.table_name, r.table_type, max(p.reltuples) AS estimate,
           c.column_name, c.data_type, c.character_maximum_length, c.numeric_precision, c.numeric_scale
    FROM ({READABLE}) AS r
    JOIN svv_columns AS c ON c.table_schema = r.table_schema AND c.table_name = r.table_name
    LEFT JOIN pg_namespace AS n ON n.nspname = r.table_schema
    LEFT JOIN pg_class AS p ON p.relnamespace = n.oid AND p.relname = r.table_name
    GROUP BY r.table_schema, r.table_name, r.table_type, c.ordinal_position,
             c.column_name, c.data_type, c.character_maximum_length, c.numeric_precision, c.numeric_scale
    ORDER BY r.table_schema, r.table_name, c.ordinal_position
"""


_SUPERUSER = b"SELECT usesuper FROM pg_user WHERE usename = current_user"
_CALLED = """
    SELECT DISTINCT n.nspname, p.proname, p.provolatile, l.lanname
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace JOIN pg_language AS l ON l.oid = p.prolang
    WHERE p.proname = ANY (%s) AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND (p.provolatile = 'v' OR l.lanname = 'exfunc')
    ORDER BY 1, 2
"""


def power_of(connection: psycopg.Connection[Any], connector: Connector) -> Power | None:
    """Return what makes the user more than a reader: a superuser sees and may change everything."""
    row = connection.execute(_SUPERUSER).fetchone()
    if not row or not row[0]:
        return None
    return Power(
        what=f"{connector.settings.user} is a superuser, who sees and may change everything in the cluster",
        remedy="Use a user of its own, made by an administrator: `backhaul setup-sql redshift` prints the statements.",
    )


class RedshiftSession(PostgresSession):
    """Two psycopg connections: one that describes and lists, one that streams from the first `clock` or `stream` on."""

    @classmethod
    def opened(cls, connector: Connector) -> Self:
        """Connect. Raises psycopg.Error."""
        return cls(connector, _connected(connector))

    def _pin(self, connection: psycopg.Connection[Any]) -> None:
        """Do nothing: the session was pinned down when it was connected, there is no pooler between."""

    def _prove(self, connection: psycopg.Connection[Any]) -> None:
        keeps_case, path = _shown(connection, "enable_case_sensitive_identifier"), _shown(connection, "search_path")
        if keeps_case not in ("on", "true"):
            fault = f"enable_case_sensitive_identifier is {keeps_case}"
        elif "pg_catalog" in _parts(path)[1:]:
            fault = f"search_path is {path}"
        else:
            return
        raise WarehouseError(
            f"The session does not keep what was set when it was made: {fault}. The query is not run.",
            where=self._connector.where,
            remedy="Name the cluster itself in `host`, not a pooler that gives one connection to several clients.",
        )

    def _power(self, connection: psycopg.Connection[Any]) -> Power | None:
        return power_of(connection, self._connector)

    def _check_functions(self, connection: psycopg.Connection[Any], sql: str) -> None:
        words = names_of(sql).words
        called = [
            word.name for word in words if word.arguments not in (AS_ATTRIBUTE, AS_TYPE) or word.schema == OF_A_VALUE
        ]
        rows = connection.execute(_CALLED, [called]).fetchall()
        reached = [
            Reached(
                schema=schema,
                name=name,
                via="",
                is_volatile=volatility == "v",
                is_definer=False,
                language=language,
                is_trusted=language != "exfunc",
                extension="",
                is_builtin=False,
            )
            for schema, name, volatility, language in rows
        ]
        error = refusal(reached, self._connector.settings.allow_functions, words, self._connector.where)
        if error is not None:
            raise error

    def _types(
        self, connection: psycopg.Connection[Any], types: Sequence[tuple[int, int]]
    ) -> tuple[tuple[str, Transport], ...]:
        return tuple((type_name(oid, modifier), transport_of(oid)) for oid, modifier in types)

    def _tables(self, connection: psycopg.Connection[Any]) -> tuple[Table, ...]:
        rows = connection.execute(COLUMNS.encode()).fetchall()
        tables = []
        for (schema, name, variety, estimate), members in itertools.groupby(rows, key=lambda row: row[:4]):
            is_view = variety == "VIEW"
            columns = tuple(
                Column(name=column, kind=kind_named(of), type_name=type_named(of, length, precision, scale))
                for *_, column, of, length, precision, scale in members
            )
            known = estimate is not None and estimate >= 1 and not is_view
            tables.append(
                Table(schema=schema, name=name, columns=columns, rows=int(estimate) if known else None, is_view=is_view)
            )
        return tuple(tables)

    def _new_stream(self) -> RedshiftStream:
        return RedshiftStream(_connected(self._connector), self._connector.settings)

    def _translated(self, error: Exception, start: int = 0) -> WarehouseError:
        return explain(error, self._connector.settings, start=start)

    def _missing_grants(self, connection: psycopg.Connection[Any], relation: str) -> tuple[str, ...]:
        return ()  # `pg_class` of Redshift lists for a user what it may see, so the name alone is all that there is


def _connected(connector: Connector) -> psycopg.Connection[Any]:
    """Connect, and pin down how names and values are written and how long a statement may run."""
    connection = connector.psycopg()
    settings = connector.settings
    try:
        connection.autocommit = True  # what a rolled back transaction has set is lost
        limit = f"statement_timeout TO {settings.statement_timeout * 1000:d}"
        for setting in (
            "enable_case_sensitive_identifier TO true",
            "timezone TO 'UTC'",
            "datestyle TO 'ISO'",
            "extra_float_digits TO 2",
            "query_group TO 'backhaul'",
            *_path(connection),
            *([limit] if settings.statement_timeout else []),
        ):
            connection.execute(f"SET {setting}".encode())
        connection.autocommit = False
    except BaseException:
        connection.close()
        raise
    return connection


def _path(connection: psycopg.Connection[Any]) -> list[str]:
    """Return the setting of a path in which pg_catalog comes first; nothing where it does so by itself."""
    parts = _parts(_shown(connection, "search_path"))
    if "pg_catalog" not in parts[1:]:
        return []
    others = [part for part in parts if part != "pg_catalog"]
    return [f"search_path TO {', '.join(['pg_catalog', *(_named(part) for part in others)])}"]


def _shown(connection: psycopg.Connection[Any], setting: str) -> str:
    row = connection.execute(f"SHOW {setting}".encode()).fetchone()
    return str(row[0]) if row else ""


def _parts(path: str) -> list[str]:
    return [part.strip().strip('"') for part in path.split(",")]


def _named(part: str) -> str:
    return "'$user'" if part == "$user" else quoted_identifier(part)
