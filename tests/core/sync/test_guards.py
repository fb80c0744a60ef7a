"""Guards on what a result looks like, and clocks that are not what they were."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from core.daemon.worker import build_run_options
from core.sync.planning.ledger_match import RunOptions
from core.warehouses.duckdb import session
from tests.core.sync.workshop import PEOPLE, SINCE, Workshop


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Move the warehouse's clock: `ahead` is by how many seconds it is ahead of this machine's."""
    moved = {"ahead": 0}
    monkeypatch.setattr(session.DuckDBSession, "clock", lambda _self: int(time.time()) + moved["ahead"])
    return moved


def evidence(outcome: Any, guard: str) -> str:
    return next(
        q["message"]
        for event in outcome.events
        if event.kind == "stopped"
        for q in event.questions
        if q["guard"] == guard
    )


def told(workshop: Workshop) -> str:
    """Run, and return what the plan said of the clock."""
    return next(note for note in workshop.run().planned.notes if "clock" in note)


# columns


def test_columns_that_change_under_the_same_query_are_asked_about(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.execute('CREATE VIEW everyone AS SELECT id AS "userId", email, 1 AS score FROM people')
    workshop.sync("SELECT * FROM everyone")
    workshop.run()
    workshop.execute(
        "CREATE OR REPLACE VIEW everyone AS SELECT id AS \"userId\", 'x' AS score, true AS vip FROM people"
    )
    outcome = workshop.run()
    assert outcome.guards == {"columns_changed"}
    told = evidence(outcome, "columns_changed")
    assert "vip is new (boolean)" in told
    assert "email is gone" in told
    assert "score was integer and is text" in told
    assert workshop.run(yes=True).state == "succeeded"
    assert workshop.run().state == "succeeded"


def test_columns_that_the_analyst_changed_in_the_query_are_not_asked_about(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync()
    workshop.run()
    workshop.sync(PEOPLE.replace("plan", "plan, true AS vip"))
    assert workshop.run().state == "succeeded"


def test_columns_in_another_order_are_the_same_columns(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.execute('CREATE VIEW everyone AS SELECT id AS "userId", email, plan FROM people')
    workshop.sync("SELECT * FROM everyone")
    workshop.run()
    workshop.execute('CREATE OR REPLACE VIEW everyone AS SELECT plan, email, id AS "userId" FROM people')
    assert workshop.run().guards == set()


# ids


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("n::VARCHAR", "whole numbers"),
        ("'p' || n || '@example.com'", "email addresses"),
        ("md5(n::VARCHAR)", "long hexadecimal digests"),
        ("md5(n::VARCHAR)::UUID::VARCHAR", "UUIDs"),
    ],
)
def test_ids_of_another_kind_than_before_are_asked_about(workshop: Workshop, column: str, kind: str) -> None:
    workshop.people(150)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    workshop.calls()
    workshop.execute(f"INSERT INTO people SELECT {column}, 'x', 'free', now() FROM range(20) r (n)")
    outcome = workshop.run()
    assert outcome.guards == {"ids_of_another_kind"}
    assert kind in evidence(outcome, "ids_of_another_kind")
    assert workshop.calls() == []
    assert workshop.run(yes=True).acknowledged == 20


def test_new_ids_of_the_same_kind_raise_no_alarm(workshop: Workshop) -> None:
    workshop.people(150)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    workshop.execute("INSERT INTO people SELECT 'v_' || n, 'x', 'free', now() FROM range(20) r (n)")
    assert workshop.run().state == "succeeded"


def test_ids_of_groups_are_looked_at_too(workshop: Workshop) -> None:
    query = 'SELECT id AS "groupId", \'u\' AS "userId", plan FROM people'
    workshop.people(150)
    workshop.sync(query, call="group")
    workshop.run()
    workshop.execute("UPDATE people SET id = replace(id, 'u_', '')")
    assert "ids_of_another_kind" in workshop.run().guards


def test_a_result_of_which_most_ids_are_unknown_is_asked_about(workshop: Workshop) -> None:
    workshop.people(150)
    workshop.sync()
    workshop.run()
    workshop.calls()
    workshop.execute("UPDATE people SET id = 'other_' || id")
    outcome = workshop.run()
    assert outcome.guards == {"max_unknown"}
    assert "150 of 150 rows" in evidence(outcome, "max_unknown")
    assert workshop.calls() == []
    assert workshop.run(yes=True).acknowledged == 150


def test_a_company_that_grows_and_events_that_are_always_new_raise_no_alarm(workshop: Workshop) -> None:
    workshop.people(150)
    workshop.sync(PEOPLE + SINCE)
    workshop.sync("SELECT id AS \"userId\", 'Signed Up' AS event, plan FROM people", name="events", call="track")
    workshop.run()
    workshop.run("events")
    workshop.execute("INSERT INTO people SELECT 'new_' || n, 'x', 'free', now() FROM range(70) r (n)")
    assert workshop.run().state == "succeeded"
    workshop.execute("UPDATE people SET plan = 'team'")
    assert workshop.run("events").state == "succeeded"


# the bill of a full refresh


def test_a_full_refresh_shows_its_bill_first(workshop: Workshop) -> None:
    workshop.people(150)
    workshop.sync()
    workshop.run()
    workshop.calls()
    outcome = workshop.run(full_refresh=True)
    assert outcome.guards == {"full_refresh"}
    assert "150 calls" in evidence(outcome, "full_refresh")
    assert workshop.calls() == []
    assert workshop.run(full_refresh=True, yes=True).acknowledged == 150


# clocks


def test_a_warehouse_whose_clock_differs_by_more_than_two_seconds_is_told(
    workshop: Workshop, clock: dict[str, int]
) -> None:
    workshop.people(3)
    workshop.sync(PEOPLE + SINCE)
    assert not any("clock" in note for note in workshop.run().planned.notes)
    clock["ahead"] = 90
    assert re.match("the warehouse's clock is (89|90) seconds ahead of this machine's", told(workshop))
    clock["ahead"] = 0
    workshop.run()
    clock["ahead"] = -60
    assert re.match("the warehouse's clock is (59|60) seconds behind this machine's", told(workshop))


def test_rows_that_came_while_the_clock_was_wrong_are_found_when_it_is_fixed(
    workshop: Workshop, clock: dict[str, int]
) -> None:
    workshop.people(3)
    workshop.sync(PEOPLE + SINCE)
    clock["ahead"] = 86_400
    workshop.run()
    assert workshop.last_sync_time() > time.time() + 80_000
    workshop.calls()
    clock["ahead"] = 0
    workshop.execute("INSERT INTO people VALUES ('meanwhile', 'm@example.com', 'free', now() - INTERVAL 30 MINUTE)")
    outcome = workshop.run()
    assert any("all rows were compared" in note for note in outcome.planned.notes)
    assert workshop.users() == ["meanwhile"]
    assert abs(workshop.last_sync_time() - time.time()) < 5
    workshop.execute("INSERT INTO people VALUES ('after', 'a@example.com', 'free', now())")
    workshop.run()
    assert workshop.users() == ["after"]


def test_a_clock_that_went_back_a_little_only_makes_the_window_longer(
    workshop: Workshop, clock: dict[str, int]
) -> None:
    workshop.people(3)
    workshop.sync('SELECT id AS "userId", {{last_sync_time}} AS bound FROM people', lookback="10 minutes")
    workshop.run()
    workshop.calls()
    before = workshop.last_sync_time()
    clock["ahead"] = -120
    workshop.run(yes=True)
    (bound,) = {call["traits"]["bound"] for call in workshop.calls()}
    assert before - 120 - 600 - 3 <= bound <= before - 120 - 600 + 3
    assert workshop.last_sync_time() < before


# ids that cannot be used


def test_rows_whose_ids_cannot_be_used_are_rejected_once_where_the_run_is_told_to_and_the_rest_goes(
    workshop: Workshop,
) -> None:
    workshop.people(5)
    workshop.execute("INSERT INTO people VALUES (NULL, 'a', 'b', now()), ('u_1', 'other', 'b', now())")
    workshop.sync()
    stopped = workshop.run(yes=True)
    ((question,),) = [event.questions for event in stopped.events if event.kind == "stopped"]
    assert (question["option"], question["rejects"], question["sends"]) == ("--reject-invalid", 3, 4)
    assert "reject these 3 rows and send 4 calls: once with --reject-invalid" in question["remedy"]
    outcome = workshop.run(reject_invalid=True)
    assert (outcome.state, outcome.acknowledged) == ("partial", 4)
    assert workshop.users() == ["u_0", "u_2", "u_3", "u_4"]
    assert len(workshop.rows("rejected_of_sync", sync="id-people", limit=10)) == 3
    assert workshop.run().guards == {"invalid_rows"}  # it was for one run


def test_the_daemon_takes_the_word_that_rejects_such_rows() -> None:
    assert build_run_options(["--reject-invalid", "--yes"]) == RunOptions(yes=True, reject_invalid=True)
