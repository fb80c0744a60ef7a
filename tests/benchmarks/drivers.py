"""Snowflake, BigQuery and Redshift: how many rows a second come through, against the bare driver's own fetch of the same query.

Ours is the query's time in a run where nothing has changed: import of the driver, login, description, clock, query, fetch, map,
fingerprint, look up in the ledger. The bare driver's is import, login, query and fetch into Arrow, in a process of its own
(bare_driver.py); psycopg makes no Arrow, so for Redshift it is made of its values, column by column.

The warehouses are the stand-ins of tests/servers: what they take to compute and to send is in both times, and is more than a real one
takes. They hold a result in memory, so there are fewer rows than elsewhere.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.bench import Bench, Project, said
from tests.benchmarks.elsewhere import Clients
from tests.benchmarks.processes import running
from tests.benchmarks.rounds import Rounds
from tests.benchmarks.table import Measured, Row, of_ratios, rows_in_words, skipped
from tests.servers.bigquery import stand_in as bigquery
from tests.servers.environments import NoEnvironmentError
from tests.servers.redshift import prepare, redshift
from tests.servers.snowflake import stand_in as snowflake

__all__ = ["measure"]

LEAST = 0.7
_PAGE = 10_000
"""Rows of a page over REST: what our runs ask for, and the bare driver too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A warehouse with the rows in it: what the source's file says, its secrets, the query; and what the bare driver is told."""

    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    query: str
    bare: Mapping[str, Any]
    bare_env: Mapping[str, str] = field(default_factory=dict)


def measure(bench: Bench, rounds: Rounds, clients: Clients) -> Measured:
    """Measure `repeat` pairs with each warehouse whose stand-in can be started here."""
    rows = bench.options.driver_rows
    found, numbers = [], {}
    for name, (words, opened) in _SOURCES.items():
        what = f"{words}: rows/s of the pipeline, {rows_in_words(rows)} rows"
        target = f"at least {LEAST} of the bare driver's fetch"
        try:
            with opened(bench, rows) as source:
                said(f"{words}: the stand-in has its rows")
                pairs = _pairs(bench, name, source)
        except NoEnvironmentError as error:
            said(str(error))
            found.append(skipped(what, target))
            continue
        middle, ratio = of_ratios([pair["bare"]["seconds"] / pair["ours"] for pair in pairs], max)
        ours = rows / min(pair["ours"] for pair in pairs)
        bare = rows / min(pair["bare"]["seconds"] for pair in pairs)
        measured = f"{ours:,.0f} rows/s; the driver {bare:,.0f}"
        found.append(Row(what=what, target=target, measured=measured, ratio=ratio, met=middle >= LEAST))
        numbers[name] = pairs
    return Measured(rows=tuple(found), numbers=numbers)


def _pairs(bench: Bench, name: str, source: Source) -> list[dict[str, Any]]:
    """Take all rows for delivered, then measure: the bare driver, and a run in which nothing has changed."""
    rows = bench.options.driver_rows
    project: Project = bench.project(f"driver_{name}", source.query, source.settings, source.secrets)
    project.run("--baseline")
    pairs: list[dict[str, Any]] = []
    for _ in range(bench.options.repeat):
        bare = _bare(name, source)
        run = project.run()
        if bare["rows"] != rows or run.planned["unchanged"] != rows:
            raise RuntimeError(f"{name}: not {rows} rows, but {bare['rows']} and {run.planned}")
        pairs.append({"bare": bare, "ours": run.queried, "processor": run.cost.processor, "stages": dict(run.stages)})
        said(f"{name}: {run.queried:.2f} s; the bare driver {bare['seconds']:.2f} s")
    return pairs


def _bare(name: str, source: Source) -> dict[str, Any]:
    """Have the bare driver fetch all rows in a process of its own."""
    words = [sys.executable, Path(__file__).with_name("bare_driver.py"), name]
    told = json.dumps({"query": source.query, **source.bare}).encode()
    with running(words, env=source.bare_env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        out, _ = process.communicate(told)
    if process.returncode:
        raise RuntimeError(f"the bare driver of {name} ended with {process.returncode}")
    answer: dict[str, Any] = json.loads(out)
    return answer


@contextlib.contextmanager
def _snowflake(bench: Bench, rows: int) -> Iterator[Source]:
    server = snowflake.StandIn.start()
    try:
        at = server.create()
        at.execute(_IN_SNOWFLAKE.format(rows=rows))
        place = {"account": snowflake.ACCOUNT, "host": server.host, "port": server.port, "protocol": "http"}
        who = {"user": at.user, "role": "READER", "warehouse": "READING", "database": at.database}
        session = {"TIMEZONE": "UTC", "CLIENT_TELEMETRY_ENABLED": False}
        bare = {**place, **who, "schema": "PUBLIC", "password": snowflake.PASSWORD, "session_parameters": session}
        bare |= {"enable_server_session_keep_alive_auto_detection": False}
        yield Source(
            settings={"type": "snowflake", "login": "password", **place, **who},
            secrets={"PASSWORD": snowflake.PASSWORD},
            query=_QUERY.replace("`", '"'),
            bare={"connection": bare},
        )
    finally:
        server.stop()


@contextlib.contextmanager
def _bigquery(bench: Bench, rows: int) -> Iterator[Source]:
    server = bigquery.StandIn.start()
    try:
        at = server.create()
        at.execute(_IN_BIGQUERY.format(rows=rows))
        place = {"project": bigquery.PROJECT, "dataset": at.name, "location": at.location, "endpoint": server.address}
        yield Source(
            settings={"type": "bigquery", **place},
            secrets={"SERVICE_ACCOUNT": at.key_file()},
            query=_QUERY,
            bare={**place, "account": at.key_file(), "page": _PAGE},
        )
    finally:
        server.stop()


@contextlib.contextmanager
def _redshift(bench: Bench, rows: int) -> Iterator[Source]:
    query, at = bench.query(rows), bench.database
    prepare(at)
    with redshift(at.server.host, at.server.port) as front:
        place = {"host": front.host, "port": front.port, "database": at.name, "user": at.reader}
        yield Source(
            settings={"type": "redshift", "sslmode": "disable", **place},
            secrets={"PASSWORD": at.reader_password},
            query=query.replace("settings", "settings::super AS settings"),
            bare={"connection": bench.target.replace(f"port={at.server.port}", f"port={front.port}")},
            bare_env=bench.env,
        )


_SOURCES: Mapping[str, tuple[str, Callable[[Bench, int], AbstractContextManager[Source]]]] = {
    "snowflake": ("Snowflake", _snowflake),
    "bigquery": ("BigQuery", _bigquery),
    "redshift": ("Redshift", _redshift),
}

_QUERY = """SELECT id AS `userId`, email, first_name, last_name, plan, is_active, lifetime_value, score, orders,
    signed_up_on AS `createdAt`, updated_at, settings
FROM people"""
_IN_SNOWFLAKE = """
    CREATE TABLE people AS
    SELECT 'user_' || n AS id, 'person.' || n || '@example.com' AS email,
        CASE n % 3 WHEN 0 THEN 'Ada' WHEN 1 THEN 'Ben' ELSE 'Chloé' END AS first_name,
        'Larsen' || (n % 1000) AS last_name,
        CASE WHEN n % 10 = 0 THEN NULL WHEN n % 2 = 0 THEN 'free' ELSE 'enterprise' END AS plan,
        n % 3 = 0 AS is_active,
        CAST((n * 7919) % 1000000 / 100.0 AS NUMBER(12, 2)) AS lifetime_value,
        CAST((n % 977) / 7.0 AS DOUBLE) AS score,
        CAST((n * 31) % 5000 AS INTEGER) AS orders,
        DATEADD(day, n % 2000, '2020-01-01'::date) AS signed_up_on,
        DATEADD(second, n, '2020-01-01'::timestamp_ntz) AS updated_at,
        PARSE_JSON('{{"newsletter": true, "tags": ["a", ' || (n % 7) || ']}}') AS settings
    FROM (SELECT ROW_NUMBER() OVER (ORDER BY 1) AS n FROM TABLE(GENERATOR(ROWCOUNT => {rows})))
"""
_IN_BIGQUERY = """
    CREATE TABLE people AS
    SELECT CONCAT('user_', CAST(n AS STRING)) AS id, CONCAT('person.', CAST(n AS STRING), '@example.com') AS email,
        CASE MOD(n, 3) WHEN 0 THEN 'Ada' WHEN 1 THEN 'Ben' ELSE 'Chloé' END AS first_name,
        CONCAT('Larsen', CAST(MOD(n, 1000) AS STRING)) AS last_name,
        CASE WHEN MOD(n, 10) = 0 THEN NULL WHEN MOD(n, 2) = 0 THEN 'free' ELSE 'enterprise' END AS plan,
        MOD(n, 3) = 0 AS is_active,
        CAST(MOD(n * 7919, 1000000) / 100 AS NUMERIC) AS lifetime_value,
        MOD(n, 977) / 7.0 AS score,
        MOD(n * 31, 5000) AS orders,
        DATE_ADD(DATE '2020-01-01', INTERVAL MOD(n, 2000) DAY) AS signed_up_on,
        TIMESTAMP_ADD(TIMESTAMP '2020-01-01 00:00:00+00', INTERVAL n SECOND) AS updated_at,
        PARSE_JSON(CONCAT('{{"newsletter": true, "tags": ["a", ', CAST(MOD(n, 7) AS STRING), ']}}')) AS settings
    FROM UNNEST(GENERATE_ARRAY(1, {rows})) AS n
"""
