"""A query can only read: no statement, function or table that does anything else passes."""

from __future__ import annotations

import pytest

from core.model import Severity
from core.query import DIALECTS, parse

NO_QUERIES = """\
INSERT INTO t SELECT 1
UPDATE t SET a = 1
DELETE FROM t
MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE
CREATE TABLE t AS SELECT 1 AS a
DROP TABLE t
ALTER TABLE t ADD COLUMN a INT
TRUNCATE TABLE t
GRANT SELECT ON t TO u
COPY t FROM 'x'
CALL f()
SET a = 1
USE b
BEGIN
COMMIT
EXPLAIN SELECT 1
SHOW TABLES
DESCRIBE t
SELECT 1 AS a; DELETE FROM t
; DELETE FROM t
WITH a AS (SELECT 1 AS b) INSERT INTO t SELECT * FROM a
((DELETE FROM t))
nonsense
""".splitlines()

WRITING_QUERIES = {
    "postgres": [
        "WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a",
        "WITH a AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM a",
        "WITH a AS (UPDATE t SET b = 1 RETURNING *) SELECT * FROM a",
        "SELECT * FROM (WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a) AS x",
        "SELECT a INTO b FROM t",
        "SELECT a FROM t FOR UPDATE",
        "SELECT a FROM t FOR NO KEY UPDATE",
        "SELECT * FROM (SELECT a FROM t FOR SHARE) AS x",
        "COPY (SELECT 1) TO PROGRAM 'x'",
        "DO $$ BEGIN END $$",
    ],
    "duckdb": [
        "COPY (SELECT 1) TO 'x'",
        "ATTACH 'x'",
        "INSTALL x",
        "LOAD x",
        "PRAGMA database_size",
        "EXPORT DATABASE 'x'",
        "SUMMARIZE t",
        "CREATE TABLE u AS PIVOT t ON a USING sum(b)",
        "DESCRIBE PIVOT t ON a USING sum(b)",
    ],
    "snowflake": [
        "PUT file://x @y",
        "EXECUTE IMMEDIATE 'x'",
        "SHOW TABLES ->> SELECT * FROM $1",
        "SELECT 1 AS a ->> DELETE FROM t",
        "SELECT a ->> INSERT FROM t",
    ],
    "bigquery": [
        "EXPORT DATA OPTIONS (uri = 'x') AS SELECT 1",
        "DECLARE x INT64",
        "EXECUTE IMMEDIATE 'x'",
        "SELECT a FROM t |> INSERT INTO u",
        "FROM t |> EXPORT DATA OPTIONS (uri = 'x')",
        "LOAD DATA INTO t FROM FILES (format = 'CSV', uris = ['x'])",
        "CREATE TEMP FUNCTION f(x INT64) AS (x); SELECT f(1)",
        "CREATE MODEL m OPTIONS (model_type = 'linear_reg') AS SELECT 1 AS label",
        "EXPORT MODEL m OPTIONS (uri = 'x')",
        "ASSERT (SELECT COUNT(*) FROM t) > 0",
    ],
    "redshift": ["UNLOAD ('SELECT 1') TO 's3://x'", "SELECT a INTO #b FROM t"],
}

REFUSED_CALLS = {
    "postgres": """
        pg_read_file pg_read_binary_file pg_ls_dir pg_ls_waldir pg_stat_file lo_import lo_export lo_create
        lo_unlink lo_get dblink dblink_exec dblink_connect query_to_xml table_to_xml cursor_to_xml database_to_xml
        schema_to_xml query_to_xml_and_xmlschema query_to_xmlschema pg_terminate_backend pg_cancel_backend set_config
        pg_reload_conf pg_sleep pg_sleep_for nextval setval pg_advisory_lock pg_advisory_xact_lock
        pg_try_advisory_lock pg_logical_emit_message pg_replication_origin_create pg_switch_wal pg_notify
        pg_file_write pg_create_restore_point pg_drop_replication_slot ts_stat crosstab pg_nextoid
        binary_upgrade_set_missing_value PG_READ_FILE autoprewarm_dump_now autoprewarm_start_worker duckdb.query
        duckdb.raw_query run_command_on_workers run_command_on_shards master_add_node citus_add_node citus_set_coordinator_host
        create_distributed_table pg_background_launch azure_storage.blob_put azure_openai.create_embeddings
        aws_s3.query_export_to_s3 aws_lambda.invoke google_ml.predict_row ai.openai_embed net.http_post utl_file.fopen
        utl_http.request dbms_pipe.send_message dbms_sql.execute create_hypertable drop_chunks compress_chunk add_job
        remove_retention_policy partman.run_maintenance create_parent pgmq.pop pglogical.replicate_ddl_command
        pgr_dijkstra graphql.resolve heap_force_kill pg_truncate_visibility_map pg_restore_relation_stats xslt_process
        UpdateGeometrySRID AddGeometryColumn topology.DropTopology anon.anonymize_database vault.create_secret""",
    "redshift": """pg_terminate_backend pg_cancel_backend set_config change_query_priority change_session_priority
        change_user_priority pg_terminate_session""",
    "snowflake": "system$abort_session SYSTEM$CANCEL_ALL_QUERIES infer_schema get_presigned_url identifier"
    " to_query getnextval ai_complete AI_SENTIMENT directory try_to_file",
    "bigquery": """external_query ml.generate_text ai.generate ML.Generate_Text ml.generate_table ml.process_document ml.transcribe
        ml.annotate_image ml.understand_text ml.decode_image ai.generate_bool ai.score ai.forecast AI.GENERATE_TABLE
        obj.get_access_url obj.fetch_metadata st_regionstats""",
    "duckdb": """read_csv read_csv_auto read_parquet parquet_scan read_json read_json_auto read_ndjson read_text read_blob
        glob sniff_csv sqlite_scan postgres_scan postgres_query mysql_scan mysql_query iceberg_scan delta_scan query
        query_table getenv nextval duckdb_secrets which_secret pragma_table_info parquet_metadata parquet_schema
        json_execute_serialized_sql setval sleep_ms
        register_external_resource READ_CSV mssql_scan ducklake_snapshots start_ui""",
}

CALLS = [(dialect, name) for dialect, names in REFUSED_CALLS.items() for name in names.split()]


def rules(text: str, dialect: str) -> set[str]:
    return {found.rule for found in parse(text, dialect).findings}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("text", NO_QUERIES)
def test_what_is_no_single_query_is_refused(text: str, dialect: str) -> None:
    assert rules(text, dialect) & {"writes", "not-a-query", "several-statements", "syntax-error"}


@pytest.mark.parametrize(
    ("dialect", "text"), [(dialect, text) for dialect, texts in WRITING_QUERIES.items() for text in texts]
)
def test_what_writes_or_locks_is_refused(dialect: str, text: str) -> None:
    assert rules(text, dialect) & {"writes", "not-a-query", "syntax-error"}


@pytest.mark.parametrize("dialect", ["postgres", "redshift"])
def test_an_attribute_of_a_value_is_a_call(dialect: str) -> None:
    """Postgres calls a function of one argument where (value).name is no field."""
    for text in (
        "SELECT (1).pg_cancel_backend AS a",
        "SELECT ('x').pg_terminate_backend AS a",
        "SELECT ('x'::text) . \"pg_read_file\" AS a FROM t",
        "SELECT (t.a)[1].pg_ls_dir AS a FROM t",
        "SELECT a[1].pg_ls_dir FROM t",
        "SELECT ((SELECT b FROM u)).lo_unlink FROM t",
        "SELECT g.pg_terminate_backend FROM generate_series(1, 2) AS g",
    ):
        assert "dangerous-function" in rules(text, dialect), text
    for text in (
        "SELECT t.pg_terminate, (t.a).b, t.master_id, t.nextval_of, t.http, pg_catalog.pg_typeof(1) AS c FROM t",
        "SELECT relname FROM pg_catalog.pg_class AS c WHERE c.relkind = 'r'",
        "SELECT name FROM pg_catalog.pg_hba_file_rules",
    ):
        assert "dangerous-function" not in rules(text, dialect), text


@pytest.mark.parametrize(("dialect", "name"), CALLS)
def test_a_refused_function_is_found_in_every_form(dialect: str, name: str) -> None:
    quote = "`" if dialect == "bigquery" else '"'
    forms = [
        f"SELECT {name}('x') AS a FROM t",
        f"SELECT a FROM t WHERE b = (SELECT max({name} ('x')) FROM u)",
        f"SELECT * FROM {name}('x')",
        f"SELECT 1 AS a UNION ALL SELECT {name}/* c */('x')",
    ]
    if "." not in name:
        forms += [
            f"SELECT pg_catalog.{name}('x') AS a FROM t",
            f"SELECT {quote}{name}{quote}('x') AS a FROM t",
            f"SELECT {quote}main{quote} . {quote}{name}{quote} ('x') AS a FROM t",
            f"WITH x AS (SELECT {name}('x') AS a) SELECT a FROM x",
        ]
    for form in forms:
        assert rules(form, dialect) & {"dangerous-function", "syntax-error"}, form
    assert "dangerous-function" in rules(forms[0], dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("text", ["SELECT a FROM t -- \r; DELETE FROM t", "SELECT a FROM t \x00 WHERE b"])
def test_characters_that_could_hide_code_are_refused(text: str, dialect: str) -> None:
    assert rules(text, dialect) == {"syntax-error"}
    assert rules("SELECT a -- b\r\nFROM t", dialect) == set()


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("duckdb", "SELECT * FROM 'x.csv'"),
        ("duckdb", 'SELECT * FROM "a/x.parquet"'),
        ("duckdb", "SELECT * FROM main.'x.parquet'"),
        ("duckdb", "FROM '/etc/passwd'"),
        ("duckdb", "SELECT * FROM data.csv"),
        ("duckdb", "SELECT * FROM t JOIN 's3://b/x' ON true"),
        ("duckdb", "SELECT ('x').read_text()"),
        ("duckdb", "SELECT 'x'.read_text()"),
        ("snowflake", "SELECT $1 FROM @stage/x"),
        ("snowflake", "SELECT $1 FROM '@stage/x'"),
        ("snowflake", "SELECT s.nextval AS a"),
        ("postgres", "SELECT U&\"pg\\005fread_file\"('x')"),
    ],
)
def test_files_stages_and_sequences_are_refused(dialect: str, text: str) -> None:
    assert rules(text, dialect) & {"dangerous-function", "syntax-error"}


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("postgres", 'SELECT "update", created AS "delete", \'drop table x\' AS c FROM inserts -- delete'),
        ("postgres", "SELECT a FROM t, LATERAL (SELECT b FROM u WHERE u.a = t.a) AS x, generate_series(1, 2) AS g(n)"),
        ("postgres", "WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM a) SELECT n FROM a"),
        ("postgres", "SELECT * FROM (VALUES (1, 2)) AS v(a, b)"),
        (
            "postgres",
            "SELECT to_char(now(), 'YYYY') AS y, json_build_object('a', 1) AS j FROM t FETCH FIRST 5 ROWS ONLY",
        ),
        ("snowflake", "SELECT * FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()))"),
        (
            "snowflake",
            "SELECT a:b.c::string AS d, system$typeof(a) AS t FROM x, LATERAL FLATTEN(input => x.y) QUALIFY 1 = 1",
        ),
        ("bigquery", "SELECT a, @@project_id AS p FROM `my-project.d.t`, UNNEST(b) AS c WITH OFFSET"),
        ("bigquery", "FROM t |> WHERE a = 1 |> SELECT a"),
        ("duckdb", "SELECT replace(a, 'b', 'c') AS d, {'x': 1} AS e FROM t"),
        ("postgres", "VALUES (1, 'a'), (2, 'b')"),
        ("postgres", "VALUES (1) UNION ALL VALUES (2) ORDER BY 1"),
        ("duckdb", "(VALUES (1))"),
        ("snowflake", "VALUES (1, 2)"),
        ("duckdb", "PIVOT t ON a USING sum(b)"),
        ("duckdb", "PIVOT t ON a IN (1, 2) USING sum(b) GROUP BY c"),
        ("duckdb", "WITH p AS (SELECT 1 AS a) PIVOT p ON a USING sum(a)"),
        ("duckdb", "UNPIVOT t ON a, b INTO NAME n VALUE v"),
        ("duckdb", "FROM (PIVOT t ON a USING sum(b))"),
        ("postgres", "SELECT glob AS y, qualify, drop + 1 AS z FROM t WHERE rlike = 1 ORDER BY xor"),
        (
            "postgres",
            "SELECT @ -5 AS a, @b AS c, xmlparse(document '<a/>') AS d, xmlserialize(content e AS text) AS f FROM t",
        ),
        ("redshift", "SELECT getdate() AS d, nvl(a, b) AS c, listagg(e, ',') AS f FROM t GROUP BY 1, 2"),
    ],
)
def test_harmless_queries_pass(dialect: str, text: str) -> None:
    assert rules(text, dialect) == set()


def test_a_quoted_name_that_ends_like_a_file_may_be_a_tables_and_is_warned_about() -> None:
    (found,) = parse('SELECT * FROM "customers.csv"', "duckdb").findings
    assert (found.rule, found.severity) == ("dangerous-function", Severity.WARNING)
    assert parse('SELECT * FROM "customers.csv"', "duckdb").render(0)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM TABLE('@stage/file')",
        "SELECT * FROM TABLE('SELECT 1')",
        "SELECT * FROM TABLE ( $name )",
        "SELECT * FROM TABLE(TO_QUERY(SQL => 'DELETE FROM t'))",
        "SELECT * FROM TABLE($$t$$)",
        "SELECT * FROM IDENTIFIER('t')",
    ],
)
def test_a_table_of_snowflake_is_not_named_by_text_that_is_no_name(text: str) -> None:
    assert "dangerous-function" in rules(text, "snowflake")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM TABLE(FLATTEN(input => a)) AS t",
        "SELECT * FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()))",
        "SELECT * FROM TABLE('a.users')",
    ],
)
def test_functions_that_give_tables_pass_on_snowflake(text: str) -> None:
    assert not rules(text, "snowflake") & {"dangerous-function"}


@pytest.mark.parametrize("dialect", ["postgres", "redshift"])
@pytest.mark.parametrize("between", ["\n", " \n ", "\r\n", "\f\n", "\n\n", " -- and\n", "\n-- 'and'\n--\n"])
def test_a_string_with_escapes_that_goes_on_in_the_next_line_is_refused(between: str, dialect: str) -> None:
    hidden = f"SELECT id AS \"userId\", E'a'{between}'b\\'' || pg_terminate_backend(pid)::text -- '\n AS plan FROM t"
    assert "syntax-error" in rules(hidden, dialect)
    assert any(each.severity is Severity.ERROR for each in parse(hidden, dialect).findings)
    assert "syntax-error" in rules(f"SELECT E'a'{between}'b' AS x FROM t", dialect)


@pytest.mark.parametrize(
    "text", ["SELECT 'a'\n'b\\' AS x", "SELECT E'a\\'b', 'c' AS x", "SELECT E'a' || '\n' AS x", "SELECT E'a', E'b'"]
)
def test_other_strings_that_follow_upon_each_other_pass(text: str) -> None:
    assert not rules(text, "postgres") & {"syntax-error"}


@pytest.mark.parametrize("text", [r"SELECT 'a\'", r"SELECT 'a\'; DELETE FROM t --'", r"SELECT 'it\'s' AS a"])
def test_a_string_of_redshift_that_can_be_read_in_two_ways_is_refused(text: str) -> None:
    assert "syntax-error" in rules(text.replace("\\\\", "\\"), "redshift")


@pytest.mark.parametrize(
    "text", [r"SELECT REGEXP_COUNT(a, '\\d') AS n FROM t", "SELECT 'it''s' AS a", r"SELECT 'C:\\x' AS a"]
)
def test_a_string_of_redshift_with_plain_backslashes_passes(text: str) -> None:
    assert not rules(text, "redshift")
