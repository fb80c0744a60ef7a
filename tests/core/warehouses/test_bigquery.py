"""What is special about BigQuery: logins, types, costs, jobs that are cancelled, and two ways for results to come.

The stand-in's Storage API is the emulator's own (no login, no TLS), so here its client is made without them.
"""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from google.cloud.bigquery import SchemaField
from google.cloud.bigquery.enums import TimestampPrecision

from core.errors import CancelledError, LoginError, QueryFailedError, UnreachableError, WarehouseError
from core.model import Bill, Estimate, Kind
from core.warehouses import warehouse_type
from core.warehouses.base import Result, SetupNames
from core.warehouses.bigquery import query
from core.warehouses.bigquery.connection import BigQuerySettings, Connector
from core.warehouses.bigquery.credentials import of_account, read_account, within
from core.warehouses.bigquery.setup import account_id
from core.warehouses.bigquery.storage import Storage
from core.warehouses.bigquery.text import offset_at
from core.warehouses.bigquery.types import arrow_type, column, replacements
from tests.core.warehouses.harness import bigquery_plugin, no_secret
from tests.servers.bigquery.stand_in import Dataset, StandIn
from tests.servers.cutting import cutting


@pytest.fixture(scope="module")
def shop(bigquery: StandIn) -> Dataset:
    """A dataset with a table, for tests that only read."""
    made = bigquery.create("EU")
    made.execute(
        "CREATE TABLE people (id INT64, email STRING, address STRUCT<city STRING, lines ARRAY<STRING>>)",
        "INSERT INTO people VALUES (1, 'a@example.com', STRUCT('Berlin', ['x', 'y'])), (2, NULL, NULL)",
    )
    return made


@pytest.fixture
def plugin(shop: Dataset) -> Any:
    shop.server.ask("seen")
    return bigquery_plugin(shop)


def values(result: Result) -> list[list[Any]]:
    return [column.to_pylist() for column in result.batches.read_all().columns]


LAST_MOMENT = datetime.fromisoformat("9999-12-31 23:59:59.999999")
TYPES = [
    ("true", Kind.BOOLEAN, "BOOL", True),
    ("9223372036854775807", Kind.INTEGER, "INT64", 2**63 - 1),
    ("CAST(12.345 AS NUMERIC)", Kind.DECIMAL, "NUMERIC", Decimal("12.345000000")),
    ("CAST(0.1 AS FLOAT64)", Kind.FLOAT, "FLOAT64", 0.1),
    ("CAST('nan' AS FLOAT64)", Kind.FLOAT, "FLOAT64", pytest.approx(float("nan"), nan_ok=True)),
    ("CAST('-inf' AS FLOAT64)", Kind.FLOAT, "FLOAT64", float("-inf")),
    ("''", Kind.TEXT, "STRING", ""),
    ("'Grüße 🎈'", Kind.TEXT, "STRING", "Grüße 🎈"),
    ("FROM_HEX('00ff')", Kind.BYTES, "BYTES", b"\0\xff"),
    ("DATE '0001-01-01'", Kind.DATE, "DATE", date(1, 1, 1)),
    ("TIME '23:59:59.999999'", Kind.TIME, "TIME", clock_time(23, 59, 59, 999999)),
    ("DATETIME '9999-12-31 23:59:59.999999'", Kind.TIMESTAMP, "DATETIME", LAST_MOMENT),
    (
        "TIMESTAMP '2026-03-29 02:30:00.123456+02'",
        Kind.INSTANT,
        "TIMESTAMP",
        datetime(2026, 3, 29, 0, 30, 0, 123456, tzinfo=UTC),
    ),
    ("""JSON '{"a": [1, null, 0.1]}'""", Kind.JSON, "JSON", '{"a":[1,null,0.1]}'),
    ("[1, 2]", Kind.NESTED, "ARRAY<INT64>", [1, 2]),
    (
        "[STRUCT(1 AS a, 'x' AS b)]",
        Kind.NESTED,
        "ARRAY<STRUCT<a INT64, b STRING>>",
        [{"a": 1, "b": "x"}],
    ),
]


@pytest.mark.parametrize(("expression", "kind", "name", "value"), TYPES, ids=[each[0] for each in TYPES])
def test_each_type_arrives_as_what_it_is(plugin: Any, expression: str, kind: Kind, name: str, value: object) -> None:
    with plugin.open() as session:
        result = session.stream(f"SELECT {expression} AS value")
        (described,) = result.columns
        assert (described.kind, described.type_name) == (kind, name)
        assert values(result) == [[value]]


def field_of(kind: str, *, mode: str = "NULLABLE", fields: tuple[SchemaField, ...] = (), **more: Any) -> SchemaField:
    return SchemaField("value", kind, mode=mode, fields=fields, **more)


INNER = {name: SchemaField(name.lower(), name) for name in ("INTEGER", "STRING", "NUMERIC", "GEOGRAPHY", "JSON")}
FIELDS = [  # what the emulator describes otherwise than BigQuery: field, kind, type, how it is converted
    (field_of("BIGNUMERIC"), Kind.DECIMAL, "BIGNUMERIC", "CAST(`value` AS STRING)"),
    (field_of("GEOGRAPHY"), Kind.JSON, "GEOGRAPHY", "ST_ASGEOJSON(`value`)"),
    (field_of("RANGE", range_element_type="DATE"), Kind.TEXT, "RANGE<DATE>", "CAST(`value` AS STRING)"),
    (field_of("INTERVAL"), Kind.TEXT, "INTERVAL", "CAST(`value` AS STRING)"),
    (field_of("SOMETHING_NEW"), Kind.TEXT, "SOMETHING_NEW", "CAST(`value` AS STRING)"),
    (field_of("NUMERIC", precision=10, scale=2), Kind.DECIMAL, "NUMERIC(10, 2)", ""),
    (field_of("STRING", max_length=5), Kind.TEXT, "STRING(5)", ""),
    (
        field_of("RECORD", fields=(INNER["INTEGER"], INNER["NUMERIC"])),
        Kind.NESTED,
        "STRUCT<integer INT64, numeric NUMERIC>",
        "",
    ),
    (
        field_of("RECORD", mode="REPEATED", fields=(INNER["STRING"], INNER["GEOGRAPHY"])),
        Kind.JSON,
        "ARRAY<STRUCT<string STRING, geography GEOGRAPHY>>",
        "IF(`value` IS NULL, NULL, TO_JSON_STRING(`value`))",
    ),
    (
        field_of("JSON", mode="REPEATED"),
        Kind.JSON,
        "ARRAY<JSON>",
        "IF(`value` IS NULL, NULL, TO_JSON_STRING(`value`))",
    ),
    (
        field_of("RECORD", fields=(SchemaField("a", "STRING"), SchemaField("A", "STRING"))),
        Kind.JSON,
        "STRUCT<a STRING, A STRING>",
        "IF(`value` IS NULL, NULL, TO_JSON_STRING(`value`))",
    ),
    (
        field_of("TIMESTAMP", timestamp_precision=TimestampPrecision.PICOSECOND),
        Kind.INSTANT,
        "TIMESTAMP",
        "TIMESTAMP_MICROS(UNIX_MICROS(`value`))",
    ),
]


@pytest.mark.parametrize(("field", "kind", "name", "converted"), FIELDS, ids=[each[2] for each in FIELDS])
def test_each_type_is_converted_as_the_table_says(field: SchemaField, kind: Kind, name: str, converted: str) -> None:
    found = column(field)
    assert (found.kind, found.type_name) == (kind, name)
    assert replacements([field]) == (f" REPLACE ({converted} AS `value`)" if converted else "")
    assert isinstance(arrow_type(field), pa.DataType)


@pytest.mark.parametrize(
    "field",
    [
        field_of("RECORD", fields=(SchemaField("at", "DATETIME"), INNER["JSON"])),
        field_of(
            "RECORD",
            mode="REPEATED",
            fields=(field_of("RECORD", fields=(SchemaField("at", "DATETIME"),)), INNER["JSON"]),
        ),
        field_of("RANGE", range_element_type="DATETIME"),
        field_of("RANGE", mode="REPEATED", range_element_type="DATETIME"),
    ],
)
def test_a_datetime_that_would_travel_as_text_is_refused(field: SchemaField) -> None:
    with pytest.raises(QueryFailedError) as refused:
        replacements([field])
    assert 'Column "value" is a ' in refused.value.message
    assert "TIMESTAMP(x" in refused.value.remedy


def test_a_column_to_be_fixed_needs_a_name(plugin: Any) -> None:
    with plugin.open() as session:
        assert [found.name for found in session.describe("SELECT 1, COUNT(*) FROM people")] == ["f0_", "f1_"]
        with pytest.raises(QueryFailedError) as refused:
            session.describe("SELECT id, PARSE_JSON('{}') FROM people")
    assert "Column 2 is a JSON without a name" in refused.value.message
    assert "AS and a name" in refused.value.remedy


def test_a_place_behind_tabs_and_beyond_the_first_plane_is_found() -> None:
    assert offset_at("SELECT\t'🎈',\n\tx", 2, 9) == len("SELECT\t'🎈',\n\t")
    assert offset_at("a\tb", 1, 9) == 2
    assert offset_at("a", 7, 1) is None


def test_every_job_has_the_label_the_limit_the_dataset_and_the_time_limit(shop: Dataset) -> None:
    shop.server.ask("seen")
    source = bigquery_plugin(shop, maximum_bytes_billed=20_000_000, timeout=60, label="nightly")
    with source.open() as session:
        session.clock()
        session.preview("SELECT id FROM people", limit=1)
        session.stream("SELECT id FROM people").batches.read_all()
    seen = shop.server.ask("seen")
    assert {job["dry_run"] for job in seen} == {True, False}
    for job in seen:
        configuration = job["configuration"]
        assert configuration["labels"] == {"application": "nightly"}
        assert configuration["query"]["defaultDataset"]["datasetId"] == shop.name
        assert configuration["query"]["useLegacySql"] is False
        if not job["dry_run"]:
            assert configuration["query"]["maximumBytesBilled"] == "20000000"
            assert configuration["jobTimeoutMs"] == "60000"
    assert {job["sql"].count("LIMIT 1") for job in seen} == {0, 1}


def test_what_a_query_costs_is_known_before_it_runs(shop: Dataset) -> None:
    shop.set_account(bytes_processed=3 << 40)
    try:
        with bigquery_plugin(shop).open() as session:
            assert session.estimate("SELECT id FROM people") == Estimate(bytes=3 << 40, dollars=18.75)
            assert session.estimate("SELECT 1 AS id") == Estimate(bytes=0, dollars=0.0)
        with bigquery_plugin(shop, price_per_tib=0).open() as session:
            assert session.estimate("SELECT id FROM people") == Estimate(bytes=3 << 40, dollars=None)
        assert all(job["dry_run"] for job in shop.server.ask("seen"))
        shop.set_account()
        with bigquery_plugin(shop).open() as session:  # the least that is billed
            assert session.estimate("SELECT id FROM people") == Estimate(bytes=1024, dollars=10 * 2**20 / 2**40 * 6.25)
    finally:
        shop.set_account()


@pytest.mark.parametrize(
    ("accuracy", "certainty"),
    [("PRECISE", "about"), ("UNKNOWN", "about"), ("UPPER_BOUND", "at most"), ("LOWER_BOUND", "at least")],
)
def test_an_estimate_says_how_certain_it_is(shop: Dataset, accuracy: str, certainty: str) -> None:
    shop.set_account(accuracy=accuracy)
    try:
        with bigquery_plugin(shop).open() as session:
            assert session.estimate("SELECT id FROM people").certainty == certainty
    finally:
        shop.set_account()


def test_what_a_query_has_cost_is_known_when_its_rows_come(shop: Dataset) -> None:
    shop.set_account(bytes_processed=1 << 40)
    try:
        with bigquery_plugin(shop, price_per_tib=5).open() as session:
            result = session.stream("SELECT id FROM people")
            assert result.bill() is None
            result.batches.read_all()
            assert result.bill() == Bill(read=1 << 40, billed=1 << 40, dollars=5.0)
            assert session.preview("SELECT id FROM people", limit=1).bill() == result.bill()
    finally:
        shop.set_account()


def test_an_estimate_is_of_the_text_that_runs_and_costs_no_request_of_its_own(shop: Dataset) -> None:
    def asked(*calls: Callable[[Any], object]) -> int:
        shop.server.ask("seen")
        with bigquery_plugin(shop).open() as session:
            session.clock()
            for call in calls:
                call(session)
        return sum(job["dry_run"] for job in shop.server.ask("seen"))

    def estimated(sql: str) -> Callable[[Any], object]:
        return lambda session: session.estimate(sql)

    def streamed(sql: str) -> Callable[[Any], object]:
        return lambda session: session.stream(sql).batches.read_all()

    people, other = "SELECT id FROM people", "SELECT email FROM people"
    assert asked(streamed(people)) == 2
    assert asked(estimated(people), streamed(people)) == 2
    assert asked(estimated(people), streamed(people), streamed(people)) == 4
    assert asked(estimated(other), streamed(people)) == 4


def test_a_query_beyond_the_limit_is_refused_before_a_job_is_sent(shop: Dataset) -> None:
    shop.set_account(bytes_processed=1_000_001)
    shop.server.ask("seen")
    try:
        with bigquery_plugin(shop, maximum_bytes_billed=1_000_000).open() as session:
            for run in (session.stream, lambda sql: session.preview(sql, limit=1)):
                with pytest.raises(QueryFailedError, match=r"would be billed for 1\.0 MB") as refused:
                    run("SELECT id FROM people")
                assert "maximum_bytes_billed = 1000001 or more" in refused.value.remedy
        assert all(job["dry_run"] or "people" not in job["sql"] for job in shop.server.ask("seen"))
    finally:
        shop.set_account()


def test_the_location_comes_from_the_tables_where_none_is_set(shop: Dataset) -> None:
    with bigquery_plugin(shop, location="").open() as session:
        assert values(session.stream("SELECT id FROM people ORDER BY id")) == [[1, 2]]


def test_the_catalogue_tells_nested_columns_and_only_what_the_account_sees(bigquery: StandIn, shop: Dataset) -> None:
    other = bigquery.create("EU")
    other.execute("CREATE TABLE orders (id INT64)")
    with bigquery_plugin(shop).open() as session:
        (people,) = session.catalogue()
        assert [(found.name, found.type_name) for found in people.columns] == [
            ("id", "INT64"),
            ("email", "STRING"),
            ("address", "STRUCT<city STRING, lines ARRAY<STRING>>"),
        ]
    shop.set_account(datasets=[other.name, shop.name])
    try:
        with bigquery_plugin(shop).open() as session:
            assert [(table.schema, table.name) for table in session.catalogue()] == [
                (shop.name, "people"),
                (other.name, "orders"),
            ]
        with bigquery_plugin(shop, dataset="").open() as session:
            assert {table.schema for table in session.catalogue()} == {shop.name, other.name}
    finally:
        shop.set_account()


def test_a_query_that_is_taken_but_not_as_a_subquery_runs_as_it_is(shop: Dataset) -> None:
    refused = {"reason": "invalidQuery", "message": "Not allowed in a subquery at [2:1]"}
    shop.set_account(answers={"(\n/* on top only */": refused})
    try:
        with bigquery_plugin(shop).open() as session:
            sql = "/* on top only */ SELECT n FROM UNNEST(GENERATE_ARRAY(1, 12000)) AS n ORDER BY n"
            assert values(session.preview(sql, limit=3)) == [[1, 2, 3]]
            assert values(session.stream(sql)) == [list(range(1, 12_001))]
            with pytest.raises(QueryFailedError) as refused:
                session.describe("/* on top only */ SELECT PARSE_JSON('{}') AS j")
        assert "Rows cannot be read from this statement: Not allowed in a subquery" in refused.value.message
        assert refused.value.offset == 0
    finally:
        shop.set_account()


def test_a_nested_row_arrives_as_it_is(plugin: Any) -> None:
    with plugin.open() as session:
        (addresses,) = values(session.stream("SELECT address FROM people ORDER BY id"))
    assert addresses == [{"city": "Berlin", "lines": ["x", "y"]}, None]


def test_a_function_that_runs_outside_bigquery_is_refused(shop: Dataset) -> None:
    sql = f"SELECT {shop.name}.shout(email) AS email FROM people"
    remote = {"remoteFunctionOptions": {"endpoint": "https://example.com", "connection": "a.eu.b"}}
    try:
        for told, words in (
            (remote, "is refused: it runs outside BigQuery"),
            ({"hidden": True}, "may not be looked at"),
        ):
            shop.set_account(routines={f"{shop.name}.shout": told})
            with bigquery_plugin(shop).open() as session, pytest.raises(QueryFailedError) as refused:
                session.stream(sql)
            assert words in refused.value.message
        shop.set_account(routines={f"{shop.name}.shout": {"language": "SQL", "definitionBody": "UPPER(x)"}})
        with bigquery_plugin(shop).open() as session:
            assert values(session.stream(sql)) == [["A@EXAMPLE.COM", None]]
    finally:
        shop.set_account()


def test_cancelling_ends_the_job_at_bigquery_too(shop: Dataset) -> None:
    with bigquery_plugin(shop).open() as session:
        result = session.stream("SELECT COUNT(*) AS n FROM UNNEST(GENERATE_ARRAY(1, 1000000000)) AS a")
        query = session._query
        timer = threading.Timer(0.2, session.cancel)
        timer.start()
        with pytest.raises(CancelledError):
            result.batches.read_all()
        timer.join()
        query.finish_abort(5)
        job = session._client.get_job(query._number, location=shop.location)
        assert job.state == "DONE"
        assert job.error_result["reason"] == "stopped"


WAITS: list[tuple[str, Callable[[Any], object]]] = [
    ("the clock", lambda session: session.clock()),
    ("a description", lambda session: session.describe("SELECT id FROM people")),
    ("the catalogue", lambda session: session.catalogue()),
    ("a preview", lambda session: session.preview("SELECT id FROM people", limit=1)),
    ("a query", lambda session: session.stream("SELECT id FROM people").batches.read_all()),
]


@pytest.mark.parametrize("wait", [each[1] for each in WAITS], ids=[each[0] for each in WAITS])
def test_who_waits_for_a_server_that_hangs_is_let_go(shop: Dataset, wait: Callable[[Any], object]) -> None:
    with bigquery_plugin(shop).open() as session:
        shop.server.ask("hang", {"on": True})
        try:
            timer = threading.Timer(0.3, session.cancel)
            timer.start()
            with pytest.raises(CancelledError):
                wait(session)
            timer.join()
            session.close()
        finally:
            shop.server.ask("hang", {"on": False})


def test_a_process_that_gave_up_a_hanging_server_ends_at_once(shop: Dataset) -> None:
    program = f"""
import threading, time
from core.errors import CancelledError
from core.model import Secret
from core.warehouses import warehouse_type
plugin = warehouse_type("bigquery")
settings = plugin.Settings(project="backhaul-tests", dataset={shop.name!r}, endpoint={shop.server.address!r})
session = plugin(settings, lambda name: Secret({shop.key_file()!r}), None).open()
print("open", flush=True)
input()
threading.Timer(0.2, session.cancel).start()
try:
    session.clock()
except CancelledError:
    print("cancelled", flush=True)
"""
    import sys

    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == "open\n"
        shop.server.ask("hang", {"on": True})
        out, _ = child.communicate("\n", timeout=20)
        assert out == "cancelled\n"
    finally:
        child.kill()
        child.wait(10)
        shop.server.ask("hang", {"on": False})


def test_a_connection_that_is_lost_in_mid_result_is_told_as_that(
    shop: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "PAGE_ROWS", 1_000)
    numbers = "SELECT n, REPEAT('x', 100) AS note FROM UNNEST(GENERATE_ARRAY(1, 20000)) AS n"
    with cutting(shop.server.host, shop.server.port) as wire:
        source = bigquery_plugin(shop, endpoint=f"http://127.0.0.1:{wire.port}", patience=1)
        with source.open() as session:
            result = session.stream(numbers)
            assert result.batches.read_next_batch().num_rows == 1_000
            wire.allow(50_000)
            with pytest.raises(UnreachableError) as lost:
                result.batches.read_all()
    assert "The connection was lost" in lost.value.message
    assert "Try again" in lost.value.remedy
    assert result.failure() is lost.value


def test_a_short_break_of_the_network_goes_unnoticed(shop: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "PAGE_ROWS", 1_000)
    numbers = "SELECT n FROM UNNEST(GENERATE_ARRAY(1, 5000)) AS n"
    with cutting(shop.server.host, shop.server.port) as wire:
        source = bigquery_plugin(shop, endpoint=f"http://127.0.0.1:{wire.port}", patience=20)
        with source.open() as session:
            result = session.stream(numbers)
            result.batches.read_next_batch()
            wire.allow(10)
            timer = threading.Timer(1.0, lambda: wire.allow(None))
            timer.start()
            assert sum(batch.num_rows for batch in result.batches) == 4_000
            timer.join()
            assert wire.cuts


def test_a_job_whose_answer_is_lost_is_not_started_twice(shop: Dataset) -> None:
    with cutting(shop.server.host, shop.server.port) as wire:
        source = bigquery_plugin(shop, endpoint=f"http://127.0.0.1:{wire.port}", patience=20)
        with source.open() as session:
            shop.server.ask("seen")
            wire.allow(0)
            timer = threading.Timer(0.5, lambda: wire.allow(None))
            timer.start()
            assert session.rows("SELECT 7 AS seven") == [(7,)]
            timer.join()
            seen = [job["job"] for job in shop.server.ask("seen") if "seven" in job["sql"]]
    assert wire.cuts
    assert len(seen) > 1  # sent again, and refused as a duplicate
    assert len(set(seen)) == 1


def test_a_token_that_has_expired_is_renewed(shop: Dataset) -> None:
    with bigquery_plugin(shop).open() as session:
        credentials = session._client._credentials
        old = credentials.token
        credentials.expiry = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=1)
        assert values(session.stream("SELECT 1 AS one")) == [[1]]
        assert credentials.token != old


@pytest.mark.parametrize("rows", [20_000])
def test_results_come_by_way_of_the_storage_api_where_it_may_be_used(
    bigquery: StandIn, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    import grpc
    from google.cloud.bigquery_storage_v1 import BigQueryReadClient
    from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport

    dataset = bigquery.create()
    dataset.execute(
        f"CREATE TABLE many AS SELECT n, CAST(n AS STRING) AS note FROM UNNEST(GENERATE_ARRAY(1, {rows})) AS n"
    )
    asked: list[str] = []

    def made(self: Storage) -> Any:
        asked.append(self.host)
        channel = grpc.insecure_channel(f"127.0.0.1:{bigquery.storage_port}")
        return BigQueryReadClient(transport=BigQueryReadGrpcTransport(channel=channel))

    monkeypatch.setattr(Storage, "_made", made)
    monkeypatch.setattr(Connector, "storage_host", "bigquerystorage.googleapis.com")
    from google.cloud import bigquery as driver

    with bigquery_plugin(dataset).open() as session:
        storage = Storage(session._connector, session._client)
        table = driver.TableReference.from_string(f"backhaul-tests.{dataset.name}.many")
        batches = storage.batches(table)
        assert batches is not None
        found = pa.Table.from_batches(list(batches))
        storage.close()
    assert asked == ["bigquerystorage.googleapis.com"]
    assert sorted(found.column("n").to_pylist()) == list(range(1, rows + 1))


def test_results_come_over_rest_where_the_storage_api_may_not_be_used(
    shop: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from google.api_core import exceptions

    asked: list[Any] = []

    class Refusing:
        class transport:  # noqa: N801 -- as the driver calls it
            close = staticmethod(lambda: asked.append("closed"))

        def create_read_session(self, **what: Any) -> None:
            asked.append(what["max_stream_count"])
            raise exceptions.PermissionDenied("the user does not have 'bigquery.readsessions.create' permission")

    monkeypatch.setattr(Storage, "_made", lambda self: Refusing())
    monkeypatch.setattr(Connector, "storage_host", "bigquerystorage.googleapis.com")
    with bigquery_plugin(shop).open() as session:
        (numbers,) = values(session.stream("SELECT n FROM UNNEST(GENERATE_ARRAY(1, 12000)) AS n"))
        assert numbers == list(range(1, 12_001))
    assert asked == [1, "closed"]


@pytest.mark.parametrize(
    ("settings", "host"),
    [
        ({}, "bigquerystorage.googleapis.com"),
        ({"storage": "off"}, ""),
        ({"endpoint": "https://bigquery-abc.p.googleapis.com"}, "bigquerystorage-abc.p.googleapis.com"),
        (
            {"endpoint": "https://bigquery.europe-west3.rep.googleapis.com"},
            "bigquerystorage.europe-west3.rep.googleapis.com",
        ),
        ({"endpoint": "https://private.googleapis.com"}, ""),
        ({"endpoint": "http://127.0.0.1:9050"}, ""),
    ],
)
def test_the_storage_apis_host_goes_with_the_endpoint(settings: dict[str, Any], host: str) -> None:
    assert Connector(BigQuerySettings(project="p-12345", **settings), no_secret).storage_host == host


def test_a_source_without_a_dataset_is_checked_too(shop: Dataset) -> None:
    steps = {step.name: step for step in bigquery_plugin(shop, dataset="", location="").steps()}
    assert all(step.passed is not False for step in steps.values())
    assert steps["location"].detail == "BigQuery takes it from the tables of a query"
    assert "in the first 10 datasets" in steps["privileges"].detail


def test_application_default_credentials_are_what_the_machine_has(
    shop: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CONFIG", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    source = bigquery_plugin(shop, secrets={}, login="application_default")
    assert source.needs(source._connector.settings) == ()
    with pytest.raises(LoginError) as none:
        source.open()
    assert "This machine has no application default credentials" in none.value.message
    assert "gcloud auth application-default login" in none.value.remedy

    file = tmp_path / "key.json"
    file.write_text(shop.key_file())
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    steps = list(source.steps())
    assert [step.name for step in steps if step.passed is False] == []
    assert "what this machine has" in next(step.detail for step in steps if step.name == "credential")
    with source.open() as session:
        assert values(session.stream("SELECT id FROM people ORDER BY id")) == [[1, 2]]

    file.write_text(shop.key_file(token_uri="https://token.example.org/token"))
    with pytest.raises(LoginError) as foreign:
        source.open()
    assert "token_uri leads to token.example.org, which is not Google's" in foreign.value.message
    assert foreign.value.where == str(file)

    file.write_text('{"type": "nothing"}')
    with pytest.raises(LoginError) as wrong:
        source.open()
    assert f"GOOGLE_APPLICATION_CREDENTIALS names {str(file)!r}, which cannot be used" in wrong.value.message


def test_a_federated_login_of_this_machine_gets_its_token_where_its_file_says(
    shop: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An external_account file; the stand-in has no token service, so what it answers is the failure of that."""
    (tmp_path / "subject").write_text("subject-token")
    file = tmp_path / "federated.json"
    file.write_text(
        json.dumps(
            {
                "type": "external_account",
                "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
                "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                "token_url": f"{shop.server.address}/token",
                "credential_source": {"file": str(tmp_path / "subject")},
            }
        )
    )
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    source = bigquery_plugin(shop, secrets={}, login="application_default")
    *_, last = source.steps()
    assert (last.name, last.passed) == ("login", False)
    assert last.detail


def test_key_and_token_are_blacked_out_whoever_repeats_them(shop: Dataset) -> None:
    with bigquery_plugin(shop).open() as session:
        token = session._client._credentials.token
        line = json.loads(shop.key_file())["private_key"].splitlines()[3]
    told = WarehouseError(f"a server repeats {token} and {line}")
    assert token not in str(told)
    assert line not in str(told)


def test_nothing_is_asked_of_google_for_a_stand_in(shop: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """google-auth asks Google in which locations an account may work, with the token in hand."""
    import socket

    real, asked = socket.getaddrinfo, []

    def seen(host: Any, *more: Any, **other: Any) -> Any:
        asked.append(host)
        return real(host, *more, **other)

    monkeypatch.setattr(socket, "getaddrinfo", seen)
    with bigquery_plugin(shop).open() as session:
        session.stream("SELECT 1 AS one").batches.read_all()
        time.sleep(0.2)
    assert set(asked) == {"127.0.0.1"}


def test_the_tokens_within_are_renewed_from_the_account(shop: Dataset) -> None:
    from core.model import Secret

    credentials = of_account(read_account(Secret(shop.key_file())), ["https://www.googleapis.com/auth/bigquery"])
    made = within(credentials)
    assert made.token == credentials.token
    from google.auth.transport.requests import Request

    request = Request()
    made.refresh(request)
    request.session.close()
    assert made.token == credentials.token != ""


def test_more_than_reading_is_told_but_is_no_failure(shop: Dataset) -> None:
    more = ["bigquery.tables.getData", "bigquery.tables.updateData", "bigquery.tables.delete"]
    shop.set_account(permissions=more)
    try:
        found = {step.name: step for step in bigquery_plugin(shop).steps()}
    finally:
        shop.set_account()
    assert found["privileges"].passed
    assert "so are allowed bigquery.tables.updateData, bigquery.tables.delete" in found["privileges"].detail
    assert "roles/bigquery.dataViewer only" in found["privileges"].remedy
    alone = {step.name: step for step in bigquery_plugin(shop).steps()}
    assert "nothing more is allowed" in alone["privileges"].detail


def test_without_a_table_it_is_said_that_more_cannot_be_known(bigquery: StandIn) -> None:
    dataset = bigquery.create()
    dataset.execute("CREATE VIEW only AS SELECT 1 AS one")
    found = {step.name: step for step in bigquery_plugin(dataset).steps()}
    assert "whether more than reading is allowed cannot be known" in found["privileges"].detail


def test_each_setting_and_secret_says_where_it_is_found() -> None:
    import dataclasses

    plugin: Any = warehouse_type("bigquery")
    names = {field.name for field in dataclasses.fields(plugin.Settings)} | set(plugin.secrets)
    assert set(plugin.where_to_find) == names - {"connect_timeout", "patience"}
    for field in dataclasses.fields(plugin.Settings):
        assert f"`{field.name}` " in plugin.Settings.__doc__


FAKE = """#!/bin/sh
printf '%s' "$(basename "$0")" >> "$LOG"
for word in "$@"; do printf '\\t%s' "$word" >> "$LOG"; done
printf '\\n' >> "$LOG"
[ "$1 $2" = "config get-value" ] && echo configured-project
exit 0
"""


def run_script(script: str, folder: Path) -> list[list[str]]:
    """Run a script with programs that only write down how they were called."""
    for name in ("gcloud", "bq", "sleep"):
        program = folder / name
        program.write_text(FAKE)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    log = folder / "log"
    (folder / "setup.sh").write_text(script)
    subprocess.run(
        ["sh", folder / "setup.sh"],
        check=True,
        cwd=folder,
        env={"PATH": f"{folder}{os.pathsep}/usr/bin:/bin", "LOG": str(log)},
    )
    return [line.split("\t") for line in log.read_text().splitlines()]


def test_the_set_up_script_runs_and_quotes_every_name(tmp_path: Path) -> None:
    plugin: Any = warehouse_type("bigquery")
    names = SetupNames(
        user="Back haul", project="my-project", schemas=("shop", "it's `$(touch broken)`; rm"), ledger=True
    )
    script = plugin.setup_script(names)
    calls = run_script(script, tmp_path)
    assert not (tmp_path / "broken").exists()
    email = "back-haul@my-project.iam.gserviceaccount.com"
    member = f"serviceAccount:{email}"
    assert [
        "gcloud",
        "iam",
        "service-accounts",
        "create",
        "back-haul",
        "--project=my-project",
        "--display-name=Backhaul",
    ] in calls
    bound = [call for call in calls if "add-iam-policy-binding" in call]
    assert [call[3:6] for call in bound] == [["my-project", f"--member={member}", "--role=roles/bigquery.jobUser"]]
    statements = [call[-1] for call in calls if call[0] == "bq" and "query" in call]
    assert statements == [
        f'GRANT `roles/bigquery.dataViewer` ON SCHEMA `my-project.shop` TO "{member}";',
        f'GRANT `roles/bigquery.dataViewer` ON SCHEMA `my-project.it\'s \\`$(touch broken)\\`; rm` TO "{member}";',
        f'GRANT `roles/bigquery.dataEditor` ON SCHEMA `my-project.__backhaul` TO "{member}";',
    ]
    assert ["bq", "--project_id=my-project", "mk", "--dataset", "my-project:__backhaul"] in calls
    assert calls[-1] == [
        "gcloud",
        "iam",
        "service-accounts",
        "keys",
        "create",
        "backhaul-key.json",
        f"--iam-account={email}",
    ]
    assert "whoever has this file" in script


def test_without_names_the_set_up_script_takes_the_configured_project_and_grants_no_dataset(tmp_path: Path) -> None:
    plugin: Any = warehouse_type("bigquery")
    calls = run_script(plugin.setup_script(SetupNames()), tmp_path)
    assert [
        "gcloud",
        "services",
        "enable",
        "bigquery.googleapis.com",
        "bigquerystorage.googleapis.com",
        "--project=configured-project",
    ] in calls
    assert not [call for call in calls if call[0] == "bq"]


def test_the_id_of_an_account_is_one_that_google_takes() -> None:
    assert account_id("backhaul") == "backhaul"
    assert account_id("Back Haul 7") == "back-haul-7"
    assert account_id("7") == "a-7000"
    assert account_id("x@p.iam.gserviceaccount.com") == "x00000"
    assert len(account_id("x" * 60)) == 30
    assert account_id("🎈") == "backhaul"


def test_the_stand_in_ends_with_the_process_that_started_it(bigquery: StandIn) -> None:
    server = StandIn.start()
    try:
        assert server.process.stdin is not None
        server.process.stdin.close()
        assert server.process.wait(10) == 0
    finally:
        server.process.stdin = None
        server.process.send_signal(signal.SIGKILL)
        server.stop()


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not [thread for thread in threading.enumerate() if thread.name == "warehouse"]:
            return
        time.sleep(0.05)
    pytest.fail("a call goes on although nobody waits for it")
