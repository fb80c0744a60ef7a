"""What the conformance suite needs to know of each type of warehouse: how to fill it, and its words for a few things.

A new type of warehouse needs an entry in `HARNESSES`; the suite fails until it has one.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.errors import SecretError
from core.model import Kind, Secret
from core.warehouses import warehouse_type
from core.warehouses.base import Warehouse
from tests.servers.bigquery.stand_in import PROJECT, Dataset
from tests.servers.postgres import Database
from tests.servers.redshift import Redshift, prepare
from tests.servers.snowflake.stand_in import ACCOUNT, PASSWORD
from tests.servers.snowflake.stand_in import Warehouse as SnowflakeWarehouse


@dataclass(kw_only=True)
class Harness:
    """A warehouse of one test with a table `people (id, email)` of three rows, and a view `grown_ups` on it."""

    file: Mapping[str, Any]
    """What the source's file says."""

    secrets: Mapping[str, str] = dataclasses.field(default_factory=dict)
    warehouse: Warehouse
    execute: Callable[..., None]
    """Runs statements as the owner; must work whenever no session is open."""

    writes_while_open: bool
    """Whether the owner can write while a session reads."""

    schema: str
    examples: Mapping[Kind, str]
    """An expression of each kind that the warehouse has."""

    infinities: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Expressions of infinite dates and times, and what DuckDB calls them."""

    quote: str = '"'
    """What a name stands in that keeps its case."""

    typed: Callable[[str], str] = str
    """Brings a statement that makes or changes a table into the warehouse's own words."""

    fold: Callable[[str], str] = str
    """What the warehouse makes of an unquoted name in lower case."""

    not_repeated: str = ""
    """Why no result has a name twice, in whatever case; empty where it may."""

    names: str = """SELECT 1 AS "email", 2 AS "EMAIL", 3 AS "email", 'x' AS "ä b\"\"c" """
    """A query of four columns whose names are hard."""

    values: Mapping[Kind, str] = dataclasses.field(default_factory=dict)
    """What DuckDB makes of an example where the warehouse writes it otherwise than the others."""

    snapshot: str = ""
    """Why a session does not read one state of the data; empty where it does."""

    large: int = 1_500
    """How many thousands of rows a large result has; the stand-ins hold a result in memory."""

    instants: tuple[str, ...] = (
        "TIMESTAMP '2026-01-01 00:00:00'",
        "TIMESTAMPTZ '2026-01-01 00:00:00+00'",
        "DATE '2026-01-01'",
    )
    """Times to be compared with a Unix time."""

    not_one_query: tuple[str, ...] = (
        "",
        "-- nothing",
        ";",
        "SELECT 1; SELECT 2",
        "EXPLAIN SELECT 1",
        "SET a.b = 1",
        "BEGIN",
    )
    series: str = (
        "SELECT b.i * 1000 + a.i AS n, repeat('x', 100) AS note"
        " FROM generate_series(1, {thousands}) AS b(i), generate_series(1, 1000) AS a(i)"
    )
    reads_long: str = ""
    """A result that takes long to read; empty: a very large `series`."""

    fails_late: str = (
        "SELECT CAST(CASE WHEN b.i = 1500 THEN 'zero' ELSE '1' END AS integer) AS n"
        " FROM generate_series(1, 2000) AS b(i), generate_series(1, 1000) AS a(i)"
    )
    never_ends: str = (
        "SELECT count(*) FROM generate_series(1, 100000000) AS a(i), generate_series(1, 100000000) AS b(i)"
    )
    writes: tuple[str, ...] = (
        "INSERT INTO people VALUES (4, 'd')",
        "INSERT INTO people VALUES (4, 'd') RETURNING id",
        "WITH n AS (INSERT INTO people VALUES (4, 'd') RETURNING id) SELECT * FROM n",
        "DELETE FROM people",
        "UPDATE people SET email = 'x' RETURNING id",
        "DROP TABLE people",
        "CREATE TABLE more (i integer)",
        "CREATE TEMP TABLE more (i integer)",
        "SELECT 1; DELETE FROM people",
        "COMMIT; DELETE FROM people",
        "ROLLBACK; BEGIN; DELETE FROM people; COMMIT",
        "SELECT 1) AS q; DELETE FROM people; SELECT (1",
        "SELECT 1\n) TO STDOUT; DELETE FROM people; COPY (SELECT 1",
        "TRUNCATE people",
    )


PEOPLE = (
    "CREATE TABLE people (id integer, email varchar)",
    "INSERT INTO people VALUES (1, 'a@example.com'), (2, 'b@example.com'), (3, NULL)",
    "CREATE VIEW grown_ups AS SELECT id FROM people WHERE id > 1",
)
COMMON_EXAMPLES = {
    Kind.BOOLEAN: "true",
    Kind.INTEGER: "42",
    Kind.DECIMAL: "CAST(12.50 AS decimal(10, 2))",
    Kind.FLOAT: "CAST(1.5 AS double precision)",
    Kind.TEXT: "'Grüße 🎈'",
    Kind.DATE: "DATE '2026-03-29'",
    Kind.TIME: "TIME '01:30:00.5'",
    Kind.TIMESTAMP: "TIMESTAMP '2026-03-29 02:30:00.123456'",
}


def no_secret(name: str) -> Secret:
    """Raise what a keyring without this secret makes of it (see `core.secrets`)."""
    full = f"sources/prod.{name}"
    raise SecretError(f"There is no secret {full}.", remedy=f"Set it with `backhaul secret set {full}`.")


def reader_of(secrets: Mapping[str, str]) -> Callable[[str], Secret]:
    """Give the function that reads these secrets by their names."""
    return lambda name: Secret(secrets[name]) if name in secrets else no_secret(name)


def duckdb_harness(request: pytest.FixtureRequest) -> Harness:
    import duckdb

    folder: Path = request.getfixturevalue("tmp_path")

    def execute(*statements: str) -> None:
        with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
            for statement in statements:
                connection.execute(statement)

    execute(*PEOPLE)
    plugin: Any = warehouse_type("duckdb")
    return Harness(
        file={"type": "duckdb", "path": str(folder / "warehouse.duckdb")},
        warehouse=plugin(plugin.Settings(path="warehouse.duckdb"), no_secret, folder),
        execute=execute,
        writes_while_open=False,
        schema="main",
        fails_late="SELECT CAST(CASE WHEN i = 1500000 THEN 'zero' ELSE '1' END AS integer) AS n FROM range(2000000) AS t(i)",
        examples={
            **COMMON_EXAMPLES,
            Kind.BYTES: "'\\x01\\xFF'::BLOB",
            Kind.INSTANT: "TIMESTAMPTZ '2026-03-29 02:30:00.123456+02'",
            Kind.JSON: """'{"a": [1, null]}'::JSON""",
            Kind.NESTED: "[{'a': 1}]",
        },
        infinities={
            "TIMESTAMP 'infinity'": "infinity",
            "TIMESTAMPTZ '-infinity'": "-infinity",
            "DATE '-infinity'": "-infinity",
        },
    )


def postgres_file(at: Database) -> dict[str, Any]:
    return {
        "type": "postgres",
        "host": at.server.host,
        "port": at.server.port,
        "database": at.name,
        "user": at.reader,
    }


def postgres_plugin(
    at: Database,
    /,
    *,
    password: str | None = None,
    secrets: Mapping[str, str] | None = None,
    kind: str = "postgres",
    **settings: Any,
) -> Any:
    """Give the plug-in for a database as its reader, or with another password, other secrets or settings."""
    plugin: Any = warehouse_type(kind)
    known = {name: value for name, value in postgres_file(at).items() if name != "type"}
    kept = {"password": at.reader_password if password is None else password} if secrets is None else secrets
    return plugin(plugin.Settings(**{**known, **settings}), reader_of(kept), Path())


def postgres_harness(request: pytest.FixtureRequest) -> Harness:
    database: Database = request.getfixturevalue("postgres_database")
    database.execute(*PEOPLE, "ANALYZE people")
    return Harness(
        file=postgres_file(database),
        secrets={"password": database.reader_password},
        warehouse=postgres_plugin(database),
        execute=database.execute,
        writes_while_open=True,
        schema="public",
        examples={
            **COMMON_EXAMPLES,
            Kind.BYTES: "'\\x01ff'::bytea",
            Kind.INSTANT: "TIMESTAMPTZ '2026-03-29 02:30:00.123456+02'",
            Kind.JSON: """'{"a": [1, null]}'::jsonb""",
        },
        infinities={
            "TIMESTAMP 'infinity'": "infinity",
            "TIMESTAMP '-infinity'": "-infinity",
            "TIMESTAMPTZ 'infinity'": "infinity",
            "TIMESTAMPTZ '-infinity'": "-infinity",
            "TIMESTAMP '294276-12-31 23:59:59'": "infinity",
            "DATE 'infinity'": "infinity",
            "DATE '-infinity'": "-infinity",
        },
    )


def redshift_harness(request: pytest.FixtureRequest) -> Harness:
    database: Database = request.getfixturevalue("postgres_database")
    front: Redshift = request.getfixturevalue("redshift_front")
    prepare(database)
    database.execute(*PEOPLE, "ANALYZE people")
    return Harness(
        file={**postgres_file(database), "type": "redshift", "port": front.port},
        secrets={"password": database.reader_password},
        warehouse=postgres_plugin(database, kind="redshift", port=front.port),
        execute=database.execute,
        writes_while_open=True,
        schema="public",
        examples={
            **COMMON_EXAMPLES,
            Kind.BYTES: "'\\x01ff'::varbyte",
            Kind.INSTANT: "TIMESTAMPTZ '2026-03-29 02:30:00.123456+02'",
            Kind.JSON: """'{"a": [1, null]}'::super""",
        },
        infinities={
            "TIMESTAMP 'infinity'": "infinity",
            "TIMESTAMP '-infinity'": "-infinity",
            "TIMESTAMPTZ 'infinity'": "infinity",
            "TIMESTAMPTZ '0044-03-15 12:00:00+00 BC'": "-infinity",
            "DATE '12026-01-01'": "infinity",
            "DATE '-infinity'": "-infinity",
        },
    )


def snowflake_file(at: SnowflakeWarehouse) -> dict[str, Any]:
    return {
        "type": "snowflake",
        "account": ACCOUNT,
        "user": at.user,
        "role": "READER",
        "warehouse": "READING",
        "database": at.database,
        "login": "password",
        "host": at.server.host,
        "port": at.server.port,
        "protocol": "http",
    }


def snowflake_plugin(at: SnowflakeWarehouse, /, *, secrets: Mapping[str, str] | None = None, **settings: Any) -> Any:
    """Give the plug-in for a database of the stand-in as its reader, or with other settings and secrets."""
    plugin: Any = warehouse_type("snowflake")
    known = {name: value for name, value in snowflake_file(at).items() if name != "type"}
    kept = {"password": PASSWORD} if secrets is None else secrets
    return plugin(plugin.Settings(**{**known, **settings}), reader_of(kept), Path())


SNOWFLAKE_NOT_ONE_QUERY = (
    *("", "-- nothing", ";", "SELECT 1; SELECT 2", "EXPLAIN SELECT 1", "SET a = 1", "BEGIN"),
    *("SHOW TABLES", "DESC TABLE people", "USE ROLE ACCOUNTADMIN", "SELECT 1 ->> SELECT 2"),
    "SHOW TABLES ->> SELECT * FROM $1",
)
SNOWFLAKE_EXAMPLES = {
    **COMMON_EXAMPLES,
    Kind.TIMESTAMP: "'2026-03-29 02:30:00.123456'::timestamp_ntz",
    Kind.BYTES: "TO_BINARY('01FF', 'HEX')",
    Kind.INSTANT: "'2026-03-29 02:30:00.123456 +0200'::timestamp_tz",
    Kind.JSON: """PARSE_JSON('{"a": [1, null]}')""",
}
SNOWFLAKE_WRITES = (
    "INSERT INTO people VALUES (4, 'd')",
    "WITH n AS (INSERT INTO people VALUES (4, 'd')) SELECT * FROM n",
    "WITH n AS (DELETE FROM people) SELECT * FROM n",
    "DELETE FROM people",
    "UPDATE people SET email = 'x'",
    "MERGE INTO people USING people AS p ON people.id = p.id WHEN MATCHED THEN DELETE",
    "DROP TABLE people",
    "UNDROP TABLE people",
    "CREATE TABLE more (i integer)",
    "CREATE TEMP TABLE more (i integer)",
    "CREATE TABLE more AS SELECT 1 AS i",
    "ALTER TABLE people ADD COLUMN more integer",
    "TRUNCATE TABLE people",
    "SELECT 1; DELETE FROM people",
    "COMMIT; DELETE FROM people",
    "BEGIN; DELETE FROM people; COMMIT",
    "SELECT 1 ->> DELETE FROM people",
    "SELECT 1) SELECT 1; DELETE FROM people; SELECT (1",
    "SELECT 1\n) SELECT c0 FROM backhaul_rows; DELETE FROM people; SELECT (1",
    "EXECUTE IMMEDIATE 'DELETE FROM people'",
    "EXECUTE IMMEDIATE $$ BEGIN DELETE FROM people; END $$",
    "CALL delete_all()",
    "COPY INTO people FROM @stage",
    "COPY INTO @stage FROM people",
    "PUT file:///etc/hostname @~",
    "GET @~ file:///tmp",
    "REMOVE @~",
    "GRANT SELECT ON people TO ROLE public",
)


def snowflake_harness(request: pytest.FixtureRequest) -> Harness:
    warehouse: SnowflakeWarehouse = request.getfixturevalue("snowflake_warehouse")
    warehouse.execute(*PEOPLE)
    numbers = "SELECT ROW_NUMBER() OVER (ORDER BY 1) AS n{more} FROM TABLE(GENERATOR(ROWCOUNT => {rows}))"
    note = ", REPEAT('x', 100) AS note"
    billion = "TABLE(GENERATOR(ROWCOUNT => 1000000000))"
    return Harness(
        file=snowflake_file(warehouse),
        secrets={"password": PASSWORD},
        warehouse=snowflake_plugin(warehouse),
        typed=lambda statement: re.sub(r"(?i)TIMESTAMP '([^']*)'", r"'\1'::timestamp_ntz", statement),
        execute=warehouse.execute,
        writes_while_open=True,
        schema="PUBLIC",
        fold=str.upper,
        snapshot="Snowflake has none over several statements; the clock is before all of them, so nothing is missed",
        large=200,
        instants=(
            "'2026-01-01 00:00:00'::timestamp_ntz",
            "'2026-01-01 00:00:00 +0000'::timestamp_tz",
            "DATE '2026-01-01'",
        ),
        not_one_query=SNOWFLAKE_NOT_ONE_QUERY,
        series=numbers.format(more=note, rows="{thousands}000"),
        reads_long=numbers.format(more=note, rows="50000").replace("SELECT", "SELECT /* slow chunks */"),
        fails_late=f"SELECT CAST(IFF(n = 150000, 'zero', '1') AS INTEGER) AS n FROM ({numbers.format(more='', rows='200000')})",
        never_ends=f"SELECT COUNT(*) FROM {billion} AS a, {billion} AS b",
        examples=SNOWFLAKE_EXAMPLES,
        writes=SNOWFLAKE_WRITES,
    )


def bigquery_file(at: Dataset) -> dict[str, Any]:
    return {
        "type": "bigquery",
        "project": PROJECT,
        "dataset": at.name,
        "location": at.location,
        "endpoint": at.server.address,
        "patience": 2,
    }


def bigquery_plugin(at: Dataset, /, *, secrets: Mapping[str, str] | None = None, **settings: Any) -> Any:
    """Give the plug-in for a dataset of the stand-in as its reader, or with other settings and secrets."""
    plugin: Any = warehouse_type("bigquery")
    known = {name: value for name, value in bigquery_file(at).items() if name != "type"}
    kept = {"service_account": at.key_file()} if secrets is None else secrets
    return plugin(plugin.Settings(**{**known, **settings}), reader_of(kept), Path())


def bigquery_words(statement: str) -> str:
    """Bring a statement of the suite's into GoogleSQL's types; a time without zone is a DATETIME there."""
    words = {r"varchar(\(\d+\))?": "STRING", r"integer": "INT64", r"boolean": "BOOL", r"timestamp": "DATETIME"}
    for word, own in words.items():
        statement = re.sub(rf"(?i)\b{word}", own, statement)
    return statement


BIGQUERY_NOT_ONE_QUERY = (
    *("", "-- nothing", ";", "SELECT 1; SELECT 2", "EXPLAIN SELECT 1", "SET a = 1", "BEGIN TRANSACTION"),
    *("DECLARE a INT64 DEFAULT 1; SELECT a", "CALL backhaul.act()", "EXECUTE IMMEDIATE 'SELECT 1'"),
)
BIGQUERY_EXAMPLES = {
    **COMMON_EXAMPLES,
    Kind.DECIMAL: "CAST(12.50 AS NUMERIC)",
    Kind.FLOAT: "CAST(1.5 AS FLOAT64)",
    Kind.TIMESTAMP: "DATETIME '2026-03-29 02:30:00.123456'",
    Kind.BYTES: "FROM_HEX('01ff')",
    Kind.INSTANT: "TIMESTAMP '2026-03-29 02:30:00.123456+02'",
    Kind.JSON: """JSON '{"a": [1, null]}'""",
    Kind.NESTED: "STRUCT(1 AS a)",  # there are no ARRAYs that are NULL
}
BIGQUERY_WRITES = (
    "INSERT INTO people VALUES (4, 'd')",
    "INSERT INTO people SELECT id, email FROM people",
    "WITH n AS (INSERT INTO people VALUES (4, 'd')) SELECT * FROM n",
    "DELETE FROM people WHERE true",
    "UPDATE people SET email = 'x' WHERE true",
    "MERGE INTO people USING people AS p ON people.id = p.id WHEN MATCHED THEN DELETE",
    "DROP TABLE people",
    "CREATE TABLE more (i INT64)",
    "CREATE TEMP TABLE more (i INT64)",
    "CREATE TABLE more AS SELECT 1 AS i",
    "ALTER TABLE people ADD COLUMN more INT64",
    "TRUNCATE TABLE people",
    "SELECT 1; DELETE FROM people WHERE true",
    "COMMIT; DELETE FROM people WHERE true",
    "BEGIN TRANSACTION; DELETE FROM people WHERE true; COMMIT TRANSACTION",
    "SELECT 1); DELETE FROM people WHERE true; SELECT (1",
    "SELECT 1\n); DELETE FROM people WHERE true; SELECT * FROM (SELECT 1",
    "EXECUTE IMMEDIATE 'DELETE FROM people WHERE true'",
    "CALL delete_all()",
    "EXPORT DATA OPTIONS (uri = 'gs://bucket/*.csv', format = 'CSV') AS SELECT id FROM people",
    "LOAD DATA INTO people FROM FILES (format = 'CSV', uris = ['gs://bucket/people.csv'])",
    "GRANT `roles/bigquery.dataEditor` ON TABLE people TO 'user:x@example.com'",
)


def bigquery_harness(request: pytest.FixtureRequest) -> Harness:
    dataset: Dataset = request.getfixturevalue("bigquery_dataset")

    def execute(*statements: str) -> None:
        dataset.execute(*map(bigquery_words, statements))

    execute(*PEOPLE)
    numbers = "SELECT n{more} FROM UNNEST(GENERATE_ARRAY(1, {rows})) AS n"
    note = ", REPEAT('x', 100) AS note"
    endless = "UNNEST(GENERATE_ARRAY(1, 1000000000))"
    return Harness(
        file=bigquery_file(dataset),
        secrets={"service_account": dataset.key_file()},
        warehouse=bigquery_plugin(dataset),
        execute=execute,
        writes_while_open=True,
        schema=dataset.name,
        quote="`",
        not_repeated="BigQuery refuses a result with a name twice, and takes `email` and `EMAIL` for the same name",
        names="SELECT 1 AS `email`, 2 AS `eMail2`, 3 AS email3, 'x' AS `ä b'c` ",
        values={
            Kind.DECIMAL: "12.500000000",  # NUMERIC always has nine digits behind the point
            Kind.NESTED: "{'a': 1}",
        },
        snapshot="BigQuery has none over several jobs; the clock is before all of them, so nothing is missed",
        large=200,
        instants=("TIMESTAMP '2026-01-01 00:00:00+00'", "DATETIME '2026-01-01 00:00:00'", "DATE '2026-01-01'"),
        not_one_query=BIGQUERY_NOT_ONE_QUERY,
        series=numbers.format(more=note, rows="{thousands}000"),
        reads_long=numbers.format(more=note, rows="50000") + " /* slow pages */",
        fails_late=numbers.format(more="", rows="200000").replace(
            "n FROM", "CAST(CASE WHEN n = 150000 THEN 'zero' ELSE '1' END AS INT64) AS n FROM", 1
        ),
        never_ends=f"SELECT COUNT(*) AS n FROM {endless} AS a, {endless} AS b",
        examples=BIGQUERY_EXAMPLES,
        writes=BIGQUERY_WRITES,
    )


HARNESSES: Mapping[str, Callable[[pytest.FixtureRequest], Harness]] = {
    "bigquery": bigquery_harness,
    "duckdb": duckdb_harness,
    "postgres": postgres_harness,
    "redshift": redshift_harness,
    "snowflake": snowflake_harness,
}
