"""`undo RUN`: the values that a run overwrote are sent back, with null for the traits that it added."""

from __future__ import annotations

import json
import sqlite3
import time

import pytest

from core.errors import StateError, UsageError
from core.sync.undo import Undo, plan_undo
from tests.core.sync.workshop import PEOPLE, SINCE, Workshop

WITH_TIME = 'SELECT id AS "userId", email, plan, changed AS timestamp FROM people'


def last_run(workshop: Workshop) -> str:
    return str(workshop.rows("newest_runs", before=9e18, limit=1)[0]["id"])


def plan_of(workshop: Workshop, run: str) -> Undo:
    project = workshop.load()
    (found,) = plan_undo(project, project.syncs["people"], run)
    return found


def test_what_a_run_overwrote_is_sent_back(workshop: Workshop) -> None:
    workshop.people(200)
    workshop.sync()
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'rubbish' WHERE id IN ('u_1', 'u_2', 'u_3')")
    workshop.run()
    bad = last_run(workshop)
    workshop.calls()
    found = plan_of(workshop, bad)
    assert (found.rows, found.added, found.since) == (3, 0, 0)
    assert [(f.path, f.old, f.new) for f in found.changes[0].fields] == [("traits.plan", "rubbish", "free")]
    assert workshop.calls() == []
    assert workshop.run(undo=bad).state == "succeeded"
    calls = workshop.calls()
    assert sorted((call["userId"], call["traits"]["plan"]) for call in calls) == [(f"u_{n}", "free") for n in (1, 2, 3)]
    workshop.execute("UPDATE people SET plan = 'free'")
    assert workshop.run().acknowledged == 0


def test_traits_that_the_run_added_become_null(workshop: Workshop) -> None:
    workshop.people(2)
    workshop.sync()
    workshop.run()
    workshop.sync(PEOPLE.replace("plan", 'plan, 7 AS score, \'x\' AS "odd "" name"'))
    workshop.run()
    bad = last_run(workshop)
    workshop.calls()
    workshop.run(undo=bad)
    for call in workshop.calls():
        assert call["traits"] == {
            "score": None,
            'odd " name': None,
            "email": call["userId"].replace("u_", "p") + "@example.com",
            "plan": "free",
        }


def test_rows_that_were_new_and_rows_that_changed_again_are_left_alone_and_counted(workshop: Workshop) -> None:
    workshop.people(10)
    workshop.sync()
    workshop.run()
    workshop.execute(
        "UPDATE people SET plan = 'rubbish' WHERE id IN ('u_1', 'u_2')",
        "INSERT INTO people VALUES ('new', 'n@example.com', 'rubbish', now())",
    )
    workshop.run()
    bad = last_run(workshop)
    workshop.execute("UPDATE people SET plan = 'right' WHERE id = 'u_2'")
    workshop.run()
    workshop.calls()
    found = plan_of(workshop, bad)
    assert (found.rows, found.added, found.since) == (1, 1, 1)
    workshop.run(undo=bad)
    assert workshop.users() == ["u_1"]


def test_an_undo_leaves_the_timestamp_out(workshop: Workshop) -> None:
    workshop.people(2)
    workshop.sync(WITH_TIME)
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'rubbish', changed = now()")
    workshop.run()
    assert all("timestamp" in call for call in workshop.calls())
    workshop.run(undo=last_run(workshop))
    calls = workshop.calls()
    assert len(calls) == 2
    assert not any("timestamp" in call for call in calls)


def test_people_who_were_deleted_are_sent_again(workshop: Workshop) -> None:
    workshop.people(200)
    workshop.destination("cio", type="customerio", url=workshop.receiver.url)
    workshop.sync(removed="delete", destinations=["cio"])
    workshop.run()
    workshop.execute("DELETE FROM people WHERE id IN ('u_1', 'u_2')")
    workshop.run()
    assert [call["event"] for call in workshop.calls()[200:]] == ["User Deleted"] * 2
    bad = last_run(workshop)
    assert (plan_of(workshop, bad).rows, plan_of(workshop, bad).deleted) == (2, 2)
    workshop.run(undo=bad)
    assert [(call["type"], call["traits"]["plan"]) for call in workshop.calls()] == [("identify", "free")] * 2


def test_an_undo_is_guarded_like_any_delivery(workshop: Workshop) -> None:
    workshop.people(200)
    workshop.sync()
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'rubbish'")
    workshop.run(yes=True)
    bad = last_run(workshop)
    workshop.calls()
    assert workshop.run(undo=bad).guards == {"max_changed"}
    assert workshop.calls() == []
    assert workshop.run(undo=bad, yes=True).acknowledged == 200


def test_an_undo_can_be_undone(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync()
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'second' WHERE id = 'u_1'")
    workshop.run()
    workshop.run(undo=last_run(workshop))
    workshop.calls()
    workshop.run(undo=last_run(workshop))
    (call,) = workshop.calls()
    assert call["traits"]["plan"] == "second"


def test_an_undo_works_for_a_day_after_a_compaction_and_then_says_that_the_values_are_gone(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.ledger.local._MOST_DELTAS", 3)
    workshop.people(10)
    workshop.sync()
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'rubbish' WHERE id = 'u_1'")
    workshop.run()
    bad = last_run(workshop)
    for number in range(6):
        workshop.execute(f"UPDATE people SET plan = 'p{number}' WHERE id = 'u_2'")
        workshop.run()
    assert plan_of(workshop, bad).rows == 1
    with sqlite3.connect(workshop.folder / ".backhaul" / "store.sqlite") as store:
        store.execute("UPDATE segments SET retired = retired - 90000")
    store.close()
    workshop.run()
    with pytest.raises(StateError, match="compacted since"):
        plan_of(workshop, bad)


def test_events_and_ledgers_without_values_cannot_be_undone(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync("SELECT id AS \"userId\", 'Signed Up' AS event, plan FROM people", call="track")
    workshop.run()
    with pytest.raises(UsageError, match="cannot be undone"):
        plan_of(workshop, last_run(workshop))
    workshop.sync(id="other", payload=False)
    workshop.run()
    with pytest.raises(UsageError, match="keeps no values"):
        plan_of(workshop, last_run(workshop))


def test_an_undo_that_had_no_answer_goes_on_with_the_next_run(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync()
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'rubbish' WHERE id = 'u_1'")
    workshop.run()
    bad = last_run(workshop)
    workshop.calls()
    time_before = workshop.last_sync_time()
    workshop.receiver.behave(*[{"lose_reply": True}] * 3)
    assert workshop.run(undo=bad).state == "failed"
    workshop.execute("UPDATE people SET plan = 'free'")
    time.sleep(1.1)
    assert workshop.run().state == "succeeded"
    calls = workshop.calls()
    assert len(calls) == 4
    assert len({json.dumps(call) for call in calls}) == 1
    assert workshop.last_sync_time() > time_before


def two_destinations(workshop: Workshop) -> None:
    workshop.people(10)
    workshop.destination("files", type="file")
    workshop.sync(destinations=["seg", "files"])
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'rubbish' WHERE id = 'u_1'")


def test_a_destination_that_cannot_be_undone_says_so_and_does_not_hold_back_the_other(workshop: Workshop) -> None:
    two_destinations(workshop)
    workshop.run()
    bad = last_run(workshop)
    workshop.secrets["destinations/seg.write_key"] = "another"
    workshop.run(another_place=True)
    workshop.calls()
    project = workshop.load()
    first, second = sorted(plan_undo(project, project.syncs["people"], bad), key=lambda each: each.destination)
    assert (first.rows, first.problem) == (1, "")
    assert "another ledger since" in second.problem
    outcome = workshop.run(undo=bad)
    assert outcome.state == "failed"
    assert "another ledger since" in outcome.ended.error
    assert outcome.acknowledged == 1
    assert workshop.calls() == []


def test_a_destination_that_a_guard_stops_is_undone_later(workshop: Workshop) -> None:
    two_destinations(workshop)
    workshop.run()
    bad = last_run(workshop)
    workshop.calls()
    workshop.secrets["destinations/seg.write_key"] = "another"
    outcome = workshop.run(undo=bad)
    assert (outcome.guards, outcome.acknowledged) == ({"account_changed"}, 1)
    workshop.secrets["destinations/seg.write_key"] = "key-1"
    assert workshop.run(undo=bad).acknowledged == 1
    assert [call["traits"]["plan"] for call in workshop.calls()] == ["free"]


def test_a_row_that_was_refused_after_the_run_stays_listed_when_the_run_is_undone(workshop: Workshop) -> None:
    workshop.people(10)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'second', changed = now() WHERE id = 'u_1'")
    workshop.run()
    bad = last_run(workshop)
    workshop.receiver.refuse('"third"')
    workshop.execute("UPDATE people SET plan = 'third', changed = now() WHERE id = 'u_1'")
    assert workshop.run().state == "partial"
    assert workshop.run(undo=bad).acknowledged == 1
    assert len(workshop.rows("rejected_of_sync", sync="id-people", limit=9)) == 1
    workshop.receiver.refuse()
    workshop.execute("UPDATE people SET changed = now() - INTERVAL 2 DAY")
    workshop.calls()
    workshop.run()
    assert [call["traits"]["plan"] for call in workshop.calls()] == ["third"]


def test_an_undo_that_is_refused_leaves_a_refused_later_version_on_the_list(workshop: Workshop) -> None:
    workshop.people(10)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'second', changed = now() WHERE id = 'u_1'")
    workshop.run()
    bad = last_run(workshop)
    workshop.receiver.refuse('"u_1"')
    workshop.execute("UPDATE people SET plan = 'third', changed = now() WHERE id = 'u_1'")
    assert workshop.run().state == "partial"
    assert workshop.run(undo=bad).state == "partial"
    (listed,) = workshop.rows("rejected_of_sync", sync="id-people", limit=9)
    assert '"third"' in listed["call"]
    workshop.receiver.refuse()
    workshop.execute("UPDATE people SET changed = now() - INTERVAL 2 DAY")
    workshop.calls()
    workshop.run()
    assert [call["traits"]["plan"] for call in workshop.calls()] == ["third"]


def test_what_a_run_overwrote_goes_back_as_the_call_that_it_was(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync()
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'rubbish' WHERE id = 'u_1'")
    workshop.run()
    bad = last_run(workshop)
    workshop.calls()
    workshop.sync(PEOPLE.replace("plan", 'plan AS "groupId"'), call="group")
    assert workshop.run(undo=bad).state == "succeeded"
    assert [(call["type"], call["traits"]["plan"]) for call in workshop.calls()] == [("identify", "free")]
    assert workshop.rows("last_deliveries", sync="id-people", limit=1)[0]["call"] == "identify"


def test_group_calls_are_undone_per_group_and_person(workshop: Workshop) -> None:
    query = 'SELECT id AS "userId", \'g1\' AS "groupId", plan FROM people'
    workshop.people(3)
    workshop.sync(query, call="group")
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'rubbish' WHERE id = 'u_1'")
    workshop.run()
    workshop.calls()
    workshop.run(undo=last_run(workshop))
    (call,) = workshop.calls()
    assert (call["type"], call["groupId"], call["userId"], call["traits"]) == ("group", "g1", "u_1", {"plan": "free"})
