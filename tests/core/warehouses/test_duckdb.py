"""What is special about DuckDB: a file with locks, a read_only that is not enough, types of its own."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from core.errors import QueryFailedError
from core.model import Kind
from core.warehouses import warehouse_type
from tests.core.warehouses.harness import no_secret

WRITER = """
import duckdb, sys
with duckdb.connect(sys.argv[1]) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS t (i INTEGER)")
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Callable[..., Any]:
    """Make a plug-in for a file in a fresh folder, after running statements on it."""

    def make(*statements: str, **settings: Any) -> Any:
        with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
            for statement in statements:
                connection.execute(statement)
        plugin: Any = warehouse_type("duckdb")
        return plugin(plugin.Settings(path="shop.duckdb", **settings), no_secret, tmp_path)

    return make


TYPES = [
    ("1::TINYINT", Kind.INTEGER, 1),
    ("255::UTINYINT", Kind.INTEGER, 255),
    ("(-9223372036854775808)::BIGINT", Kind.INTEGER, -(2**63)),
    ("18446744073709551615::UBIGINT", Kind.INTEGER, 2**64 - 1),
    ("170141183460469231731687303715884105727::HUGEINT", Kind.DECIMAL, "170141183460469231731687303715884105727"),
    ("340282366920938463463374607431768211455::UHUGEINT", Kind.DECIMAL, "340282366920938463463374607431768211455"),
    ("(SELECT sum(i) FROM range(3) AS t(i))", Kind.DECIMAL, "3"),
    ("123456789012345678901234567890123456789012::BIGNUM", Kind.DECIMAL, "123456789012345678901234567890123456789012"),
    ("'101'::BIT", Kind.TEXT, "101"),
    ("'a'::ENUM('a', 'b')", Kind.TEXT, "a"),
    ("'1b4e28ba-2fa1-11d2-883f-0016d3cca427'::UUID", Kind.TEXT, "1b4e28ba-2fa1-11d2-883f-0016d3cca427"),
    ("INTERVAL '1 day 2 hours'", Kind.TEXT, "1 day 02:00:00"),
    ("union_value(a := 1)", Kind.TEXT, "1"),
    ("'POINT(1 2)'::GEOMETRY", Kind.TEXT, "POINT (1 2)"),
    ("NULL", Kind.TEXT, None),
    ("'12:00:00+02:00'::TIMETZ", Kind.TIME, "12:00:00+02"),
    ("'12:00:00.123456789'::TIME_NS", Kind.TIME, "12:00:00.123456789"),
    ("'2026-01-02 03:04:05.123456789'::TIMESTAMP_NS", Kind.TEXT, "2026-01-02T03:04:05.123456789"),
    ("'2026-01-02 03:04:05.123456789+01'::TIMESTAMPTZ_NS", Kind.TEXT, "2026-01-02T02:04:05.123456789Z"),
    ("""'{"a":  1}'::JSON""", Kind.JSON, '{"a":  1}'),
    ("{'a': 1}::VARIANT", Kind.JSON, '{"a":1}'),
    ("[[1, 2], [3]]", Kind.NESTED, [[1, 2], [3]]),
    ("[1, 2]::INTEGER[2]", Kind.NESTED, [1, 2]),
    ("{'a': 1, 'b\"c': ['x']}", Kind.NESTED, {"a": 1, 'b"c': ["x"]}),
    ("MAP {'a': 1}", Kind.NESTED, [("a", 1)]),
    ("row(1, 'x')", Kind.NESTED, {"element1": 1, "element2": "x"}),
    ("[]", Kind.NESTED, []),
    ("['101'::BIT]", Kind.NESTED, ["101"]),
    ("[{'a': 'x'::ENUM('x'), 'u': '1b4e28ba-2fa1-11d2-883f-0016d3cca427'::UUID}]", Kind.NESTED, [{"a": "x", "u": "1b4e28ba-2fa1-11d2-883f-0016d3cca427"}]),
    ("MAP {'a': INTERVAL '1 day'}", Kind.NESTED, [("a", "1 day")]),
    ("['{\"a\": 1}'::JSON]", Kind.JSON, '[{"a":1}]'),
    ("[170141183460469231731687303715884105727::HUGEINT]", Kind.JSON, "[170141183460469231731687303715884105727]"),
    ("{'n': 123456789012345678901234567890123456789012::BIGNUM}", Kind.JSON, '{"n":123456789012345678901234567890123456789012}'),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "kind", "value"), TYPES, ids=[entry[0] for entry in TYPES])
def test_every_type_of_duckdb_arrives_unbent(
    warehouse: Callable[..., Any], expression: str, kind: Kind, value: object
) -> None:
    sql = f"SELECT {expression} AS value"
    with warehouse().open() as session:
        (described,) = session.describe(sql)
        result = session.stream(sql)
        assert result.batches.read_all().column(0).to_pylist() == [value]
    assert described.kind is kind
    assert result.columns == (described,)


def test_timestamps_of_seconds_and_milliseconds_become_microseconds(warehouse: Callable[..., Any]) -> None:
    sql = "SELECT '2026-01-02 03:04:05'::TIMESTAMP_S, '2026-01-02 03:04:05.678'::TIMESTAMP_MS, [TIMESTAMP_S 'infinity']"
    with warehouse().open() as session:
        result = session.stream(sql)
        assert [column.kind for column in result.columns] == [Kind.TIMESTAMP, Kind.TIMESTAMP, Kind.NESTED]
        assert [str(type_) for type_ in result.batches.schema.types[:2]] == ["timestamp[us]"] * 2


def test_an_enums_type_is_named_without_its_values(warehouse: Callable[..., Any]) -> None:
    with warehouse("CREATE TYPE mood AS ENUM ('sad', 'happy')", "CREATE TABLE t (m mood)").open() as session:
        assert session.describe("SELECT m FROM t")[0].type_name == "ENUM"


def test_a_closed_session_lets_another_process_write(warehouse: Callable[..., Any], tmp_path: Path) -> None:
    source = warehouse("CREATE TABLE t AS SELECT 1 AS i")
    with source.open() as session:
        assert session.preview("SELECT i FROM t", limit=1).batches.read_all().num_rows == 1
    command = [sys.executable, "-c", WRITER, str(tmp_path / "shop.duckdb")]
    done = subprocess.run(command, input=b"", capture_output=True, check=True)
    assert done.stdout == b"open\n"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_parquet('https://example.com/x.parquet')",
        "COPY (SELECT 1) TO '/tmp/backhaul-was-here.csv'",
        "ATTACH '/tmp/backhaul-was-here.duckdb' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "PRAGMA enable_external_access",
        "RESET lock_configuration",
        "EXPORT DATABASE '/tmp/backhaul-was-here'",
        "SELECT getenv('HOME')",
        "CALL pragma_version()",
        "PREPARE q AS SELECT 1",
        "FROM secret_of_ours",
    ],
)
def test_a_query_reads_no_file_no_network_no_variable_and_no_setting(warehouse: Callable[..., Any], sql: str) -> None:
    secret_of_ours = duckdb.sql("SELECT 1 AS i")
    with warehouse().open() as session, pytest.raises(QueryFailedError) as refused:
        session.stream(sql).batches.read_all()
    assert refused.value.remedy
    assert not list(Path("/tmp").glob("backhaul-was-here*"))
    del secret_of_ours


def test_sessions_of_one_process_share_a_file_and_its_locked_configuration(warehouse: Callable[..., Any]) -> None:
    source = warehouse()
    zones: list[object] = []

    def read() -> None:
        with source.open() as session:
            sql = "SELECT current_setting('TimeZone'), current_setting('lock_configuration')"
            zones.extend(session.stream(sql).batches.read_all().to_pylist())

    with source.open():
        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert zones == [{"c0": "UTC", "c1": True}] * 8


def test_a_session_opens_beside_one_with_other_settings(warehouse: Callable[..., Any], tmp_path: Path) -> None:
    """The state folder may be made while a session is open, and another source may name the file with other memory."""
    source = warehouse()
    another = type(source)(source.Settings(path="shop.duckdb", memory="150MB"), no_secret, tmp_path)
    limit = "SELECT current_setting('memory_limit') AS \"limit\""
    with source.open():
        (tmp_path / ".backhaul").mkdir()
        with source.open() as beside, another.open() as other:
            assert beside.stream("SELECT 1").batches.read_all().num_rows == 1
            assert other.stream(limit).batches.read_all().to_pylist() == [{"c0": "1.8 GiB"}]
    with another.open() as alone:
        assert alone.stream(limit).batches.read_all().to_pylist() == [{"c0": "143.0 MiB"}]


def test_a_query_spills_into_the_projects_own_folder_and_leaves_nothing(
    warehouse: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / ".backhaul").mkdir()
    sql = "SELECT count(*) FROM (SELECT i::VARCHAR || repeat('x', 60) AS k, count(*) FROM range(3000000) AS t(i) GROUP BY 1)"
    with warehouse(memory="150MB").open() as session:
        assert session.stream(sql).batches.read_all().column(0).to_pylist() == [3_000_000]
    assert list((tmp_path / ".backhaul" / "tmp").iterdir()) == []


def test_a_view_that_no_longer_works_is_left_out_of_the_catalogue(warehouse: Callable[..., Any]) -> None:
    made = ("CREATE TABLE a (i INTEGER)", "CREATE TABLE b AS FROM a", "CREATE VIEW broken AS FROM a", "DROP TABLE a")
    with warehouse(*made).open() as session:
        assert [table.name for table in session.catalogue()] == ["b"]


def test_names_that_need_quotes_are_in_the_catalogue(warehouse: Callable[..., Any]) -> None:
    made = ('CREATE SCHEMA "my schema"', 'CREATE TABLE "my schema"."od""d" ("a b" INTEGER)')
    with warehouse(*made).open() as session:
        (table,) = session.catalogue()
    assert (table.schema, table.name, table.columns[0].name) == ("my schema", 'od"d', "a b")


def test_the_file_of_an_empty_database_passes_check_without_tables(warehouse: Callable[..., Any]) -> None:
    steps = {step.name: step for step in warehouse().steps()}
    assert steps["privileges"].passed is None
    assert steps["clock"].passed is True


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("PIVOT t ON a USING sum(b)", [{"c0": "2", "c1": "4"}]),
        ("SELECT * FROM (PIVOT t ON a USING sum(b)) AS p", [{"c0": "2", "c1": "4"}]),
        ("PIVOT t ON a IN (1) USING max(b)", [{"c0": 2}]),
        ("UNPIVOT t ON a INTO NAME n VALUE v", [{"c0": 2, "c1": "a", "c2": 1}, {"c0": 4, "c1": "a", "c2": 3}]),
        ("VALUES (1, 'x')", [{"c0": 1, "c1": "x"}]),
    ],
)
def test_a_pivot_and_values_are_queries(warehouse: Callable[..., Any], query: str, rows: list[dict[str, Any]]) -> None:
    with warehouse("CREATE TABLE t AS FROM (VALUES (1, 2), (3, 4)) v (a, b)").open() as session:
        assert len(session.describe(query)) == len(rows[0])
        assert session.stream(query).batches.read_all().to_pylist() == rows


@pytest.mark.parametrize(
    "query",
    [
        "CREATE TABLE u AS PIVOT t ON a USING sum(b)",
        "PRAGMA table_info('pivot')",
        "SELECT 1; PIVOT t ON a USING sum(b)",
    ],
)
def test_what_only_has_a_pivot_in_it_is_no_query(warehouse: Callable[..., Any], query: str) -> None:
    with warehouse("CREATE TABLE t AS FROM (VALUES (1, 2), (3, 4)) v (a, b)").open() as session:
        with pytest.raises(QueryFailedError):
            session.describe(query)
        assert [table.name for table in session.catalogue()] == ["t"]


def test_a_table_that_is_named_like_a_file_is_read_and_a_file_never(
    warehouse: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "orders.csv").write_text("id\n7\n")
    monkeypatch.chdir(tmp_path)
    with warehouse('CREATE TABLE "customers.csv" AS SELECT 1 AS id').open() as session:
        assert session.stream('SELECT id FROM "customers.csv"').batches.read_all().to_pylist() == [{"c0": 1}]
        for name in ('"orders.csv"', "'orders.csv'", "orders.csv", f"'{tmp_path}/orders.csv'"):
            with pytest.raises(QueryFailedError):
                session.describe(f"SELECT id FROM {name}")
