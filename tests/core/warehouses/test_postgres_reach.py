"""Ways around the catalogue's answer: each query here calls `strike` on an unguarded connection, and none gets that far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from core.errors import QueryFailedError
from core.warehouses.postgres.names import names_of
from tests.core.warehouses.harness import postgres_plugin
from tests.servers.postgres import Database, Server

STRUCK = "struck"
"""What an error says that `strike` raised: the query reached it."""

MADE = r"""
CREATE FUNCTION strike(VARIADIC text[]) RETURNS text LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION 'struck'; END $f$
CREATE FUNCTION strike_number(integer) RETURNS integer LANGUAGE sql AS $f$ SELECT length(public.strike('x')) $f$
CREATE FUNCTION strike_text(text) RETURNS boolean LANGUAGE sql AS $f$ SELECT public.strike('x') IS NULL $f$
CREATE FUNCTION strike_record(anyelement) RETURNS boolean LANGUAGE sql AS $f$ SELECT public.strike('x') IS NULL $f$
CREATE TABLE people (id integer, email text)
INSERT INTO people VALUES (1, 'a@example.com')
SET check_function_bodies = off
CREATE FUNCTION is_fine(text) RETURNS boolean LANGUAGE sql AS $f$ SELECT true $f$
CREATE DOMAIN checked AS text CHECK (is_fine(VALUE))
CREATE DOMAIN clean AS text CHECK (VALUE <> '')
CREATE TABLE clean_lists (id integer, list clean[], one clean)
INSERT INTO clean_lists VALUES (1, '{x}', 'x')
CREATE TABLE lists (id integer, list checked[], one checked)
INSERT INTO lists (id) VALUES (1)
CREATE TYPE holder AS (one checked)
CREATE TABLE holders (id integer, value holder)
INSERT INTO holders (id) VALUES (1)
CREATE TYPE words AS RANGE (SUBTYPE = checked)
CREATE TABLE ranges (value words)
INSERT INTO ranges VALUES (NULL)
CREATE FUNCTION step_between(text, text) RETURNS float8 LANGUAGE sql IMMUTABLE AS $f$ SELECT 1.0::float8 $f$
CREATE FUNCTION folded(i integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $f$ SELECT length(public.strike('x')) + i $f$
CREATE TABLE measured (id integer, b integer)
INSERT INTO measured VALUES (1, 1)
CREATE STATISTICS of_measured ON (id + folded(1)), b FROM measured
CREATE TABLE guarded (id integer)
INSERT INTO guarded VALUES (1)
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY
CREATE POLICY guards ON guarded USING (EXISTS (SELECT FROM json_to_record('{"a": "x"}') AS x(a checked)))
CREATE SCHEMA hidden
GRANT USAGE ON SCHEMA hidden TO PUBLIC
CREATE FUNCTION hidden.hide(integer) RETURNS integer LANGUAGE sql AS $f$ SELECT length(public.strike('x')) $f$
CREATE FUNCTION inner_path(integer) RETURNS integer LANGUAGE sql STABLE AS $f$ SELECT hide(1) $f$
CREATE FUNCTION outer_path(integer) RETURNS integer LANGUAGE sql STABLE SET search_path = hidden, public AS $f$ SELECT inner_path(1) $f$
CREATE TYPE solo AS (a integer)
CREATE TABLE solos (value solo)
INSERT INTO solos VALUES (ROW(1))
CREATE FUNCTION strike_solos(solo[], solo[]) RETURNS boolean LANGUAGE sql AS $f$ SELECT public.strike('x') IS NULL $f$
CREATE OPERATOR = (LEFTARG = solo[], RIGHTARG = solo[], FUNCTION = strike_solos)
CREATE FUNCTION solos_json(solo[]) RETURNS jsonb LANGUAGE sql AS $f$ SELECT to_jsonb(public.strike('x')) $f$
CREATE CAST (solo[] AS jsonb) WITH FUNCTION solos_json(solo[])
CREATE TYPE mood AS ENUM ('a', 'b')
CREATE TABLE moods (value mood)
INSERT INTO moods VALUES ('a')
CREATE FUNCTION moods_text(mood[]) RETURNS text LANGUAGE sql AS $f$ SELECT public.strike('x') $f$
CREATE CAST (mood[] AS text) WITH FUNCTION moods_text(mood[]) AS IMPLICIT
CREATE TYPE spans AS RANGE (SUBTYPE = integer, MULTIRANGE_TYPE_NAME = many_spans)
CREATE TABLE with_spans (value spans)
INSERT INTO with_spans VALUES ('[1,2]')
CREATE FUNCTION spans_text(many_spans) RETURNS text LANGUAGE sql AS $f$ SELECT public.strike('x') $f$
CREATE CAST (many_spans AS text) WITH FUNCTION spans_text(many_spans) AS IMPLICIT
CREATE FUNCTION body_attribute(x integer) RETURNS integer LANGUAGE sql STABLE AS $f$ SELECT (x).strike_number $f$
CREATE FUNCTION body_argument(x integer) RETURNS integer LANGUAGE sql STABLE AS $f$ SELECT x.strike_number $f$
CREATE FUNCTION body_plpgsql(x integer) RETURNS integer LANGUAGE plpgsql STABLE AS $f$ BEGIN RETURN (x).strike_number; END $f$
CREATE FUNCTION body_carriage(x integer) RETURNS integer LANGUAGE sql STABLE AS E'SELECT 1 --\r + length(public.strike(''x''))'
CREATE FUNCTION body_continued(x integer) RETURNS text LANGUAGE sql STABLE AS E'SELECT name''a''\n''\\'' || public.strike(''x'') --'''
CREATE FUNCTION body_comment(x integer) RETURNS integer LANGUAGE sql STABLE AS $f$ SELECT 1 /*/*/ ' */ */ + length(public.strike('x')) --' $f$
CREATE FUNCTION body_comments(x integer) RETURNS integer LANGUAGE sql STABLE AS $f$ SELECT 1 /*//*/ ' */ */ + length(public.strike('x')) --' $f$
CREATE FUNCTION body_dollars(x integer) RETURNS integer LANGUAGE sql STABLE AS $f$ SELECT x😀$$ + length(public.strike('x')) FROM (SELECT 1 AS x😀$$) AS q --$$ $f$
CREATE FUNCTION body_domain(x integer) RETURNS boolean LANGUAGE plpgsql STABLE AS $f$ BEGIN RETURN domain_in('x', 'checked'::regtype, -1) IS NULL; END $f$
CREATE FUNCTION body_literal(x integer) RETURNS bigint LANGUAGE sql STABLE AS $f$ SELECT count(*) FROM lists WHERE list = '{x}' $f$
CREATE VIEW with_domain AS SELECT domain_in('x', 'checked'::regtype, -1) IS NULL AS a
CREATE FUNCTION is_admin(integer) RETURNS boolean LANGUAGE sql AS $f$ SELECT public.strike('x') IS NULL $f$
CREATE TABLE members (id integer, is_admin boolean)
INSERT INTO members VALUES (1, true)
CREATE OPERATOR #= (LEFTARG = anyelement, RIGHTARG = jsonb, FUNCTION = jsonb_populate_record)
CREATE TYPE steps AS RANGE (SUBTYPE = text, SUBTYPE_DIFF = step_between)
CREATE TABLE with_steps (value steps)
INSERT INTO with_steps SELECT steps(i::text, i::text || 'z') FROM generate_series(1, 300) AS i
ANALYZE with_steps
CREATE OR REPLACE FUNCTION step_between(text, text) RETURNS float8 LANGUAGE sql IMMUTABLE AS $f$ SELECT length(public.strike('x'))::float8 $f$
CREATE OR REPLACE FUNCTION is_fine(text) RETURNS boolean LANGUAGE sql AS $f$ SELECT public.strike('x') IS NULL $f$
"""

REACHING = {
    "attribute of a number": "SELECT (id).strike_number AS a FROM people",
    "attribute of a text": "SELECT ('x'::text).strike_text AS a",
    "attribute of any value": "SELECT (1).strike_record AS a",
    "attribute of a subquery": "SELECT (SELECT id FROM people LIMIT 1).strike_number AS a",
    "attribute of an element": "SELECT (ARRAY[id])[1].strike_number AS a FROM people",
    "attribute of an element without brackets": "SELECT q.a[1].strike_number FROM (SELECT ARRAY[1] AS a) AS q",
    "attribute of a column in brackets": "SELECT (q.a).strike_number FROM (SELECT 1 AS a) AS q",
    "attribute of a function's alias": "SELECT g.strike_number AS a FROM generate_series(1, 2) AS g",
    "attribute of a function's alias without AS": "SELECT g.strike_number AS a FROM generate_series(1, 2) g",
    "attribute of a function in FROM": "SELECT generate_series.strike_number AS a FROM generate_series(1, 2)",
    "attribute of a function's quoted alias": 'SELECT "G".strike_number AS a FROM ROWS FROM (generate_series(1, 2)) AS "G"',
    "attribute that is a domain": "SELECT ('x').checked AS a",
    "attribute of a function's alias that is a domain": "SELECT g.checked AS a FROM lower('X') AS g",
    "attribute of a date": "SELECT d.strike_record AS a FROM current_date AS d",
    "attribute in a body": "SELECT body_attribute(1) AS a",
    "attribute of an argument in a body": "SELECT body_argument(1) AS a",
    "attribute in a body of PL/pgSQL": "SELECT body_plpgsql(1) AS a",
    "continued string behind a type": "SELECT name'a'\n'\\', strike('x') AS b --'",
    "continued string behind a type in a body": "SELECT body_continued(1) AS a",
    "comment that a carriage return ends": "SELECT 1 AS a --\r, strike('x') AS b",
    "comment that a carriage return ends in a body": "SELECT body_carriage(1) AS a",
    "comment in a comment": "SELECT 1 AS a /*/*/ ' */ */ , strike('x') AS b --'",
    "comment in a comment in a body": "SELECT body_comment(1) AS a",
    "comment beside a comment in a body": "SELECT body_comments(1) AS a",
    "dollars behind a letter": "SELECT x😀$$, strike('x') FROM (SELECT 1 AS x😀$$) AS q --$$",
    "dollars behind a letter in a body": "SELECT body_dollars(1) AS a",
    "literal while the query is parsed": "SELECT '{x}'::checked[] AS a",
    "type as a number": "SELECT domain_in('x', 'checked'::regtype::oid, -1) IS NULL AS a",
    "element's type as a number": "SELECT array_in('{x}', 'checked'::regtype::oid, -1)::text AS a",
    "row's type as a number": "SELECT record_in('(x)', 'holder'::regtype::oid, -1)::text AS a",
    "range's type as a number": "SELECT range_in('[a,b]', 'words'::regtype::oid, -1)::text AS a",
    "type as a number in a body": "SELECT body_domain(1) AS a",
    "type as a number in a view": "SELECT a FROM with_domain",
    "literal beside a column": "SELECT COALESCE(list, '{x}') AS a FROM lists",
    "literal compared": "SELECT id FROM lists WHERE list = '{x}'",
    "literal in a union": "SELECT list FROM lists UNION ALL SELECT '{x}'",
    "literal appended": "SELECT list || '{x}' AS a FROM lists",
    "literal in a list": "SELECT id FROM lists WHERE list IN ('{x}')",
    "literal with escapes": r"SELECT id FROM lists WHERE list = E'\x7bx}'",
    "literal with escapes of Unicode": r"SELECT id FROM lists WHERE list = U&'\007bx}'",
    "literal in dollars": "SELECT id FROM lists WHERE list = $$ {x}$$",
    "literal beside an array of domains": "SELECT ARRAY[one] = '{x}' AS a FROM lists",
    "literal beside a row": "SELECT COALESCE(l, '(1,,x)') AS a FROM lists AS l",
    "literal beside a value": "SELECT COALESCE(value, '(x)') AS a FROM holders",
    "literal beside a range": "SELECT COALESCE(value, '[a,b]') AS a FROM ranges",
    "operator that fills a row": "SELECT (l #= jsonb_build_object('one', 'x')).id AS a FROM lists AS l",
    "distance in a range": "SELECT value FROM with_steps WHERE value && steps('3', '9')",
    "literal in a body": "SELECT body_literal(1) AS a",
    "statistics": "SELECT id FROM measured",
    "types of a policy": "SELECT id FROM guarded",
    "path of the caller": "SELECT outer_path(1) AS a",
    "operator of an array": "SELECT array_agg(value) = array_agg(value) AS a FROM solos",
    "cast of an array": "SELECT array_agg(value)::jsonb AS a FROM solos",
    "implicit cast of an array": "SELECT length(array_agg(value)) AS a FROM moods",
    "cast of a range of ranges": "SELECT length(range_agg(value)) AS a FROM with_spans",
}

HONEST = (
    "SELECT m.is_admin, m.id FROM members AS m",
    "SELECT q.is_admin FROM (SELECT is_admin FROM members) AS q JOIN members USING (is_admin)",
    "WITH q AS (SELECT is_admin FROM members) SELECT q.is_admin FROM q, LATERAL (SELECT 1) AS r",
    "SELECT members.is_admin FROM members, generate_series(1, 2) AS g",
    r"SELECT 'strike (x)' AS a, email ~ '\d+' AS b, E'it\'s' AS c FROM people -- strike('x')",
    r"SELECT split_part(email, '\', 1) AS a, 'strike' AS b FROM people",
    "SELECT id FROM clean_lists WHERE list = '{x}' AND one = 'y'",
    "SELECT one, list FROM lists WHERE one = 'x'",
    "SELECT COALESCE(list, '{x}') AS a FROM clean_lists",
    "SELECT id FROM members WHERE id::text IN ('{x}', '(x)')",
    "SELECT 1 AS a\r\n, 2 AS b -- c\r\n, 3 AS d",
    "SELECT 1 AS a /* b /* c */ ' */, 2 AS d",
    "SELECT 'é'||$$x$$ AS a",
)


@pytest.fixture(scope="module")
def shop(postgres: Server) -> Iterator[Database]:
    database = postgres.create_database()
    database.execute(*MADE.strip().splitlines(), "GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC")
    yield database
    database.leave()


def as_reader(database: Database) -> psycopg.Connection[Any]:
    at = make_conninfo(host=database.server.host, port=database.server.port, dbname=database.name)
    return psycopg.connect(at, user=database.reader, password=database.reader_password)


@pytest.mark.parametrize("case", REACHING)
def test_no_way_leads_around_the_catalogue(shop: Database, case: str) -> None:
    sql = REACHING[case]
    with as_reader(shop) as unguarded, pytest.raises(psycopg.Error, match=STRUCK):
        unguarded.execute(sql.encode())
    with postgres_plugin(shop).open() as session:
        for ask in (session.describe, session.stream):
            with pytest.raises(QueryFailedError, match=r"is refused|hides what it names"):
                ask(sql)


@pytest.mark.parametrize("sql", HONEST)
def test_what_only_looks_alike_passes(shop: Database, sql: str) -> None:
    with postgres_plugin(shop).open() as session:
        assert session.describe(sql)


def test_the_servers_word_on_a_wrong_text_keeps_its_place(shop: Database) -> None:
    with postgres_plugin(shop).open() as session:
        with pytest.raises(QueryFailedError, match="syntax error") as refused:
            session.describe("SELECT id\nFORM people")
        assert refused.value.offset == len("SELECT id\nFORM ")
        with pytest.raises(QueryFailedError, match="malformed array literal") as refused:
            session.describe("SELECT id FROM clean_lists WHERE list = 'x'")
        assert refused.value.offset == len("SELECT id FROM clean_lists WHERE list = ")


def test_builtins_are_attributes_too(shop: Database) -> None:
    with postgres_plugin(shop).open() as session:
        for sql, name in (
            ("SELECT (7::bigint).pg_try_advisory_lock AS a", "pg_try_advisory_lock"),
            ("SELECT (pg_backend_pid()).pg_terminate_backend AS a", "pg_terminate_backend"),
            ("SELECT ('SELECT 1'::text).ts_stat AS a", "ts_stat"),
            ("SELECT (0::oid).lo_create AS a", "lo_create"),
        ):
            with pytest.raises(QueryFailedError, match=f"{name} is refused"):
                session.describe(sql)


def test_a_row_that_is_cast_without_a_word_may_be_any_functions_argument(postgres_database: Database) -> None:
    postgres_database.execute(
        "CREATE FUNCTION changing(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE TABLE people (id integer)",
        "CREATE FUNCTION person_number(people) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1'",
        "CREATE CAST (people AS integer) WITH FUNCTION person_number(people) AS IMPLICIT",
    )
    with postgres_plugin(postgres_database).open() as session, pytest.raises(QueryFailedError, match="VOLATILE"):
        session.describe("SELECT p.changing FROM people AS p")


def test_a_temporary_schema_is_looked_into(shop: Database) -> None:
    """As behind a pooler: whoever had the server's connection before has left functions and views in it."""
    made = (
        "CREATE FUNCTION pg_temp.left_behind(text) RETURNS text LANGUAGE sql AS 'SELECT public.strike($1)'",
        "CREATE TEMP VIEW left_view AS SELECT strike('x') AS a",
    )
    with postgres_plugin(shop).open() as session:
        session.clock()
        session._stream.end()
        for statement in made:
            session._stream._execute(statement)
        for sql in (
            "SELECT pg_temp.left_behind('x') AS a",
            "SELECT a FROM left_view",
            "SELECT a FROM pg_temp.left_view",
        ):
            with pytest.raises(QueryFailedError, match="is refused"):
                session.stream(sql)


def test_a_long_name_is_cut_as_the_server_cuts_it(postgres: Server) -> None:
    name = "ï" * 40
    some = postgres.create_database()
    with postgres.connect() as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    latin = Database(server=postgres, name="latin", reader=some.reader, reader_password=some.reader_password)
    for database in (some, latin):
        database.execute(
            "SET client_encoding = 'UTF8'",
            f'CREATE FUNCTION "{name}"(integer) RETURNS integer LANGUAGE sql AS $f$ SELECT 1 $f$',
            f'CREATE FUNCTION "x{name}{name}"(integer) RETURNS integer LANGUAGE sql AS $f$ SELECT 1 $f$',
        )
        for called in (f'"{name}"', f"{name}", f"x{name}{name}", f'"x{name}{name}"'):
            with (
                postgres_plugin(database).open() as session,
                pytest.raises(QueryFailedError, match="VOLATILE") as refused,
            ):
                session.describe(f"SELECT {called}(1) AS a")
            assert refused.value.offset == len("SELECT ")


def test_a_name_may_be_folded_in_two_ways() -> None:
    """In a database with a one-byte encoding, letters beyond ASCII are folded, too."""
    assert {"größe", "grÖße"} <= {word.name for word in names_of("SELECT GRÖßE(1)").words}


# reading a body costs no more than it is long


def test_a_body_is_read_once_however_it_nests() -> None:
    names = names_of("SELECT " + "f(" * 30_000)
    names_of("SELECT 1 FROM a" + ", f(" * 20_000)
    assert {word.name for word in names.words} == {"select", "f"}


def test_a_body_that_is_too_long_is_refused(postgres_database: Database) -> None:
    postgres_database.execute(
        "SET check_function_bodies = off",
        f"CREATE FUNCTION long() RETURNS integer LANGUAGE sql STABLE AS $f$ SELECT 1 {'+ 1 ' * 30_000} $f$",
    )
    with (
        postgres_plugin(postgres_database).open() as session,
        pytest.raises(QueryFailedError, match="cannot be checked"),
    ):
        session.describe("SELECT long() AS a")
