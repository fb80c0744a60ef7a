"""What is special about Jitsu: a 200 says nothing, the body does; calls are taken one by one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.destinations.base import Outcome, Response, Verdict
from core.model import CallType
from tests.core.destinations.harness import HARNESSES, batch_of
from tests.projects import SECRETS, ProjectFolder
from tests.servers.receiving import Receiver, receiving

PEOPLE = "SELECT 'u' || i AS \"userId\", 1 AS n FROM range(10) t(i)"


@pytest.fixture
def jitsu(tmp_path: Path) -> Iterator[Receiver]:
    """A receiver that answers as Jitsu does."""
    with receiving(tmp_path / "jitsu", script=Path(__file__).parents[2] / "servers" / "jitsu.py") as running:
        yield running


def read(*ids: str, **said: Any) -> Verdict:
    """Read Jitsu's reply to a batch of calls with these messageIds."""
    batch = batch_of(CallType.TRACK, tuple({"type": "track", "event": "e", "messageId": each} for each in ids))
    reply = Response(status=200, headers={}, body=json.dumps(said).encode())
    return HARNESSES["jitsu"].plugin().verdict(batch, reply)


def test_a_batch_is_taken_where_the_body_counts_all_of_it() -> None:
    assert read("a", "b", ok=True, receivedEvents=2, okEvents=2).outcome is Outcome.ACKNOWLEDGED
    doubled = read("a", "b", ok=True, receivedEvents=2, okEvents=1, deduplicatedEvents=1, processedEvents=1)
    assert doubled.outcome is Outcome.ACKNOWLEDGED


def test_an_error_of_a_call_refuses_that_call_alone() -> None:
    errors = ["Message ID: b: event error: Unknown event type: x"]
    verdict = read("a", "b", "c", ok=False, receivedEvents=3, okEvents=2, errors=errors)
    assert verdict.outcome is Outcome.ACKNOWLEDGED
    assert verdict.refused == {1: "event error: Unknown event type: x"}
    assert not verdict.again


def test_what_is_no_fault_of_the_call_is_sent_again() -> None:
    errors = ["Message ID: a: error# k3: producer error", "Message ID: c: quota exceeded: billing quota exceeded"]
    verdict = read("a", "b", "c", ok=False, receivedEvents=3, okEvents=1, errors=errors)
    assert verdict.outcome is Outcome.ACKNOWLEDGED
    assert not verdict.refused
    assert set(verdict.again) == {0, 2}


def test_a_message_id_is_found_as_jitsu_writes_it() -> None:
    errors = ["Message ID: order_7_: event error: no"]
    assert set(read("order 7!", "b", ok=False, okEvents=1, errors=errors).refused) == {0}


@pytest.mark.parametrize(
    "said",
    [
        {"ok": False, "okEvents": 1, "errors": ["something went wrong"]},
        {"ok": False, "okEvents": 1, "errors": ["Message ID: z: event error: no"]},
        {"ok": False, "okEvents": 1, "errors": []},
        {"ok": False, "okEvents": 1},
        {"ok": False, "okEvents": 0, "errors": ["Message ID: a: event error: no"]},
        {"ok": True, "okEvents": 1},
        {"ok": True},
        {"ok": False, "okEvents": 1, "errors": "all wrong"},
    ],
)
def test_where_it_cannot_be_told_which_calls_were_taken_the_batch_is_halved(said: dict[str, Any]) -> None:
    verdict = read("a", "b", **said)
    assert verdict.outcome is Outcome.REFUSED
    assert "of 2 calls were taken" in verdict.reason


def test_two_calls_of_one_written_id_cannot_be_told_apart() -> None:
    errors = ["Message ID: a_b: event error: no"]
    assert read("a b", "a_b", ok=False, okEvents=1, errors=errors).outcome is Outcome.REFUSED


@pytest.mark.parametrize("body", [b"", b"<html>Welcome</html>", b"[]", b'{"success": true}', b'{"ok": "yes"}', b"\xff"])
def test_a_200_that_is_no_reply_of_jitsu_acknowledges_nothing(body: bytes) -> None:
    verdict = HARNESSES["jitsu"].plugin().verdict(batch_of(CallType.PAGE), Response(status=200, headers={}, body=body))
    assert verdict.outcome is Outcome.PAUSE
    assert "no reply of Jitsu" in verdict.reason


def test_a_source_that_is_connected_to_nothing_pauses_the_delivery() -> None:
    errors = [f"Message ID: {name}: no destinations found for stream: s1" for name in "ab"]
    verdict = read("a", "b", ok=False, receivedEvents=2, okEvents=0, errors=errors)
    assert verdict.outcome is Outcome.PAUSE
    assert "connect the source" in verdict.reason


def test_calls_travel_with_the_write_key_in_a_header_of_its_own(project: ProjectFolder, jitsu: Receiver) -> None:
    project.duckdb()
    project.jitsu(jitsu.url.removesuffix("/v1"))
    assert project.query("people", PEOPLE, to=["jit"]).code == 0
    (record,) = jitsu.records()
    assert record.path == "/v1/batch"
    assert record.headers["x-write-key"] == SECRETS["BACKHAUL_DESTINATIONS_JIT_WRITE_KEY"]
    assert "authorization" not in record.headers
    assert record.headers["content-encoding"] == "gzip"


def test_a_call_that_jitsu_does_not_take_is_rejected_and_the_others_are_sent_once(
    project: ProjectFolder, jitsu: Receiver
) -> None:
    project.duckdb()
    project.jitsu(jitsu.url)
    jitsu.refuse('"u3"', '"u7"')
    assert project.query("people", PEOPLE, to=["jit"]).code == 1
    assert len(jitsu.records()) == 1
    listed = project.run("rejected", "people", "--json").json
    assert "event error: invalid event" in json.dumps(listed)
    assert "8" in project.run("status", "--json").out
    jitsu.refuse()
    jitsu.clear()
    assert project.run("replay", "people").code == 0
    assert sorted(call["userId"] for call in jitsu.calls()) == ["u3", "u7"]


def test_a_call_that_jitsu_could_not_store_is_sent_again_alone_with_the_same_message_id(
    project: ProjectFolder, jitsu: Receiver
) -> None:
    project.duckdb()
    project.jitsu(jitsu.url)
    jitsu.refuse("later")
    query = "SELECT 'u' || i AS \"userId\", if(i = 4, 'later', 'now') AS said FROM range(6) t(i)"
    assert project.query("people", query, to=["jit"]).code == 0
    first, second = jitsu.records()
    assert len(first.calls) == 6
    (again,) = second.calls
    assert again == first.calls[4]


def test_a_call_that_jitsu_never_stores_pauses_the_delivery_and_is_no_rejected_row(
    project: ProjectFolder, receiver: Receiver
) -> None:
    project.duckdb()
    project.jitsu(receiver.url, attempts=3)
    said = {"ok": False, "receivedEvents": 1, "okEvents": 0, "errors": []}
    receiver.behave(*[{"body": json.dumps(said | {"errors": ["Message ID: mine: quota exceeded: billing"]})}] * 9)
    query = "SELECT 'u1' AS \"userId\", 'Seen' AS event, 'mine' AS \"messageId\""
    done = project.query("events", query, call="track", to=["jit"])
    assert done.code == 1
    assert "jit did not take a batch in 3 attempts: quota exceeded: billing" in done.err
    assert len(receiver.records()) == 3
    assert "quota" not in project.run("rejected", "events", "--json").out


def test_many_refused_calls_among_taken_ones_are_no_refusal_of_everything(
    project: ProjectFolder, jitsu: Receiver
) -> None:
    project.duckdb()
    project.jitsu(jitsu.url)
    jitsu.refuse('"n": 1')
    query = "SELECT 'u' || i AS \"userId\", i // 50 AS n FROM range(100) t(i)"
    done = project.query("people", query, to=["jit"])
    assert done.code == 1
    assert "refuses everything" not in done.err
    assert "50 rejected" in project.run("status").out + done.out + done.err


def test_a_message_id_that_jitsu_would_cut_is_refused_before_it_is_sent(
    project: ProjectFolder, jitsu: Receiver
) -> None:
    project.duckdb()
    project.jitsu(jitsu.url)
    query = "SELECT 'u1' AS \"userId\", 'Seen' AS event, repeat('m', n) AS \"messageId\" FROM (VALUES (64), (65)) t(n)"
    assert project.query("events", query, call="track", to=["jit"]).code == 1
    (call,) = jitsu.calls()
    assert len(call["messageId"]) == 64
    assert "longer than 64 characters" in project.run("rejected", "events", "--json").out


@pytest.mark.parametrize("call", ["screen", "alias"])
def test_screen_and_alias_calls_are_taken_in_a_batch(project: ProjectFolder, jitsu: Receiver, call: str) -> None:
    project.duckdb()
    project.jitsu(jitsu.url)
    query = {
        "screen": "SELECT 'u1' AS \"userId\", 'Inbox' AS name",
        "alias": "SELECT 'web-1' AS \"previousId\", 'u1' AS \"userId\"",
    }[call]
    assert project.query("them", query, call=call, to=["jit"]).code == 0
    assert [each["type"] for each in jitsu.calls()] == [call]
