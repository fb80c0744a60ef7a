"""What an operator can say to a run: mark rows as delivered, look at the first calls first, plan again, begin a new ledger."""

from __future__ import annotations

import pytest

from core.reports import history
from core.reports.outcomes import Outcomes
from core.sync.progress.events import Committed, Stopped
from tests.core.sync.workshop import PEOPLE, SINCE, Workshop, ids


def adds_up(workshop: Workshop) -> None:
    """Check the counts of every delivery there was."""
    with workshop.store() as store:
        deliveries = [each for run in history.runs(store, limit=1000) for each in run.deliveries]
    assert deliveries
    for each in deliveries:
        assert Outcomes(**each["outcomes"]).add_up, each


# a baseline


def test_a_baseline_takes_rows_for_delivered_without_a_call(workshop: Workshop) -> None:
    workshop.people(150)
    workshop.sync()
    outcome = workshop.run(baseline=True)
    assert outcome.state == "succeeded"
    assert (outcome.of(Committed)[0].assumed, outcome.of(Committed)[0].acknowledged) == (150, 0)
    assert workshop.calls() == []
    assert workshop.last_sync_time() > 0
    workshop.execute("UPDATE people SET plan = 'team' WHERE id = 'u_7'")
    assert workshop.run().planned.unchanged == 149
    (call,) = workshop.calls()
    assert call["userId"] == "u_7"
    adds_up(workshop)


def test_assumed_rows_are_told_as_such_also_after_a_compaction(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.reports.explain import explain_key

    monkeypatch.setattr("core.ledger.local._MOST_DELTAS", 3)
    workshop.people(30)
    workshop.sync()
    workshop.run(baseline=True)
    for number in range(6):  # enough small deltas to be compacted
        workshop.execute(f"UPDATE people SET plan = 'p{number}' WHERE id = 'u_1'")
        workshop.run()
    ledger = workshop.rows("current_ledger", sync="id-people", destination="seg")[0]
    assert len(workshop.rows("segments", ledger=ledger["id"])) < 5
    project = workshop.load()
    (assumed,) = explain_key(project, project.syncs["people"], "u_3")
    (sent,) = explain_key(project, project.syncs["people"], "u_1")
    assert (assumed.state, sent.state) == ("assumed", "acknowledged")


def test_a_baseline_asks_nothing_about_calls_but_still_refuses_unusable_ids(workshop: Workshop) -> None:
    workshop.people(150)
    workshop.sync(guards={"max_calls": 10})
    assert workshop.run(baseline=True).state == "succeeded"
    workshop.execute("UPDATE people SET id = NULL WHERE id = 'u_1'")
    assert workshop.run(baseline=True).guards == {"invalid_rows"}


def test_a_baseline_of_events_sends_none_of_them_later(workshop: Workshop) -> None:
    query = "SELECT id AS \"userId\", 'Signed Up' AS event, plan FROM people"
    workshop.people(20)
    workshop.sync(query, call="track")
    workshop.run(baseline=True)
    workshop.execute("INSERT INTO people VALUES ('new', 'n@example.com', 'free', now())")
    assert workshop.run().acknowledged == 1
    assert workshop.users() == ["new"]


# the canary


def test_a_canary_goes_ahead_and_the_rest_of_the_same_plan_follows(workshop: Workshop) -> None:
    workshop.people(100)
    workshop.sync(guards={"canary": 20})
    assert workshop.run().state == "succeeded"
    first, second = workshop.receiver.records()
    assert (len(first.calls), len(second.calls)) == (20, 80)


def test_a_canary_with_a_refused_call_stops_the_rest_and_asks(workshop: Workshop) -> None:
    workshop.people(100)
    workshop.sync(guards={"canary": 20})
    workshop.receiver.refuse("@example.com")
    workshop.receiver.refuse('"u_1"', '"u_2"', '"u_3"', '"u_4"', '"u_5"', '"u_6"')
    outcome = workshop.run()
    if outcome.state == "succeeded":  # the rows come in no order: none of these was among the first twenty
        pytest.fail("the canary saw nothing")
    assert outcome.state == "stopped"
    assert outcome.guards == {"canary"}
    (question,) = outcome.of(Stopped)[0].questions
    assert "80 calls wait" in question["message"]
    taken = len(workshop.receiver.calls())
    assert taken < 20
    assert workshop.run().guards == {"canary"}
    assert len(workshop.receiver.calls()) == taken
    workshop.receiver.refuse()
    assert workshop.run(yes=True).state in ("succeeded", "partial")
    assert len({call["userId"] for call in workshop.receiver.calls()}) >= 80 + taken
    adds_up(workshop)


def test_a_small_plan_has_no_canary(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.sync(guards={"canary": 20})
    workshop.run()
    assert len(workshop.receiver.records()) == 1
    assert workshop.rows("last_deliveries", sync="id-people", limit=1)[0]["canary"] is None


def test_replan_gives_up_what_was_not_sent_and_plans_it_anew_from_the_fixed_query(workshop: Workshop) -> None:
    workshop.people(100)
    workshop.sync(PEOPLE + SINCE, guards={"canary": 20})
    workshop.receiver.refuse("@example.com")
    assert workshop.run().guards == {"canary"}
    assert workshop.last_sync_time() == 0
    workshop.receiver.refuse()
    workshop.sync(PEOPLE.replace("email", "'m@example.org' AS email") + SINCE)
    outcome = workshop.run(replan=True)
    assert outcome.state == "succeeded"
    given_up = outcome.of(Committed)[0]
    assert (given_up.given_up, given_up.acknowledged) == (80, 0)
    calls = workshop.calls()
    assert len(calls) == 100
    assert {call["traits"]["email"] for call in calls} == {"m@example.org"}
    assert workshop.last_sync_time() > 0


def test_replan_first_settles_what_may_have_arrived_under_the_same_message_ids(workshop: Workshop) -> None:
    workshop.people(40)
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits={"batch_calls": 10, "connections": 1})
    workshop.sync()
    workshop.receiver.behave(*[{"lose_reply": True}] * 3)
    assert workshop.run().state == "failed"
    before = workshop.calls()
    assert len({call["messageId"] for call in before}) == 10
    workshop.execute("UPDATE people SET plan = 'team'")
    outcome = workshop.run(replan=True)
    assert outcome.of(Committed)[0].given_up == 30
    after = workshop.calls()
    assert set(ids(before)) == set(ids(after[:10]))
    assert [call["traits"]["plan"] for call in after[10:]] == ["team"] * 40


# a new ledger


@pytest.mark.parametrize("baseline", [True, False])
def test_a_new_ledger_is_the_way_out_of_a_damaged_one(workshop: Workshop, baseline: bool) -> None:
    workshop.people(20)
    workshop.sync()
    workshop.run()
    workshop.calls()
    (segment,) = (workshop.folder / ".backhaul" / "ledger").glob("*.keys.parquet")
    segment.write_bytes(b"rubbish")
    refused = workshop.run()
    assert refused.state == "failed"
    assert "--new-ledger" in refused.ended.remedy
    assert workshop.run(new_ledger=True, baseline=baseline).state == "succeeded"
    assert len(workshop.calls()) == (0 if baseline else 20)
    assert workshop.run().acknowledged == 0


def test_a_new_ledger_is_begun_only_where_one_is_damaged(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.destination("files", type="file")
    workshop.sync(destinations=["seg", "files"])
    workshop.run()
    workshop.calls()
    refused = workshop.run(new_ledger=True)
    assert (refused.state, refused.ended.exit_code) == ("failed", 2)
    assert "No ledger of people is damaged" in refused.ended.error
    ledger = workshop.rows("current_ledger", sync="id-people", destination="files")[0]["id"]
    (segment,) = workshop.rows("segments", ledger=ledger)
    (workshop.folder / ".backhaul" / "ledger" / segment["keys"]).write_bytes(b"rubbish")
    outcome = workshop.run(new_ledger=True)
    assert {event.destination: event.acknowledged for event in outcome.of(Committed)} == {"seg": 0, "files": 20}
    assert workshop.calls() == []


def test_a_new_ledger_leaves_an_open_delivery_behind_whose_plan_is_damaged(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.sync()
    workshop.receiver.behave(*[{"status": 503}] * 3)
    workshop.run()
    (plan,) = (workshop.folder / ".backhaul" / "plans").glob("*.parquet")
    plan.write_bytes(b"rubbish")
    assert "--new-ledger" in workshop.run().ended.remedy
    assert workshop.run(new_ledger=True).state == "succeeded"
    assert len(workshop.users()) == 20


# quarantine


def test_a_damaged_segment_is_set_aside_as_it_is_and_the_sync_stays_refused_until_it_is_back(
    workshop: Workshop,
) -> None:
    workshop.people(20)
    workshop.sync()
    workshop.run()
    workshop.calls()
    (segment,) = (workshop.folder / ".backhaul" / "ledger").glob("*.keys.parquet")
    good = segment.read_bytes()
    segment.write_bytes(b"rubbish")
    assert "damaged" in workshop.run().ended.error
    assert (workshop.folder / ".backhaul" / "quarantine" / segment.name).read_bytes() == b"rubbish"
    assert not segment.exists()
    again = workshop.run()
    assert again.state == "failed"
    assert "set aside in quarantine/" in again.ended.error
    assert workshop.calls() == []
    segment.write_bytes(good)
    assert workshop.run().planned.unchanged == 20


def test_a_damaged_plan_is_set_aside_too(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.sync()
    workshop.receiver.behave(*[{"status": 503}] * 3)
    workshop.run()
    (plan,) = (workshop.folder / ".backhaul" / "plans").glob("*.parquet")
    good = plan.read_bytes()
    plan.write_bytes(good[:-1])
    assert "damaged" in workshop.run().ended.error
    assert "set aside in quarantine/" in workshop.run().ended.error
    plan.write_bytes(good)
    assert workshop.run().state == "succeeded"
    assert len(workshop.users()) == 20


KEY = "destinations/seg.write_key"


def test_another_place_that_a_guard_stops_leaves_the_open_delivery_as_it_is(workshop: Workshop) -> None:
    workshop.people(40)
    limits = {"batch_calls": 10, "connections": 1}
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits=limits)
    workshop.sync()
    workshop.receiver.behave({}, *[{"status": 503}] * 3)
    assert workshop.run().state == "failed"
    workshop.sync(guards={"max_calls": 5})
    before, workshop.secrets[KEY] = workshop.secrets[KEY], "another"
    assert workshop.run(another_place=True).guards == {"max_calls"}
    workshop.secrets[KEY] = before
    assert workshop.run().state == "succeeded"
    assert len(workshop.users()) == 40
    adds_up(workshop)


def test_another_place_that_is_down_is_finished_by_the_next_run_and_leaves_the_other_destination_alone(
    workshop: Workshop,
) -> None:
    workshop.people(20)
    workshop.destination("files", type="file")
    workshop.sync(destinations=["seg", "files"])
    workshop.run()
    workshop.calls()
    workshop.receiver.behave(*[{"status": 503}] * 3)
    workshop.secrets[KEY] = "another"
    assert workshop.run(another_place=True).state == "failed"
    assert workshop.run().state == "succeeded"
    assert len(workshop.calls()) == 20
    assert len((workshop.folder / "delivered" / "people.jsonl").read_bytes().splitlines()) == 20
    adds_up(workshop)


def test_what_was_refused_for_a_ledger_that_is_left_behind_is_not_listed_for_ever(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.sync()
    workshop.receiver.refuse('"u_3"')
    assert workshop.run().state == "partial"
    workshop.receiver.refuse()
    workshop.secrets[KEY] = "another"
    assert workshop.run(another_place=True).state == "succeeded"
    assert workshop.rows("rejected_of_sync", sync="id-people", limit=9) == []


def test_an_abandoned_delivery_keeps_its_counts_when_its_batches_are_forgotten(workshop: Workshop) -> None:
    workshop.people(20)
    limits = {"batch_calls": 10, "connections": 1}
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits=limits)
    workshop.sync()
    workshop.receiver.behave({}, *[{"status": 503}] * 3)
    workshop.run()
    workshop.secrets[KEY] = "another"
    workshop.run(another_place=True)
    with workshop.store() as store:
        store.do("forget_old_batches", before=9e18)
        _, first = history.runs(store)
    assert (first.acknowledged, first.deliveries[0]["outcomes"]["superseded"]) == (10, 10)
    adds_up(workshop)


def test_a_baseline_first_finishes_what_is_on_its_way(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.sync()
    workshop.receiver.behave(*[{"status": 503}] * 3)
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'team'")
    outcome = workshop.run(baseline=True)
    assert [(event.acknowledged, event.assumed) for event in outcome.of(Committed)] == [(20, 0), (0, 20)]
    assert {call["traits"]["plan"] for call in workshop.calls()} == {"free"}
    assert workshop.run().acknowledged == 0


def test_a_refused_row_that_a_baseline_takes_for_delivered_was_not_acknowledged(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.sync()
    workshop.receiver.refuse('"u_3"')
    workshop.run()
    workshop.run(baseline=True)
    assert [row["state"] for row in workshop.rows("rejected_of_ledger", ledger=ledger_of(workshop))] == ["superseded"]


def test_replan_without_an_open_delivery_is_a_run_like_any_other(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.sync()
    assert workshop.run(replan=True).acknowledged == 20
    assert workshop.run(replan=True).acknowledged == 0


def ledger_of(workshop: Workshop) -> str:
    return str(workshop.rows("current_ledger", sync="id-people", destination="seg")[0]["id"])
