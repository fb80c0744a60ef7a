"""What a session with Postgres makes sure of before a query runs: its settings, the functions it reaches, who it is, how it logged in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import LoginError, QueryFailedError, WarehouseError
from core.warehouses.postgres.names import ANY_COUNT, AS_ATTRIBUTE, AS_TYPE, names_of
from tests.core.warehouses.harness import postgres_plugin
from tests.servers.cutting import cutting
from tests.servers.postgres import Database, Server

SETTINGS = {
    "standard_conforming_strings": "off",
    "backslash_quote": "on",
    "transform_null_equals": "on",
    "quote_all_identifiers": "on",
    "array_nulls": "off",
    "xmloption": "document",
    "xmlbinary": "hex",
    "search_path": "evil, public, pg_catalog",
    "default_transaction_read_only": "off",
    "row_security": "off",
    "client_encoding": "SJIS",
    "TimeZone": "'Asia/Kolkata'",
}


@pytest.fixture(scope="module")
def shop(postgres: Server) -> Iterator[Database]:
    """A database with functions of every sort, whose reader may call all of them."""
    database = postgres.create_database()
    database.execute(
        "CREATE TABLE people (id integer, email text)",
        "INSERT INTO people VALUES (1, 'a@example.com'), (2, NULL)",
        "CREATE SEQUENCE numbers",
        "CREATE SCHEMA app",
        f"GRANT USAGE ON SCHEMA app TO {database.reader}",
        "CREATE FUNCTION wipe() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION app.wipe() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1'",
        "CREATE FUNCTION wipe_two(a integer, b integer DEFAULT 0) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION wipe_two(text) RETURNS integer LANGUAGE sql STABLE AS 'SELECT 1'",
        "CREATE FUNCTION wipe_all(VARIADIC integer[]) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION owners() RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT 1'",
        "CREATE FUNCTION wipe_person(people) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION harmless(text) RETURNS text LANGUAGE sql STABLE AS 'SELECT lower($1)'",
        "CREATE FUNCTION wrapped() RETURNS integer LANGUAGE plpgsql STABLE AS 'BEGIN RETURN public.wipe(); END'",
        "CREATE FUNCTION notified() RETURNS void LANGUAGE plpgsql STABLE AS $$BEGIN PERFORM pg_notify('a', 'b'); END$$",
        "CREATE FUNCTION step(integer, integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE AGGREGATE wipe_sum(integer) (SFUNC = step, STYPE = integer)",
        "CREATE OPERATOR ### (LEFTARG = integer, RIGHTARG = integer, FUNCTION = step)",
        "CREATE OPERATOR app.### (LEFTARG = integer, RIGHTARG = integer, FUNCTION = step)",
        "CREATE VIEW clean AS SELECT id, lower(email) AS email, random() AS chance FROM people",
        "CREATE VIEW app.dirty AS SELECT wipe() AS a FROM people",
        "CREATE VIEW dirtier AS SELECT a FROM app.dirty",
        "CREATE VIEW locking AS SELECT pg_try_advisory_lock(1) AS a",
        "CREATE VIEW odd AS SELECT id ### 1 AS a FROM people",
        "CREATE FUNCTION is_fine(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        "CREATE DOMAIN checked AS text CHECK (is_fine(VALUE))",
        "CREATE TABLE holds_checked (value checked)",
        "CREATE TYPE pair AS (a integer, b integer)",
        "CREATE TYPE couple AS (a integer, b integer)",
        "CREATE FUNCTION to_pair(text) RETURNS pair LANGUAGE sql AS 'SELECT ROW(1, 2)::pair'",
        "CREATE CAST (text AS pair) WITH FUNCTION to_pair(text) AS IMPLICIT",
        "CREATE FUNCTION alike(couple, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        "CREATE OPERATOR ~~ (LEFTARG = couple, RIGHTARG = text, FUNCTION = alike)",
        "CREATE TABLE pairs (value couple)",
        "CREATE VIEW all_pairs AS SELECT ARRAY[value] AS list FROM pairs",
        "CREATE FUNCTION größe() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION with_default(a integer DEFAULT wipe()) RETURNS integer LANGUAGE sql STABLE AS 'SELECT a'",
        "CREATE FUNCTION takes_checked(checked) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1::text'",
        "CREATE FUNCTION gives_checked() RETURNS checked LANGUAGE sql STABLE AS 'SELECT 1'",
        "CREATE FUNCTION wipe_rows(integer) RETURNS SETOF record LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION remade(a anyelement) RETURNS anyelement LANGUAGE plpgsql STABLE AS "
        "$$DECLARE b a%TYPE := 'x'; BEGIN RETURN b; END$$",
        "CREATE TYPE holder AS (a checked, b integer)",
        "CREATE DOMAIN held AS holder",
        "CREATE TABLE holders (value holder)",
        "CREATE DOMAIN number AS integer CHECK (is_fine(VALUE::text))",
        "CREATE TYPE numbers_range AS RANGE (SUBTYPE = number)",
        "CREATE VIEW populated AS SELECT (json_populate_record(NULL::holder, '{}')).b AS b",
        "CREATE FUNCTION reads_view() RETURNS integer LANGUAGE sql STABLE AS 'SELECT a FROM app.dirty'",
        "CREATE FUNCTION quotes() RETURNS integer LANGUAGE sql STABLE AS 'SELECT \"wipe\" ()'",
        "CREATE FUNCTION comments() RETURNS integer LANGUAGE sql STABLE AS 'SELECT wipe/* */()'",
        "CREATE FUNCTION operates() RETURNS integer LANGUAGE sql STABLE AS 'SELECT 1 OPERATOR(app.###) 2'",
        "CREATE FUNCTION declares() RETURNS text LANGUAGE plpgsql STABLE AS "
        "$$DECLARE a checked := 'x'; BEGIN RETURN a; END$$",
        "CREATE FUNCTION runs_text(n text) RETURNS integer LANGUAGE plpgsql STABLE AS "
        "$$DECLARE a integer; BEGIN EXECUTE 'SELECT ' || n INTO a; RETURN a; END$$",
        "CREATE FUNCTION other_role() RETURNS integer LANGUAGE sql STABLE SET role = 'none' AS 'SELECT 1'",
        "CREATE SCHEMA hidden",
        "CREATE FUNCTION hidden.hide() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION own_path() RETURNS integer LANGUAGE sql STABLE SET search_path = hidden AS 'SELECT hide()'",
        "CREATE FUNCTION folded(integer) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT wipe()::text'",
        "CREATE TABLE with_index (a text)",
        "CREATE INDEX ON with_index ((a || folded(1)))",
        "CREATE TABLE with_check (a integer, CHECK (folded(1) = 'true' OR a > 3))",
        "CREATE TABLE parent (a integer)",
        "CREATE TABLE child (CHECK (folded(1) = 'true' OR a > 3)) INHERITS (parent)",
        "CREATE TABLE parted (a text) PARTITION BY LIST ((a || folded(1)))",
        "CREATE TABLE with_plain_check (a text CHECK (is_fine(a)))",
        "CREATE FUNCTION email(people) RETURNS text LANGUAGE sql AS 'SELECT 1::text'",
        "CREATE TABLE guarded (id integer)",
        "INSERT INTO guarded VALUES (1)",
        "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY fine ON guarded USING (is_fine('x'))",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA app TO {database.reader}",
    )
    yield database
    database.leave()


def run(shop: Database, sql: str, **settings: Any) -> list[Any]:
    with postgres_plugin(shop, **settings).open() as session:
        return list(session.stream(sql).batches.read_all().to_pylist())


# settings


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_no_setting_of_the_role_changes_how_a_query_is_read(postgres_database: Database, setting: str) -> None:
    reader = postgres_database.reader
    postgres_database.execute(
        "CREATE SCHEMA evil",
        f"GRANT USAGE ON SCHEMA evil TO {reader}",
        "CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'shadowed'$$",
        "CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'on'$$",
        "CREATE FUNCTION evil.current_setting(text, boolean) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'on'$$",
        "CREATE TABLE people (id integer)",
        "INSERT INTO people VALUES (1)",
        f"ALTER ROLE {reader} SET {setting} = {SETTINGS[setting]}",
    )
    sql = r"""SELECT 'a\' AS text, lower('A') AS lowered, NULL = NULL AS unknown, 'people'::regclass::text AS relation,
        '{NULL}'::text[]::text AS list, current_setting('TimeZone') AS zone, current_setting('transaction_read_only') AS kept, id
        FROM people"""
    (row,) = run(postgres_database, sql)
    assert list(row.values()) == ["a\\", "a", None, "people", "{NULL}", "UTC", "on", 1]


def test_the_path_of_the_role_goes_on_working(postgres_database: Database) -> None:
    reader = postgres_database.reader
    postgres_database.execute(
        'CREATE SCHEMA "Sales, old"',
        f"CREATE SCHEMA AUTHORIZATION {reader}",
        'CREATE TABLE "Sales, old".orders (id integer)',
        f"CREATE TABLE {reader}.own (id integer)",
        f'GRANT USAGE ON SCHEMA "Sales, old" TO {reader}',
        f'ALTER ROLE {reader} SET search_path = "$user", "Sales, old", pg_temp, public',
    )
    with postgres_plugin(postgres_database).open() as session:
        assert [each.name for each in session.describe("SELECT o.id FROM orders AS o, own")] == ["id"]
        (row,) = session.stream("SELECT current_setting('search_path') AS path").batches.read_all().to_pylist()
    assert row["c0"] == f'pg_catalog, {reader}, "Sales, old", public, pg_temp'


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (
            b"'standard_conforming_strings', 'on', true",
            b"'standard_conforming_strings', 'off',true",
            "standard_conforming_strings",
        ),
        (b"'transform_null_equals', 'off', true", b"'transform_null_equals', 'on',  true", "transform_null_equals"),
        (b", ', 'pg_catalog',", b", ', 'public'    ,", "search_path"),
        (b"READ ONLY", b"         ", "transaction_read_only"),
    ],
    ids=["strings", "nulls", "path", "read-only"],
)
def test_a_pooler_that_drops_a_setting_is_refused_before_the_query_runs(
    shop: Database, old: bytes, new: bytes, named: str
) -> None:
    assert len(old) == len(new)
    with cutting(shop.server.host, shop.server.port) as proxy:
        proxy.replaced = (old, new)
        with postgres_plugin(shop, port=proxy.port, sslmode="disable").open() as session:
            for ask in (session.describe, session.stream):
                with pytest.raises(WarehouseError, match=f"does not keep {named} = ") as refused:
                    ask("SELECT 1 AS one")
                assert "pool_mode = transaction" in refused.value.remedy


def test_the_streaming_connection_proves_its_settings_itself(shop: Database) -> None:
    with postgres_plugin(shop).open() as session:
        session.clock()
        stream = session._stream
        stream._execute("SET LOCAL standard_conforming_strings = off")
        with pytest.raises(WarehouseError, match="does not keep standard_conforming_strings = on: it is off"):
            session.stream("SELECT 1 AS one")


# functions

REFUSED = {
    "a volatile function": ("SELECT wipe()", "public.wipe", ""),
    "behind its schema": ("SELECT public.wipe()", "public.wipe", ""),
    "quoted and with a comment before its bracket": ('SELECT "wipe" /* x */ ()', "public.wipe", ""),
    "in capitals": ("SELECT WIPE()", "public.wipe", ""),
    "with a default": ("SELECT wipe_two(1)", "public.wipe_two", ""),
    "with two arguments": ("SELECT wipe_two(1, (2 + 3))", "public.wipe_two", ""),
    "with a list of arguments": ("SELECT wipe_all(1, 2, 3)", "public.wipe_all", ""),
    "in FROM": ("SELECT a FROM wipe() AS a", "public.wipe", ""),
    "in ORDER BY": ("SELECT id FROM people ORDER BY wipe()", "public.wipe", ""),
    "of a row, as an attribute": ("SELECT p.wipe_person FROM people AS p", "public.wipe_person", ""),
    "of a row in brackets": ("SELECT (p).wipe_person FROM people AS p", "public.wipe_person", ""),
    "with the rights of its owner": ("SELECT owners()", "public.owners", ""),
    "with a letter that is not ASCII": ("SELECT größe()", "public.größe", ""),
    "of a default": ("SELECT with_default()", "public.wipe", "the function public.with_default"),
    "of an argument's domain": ("SELECT takes_checked('x')", "public.is_fine", ""),
    "of a result's domain": ("SELECT gives_checked()", "public.is_fine", ""),
    "of a domain in a row": ("SELECT (ROW('x', 1)::holder).b", "public.is_fine", "the type public.holder"),
    "of a domain in a domain": ("SELECT '(x,1)'::held", "public.is_fine", "the type public.held"),
    "of a domain in a list": ("SELECT '{}'::holder[]", "public.is_fine", "the type public.holder"),
    "of a domain in a table's row": (
        "SELECT (json_populate_record(NULL::holds_checked, '{}')).value", "public.is_fine", "the type public.holds_checked"),
    "of a domain in a row in a table's row": ("SELECT CAST('()' AS holders)", "public.is_fine", "public.holders"),
    "of a domain of a row that is read": (
        "SELECT (json_populate_record(h, '{}')).value FROM holds_checked AS h", "public.is_fine", ""),
    "of a domain in a list of columns": (
        "SELECT b FROM jsonb_to_record('{}') AS q(a holder, b integer)", "public.is_fine", "the type public.holder"),
    "of a domain in a range": ("SELECT '[1,3]'::numbers_range", "public.is_fine", "public.numbers_range"),
    "of a domain that is made anew": ("SELECT remade(value) FROM holds_checked", "public.is_fine", ""),
    "of a domain in a view": ("SELECT b FROM populated", "public.is_fine", "the view public.populated"),
    "of a view in a body": ("SELECT reads_view()", "public.wipe", "the function public.reads_view"),
    "quoted in a body": ("SELECT quotes()", "public.wipe", "the function public.quotes"),
    "with a comment in a body": ("SELECT comments()", "public.wipe", "the function public.comments"),
    "of an operator in a body": ("SELECT operates()", "public.step", "the operator ###"),
    "of a domain in a body": ("SELECT declares()", "public.is_fine", "the function public.declares"),
    "with another role": ("SELECT other_role()", "public.other_role", ""),
    "of text in a body": ("SELECT runs_text('wipe()')", "public.runs_text", ""),
    "by a path of the function's own": ("SELECT own_path()", "hidden.hide", "the function public.own_path"),
    "of an index": ("SELECT a FROM with_index WHERE a = '1'", "public.wipe", ""),
    "of a table's check": ("SELECT a FROM with_check WHERE a = 1", "public.wipe", ""),
    "of a child's check": ("SELECT a FROM parent WHERE a = 1", "public.wipe", ""),
    "of a table's partitions": ("SELECT a FROM parted WHERE a = '1'", "public.wipe", ""),
    "behind a string of two lines": ("SELECT E'a'\n'b\\'', wipe(), 'z'", "public.wipe", ""),
    "behind a string and a comment": ("SELECT E'a' -- x\n -- y\n 'b\\'', wipe(), 'z'", "public.wipe", ""),
    "a call that looks like WITH": ('SELECT 1 AS one FROM people, wipe_rows(1) AS ("select" integer)', "public.wipe_rows", ""),
    "a number of a transaction": ("SELECT txid_current()", "pg_catalog.txid_current", ""),
    "a number of a transaction by its new name": ("SELECT pg_current_xact_id()::text", "pg_catalog.pg_current_xact_id", ""),
    "of a stable wrapper": ("SELECT wrapped()", "public.wipe", "the function public.wrapped"),
    "a builtin in a stable wrapper": ("SELECT notified()", "pg_catalog.pg_notify", "the function public.notified"),
    "of an aggregate": ("SELECT wipe_sum(id) FROM people", "public.step", "the aggregate public.wipe_sum"),
    "of an aggregate with ORDER BY": ("SELECT wipe_sum(id ORDER BY id, email) FROM people", "public.step", ""),
    "of an operator": ("SELECT 1 ### 2", "public.step", "the operator ###"),
    "of an operator by its name": ("SELECT 1 OPERATOR(app.###) 2", "public.step", "the operator ###"),
    "of LIKE": ("SELECT value LIKE 'x' FROM pairs", "public.alike", "the operator ~~"),
    "of LIKE in a list": ("SELECT list[1] LIKE 'x' FROM all_pairs", "public.alike", "the operator ~~"),
    "of a view": ("SELECT a FROM app.dirty", "public.wipe", "the view app.dirty"),
    "of a view of a view": ("SELECT a FROM dirtier", "public.wipe", "the view public.dirtier"),
    "a builtin in a view": ("SELECT a FROM locking", "pg_catalog.pg_try_advisory_lock", "the view public.locking"),
    "of an operator in a view": ("SELECT a FROM odd", "public.step", "the view public.odd"),
    "of a domain": ("SELECT email::checked FROM people", "public.is_fine", "the type public.checked"),
    "of a domain in CAST": ("SELECT CAST(email AS checked) FROM people", "public.is_fine", "the type public.checked"),
    "of a cast": ("SELECT email::pair FROM people", "public.to_pair", "the cast from text to public.pair"),
    "of a policy": ("SELECT id FROM guarded", "public.is_fine", "the table public.guarded"),
    "a builtin of the list": ("SELECT pg_try_advisory_lock(1)", "pg_catalog.pg_try_advisory_lock", ""),
    "one that makes large objects": ("SELECT lo_create(0)", "pg_catalog.lo_create", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_function_that_may_do_more_than_read_is_refused_by_name(shop: Database, case: str) -> None:
    sql, name, via = REFUSED[case]
    with postgres_plugin(shop).open() as session:
        for ask in (session.describe, session.stream, lambda text: session.preview(text, limit=1)):
            with pytest.raises(QueryFailedError) as refused:
                ask(sql)
            assert f"The function {name}" in refused.value.message
            assert via in refused.value.message


@pytest.mark.parametrize("case", [case for case, (_, name, _) in REFUSED.items() if not name.startswith("pg_catalog.")])
def test_the_line_of_the_remedy_lets_it_run(shop: Database, case: str) -> None:
    sql, name, _ = REFUSED[case]
    with postgres_plugin(shop).open() as session, pytest.raises(QueryFailedError) as refused:
        session.describe(sql)
    assert f'allow_functions = ["{name}"]' in refused.value.remedy
    with postgres_plugin(shop, allow_functions=(name,)).open() as session:
        assert session.describe(sql)


def test_a_dot_in_a_name_allows_no_other_function(postgres_database: Database) -> None:
    postgres_database.execute(
        'CREATE SCHEMA "a.b"',
        'GRANT USAGE ON SCHEMA "a.b" TO PUBLIC',
        "CREATE FUNCTION \"a.b\".c() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    )
    plugin = postgres_plugin(postgres_database, allow_functions=("a.b.c",))
    with plugin.open() as session, pytest.raises(QueryFailedError, match="VOLATILE") as refused:
        session.describe('SELECT "a.b".c()')
    assert r'allow_functions = ["\"a.b\".c", "a.b.c"]' in refused.value.remedy
    with postgres_plugin(postgres_database, allow_functions=('"a.b".c',)).open() as session:
        assert session.describe('SELECT "a.b".c()')


def test_a_builtin_of_the_list_cannot_be_allowed(shop: Database) -> None:
    plugin = postgres_plugin(shop, allow_functions=("pg_catalog.lo_create",))
    with plugin.open() as session, pytest.raises(QueryFailedError, match="lo_create") as refused:
        session.describe("SELECT lo_create(0)")
    assert "allow_functions" not in refused.value.remedy


HARMLESS = (
    "SELECT app.wipe()",
    "SELECT harmless(email) FROM people",
    "SELECT id, email, chance FROM clean",
    "SELECT 'wipe()' AS text /* wipe() */ -- wipe()",
    "SELECT id AS wipe FROM people",
    "SELECT random(), clock_timestamp(), timeofday(), gen_random_uuid(), now(), pg_relation_size('people')",
    "SELECT count(*) FROM pg_stat_activity",
    "SELECT count(*) FROM pg_locks, pg_settings, information_schema.columns",
    "SELECT id FROM people WHERE email LIKE 'a%' AND id BETWEEN 1 AND 3 AND id IN (1, 2)",
    "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY id) FROM people",
    "SELECT string_agg(email, ',' ORDER BY id) FROM people",
    "SELECT value FROM holds_checked",
    "SELECT h.value FROM holds_checked AS h, people WHERE h.value = 'x' AND h IS NOT NULL",
    "SELECT a FROM with_plain_check WHERE a = 'x'",
    "SELECT p.email FROM people AS p",
    "WITH wipe (a) AS (SELECT 1), wipe_two (a, b) AS NOT MATERIALIZED (SELECT 1, 2) SELECT b FROM wipe, wipe_two",
    "SELECT txid_current_snapshot()",
    "SELECT NULL::pg_hba_file_rules",
)


@pytest.mark.parametrize("sql", HARMLESS)
def test_what_only_reads_passes(shop: Database, sql: str) -> None:
    with postgres_plugin(shop).open() as session:
        assert session.describe(sql)


def test_the_place_of_a_refused_function_is_told(shop: Database) -> None:
    with postgres_plugin(shop).open() as session, pytest.raises(QueryFailedError) as refused:
        session.describe("SELECT id,\n  wipe() FROM people")
    assert refused.value.offset == len("SELECT id,\n  ")


def test_an_extensions_volatile_function_that_is_known_passes(postgres_database: Database) -> None:
    with postgres_database.connect() as connection:
        known = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'uuid-ossp'").fetchone()
    if known is None:
        pytest.skip("this Postgres comes without uuid-ossp")
    postgres_database.execute('CREATE EXTENSION "uuid-ossp"', "CREATE EXTENSION pg_trgm")
    with postgres_plugin(postgres_database).open() as session:
        assert session.describe("SELECT uuid_generate_v4()")
        assert session.describe("SELECT similarity('a', 'b'), 'a' % 'b'")
        with pytest.raises(QueryFailedError, match=r"public\.set_limit"):
            session.describe("SELECT set_limit(0.1)")


def test_a_name_of_ones_own_is_not_known_to_be_harmless(postgres_database: Database) -> None:
    postgres_database.execute("CREATE FUNCTION uuid_generate_v4() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'")
    with postgres_plugin(postgres_database).open() as session, pytest.raises(QueryFailedError, match="VOLATILE"):
        session.describe("SELECT uuid_generate_v4()")


def test_a_function_that_was_replaced_is_asked_for_again(postgres_database: Database) -> None:
    postgres_database.execute("CREATE FUNCTION kept() RETURNS integer LANGUAGE sql STABLE AS 'SELECT 1'")
    with postgres_plugin(postgres_database).open() as session:
        assert session.preview("SELECT kept() AS a", limit=1).batches.read_all().num_rows == 1
        postgres_database.execute("CREATE OR REPLACE FUNCTION kept() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
        with pytest.raises(QueryFailedError, match="VOLATILE"):
            session.preview("SELECT kept() AS a", limit=1)


@pytest.mark.parametrize(
    ("operator", "left", "right"),
    [(">=", "oid", "integer"), ("<", "oid", "integer"), ("=", "oid", "integer"), ("<>", "oid", "integer"), ("<>", "regproc", "integer"),
     (">=", "real", "integer"), ("!~", "name", "name"), ("~", "name", "name")],
)  # fmt: skip
def test_our_own_questions_call_no_operator_of_the_database(
    postgres_database: Database, operator: str, left: str, right: str
) -> None:
    postgres_database.execute(
        f"CREATE FUNCTION other({left}, {right}) RETURNS boolean LANGUAGE plpgsql STABLE AS "
        "$$BEGIN RAISE EXCEPTION 'an operator of the database was called'; END$$",
        f"CREATE OPERATOR {operator} (LEFTARG = {left}, RIGHTARG = {right}, FUNCTION = other)",
        "CREATE FUNCTION changing() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE TABLE people (id integer, list integer[])",
    )
    with postgres_plugin(postgres_database).open() as session:
        assert session.describe("SELECT id, list FROM people")
        assert session.catalogue()
        with pytest.raises(QueryFailedError, match="VOLATILE"):
            session.describe("SELECT changing()")


def test_names_are_read_as_the_server_reads_them() -> None:
    long = "x" * 70
    sql = f'SELECT A.b(1, (2, 3)), "C""d"(), e /* */ (*), f(x ORDER BY y, z), g::h(3), i.j, (k).l, {long}() =-1 FROM m'
    found = {word.name: (word.schema, word.arguments) for word in names_of(sql).words}
    assert found["b"] == ("a", 2)
    assert found['C"d'] == ("", 0)
    assert found["e"] == ("", 1)
    assert found["f"] == ("", ANY_COUNT)
    assert found["h"] == ("", AS_TYPE)
    assert found["j"] == ("i", AS_ATTRIBUTE)
    assert found["l"] == (".", AS_ATTRIBUTE)
    assert found[long] == ("", 0)  # the server cuts it
    assert {each.name for each in names_of(sql).operators} == {"=", "-", "*"}
    assert {each.name for each in names_of("SELECT a NOT LIKE b, c IN (1)").operators} == {"~~", "!~~", "=", "<>"}


def test_a_string_with_escapes_may_go_on_below() -> None:
    """Where it matters which strings have escapes, what is in strings counts as well."""
    dashes = "-" * 2_000
    for sql in (
        "SELECT E'a'\n'b\\'', hit(), 'z'",
        "SELECT e'a'\r\n\t'b\\'' -- x\n'c\\'', hit(), 'z'",
        f"SELECT E'a' {dashes}\n , hit()",
        f"SELECT E'a' {dashes}\n {dashes}\n 'b\\'', hit(), 'z'",
        "SELECT 'a'\n'b\\', hit(), 'z'",
        "SELECT E'a' 'b\\', hit(), 'z'",
        "SELECT E'a'\n'b\\', hit() --'",
        "SELECT name'a'\n'b\\', hit() --'",
    ):
        assert "hit" in {word.name for word in names_of(sql).words}, sql
    for sql in ("SELECT E'hit()\\n'\n'it\\\\' -- hit()", "SELECT E'it\\'s hit()', 'C:\\hit()', '\\d hit()'"):
        assert {word.name for word in names_of(sql).words} == {"select", "e"}, sql


# who it is


def test_a_superuser_is_refused_by_check_and_by_each_session_alike(shop: Database) -> None:
    server = shop.server
    admin = {"user": server.superuser, "password": server.password}
    step = next(each for each in postgres_plugin(shop, **admin).steps() if each.name == "role")
    assert step.passed is False
    with postgres_plugin(shop, **admin).open() as session:
        for ask in (session.describe, session.stream, lambda text: session.preview(text, limit=1)):
            with pytest.raises(LoginError) as refused:
                ask("SELECT 1 AS one")
            assert step.detail in refused.value.message
            assert refused.value.remedy == step.remedy
            assert "allow_superuser = true" in refused.value.remedy


def test_a_superuser_whom_the_file_allows_is_let_in_and_told(shop: Database) -> None:
    server = shop.server
    admin = {"user": server.superuser, "password": server.password, "allow_superuser": True}
    step = next(each for each in postgres_plugin(shop, **admin).steps() if each.name == "role")
    assert step.passed is True
    assert "is a superuser" in step.detail
    assert "allow_superuser = true" in step.detail
    assert run(shop, "SELECT 1 AS one", **admin) == [{"c0": 1}]


@pytest.mark.parametrize("role", ["pg_read_server_files", "pg_write_server_files", "pg_execute_server_program"])
def test_roles_of_equal_power_are_refused_alike(postgres_database: Database, role: str) -> None:
    reader = postgres_database.reader
    postgres_database.execute(f"CREATE ROLE between_{role}_{reader}", f"GRANT {role} TO between_{role}_{reader}")
    postgres_database.execute(f"GRANT between_{role}_{reader} TO {reader}", "CREATE TABLE people (id integer)")
    step = next(each for each in postgres_plugin(postgres_database).steps() if each.name == "role")
    assert step.passed is False
    with postgres_plugin(postgres_database).open() as session, pytest.raises(LoginError, match=role):
        session.describe("SELECT 1 AS one")


def test_a_member_of_a_superuser_is_refused(postgres_database: Database) -> None:
    reader = postgres_database.reader
    postgres_database.execute(f'CREATE ROLE "Boss_{reader}" SUPERUSER NOLOGIN', f'GRANT "Boss_{reader}" TO {reader}')
    with (
        postgres_plugin(postgres_database).open() as session,
        pytest.raises(LoginError, match=f"is in Boss_{reader}") as refused,
    ):
        session.describe("SELECT 1 AS one")
    assert f'REVOKE "Boss_{reader}" FROM "{reader}";' in refused.value.remedy


def test_a_superuser_who_became_a_reader_by_a_setting_is_one_still(postgres_database: Database) -> None:
    login, reader = f"login_{postgres_database.reader}", postgres_database.reader
    postgres_database.execute(
        f"CREATE ROLE {login} LOGIN SUPERUSER PASSWORD 'x'", f"ALTER ROLE {login} SET role = {reader}"
    )
    plugin = postgres_plugin(postgres_database, user=login, password="x")
    with plugin.open() as session, pytest.raises(LoginError, match="superuser"):
        session.describe("SELECT 1 AS one")


# how it logged in

ASKS = {
    "password": ("in clear text, so it was not sent", 'require_auth = "password"'),
    "md5": ("an MD5 digest of the password", 'require_auth = "md5"'),
}


@pytest.mark.parametrize("asked", ASKS)
def test_a_server_that_asks_for_more_than_a_proof_does_not_get_the_password(postgres: Server, asked: str) -> None:
    database = postgres.create_database()
    said, line = ASKS[asked]
    if asked == "md5":
        with database.connect() as connection:
            connection.execute("SET password_encryption = 'md5'")
            connection.execute(f"ALTER ROLE {database.reader} PASSWORD 'plain'".encode())
        database.reader_password = "plain"
    with postgres.letting_in(f"host all {database.reader} all {asked}"):
        with pytest.raises(LoginError) as refused:
            postgres_plugin(database).open()
        assert said in refused.value.message
        assert line in refused.value.remedy
        step = list(postgres_plugin(database).steps())[-1]
        assert (step.name, step.passed, step.detail) == ("login", False, refused.value.message)
        assert run(database, "SELECT 1 AS one", require_auth=asked) == [{"c0": 1}]


def test_the_streaming_connection_is_no_other(postgres: Server) -> None:
    database = postgres.create_database()
    plugin, line = postgres_plugin(database), f"host all {database.reader} all password"
    with plugin.open() as session, postgres.letting_in(line), pytest.raises(LoginError, match="it was not sent"):
        session.clock()


def test_a_server_on_this_machine_may_ask_for_nothing_and_one_far_away_may_not(postgres: Server) -> None:
    database = postgres.create_database()
    with postgres.letting_in(f"host all {database.reader} all trust"):
        assert run(database, "SELECT 1 AS one") == [{"c0": 1}]
        with pytest.raises(LoginError, match="without any proof") as refused:
            postgres_plugin(database, require_auth="scram-sha-256").open()
    assert 'require_auth = "none"' in refused.value.remedy
    far = postgres_plugin(database, host="db.example.com")._connector
    assert (far.require_auth, far.sslmode) == ("scram-sha-256", "require")


def test_a_word_that_libpq_does_not_know_is_told(shop: Database) -> None:
    with pytest.raises(LoginError, match="nothing that libpq knows"):
        postgres_plugin(shop, require_auth="scram").open()


def test_libpq_of_both_drivers_knows_the_word() -> None:
    import psycopg

    assert psycopg.pq.version() >= 160_000
    import adbc_driver_postgresql

    library = next(Path(adbc_driver_postgresql.__file__).parent.glob("*adbc_driver_postgresql*"), None)
    assert library is not None
    assert b"require_auth" in library.read_bytes()
