"""What the benchmarks count with: the share of rows that changes, the stages of a run, the table and its place."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tests.benchmarks import company
from tests.benchmarks.growth import KINDS
from tests.benchmarks.picture import drawn
from tests.benchmarks.stages import STAGES, stages_of
from tests.benchmarks.table import BEGIN, END, Measured, Row, as_json, markdown, of_ratios, placed, rows_in_words
from tests.servers.postgres import Database


def test_from_each_version_to_the_next_exactly_one_row_in_a_hundred_differs(postgres_database: Database) -> None:
    differing = "SELECT count(*) FROM (SELECT * FROM before EXCEPT SELECT * FROM people_1000_now) AS each"
    with postgres_database.connect() as connection:
        company.create(connection, 2_000)
        company.create(connection, 1_000, larger=2_000)
        for version in (1, 2, 100):
            company.show(connection, 1_000, version - 1)
            connection.execute("CREATE TEMP TABLE before AS SELECT * FROM people_1000_now")
            company.show(connection, 1_000, version)
            assert connection.execute(differing).fetchone() == (10,)
            assert connection.execute("SELECT count(*) FROM people_1000_now").fetchone() == (1_000,)
            connection.execute("DROP TABLE before")
        with pytest.raises(ValueError, match="100 versions"):
            company.show(connection, 1_000, 101)
        with pytest.raises(ValueError, match="multiple of 100"):
            company.create(connection, 150)


def test_the_stages_of_a_run_lie_between_its_events_and_add_up() -> None:
    told = ("started", "querying", "queried", "planned", "answered", "answered", "committed", "ended")
    events = [(float(moment), {"event": name}) for moment, name in enumerate(told, start=11)]
    assert stages_of(10.0, events, 20.0) == {
        "start": 1, "query": 2, "compare": 1, "deliver": 2, "commit": 1, "end": 3,
    }  # fmt: skip
    unchanged = [event for event in events if event[1]["event"] != "answered"]
    stages = stages_of(10.0, unchanged, 20.0)
    assert stages["deliver"] == 0
    assert sum(stages.values()) == 10.0


def test_the_table_replaces_the_one_between_its_marks_and_says_when_each_part_was_measured() -> None:
    circumstances = {"date": "2026-11-01", "cores": 2, "processor": "x", "load": 0.5, "versions": "Python 3"}
    one = as_json(
        Measured(rows=(Row(what="a|b", target="t", measured="m", met=False),), numbers={"n": 0.123456}), circumstances
    )
    other = as_json(Measured(rows=(Row(what="c", target="t", measured="m"),)), {**circumstances, "date": "2026-11-02"})
    assert one["numbers"] == {"n": 0.1235}
    table = markdown({"other": other, "one": one}, ["one", "other"])
    assert table.splitlines()[2:4] == ["| a\\|b | t | m |  | **no** |", "| c | t | m |  | – |"]
    assert table.splitlines()[-2].startswith("- one: Measured on 2026-11-01: 2 cores (x)")
    assert placed(f"before\n{BEGIN}\nold\n{END}\nafter", "new") == f"before\n{BEGIN}\nnew\n{END}\nafter"
    with pytest.raises(ValueError, match="no place"):
        placed(f"{END}{BEGIN}", "new")


def test_ratios_are_judged_by_their_median() -> None:
    assert of_ratios([1.0, 3.0, 1.2], min) == (1.2, "1.20 (best 1.00 of 3)")
    assert [rows_in_words(rows) for rows in (20_000, 1_000_000, 2_500_000)] == ["20,000", "1 million", "2.5 million"]


@pytest.mark.parametrize("most", [0.3, 1.0, 7.9, 30.0])
def test_the_picture_has_a_column_for_each_size_within_its_frame(most: float) -> None:
    stages = dict.fromkeys(STAGES, most / len(STAGES))
    sizes = [{"rows": rows, "stages": stages, "copy": most / 2} for rows in (1_000_000, 2_000_000)]
    root = ET.fromstring(drawn(dict.fromkeys(KINDS, sizes), "a title"))
    columns = [each for each in root.iter("{http://www.w3.org/2000/svg}rect") if each.get("width") == "34"]
    assert len(columns) == len(KINDS) * len(sizes) * len(STAGES)
    assert all(96 <= float(each.get("y", 0)) <= 330 for each in columns)
