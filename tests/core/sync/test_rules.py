"""DESIGN's "Rules that are easy to get wrong", one by one."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from pathlib import Path

import duckdb
import pytest

from core.store import Store
from core.sync.progress.events import Committed, Paused, Planned, Stopped
from tests.core.sync.workshop import PEOPLE, SINCE, Workshop, ids, lines

EVENTS = 'SELECT person AS "userId", name AS event, happened AS "timestamp" FROM events'
OWN_IDS = 'SELECT person AS "userId", name AS event, value, id AS "messageId" FROM events'
GROUPS = 'SELECT company AS "groupId", person AS "userId", size FROM companies'


# Incremental and full queries


def test_an_incremental_query_says_nothing_of_the_rows_outside_its_window(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    workshop.execute("DELETE FROM people WHERE id = 'u_1'", "UPDATE people SET changed = now() WHERE id = 'u_2'")
    outcome = workshop.run()
    assert (outcome.planned.removed, outcome.planned.calls) == (0, 0)


def test_deleting_removed_rows_is_refused_for_an_incremental_query(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.destination("cio", type="customerio", url=workshop.receiver.url)
    workshop.sync(PEOPLE + SINCE, removed="delete", destinations=["cio"])
    outcome = workshop.run()
    assert outcome.state == "failed"
    assert outcome.ended.exit_code == 2
    assert 'removed = "delete"' in outcome.ended.error


def test_removed_rows_are_seen_by_a_full_query_and_ignored_unless_asked(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync()
    workshop.run()
    workshop.calls()
    workshop.execute("DELETE FROM people WHERE id = 'u_1'")
    outcome = workshop.run()
    assert (outcome.planned.removed, outcome.planned.calls) == (1, 0)
    assert workshop.calls() == []


def deleting(workshop: Workshop, query: str = PEOPLE, **settings: object) -> None:
    workshop.destination("cio", type="customerio", url=workshop.receiver.url)
    workshop.sync(query, **{"removed": "delete", "destinations": ["cio"], **settings})


def test_removed_rows_become_the_destinations_own_delete_after_all_else(workshop: Workshop) -> None:
    workshop.people(5)
    deleting(workshop)
    workshop.run()
    workshop.calls()
    workshop.execute("DELETE FROM people WHERE id = 'u_1'", "UPDATE people SET plan = 'x' WHERE id = 'u_2'")
    assert workshop.run().state == "succeeded"
    changed, deleted = workshop.calls()
    assert changed["type"] == "identify"
    assert (deleted["type"], deleted["event"], deleted["userId"]) == ("track", "User Deleted", "u_1")
    assert workshop.run().acknowledged == 0
    workshop.execute("INSERT INTO people VALUES ('u_1', 'back@example.com', 'free', now())")
    workshop.run()
    assert [call["userId"] for call in workshop.calls()] == ["u_1"]


def test_a_deleted_group_row_is_relationship_deleted_and_never_object_deleted(workshop: Workshop) -> None:
    workshop.execute(
        "CREATE TABLE companies AS SELECT 'c1' AS company, 'u' || n AS person, 9 AS size, 2 AS kind FROM range(3) r(n)"
    )
    deleting(workshop, GROUPS.replace("size", 'size, kind AS "objectTypeId"'), call="group")
    workshop.run()
    workshop.calls()
    workshop.execute("DELETE FROM companies WHERE person = 'u1'")
    workshop.run()
    (call,) = workshop.calls()
    assert (call["event"], call["userId"]) == ("Relationship Deleted", "u1")
    assert call["properties"] == {"objectId": "c1", "objectTypeId": "2"}


def test_nothing_is_removed_from_an_empty_result(workshop: Workshop) -> None:
    workshop.people(5)
    deleting(workshop)
    workshop.run()
    workshop.calls()
    workshop.execute("DELETE FROM people")
    assert workshop.run(yes=True).state == "succeeded"
    assert workshop.calls() == []


def test_deletes_are_held_back_where_anything_before_them_was_rejected_and_go_out_later(workshop: Workshop) -> None:
    workshop.people(5)
    deleting(workshop)
    workshop.run()
    workshop.calls()
    workshop.execute("DELETE FROM people WHERE id = 'u_1'", "UPDATE people SET plan = 'bad' WHERE id = 'u_2'")
    workshop.receiver.refuse('"bad"')
    outcome = workshop.run()
    assert outcome.of(Committed)[0].held_back == 1
    assert workshop.calls() == []
    workshop.receiver.refuse()
    assert workshop.run().state == "succeeded"
    assert [call.get("event") for call in workshop.calls()] == [None, "User Deleted"]


def test_a_key_that_is_gone_because_the_person_gained_a_user_id_is_no_removal(workshop: Workshop) -> None:
    workshop.execute("CREATE TABLE people (id VARCHAR, visitor VARCHAR, plan VARCHAR)")
    workshop.execute("INSERT INTO people VALUES (NULL, 'v1', 'a'), (NULL, 'v2', 'a'), ('u3', NULL, 'a')")
    query = 'SELECT id AS "userId", visitor AS "anonymousId", plan FROM people'
    deleting(workshop, query)
    workshop.run()
    workshop.calls()
    workshop.execute("UPDATE people SET id = 'u1' WHERE visitor = 'v1'")
    assert workshop.run().planned.removed == 0
    assert [(call["type"], call["userId"], call["anonymousId"]) for call in workshop.calls()] == [
        ("identify", "u1", "v1")
    ]


def test_segment_has_no_delete_and_says_so(workshop: Workshop) -> None:
    workshop.people(1)
    workshop.sync(removed="delete")
    assert "no way to delete" in workshop.run().ended.error


# Rejected rows


def test_a_refused_batch_is_halved_down_to_the_row_at_fault(workshop: Workshop) -> None:
    workshop.people(64)
    workshop.sync()
    workshop.receiver.refuse('"u_37"')
    outcome = workshop.run()
    assert outcome.state == "partial"
    assert outcome.acknowledged == 63
    (row,) = workshop.rows("rejected_of_sync", sync="id-people", limit=10)
    assert row["identity"] == '{"userId":"u_37"}'
    assert (row["status"], row["attempts"], row["state"]) == (400, 1, "open")
    assert '"u_37"' in row["request"]
    assert "refused" in row["response"]
    assert len({call["messageId"] for call in workshop.calls()}) == 63


def test_a_rejected_row_is_tried_again_a_few_times_then_waits_for_a_change_of_its_content(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync()
    workshop.receiver.refuse('"u_3"')
    for attempts in (1, 2, 3):
        workshop.run()
        (row,) = workshop.rows("rejected_of_sync", sync="id-people", limit=10)
        assert row["attempts"] == attempts
    sent = len(workshop.receiver.records(taken=False))
    outcome = workshop.run()
    assert outcome.planned.refused == 1
    assert len(workshop.receiver.records(taken=False)) == sent
    workshop.receiver.refuse()
    workshop.calls()
    workshop.execute("UPDATE people SET plan = 'team' WHERE id = 'u_3'")
    assert workshop.run().state == "succeeded"
    assert [call["traits"]["plan"] for call in workshop.calls()] == ["team"]
    assert workshop.rows("rejected_of_sync", sync="id-people", limit=10) == []


def test_a_rejected_row_outside_the_window_of_an_incremental_query_is_tried_again_from_the_list(
    workshop: Workshop,
) -> None:
    workshop.people(5)
    workshop.sync(PEOPLE + SINCE)
    workshop.receiver.refuse('"u_3"')
    workshop.run()
    workshop.receiver.refuse()
    workshop.calls()
    outcome = workshop.run()
    assert (outcome.planned.rows, outcome.planned.retried, outcome.state) == (0, 1, "succeeded")
    assert workshop.users() == ["u_3"]
    assert workshop.rows("rejected_of_sync", sync="id-people", limit=10) == []


def test_a_replay_sends_the_rejected_rows_and_moves_no_time(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync(PEOPLE + SINCE)
    workshop.receiver.refuse('"u_3"')
    workshop.run()
    moved = workshop.last_sync_time()
    workshop.receiver.refuse()
    workshop.calls()
    time.sleep(1.1)
    outcome = workshop.run(replay=True)
    assert outcome.state == "succeeded"
    assert workshop.users() == ["u_3"]
    assert workshop.last_sync_time() == moved
    assert workshop.run(replay=True).acknowledged == 0
    assert workshop.run().acknowledged == 0


def test_a_replay_is_dropped_once_a_later_version_was_acknowledged(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync(PEOPLE + SINCE)
    workshop.execute("UPDATE people SET plan = 'bad' WHERE id = 'u_3'")
    workshop.receiver.refuse('"bad"')
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'good', changed = now() WHERE id = 'u_3'")
    workshop.run()
    workshop.receiver.refuse()
    workshop.calls()
    assert workshop.run(replay=True).acknowledged == 0
    assert workshop.calls() == []


def test_a_destination_that_refuses_everything_pauses_and_loses_nothing(workshop: Workshop) -> None:
    workshop.people(100)
    workshop.sync()
    workshop.receiver.refuse("u_")
    outcome = workshop.run()
    assert "refuses everything" in outcome.of(Paused)[0].reason
    workshop.receiver.refuse()
    assert workshop.run().state == "succeeded"
    assert len(set(workshop.users())) == 100


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_pause_the_delivery_and_keep_its_plan(workshop: Workshop, status: int) -> None:
    workshop.people(5)
    workshop.sync()
    workshop.receiver.behave({"status": status})
    outcome = workshop.run()
    assert "backhaul secret set destinations/seg.write_key" in outcome.of(Paused)[0].remedy
    assert len(workshop.receiver.records(taken=False)) == 1
    assert workshop.run().state == "succeeded"
    assert workshop.users() == [f"u_{n}" for n in range(5)]


def test_retry_after_is_honoured(workshop: Workshop) -> None:
    workshop.people(2)
    workshop.sync()
    workshop.receiver.behave({"status": 429, "headers": {"retry-after": "1"}})
    started = time.monotonic()
    assert workshop.run().state == "succeeded"
    assert time.monotonic() - started >= 1


# Edited queries, other keys, other places


def test_a_changed_query_binds_zero_and_compares_so_that_old_rows_get_the_new_trait(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    workshop.run()
    workshop.calls()
    workshop.sync(PEOPLE.replace("plan", "plan, length(email) AS size") + SINCE)
    outcome = workshop.run()
    assert (outcome.planned.changed, outcome.planned.added) == (5, 0)
    assert all("size" in call["traits"] for call in workshop.calls())
    workshop.run()
    assert workshop.calls() == []


def test_a_changed_mapping_counts_as_a_changed_query(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    workshop.calls()
    workshop.sync(PEOPLE + SINCE, columns={"plan": "traits.tier"})
    workshop.run()
    assert [sorted(call["traits"]) for call in workshop.calls()] == [["email", "tier"]] * 5


def test_a_comment_in_the_query_compares_anew_and_sends_nothing(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    workshop.calls()
    workshop.sync(PEOPLE + SINCE + " -- the same")
    outcome = workshop.run()
    assert (outcome.planned.rows, outcome.planned.calls) == (5, 0)


def test_from_zero_compares_all_rows_and_full_refresh_sends_them_all(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    workshop.calls()
    outcome = workshop.run(from_zero=True)
    assert (outcome.planned.rows, outcome.planned.calls) == (5, 0)
    workshop.run(full_refresh=True)
    assert len(workshop.calls()) == 5
    workshop.run()
    assert workshop.calls() == []


def test_another_key_column_is_a_new_ledger_and_is_asked_for(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync()
    workshop.run()
    workshop.calls()
    workshop.sync(PEOPLE.replace("userId", "anonymousId"))
    outcome = workshop.run()
    assert outcome.guards == {"key_changed"}
    assert workshop.calls() == []
    assert workshop.run(yes=True).state == "succeeded"
    assert len(workshop.calls()) == 5


def test_a_changed_write_key_is_asked_about_rotated_or_another_place(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync()
    workshop.run()
    workshop.calls()
    workshop.secrets["destinations/seg.write_key"] = "another"
    assert workshop.run(yes=True).guards == {"account_changed"}
    assert workshop.run(key_rotated=True).state == "succeeded"
    assert workshop.run().state == "succeeded"
    assert workshop.calls() == []
    workshop.secrets["destinations/seg.write_key"] = "a third"
    assert workshop.run(another_place=True).state == "succeeded"
    assert len(workshop.calls()) == 5


def test_another_place_gets_all_rows_also_from_an_incremental_query(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    workshop.calls()
    workshop.secrets["destinations/seg.write_key"] = "another"
    assert workshop.run(another_place=True).state == "succeeded"
    assert len(workshop.calls()) == 5


def test_another_host_is_asked_about(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync()
    workshop.run()
    workshop.calls()
    workshop.destination("seg", type="segment", url=workshop.receiver.url.replace("127.0.0.1", "localhost"))
    assert workshop.run(yes=True).guards == {"host_changed"}
    assert workshop.run(another_place=True).acknowledged == 5


# Guards


def test_too_many_calls_are_asked_about_also_on_the_first_run(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync(guards={"max_calls": 4})
    outcome = workshop.run()
    assert (outcome.state, outcome.guards, outcome.ended.exit_code) == ("stopped", {"max_calls"}, 1)
    assert workshop.last_sync_time() == 0
    assert workshop.calls() == []
    assert workshop.run(yes=True).acknowledged == 5


def test_too_large_a_share_of_changed_rows_is_asked_about_from_100_known_rows_up(workshop: Workshop) -> None:
    workshop.people(100)
    workshop.sync()
    assert workshop.run().state == "succeeded"
    workshop.calls()
    workshop.execute("UPDATE people SET plan = 'x' WHERE id < 'u_4'")
    outcome = workshop.run()
    assert outcome.guards == {"max_changed"}
    assert workshop.calls() == []
    assert workshop.run(yes=True).state == "succeeded"


def test_few_known_rows_raise_no_alarm(workshop: Workshop) -> None:
    workshop.people(99)
    workshop.sync()
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'x'")
    assert workshop.run().state == "succeeded"


def test_a_column_that_went_null_is_asked_about(workshop: Workshop) -> None:
    workshop.people(120)
    workshop.sync(guards={"max_changed": 1.0})
    workshop.run()
    workshop.execute("UPDATE people SET email = NULL WHERE id < 'u_8'")
    outcome = workshop.run()
    assert outcome.guards == {"max_null"}
    assert "'email' turned to null" in outcome.of(Stopped)[0].questions[0]["message"]


def test_rows_that_vanished_are_asked_about(workshop: Workshop) -> None:
    workshop.people(120)
    workshop.sync()
    workshop.run()
    workshop.execute("DELETE FROM people WHERE id < 'u_8'")
    assert workshop.run().guards == {"max_vanished"}
    assert workshop.run(yes=True).state == "succeeded"
    assert workshop.run().state == "succeeded"


def test_null_empty_and_duplicate_ids_stop_the_delivery_with_the_ids_listed(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.execute(
        "INSERT INTO people VALUES (NULL, 'a', 'b', now()), ('  ', 'a', 'b', now()), ('u_1', 'other', 'b', now())"
    )
    workshop.sync()
    outcome = workshop.run(yes=True)
    assert outcome.guards == {"invalid_rows"}
    evidence = " ".join(outcome.of(Stopped)[0].questions[0]["evidence"])
    assert "userId is null" in evidence
    assert "userId is empty" in evidence
    assert '{"userId":"u_1"} is in 2 rows' in evidence
    assert workshop.calls() == []


def test_invalid_rows_become_rejected_rows_where_the_sync_says_so_and_the_rest_goes(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.execute("INSERT INTO people VALUES (NULL, 'a', 'b', now()), ('u_1', 'other', 'b', now())")
    workshop.sync(guards={"invalid_rows": "reject"})
    outcome = workshop.run()
    assert (outcome.state, outcome.acknowledged) == ("partial", 4)
    assert workshop.users() == ["u_0", "u_2", "u_3", "u_4"]
    rows = workshop.rows("rejected_of_sync", sync="id-people", limit=10)
    assert sorted(row["reason"] for row in rows) == [
        "the id is in more than one row",
        "the id is in more than one row",
        "userId is null",
    ]
    workshop.run()
    assert len(workshop.rows("rejected_of_sync", sync="id-people", limit=10)) == 3
    workshop.execute("DELETE FROM people WHERE id IS NULL OR email = 'other'")
    workshop.run()
    assert workshop.users() == ["u_1"]
    assert workshop.rows("rejected_of_sync", sync="id-people", limit=10) == []


# Events


def events(workshop: Workshop) -> None:
    workshop.execute(
        "CREATE TABLE events AS SELECT 'e' || n AS id, 'u' || n AS person, 'Signed Up' AS name, n AS value, "
        "TIMESTAMP '2026-01-01' AS happened FROM range(4) r(n)"
    )


def test_events_are_sent_once_each_and_identical_rows_are_counted(workshop: Workshop) -> None:
    events(workshop)
    workshop.execute("INSERT INTO events SELECT * FROM events WHERE person = 'u1'")
    workshop.sync(EVENTS, call="track")
    outcome = workshop.run()
    assert outcome.acknowledged == 4
    assert "1 event rows are equal to another row" in outcome.planned.notes[0]
    assert len(workshop.calls()) == 4
    assert workshop.run().acknowledged == 0


def test_an_event_with_its_own_message_id_is_never_sent_again_and_changed_content_is_reported(
    workshop: Workshop,
) -> None:
    events(workshop)
    workshop.sync(OWN_IDS, call="track")
    workshop.run()
    assert sorted(ids(workshop.calls())) == ["e0", "e1", "e2", "e3"]
    workshop.execute(
        "UPDATE events SET value = 99 WHERE id = 'e1'", "INSERT INTO events VALUES ('e9', 'u9', 'x', 1, now())"
    )
    outcome = workshop.run()
    assert ids(workshop.calls()) == ["e9"]
    assert "1 events were sent before with other content" in outcome.planned.notes[0]


def test_event_ledgers_keep_no_calls(workshop: Workshop) -> None:
    events(workshop)
    workshop.sync(EVENTS, call="track")
    workshop.run()
    ledger = workshop.folder / ".backhaul" / "ledger"
    assert len(list(ledger.glob("*.keys.parquet"))) == 1
    assert list(ledger.glob("*.calls.parquet")) == []


# What is kept, and for how long


def test_deltas_that_were_put_together_are_gone_after_a_day_and_the_sync_goes_on(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.ledger.local._MOST_DELTAS", 2)
    workshop.people(40)
    workshop.sync()
    for number in range(7):
        workshop.execute(f"UPDATE people SET plan = 'plan {number}' WHERE id = 'u_{number % 3}'")
        assert workshop.run().state == "succeeded"
        with workshop.store() as store:
            store._connection.execute("UPDATE segments SET retired = 1 WHERE retired IS NOT NULL")
    with workshop.store() as store:
        segments = store._connection.execute("SELECT base, keys FROM segments ORDER BY number").fetchall()
    assert [row["base"] for row in segments][:2] == [1, 0]
    assert ".base." in segments[1]["keys"], "the deltas were put together, and the base stayed"
    workshop.calls()
    outcome = workshop.run()
    assert (outcome.state, outcome.planned.unchanged, workshop.calls()) == ("succeeded", 40, [])
    workshop.execute("UPDATE people SET plan = 'free' WHERE id = 'u_1'")
    assert workshop.run().planned.changed == 1
    assert workshop.users() == ["u_1"]


def test_a_ledger_without_payload_keeps_no_values_of_people(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync(payload=False)
    workshop.run()
    workshop.calls()
    files = [file for file in (workshop.folder / ".backhaul").rglob("*") if file.is_file()]
    assert not [file for file in files if b"p3@example.com" in file.read_bytes()]
    workshop.execute("UPDATE people SET plan = 'x' WHERE id = 'u_3'")
    workshop.run()
    assert workshop.users() == ["u_3"]


def test_plans_go_at_commit_and_files_that_no_manifest_lists_are_collected(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync()
    workshop.run()
    state = workshop.folder / ".backhaul"
    assert list((state / "plans").iterdir()) == []
    (delivery,) = workshop.rows("delivery_ids", sync="id-people")
    for name in (
        "plans/id-people.left.parquet",
        f"ledger/id-people.{delivery['id']}.left.keys.parquet",
        "ledger/another.left.keys.parquet",
    ):
        (state / name).write_bytes(b"left by a crash")
    (state / "tmp" / "id-people.99999999").mkdir()
    (state / "tmp" / f"id-people.{os.getppid()}").mkdir()
    workshop.run()
    assert [file.name for file in (state / "ledger").glob("*left*")] == ["another.left.keys.parquet"]
    assert list((state / "plans").iterdir()) == []
    assert [folder.name for folder in (state / "tmp").iterdir()] == [f"id-people.{os.getppid()}"]


@pytest.mark.slow
def test_many_small_deltas_are_compacted_and_mean_the_same(workshop: Workshop) -> None:
    workshop.people(10)
    workshop.sync()
    workshop.run()
    for number in range(20):
        workshop.execute(f"UPDATE people SET plan = 'plan {number}' WHERE id = 'u_{number % 10}'")
        assert workshop.run().acknowledged == 1
    ledger = workshop.rows("current_ledger", sync="id-people", destination="seg")[0]["id"]
    segments = workshop.rows("segments", ledger=ledger)
    assert len(segments) < 17
    assert any(segment["base"] for segment in segments)
    workshop.calls()
    assert workshop.run().acknowledged == 0
    assert workshop.calls() == []


def an_hour_later(store: Store) -> None:
    """What is old is swept once an hour: have it swept by the next run."""
    store._connection.execute("DELETE FROM settings WHERE name LIKE 'swept%'")


def test_old_runs_go_after_the_retention_but_for_the_newest_hundred_and_those_that_files_are_named_after(
    workshop: Workshop,
) -> None:
    workshop.people(3)
    workshop.sync()
    workshop.run()
    with workshop.store() as store:
        for number in range(150):
            name = f"old{number}"
            store.do("insert_run", id=name, sync="id-people", name="people", cause="test", started=number, process=1)
            values = {"state": "succeeded", "ended": number, "error": None, "remedy": None, "progress": None}
            store.do("end_run", id=name, questions=None, **values)
        store._connection.execute("UPDATE runs SET started = 1, ended = 1 WHERE id NOT LIKE 'old%'")
        store._connection.execute("UPDATE deliveries SET ended = 1")
        an_hour_later(store)
    workshop.run()
    runs = [row["id"] for row in workshop.rows("newest_runs", before=9e18, limit=1000)]
    assert sum(name.startswith("old") for name in runs) in (99, 100)
    assert "old149" in runs
    assert "old0" not in runs
    assert workshop.run().planned.unchanged == 3
    assert len(workshop.rows("delivery_ids", sync="id-people")) >= 1


def test_a_delivery_is_not_forgotten_while_a_file_is_named_after_it_whoever_collects_garbage(
    workshop: Workshop,
) -> None:
    workshop.people(3)
    workshop.sync()
    workshop.sync(name="other")
    workshop.run()
    ledger = workshop.folder / ".backhaul" / "ledger"
    before = sorted(file.name for file in ledger.iterdir())
    with (
        workshop.store() as store
    ):  # as what writes a ledger again leaves it, killed before it has removed the old files
        (delivery,) = workshop.rows("delivery_ids", sync="id-people")
        for name in before:
            (ledger / name.replace(delivery["id"], "erased.1")).write_bytes((ledger / name).read_bytes())
        again = f"replace({{0}}, '{delivery['id']}', 'erased.1')"
        columns = ", ".join(f"{column} = {again.format(column)}" for column in ("keys", "calls"))
        store._connection.execute(f"UPDATE segments SET {columns}")
        store._connection.execute("UPDATE deliveries SET ended = 1")
        an_hour_later(store)
        for number in range(150):
            store.do(
                "insert_run",
                id=f"n{number}",
                sync="id-people",
                name="people",
                cause="t",
                started=9e9 + number,
                process=1,
            )
    workshop.run("other")
    assert workshop.rows("delivery_ids", sync="id-people")
    assert workshop.run().state == "succeeded"
    assert not set(before) & {file.name for file in ledger.iterdir()}
    assert len(workshop.rows("delivery_ids", sync="id-people")) == 1


def test_old_rejected_rows_and_requests_go_after_the_retention(workshop: Workshop) -> None:
    from core.sync.run import Run

    workshop.people(3)
    workshop.sync()
    workshop.receiver.refuse('"u_1"')
    workshop.run()
    project = workshop.load()

    async def later() -> None:
        run = Run(project, project.syncs["people"], workshop.secret, clock=lambda: time.time() + 31 * 86_400)
        _ = [event async for event in run.events()]

    workshop.receiver.refuse()
    asyncio.run(later())
    assert workshop.rows("rejected_of_sync", sync="id-people", limit=10) == []
    run = workshop.rows("runs_of_sync", sync="id-people", limit=2)[1]
    (kept,) = workshop.rows(
        "rejected_page_of_run", run=run["id"], reason=None, any_status=True, status=None, limit=10, offset=0
    )
    assert kept["request"] is None


# The canonical call and the file destination


def test_a_message_id_is_the_digest_of_delivery_operation_key_and_fingerprint(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync()
    outcome = workshop.run()
    (segment,) = (workshop.folder / ".backhaul" / "ledger").glob("*.keys.parquet")
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT key, fingerprint FROM '{segment}'").fetchall()
    texts = (f"{outcome.planned.delivery}send{key}{fingerprint}" for key, fingerprint in rows)
    expected = {hashlib.md5(text.encode()).hexdigest() for text in texts}
    assert set(ids(workshop.calls())) == expected


def test_the_local_file_is_cut_back_to_the_recorded_offset_on_resume(workshop: Workshop, tmp_path: Path) -> None:
    workshop.people(30)
    workshop.destination("files", type="file", limits={"batch_calls": 10})
    workshop.sync(destinations=["files"])
    workshop.run()
    file = workshop.folder / "delivered" / "people.jsonl"
    assert len(lines(file)) == 30
    with workshop.store() as store:
        (delivery,) = store.rows("last_deliveries", sync="id-people", limit=1)
        (batch, *_) = store.rows("sent_batches", delivery=delivery["id"])
    assert batch["position"] == 0
    size = file.stat().st_size
    workshop.execute("UPDATE people SET plan = 'x' WHERE id = 'u_3'")
    workshop.run()
    assert len(lines(file)) == 31
    with workshop.store() as store:
        (delivery,) = store.rows("last_deliveries", sync="id-people", limit=1)
        (batch,) = store.rows("sent_batches", delivery=delivery["id"])
    assert batch["position"] == size


def test_a_batch_is_cut_by_count_and_by_bytes(workshop: Workshop) -> None:
    workshop.people(100)
    workshop.destination(
        "seg", type="segment", url=workshop.receiver.url, limits={"batch_calls": 7, "batch_bytes": 2000}
    )
    workshop.execute("UPDATE people SET email = repeat('x', 900) WHERE id < 'u_3'")
    workshop.sync()
    workshop.run()
    records = workshop.receiver.records()
    assert all(len(record.calls) <= 7 and len(record.body) <= 2000 for record in records)
    assert len({call["userId"] for record in records for call in record.calls}) == 100
    assert max(len(record.calls) for record in records) == 7


def test_batches_are_sent_compressed_and_without_sent_at(workshop: Workshop) -> None:
    workshop.people(2)
    workshop.sync()
    workshop.run()
    (record,) = workshop.receiver.records()
    assert record.headers["content-encoding"] == "gzip"
    assert set(record.json) == {"batch"}
    assert not any("sentAt" in call for call in record.calls)


def test_the_plan_counts_what_the_run_then_sends(workshop: Workshop) -> None:
    from core.preview.plan import plan_sync

    workshop.people(20)
    workshop.sync()
    workshop.run()
    workshop.calls()
    workshop.execute("UPDATE people SET plan = 'x' WHERE id = 'u_3'", "DELETE FROM people WHERE id = 'u_4'")
    project = workshop.load()
    (planned,) = plan_sync(project, project.syncs["people"], workshop.secret)
    assert (planned.comparison.changed, planned.comparison.removed, planned.batches) == (1, 1, 1)
    (change,) = planned.changes
    assert change.identity == {"userId": "u_3"}
    assert [(field.path, field.old, field.new) for field in change.fields] == [("traits.plan", "free", "x")]
    assert workshop.calls() == []
    assert workshop.run().of(Planned)[0].changed == 1


def test_a_timestamp_in_text_travels_with_a_zone(workshop: Workshop) -> None:
    times = [
        "2026-01-02 03:04:05",
        "2026-01-02T03:04:05.5",
        "2026-01-02T03:04:05+02:00",
        "2026-01-02T03:04:05Z",
        "2026-01-02",
    ]
    values = ", ".join(f"('u{number}', 'x', '{time}')" for number, time in enumerate(times))
    workshop.execute(f"CREATE TABLE events AS SELECT * FROM (VALUES {values}) e (person, name, happened)")
    workshop.sync(EVENTS, call="track")
    assert workshop.run().state == "succeeded"
    assert [call["timestamp"] for call in sorted(workshop.calls(), key=lambda call: call["userId"])] == [
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05.5Z",
        "2026-01-02T03:04:05+02:00",
        "2026-01-02T03:04:05Z",
        "2026-01-02",
    ]


def test_a_long_retry_after_pauses_the_delivery_instead_of_waiting(workshop: Workshop) -> None:
    workshop.people(2)
    workshop.sync()
    workshop.receiver.behave({"status": 429, "headers": {"retry-after": "7200"}})
    outcome = workshop.run()
    assert "asks for a pause of 2 hours" in outcome.of(Paused)[0].reason
    assert workshop.run().state == "succeeded"
    assert workshop.users() == ["u_0", "u_1"]


def test_another_place_abandons_what_the_old_place_still_had_to_get(workshop: Workshop) -> None:
    workshop.people(4)
    workshop.sync()
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'x' WHERE id = 'u_1'")
    workshop.receiver.behave(*[{"status": 500}] * 3)
    workshop.run()
    workshop.calls()
    workshop.secrets["destinations/seg.write_key"] = "another"
    assert workshop.run().guards == {"account_changed"}
    assert workshop.calls() == []
    assert workshop.run(another_place=True).state == "succeeded"
    calls = workshop.calls()
    assert sorted(call["userId"] for call in calls) == ["u_0", "u_1", "u_2", "u_3"]
    assert workshop.rows("open_deliveries", sync="id-people") == []


def test_a_replay_to_another_account_is_asked_about(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync()
    workshop.receiver.refuse('"u_3"')
    workshop.run()
    workshop.receiver.refuse()
    workshop.calls()
    workshop.secrets["destinations/seg.write_key"] = "another"
    assert workshop.run(replay=True).guards == {"account_changed"}
    assert workshop.calls() == []


def test_a_query_that_was_edited_over_an_open_plan_binds_zero_after_that_plan_was_finished(workshop: Workshop) -> None:
    workshop.people(4)
    workshop.sync(PEOPLE + SINCE)
    workshop.receiver.behave(*[{"status": 500}] * 3)
    workshop.run()
    workshop.calls()
    workshop.sync(PEOPLE.replace("plan", "plan, length(email) AS size") + SINCE)
    outcome = workshop.run()
    assert outcome.state == "succeeded"
    assert [event.acknowledged for event in outcome.of(Committed)] == [4, 4]
    assert outcome.planned.changed == 4
    calls = workshop.calls()
    assert ["size" in call["traits"] for call in calls] == [False] * 4 + [True] * 4
    assert len({call["messageId"] for call in calls}) == 8


def test_the_query_runs_once_with_the_oldest_time_of_the_destinations_that_take_part(workshop: Workshop) -> None:
    workshop.people(4)
    workshop.destination("files", type="file")
    workshop.sync(PEOPLE + SINCE, destinations=["files"])
    workshop.run()
    older = workshop.last_sync_time("files")
    workshop.sync(PEOPLE + SINCE, destinations=["seg"])
    time.sleep(1.1)
    workshop.run()
    assert workshop.last_sync_time("seg") > older
    workshop.sync(PEOPLE + SINCE, destinations=["seg", "files"])
    workshop.run()
    run = workshop.rows("runs_of_sync", sync="id-people", limit=1)[0]
    assert run["bound"] == older - 600
    assert workshop.last_sync_time("seg") == workshop.last_sync_time("files")


def test_a_column_becomes_text_only_by_the_syncs_columns_and_with_a_warning(workshop: Workshop) -> None:
    workshop.execute(
        "CREATE TABLE people AS SELECT 'u' || n AS id, 1000 + n AS zip, n / 4.0::DOUBLE AS score, n > 1 AS tall "
        "FROM range(3) r(n)"
    )
    query = 'SELECT id AS "userId", zip, score, tall FROM people'
    workshop.sync(query)
    workshop.run()
    assert {type(call["traits"]["zip"]) for call in workshop.calls()} == {int}
    workshop.sync(query, columns={"zip": "traits.zip:text", "tall": "traits.is.tall:text"})
    outcome = workshop.run()
    assert "zip is sent as text, because [columns] says so" in outcome.planned.notes
    traits = [call["traits"] for call in sorted(workshop.calls(), key=lambda call: call["userId"])]
    assert traits[2] == {"zip": "1002", "score": 0.5, "is": {"tall": "true"}}
    workshop.execute("UPDATE people SET score = 'nan' WHERE id = 'u1'")
    workshop.sync(query, columns={"score": "traits.score:text"})
    assert workshop.run().planned.refused == 1


def test_a_delete_that_may_have_arrived_goes_out_again_also_when_one_before_it_was_refused(workshop: Workshop) -> None:
    workshop.people(40)
    limits = {"batch_calls": 2, "connections": 1}
    workshop.destination("cio", type="customerio", url=workshop.receiver.url, limits=limits)
    workshop.sync(destinations=["cio"], removed="delete", guards={"max_changed": 1.0})
    workshop.run()
    workshop.calls()
    workshop.execute("DELETE FROM people WHERE id IN ('u_1', 'u_2', 'u_3', 'u_4')")
    refused = [{"status": 400}] * 3  # the batch, and each of its halves
    workshop.receiver.behave(*refused, *[{"lose_reply": True}] * 3)
    assert workshop.run().state == "failed"
    arrived = {call["messageId"] for call in workshop.calls() if "Deleted" in call.get("event", "")}
    workshop.run()
    again = [call["messageId"] for call in workshop.calls()]
    assert len(arrived) == 2
    assert arrived <= set(again)
    assert len(again) == 4  # the two whose reply was lost, then the two that were refused


def test_a_refused_row_that_is_again_as_it_was_is_not_sent_from_the_list(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    workshop.receiver.refuse('"rubbish"')
    workshop.execute("UPDATE people SET plan = 'rubbish', changed = now() WHERE id = 'u_3'")
    assert workshop.run().state == "partial"
    workshop.receiver.refuse()
    workshop.execute("UPDATE people SET plan = 'free', changed = now() WHERE id = 'u_3'")
    workshop.calls()
    assert workshop.run().planned.retried == 0
    workshop.execute("UPDATE people SET changed = now() - INTERVAL 2 DAY")
    workshop.run()
    workshop.run(replay=True)
    assert workshop.calls() == []


def test_a_replay_leaves_a_refused_delete_to_the_next_run(workshop: Workshop) -> None:
    workshop.people(10)
    workshop.destination("cio", type="customerio", url=workshop.receiver.url)
    workshop.sync(destinations=["cio"], removed="delete")
    workshop.run()
    workshop.execute("DELETE FROM people WHERE id = 'u_1'")
    workshop.receiver.refuse("User Deleted")
    assert workshop.run().state == "partial"
    workshop.receiver.refuse()
    workshop.calls()
    workshop.run(replay=True)
    assert workshop.calls() == []
    workshop.run()
    assert [call["event"] for call in workshop.calls()] == ["User Deleted"]
    workshop.people(10)
    workshop.run()
    assert workshop.users() == ["u_1"]


def test_a_decimal_of_the_same_digits_and_another_scale_is_a_change(workshop: Workshop) -> None:
    workshop.execute("CREATE TABLE people AS SELECT 'u_1' AS id, 150.00::DECIMAL(18, 2) AS amount")
    workshop.sync('SELECT id AS "userId", amount FROM people')
    workshop.run()
    workshop.execute("ALTER TABLE people ALTER amount TYPE DECIMAL(18, 4) USING (amount / 100)::DECIMAL(18, 4)")
    assert workshop.run().planned.changed == 1
    assert [call["traits"]["amount"] for call in workshop.calls()] == [150, 1.5]
