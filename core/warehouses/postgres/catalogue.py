"""What Postgres's catalogue says of types and tables."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.model import Column, Table
from core.warehouses.postgres.nested import Member, Writer
from core.warehouses.postgres.session_settings import on_own_path
from core.warehouses.postgres.types import AS_JSON, AS_TEXT, Transport, TypeFacts, transport

if TYPE_CHECKING:
    import psycopg

__all__ = ["missing_grants", "read_catalogue", "read_types"]

JSON_CAST = """EXISTS (
    SELECT FROM pg_catalog.pg_cast AS c
    WHERE c.castsource OPERATOR(pg_catalog.=) t.oid AND c.casttarget OPERATOR(pg_catalog.=) 114::pg_catalog.oid
      AND c.castfunc::pg_catalog.oid OPERATOR(pg_catalog.<>) 0::pg_catalog.oid)"""
TYPES = f"""
    SELECT pg_catalog.format_type(d.type, d.modifier), d.type, t.typtype::pg_catalog.text, t.typcategory::pg_catalog.text, {JSON_CAST}
    FROM ROWS FROM (pg_catalog.unnest(%s::pg_catalog.oid[]), pg_catalog.unnest(%s::pg_catalog.int4[]))
         WITH ORDINALITY AS d(type, modifier, place)
    LEFT JOIN pg_catalog.pg_type AS t ON t.oid OPERATOR(pg_catalog.=) d.type
    ORDER BY d.place
"""
"""This and COLUMNS run under the role's path, which says how types are called: so each name and operator has its schema."""
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
    SELECT n.nspname, r.relname, r.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['v', 'm']::pg_catalog."char"[]),
           CASE WHEN r.reltuples OPERATOR(pg_catalog.>=) 0::pg_catalog.float4 AND r.relkind OPERATOR(pg_catalog.<>) 'v'::pg_catalog."char"
                THEN r.reltuples::pg_catalog.int8 END,
           a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), t.oid, t.typtype::pg_catalog.text,
           t.typcategory::pg_catalog.text, {JSON_CAST}
    FROM pg_catalog.pg_class AS r
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace
    JOIN pg_catalog.pg_attribute AS a
      ON a.attrelid OPERATOR(pg_catalog.=) r.oid AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type AS declared ON declared.oid OPERATOR(pg_catalog.=) a.atttypid
    JOIN pg_catalog.pg_type AS t ON t.oid OPERATOR(pg_catalog.=)
      CASE WHEN declared.typtype OPERATOR(pg_catalog.=) 'd'::pg_catalog."char" THEN declared.typbasetype ELSE declared.oid END
    WHERE r.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p', 'v', 'm', 'f']::pg_catalog."char"[]) AND NOT r.relispartition
      AND n.nspname OPERATOR(pg_catalog.<>) ALL (ARRAY['information_schema', 'pg_catalog']::pg_catalog.name[])
      AND n.nspname::pg_catalog.text OPERATOR(pg_catalog.!~) '^pg_(toast|temp)'
      AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_column_privilege(r.oid, a.attnum, 'SELECT')
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
    with on_own_path(connection):
        return tuple(statement for (statement,) in connection.execute(GRANTS, [relation]).fetchall())


def read_types(
    connection: psycopg.Connection[Any], types: Sequence[tuple[int, int]], timezone: str
) -> tuple[tuple[str, Transport], ...]:
    """Give the name of each type (an OID and its modifier) and how its values travel.

    `timezone` is what a timestamp without zone means, inside arrays and other values.
    """
    rows = connection.execute(TYPES, [[oid for oid, _ in types], [modifier for _, modifier in types]]).fetchall()
    ways = [(name, oid, _transport(oid, *facts)) for name, oid, *facts in rows]
    of_parts = [oid for _, oid, way in ways if way in (AS_JSON, AS_TEXT)]
    members: dict[int, Member] = {}
    if of_parts:
        with on_own_path(connection):
            members = _members(connection, of_parts)
    writer = Writer(members=members, timezone=timezone)
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
