"""A database in which much leads to `strike`, which writes a row where no read-only transaction holds it back; and what is looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.servers.postgres import Database

__all__ = ["SETTINGS", "built", "state"]

SETTINGS: dict[str, tuple[str, ...]] = {
    "the server's own": (),
    "strings with escapes": ("standard_conforming_strings = off",),
    "strings with escapes, quotes in them": (
        "standard_conforming_strings = off",
        "backslash_quote = on",
        "escape_string_warning = off",
    ),
    "a path before pg_catalog": ("search_path = evil, public, pg_catalog",),
    "a path without the server's place": ("search_path = evil, public",),
    "temporary tables last or first": ("search_path = pg_temp, public, evil, pg_catalog",),
    "all names quoted": ("quote_all_identifiers = on",),
    "nulls that are equal": ("transform_null_equals = on", "array_nulls = off", "xmloption = document"),
    "transactions that write": ("default_transaction_read_only = off", "default_transaction_deferrable = on"),
    "row security off": ("row_security = off",),
    "bytes that hold a backslash": ("client_encoding = SJIS", "standard_conforming_strings = off"),
    "a superuser whom the file allows": ("session_replication_role = replica", "standard_conforming_strings = off"),
}
"""What the role has set, by what that does. The last group runs as a superuser."""

_MADE = """
CREATE TABLE effects (what text)
CREATE TABLE people (id integer, email text)
INSERT INTO people VALUES (1, 'a@example.com'), (2, NULL)
CREATE VIEW pg_catalog_people AS SELECT id FROM people
CREATE SEQUENCE numbers
GRANT ALL ON SEQUENCE numbers TO PUBLIC
GRANT ALL ON effects, people TO PUBLIC
CREATE SCHEMA other
CREATE SCHEMA evil
GRANT USAGE ON SCHEMA other, evil TO PUBLIC
CREATE FUNCTION strike(VARIADIC what text[]) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $f$ BEGIN {strike}; RETURN 'x'; END $f$
CREATE FUNCTION strike_with_default(what text DEFAULT 'x') RETURNS text LANGUAGE sql AS $f$ SELECT public.strike(what) $f$
CREATE FUNCTION other.strike_too(text) RETURNS text LANGUAGE sql AS $f$ SELECT public.strike($1) $f$
CREATE FUNCTION stable_wrapper() RETURNS text LANGUAGE plpgsql STABLE AS $f$ BEGIN RETURN public.strike('x'); END $f$
CREATE FUNCTION owners_rights() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER AS $f$ BEGIN RETURN public.strike('x'); END $f$
CREATE FUNCTION strike_person(people) RETURNS text LANGUAGE sql AS $f$ SELECT public.strike('x') $f$
CREATE PROCEDURE strike_procedure() LANGUAGE sql AS $f$ SELECT public.strike('x') $f$
CREATE FUNCTION strike_two(integer, integer) RETURNS integer LANGUAGE sql AS $f$ SELECT length(public.strike('x')) $f$
CREATE FUNCTION strike_one(integer) RETURNS integer LANGUAGE sql AS $f$ SELECT length(public.strike('x')) $f$
CREATE OPERATOR #! (LEFTARG = integer, RIGHTARG = integer, FUNCTION = strike_two)
CREATE OPERATOR #! (RIGHTARG = integer, FUNCTION = strike_one)
CREATE OPERATOR other.+ (LEFTARG = integer, RIGHTARG = integer, FUNCTION = strike_two)
CREATE AGGREGATE strike_sum(integer) (SFUNC = strike_two, STYPE = integer, INITCOND = '0')
CREATE AGGREGATE striking_end(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0', FINALFUNC = strike_one)
CREATE TYPE couple AS (a integer, b integer)
CREATE TABLE pairs (value couple)
INSERT INTO pairs VALUES (ROW(1, 2))
CREATE FUNCTION strike_pairs(couple, couple) RETURNS boolean LANGUAGE sql AS $f$ SELECT public.strike('x') IS NULL $f$
CREATE FUNCTION strike_like(couple, text) RETURNS boolean LANGUAGE sql AS $f$ SELECT public.strike('x') IS NULL $f$
CREATE OPERATOR = (LEFTARG = couple, RIGHTARG = couple, FUNCTION = strike_pairs)
CREATE OPERATOR <> (LEFTARG = couple, RIGHTARG = couple, FUNCTION = strike_pairs)
CREATE OPERATOR <= (LEFTARG = couple, RIGHTARG = couple, FUNCTION = strike_pairs)
CREATE OPERATOR >= (LEFTARG = couple, RIGHTARG = couple, FUNCTION = strike_pairs)
CREATE OPERATOR ~~ (LEFTARG = couple, RIGHTARG = text, FUNCTION = strike_like)
CREATE OPERATOR !~~ (LEFTARG = couple, RIGHTARG = text, FUNCTION = strike_like)
CREATE TYPE pair AS (a integer, b integer)
CREATE FUNCTION to_pair(text) RETURNS pair LANGUAGE sql AS $f$ SELECT ROW(length(public.strike('x')), 2)::public.pair $f$
CREATE CAST (text AS pair) WITH FUNCTION to_pair(text) AS IMPLICIT
CREATE FUNCTION takes_pair(pair) RETURNS text LANGUAGE plpgsql STABLE AS $f$ BEGIN RETURN $1::text; END $f$
CREATE FUNCTION strike_check(text) RETURNS boolean LANGUAGE sql AS $f$ SELECT public.strike('x') IS NOT NULL $f$
CREATE DOMAIN checked AS text CHECK (strike_check(VALUE))
CREATE DOMAIN checked_twice AS checked
CREATE TABLE lists (list checked[])
INSERT INTO lists VALUES (NULL)
CREATE FUNCTION strike_lists(couple[], couple[]) RETURNS boolean LANGUAGE sql AS $f$ SELECT public.strike('x') IS NULL $f$
CREATE OPERATOR = (LEFTARG = couple[], RIGHTARG = couple[], FUNCTION = strike_lists)
CREATE FUNCTION strike_cast(couple[]) RETURNS jsonb LANGUAGE sql AS $f$ SELECT to_jsonb(public.strike('x')) $f$
CREATE CAST (couple[] AS jsonb) WITH FUNCTION strike_cast(couple[])
CREATE VIEW striking_view AS SELECT strike('x') AS a
CREATE VIEW other.view_of_view AS SELECT a FROM striking_view
GRANT SELECT ON other.view_of_view TO PUBLIC
CREATE TABLE guarded (id integer)
INSERT INTO guarded VALUES (1)
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY
CREATE POLICY guards ON guarded USING (strike_check('x'))
CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE sql AS $f$ SELECT public.strike('x') $f$
CREATE FUNCTION evil.upper(text) RETURNS text LANGUAGE sql AS $f$ SELECT public.strike('x') $f$
CREATE FUNCTION evil.length(text) RETURNS integer LANGUAGE sql AS $f$ SELECT public.strike_one(1) $f$
CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS $f$ SELECT public.strike('x')::timestamptz $f$
CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS $f$ SELECT public.strike('x') $f$
CREATE FUNCTION evil.current_setting(text) RETURNS text LANGUAGE sql AS $f$ SELECT public.strike('x') $f$
CREATE FUNCTION evil.current_setting(text, boolean) RETURNS text LANGUAGE sql AS $f$ SELECT public.strike('x') $f$
CREATE FUNCTION evil.current_schemas(boolean) RETURNS name[] LANGUAGE sql AS $f$ SELECT ARRAY[public.strike('x')]::name[] $f$
CREATE FUNCTION evil.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS $f$ SELECT public.strike('x') IS NULL $f$
CREATE FUNCTION evil.version() RETURNS text LANGUAGE sql AS $f$ SELECT public.strike('x') $f$
CREATE FUNCTION evil.strike_text(text, text) RETURNS boolean LANGUAGE sql AS $f$ SELECT public.strike('x') IS NULL $f$
CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.strike_text)
CREATE OPERATOR evil.~~ (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.strike_text)
CREATE OPERATOR evil.~ (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.strike_text)
CREATE OPERATOR evil.+ (LEFTARG = integer, RIGHTARG = integer, FUNCTION = strike_two)
"""

_LOOKED_AT = {
    "rows": "SELECT (SELECT array_agg(e.what) FROM effects AS e), (SELECT array_agg(p::text ORDER BY p) FROM people AS p)",
    "relations": "SELECT count(*), max(oid::int8) FROM pg_class WHERE relnamespace::regnamespace::text !~ '^pg_(toast_)?temp'",
    "functions": "SELECT count(*), max(oid::int8) FROM pg_proc",
    "sequence": "SELECT last_value, is_called FROM numbers",
    "large objects": "SELECT array_agg(oid::int8) FROM pg_largeobject_metadata",
    "locks": "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'",
    "background workers": (
        "SELECT array_agg(backend_type ORDER BY 1) FROM pg_stat_activity"
        " WHERE backend_type NOT IN ('client backend', 'parallel worker', 'autovacuum worker')"
    ),
    "settings": "SELECT array_agg(s::text ORDER BY s::text) FROM pg_db_role_setting AS s",
    "configuration": "SELECT pg_conf_load_time()",
    "slots": "SELECT count(*) FROM pg_replication_slots",
    "origins": "SELECT count(*) FROM pg_replication_origin",
    "prepared": "SELECT count(*) FROM pg_prepared_xacts",
    "statistics": "SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()",
    "roles": "SELECT array_agg(r::text ORDER BY r::text) FROM pg_authid AS r",
    "rights": "SELECT array_agg(relacl::text ORDER BY oid) FROM pg_class WHERE oid >= 16384",
    "comments": "SELECT count(*) FROM pg_description WHERE objoid >= 16384",
    "sizes": "SELECT pg_ls_dir FROM pg_ls_dir('pg_replslot')",
}


def built(database: Database) -> None:
    """Make what the attempts name. Without dblink (binaries that come with a package), a strike takes a lock instead."""
    at = make_conninfo(
        host=database.server.host,
        port=database.server.port,
        dbname=database.name,
        user=database.server.superuser,
        password=database.server.password,
    )
    with database.connect() as connection:
        try:
            connection.execute("CREATE EXTENSION dblink")
            write = "INSERT INTO effects VALUES ('x')"
            strike = sql.SQL("PERFORM public.dblink_exec({}, {})").format(sql.Literal(at), sql.Literal(write))
        except psycopg.Error:
            strike = sql.SQL("PERFORM pg_advisory_lock(77)")
        text = strike.as_string(connection)
        for statement in _MADE.strip().splitlines():
            connection.execute(statement.replace("{strike}", text).encode())


def state(connection: psycopg.Connection[Any], data: Path) -> dict[str, Any]:
    """Look at all that an attempt could have changed: in the database, and the names of files in the server's folder."""
    found: dict[str, Any] = {what: connection.execute(asked.encode()).fetchall() for what, asked in _LOOKED_AT.items()}
    found["files"] = sorted(path.name for path in data.iterdir() if path.name != "postmaster.pid")
    return found
