"""The attempts: what would have an effect, where it may stand, and how it may be hidden.

An attempt is refused, or it is harmless; which, nobody says here: the server is looked at afterwards. What is named `strike` writes a
row by a connection of its own, out of the reach of a read-only transaction (`shooting_range.py` makes it, and what leads to it).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

__all__ = ["ATTEMPTS", "DUCKDB", "LINT_ONLY", "MAY_BE_HARMLESS", "MUST_BE_REFUSED"]

CALLS = """
strike('x')
public.strike('x')
"strike"('x')
STRIKE ( 'x' )
strike/* a */('x')
U&"strike"('x')
U&"\\0073trike"('x')
strike(VARIADIC ARRAY['x'])
stable_wrapper()
owners_rights()
other.strike_too('x')
strike_with_default()
pg_catalog.pg_notify('channel', 'x')
pg_notify('channel', 'x')
pg_advisory_lock(7)
pg_try_advisory_lock(7)
pg_advisory_xact_lock(7)
lo_create(0)
lo_creat(-1)
lo_from_bytea(0, 'x')
lo_import('/etc/hostname')
lo_put(1, 0, 'x')
lo_unlink(1)
nextval('numbers')
setval('numbers', 9)
set_config('default_transaction_read_only', 'off', false)
set_config('transaction_read_only', 'off', true)
pg_read_file('PG_VERSION')
pg_read_binary_file('PG_VERSION')
pg_ls_dir('.')
pg_stat_file('PG_VERSION')
pg_terminate_backend(pg_backend_pid())
pg_cancel_backend(pg_backend_pid())
pg_reload_conf()
pg_rotate_logfile()
pg_switch_wal()
pg_create_restore_point('x')
pg_create_physical_replication_slot('x')
pg_logical_emit_message(false, 'x', 'x')
pg_stat_reset()
pg_export_snapshot()
pg_log_backend_memory_contexts(pg_backend_pid())
pg_replication_origin_create('x')
pg_import_system_collations('public')
query_to_xml('SELECT strike(''x'')', true, true, '')
table_to_xml('people', true, true, '')
ts_stat('SELECT strike(''x'')::text::tsvector')
dblink_exec('{itself}', 'INSERT INTO effects VALUES (''x'')')
public.dblink_exec('{itself}', 'INSERT INTO effects VALUES (''x'')')
gin_clean_pending_list('people')
brin_summarize_new_values('people')
binary_upgrade_set_next_pg_type_oid(1)
currval(nextval('numbers')::regclass)
database_to_xml(true, true, '')
cursor_to_xml('c', 1, true, true, '')
dblink_connect('{itself}')
dblink_send_query('c', 'SELECT 1')
lo_truncate(0, 0)
lo_open(1, 131072)
lowrite(0, 'x')
pg_advisory_unlock_all()
pg_copy_physical_replication_slot('x', 'y')
pg_current_logfile()
pg_drop_replication_slot('x')
pg_extension_config_dump('people', '')
pg_promote()
pg_stat_reset_shared('bgwriter')
pg_wal_replay_pause()
set_config('search_path', 'evil', false)
ts_rewrite('a'::tsquery, 'SELECT strike(''x'')::tsquery, strike(''x'')::tsquery')
"""

PLACES = """
SELECT {call} AS a
SELECT id FROM people WHERE ({call}) IS NOT NULL
SELECT id FROM people ORDER BY ({call})
SELECT a FROM (SELECT ({call}) AS a) AS q
WITH q AS (SELECT ({call}) AS a) SELECT a FROM q
WITH q AS MATERIALIZED (SELECT ({call}) AS a) SELECT 1 AS one
SELECT CASE WHEN ({call}) IS NULL THEN 1 END AS a
SELECT id FROM people LIMIT (SELECT count({call}))
SELECT p.id FROM people AS p JOIN people AS q ON ({call}) IS NOT NULL
SELECT count(*) FILTER (WHERE ({call}) IS NOT NULL) AS a FROM people
SELECT row_number() OVER (ORDER BY ({call})) AS a FROM people
SELECT max(id) AS a FROM people HAVING ({call}) IS NOT NULL
SELECT ARRAY[({call})] AS a
SELECT DISTINCT ON (({call})) id FROM people
SELECT q.a FROM people, LATERAL (SELECT ({call}) AS a) AS q
SELECT 1 AS a UNION ALL SELECT count({call})
SELECT COALESCE(NULL, ({call})::text) AS a
SELECT EXISTS (SELECT ({call})) AS a
SELECT a FROM (VALUES (({call}))) AS q (a)
"""
"""Each call stands in the first of these; the first call and a few others stand in all of them."""

IN_ALL_PLACES = (
    "strike('x')",
    "other.strike_too('x')",
    "pg_advisory_lock(7)",
    "lo_create(0)",
    "nextval('numbers')",
    "stable_wrapper()",
    "owners_rights()",
    "pg_read_file('PG_VERSION')",
    "query_to_xml('SELECT strike(''x'')', true, true, '')",
    "dblink_exec('{itself}', 'INSERT INTO effects VALUES (''x'')')",
)

HIDDEN = """
SELECT a FROM striking_view
SELECT a FROM other.view_of_view
TABLE striking_view
SELECT v FROM striking_view AS v
SELECT id FROM guarded
SELECT p.strike_person FROM people AS p
SELECT (p).strike_person FROM people AS p
SELECT (SELECT p FROM people AS p LIMIT 1).strike_person
SELECT (id).strike_one AS a FROM people
SELECT ('x'::text).strike_check AS a
SELECT (SELECT id FROM people LIMIT 1).strike_one AS a
SELECT g.strike_one AS a FROM generate_series(1, 2) AS g
SELECT (7::bigint).pg_advisory_lock AS a
SELECT (0::oid).lo_create AS a
SELECT ('{itself}'::text).dblink_connect AS a, ('INSERT INTO effects VALUES (''x'')'::text).dblink_exec AS b
SELECT (pg_backend_pid()).pg_terminate_backend AS a
SELECT '{x}'::checked[] AS a
SELECT domain_in('x', 'checked'::regtype::oid, -1) IS NULL AS a
SELECT array_in('{x}', 'checked'::regtype::oid, -1)::text AS a
SELECT COALESCE(list, '{x}') AS a FROM lists
SELECT list || '{x}' AS a FROM lists
SELECT list FROM lists UNION ALL SELECT '{x}'
SELECT ARRAY[value] = ARRAY[value] AS a FROM pairs
SELECT array_agg(value)::jsonb AS a FROM pairs
SELECT strike_person(p) FROM people AS p
SELECT id #! 1 AS a FROM people
SELECT id OPERATOR(public.#!) 1 AS a FROM people
SELECT id OPERATOR(other.+) 1 AS a FROM people
SELECT id OPERATOR ( other . + ) 1 AS a FROM people
SELECT #! id AS a FROM people
SELECT value = value AS a FROM pairs
SELECT value <> value AS a FROM pairs
SELECT a.value FROM pairs AS a JOIN pairs AS b USING (value)
SELECT value IN (SELECT value FROM pairs) AS a FROM pairs
SELECT CASE value WHEN value THEN 1 END AS a FROM pairs
SELECT value IS DISTINCT FROM value AS a FROM pairs
SELECT NULLIF(value, value) AS a FROM pairs
SELECT value = ANY (ARRAY[value]) AS a FROM pairs
SELECT value LIKE 'x' AS a FROM pairs
SELECT value NOT LIKE 'x' AS a FROM pairs
SELECT value BETWEEN value AND value AS a FROM pairs
SELECT email::checked AS a FROM people
SELECT CAST(email AS checked) AS a FROM people
SELECT checked 'x' AS a
SELECT 'x'::public.checked AS a
SELECT email::checked_twice AS a FROM people
SELECT ARRAY['x']::checked[] AS a
SELECT email::pair AS a FROM people
SELECT CAST(email AS pair) AS a FROM people
SELECT takes_pair(email) AS a FROM people
SELECT pg_sleep(0) AS a
SELECT strike_sum(id) AS a FROM people
SELECT strike_sum(DISTINCT id) AS a FROM people
SELECT strike_sum(id ORDER BY id, email) AS a FROM people
SELECT strike_sum(id) OVER () AS a FROM people
SELECT striking_end(id) AS a FROM people
SELECT a FROM strike('x') AS a
SELECT a FROM ROWS FROM (strike('x'), strike('y')) AS a
SELECT a FROM strike('x') WITH ORDINALITY AS a
SELECT strike (what => 'x') AS a
SELECT strike(
'x') AS a
SELECT strike--
('x') AS a
SELECT "strike"--
('x') AS a
SELECT strike('x' /* , */ ) AS a
SELECT lower(email) AS a FROM people
SELECT upper(email) AS a, length(email) AS b FROM people
SELECT coalesce(email, lower('A')) AS a FROM people
SELECT now() AS a, count(*) AS b FROM people
SELECT id + 1 AS a, id || 'x' AS b FROM people
SELECT email = 'x' AS a, email LIKE 'x%' AS b FROM people
SELECT id::text AS a FROM people
SELECT current_setting('search_path') AS a
SELECT set_config AS a FROM (SELECT 1 AS set_config) AS q
SELECT id FROM pg_catalog_people
SELECT relname FROM pg_class LIMIT 1
SELECT count(*) AS a FROM pg_file_settings
SELECT count(*) AS a FROM pg_hba_file_rules
"""

STRINGS = r"""
SELECT 'a\', strike('x') AS b --' AS a
SELECT 'a\' || strike('x') || '' AS a
SELECT 'a\'' || strike('x')) --' AS a
SELECT '\', strike('x'), ' AS a
SELECT '\' AS a, '; DELETE FROM people; --' AS b
SELECT '\', (SELECT pg_advisory_lock(7)), '' AS a
SELECT 'a\\', strike('x') --' AS a
SELECT E'a\', strike(''x'') --' AS a
SELECT E'a\\', strike('x') AS b
SELECT e'\'' AS a, '\' AS b, ' , strike(1) --' AS c
SELECT E'\047, strike(1), \047' AS a
SELECT U&'\0027, strike(1)' AS a
SELECT U&'a!0027' UESCAPE '!' AS a
SELECT $$', strike('x') --$$ AS a
SELECT $a$', strike('x') --$a$ AS a, 'b\' AS c
SELECT $a$ $b$ strike('x') $b$ $a$ AS a
SELECT 'a' 'b', strike('x') AS c
SELECT 'a'
'b\' , strike(1) --' AS a
SELECT '/*' AS a, strike('x') AS b /* ' */
SELECT '--' AS a, strike('x') AS b
SELECT 1 /* ' */ , strike('x') /* ' */ AS a
SELECT 1 /* /* */ , strike('x') */ AS a
SELECT 1 AS "a\", strike('x') --"
SELECT 1 AS "a""b", strike('x') AS c
SELECT B'1', X'1F', N'a\', strike(''x'') --' AS a
SELECT 'ア表', strike('x') AS a
SELECT '表' AS a, '\' AS b, ' || strike(1) || ' AS c
SELECT '{NULL,"\"}'::text[] AS a
SELECT 'x' LIKE 'x\' ESCAPE '!' AS a
SELECT email = NULL AS a FROM people
SELECT name'a'
'\', strike('x') AS b --'
SELECT 1 AS a /*/*/ ' */ */ , strike('x') AS b --'
SELECT 1 AS a /*//*/ ' */ */ , strike('x') AS b --'
SELECT x😀$$, strike('x') FROM (SELECT 1 AS x😀$$) AS q --$$
"""

STATEMENTS = """
INSERT INTO effects VALUES ('x')
INSERT INTO effects VALUES ('x') RETURNING what
WITH q AS (INSERT INTO effects VALUES ('x') RETURNING what) SELECT what FROM q
SELECT a FROM (WITH q AS (DELETE FROM people RETURNING id) SELECT id AS a FROM q) AS z
WITH q AS (UPDATE people SET id = 9 RETURNING id) SELECT id FROM q
WITH q AS (MERGE INTO people USING people AS p ON false WHEN NOT MATCHED THEN INSERT VALUES (9)) SELECT 1
UPDATE people SET id = 9
DELETE FROM people
MERGE INTO people USING people AS p ON false WHEN NOT MATCHED THEN DO NOTHING
TRUNCATE people
DROP TABLE people
CREATE TABLE more (id integer)
CREATE TEMP TABLE more (id integer)
CREATE TABLE more AS SELECT 1 AS a
SELECT id INTO more FROM people
SELECT id INTO TEMP more FROM people
CREATE VIEW more AS SELECT 1 AS a
CREATE FUNCTION more() RETURNS integer LANGUAGE sql AS 'SELECT 1'
CREATE SCHEMA more
ALTER TABLE people ADD COLUMN more integer
ALTER ROLE CURRENT_USER SET work_mem = '1MB'
ALTER SYSTEM SET work_mem = '1MB'
GRANT SELECT ON people TO PUBLIC
REVOKE SELECT ON people FROM PUBLIC
COMMENT ON TABLE people IS 'x'
COPY people TO STDOUT
COPY people FROM '/etc/hostname'
COPY people TO PROGRAM 'touch {marker}'
COPY (SELECT 1) TO '{marker}'
COPY (SELECT strike('x')) TO STDOUT
SELECT 1) TO PROGRAM 'touch {marker}'; COPY (SELECT 1
SELECT 1) TO STDOUT; INSERT INTO effects VALUES ('x'); COPY (SELECT 1
SELECT 1) AS q; INSERT INTO effects VALUES ('x'); SELECT (1
SELECT 1 AS a; INSERT INTO effects VALUES ('x')
SELECT 1 AS a; SELECT strike('x')
;SELECT strike('x')
COMMIT; INSERT INTO effects VALUES ('x')
ROLLBACK; BEGIN; INSERT INTO effects VALUES ('x'); COMMIT
BEGIN READ WRITE
SET TRANSACTION READ WRITE
SET default_transaction_read_only = off
SET search_path = other
SET SESSION AUTHORIZATION DEFAULT
SET ROLE NONE
RESET ALL
DISCARD ALL
LOCK TABLE people IN SHARE MODE
SELECT id FROM people FOR UPDATE
SELECT id FROM people FOR SHARE
SELECT id FROM people FOR NO KEY UPDATE
SELECT a FROM (SELECT id AS a FROM people FOR KEY SHARE) AS q
LISTEN channel
NOTIFY channel
UNLISTEN *
VACUUM
ANALYZE
CHECKPOINT
REINDEX TABLE people
CLUSTER
REFRESH MATERIALIZED VIEW people
DO $$ BEGIN PERFORM strike('x'); END $$
CALL strike_procedure()
PREPARE p AS SELECT strike('x')
EXECUTE p
DEALLOCATE ALL
DECLARE c CURSOR FOR SELECT strike('x')
EXPLAIN ANALYZE SELECT strike('x')
EXPLAIN SELECT 1
LOAD 'auto_explain'
IMPORT FOREIGN SCHEMA x FROM SERVER y INTO z
SECURITY LABEL ON TABLE people IS 'x'
SHOW ALL
VALUES (strike('x'))
TABLE people; SELECT strike('x')
(SELECT strike('x'))
((SELECT strike('x') AS a))
SELECT strike('x') FROM people FOR UPDATE
"""


def _lines(text: str) -> Iterator[str]:
    """Give the attempts of a text: a line each, but that one which does not begin like a statement goes on with the one before."""
    found: list[str] = []
    for line in text.strip("\n").split("\n"):
        if line[:1] in "('" and found:
            found[-1] += f"\n{line}"
        else:
            found.append(line)
    yield from found


def _calls() -> Iterator[str]:
    places = PLACES.strip().splitlines()
    for call in CALLS.strip().splitlines():
        yield places[0].replace("{call}", call)
    for call in IN_ALL_PLACES:
        yield from (place.replace("{call}", call) for place in places[1:])


def _statements() -> Iterator[str]:
    yield from STATEMENTS.strip().splitlines()


MUST_BE_REFUSED: tuple[str, ...] = (*_calls(), *_statements())
"""Of these it is known that each is refused by its text or by the session; HIDDEN and STRINGS have harmless ones among them."""

MAY_BE_HARMLESS: tuple[str, ...] = (*_lines(HIDDEN), *_lines(STRINGS), "SELECT 1 AS a --\r, strike('x') AS b")
ATTEMPTS: tuple[str, ...] = (*MUST_BE_REFUSED, *MAY_BE_HARMLESS)

DUCKDB = """
INSERT INTO people VALUES (9)
DELETE FROM people
UPDATE people SET id = 9
CREATE TABLE more (id INTEGER)
CREATE TEMP TABLE more (id INTEGER)
CREATE OR REPLACE TABLE people AS SELECT 1 AS id
DROP TABLE people
ALTER TABLE people ADD COLUMN more INTEGER
TRUNCATE people
COPY people TO '{marker}'
COPY (SELECT 1) TO '{marker}' (FORMAT parquet)
COPY people FROM '/etc/hostname'
EXPORT DATABASE '{marker}'
IMPORT DATABASE '{marker}'
ATTACH '{marker}' AS more
DETACH people
INSTALL httpfs
LOAD httpfs
PRAGMA database_size
PRAGMA enable_profiling
SET enable_external_access = true
SET memory_limit = '1GB'
SET GLOBAL lock_configuration = false
RESET memory_limit
USE main
CALL pragma_version()
CHECKPOINT
FORCE CHECKPOINT
VACUUM
ANALYZE
BEGIN
COMMIT
PREPARE p AS SELECT 1
EXECUTE p
CREATE SECRET (TYPE s3)
CREATE MACRO more() AS 1
CREATE SEQUENCE more
SELECT nextval('numbers') AS a
SELECT * FROM read_csv('/etc/hostname')
SELECT * FROM read_csv_auto('/etc/hostname')
SELECT * FROM read_text('/etc/hostname')
SELECT * FROM read_blob('/etc/hostname')
SELECT * FROM read_parquet('{marker}')
SELECT * FROM read_json('{marker}')
SELECT * FROM glob('/etc/*')
SELECT * FROM '/etc/hostname'
SELECT * FROM "/etc/hostname"
SELECT * FROM 'x.csv'
SELECT * FROM x.csv
FROM '/etc/hostname'
FROM read_text('/etc/hostname')
SELECT * FROM query('DELETE FROM people')
SELECT * FROM query_table('people')
SELECT getenv('HOME') AS a
SELECT * FROM duckdb_secrets()
SELECT * FROM sniff_csv('/etc/hostname')
SELECT * FROM sqlite_scan('{marker}', 'x')
SELECT * FROM postgres_scan('', 'public', 'x')
SELECT * FROM parquet_metadata('{marker}')
SELECT json_execute_serialized_sql('x') AS a
SELECT * FROM main.file_macro()
SELECT * FROM file_view
SELECT main.query_macro() AS a
SELECT 1 AS a; DELETE FROM people
SELECT 1) AS q; DELETE FROM people; SELECT (1
WITH q AS (DELETE FROM people RETURNING id) SELECT * FROM q
SELECT * FROM write_log('x')
SELECT write_log('x') AS a
SELECT * FROM test_all_types()
EXPLAIN ANALYZE DELETE FROM people
SUMMARIZE people
DESCRIBE people
SHOW TABLES
PIVOT people ON id USING count(*); DELETE FROM people
"""

LINT_ONLY: Mapping[str, str] = {
    "redshift": """
UNLOAD ('SELECT 1') TO 's3://x'
COPY people FROM 's3://x'
SELECT id INTO more FROM people
SELECT id INTO #more FROM people
SELECT change_query_priority(1, 'Highest') AS a
SELECT change_session_priority(1, 'Highest') AS a
SELECT pg_terminate_backend(1) AS a
SELECT ('x').pg_terminate_backend AS a
SELECT (1).pg_cancel_backend AS a
SELECT g.pg_terminate_backend AS a FROM generate_series(1, 2) AS g
SELECT pg_cancel_backend(1) AS a
SELECT set_config('x', 'y', false) AS a
CALL more()
DELETE FROM people
WITH q AS (SELECT 1 AS a) DELETE FROM people
SELECT 1 AS a; DELETE FROM people
SELECT 'a\\' || '; DELETE FROM people --' AS a
SELECT 'a\\', 'b' AS c, '; DROP TABLE people --'
LOCK people
GRANT SELECT ON people TO PUBLIC
CREATE TABLE more AS SELECT 1 AS a
VACUUM
ANALYZE people
REFRESH MATERIALIZED VIEW more
""",
    "snowflake": """
INSERT INTO people VALUES (1)
MERGE INTO people USING q ON a = b WHEN MATCHED THEN DELETE
COPY INTO @stage FROM people
COPY INTO people FROM @stage
PUT file:///etc/hostname @stage
GET @stage file:///tmp
REMOVE @stage
LIST @stage
EXECUTE IMMEDIATE 'DELETE FROM people'
EXECUTE TASK more
CALL more()
CALL SYSTEM$ABORT_SESSION(1)
SELECT SYSTEM$ABORT_SESSION(1) AS a
SELECT SYSTEM$CANCEL_QUERY('x') AS a
SELECT more.NEXTVAL AS a
SELECT * FROM TABLE(GETNEXTVAL(more))
SELECT * FROM @stage
SELECT $1 FROM @stage/file (FILE_FORMAT => 'x')
SELECT * FROM DIRECTORY(@stage)
SELECT * FROM TABLE(INFER_SCHEMA(LOCATION => '@stage', FILE_FORMAT => 'x'))
SELECT * FROM IDENTIFIER('people')
SELECT * FROM TABLE($name)
SELECT * FROM TABLE('@stage')
SELECT * FROM TABLE(TO_QUERY(SQL => 'DELETE FROM people'))
SELECT GET_PRESIGNED_URL(@stage, 'x') AS a
SELECT SNOWFLAKE.CORTEX.COMPLETE('model', 'x') AS a
SELECT AI_COMPLETE('model', 'x') AS a
SHOW TABLES ->> SELECT * FROM $1
SELECT 1 AS a ->> DELETE FROM people
SELECT 1 AS a; DELETE FROM people
USE ROLE ACCOUNTADMIN
ALTER SESSION SET MULTI_STATEMENT_COUNT = 0
SET a = 1
UNSET a
CREATE TABLE more AS SELECT 1 AS a
UNDROP TABLE more
TRUNCATE people
BEGIN
COMMIT
DECLARE a INTEGER
""",
    "bigquery": """
INSERT INTO people VALUES (1)
MERGE INTO people USING q ON a = b WHEN MATCHED THEN DELETE
DELETE FROM people WHERE true
UPDATE people SET id = 1 WHERE true
CREATE TABLE more AS SELECT 1 AS a
CREATE TEMP FUNCTION f(x INT64) AS (x); SELECT f(1)
EXPORT DATA OPTIONS (uri = 'gs://x') AS SELECT 1
LOAD DATA INTO people FROM FILES (format = 'CSV', uris = ['gs://x'])
EXECUTE IMMEDIATE 'DELETE FROM people'
CALL more()
DECLARE x INT64
SET x = 1
BEGIN SELECT 1; END
ASSERT true
SELECT * FROM EXTERNAL_QUERY('connection', 'DELETE FROM people')
SELECT * FROM external_query('connection', 'SELECT 1')
SELECT * FROM ML.GENERATE_TEXT(MODEL m, TABLE t)
SELECT AI.GENERATE('x') AS a
SELECT OBJ.GET_ACCESS_URL(x, 'r') AS a FROM people
SELECT a FROM people |> EXPORT DATA OPTIONS (uri = 'gs://x')
FROM people |> INSERT INTO more
TRUNCATE TABLE people
DROP TABLE people
GRANT `roles/x` ON TABLE people TO 'user:x'
SELECT 1 AS a; DELETE FROM people WHERE true
""",
}
