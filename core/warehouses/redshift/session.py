"""A session with Redshift: Postgres's, with a cursor to stream from, fixed types, and the catalogue of the SVV_ views."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from core.errors import WarehouseError
from core.model import Column, Table
from core.warehouses.postgres.connection import Connector, PostgresSettings
from core.warehouses.postgres.session import PostgresSession
from core.warehouses.postgres.types import Transport
from core.warehouses.redshift.errors import explain
from core.warehouses.redshift.stream import RedshiftStream
from core.warehouses.redshift.types import kind_named, transport_of, type_name, type_named

if TYPE_CHECKING:
    import psycopg

__all__ = ["READABLE", "RedshiftSession", "RedshiftSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RedshiftSettings(PostgresSettings):
    """Where the cluster or workgroup is, who we are there, and how long to wait, in seconds.

    `host` is the endpoint that the console of AWS shows, without port and database; `user` may be one of the database or
    a temporary one (IAM:...). `statement_timeout` of 0 leaves the limit to the cluster. `sslmode` is as for Postgres: `auto`
    takes TLS for certain and checks certificate and host name where `sslrootcert` is given.
    """

    port: int = 5439


READABLE = """
    SELECT t.table_schema, t.table_name, t.table_type,
           quote_ident(t.table_schema) || '.' || quote_ident(t.table_name) AS full_name
    FROM svv_tables AS t
    WHERE t.table_schema NOT IN ('information_schema', 'catalog_history') AND t.table_schema !~ '^pg_'
      AND CASE WHEN t.table_type ~ '^EXTERNAL' THEN true
               ELSE has_table_privilege(quote_ident(t.table_schema) || '.' || quote_ident(t.table_name), 'SELECT') END
"""
"""The tables that this user may read; those of Spectrum are known by the view only, and guarded by their schema."""
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


class RedshiftSession(PostgresSession):
    """Two psycopg connections: one that describes and lists, one that streams from the first `clock` or `stream` on."""

    @classmethod
    def opened(cls, connector: Connector) -> Self:
        """Connect. Raises psycopg.Error."""
        return cls(connector, _connected(connector))

    def _pin(self, connection: psycopg.Connection[Any]) -> None:
        """Do nothing: the session was pinned down when it was connected, there is no pooler between."""

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
            *([limit] if settings.statement_timeout else []),
        ):
            connection.execute(f"SET {setting}".encode())
        connection.autocommit = False
    except BaseException:
        connection.close()
        raise
    return connection
