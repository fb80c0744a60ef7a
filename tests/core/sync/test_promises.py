"""DESIGN's eight promises, and the rules that are easy to get wrong. Each test's name says which."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from core.errors import LockedError, SecretError, StateError
from core.model import Secret
from core.sync.progress.events import Committed, Paused, Planned
from tests.core.sync.workshop import PEOPLE, SINCE, Workshop, ids, lines

# Promise 1: nothing lost; nothing sent again unless a reply was missing, and then the same call


def test_a_first_run_sends_every_row_and_a_second_none(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync()
    assert workshop.run().state == "succeeded"
    calls = workshop.calls()
    assert sorted(call["userId"] for call in calls) == [f"u_{n}" for n in range(5)]
    assert calls[0]["type"] == "identify"
    assert workshop.run().acknowledged == 0
    assert workshop.calls() == []


def test_one_changed_row_is_one_call_with_its_new_values(workshop: Workshop) -> None:
    workshop.people(200)
    workshop.sync()
    workshop.run()
    workshop.calls()
    workshop.execute("UPDATE people SET plan = 'team' WHERE id = 'u_7'")
    outcome = workshop.run()
    assert (outcome.planned.changed, outcome.planned.added, outcome.planned.unchanged) == (1, 0, 199)
    (call,) = workshop.calls()
    assert call["userId"] == "u_7"
    assert call["traits"] == {"email": "p7@example.com", "plan": "team"}


def test_a_to_b_to_a_to_b_gives_four_calls_with_four_message_ids(workshop: Workshop) -> None:
    workshop.people(1)
    workshop.sync()
    seen = []
    for plan in ("a", "b", "a", "b"):
        workshop.execute(f"UPDATE people SET plan = '{plan}'")
        workshop.run()
        seen += workshop.calls()
    assert [call["traits"]["plan"] for call in seen] == ["a", "b", "a", "b"]
    assert len(set(ids(seen))) == 4


def test_a_lost_reply_is_sent_again_with_the_same_message_ids_and_the_same_calls(workshop: Workshop) -> None:
    workshop.people(10)
    workshop.sync()
    workshop.receiver.behave({"lose_reply": True})
    assert workshop.run().state == "succeeded"
    first, second = workshop.receiver.records()
    assert first.body == second.body
    assert workshop.run().acknowledged == 0


def test_a_run_that_had_no_answer_is_resumed_from_its_plan_and_the_warehouse_may_have_changed(
    workshop: Workshop,
) -> None:
    workshop.people(10)
    workshop.sync()
    workshop.receiver.behave(*[{"lose_reply": True}] * 3)
    outcome = workshop.run()
    assert outcome.state == "failed"
    assert outcome.of(Paused)[0].pending == 10
    workshop.execute("UPDATE people SET plan = 'team' WHERE id = 'u_0'")
    assert workshop.run().state == "succeeded"
    *repeated, last = workshop.receiver.records()
    assert len({record.body for record in repeated}) == 1
    assert [call["traits"]["plan"] for call in last.calls] == ["team"]


# Promise 2: state never lies


def test_a_row_counts_as_delivered_only_after_the_acknowledgement(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync()
    workshop.receiver.behave(*[{"status": 500}] * 3)
    assert workshop.run().state == "failed"
    ledger = workshop.rows("current_ledger", sync="id-people", destination="seg")[0]
    assert workshop.rows("segments", ledger=ledger["id"]) == []
    assert ledger["last_sync_time"] == 0


@pytest.mark.parametrize("harm", ["flip", "truncate", "zero", "remove"])
def test_a_damaged_ledger_segment_stops_the_sync_and_is_never_read_as_empty(workshop: Workshop, harm: str) -> None:
    workshop.people(50)
    workshop.sync()
    workshop.run()
    workshop.calls()
    (segment,) = (workshop.folder / ".backhaul" / "ledger").glob("*.keys.parquet")
    content = bytearray(segment.read_bytes())
    if harm == "flip":
        content[len(content) // 2] ^= 1
        segment.write_bytes(content)
    elif harm == "truncate":
        segment.write_bytes(content[:-10])
    elif harm == "zero":
        segment.write_bytes(bytes(len(content)))
    else:
        segment.unlink()
    outcome = workshop.run()
    assert outcome.state == "failed"
    assert "segment" in outcome.ended.error
    assert outcome.ended.exit_code == 1
    assert workshop.calls() == []


def test_a_store_that_is_missing_where_it_was_stops_the_sync(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync()
    workshop.run()
    workshop.calls()
    for file in (workshop.folder / ".backhaul").glob("store.sqlite*"):
        file.unlink()
    with pytest.raises(StateError, match="is missing"):
        workshop.run()
    assert workshop.calls() == []


def test_a_damaged_plan_is_not_sent(workshop: Workshop) -> None:
    workshop.people(30)
    workshop.sync()
    workshop.receiver.behave(*[{"status": 503}] * 3)
    workshop.run()
    (plan,) = (workshop.folder / ".backhaul" / "plans").glob("*.parquet")
    content = bytearray(plan.read_bytes())
    content[len(content) // 2] ^= 1
    plan.write_bytes(content)
    outcome = workshop.run()
    assert outcome.state == "failed"
    assert "plan" in outcome.ended.error
    assert workshop.calls() == []


# Promise 3: last_sync_time


def test_last_sync_time_is_the_start_of_the_last_successful_delivery_on_the_warehouses_clock(
    workshop: Workshop,
) -> None:
    workshop.people(3)
    workshop.sync(PEOPLE + SINCE)
    assert workshop.last_sync_time() == 0
    before = int(time.time())
    workshop.run()
    assert before <= workshop.last_sync_time() <= int(time.time())


def test_last_sync_time_moves_only_when_every_row_is_acknowledged_or_rejected(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync(PEOPLE + SINCE)
    workshop.receiver.behave(*[{"status": 500}] * 3)
    workshop.run()
    assert workshop.last_sync_time() == 0
    workshop.receiver.refuse("u_1")
    outcome = workshop.run()
    assert outcome.state == "partial"
    assert workshop.last_sync_time() > 0


def test_an_incremental_query_gets_the_last_sync_time_minus_the_lookback_and_never_below_zero(
    workshop: Workshop,
) -> None:
    workshop.people(3)
    workshop.sync('SELECT id AS "userId", {{last_sync_time}} AS bound FROM people', lookback="10 minutes")
    workshop.run()
    assert {call["traits"]["bound"] for call in workshop.calls()} == {0}
    moved = workshop.last_sync_time()
    workshop.run(yes=True)
    assert {call["traits"]["bound"] for call in workshop.calls()} == {moved - 600}


def test_rows_of_the_boundary_and_late_rows_inside_the_lookback_are_found_and_not_doubled(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    workshop.calls()
    moved = workshop.last_sync_time()
    workshop.execute(
        f"INSERT INTO people VALUES ('edge', 'e@example.com', 'free', to_timestamp({moved}))",
        f"INSERT INTO people VALUES ('late', 'l@example.com', 'free', to_timestamp({moved - 500}))",
        f"INSERT INTO people VALUES ('too-late', 't@example.com', 'free', to_timestamp({moved - 700}))",
    )
    workshop.run()
    assert workshop.users() == ["edge", "late"]
    workshop.run()
    assert workshop.users() == []


def test_each_destination_has_its_own_ledger_and_time_and_one_that_is_down_does_not_hold_back_the_others(
    workshop: Workshop, tmp_path: Path
) -> None:
    from tests.servers.receiving import receiving

    with receiving(tmp_path / "other") as other:
        workshop.destination("cio", type="customerio", url=other.url)
        workshop.people(4)
        workshop.sync(destinations=["seg", "cio"])
        other.behave(*[{"status": 500}] * 3)
        outcome = workshop.run()
        assert outcome.state == "failed"
        assert [event.destination for event in outcome.of(Committed)] == ["seg"]
        assert workshop.last_sync_time("seg") > 0
        assert workshop.last_sync_time("cio") == 0
        workshop.execute("UPDATE people SET plan = 'team' WHERE id = 'u_1'")
        assert workshop.run().state == "succeeded"
        assert len(workshop.calls()) == 5
        assert [call["traits"]["plan"] for call in other.calls() if call["userId"] == "u_1"] == ["free", "team"]


def test_a_destination_without_its_secret_does_not_hold_back_the_others(workshop: Workshop) -> None:
    workshop.people(4)
    workshop.destination("cio", type="customerio", url=workshop.receiver.url)
    workshop.sync(destinations=["cio", "seg"])
    read = workshop.secret

    def secret(name: str) -> Secret:
        if name.startswith("destinations/cio"):
            raise SecretError("There is no secret destinations/cio.api_key.")
        return read(name)

    workshop.secret = secret
    outcome = workshop.run()
    assert (outcome.state, outcome.ended.exit_code, outcome.acknowledged) == ("failed", 2, 4)
    workshop.secret = read
    outcome = workshop.run()
    assert {event.destination: event.acknowledged for event in outcome.of(Committed)} == {"cio": 4, "seg": 0}


def test_several_destinations_are_sent_to_side_by_side_and_commit_while_others_still_send(
    workshop: Workshop, tmp_path: Path
) -> None:
    workshop.people(6_000)
    names = [f"place{number}" for number in range(4)]
    for number, name in enumerate(names):
        limits = {"batch_calls": 20 + 40 * number}
        workshop.destination(name, type="segment", url=workshop.receiver.url, limits=limits)
        workshop.secrets[f"destinations/{name}.write_key"] = name
    workshop.sync(destinations=names, guards={"invalid_rows": "reject"})
    outcome = workshop.run()
    assert outcome.state == "succeeded"
    assert outcome.acknowledged == 24_000
    calls = workshop.calls()
    assert len({call["messageId"] for call in calls}) == len(calls) == 24_000


def test_a_destination_that_is_added_later_starts_at_zero(workshop: Workshop) -> None:
    workshop.people(4)
    workshop.sync(PEOPLE + SINCE)
    workshop.run()
    workshop.calls()
    workshop.destination("files", type="file")
    workshop.sync(PEOPLE + SINCE, destinations=["seg", "files"])
    outcome = workshop.run()
    assert {event.destination: event.added for event in outcome.of(Planned)} == {"seg": 0, "files": 4}
    assert workshop.calls() == []
    assert len(lines(workshop.folder / "delivered" / "people.jsonl")) == 4


# Promise 5: secrets


def test_a_write_key_is_in_no_file_of_the_project_or_its_state(workshop: Workshop) -> None:
    workshop.secrets["destinations/seg.write_key"] = "planted-secret-71"
    workshop.people(3)
    workshop.sync()
    workshop.receiver.refuse("u_1")
    workshop.run()
    files = [file for file in workshop.folder.rglob("*") if file.is_file()]
    assert len(files) > 5
    assert not [file for file in files if b"planted-secret-71" in file.read_bytes()]


# One at a time


def test_a_second_run_of_the_same_sync_is_told_who_holds_the_lock(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync()
    workshop.receiver.behave({"hang": 2})

    async def both() -> None:
        first = asyncio.create_task(workshop.run_soon())
        await asyncio.sleep(0.7)
        with pytest.raises(LockedError, match=r"in use by `backhaul run` \(process \d+"):
            await workshop.run_soon()
        assert (await first).state == "succeeded"

    asyncio.run(both())


def test_the_state_folder_is_private_and_ignores_itself_in_git(workshop: Workshop) -> None:
    workshop.people(1)
    workshop.sync()
    workshop.run()
    state = workshop.folder / ".backhaul"
    assert state.stat().st_mode & 0o777 == 0o700
    assert (state / ".gitignore").read_text() == "*\n"


def test_renaming_a_sync_keeps_its_state(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync()
    workshop.run()
    workshop.calls()
    for suffix in ("sql", "toml"):
        (workshop.folder / "syncs" / f"people.{suffix}").rename(workshop.folder / "syncs" / f"humans.{suffix}")
    assert workshop.run("humans").acknowledged == 0
    assert workshop.calls() == []


def test_a_sync_without_destinations_keeps_nothing(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync(destinations=[])
    outcome = workshop.run()
    assert outcome.state == "succeeded"
    assert workshop.rows("ledgers_of_sync", sync="id-people") == []


def test_the_counts_of_a_delivery_add_up(workshop: Workshop) -> None:
    workshop.people(20)
    workshop.execute("UPDATE people SET email = repeat('x', 40000) WHERE id = 'u_3'")
    workshop.sync()
    workshop.receiver.refuse('"u_5"', '"u_6"')
    workshop.run()
    (row,) = workshop.rows("last_deliveries", sync="id-people", limit=1)
    assert (row["rows"], row["acknowledged"], row["rejected"]) == (20, 17, 3)
    pending = row["calls"] - row["acknowledged"] - (row["rejected"] - row["refused"])
    assert row["rows"] == row["unchanged"] + row["acknowledged"] + row["rejected"] + pending + row["superseded"]
    assert json.loads(row["notes"]) == []
