"""What the warehouse shows for a value is what arrives; a value that no call can hold rejects its row by name, and nothing else.

Each value stands in a row beside one that is NULL: that one always arrives, and preview and plan show both.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.core.warehouses.harness import bigquery_file
from tests.projects import ProjectFolder
from tests.servers.bigquery.stand_in import Dataset
from tests.servers.postgres import Server

REJECTED = object()

DUCKDB: dict[str, tuple[str, Any]] = {
    "the usual end of validity": ("TIMESTAMP '9999-12-31 00:00:00'", "9999-12-31T00:00:00Z"),
    "the last moment": ("TIMESTAMP '9999-12-31 23:59:59.999999'", "9999-12-31T23:59:59.999999Z"),
    "the last moment with a zone": ("TIMESTAMPTZ '9999-12-31 23:59:59.999999+00'", "9999-12-31T23:59:59.999999Z"),
    "the first moment": ("TIMESTAMP '0001-01-01'", "0001-01-01T00:00:00Z"),
    "the first moment with a zone": ("TIMESTAMPTZ '0001-01-01 00:00:00+00'", "0001-01-01T00:00:00Z"),
    "the last day": ("DATE '9999-12-31'", "9999-12-31"),
    "the first day": ("DATE '0001-01-01'", "0001-01-01"),
    "after the last moment": ("TIMESTAMP '10000-01-01'", REJECTED),
    "before the first moment": ("TIMESTAMP '0001-01-01' - INTERVAL 1 MICROSECOND", REJECTED),
    "an infinite time": ("TIMESTAMP 'infinity'", REJECTED),
    "an infinite time with a zone": ("TIMESTAMPTZ '-infinity'", REJECTED),
    "an infinite date": ("DATE 'infinity'", REJECTED),
    "a date before Christ": ("DATE '0044-03-15 (BC)'", REJECTED),
    "a far date": ("DATE '20000-01-01'", REJECTED),
    "infinite dates in a list": ("[DATE 'infinity']", REJECTED),
    "a list of times": ("[TIMESTAMP '2026-01-01 10:00:00']", ["2026-01-01T10:00:00Z"]),
    "NaN": ("'nan'::DOUBLE", REJECTED),
    "infinity": ("'inf'::FLOAT", REJECTED),
    "NUL": ("'a' || chr(0)", REJECTED),
    "ten thousand digits": ("repeat('9', 10000)", "9" * 10_000),
    "a large number": ("170141183460469231731687303715884105727::HUGEINT", 2**127 - 1),
    "bytes": ("'\\xff\\x00'::BLOB", "/wA="),
    "a day's end": ("TIME '24:00:00'", "24:00:00"),
    "deep JSON": ("(repeat('[', 1500) || repeat(']', 1500))::JSON", None),
}

POSTGRES: dict[str, tuple[str, Any]] = {
    "the usual end of validity": ("'9999-12-31'::timestamp", "9999-12-31T00:00:00Z"),
    "the last moment": ("'9999-12-31 23:59:59.999999'::timestamp", "9999-12-31T23:59:59.999999Z"),
    "the last moment with a zone": ("'9999-12-31 23:59:59.999999+00'::timestamptz", "9999-12-31T23:59:59.999999Z"),
    "the first moment": ("'0001-01-01'::timestamp", "0001-01-01T00:00:00Z"),
    "before the first moment": ("'0001-12-31 BC'::timestamptz", REJECTED),
    "after the last moment": ("'10000-01-01'::timestamptz", REJECTED),
    "an infinite time": ("'infinity'::timestamp", REJECTED),
    "an infinite date": ("'-infinity'::date", REJECTED),
    "a date before Christ": ("'0044-03-15 BC'::date", REJECTED),
    "a far date": ("'5874897-12-31'::date", REJECTED),
    "NaN": ("'NaN'::numeric", REJECTED),
    "infinity": ("'Infinity'::float8", REJECTED),
    "ten thousand digits": ("repeat('9', 10000)::numeric", None),
    "a host": ("'192.168.1.5'::inet", "192.168.1.5"),
    "a host with its mask": ("'192.168.1.5/24'::inet", "192.168.1.5/24"),
    "a host of IPv6": ("'::1'::inet", "::1"),
    "a network": ("'10.0.0.0/8'::cidr", "10.0.0.0/8"),
    "hosts": ("array['192.168.1.5'::inet, '10.0.0.1/8']", ["192.168.1.5", "10.0.0.1/8"]),
    "a host in a composite": ("row('192.168.1.5'::inet)", {"f1": "192.168.1.5"}),
    "a range": ("'[2026-01-01,2026-02-01)'::daterange", "[2026-01-01,2026-02-01)"),
    "a range of hosts' numbers": ("int4range(1, 5)", "[1,5)"),
    "an address of a network card": ("'08:00:2b:01:02:03'::macaddr", "08:00:2b:01:02:03"),
    "bits": ("b'101'", "101"),
    "XML": ("'<a/>'::xml", "<a/>"),
    "a span": ("'1 day 02:03:04'::interval", "1 day 02:03:04"),
    "a point": ("point(1, 2)", "(1,2)"),
    "money": ("12.5::money", 12.5),
    "a day's end": ("'24:00:00'::time", "24:00:00"),
    "a bool in a text": ("true::text", "true"),
    "padded text": ("'a'::char(3)", "a  "),
    "deep JSON": ("(repeat('[', 1500) || repeat(']', 1500))::jsonb", None),
    "times in an array": ("array['2026-07-01 10:00:00'::timestamp, NULL]", ["2026-07-01T10:00:00Z", None]),
    "fractions of seconds": (
        "array['2026-07-01 10:00:00.5'::timestamp, '2026-07-01 10:00:00.123456']",
        ["2026-07-01T10:00:00.500Z", "2026-07-01T10:00:00.123456Z"],
    ),
    "times with zone in an array": ("array['2026-07-01 10:00:00.25+02'::timestamptz]", ["2026-07-01T08:00:00.250Z"]),
    "times in an array of two dimensions": (
        "array[array['2026-07-01'::timestamp, NULL], array['2026-07-02'::timestamp, '2026-07-03'::timestamp]]",
        [["2026-07-01T00:00:00Z", None], ["2026-07-02T00:00:00Z", "2026-07-03T00:00:00Z"]],
    ),
    "times in an array of three dimensions": (
        "(SELECT array_agg(array[array[t, t], array[NULL, t]]) FROM unnest(array['2026-07-01'::timestamptz, '2026-07-02']) t)",
        [
            [["2026-07-01T00:00:00Z", "2026-07-01T00:00:00Z"], [None, "2026-07-01T00:00:00Z"]],
            [["2026-07-02T00:00:00Z", "2026-07-02T00:00:00Z"], [None, "2026-07-02T00:00:00Z"]],
        ],
    ),
    "an array that begins at another index": ("'[5:6]={2026-07-01,NULL}'::timestamp[]", ["2026-07-01T00:00:00Z", None]),
    "no times": ("'{}'::timestamp[]", []),
    "the usual end of validity in an array": ("array['9999-12-31'::timestamp]", ["9999-12-31T00:00:00Z"]),
    "an infinite time in an array": ("array['2026-07-01'::timestamp, 'infinity']", REJECTED),
    "an infinite time with zone in an array": ("array['-infinity'::timestamptz]", REJECTED),
    "a far time in an array": ("array['10000-01-01'::timestamp]", REJECTED),
    "an infinite date in an array": ("array['infinity'::date]", REJECTED),
    "dates in an array": ("array['2026-07-01'::date]", ["2026-07-01"]),
    "a range of times": (
        "tsrange('2026-07-01 10:00', '2026-07-02 10:00')",
        "[2026-07-01T10:00:00Z,2026-07-02T10:00:00Z)",
    ),
    "a range of times with zone": ("tstzrange('2026-07-01 10:00+02', NULL, '()')", "(2026-07-01T08:00:00Z,)"),
    "an empty range of times": ("tsrange('2026-07-01', '2026-07-01')", "empty"),
    "a range to infinity": ("tsrange('2026-07-01', 'infinity')", "[2026-07-01T00:00:00Z,infinity)"),
    "ranges of times": (
        "array[tsrange('2026-07-01', '2026-07-02')]",
        ["[2026-07-01T00:00:00Z,2026-07-02T00:00:00Z)"],
    ),
    "a range of ranges of times": (
        "tsmultirange(tsrange('2026-07-01', '2026-07-02'), tsrange('2026-08-01', NULL))",
        "{[2026-07-01T00:00:00Z,2026-07-02T00:00:00Z),[2026-08-01T00:00:00Z,)}",
    ),
    "a time in a composite": (
        "row('2026-07-01 10:00', ARRAY['2026-07-02'::timestamp], 'a', NULL, NULL)::visit",
        {
            "at {}": "2026-07-01T10:00:00Z",
            "all": ["2026-07-02T00:00:00Z"],
            'pa"ge': "a",
            "during": None,
            "of day": None,
        },
    ),
    "a composite of nothing": (
        "row(NULL, NULL, NULL, NULL, NULL)::visit",
        {"at {}": None, "all": None, 'pa"ge': None, "during": None, "of day": None},
    ),
    "composites in an array": (
        "array[NULL, row(NULL, NULL, 'b', tsrange('2026-07-01', NULL), '2026-07-03 10:00')::visit]",
        [
            None,
            {
                "at {}": None,
                "all": None,
                'pa"ge': "b",
                "during": "[2026-07-01T00:00:00Z,)",
                "of day": "2026-07-03T10:00:00Z",
            },
        ],
    ),
    "a composite in a composite": (
        "row(1, array[row('2026-07-01 10:00', NULL, 'a', NULL, NULL)::visit])::journey",
        {
            "id": 1,
            "visits": [{"at {}": "2026-07-01T10:00:00Z", "all": None, 'pa"ge': "a", "during": None, "of day": None}],
        },
    ),
    "an infinite time in a composite": ("row('infinity', NULL, NULL, NULL, NULL)::visit", REJECTED),
    "a domain over times": ("array['2026-07-01 10:00'::moment]", ["2026-07-01T10:00:00Z"]),
    "a row without a type": (
        "row(1, 'a', '2026-07-01 10:00+00'::timestamptz)",
        {"f1": 1, "f2": "a", "f3": "2026-07-01T10:00:00+00:00"},
    ),
    "a time in a row without a type": ("row(1, '2026-07-01 10:00'::timestamp)", REJECTED),
    "a time in rows without a type": ("array[row(1, '2026-07-01 10:00'::timestamp)]", REJECTED),
}

OF_POSTGRES = (
    "CREATE DOMAIN moment AS timestamp CHECK (VALUE > '1900-01-01')",
    """CREATE TYPE visit AS ("at {}" timestamp, "all" timestamp[], "pa""ge" text, during tsrange, "of day" moment)""",
    "CREATE TYPE journey AS (id integer, visits visit[])",
)
"""Types that the values of Postgres are of."""


def arrives(project: ProjectFolder, value: str, expected: Any, source: str, **settings: Any) -> None:
    """Preview, plan and run a query with a value, and check what arrives of it."""
    query = f"SELECT '1' AS \"userId\", {value} AS v UNION ALL SELECT '2', NULL"
    project.sync("x", query, to=("files",), source=source, **settings)
    previews = [project.run("preview", "x"), project.run("preview", "x", "--json"), project.run("plan", "x", "--json")]
    for done in previews:
        assert "Traceback" not in done.out + done.err
        assert not done.err, done.err
    run = project.run("run", "x")
    assert "Traceback" not in run.out + run.err
    delivered = (project.folder / "delivered" / "x.jsonl").read_text().splitlines()
    assert any('"userId":"2"' in line for line in delivered)
    (written, *_) = [line for line in delivered if '"userId":"1"' in line] or [""]
    if expected is REJECTED:
        assert (run.code, written) == (1, "")
        (row,) = project.run("rejected", "x", "--json").json["rows"]
        assert row["reason"].startswith('"v" holds')
    else:
        assert run.code == 0, run.out + run.err
        assert written
        if expected is not None:
            assert json.loads(written, parse_int=int)["traits"]["v"] == expected


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    made = ProjectFolder.make(tmp_path / "project")
    made.duckdb("CREATE TABLE t (i INTEGER)")
    made.file()
    return made


@pytest.mark.parametrize("name", DUCKDB)
def test_a_value_of_duckdb_arrives_as_it_is_shown_or_rejects_its_row(project: ProjectFolder, name: str) -> None:
    value, expected = DUCKDB[name]
    arrives(project, value, expected, "warehouse")


@pytest.mark.parametrize("name", POSTGRES)
def test_a_value_of_postgres_arrives_as_psql_shows_it_or_rejects_its_row(
    project: ProjectFolder, postgres: Server, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    database = postgres.create_database()
    database.execute(*OF_POSTGRES)
    project.postgres(database)
    monkeypatch.setenv("BACKHAUL_SOURCES_PG_PASSWORD", database.reader_password)
    value, expected = POSTGRES[name]
    arrives(project, value, expected, "pg")


ZONES = {
    "Asia/Tokyo": ("9999-12-31T14:59:59.999999Z", "0001-01-01T00:00:00+09:19"),
    "America/New_York": ("9999-12-31T23:59:59.999999-05:00", "0001-01-01T04:56:02Z"),
    "Europe/Berlin": ("9999-12-31T22:59:59.999999Z", "0001-01-01T00:00:00+00:53"),
}


@pytest.mark.parametrize("zone", ZONES)
def test_the_first_and_last_moments_of_a_zone_can_be_written(project: ProjectFolder, zone: str) -> None:
    project.write("sources/warehouse.toml", {"type": "duckdb", "path": "warehouse.duckdb", "timezone": zone})
    last, first = ZONES[zone]
    arrives(project, "TIMESTAMP '9999-12-31 23:59:59.999999'", last, "warehouse")
    (project.folder / "delivered" / "x.jsonl").unlink()
    project.run("run", "x", "--full-refresh", "--yes")
    (project.folder / "delivered" / "x.jsonl").unlink(missing_ok=True)
    project.sync("y", "SELECT '1' AS \"userId\", TIMESTAMP '0001-01-01' AS v", to=("files",))
    assert project.run("run", "y").code == 0
    assert project.delivered("y")[0]["traits"]["v"] == first


MOMENTS = (
    "2026-01-01 10:00:00",
    "2026-07-01 10:00:00.25",
    "2026-03-29 02:30:00",  # an hour that Berlin has not
    "2026-03-08 02:30:00",  # and New York
    "2026-10-25 02:30:00",  # an hour that Berlin has twice
    "2026-11-01 01:30:00",  # and New York
    "1890-01-01 00:00:00",
    "0001-01-01 00:00:00",
    "9999-12-31 23:59:59.999999",
)


@pytest.mark.parametrize("zone", ["UTC", *ZONES])
def test_a_time_inside_a_value_of_postgres_is_the_moment_that_it_is_alone(
    project: ProjectFolder, postgres: Server, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    database = postgres.create_database()
    database.execute(*OF_POSTGRES)
    project.postgres(database, timezone=zone)
    monkeypatch.setenv("BACKHAUL_SOURCES_PG_PASSWORD", database.reader_password)
    moments = ", ".join(f"'{moment}'::timestamp" for moment in MOMENTS)
    query = (
        'SELECT row_number() OVER ()::text AS "userId", t AS alone, array[t] AS one, array[array[t], array[NULL::timestamp]] AS two, '
        "row(t, array[t], NULL, tsrange(t, NULL), NULL)::visit AS visit, tsrange(t, t, '[]') AS range, "
        "timezone('UTC', t) AS with_zone, array[timezone('UTC', t)] AS with_zones "
        f"FROM unnest(array[{moments}]) t"
    )
    project.sync("x", query, to=("files",), source="pg")
    done = project.run("run", "x")
    assert done.code == 0, done.out + done.err
    delivered = [call["traits"] for call in project.delivered("x")]
    assert len(delivered) == len(MOMENTS)
    for traits in delivered:
        alone = traits["alone"]
        assert (traits["one"], traits["two"]) == ([alone], [[alone], [None]])
        assert (traits["visit"]["at {}"], traits["visit"]["all"]) == (alone, [alone])
        assert traits["with_zones"] == [traits["with_zone"]]
        if not alone.startswith(("0001", "9999")):
            assert traits["range"] == f"[{alone},{alone}]"
            assert traits["visit"]["during"] == f"[{alone},)"


@pytest.mark.parametrize("zone", ["UTC", *ZONES])
def test_a_time_inside_a_value_of_duckdb_is_the_moment_that_it_is_alone(project: ProjectFolder, zone: str) -> None:
    project.write("sources/warehouse.toml", {"type": "duckdb", "path": "warehouse.duckdb", "timezone": zone})
    moments = ", ".join(f"TIMESTAMP '{moment}'" for moment in MOMENTS)
    query = (
        'SELECT (row_number() OVER ())::text AS "userId", t AS alone, [t] AS one, [[t], [NULL]] AS two, '
        "{'at': t, 'all': [t]} AS visit, MAP {'at': t} AS map, "
        "timezone('UTC', t) AS with_zone, [timezone('UTC', t)] AS with_zones "
        f"FROM unnest([{moments}]) u(t)"
    )
    project.sync("x", query, to=("files",))
    done = project.run("run", "x")
    assert done.code == 0, done.out + done.err
    delivered = [call["traits"] for call in project.delivered("x")]
    assert len(delivered) == len(MOMENTS)
    for traits in delivered:
        alone = traits["alone"]
        assert (traits["one"], traits["two"]) == ([alone], [[alone], [None]])
        assert (traits["visit"], traits["map"]) == ({"at": alone, "all": [alone]}, {"at": alone})
        assert traits["with_zones"] == [traits["with_zone"]]


def test_a_time_inside_a_value_of_bigquery_is_the_moment_that_it_is_alone(
    project: ProjectFolder, bigquery_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("sources/house.toml", {**bigquery_file(bigquery_dataset), "timezone": "Europe/Berlin"})
    monkeypatch.setenv("BACKHAUL_SOURCES_HOUSE_SERVICE_ACCOUNT", bigquery_dataset.key_file())
    query = (
        "SELECT '1' AS userId, DATETIME '2026-07-01 10:00:00' AS alone, [DATETIME '2026-07-01 10:00:00'] AS one, "
        "STRUCT(DATETIME '2026-07-01 10:00:00' AS at, [STRUCT(DATETIME '2026-07-01 10:00:00' AS at)] AS all_of) AS visit"
    )
    project.sync("x", query, to=("files",), source="house")
    done = project.run("run", "x")
    assert done.code == 0, done.out + done.err
    alone = "2026-07-01T08:00:00Z"
    (call,) = project.delivered("x")
    assert call["traits"] == {"alone": alone, "one": [alone], "visit": {"at": alone, "all_of": [{"at": alone}]}}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-01-01 10:00:00+00", "2026-01-01T10:00:00+00:00"),
        ("2026-01-01 10:00:00.25-0530", "2026-01-01T10:00:00.25-05:30"),
        ("2026-01-01 10:00+02", "2026-01-01T10:00:00+02:00"),
        ("2026-01-01 10:00:00", "2026-01-01T10:00:00Z"),
        ("2026-01-01T10:00", "2026-01-01T10:00:00Z"),
        ("2026-01-01T10:00:00+05:30", "2026-01-01T10:00:00+05:30"),
        ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z"),
        ("2026-01-01", "2026-01-01"),
    ],
)
def test_a_text_that_is_a_timestamp_is_completed_to_what_every_reader_takes(
    project: ProjectFolder, text: str, written: str
) -> None:
    project.sync("x", f"SELECT '1' AS \"userId\", 'a' AS v, '{text}' AS \"timestamp\"", to=("files",))
    assert project.run("run", "x").code == 0
    assert project.delivered("x")[0]["timestamp"] == written


@pytest.mark.parametrize(
    ("value", "written"), [("1e15", "1000000000000000"), ("9007199254740992", "9007199254740992"), ("-0.0", "0")]
)
def test_a_float_that_is_a_whole_number_is_an_id(project: ProjectFolder, value: str, written: str) -> None:
    project.sync("x", f"SELECT {value}::DOUBLE AS \"userId\", 'a' AS v", to=("files",))
    assert project.run("run", "x").code == 0
    assert project.delivered("x")[0]["userId"] == written


@pytest.mark.parametrize("value", ["1.5", "9007199254740994", "1e20"])
def test_a_float_that_is_no_exact_whole_number_is_no_id(project: ProjectFolder, value: str) -> None:
    project.sync("x", f"SELECT {value}::DOUBLE AS \"userId\", 'a' AS v", to=("files",))
    assert project.run("run", "x").code == 1
    assert project.delivered("x") == []


def test_a_list_that_is_nested_too_deeply_is_told_by_its_column(project: ProjectFolder) -> None:
    project.sync("x", f"SELECT '1' AS \"userId\", {'[' * 120}1{']' * 120} AS tree", to=("files",))
    for command in ("preview", "plan", "run"):
        done = project.run(command, "x")
        assert done.code == 1
        assert "Column 'tree' is nested more deeply" in done.err


@pytest.mark.parametrize("size", [100_000, 900_000])
def test_a_thousand_large_rows_go_through(project: ProjectFolder, size: int) -> None:
    rows = 90_000_000 // size
    project.duckdb(f"CREATE TABLE big AS SELECT i::VARCHAR AS id, repeat('x', {size}) AS v FROM range({rows}) t(i)")
    project.sync("x", 'SELECT id AS "userId", v FROM big', to=("files",))
    assert project.run("preview", "x", "--limit", "5").code == 0
    assert project.run("run", "x").code == 0
    assert len(project.delivered("x")) == rows
    assert "0 delivered" in project.run("run", "x").out


def test_one_cell_of_200_megabytes_is_rejected_by_name_and_the_others_go(project: ProjectFolder) -> None:
    project.duckdb(
        "CREATE TABLE one AS SELECT i::VARCHAR AS id, CASE WHEN i = 3 THEN repeat('y', 200000000) ELSE 'small' END AS v "
        "FROM range(10) t(i)"
    )
    project.sync("x", 'SELECT id AS "userId", v FROM one', to=("files",))
    for _ in range(2):
        assert project.run("run", "x").code == 1
        (row,) = project.run("rejected", "x", "--json").json["rows"]
        assert row["reason"] == '"v" is 200,000,000 bytes; a call may have 1,000,000'
        assert len(row["row"] or "") < 5_000
    assert len(project.delivered("x")) == 9
