"""The canonical form as a property: a row of any type, however nested, is the same text everywhere and every time."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.calls.canonical import kind_of_arrow
from core.model import Kind
from tests.core.calls.forming import formed, read_part, stream_of, write_part
from tests.core.calls.mapping import connect, strictly

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
TIMES = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31))  # noqa: DTZ001 -- zones are the column's matter
LEAVES: tuple[tuple[pa.DataType, st.SearchStrategy[Any]], ...] = (
    (pa.bool_(), st.booleans()),
    (pa.int8(), st.integers(-128, 127)),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.float32(), st.floats(width=32)),
    (pa.float64(), st.floats()),
    (pa.decimal128(20, 4), st.decimals(-(10**12), 10**12, places=4).map(lambda found: round(found, 4))),
    (pa.decimal128(38, 0), st.integers(-(10**37), 10**37).map(decimal.Decimal)),
    (pa.string(), TEXTS),
    (pa.large_string(), TEXTS),
    (pa.binary(), st.binary(max_size=5)),
    (pa.date32(), st.dates()),
    (pa.time64("us"), st.times()),
    (pa.timestamp("us"), TIMES),
    (pa.timestamp("s"), TIMES.map(lambda found: found.replace(microsecond=0))),
    (pa.timestamp("us", tz="UTC"), TIMES.map(lambda found: found.replace(tzinfo=dt.UTC))),
)
Typed = tuple[pa.DataType, st.SearchStrategy[Any]]


def nested(inner: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    """Make lists, structs and maps of what there is."""
    lists = inner.map(lambda found: (pa.list_(found[0]), st.lists(st.none() | found[1], max_size=3)))
    maps = inner.map(
        lambda found: (
            pa.map_(pa.string(), found[0]),
            st.dictionaries(TEXTS, st.none() | found[1], max_size=3).map(lambda made: list(made.items())),
        )
    )
    structs = st.lists(inner, min_size=1, max_size=3).map(
        lambda found: (
            pa.struct([(f"{'abé'[place]}", typed) for place, (typed, _) in enumerate(found)]),
            st.fixed_dictionaries({f"{'abé'[place]}": st.none() | made for place, (_, made) in enumerate(found)}),
        )
    )
    return lists | maps | structs


TYPES = st.recursive(st.sampled_from(LEAVES), nested, max_leaves=4)


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    arrow, values = draw(TYPES)
    made = draw(st.lists(st.none() | values, min_size=1, max_size=9))
    return pa.table({"row": range(len(made)), "value": pa.array(made, arrow)})


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(2) as connection:
        yield connection


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[bytes]]:
    """A process with another time zone, locale and order of hashes."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.core.calls.forming"],
        cwd=Path(__file__).parents[3],
        env={
            "TZ": "Asia/Kathmandu",
            "LC_ALL": "C",
            "HOME": str(tmp_path_factory.mktemp("home")),
            "PYTHONHASHSEED": "7",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        yield process


@given(table=tables(), order=st.randoms(use_true_random=False), rows=st.integers(1, 4))
@settings(max_examples=120, deadline=None, derandomize=True)
def test_a_row_is_the_same_twice_in_another_order_and_cut_of_batches_and_in_another_process(
    engine: duckdb.DuckDBPyConnection, another: subprocess.Popen[bytes], table: pa.Table, order: Any, rows: int
) -> None:
    first = formed(engine, table)
    assert formed(engine, table) == first
    places = list(range(table.num_rows))
    order.shuffle(places)
    shuffled = table.take(places)
    assert formed(engine, shuffled, rows=rows) == first
    assert another.stdin
    assert another.stdout
    write_part(another.stdin, stream_of(shuffled))
    assert json.loads(read_part(another.stdout)) == first


@given(table=tables())
@settings(max_examples=120, deadline=None, derandomize=True)
def test_what_is_written_is_json_for_a_strict_reader(engine: duckdb.DuckDBPyConnection, table: pa.Table) -> None:
    for value, text in zip(table.column("value").to_pylist(), formed(engine, table), strict=True):
        if value is not None and text is not None and not text.startswith("holds"):
            strictly(text[:-36])


def test_the_types_of_these_rows_are_of_every_kind() -> None:
    kinds = {kind_of_arrow(arrow) for arrow, _ in LEAVES} | {kind_of_arrow(pa.list_(pa.int8()))}
    assert kinds == set(Kind) - {Kind.JSON}  # which comes as text (test_canonical)
