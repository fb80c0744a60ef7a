"""The canonical form: exact bytes for every kind of value, on every machine; and what can never travel."""

from __future__ import annotations

import datetime as dt
import decimal
import hashlib
import json
import struct
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.calls import canonical
from core.calls.canonical import FORM
from core.model import CallType, Kind
from tests.core.calls import corpus
from tests.core.calls.mapping import ARROW, Given, connect, faults, mapped, of, strictly, text

GOLDEN = Path(__file__).with_name("golden") / f"form-{FORM}.jsonl"
DIGESTS = {1: "21ac31fd1252ca22b0f295a357ab9f0432099c1d3a3da047c02ebfddbd9d0dd8"}
"""What `corpus.digest()` gives for each number of the form. A digest of an old number is never edited: where the form
has to change, raise FORM, add its digest here and write its golden file.
"""

ROOT = Path(__file__).parents[3]

CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXTS = st.text(CHARACTERS, max_size=30)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as connection:
        yield connection


def written(
    connection: duckdb.DuckDBPyConnection,
    kind: Kind,
    values: Sequence[Any],
    arrow: pa.DataType | None = None,
    timezone: str = "UTC",
) -> list[str]:
    """Return the JSON text of each value."""
    chosen = arrow or ARROW[kind]
    sql = canonical.json_value(kind, chosen, "c0", timezone=timezone)
    connection.register("incoming", pa.table([pa.array(values, chosen)], names=["c0"]))
    return [row[0] for row in connection.execute(f"SELECT {sql} FROM incoming").fetchall()]


def written_now(case: dict[str, str]) -> str:
    """Return what the form makes of a golden case, whose value is SQL and comes by Arrow, as from a warehouse."""
    with duckdb.connect() as source, connect() as connection:
        source.execute("SET TimeZone = 'UTC'")
        table = source.sql(f"SELECT {case['value']} AS c0").to_arrow_table()
        connection.register("incoming", table)
        arrow = table.schema.field(0).type
        sql = canonical.json_value(Kind(case["kind"]), arrow, "c0", timezone=case.get("timezone", "UTC"))
        return str(connection.execute(f"SELECT {sql} FROM incoming").fetchall()[0][0])


CASES = [json.loads(line) for line in GOLDEN.read_text("ascii").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['kind']} {case['value']}")
def test_each_golden_value_is_written_as_these_very_bytes(case: dict[str, str]) -> None:
    assert written_now(case) == case["json"]


def test_the_golden_file_has_every_kind() -> None:
    assert {case["kind"] for case in CASES} == {kind.value for kind in Kind}


@pytest.mark.parametrize("case", [case for case in CASES if '"a":1,"a":2' not in case["json"]], ids=lambda c: c["json"])
def test_each_golden_value_is_json_for_a_strict_reader(case: dict[str, str]) -> None:
    strictly(case["json"])


def test_the_output_of_the_form_has_not_changed_without_its_number() -> None:
    assert corpus.digest() == DIGESTS[FORM], "the form's output changed: raise FORM, or undo the change"


def test_the_form_is_the_same_in_other_batches_and_another_order(engine: duckdb.DuckDBPyConnection) -> None:
    assert corpus.digest(threads=2, order=1) == corpus.digest(threads=1, order=2) == DIGESTS[FORM]


@pytest.mark.parametrize("threads", [1, 3])
def test_the_form_is_the_same_in_another_process_and_time_zone(threads: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.core.calls.corpus", str(threads), "3"],
        cwd=ROOT,
        env={"TZ": "Asia/Kathmandu", "LC_ALL": "C", "HOME": str(tmp_path), "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == DIGESTS[FORM]


def test_every_call_of_the_corpus_is_json_for_a_strict_reader(engine: duckdb.DuckDBPyConnection) -> None:
    columns = corpus.columns()
    rows = mapped(engine, CallType.IDENTIFY, *columns, timezone="Europe/Berlin")
    assert [row["fault"] for row in rows if row["fault"]] == []
    for position, row in enumerate(rows):
        traits = strictly(row["call"])["traits"]
        given_now = {column.name: column.values[position] for column in columns}
        assert traits["text"] == given_now["text"]
        assert traits["integer"] == given_now["integer"]
        assert traits["double"] == given_now["double"]
        assert traits["json"] == json.loads(given_now["json"])
        assert traits["nested"]["name"] == given_now["nested"]["name"]


def test_a_call_and_its_fingerprint_are_these_very_bytes(engine: duckdb.DuckDBPyConnection) -> None:
    row = mapped(
        engine,
        CallType.IDENTIFY,
        of(Kind.INTEGER, "user_id", 42),
        text("EMAIL", "é@x.example"),
        text("email", None),
        of(Kind.DECIMAL, "spent", "12.50"),
        of(Kind.TIMESTAMP, "timestamp", dt.datetime.fromisoformat("2026-12-01T06:00:00")),
        of(Kind.BOOLEAN, "integrations.All", False),
    )[0]
    assert row["call"] == (
        '{"type":"identify","userId":"42","traits":{"EMAIL":"é@x.example","email":null,"spent":12.5},'
        '"integrations":{"All":false},"timestamp":"2026-12-01T06:00:00Z"}'
    )
    fingerprint = engine.execute("SELECT fingerprint_of(?)", [row["call"]]).fetchall()[0][0]
    assert fingerprint == uuid.UUID("9ca5ef18-7bfa-03fe-094b-78402d9b8d24")


@given(st.lists(TEXTS, min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_a_fingerprint_is_the_md5_digest_with_its_bytes_reversed(values: list[str]) -> None:
    with connect() as connection:
        connection.register("incoming", pa.table([pa.array(values, pa.string())], names=["x"]))
        found = connection.execute("SELECT fingerprint_of(x) FROM incoming").fetchall()
    expected = [hashlib.md5(value.encode(), usedforsecurity=False).digest()[::-1] for value in values]
    assert [row[0].bytes for row in found] == expected


SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@given(st.lists(TEXTS | st.text(st.characters(min_codepoint=1, max_codepoint=0x7F)), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_a_text_is_written_with_the_escapes_that_json_demands_and_no_other(values: list[str]) -> None:
    with connect() as connection:
        found = written(connection, Kind.TEXT, values)
    expected = [
        '"' + "".join(SHORT_ESCAPES.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in value) + '"'
        for value in values
    ]
    assert found == expected
    assert [json.loads(one) for one in found] == values


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=100))
@settings(max_examples=60, deadline=None)
def test_a_double_reads_back_as_itself_with_at_most_17_digits(values: list[float]) -> None:
    with connect() as connection:
        found = written(connection, Kind.FLOAT, values)
    assert [json.loads(one) for one in found] == values
    assert all(len(digits(one)) <= 17 for one in found)


@given(st.lists(st.floats(min_value=0.001, max_value=1e15, exclude_max=True), min_size=1, max_size=100))
@settings(max_examples=60, deadline=None)
def test_a_double_of_usual_size_has_the_shortest_digits_as_pythons_repr_gives_them(values: list[float]) -> None:
    with connect() as connection:
        found = written(connection, Kind.FLOAT, values)
    assert found == [repr(value).removesuffix(".0") for value in values]


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=100))
@settings(max_examples=60, deadline=None)
def test_a_float_of_four_bytes_reads_back_as_itself_with_at_most_9_digits(values: list[float]) -> None:
    with connect() as connection:
        found = written(connection, Kind.FLOAT, values, pa.float32())
    for value, one in zip(values, found, strict=True):
        assert struct.unpack("<f", struct.pack("<f", json.loads(one)))[0] == value
        assert len(digits(one)) <= 9


def digits(number: str) -> str:
    return number.lower().partition("e")[0].replace(".", "").replace("-", "").strip("0")


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=9), min_size=1, max_size=50))
@settings(max_examples=40, deadline=None)
def test_a_decimal_is_exact_and_has_no_zeros_behind(values: list[decimal.Decimal]) -> None:
    with connect() as connection:
        found = written(connection, Kind.DECIMAL, [f"{value:f}" for value in values])
    assert [decimal.Decimal(one) for one in found] == values
    assert not [one for one in found if "." in one and one.endswith(("0", "."))]
    assert not [one for one in found if one == "-0"]


@given(st.lists(st.datetimes(max_value=dt.datetime.fromisoformat("9999-12-30")), min_size=1, max_size=50))
@settings(max_examples=40, deadline=None)
def test_a_timestamp_keeps_every_microsecond(values: list[dt.datetime]) -> None:
    with connect() as connection:
        found = written(connection, Kind.TIMESTAMP, values)
    assert [dt.datetime.fromisoformat(one[1:-1]).replace(tzinfo=None) for one in found] == values


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=20))
@settings(max_examples=20, deadline=None)
def test_bytes_travel_as_base64(values: list[bytes]) -> None:
    import base64

    with connect() as connection:
        assert written(connection, Kind.BYTES, values) == [f'"{base64.b64encode(one).decode()}"' for one in values]


LAYOUTS = st.sampled_from([{}, {"indent": 2}, {"indent": "\t"}, {"separators": (" , ", "\r\n:\t")}])


@given(st.lists(st.tuples(JSON_VALUES, LAYOUTS, st.booleans()), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_json_keeps_its_meaning_and_the_order_of_its_keys_and_both_ways_to_minify_agree(
    values: list[tuple[Any, dict[str, Any], bool]],
) -> None:
    texts = [json.dumps(value, ensure_ascii=ascii_only, **layout) for value, layout, ascii_only in values]
    with connect() as connection:
        alone = written(connection, Kind.JSON, texts)
        # a number with a point takes the other way: white space is cut by a regular expression there
        beside = written(connection, Kind.JSON, [f"[{one} , 1.5 ]" for one in texts])
        connection.register("incoming", pa.table([pa.array(texts)], names=["x"]))
        found = connection.execute("SELECT json_fault(x) FROM incoming").fetchall()
    assert found == [(None,)] * len(texts)
    assert beside == [f"[{one},1.5]" for one in alone]
    for (value, _, ascii_only), one in zip(values, alone, strict=True):
        assert ordered(json.loads(one)) == ordered(value)
        assert one == json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":"))


def ordered(value: Any) -> Any:
    """Return a value in which the order of keys counts."""
    if isinstance(value, dict):
        return [(key, ordered(inner)) for key, inner in value.items()]
    return [ordered(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "value",
    ['["a", "nan"]', '{"tags":["vip","info"]}', '["b,]"]', '["a\\"", "Infinity" ]', '{"nan":["x"],"y":",}"}'],
)
def test_words_inside_the_texts_of_json_are_no_fault(engine: duckdb.DuckDBPyConnection, value: str) -> None:
    assert faults(engine, CallType.IDENTIFY, text("userId", "u"), of(Kind.JSON, "j", value)) == [None]


NOT_JSON = [
    *["", " ", "[1", '{"a":1', "tru", "True", "01", ".5", "5.", "+1", "-", "1e", "0x10", "1 2", '{"a":1}x', "[1 2]"],
    *["[1,,2]", "[,1]", "{a:1}", "'a'", '"a\nb"', '"a\tb"', "// c\n1", "/* c */ 1", '"\\x41"', "\ufeff{}", "\xa01"],
]
BENT_JSON = ["NaN", "[NaN]", '{"a":Infinity}', "-Infinity", "[nan]", "[1,]", '{"a":1,}', '{"a":[1, ] }', "[1.5,NaN]"]
HALVES = ['"\\ud800"', '"\\ud83d"', '"\\ude00"', '"\\udfff"', '"\\uD83D\\u0041"', '["x", "\\uDE00\\uD83D"]']


@pytest.mark.parametrize(
    ("value", "reason"),
    [(value, "does not hold JSON") for value in NOT_JSON]
    + [(value, "holds JSON with NaN, an infinity or a comma too many") for value in BENT_JSON]
    + [(value, "holds JSON with half a surrogate pair") for value in HALVES]
    + [(value, "holds a NUL character") for value in ['"\\u0000"', '["a\\\\\\u0000"]', '{"\\u0000":1}']],
)
def test_what_is_no_json_for_a_strict_reader_rejects_its_row_and_no_other(
    engine: duckdb.DuckDBPyConnection, value: str, reason: str
) -> None:
    columns = (text("userId", "u1", "u2"), of(Kind.JSON, "extra", value, "[1]"))
    assert faults(engine, CallType.IDENTIFY, *columns) == [f'"extra" {reason}', None]


NUL = "holds a NUL character"
NOT_FINITE = "holds NaN or an infinity"
NO_NUMBER = "holds NaN, an infinity or what is no plain number"
NO_TIME = "holds an infinite time, or one outside the years 1 to 9999"
NO_DATE = "holds a date outside the years 1 to 9999"
LARGEST = 2**63 - 1


def raw(values: list[int], arrow: pa.DataType) -> list[Any]:
    """Return dates and times by their integers: Python has no infinite ones."""
    width = pa.int32() if arrow == pa.date32() else pa.int64()
    return list(pa.array(values, width).cast(arrow))


@pytest.mark.parametrize(
    ("kind", "arrow", "values", "reason"),
    [
        (Kind.TEXT, None, ["a\0b", "\0"], NUL),
        (Kind.FLOAT, None, [float("nan"), float("inf"), float("-inf")], NOT_FINITE),
        (Kind.FLOAT, pa.float32(), [float("nan"), float("inf")], NOT_FINITE),
        (Kind.DECIMAL, None, ["nan", "inf", "-inf", "1e5", "+5", ".5", "5.", "", "007", "-01", "1,5"], NO_NUMBER),
        (Kind.DATE, None, raw([2**31 - 1, -(2**31 - 1), -719163, 2932897], pa.date32()), NO_DATE),
        (Kind.TIMESTAMP, None, raw([LARGEST, -LARGEST, -62135596800000001, 253402300800000000], pa.timestamp("us")), NO_TIME),
        (Kind.INSTANT, None, raw([LARGEST, -LARGEST, -62135596800000001], pa.timestamp("us", tz="UTC")), NO_TIME),
        (Kind.NESTED, pa.list_(pa.float64()), [[1.0, float("nan")], [float("inf")]], NOT_FINITE),
        (Kind.NESTED, pa.list_(pa.list_(pa.string())), [[[], ["a\0"]]], NUL),
        (Kind.NESTED, pa.struct([("a", pa.int64()), ("b", pa.list_(pa.float32()))]), [{"b": [float("inf")]}], NOT_FINITE),
        (Kind.NESTED, pa.map_(pa.string(), pa.int64()), [[("a\0", 1)]], NUL),
        (Kind.NESTED, pa.map_(pa.float64(), pa.int64()), [[(float("nan"), 1)]], NOT_FINITE),
        (Kind.NESTED, pa.map_(pa.string(), pa.list_(pa.string())), [[("k", ["\0"])]], NUL),
    ],
)  # fmt: skip
def test_what_json_cannot_hold_rejects_its_row(
    engine: duckdb.DuckDBPyConnection, kind: Kind, arrow: pa.DataType | None, values: list[Any], reason: str
) -> None:
    ids = text("userId", *[f"u{row}" for row in range(len(values) + 1)])
    column = Given(name='a"b', values=[*values, None], kind=kind, arrow=arrow)
    assert faults(engine, CallType.IDENTIFY, ids, column) == [f'"a\\"b" {reason}'] * len(values) + [None]


def test_a_time_that_its_zone_moves_out_of_the_calendar_keeps_the_hour_that_is_shown(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    first = dt.datetime.fromisoformat("0001-01-01")
    columns = (text("userId", "u1", "u2"), of(Kind.TIMESTAMP, "seen", first, None))
    east = mapped(engine, CallType.IDENTIFY, *columns, timezone="Europe/Berlin")
    west = mapped(engine, CallType.IDENTIFY, *columns, timezone="America/New_York")
    assert [row["fault"] for row in (*east, *west)] == [None] * 4
    assert '"seen":"0001-01-01T00:00:00+00:53"' in east[0]["call"]
    assert '"seen":"0001-01-01T04:56:02Z"' in west[0]["call"]
    infinite = of(Kind.TIMESTAMP, "seen", *raw([LARGEST, -LARGEST], pa.timestamp("us")))
    found = mapped(engine, CallType.IDENTIFY, columns[0], infinite, timezone="Europe/Berlin")
    assert [row["fault"] for row in found] == [f'"seen" {NO_TIME}'] * 2


def test_a_text_that_stands_for_a_time_cannot_break_out_of_its_quotes(engine: duckdb.DuckDBPyConnection) -> None:
    assert written(engine, Kind.TIME, ['12:00+02", "x": "'], pa.string()) == ['"12:00+02\\", \\"x\\": \\""']


def test_deeply_nested_columns_are_written_in_good_time(engine: duckdb.DuckDBPyConnection) -> None:
    arrow, value = pa.int64(), 1
    for _ in range(12):
        arrow, value = pa.list_(arrow), [value]
    assert written(engine, Kind.NESTED, [value], arrow) == ["[" * 12 + "1" + "]" * 12]
