"""What Postgres's catalogue says of types and tables."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.model import Column, Table
from core.warehouses.postgres.nested import Member, Writer
from core.warehouses.postgres.types import AS_JSON, AS_TEXT, Transport, TypeFacts, transport

if TYPE_CHECKING:
    import psycopg

__all__ = ["missing_grants", "read_catalogue", "read_types"]

JSON_CAST = "EXISTS (SELECT FROM pg_cast AS c WHERE c.castsource = t.oid AND c.casttarget = 114::oid AND c.castfunc::oid <> 0::oid)"
TYPES = f"""
    SELECT format_type(d.type, d.modifier), d.type, t.typtype::text, t.typcategory::text, {JSON_CAST}
    FROM unnest(%s::oid[], %s::int4[]) WITH ORDINALITY AS d(type, modifier, place)
    LEFT JOIN pg_type AS t ON t.oid = d.type
    ORDER BY d.place
"""
MEMBERS = f"""
    SELECT t.oid, t.typbasetype, CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END,
           coalesce((SELECT r.rngsubtype FROM pg_range AS r WHERE r.rngtypid = t.oid), 0),
           coalesce((SELECT r.rngtypid FROM pg_range AS r
                     WHERE t.typtype = 'm' AND (to_jsonb(r) ->> 'rngmultitypid')::oid = t.oid), 0),
           (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute AS a
            WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0::int2 AND NOT a.attisdropped),
           (SELECT array_agg(a.atttypid ORDER BY a.attnum) FROM pg_attribute AS a
            WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0::int2 AND NOT a.attisdropped)
    FROM pg_type AS t
    WHERE t.oid = ANY (%s::oid[]) AND NOT (t.typtype NOT IN ('c', 'd') AND {JSON_CAST})
"""
"""What types are made of. Ranges of ranges are there from Postgres 14 on; before, pg_range has no such column."""
COLUMNS = f"""
    SELECT n.nspname, r.relname, r.relkind IN ('v', 'm'), CASE WHEN r.reltuples >= 0::float4 AND r.relkind <> 'v' THEN r.reltuples::int8 END,
           a.attname, format_type(a.atttypid, a.atttypmod), t.oid, t.typtype::text, t.typcategory::text, {JSON_CAST}
    FROM pg_class AS r
    JOIN pg_namespace AS n ON n.oid = r.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0::int2 AND NOT a.attisdropped
    JOIN pg_type AS declared ON declared.oid = a.atttypid
    JOIN pg_type AS t ON t.oid = CASE declared.typtype WHEN 'd' THEN declared.typbasetype ELSE declared.oid END
    WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT r.relispartition
      AND n.nspname NOT IN ('information_schema', 'pg_catalog') AND n.nspname::text !~ '^pg_(toast|temp)'
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
    connection: psycopg.Connection[Any], types: Sequence[tuple[int, int]], timezone: str
) -> tuple[tuple[str, Transport], ...]:
    """Give the name of each type (an OID and its modifier) and how its values travel.

    `timezone` is what a timestamp without zone means, inside arrays and other values.
    """
    rows = connection.execute(TYPES, [[oid for oid, _ in types], [modifier for _, modifier in types]]).fetchall()
    ways = [(name, oid, _transport(oid, *facts)) for name, oid, *facts in rows]
    writer = Writer(
        members=_members(connection, [oid for _, oid, way in ways if way in (AS_JSON, AS_TEXT)]), timezone=timezone
    )
    return tuple(
        (name, way if (sql := _written(writer, oid, way)) is None else replace(way, expression=sql))
        for name, oid, way in ways
    )


def _written(writer: Writer, oid: int, way: Transport) -> str | None:
    return writer.column(oid) if way in (AS_JSON, AS_TEXT) else None


def _members(connection: psycopg.Connection[Any], oids: Iterable[int]) -> dict[int, Member]:
    """Read what types are made of, and what these are made of."""
    found: dict[int, Member] = {}
    wanted = set(oids)
    while wanted:
        for oid, base, element, bound, of_ranges, names, types in connection.execute(
            MEMBERS, [list(wanted)]
        ).fetchall():
            fields = tuple(zip(names or (), types or (), strict=True))
            found[oid] = Member(oid=oid, base=base, element=element, bound=bound, range=of_ranges, fields=fields)
        wanted = {part for oid in wanted if oid in found for part in found[oid].parts} - found.keys()
    return found


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
