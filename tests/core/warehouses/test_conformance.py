"""What holds for every type of warehouse. A new file in core/warehouses is picked up by itself."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import sqlglot

from core import warehouses
from core.errors import CancelledError, QueryFailedError, WarehouseError
from core.model import Kind
from core.warehouses.base import Result, Session
from tests.core.warehouses.harness import HARNESSES, Harness

DRIVERS = (
    "duckdb",
    "psycopg",
    "adbc_driver_postgresql",
    "adbc_driver_manager",
    "pyarrow",
    "snowflake",
    "google",
    "sqlglot",
)


@pytest.fixture(params=warehouses.types())
def harness(request: pytest.FixtureRequest) -> Harness:
    if request.param not in HARNESSES:
        pytest.fail(f"core/warehouses/{request.param}.py has no entry in HARNESSES of tests/core/warehouses/harness.py")
    return HARNESSES[request.param](request)


def rows(result: Result) -> list[list[object]]:
    return [list(row.values()) for row in result.batches.read_all().to_pylist()]


def is_announced(kind: Kind, type_: pa.DataType) -> bool:
    """Say whether an Arrow type is one that `core.warehouses.base` names for the kind."""
    return {
        Kind.BOOLEAN: pa.types.is_boolean,
        Kind.INTEGER: lambda _: pa.types.is_integer(type_) or (pa.types.is_decimal(type_) and type_.scale == 0),
        Kind.DECIMAL: lambda _: pa.types.is_decimal(type_) or pa.types.is_string(type_),
        Kind.FLOAT: pa.types.is_floating,
        Kind.TEXT: pa.types.is_string,
        Kind.BYTES: pa.types.is_binary,
        Kind.DATE: pa.types.is_date32,
        Kind.TIME: lambda _: type_ == pa.time64("us") or pa.types.is_string(type_),
        Kind.TIMESTAMP: lambda _: type_ == pa.timestamp("us"),
        Kind.INSTANT: lambda _: type_ == pa.timestamp("us", "UTC"),
        Kind.JSON: pa.types.is_string,
        Kind.NESTED: pa.types.is_nested,
    }[kind](type_)


@pytest.mark.parametrize("name", warehouses.types())
def test_importing_a_type_imports_no_driver(name: str) -> None:
    code = f"import sys; import core.warehouses.{name}; print([d for d in {DRIVERS!r} if d in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", warehouses.types())
def test_settings_are_frozen_values_and_hold_no_secret(name: str) -> None:
    plugin = warehouses.warehouse_type(name)
    assert dataclasses.is_dataclass(plugin.Settings)
    assert plugin.Settings.__dataclass_params__.frozen
    names = {field.name for field in dataclasses.fields(plugin.Settings)}
    assert names.isdisjoint(plugin.secrets)
    assert all(field.kw_only for field in dataclasses.fields(plugin.Settings))
    assert plugin.dialect in sqlglot.Dialects._value2member_map_


def test_columns_are_described_with_their_names_as_typed_even_where_they_repeat(harness: Harness) -> None:
    with harness.warehouse.open() as session:
        columns = session.describe(harness.names)
    expected = ["email", "eMail2", "email3", "ä b'c"] if harness.not_repeated else ["email", "EMAIL", "email", 'ä b"c']
    assert [column.name for column in columns] == expected
    assert [column.kind for column in columns] == [Kind.INTEGER, Kind.INTEGER, Kind.INTEGER, Kind.TEXT]
    assert all(column.type_name for column in columns)


def test_rows_arrive_with_names_that_repeat_or_differ_in_case_only_or_are_refused_kindly(harness: Harness) -> None:
    quote = harness.quote
    sql = "SELECT 1 AS 'email', 2 AS 'EMAIL', 3 AS 'email' ".replace("'", quote)
    with harness.warehouse.open() as session:
        if harness.not_repeated:
            for ask in (session.describe, session.stream, lambda text: session.preview(text, limit=1)):
                with pytest.raises(QueryFailedError) as refused:
                    ask(sql)
                assert "email" in refused.value.message, harness.not_repeated
                assert "a name of its own, with AS" in refused.value.remedy
            return
        result = session.stream(sql)
        assert result.batches.schema.names == ["c0", "c1", "c2"]
        assert rows(result) == [[1, 2, 3]]


@pytest.mark.parametrize("end", ["-- the end", ";", "\n;\n", " /* the end */", "--;"])
def test_a_query_may_end_in_a_comment_or_a_semicolon(harness: Harness, end: str) -> None:
    sql = f"SELECT id FROM people WHERE id = 2 {end}"
    with harness.warehouse.open() as session:
        assert [column.name for column in session.describe(sql)] == [harness.fold("id")]
        assert rows(session.stream(sql)) == [[2]]
        assert rows(session.preview(sql, limit=5)) == [[2]]


def test_describing_a_query_does_not_run_it(harness: Harness) -> None:
    with harness.warehouse.open() as session:
        session.describe(harness.never_ends)
        session.describe(harness.fails_late)


def test_every_kind_arrives_as_the_protocol_announces_it(harness: Harness) -> None:
    for kind, expression in harness.examples.items():
        with harness.warehouse.open() as session:
            sql = f"SELECT {expression} AS value UNION ALL SELECT NULL"
            (described,) = session.describe(sql)
            result = session.stream(sql)
            table = result.batches.read_all()
        assert described == result.columns[0]
        assert described.kind is kind, expression
        assert is_announced(kind, table.schema.field(0).type), (kind, table.schema)
        assert table.num_rows == 2
        assert table.column(0).null_count == 1


def test_the_values_of_every_kind_are_the_warehouses_own(harness: Harness) -> None:
    expected = {
        Kind.BOOLEAN: "true",
        Kind.INTEGER: "42",
        Kind.DECIMAL: "12.50",
        Kind.FLOAT: "1.5",
        Kind.TEXT: "Grüße 🎈",
        Kind.DATE: "2026-03-29",
        Kind.TIME: "01:30:00.5",
        Kind.TIMESTAMP: "2026-03-29 02:30:00.123456",
        Kind.INSTANT: "2026-03-29 00:30:00.123456+00",
        Kind.BYTES: "\\x01\\xFF",
        Kind.JSON: '{"a": [1, null]}',
        Kind.NESTED: "[{'a': 1}]",
    }
    for kind, expression in harness.examples.items():
        with harness.warehouse.open() as session, duckdb.connect() as reader:
            reader.execute("SET TimeZone = 'UTC'")
            reader.register("rows", session.stream(f"SELECT {expression} AS value").batches)
            ((value,),) = reader.execute("SELECT CAST(c0 AS VARCHAR) FROM rows").fetchall()
            if kind is Kind.JSON:  # its white space is the warehouse's own
                value = json.dumps(json.loads(value))
            assert value == harness.values.get(kind, expected[kind]), kind


def test_infinite_times_arrive_so_that_duckdb_calls_them_infinite(harness: Harness) -> None:
    for expression, text in harness.infinities.items():
        with harness.warehouse.open() as session, duckdb.connect() as reader:
            result = session.stream(f"SELECT {expression} AS value UNION ALL SELECT NULL")
            reader.register("rows", result.batches)
            found = reader.execute("SELECT CAST(c0 AS VARCHAR), isfinite(c0) FROM rows").fetchall()
        assert set(found) == {(text, False), (None, None)}, expression


def test_a_query_without_rows_still_gives_its_columns(harness: Harness) -> None:
    with harness.warehouse.open() as session:
        result = session.stream("SELECT id, email FROM people WHERE id > 100")
        table = result.batches.read_all()
    assert table.num_rows == 0
    assert [
        is_announced(column.kind, field.type) for column, field in zip(result.columns, table.schema, strict=True)
    ] == [
        True,
        True,
    ]


@pytest.mark.slow
def test_a_large_result_streams_in_bounded_memory_with_one_schema(harness: Harness) -> None:
    statm = Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("memory is measured through /proc")
    with harness.warehouse.open() as session:
        result = session.stream(harness.series.format(thousands=harness.large))  # 1.5 million rows are 160 MB
        first = result.batches.read_next_batch()
        before, most, count = int(statm.read_text().split()[1]), 0, first.num_rows
        for batch in result.batches:
            assert batch.schema == result.batches.schema
            count += batch.num_rows
            most = max(most, int(statm.read_text().split()[1]))
    assert count == harness.large * 1_000
    assert (most - before) * 4096 < 80_000_000


def test_a_preview_gives_the_first_rows_in_the_querys_order(harness: Harness) -> None:
    with harness.warehouse.open() as session:
        result = session.preview("SELECT id, email FROM people ORDER BY id DESC", limit=2)
        assert [column.name for column in result.columns] == [harness.fold("id"), harness.fold("email")]
        assert rows(result) == [[3, None], [2, "b@example.com"]]


def test_the_clock_is_in_whole_seconds_and_never_ahead(harness: Harness) -> None:
    for _ in range(12):  # a clock that rounds would be ahead in half of them
        with harness.warehouse.open() as session:
            clock = session.clock()
        assert isinstance(clock, int)
        assert time.time() - 5 < clock <= time.time()
        time.sleep(0.07)


def test_the_clock_stands_still_within_a_session(harness: Harness) -> None:
    with harness.warehouse.open() as session:
        first = session.clock()
        time.sleep(1.1)
        assert rows(session.stream("SELECT 1")) == [[1]]
        assert session.clock() == first


def test_rows_committed_after_the_clock_are_not_in_the_result_or_looked_at_again(harness: Harness) -> None:
    if not harness.writes_while_open:
        pytest.skip("here nobody can write while a session is open")
    with harness.warehouse.open() as session:
        clock = session.clock()
        assert rows(session.stream("SELECT count(*) FROM people")) == [[3]]
        before = time.time()
        harness.execute("INSERT INTO people VALUES (4, 'late')")
        seen = rows(session.stream("SELECT count(*) FROM people"))
    if harness.snapshot:  # the next run looks from the clock on, so it looks at the row again
        assert seen == [[4]], harness.snapshot
        assert clock <= before
    else:
        assert seen == [[3]]


def test_nothing_that_writes_is_run(harness: Harness) -> None:
    for statement in harness.writes:
        with harness.warehouse.open() as session:
            for ask in (session.describe, session.stream, lambda sql: session.preview(sql, limit=1)):
                with pytest.raises(QueryFailedError) as refused:
                    ask(statement)
                assert refused.value.remedy, statement
    with harness.warehouse.open() as session:
        assert rows(session.stream("SELECT id FROM people ORDER BY id")) == [[1], [2], [3]]
        assert {table.name for table in session.catalogue()} == {harness.fold("people"), harness.fold("grown_ups")}


def test_what_is_not_one_query_is_refused(harness: Harness) -> None:
    for sql in harness.not_one_query:
        with harness.warehouse.open() as session:
            for ask in (session.describe, session.stream, lambda text: session.preview(text, limit=1)):
                with pytest.raises(QueryFailedError) as refused:
                    ask(sql)
                assert refused.value.message, sql
                assert refused.value.remedy, sql


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("SELECT id,\n  emial FROM people", "emial"),
        ("SELECT 'Grüße 🎈' AS a, /* ä */ emial FROM people", "emial"),
        ("SELECT id FROM people WHERE id IN (SELECT id FROM poeple)", "poeple"),
        ("SELECT no_such_function(id) FROM people", "no_such_function"),
        ("SELECT id FROM people WHERE WHERE id = 1", "WHERE id"),
    ],
)
def test_an_error_tells_its_place_in_the_analysts_text(harness: Harness, sql: str, wanted: str) -> None:
    with harness.warehouse.open() as session:
        for ask in (session.describe, session.stream, lambda text: session.preview(text, limit=1)):
            with pytest.raises(QueryFailedError) as refused:
                ask(sql)
            assert refused.value.offset == sql.index(wanted)
            assert refused.value.remedy


def test_comparing_a_time_with_a_unix_time_names_the_conversion(harness: Harness) -> None:
    for literal in harness.instants:
        sql = "SELECT t FROM (SELECT {} AS t) AS x WHERE t >= {}"
        with harness.warehouse.open() as session:
            with pytest.raises(QueryFailedError) as refused:
                session.describe(sql.format(literal, 1_700_000_000))
            advice = refused.value.remedy
            assert "{{last_sync_time}}" in advice
            conversion = advice.split(" Compare with ")[1].removesuffix(".").replace("{{last_sync_time}}", "1700000000")
            assert len(rows(session.stream(sql.format(literal, conversion)))) == 1


def test_an_error_in_mid_result_is_ours_and_the_result_keeps_it(harness: Harness) -> None:
    with harness.warehouse.open() as session:
        result = session.stream(harness.fails_late)
        assert result.failure() is None
        with pytest.raises(QueryFailedError) as failed:
            rows(result)
        assert result.failure() is failed.value
        assert "zero" in failed.value.message.lower()


def test_an_error_in_mid_result_outlives_the_way_through_duckdb(harness: Harness) -> None:
    with harness.warehouse.open() as session, duckdb.connect() as reader:
        result = session.stream(harness.fails_late)
        reader.register("rows", result.batches)
        with pytest.raises(duckdb.Error):
            reader.execute("SELECT sum(c0) FROM rows").fetchall()
        assert isinstance(result.failure(), QueryFailedError)


def test_a_session_goes_on_after_an_error(harness: Harness) -> None:
    with harness.warehouse.open() as session:
        session.clock()
        with pytest.raises(QueryFailedError):
            session.describe("SELECT emial FROM people")
        with pytest.raises(QueryFailedError):
            rows(session.stream(harness.fails_late))
        assert session.clock() <= time.time()
        assert rows(session.stream("SELECT count(*) FROM people")) == [[3]]


def test_a_result_that_was_not_read_is_given_up_for_the_next(harness: Harness) -> None:
    with harness.warehouse.open() as session:
        unread = session.stream(harness.series.format(thousands=min(harness.large, 1_000)))
        unread.batches.read_next_batch()
        assert rows(session.stream("SELECT count(*) FROM people")) == [[3]]


def cancelled_after(session: Session, seconds: float) -> threading.Timer:
    timer = threading.Timer(seconds, session.cancel)
    timer.start()
    return timer


def test_a_query_that_computes_is_cancelled(harness: Harness) -> None:
    with harness.warehouse.open() as session:
        timer = cancelled_after(session, 0.3)
        with pytest.raises(CancelledError):
            rows(session.stream(harness.never_ends))
        timer.join()


def test_a_result_that_is_read_is_cancelled(harness: Harness) -> None:
    with harness.warehouse.open() as session:
        result = session.stream(harness.reads_long or harness.series.format(thousands=2_000_000))
        timer = cancelled_after(session, 0.3)
        with pytest.raises(CancelledError):
            for _ in result.batches:
                pass
        assert isinstance(result.failure(), CancelledError)
        timer.join()


def test_a_preview_is_cancelled(harness: Harness) -> None:
    with harness.warehouse.open() as session:
        timer = cancelled_after(session, 0.3)
        with pytest.raises(CancelledError):
            session.preview(harness.never_ends, limit=10)
        timer.join()


def test_a_cancellation_before_a_statement_is_not_lost(harness: Harness) -> None:
    with harness.warehouse.open() as session:
        session.cancel()
        for ask in (
            session.clock,
            session.catalogue,
            lambda: session.describe("SELECT 1"),
            lambda: session.stream("SELECT 1"),
        ):
            with pytest.raises(CancelledError):
                ask()


def test_cancelling_one_session_leaves_another_alone(harness: Harness) -> None:
    with harness.warehouse.open() as one, harness.warehouse.open() as other:
        result = other.stream(harness.series.format(thousands=200))
        one.cancel()
        assert sum(batch.num_rows for batch in result.batches) == 200_000


def test_closing_from_another_thread_ends_what_runs(harness: Harness) -> None:
    session = harness.warehouse.open()
    timer = threading.Timer(0.3, session.close)
    timer.start()
    with pytest.raises(CancelledError):
        rows(session.stream(harness.never_ends))
    timer.join()


def test_a_session_that_is_closed_holds_nothing_back(harness: Harness) -> None:
    session = harness.warehouse.open()
    session.clock()
    unread = session.stream(harness.reads_long or harness.series.format(thousands=1_000_000))
    unread.batches.read_next_batch()
    session.close()
    session.close()
    harness.execute("ALTER TABLE people ADD COLUMN name varchar")  # a lock that were left would stop it
    with pytest.raises(WarehouseError):
        unread.batches.read_next_batch()


def test_the_catalogue_lists_what_can_be_read(harness: Harness) -> None:
    with harness.warehouse.open() as session:
        catalogue = {table.name: table for table in session.catalogue()}
        described = session.describe("SELECT * FROM people")
    assert set(catalogue) == {harness.fold("people"), harness.fold("grown_ups")}
    people, view = catalogue[harness.fold("people")], catalogue[harness.fold("grown_ups")]
    assert (people.schema, people.rows, people.is_view) == (harness.schema, 3, False)
    assert people.columns == described
    assert (view.rows, view.is_view) == (None, True)
    assert [column.name for column in view.columns] == [harness.fold("id")]


def test_check_passes_step_by_step_and_ends_with_the_clock(harness: Harness) -> None:
    steps = list(harness.warehouse.steps())
    assert [step.name for step in steps if step.passed is False] == []
    assert steps[-1].name == "clock"
    assert {"privileges", "read-only"} <= {step.name for step in steps}
    assert all(step.detail and step.seconds >= 0 for step in steps)


def test_a_foreign_error_is_explained_without_its_class(harness: Harness) -> None:
    explained = harness.warehouse.explain(RuntimeError("something odd"))
    assert isinstance(explained, WarehouseError)
    assert "something odd" in explained.message
    assert harness.warehouse.explain(explained) is explained


def test_every_type_of_warehouse_has_a_harness() -> None:
    assert set(warehouses.types()) == set(HARNESSES)
