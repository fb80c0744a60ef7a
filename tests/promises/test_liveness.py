"""It goes on: whatever a destination would take is delivered within two runs after a fault has ended.

Each test brings a sync into a state in which an earlier engine stayed for good, lets the fault end, and looks at what arrives.
"""

from __future__ import annotations

import json

import pytest

from core.sync.progress.events import Paused
from tests.core.sync.workshop import PEOPLE, SINCE, Workshop

BODIES = {
    "empty": b"",
    "a lone surrogate": rb'{"message": "cut here: \ud83d"}',
    "invalid UTF-8": b'{"message": "\xff\xfe\x80"}',
    "NULs": b'{"message": "a\\u0000b"}\x00\x00',
    "control characters": b'{"message": "\\u001b[2J\\u009b"}\x1b[31m',
    "ten megabytes": b'{"message": "' + b"x" * 10_000_000 + b'"}',
    "nested 10,000 deep": b"[" * 10_000 + b"]" * 10_000,
    "a number of 5,000 digits": b'{"message": ' + b"9" * 5_000 + b"}",
    "no JSON": b"<html><h1>Bad \xe9</h1></html>",
}


def bad(workshop: Workshop, *, rows: int, first: int) -> None:
    """Make people of whom the first so many are refused."""
    workshop.people(rows)
    workshop.execute(
        f"UPDATE people SET email = 'bad_' || id FROM (SELECT id AS other FROM people ORDER BY length(id), id LIMIT {first}) WHERE id = other"
    )
    workshop.receiver.refuse('"bad_')


def test_many_rejected_rows_hold_back_no_other_row(workshop: Workshop) -> None:
    bad(workshop, rows=2_000, first=200)
    workshop.sync()
    first = workshop.run()
    assert (first.state, len(workshop.users())) == ("partial", 1_800)
    for round_ in range(4):
        workshop.execute(f"UPDATE people SET plan = 'p{round_}' WHERE id = 'u_1999'")
        outcome = workshop.run()
        assert outcome.state == "partial", outcome.ended
        assert workshop.users() == ["u_1999"]


def test_rows_that_were_rejected_before_are_no_proof_that_a_destination_refuses_everything(workshop: Workshop) -> None:
    bad(workshop, rows=60, first=50)
    workshop.sync()
    workshop.run()
    second = workshop.run()
    assert (second.state, second.of(Paused)) == ("partial", [])


def test_what_is_refused_as_a_whole_is_sent_as_it_is_later_and_rows_that_changed_join(workshop: Workshop) -> None:
    workshop.people(300)
    workshop.sync()
    workshop.receiver.refuse("u_")
    for _ in range(3):
        outcome = workshop.run()
        assert "refuses everything" in outcome.of(Paused)[0].reason
        assert not workshop.rows("rejected_of_sync", sync="id-people", limit=10)
    assert len(workshop.receiver.records(taken=False)) < 900
    workshop.receiver.clear()
    workshop.execute("UPDATE people SET plan = 'new' WHERE id = 'u_7'")
    workshop.receiver.refuse()
    assert workshop.run().state == "succeeded"
    calls = workshop.calls()
    assert len({call["userId"] for call in calls}) == len(calls) == 300
    assert [call["traits"]["plan"] for call in calls if call["userId"] == "u_7"] == ["new"]
    assert workshop.run().acknowledged == 0


@pytest.mark.parametrize("good", [0, 57, 119])
def test_the_one_row_that_is_taken_among_many_that_are_not_arrives(workshop: Workshop, good: int) -> None:
    bad(workshop, rows=120, first=120)
    workshop.execute(f"UPDATE people SET email = 'fine' WHERE id = 'u_{good}'")
    workshop.sync()
    outcome = workshop.run()
    assert outcome.state == "partial"
    assert workshop.users() == [f"u_{good}"]


def test_a_destination_that_begins_to_refuse_everything_in_the_middle_rejects_no_good_row(workshop: Workshop) -> None:
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits={"batch_calls": 20, "connections": 2})
    workshop.people(1_000)
    workshop.sync()
    workshop.receiver.behave(*[{}] * 5, *[{"status": 400}] * 2_000)
    outcome = workshop.run()
    assert "refuses everything" in outcome.of(Paused)[0].reason
    assert not workshop.rows("rejected_of_sync", sync="id-people", limit=10)
    workshop.receiver.behave()
    assert workshop.run().state == "succeeded"
    users = workshop.users()
    assert len(users) == len(set(users)) == 1_000
    assert workshop.run().acknowledged == 0


def test_a_crowd_of_bad_rows_in_the_middle_of_a_plan_is_rejected_row_by_row(workshop: Workshop) -> None:
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits={"batch_calls": 20, "connections": 2})
    workshop.people(1_000)
    workshop.execute("UPDATE people SET email = 'bad_' || id WHERE substr(id, 3)::INT BETWEEN 300 AND 499")
    workshop.receiver.refuse('"bad_')
    workshop.sync()
    outcome = workshop.run()
    assert (outcome.state, outcome.ended.counts["rejected"]) == ("partial", 200)
    assert len(workshop.users()) == 800


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("status", [200, 400, 429, 500])
def test_no_reply_raises_whatever_its_body_is(workshop: Workshop, name: str, status: int) -> None:
    workshop.people(5)
    workshop.sync()
    workshop.receiver.refuse('"u_3"', status=status, body=BODIES[name].decode("utf-8", "surrogateescape"))
    workshop.run()
    workshop.receiver.refuse()
    workshop.run()
    assert {call["userId"] for call in workshop.calls()} == {f"u_{n}" for n in range(5)}
    for row in workshop.rows("all_rejected_of_sync", sync="id-people"):
        json.dumps(row, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "status", [101, 402, 404, 405, 406, 407, 410, 411, 415, 417, 418, 421, 423, 426, 428, 431, 451]
)
def test_a_status_that_is_no_rows_fault_pauses_and_rejects_nothing(workshop: Workshop, status: int) -> None:
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits={"batch_calls": 20, "connections": 2})
    workshop.people(100)
    workshop.sync()
    workshop.receiver.behave({}, *[{"status": status}] * 300)
    outcome = workshop.run()
    assert outcome.of(Paused)
    assert not workshop.rows("rejected_of_sync", sync="id-people", limit=10)
    assert len(workshop.receiver.records(taken=False)) <= 10
    workshop.receiver.behave()
    assert workshop.run().state == "succeeded"
    users = workshop.users()
    assert len(users) == len(set(users)) == 100


@pytest.mark.parametrize("how", [{"status": 500}, {"status": 403}, {"status": 404}, {"close": True}])
@pytest.mark.parametrize("connections", [1, 4])
def test_a_row_that_makes_the_destination_fail_holds_back_no_other(
    workshop: Workshop, how: dict[str, object], connections: int
) -> None:
    limits = {"batch_calls": 20, "connections": connections, "attempts": 2}
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits=limits)
    workshop.people(100)
    workshop.sync()
    workshop.receiver.refuse('"u_50"', **how)
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'new' WHERE id = 'u_7'")
    workshop.run()
    latest = {call["userId"]: call["traits"]["plan"] for call in workshop.receiver.calls()}
    assert set(latest) == {f"u_{n}" for n in range(100)} - {"u_50"}
    assert latest["u_7"] == "new"
    (row,) = workshop.rows("rejected_of_sync", sync="id-people", limit=10)
    assert json.loads(row["identity"]) == {"userId": "u_50"}
    workshop.receiver.refuse()
    assert workshop.run().state == "succeeded"
    assert "u_50" in {call["userId"] for call in workshop.receiver.calls()}
    if how.get("status") not in (403, 404):  # it may have arrived each time
        sent = [call for record in workshop.receiver.records(taken=False) for call in record.calls]
        assert len({call["messageId"] for call in sent if call["userId"] == "u_50"}) == 1


def test_calls_that_were_taken_though_the_reply_was_a_504_keep_their_ids(workshop: Workshop) -> None:
    workshop.people(30)
    workshop.sync()
    for _ in range(4):
        workshop.receiver.behave(*[{"status": 504}] * 100)
        workshop.run()
    workshop.receiver.behave()
    workshop.run()
    sent = [call for record in workshop.receiver.records(taken=False) for call in record.calls]
    assert len({call["messageId"] for call in sent}) == 30


def test_a_207_says_which_calls_were_refused(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync()
    results = [{"status": 200}, {"status": 422, "message": "no such plan"}, {"status": 201}]
    workshop.receiver.behave({"status": 207, "body": json.dumps({"results": results})})
    assert workshop.run().state == "partial"
    (row,) = workshop.rows("rejected_of_sync", sync="id-people", limit=10)
    assert (json.loads(row["identity"]), row["status"]) == ({"userId": "u_1"}, 207)
    assert "no such plan" in row["reason"]


def test_a_rejected_row_is_retried_by_itself_also_after_many_attempts(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync(PEOPLE + SINCE)
    workshop.receiver.refuse('"u_3"')
    for _ in range(5):
        workshop.run()
    workshop.receiver.refuse()
    workshop.calls()
    assert workshop.run().acknowledged == 0
    day = 86_400
    with workshop.store() as store:
        store._connection.execute("UPDATE rejected SET created = created - ?", [day])
    assert workshop.run().acknowledged == 1
    assert workshop.users() == ["u_3"]


def test_a_few_rows_that_were_refused_while_nothing_was_taken_are_delivered_once_it_ends(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync()
    workshop.receiver.behave(*[{"status": 400, "body": '{"message": "no such workspace"}'}] * 400)
    for _ in range(6):
        workshop.run()
    workshop.receiver.behave()
    workshop.run()
    assert workshop.users() == [f"u_{n}" for n in range(5)]


def test_a_pause_for_a_key_says_that_it_was_good_for_other_calls(workshop: Workshop) -> None:
    limits = {"batch_calls": 20, "connections": 1}
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits=limits)
    workshop.people(100)
    workshop.sync()
    workshop.receiver.refuse('"u_50"', status=403)
    (paused,) = workshop.run().of(Paused)
    assert "40 calls of this delivery were taken, so it may be about a row" in paused.remedy
    assert "seg refused" in paused.reason


def test_an_outage_is_no_attempt_of_the_rows_that_were_rejected_before(workshop: Workshop) -> None:
    limits = {"batch_calls": 20, "connections": 2, "attempts": 2}
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits=limits)
    workshop.people(40)
    workshop.sync()
    workshop.receiver.refuse('"u_7"')
    workshop.run()
    for _ in range(8):
        workshop.receiver.behave(*[{"status": 503}] * 400)
        workshop.run()
    workshop.receiver.behave()
    workshop.receiver.refuse()
    workshop.run()
    workshop.run()
    assert "u_7" in workshop.users()


def test_a_crowd_that_makes_the_destination_fail_holds_up_what_changes_for_a_few_runs_only(workshop: Workshop) -> None:
    limits = {"batch_calls": 10, "connections": 2, "attempts": 2}
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits=limits)
    workshop.people(10)
    workshop.sync()
    workshop.run()
    workshop.execute("INSERT INTO people SELECT 'bad_' || n, 'x@example.com', 'free', now() FROM range(30) t(n)")
    workshop.receiver.refuse('"bad_', status=500)
    for _ in range(2):
        workshop.run()
    workshop.execute("UPDATE people SET plan = 'new' WHERE id = 'u_7'")
    workshop.calls()
    for _ in range(2):
        workshop.run()
    assert workshop.users() == ["u_7"]
    workshop.receiver.refuse()
    workshop.run()
    assert len(workshop.users()) == 30


@pytest.mark.parametrize("how", [{"status": 403}, {"status": 402}, {"status": 503}, {"close": True}])
def test_deletes_do_not_wait_behind_a_crowd_that_is_never_taken(workshop: Workshop, how: dict[str, object]) -> None:
    """Deletes follow upon all else. Where all else fails run after run, a few of them show whose fault it is."""
    limits = {"batch_calls": 20, "connections": 2, "attempts": 2}
    workshop.destination("cio", type="customerio", url=workshop.receiver.url, limits=limits)
    workshop.people(60)
    workshop.sync(removed="delete", destinations=["cio"], guards={"max_vanished": 1.0})
    workshop.run()
    workshop.execute("DELETE FROM people WHERE id IN ('u_1', 'u_2', 'u_3', 'u_4', 'u_5', 'u_6', 'u_7')")
    workshop.execute("INSERT INTO people SELECT 'bad_' || n, 'x@example.com', 'free', now() FROM range(30) t(n)")
    workshop.receiver.refuse('"bad_', **how)
    workshop.calls()
    for _ in range(3):
        workshop.run(yes=True)
    deleted = {call["userId"] for call in workshop.calls() if call.get("event") == "User Deleted"}
    assert deleted == {f"u_{number}" for number in range(1, 8)}
    workshop.receiver.refuse()
    workshop.run(yes=True)
    assert {f"bad_{number}" for number in range(30)} <= set(workshop.users())


def test_a_destination_that_refuses_deletes_too_rejects_no_row(workshop: Workshop) -> None:
    workshop.destination("cio", type="customerio", url=workshop.receiver.url, limits={"batch_calls": 20})
    workshop.people(60)
    workshop.sync(removed="delete", destinations=["cio"], guards={"max_vanished": 1.0})
    workshop.run()
    workshop.execute("DELETE FROM people WHERE id IN ('u_1', 'u_2')", "UPDATE people SET plan = 'new' WHERE id = 'u_9'")
    for _ in range(4):
        workshop.receiver.behave(*[{"status": 403}] * 400)
        workshop.run(yes=True)
    assert not workshop.rows("rejected_of_sync", sync="id-people", limit=10)
    workshop.receiver.behave()
    workshop.calls()
    workshop.run(yes=True)
    assert {call["userId"] for call in workshop.calls()} == {"u_1", "u_2", "u_9"}
