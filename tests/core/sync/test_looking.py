"""A result that is held: windows, order, filter, marks, calls, what columns hold, files; a million rows of it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from pyarrow import parquet

from core.errors import CancelledError, UsageError
from core.preview import result_set
from core.preview.result_set import KNOWN, NEW, REFUSED, ResultSet, look
from core.state.cancellation import Stopping
from tests.core.sync.workshop import Workshop

QUERY = 'SELECT id AS "userId", email, plan, n FROM people ORDER BY n'


@pytest.fixture
def looked(workshop: Workshop) -> ResultSet:
    """Ten people, of whom five were delivered, one has no id, and two have the same one."""
    workshop.execute(
        "CREATE TABLE people AS SELECT 'u_' || n AS id, CASE WHEN n % 2 = 0 THEN 'p' || n || '@example.com' END AS email, "
        "['free', 'pro'][n % 2 + 1] AS plan, n::INTEGER AS n FROM range(5) t(n)"
    )
    workshop.sync(QUERY)
    workshop.run()
    workshop.execute(
        "INSERT INTO people SELECT 'u_' || n, NULL, '=1+1', n FROM range(5, 8) t(n)",
        "INSERT INTO people VALUES (NULL, 'x', 'free', 8), ('u_7', 'y', 'pro', 9)",
    )
    return look(workshop.load(), workshop.the_sync(), workshop.secret)


def places(found: ResultSet) -> list[int]:
    return [row.place for row in found.window(0, found.count)]


def test_a_window_gives_values_and_no_mark_before_all_are_marked(looked: ResultSet) -> None:
    assert (looked.count, looked.more) == (10, False)
    (row,) = looked.window(2, 1)
    assert (row.place, row.values, row.marked) == (2, ("u_2", "p2@example.com", "free", 2), False)
    assert looked.window(10, 5) == ()


def test_marks_tell_known_never_seen_and_refused_rows(looked: ResultSet) -> None:
    looked.mark()
    rows = looked.window(0, 10)
    assert [row.known for row in rows[:8]] == [True] * 5 + [False] * 2 + [False]
    assert [bool(row.fault) for row in rows] == [False] * 7 + [True, True, True]
    assert looked.totals() == (5, 2, 3)
    assert [looked.arrange(mark=mark) for mark in (KNOWN, NEW, REFUSED)] == [5, 2, 3]
    assert places(looked) == [7, 8, 9]


def test_rows_are_sorted_either_way_and_nulls_come_last(looked: ResultSet) -> None:
    looked.arrange(column=1)
    assert [row.values[1] for row in looked.window(0, 10)][:5] == [
        "p0@example.com",
        "p2@example.com",
        "p4@example.com",
        "x",
        "y",
    ]
    looked.arrange(column=3, descending=True)
    assert places(looked) == list(range(9, -1, -1))
    looked.arrange(column=1, descending=True)
    assert [row.values[1] for row in looked.window(5, 5)] == [None] * 5
    looked.arrange()
    assert places(looked) == list(range(10))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("PRO", [1, 3, 9]),
        ("plan:free", [0, 2, 4, 8]),
        ("example p2", [2]),
        ("u_7 y", [9]),
        ("nothing", []),
        ("n:7", [7]),
        ("=1", [5, 6, 7]),
        ("", list(range(10))),
    ],
)
def test_words_are_looked_for_in_all_columns_or_in_one(looked: ResultSet, words: str, expected: list[int]) -> None:
    assert looked.arrange(words=words) == len(expected)
    assert places(looked) == expected


def test_filter_order_and_mark_work_together(looked: ResultSet) -> None:
    looked.mark()
    assert looked.arrange(column=3, descending=True, words="plan:pro", mark=KNOWN) == 2
    assert places(looked) == [3, 1]


def test_a_row_becomes_the_call_that_a_run_would_send(looked: ResultSet) -> None:
    calls = looked.calls([9, 0])
    assert [json.loads(call or "")["userId"] for call in calls] == ["u_7", "u_0"]
    assert json.loads(calls[1] or "")["traits"] == {"email": "p0@example.com", "n": 0, "plan": "free"}
    assert looked.calls([]) == []
    looked.mark()
    assert [bool(call) for call in looked.calls([0, 7, 8, 9])] == [True, False, False, False]


def test_what_the_columns_hold(looked: ResultSet) -> None:
    user, email, plan, number = looked.statistics()
    assert (user.nulls, user.distinct) == (1, 8)
    assert user.shapes == (("prefix and number", 9),)
    assert (email.nulls, dict(email.shapes)) == (5, {"email": 3, "text": 2})
    assert (plan.least, plan.distinct) == ("=1+1", 3)
    assert (number.least, number.greatest, number.shapes) == (0, 9, ())


def test_a_file_holds_the_rows_as_they_are_arranged(looked: ResultSet, tmp_path: Path) -> None:
    looked.mark()
    looked.arrange(column=3, descending=True, words="plan:=1")
    assert looked.export(tmp_path / "rows.csv") == 3
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["userId"] for row in rows] == ["u_7", "u_6", "u_5"]
    assert {row["plan"] for row in rows} == {"'=1+1"}
    assert [row["what it is"] for row in rows] == ["refused", "never seen", "never seen"]
    looked.export(tmp_path / "rows.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text("utf-8").splitlines()]
    assert [line["n"] for line in lines] == [7, 6, 5]
    assert lines[0]["plan"] == "=1+1"
    looked.export(tmp_path / "rows.parquet")
    table = parquet.read_table(tmp_path / "rows.parquet")
    assert table.column("n").to_pylist() == [7, 6, 5]
    with pytest.raises(UsageError, match="ends in none of"):
        looked.export(tmp_path / "rows.xlsx")
    assert sorted(each.name for each in tmp_path.iterdir() if each.name.startswith((".", "rows"))) == [
        "rows.csv",
        "rows.jsonl",
        "rows.parquet",
    ]


def test_a_file_is_its_owners_alone_and_takes_the_place_of_no_other(looked: ResultSet, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text("mine")
    link = tmp_path / "link.csv"
    link.symlink_to(elsewhere)
    (tmp_path / "nothing.csv").symlink_to(tmp_path / "made.csv")
    for file in (elsewhere, link, tmp_path / "nothing.csv"):
        with pytest.raises(UsageError, match="is there already"):
            looked.export(file)
    assert elsewhere.read_text() == "mine"
    assert not (tmp_path / "made.csv").exists()
    for ending in ("csv", "jsonl", "parquet"):
        looked.export(tmp_path / f"rows.{ending}")
        assert (tmp_path / f"rows.{ending}").stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_held_is_more(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop.people(500_000)
    workshop.sync('SELECT id AS "userId", email FROM people')
    monkeypatch.setattr(result_set, "MOST_BYTES", 5_000_000)
    found = look(workshop.load(), workshop.the_sync(), workshop.secret, limit=500_000)
    assert found.more
    assert 0 < found.count < 500_000
    assert found.table.nbytes <= 5_000_000


def test_a_stop_leaves_no_half_file(looked: ResultSet, tmp_path: Path) -> None:
    stopping = Stopping()
    stopping.stop()
    for ending in ("csv", "jsonl", "parquet"):
        with pytest.raises(CancelledError):
            looked.export(tmp_path / f"rows.{ending}", stopping)
    assert [each for each in tmp_path.iterdir() if each.suffix in (".csv", ".jsonl", ".parquet", ".part")] == []


def test_lists_and_objects_are_shown_sorted_and_written(workshop: Workshop, tmp_path: Path) -> None:
    workshop.execute(
        "CREATE TABLE people AS SELECT n AS id, [n, n + 1] AS list, {'a': n} AS object, (n * 1.5)::DECIMAL(9, 2) AS price, "
        "now() AS seen, NULL AS nothing FROM range(3) t(n)"
    )
    workshop.sync('SELECT id AS "userId", list, object, price, seen, nothing FROM people')
    found = look(workshop.load(), workshop.the_sync(), workshop.secret)
    found.mark()
    assert found.totals() == (0, 3, 0)
    for column in range(6):
        assert found.arrange(column=column, descending=True) == 3
    assert found.arrange(words="1.50") == 1
    assert len(found.statistics()) == 6
    for ending in ("csv", "jsonl", "parquet"):
        assert found.export(tmp_path / f"rows.{ending}") == 1


def test_a_million_rows_are_held_sorted_and_looked_at(workshop: Workshop) -> None:
    workshop.people(1_000_000)
    workshop.sync('SELECT id AS "userId", email, plan, changed FROM people')
    with pytest.raises(UsageError, match="1,000,000"):
        look(workshop.load(), workshop.the_sync(), workshop.secret, limit=1_000_001)
    found = look(workshop.load(), workshop.the_sync(), workshop.secret, limit=1_000_000)
    assert (found.count, found.more) == (1_000_000, False)
    for start in range(0, 1_000_000, 50_000):
        assert len(found.window(start, 200)) == 200
    assert found.arrange(words="p99999@") == 1
    assert found.arrange(column=0, descending=True) == 1_000_000
    assert found.window(0, 1)[0].values[0] == "u_999999"
