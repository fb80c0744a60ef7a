"""The statements that Backhaul writes itself call nothing that somebody put on the role's path."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.errors import QueryFailedError
from tests.core.warehouses.harness import postgres_plugin
from tests.servers.postgres import Database, Server

OWN = r"""
CREATE SCHEMA evil
GRANT USAGE ON SCHEMA evil TO PUBLIC
CREATE FUNCTION evil.strike() RETURNS text LANGUAGE plpgsql STABLE AS $f$ BEGIN RAISE EXCEPTION 'struck'; END $f$
CREATE TYPE couple AS (a integer, b timestamp)
CREATE TYPE colour AS ENUM ('red')
CREATE TABLE pairs (value couple, colour colour)
INSERT INTO pairs VALUES (ROW(1, '2026-01-01'), 'red')
CREATE FUNCTION evil.to_json(couple) RETURNS json LANGUAGE sql AS $f$ SELECT pg_catalog.to_json(evil.strike()) $f$
CREATE FUNCTION evil.to_json(integer[]) RETURNS json LANGUAGE sql AS $f$ SELECT pg_catalog.to_json(evil.strike()) $f$
CREATE FUNCTION evil.to_json(date) RETURNS json LANGUAGE sql AS $f$ SELECT pg_catalog.to_json(evil.strike()) $f$
CREATE FUNCTION evil.to_json(integer) RETURNS json LANGUAGE sql AS $f$ SELECT pg_catalog.to_json(evil.strike()) $f$
CREATE FUNCTION evil.format(text, int4range) RETURNS text LANGUAGE sql AS $f$ SELECT evil.strike() $f$
CREATE FUNCTION evil.format(text, inet) RETURNS text LANGUAGE sql AS $f$ SELECT evil.strike() $f$
CREATE FUNCTION evil.unnest(date[]) RETURNS SETOF date LANGUAGE sql AS $f$ SELECT length(evil.strike()) + current_date $f$
CREATE FUNCTION evil.cardinality(date[]) RETURNS integer LANGUAGE sql AS $f$ SELECT length(evil.strike()) $f$
CREATE FUNCTION evil.array_ndims(date[]) RETURNS integer LANGUAGE sql AS $f$ SELECT length(evil.strike()) $f$
CREATE FUNCTION evil.array_length(date[], integer) RETURNS integer LANGUAGE sql AS $f$ SELECT length(evil.strike()) $f$
CREATE FUNCTION evil.isempty(tstzrange) RETURNS boolean LANGUAGE sql AS $f$ SELECT evil.strike() IS NULL $f$
CREATE FUNCTION evil.lower(tstzrange) RETURNS timestamptz LANGUAGE sql AS $f$ SELECT evil.strike()::timestamptz $f$
CREATE FUNCTION evil.timezone(unknown, timestamp) RETURNS timestamptz LANGUAGE sql AS $f$ SELECT evil.strike()::timestamptz $f$
CREATE FUNCTION evil.sum_up(text[], text) RETURNS text[] LANGUAGE sql AS $f$ SELECT $1 || evil.strike() $f$
CREATE AGGREGATE evil.array_agg(text) (SFUNC = evil.sum_up, STYPE = text[])
CREATE FUNCTION evil.to_jsonb(pg_range) RETURNS jsonb LANGUAGE sql AS $f$ SELECT pg_catalog.to_jsonb(evil.strike()) $f$
CREATE FUNCTION evil.has_database_privilege(name, text) RETURNS boolean LANGUAGE sql AS $f$ SELECT evil.strike() IS NOT NULL $f$
CREATE FUNCTION evil.has_schema_privilege(oid, unknown) RETURNS boolean LANGUAGE sql AS $f$ SELECT evil.strike() IS NOT NULL $f$
CREATE FUNCTION evil.format(text, name, name) RETURNS text LANGUAGE sql AS $f$ SELECT evil.strike() $f$
CREATE FUNCTION evil.format(text, name, name, name) RETURNS text LANGUAGE sql AS $f$ SELECT evil.strike() $f$
CREATE FUNCTION evil.pg_has_role(name, oid, text) RETURNS boolean LANGUAGE sql AS $f$ SELECT evil.strike() IS NULL $f$
"""
OPERATORS = {
    "!~": "name, name",
    "~": "name, name",
    "->>": "jsonb, jsonb",
    "||": "text, unknown",
    "=": 'timestamp, timestamp|oid, integer|text, text|integer, bigint|bigint, integer|char, char|name, name|"char", "char"',
    "<>": "name, unknown|name, name|oid, integer|text, text",
    ">=": "timestamp, timestamp|timestamp, date|date, timestamp|timestamptz, date|integer, integer|float4, integer",
    "<=": "timestamp, timestamp|timestamp, date|date, timestamp|timestamptz, date|integer, integer",
    "<": "integer, integer|numeric, integer",
    ">": "smallint, integer|integer, smallint",
    "+": "integer, integer|bigint, bigint",
    "-": "timestamp, timestamp|bigint, integer|timestamptz, timestamptz",
    "*": "integer, integer",
    "/": "integer, integer|numeric, integer",
    "%": "bigint, integer|integer, integer",
}

ASKED = (
    "SELECT value, colour FROM pairs",
    "SELECT ARRAY[1, 2] AS a",
    "SELECT int4range(1, 2) AS a, inet '1.2.3.4' AS b",
    "SELECT ARRAY[date '2026-01-01'] AS a",
    "SELECT ARRAY[timestamp '2026-01-01'] AS a, ARRAY[timestamptz '2026-01-01'] AS b",
    "SELECT tstzrange('2026-01-01', '2026-01-02') AS a, tsrange('2026-01-01', NULL) AS b",
    "SELECT '{[2026-01-01,2026-01-02]}'::tstzmultirange AS a",
    "SELECT money '1', oid '7', 1.5 AS n, time with time zone '10:00+02' AS t",
    "SELECT ROW(1, timestamp '2026-01-01') AS a",
)


@pytest.fixture(scope="module")
def shadowed(postgres: Server) -> Iterator[Database]:
    """A database whose schema `evil`, on the reader's path, has functions and operators that fit our statements more exactly."""
    database = postgres.create_database()
    operators = [
        statement
        for place, (operator, sides) in enumerate(OPERATORS.items())
        for index, side in enumerate(sides.split("|"))
        if "unknown" not in side
        for statement in (
            f"CREATE FUNCTION evil.o{place}_{index}({side}) RETURNS boolean LANGUAGE sql AS $f$ SELECT evil.strike() IS NULL $f$",
            f"CREATE OPERATOR evil.{operator} (LEFTARG = {side.split(', ')[0]}, RIGHTARG = {side.split(', ')[1]}, FUNCTION = evil.o{place}_{index})",
        )
    ]
    made = [each for each in OWN.strip().splitlines() if "unknown" not in each]
    database.execute(
        *made,
        *operators,
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC",
        "CREATE TABLE closed (id integer)",
        "REVOKE ALL ON closed FROM PUBLIC",
        f"REVOKE ALL ON closed FROM {database.reader}",
        f"ALTER ROLE {database.reader} SET search_path = evil, public",
    )
    yield database
    database.leave()


@pytest.mark.parametrize("sql", ASKED)
@pytest.mark.parametrize("timezone", ["UTC", "Europe/Berlin"])
def test_our_select_around_a_query_names_what_is_the_servers(
    shadowed: Database, postgres: Server, sql: str, timezone: str
) -> None:
    plain = postgres.create_database()
    plain.execute(
        *[each for each in OWN.strip().splitlines() if " evil" not in each], "GRANT SELECT ON pairs TO PUBLIC"
    )
    found = []
    for database in (plain, shadowed):
        with postgres_plugin(database).in_timezone(timezone).open() as session:
            found.append(session.stream(sql).batches.read_all().to_pylist())
    assert found[0] == found[1]


def test_our_questions_name_what_is_the_servers(shadowed: Database) -> None:
    with postgres_plugin(shadowed).open() as session:
        assert {each.name for each in session.catalogue()} == {"pairs"}
        with pytest.raises(QueryFailedError, match="permission denied") as refused:
            session.preview("SELECT id FROM closed", limit=1)
        assert "GRANT SELECT ON public.closed TO" in refused.value.remedy
    steps = list(postgres_plugin(shadowed).steps())
    assert [each.name for each in steps][-1] == "clock"
    assert not [each for each in steps if each.passed is False]
