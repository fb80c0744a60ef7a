"""Texts that the parser does not know: one query that only reads runs with a warning, anything else is refused.

Every attack has something in it that the parser does not know (`FROM ONLY (t)`, which Postgres does), so that the tree cannot help: what
refuses it is the proof in core.query.unparsed. On a real Postgres each is also handed to the session as it is, by a role that
may write: nothing of it has an effect.
"""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from core.errors import BackhaulError, QueryError
from core.model import Severity
from core.query import parse
from tests.core.warehouses.harness import postgres_plugin
from tests.servers.postgres import Database
from tests.servers.redshift import Redshift, prepare

HARMLESS = [
    "SELECT id, a FROM ONLY (t)",
    "(SELECT id, a FROM ONLY (t))",
    "WITH x AS (SELECT id, a FROM ONLY (t)) SELECT id, a FROM x",
    "WITH x (b, c) AS (VALUES (1, 'delete')) SELECT b, c FROM x, ONLY (t)",
    "TABLE t UNION ALL SELECT id, a FROM ONLY (t)",
    "SELECT id, 'insert into t; delete' AS a FROM ONLY (t) -- delete from t; drop table t",
    'SELECT id, a AS "update" FROM ONLY (t) /* ; delete from t */',
    "SELECT id, $$; delete from t$$ AS a FROM ONLY (t)",
    "SELECT id, E'\\'; delete from t; --' AS a FROM ONLY (t)",
    'SELECT id, u.update AS a FROM (SELECT id, a AS "update" FROM ONLY (t)) u',
    "SELECT id, lower(a) || '->' || id AS a FROM ONLY (t) WHERE id <> -1 AND a !~* 'x' AND id @> 1 IS NULL",
    "SELECT id, a OPERATOR(pg_catalog.||) 'x' AS a FROM ONLY (t)",
    "SELECT id, a FROM ONLY (t);",
]

ATTACKS = (
    """
WITH x AS (DELETE FROM ONLY (t) RETURNING *) SELECT * FROM x
WITH x AS (dElEtE FROM ONLY (t) RETURNING *) SELECT * FROM x
WITH x AS (INSERT INTO t SELECT id + 10, a FROM ONLY (t) RETURNING *) SELECT * FROM x
WITH x AS (UPDATE t SET a = 'x' FROM ONLY (t) AS u RETURNING t.*) SELECT * FROM x
WITH x AS (/* c */ DELETE /* d */ FROM t RETURNING id) SELECT x.id FROM x, ONLY (t)
WITH x AS MATERIALIZED (DELETE FROM t RETURNING id) SELECT x.id FROM x, ONLY (t)
WITH y AS (SELECT 1), x AS (DELETE FROM t RETURNING id) SELECT x.id FROM x, y, ONLY (t)
WITH RECURSIVE x AS (UPDATE t SET a = 'x' RETURNING id) SELECT x.id FROM x, ONLY (t)
WITH x AS (SELECT id FROM ONLY (t)) DELETE FROM t USING x WHERE t.id = x.id
WITH x AS (SELECT id FROM ONLY (t)) INSERT INTO t SELECT id, 'x' FROM x
WITH x AS (SELECT id FROM ONLY (t)) UPDATE t SET a = 'x' FROM x
WITH x AS (SELECT id FROM ONLY (t)) MERGE INTO t USING x ON t.id = x.id WHEN MATCHED THEN DELETE
SELECT * FROM (WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x) AS y, ONLY (t)
SELECT (WITH x AS (DELETE FROM t RETURNING id) SELECT id FROM x LIMIT 1) FROM ONLY (t)
SELECT id, a INTO u FROM ONLY (t)
SELECT id, a INTO TEMP u FROM ONLY (t)
SELECT id, a INTO UNLOGGED TABLE u FROM ONLY (t)
SELECT id, a FROM ONLY (t) FOR UPDATE
SELECT id, a FROM ONLY (t) FOR NO KEY UPDATE
SELECT id, a FROM ONLY (t) FOR SHARE
SELECT id, a FROM ONLY (t) FOR KEY SHARE
SELECT id, a FROM ONLY (t) FOR /* x */ SHARE
SELECT id, a FROM ONLY (t) FOR UPDATE SKIP LOCKED
SELECT * FROM (SELECT id FROM ONLY (t) FOR SHARE NOWAIT) AS x
SELECT id FROM ONLY (t); DELETE FROM t
SELECT id FROM ONLY (t); COMMIT; DELETE FROM t
SELECT id FROM ONLY (t) ; ; DROP TABLE t
SELECT id, $$a$$ FROM ONLY (t); DELETE FROM t; --$$
SELECT id, $x$ $$ $x$ FROM ONLY (t); DELETE FROM t; --$$
SELECT id /* /* */ */ FROM ONLY (t); DELETE FROM t /* */
SELECT id, E'\\'' FROM ONLY (t); DELETE FROM t --'
SELECT id FROM ONLY (t) -- x\r; DELETE FROM t
COPY (SELECT id FROM ONLY (t)) TO STDOUT
COPY (SELECT id FROM ONLY (t)) TO PROGRAM 'true'
CREATE TABLE u AS SELECT id FROM ONLY (t)
CREATE VIEW u AS SELECT id FROM ONLY (t)
CREATE MATERIALIZED VIEW u AS SELECT id FROM ONLY (t)
EXPLAIN ANALYZE SELECT id FROM ONLY (t)
EXPLAIN (ANALYZE) DELETE FROM ONLY (t)
PREPARE p AS SELECT id FROM ONLY (t)
EXECUTE p
DECLARE c CURSOR WITH HOLD FOR SELECT id FROM ONLY (t)
CALL p((SELECT id FROM ONLY (t)))
DO $$ BEGIN DELETE FROM ONLY (t); END $$
DELETE FROM ONLY (t)
INSERT INTO t SELECT id, a FROM ONLY (t)
TRUNCATE ONLY (t)
LOCK TABLE ONLY (t)
SET a.b = 'x'
((DELETE FROM ONLY (t) RETURNING id))
(COPY t TO STDOUT)
SELECT nextval('s') FROM ONLY (t)
SELECT setval('s', 9) FROM ONLY (t)
SELECT "nextval"('s') FROM ONLY (t)
SELECT pg_catalog.nextval('s') FROM ONLY (t)
SELECT pg_catalog . "nextval" /* c */ ('s') FROM ONLY (t)
SELECT NextVal ('s') FROM ONLY (t)
SELECT U&"n\\0065xtval"('s') FROM ONLY (t)
SELECT U&"n!0065xtval" UESCAPE '!' ('s') FROM ONLY (t)
SELECT set_config('a.b', 'x', false) FROM ONLY (t)
SELECT lo_create(0) FROM ONLY (t)
SELECT lo_from_bytea(0, 'x') FROM ONLY (t)
SELECT pg_notify('c', a) FROM ONLY (t)
SELECT pg_advisory_lock(1) FROM ONLY (t)
SELECT pg_sleep(0) FROM ONLY (t)
SELECT pg_read_file('/etc/passwd') FROM ONLY (t)
SELECT id FROM ONLY (t), pg_ls_dir('.') AS x
SELECT id FROM ONLY (t), LATERAL ROWS FROM (pg_ls_dir('.')) AS x
SELECT query_to_xml('DELETE FROM t', true, true, '') FROM ONLY (t)
SELECT id FROM ONLY (t) ORDER BY nextval('s')
SELECT id FROM ONLY (t) WHERE 1=1AND"nextval"('s')>0
SELECT CASE WHEN true THEN 1ELSE nextval('s') END FROM ONLY (t)
SELECT dblink_exec('dbname=x', 'DELETE FROM t') FROM ONLY (t)
SELECT 's' OPERATOR(evil.+) 's' FROM ONLY (t)
SELECT 's' OPERATOR(evil.###) 's' FROM ONLY (t)
SELECT 's' OPERATOR("PG_CATALOG".+) 's' FROM ONLY (t)
SELECT 's' OPERATOR(db.evil.+) 's' FROM ONLY (t)
SELECT 's' OPERATOR(evil /* pg_catalog */ . /* c */ +) 's' FROM ONLY (t)
SELECT 's' OPERATOR ( "evil" . ### ) 's' FROM ONLY (t)
SELECT 's'::text ### 's'::text FROM ONLY (t)
SELECT ### 's'::text FROM ONLY (t)
SELECT 's'::text@#@'s'::text FROM ONLY (t)
SELECT id FROM ONLY (t) ORDER BY a USING ###
""".strip("\n")
    .replace("\\r;", "\r;")
    .split("\n")
)

SCHEMA = [
    "CREATE TABLE t (id int, a text)",
    "INSERT INTO t VALUES (1, 'one'), (2, 'two')",
    "CREATE SEQUENCE s",
    "CREATE SCHEMA evil",
    "CREATE FUNCTION evil.change(text, text) RETURNS bigint LANGUAGE sql AS $$ INSERT INTO t VALUES (3, $1); SELECT nextval('s') $$",
    "CREATE FUNCTION evil.change(text) RETURNS bigint LANGUAGE sql AS $$ SELECT evil.change($1, $1) $$",
    "CREATE OPERATOR evil.### (FUNCTION = evil.change, LEFTARG = text, RIGHTARG = text)",
    "CREATE OPERATOR evil.### (FUNCTION = evil.change, RIGHTARG = text)",
    "CREATE OPERATOR evil.+ (FUNCTION = evil.change, LEFTARG = text, RIGHTARG = text)",
    "CREATE OPERATOR public.### (FUNCTION = evil.change, LEFTARG = text, RIGHTARG = text)",
    "CREATE OPERATOR public.### (FUNCTION = evil.change, RIGHTARG = text)",
    "CREATE OPERATOR public.@#@ (FUNCTION = evil.change, LEFTARG = text, RIGHTARG = text)",
    "CREATE PROCEDURE p(int) LANGUAGE sql AS $$ DELETE FROM t $$",
]
STATE = """
    SELECT (SELECT array_agg(t ORDER BY id) FROM t)::text, (SELECT is_called FROM s), (SELECT count(*) FROM pg_class WHERE relname = 'u'),
        (SELECT count(*) FROM pg_largeobject_metadata),
        (SELECT count(*) FROM pg_prepared_statements)
"""


def errors(text: str, dialect: str) -> list[str]:
    return [found.rule for found in parse(text, dialect).findings if found.severity is Severity.ERROR]


@pytest.fixture
def writable(postgres_database: Database) -> Database:
    """A database whose reader may write, lock and call everything: only the session stands in the way."""
    reader = postgres_database.reader
    postgres_database.execute(
        *SCHEMA,
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {reader}",
        f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {reader}",
        f"GRANT ALL ON SCHEMA public, evil TO {reader}",
    )
    return postgres_database


@pytest.mark.parametrize("text", HARMLESS)
def test_one_query_that_only_reads_is_warned_about_and_runs(text: str, postgres_database: Database) -> None:
    postgres_database.execute(*SCHEMA[:2])
    query = parse(text, "postgres")
    assert query.tree is None
    assert [(found.rule, found.severity) for found in query.findings] == [("not-checked", Severity.WARNING)]
    if "@>" not in text:
        with postgres_plugin(postgres_database).open() as session:
            assert session.preview(query.render(0), limit=9).batches.read_all().num_rows > 0


@pytest.mark.parametrize("dialect", ["snowflake", "bigquery"])
def test_a_warehouse_without_read_only_sessions_gets_no_unparsed_text(dialect: str) -> None:
    assert errors("SELECT id AS x, a NEAR 5 AS y FROM t", dialect) == ["syntax-error"]


@pytest.mark.parametrize("dialect", ["postgres", "redshift"])
@pytest.mark.parametrize("text", ATTACKS)
def test_an_attack_on_what_is_not_parsed_is_refused(text: str, dialect: str) -> None:
    query = parse(text, dialect)
    assert errors(text, dialect)
    assert not query.is_proven
    with pytest.raises(QueryError):
        query.render(0)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a NEAR 5 AS b FROM read_csv('/etc/passwd')",
        "SELECT a NEAR 5 AS b FROM '/etc/passwd'",
        "SELECT a NEAR 5 AS b FROM t, 'x.csv'",
        'SELECT a NEAR 5 AS b FROM "a/x.csv"',
        "SELECT a NEAR 5 AS b FROM t JOIN 's3://b/x.parquet' ON true",
        "SELECT a NEAR 5 AS b FROM \u00a0read_csv\u00a0('x')",
        "SELECT getenv('HOME') NEAR 5 AS b",
        "SELECT a NEAR 5 AS b FROM query('DELETE FROM t')",
        "SELECT a NEAR 5 AS b FROM (COPY t TO 'x')",
        "COPY (SELECT a NEAR 5 AS b FROM t) TO 'x'",
        "CREATE TABLE u AS SELECT a NEAR 5 AS b FROM t",
        "ATTACH 'x' NEAR 5",
        "SELECT a NEAR 5 AS b FROM t; DELETE FROM t",
        "SELECT a NEAR 5 AS b INTO u FROM t",
        "PRAGMA a NEAR 5",
        "SUMMARIZE SELECT a NEAR 5 AS b FROM t",
    ],
)
def test_an_attack_on_duckdb_is_refused(text: str) -> None:
    assert errors(text, "duckdb")
    assert not parse(text, "duckdb").is_proven


def test_there_are_many_attacks_and_no_tree_helps_against_most_of_them() -> None:
    assert len(ATTACKS) >= 60
    assert sum(parse(text, "postgres").tree is None for text in ATTACKS) >= 60


def test_a_backslash_in_a_plain_string_hides_nothing_whatever_the_role_says_of_strings(writable: Database) -> None:
    writable.execute(f"ALTER ROLE {writable.reader} SET standard_conforming_strings = off")
    text = "SELECT '\\'' AS a, pg_sleep(0) AS b --' AS b"
    with postgres_plugin(writable).open() as session:
        assert errors(text, "postgres") == []
        result = session.preview(parse(text, "postgres").render(0), limit=5)
        assert result.batches.read_all().to_pylist() == [{"c0": "\\' AS a, pg_sleep(0) AS b --"}]


@pytest.mark.parametrize("kind", ["postgres", "redshift"])
def test_no_attack_has_an_effect_on_a_real_server_even_by_a_role_that_may_write(
    kind: str, writable: Database, redshift_front: Redshift
) -> None:
    def state() -> tuple[Any, ...] | None:
        with writable.connect() as connection:
            return connection.execute(STATE).fetchone()

    if kind == "redshift":
        prepare(writable)
    before = state()
    at = {"port": redshift_front.port} if kind == "redshift" else {}
    with postgres_plugin(writable, kind=kind, **at).open() as session:
        for text in ATTACKS:
            for way in (session.describe, lambda sql: session.preview(sql, limit=5), session.stream):
                with contextlib.suppress(BackhaulError):
                    way(text)
            session.clock()
            assert state() == before, text
    assert state() == before


@pytest.mark.parametrize("dialect", ["postgres", "redshift", "duckdb"])
def test_the_placeholder_of_an_unparsed_query_is_one_number_or_refused(dialect: str) -> None:
    text = "SELECT id, a NEAR 5 AS b FROM t WHERE c >= {{last_sync_time}}"
    query = parse(text, dialect)
    assert query.is_proven
    assert query.incremental
    assert query.render(1_700_000_000) == text.replace("{{last_sync_time}}", "1700000000".ljust(18))
    for joined in ("a NEAR x{{last_sync_time}}", "a NEAR '{{last_sync_time}}'"):
        assert errors(f"SELECT id, {joined} AS b FROM t", dialect)
