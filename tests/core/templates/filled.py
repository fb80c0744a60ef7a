"""A warehouse of each dialect with the tables that the templates read: made by their owner, read by Backhaul's own plug-in.

The statements in `tables/` are one for all; what differs is the names of the types. Times without zone stand in for Snowflake's
TIMESTAMP_TZ, whose offset its stand-in loses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from core.warehouses import warehouse_type
from core.warehouses.base import Warehouse
from tests.core.warehouses.harness import bigquery_plugin, no_secret, postgres_plugin, snowflake_plugin
from tests.servers.bigquery.stand_in import Dataset
from tests.servers.redshift import prepare

TABLES = {file.stem: file.read_text("utf-8") for file in sorted((Path(__file__).parent / "tables").glob("*.sql"))}
"""The statements of each schema."""

TYPES: Mapping[str, Mapping[str, str]] = {
    "snowflake": {r"timestamptz\b": "timestamp_ntz"},
    "bigquery": {
        r"varchar\b": "STRING",
        r"bigint\b": "INT64",
        r"boolean\b": "BOOL",
        r"timestamptz\b": "TIMESTAMP",
        r"numeric\(\d+, \d+\)": "NUMERIC",
    },
}
OBJECT = "CREATE FUNCTION object(VARIADIC \"any\") RETURNS json LANGUAGE internal STABLE AS 'json_build_object'"
"""Redshift's function that makes an object, for the Postgres behind its front."""


def statements(schema: str, dialect: str) -> list[str]:
    """Return the statements that make and fill the tables of a schema."""
    found = [each.strip() for each in TABLES[schema].split(";\n") if each.strip()]
    for word, own in TYPES.get(dialect, {}).items():
        found = [re.sub(rf"\b{word}", own, each) if each.startswith("CREATE") else each for each in found]
    return found


def everything(dialect: str) -> list[str]:
    """Return the statements that make and fill all schemas."""
    return [each for schema in TABLES for each in (f"CREATE SCHEMA {schema}", *statements(schema, dialect))]


def duckdb(folder: Path, _request: pytest.FixtureRequest) -> Warehouse:
    import duckdb as driver

    with driver.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for each in everything("duckdb"):
            connection.execute(each)
    plugin: Any = warehouse_type("duckdb")
    made: Warehouse = plugin(plugin.Settings(path="warehouse.duckdb"), no_secret, folder)
    return made


def postgres(_folder: Path, request: pytest.FixtureRequest) -> Warehouse:
    database = request.getfixturevalue("postgres").create_database()
    request.addfinalizer(database.leave)
    reading = [f"GRANT USAGE ON SCHEMA {schema} TO {database.reader}" for schema in TABLES]
    database.execute(*everything("postgres"), *reading)
    made: Warehouse = postgres_plugin(database)
    return made


def redshift(_folder: Path, request: pytest.FixtureRequest) -> Warehouse:
    database = request.getfixturevalue("postgres").create_database()
    request.addfinalizer(database.leave)
    front = request.getfixturevalue("redshift_front")
    prepare(database)
    reading = [f"GRANT USAGE ON SCHEMA {schema} TO {database.reader}" for schema in TABLES]
    database.execute(OBJECT, *everything("redshift"), *reading)
    made: Warehouse = postgres_plugin(database, kind="redshift", port=front.port)
    return made


def snowflake(_folder: Path, request: pytest.FixtureRequest) -> Warehouse:
    warehouse = request.getfixturevalue("snowflake").create()
    request.addfinalizer(warehouse.drop)
    warehouse.execute(*everything("snowflake"))
    made: Warehouse = snowflake_plugin(warehouse)
    return made


def bigquery(_folder: Path, request: pytest.FixtureRequest) -> Warehouse:
    first: Dataset = request.getfixturevalue("bigquery").create()
    for schema in TABLES:
        dataset = Dataset(server=first.server, name=schema, location=first.location, email=first.email)
        dataset.execute("SELECT 1", *statements(schema, "bigquery"))
    first.set_account(datasets=[first.name, *TABLES])
    made: Warehouse = bigquery_plugin(first)
    return made


WAREHOUSES: Mapping[str, Callable[[Path, pytest.FixtureRequest], Warehouse]] = {
    "duckdb": duckdb,
    "postgres": postgres,
    "redshift": redshift,
    "snowflake": snowflake,
    "bigquery": bigquery,
}
