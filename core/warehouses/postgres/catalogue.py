"""What Postgres's catalogue says of types and tables."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.model import Column, Table
from core.warehouses.postgres.types import Transport, TypeFacts, transport

if TYPE_CHECKING:
    import psycopg

__all__ = ["missing_grants", "read_catalogue", "read_types"]

JSON_CAST = "EXISTS (SELECT FROM pg_cast AS c WHERE c.castsource = t.oid AND c.casttarget = 114 AND c.castfunc <> 0)"
TYPES = f"""
    SELECT format_type(d.type, d.modifier), d.type, t.typtype::text, t.typcategory::text, {JSON_CAST}
    FROM unnest(%s::oid[], %s::int4[]) WITH ORDINALITY AS d(type, modifier, place)
    LEFT JOIN pg_type AS t ON t.oid = d.type
    ORDER BY d.place
"""
COLUMNS = f"""
    SELECT n.nspname, r.relname, r.relkind IN ('v', 'm'), CASE WHEN r.reltuples >= 0 AND r.relkind <> 'v' THEN r.reltuples::int8 END,
           a.attname, format_type(a.atttypid, a.atttypmod), t.oid, t.typtype::text, t.typcategory::text, {JSON_CAST}
    FROM pg_class AS r
    JOIN pg_namespace AS n ON n.oid = r.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type AS declared ON declared.oid = a.atttypid
    JOIN pg_type AS t ON t.oid = CASE declared.typtype WHEN 'd' THEN declared.typbasetype ELSE declared.oid END
    WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT r.relispartition
      AND n.nspname NOT IN ('information_schema', 'pg_catalog') AND n.nspname !~ '^pg_(toast|temp)'
      AND has_schema_privilege(n.oid, 'USAGE') AND has_column_privilege(r.oid, a.attnum, 'SELECT')
    ORDER BY n.nspname, r.relname, a.attnum
"""

GRANTS = """
    SELECT CASE WHEN NOT has_schema_privilege(n.oid, 'USAGE')
                THEN format('GRANT USAGE ON SCHEMA %%I TO %%I; ', n.nspname, current_user) ELSE '' END
           || format('GRANT SELECT ON %%I.%%I TO %%I;', n.nspname, r.relname, current_user)
    FROM pg_class AS r JOIN pg_namespace AS n ON n.oid = r.relnamespace
    WHERE r.relname = %s AND r.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT has_table_privilege(r.oid, 'SELECT')
    ORDER BY n.nspname
"""


def missing_grants(connection: psycopg.Connection[Any], relation: str) -> tuple[str, ...]:
    """Give the statements that let this user read the tables named `relation` that it cannot read.

    Postgres names the table without its schema when it refuses one.
    """
    return tuple(statement for (statement,) in connection.execute(GRANTS, [relation]).fetchall())


def read_types(
    connection: psycopg.Connection[Any], types: Sequence[tuple[int, int]]
) -> tuple[tuple[str, Transport], ...]:
    """Give the name of each type (an OID and its modifier) and how its values travel."""
    rows = connection.execute(TYPES, [[oid for oid, _ in types], [modifier for _, modifier in types]]).fetchall()
    return tuple((name, _transport(*facts)) for name, *facts in rows)


def read_catalogue(connection: psycopg.Connection[Any]) -> tuple[Table, ...]:
    """Give the tables and views that this user can read; partitions are left out for the table that they belong to."""
    rows = connection.execute(COLUMNS.encode()).fetchall()
    tables = []
    for (schema, name, is_view, estimate), members in itertools.groupby(rows, key=lambda row: row[:4]):
        columns = tuple(
            Column(name=column, kind=_transport(*facts).kind, type_name=type_name)
            for *_, column, type_name, oid, variety, category, json in members
            for facts in [(oid, variety, category, json)]
        )
        tables.append(Table(schema=schema, name=name, columns=columns, rows=estimate, is_view=is_view))
    return tuple(tables)


def _transport(oid: int, variety: str | None, category: str | None, json: bool) -> Transport:
    return transport(TypeFacts(oid=oid, variety=variety or "", category=category or "", json=json))
