"""What Segment is sent, held against what Segment's own Python client sends for the same rows to the same receiver.

Compared is each call as it arrives. Left out are what differs from send to send or from client to client: messageId,
sentAt, writeKey, context.library, and the timestamp where the rows give none (their client then takes the clock; we
leave it to the receiver). What their client leaves in without a meaning does not count: an empty `context`,
`integrations`, and fields of the call that are null. A null trait or property counts.

Two things are written in two ways that mean the same, and are compared by their meaning: instants (their client writes a
date and time as Python does, without zone where it has none) and decimals (theirs travel as floats).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.model import CallType
from tests.core.destinations.harness import HARNESSES
from tests.projects import SECRETS, ProjectFolder
from tests.servers.receiving import Receiver

KEY = SECRETS["BACKHAUL_DESTINATIONS_SEG_WRITE_KEY"]
BAG = """'text, "quotes" \\ and \n lines 🎈' AS note, 42 AS small, -9007199254740993 AS large, 0.1::DOUBLE AS fraction,
    1e300::DOUBLE AS huge, 1.5e-7::DOUBLE AS tiny, 3.0::DOUBLE AS whole, true AS yes, false AS no, NULL AS nothing, '' AS blank,
    12.50::DECIMAL(10, 2) AS price, TIMESTAMP '2026-03-29 02:30:00.123456' AS seen, DATE '2024-02-29' AS born,
    {'city': 'Lyon', 'tags': ['a', NULL, 'b'], 'deep': [{'n': 1, 'x': 0.5::DOUBLE}]} AS nested, [1, 2, 3] AS list"""
AT = "TIMESTAMP '2026-05-01 10:00:00' AS \"timestamp\""
QUERIES = {
    "identify": f"SELECT 'u1' AS \"userId\", {BAG}",
    "track": f"SELECT 'u1' AS \"userId\", 'Order Completed' AS event, {AT}, {BAG}",
    "group": f"SELECT 'u1' AS \"userId\", 'c1' AS \"groupId\", {BAG}",
    "page": f"SELECT 'u1' AS \"userId\", 'Docs' AS category, 'Home' AS name, {AT}, {BAG}",
    "screen": f"SELECT 'u1' AS \"userId\", 'App' AS category, 'Inbox' AS name, {AT}, {BAG}",
    "alias": "SELECT 'web-7' AS \"previousId\", 'u1' AS \"userId\"",
}
CLIENT = """
import sys
from datetime import timezone
import duckdb
import segment.analytics as analytics

key, host, call, query = sys.argv[1:]
with duckdb.connect() as connection:
    found = connection.execute(query)
    row = dict(zip([column[0] for column in found.description], found.fetchone()))
if "timestamp" in row:
    row["timestamp"] = row["timestamp"].replace(tzinfo=timezone.utc)
names = {"userId": "user_id", "groupId": "group_id", "previousId": "previous_id"}
fields = {names.get(name, name): row.pop(name) for name in list(row) if name in (*names, "event", "name", "category", "timestamp")}
bag = {"identify": "traits", "group": "traits", "alias": None}.get(call, "properties")
client = analytics.Client(key, host=host, sync_mode=True, on_error=print, gzip=True)
getattr(client, call)(**fields, **({bag: row} if bag else {}))
"""


def sent_by_their_client(receiver: Receiver, call: str) -> None:
    host = receiver.url.removesuffix("/v1")
    words = [sys.executable, "-c", CLIENT, KEY, host, call, QUERIES[call]]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=os.environ)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def meaning(value: Any) -> Any:
    """Return a value with its instants as instants."""
    if isinstance(value, dict):
        return {name: meaning(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [meaning(inner) for inner in value]
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (type(value), value) if isinstance(value, bool) else value


def comparable(call: dict[str, Any], *, timed: bool) -> Any:
    left_out = {"messageId", "sentAt", "writeKey", *([] if timed else ["timestamp"])}
    kept = {name: value for name, value in call.items() if name not in left_out and value is not None}
    kept["context"] = {name: value for name, value in kept.get("context", {}).items() if name != "library"}
    return meaning(
        {name: value for name, value in kept.items() if value != {} or name not in ("context", "integrations")}
    )


@pytest.mark.parametrize("call", [each.value for each in CallType])
def test_a_call_arrives_as_from_segments_own_client(project: ProjectFolder, receiver: Receiver, call: str) -> None:
    project.duckdb()
    project.segment(receiver.url)
    done = project.query("people", QUERIES[call], call=call)
    assert done.code == 0, done.err
    (ours,) = receiver.records()
    receiver.clear()
    sent_by_their_client(receiver, call)
    (theirs,) = receiver.records()
    (our_call,), (their_call,) = ours.calls, theirs.calls
    timed = "timestamp" in QUERIES[call]
    assert comparable(our_call, timed=timed) == comparable(their_call, timed=timed)
    for header in ("authorization", "content-type", "content-encoding"):
        assert ours.headers[header] == theirs.headers[header]
    assert ours.path == ("/v1/alias" if call == "alias" else theirs.path)
    assert "sentAt" not in ours.json


def test_what_counts_in_the_comparison_is_seen_by_it() -> None:
    call = {"type": "identify", "userId": "u1", "traits": {"a": None, "b": 1, "at": "2026-05-01T10:00:00Z"}}
    same = {**call, "context": {"library": {}}, "integrations": {}, "anonymousId": None, "messageId": "x"}
    assert comparable(call, timed=False) == comparable(same, timed=False)
    for traits in ({"b": 1}, {"a": None, "b": True}, {"a": None, "b": 1, "at": "2026-05-01T10:00:01Z"}):
        assert comparable(call, timed=False) != comparable({**call, "traits": traits}, timed=False)


def test_alias_calls_go_out_one_by_one_and_all_else_in_batches(project: ProjectFolder, receiver: Receiver) -> None:
    project.duckdb()
    project.segment(receiver.url)
    alias = "SELECT 'web-' || i AS \"previousId\", 'u' || i AS \"userId\" FROM range(7) t(i)"
    assert project.query("merged", alias, call="alias").code == 0
    records = receiver.records()
    assert [record.path for record in records] == ["/v1/alias"] * 7
    assert all("batch" not in record.json for record in records)
    assert {call["previousId"] for call in receiver.calls()} == {f"web-{number}" for number in range(7)}
    receiver.clear()
    people = "SELECT 'u' || i AS \"userId\", i AS n FROM range(2501) t(i)"
    assert project.query("people", people).code == 0
    assert [record.path for record in receiver.records()] == ["/v1/batch"] * 2
    assert max(len(record.calls) for record in receiver.records()) == 2_500


def test_no_batch_is_larger_than_segment_takes(project: ProjectFolder, receiver: Receiver) -> None:
    project.duckdb()
    project.segment(receiver.url)
    assert project.query("people", "SELECT i AS \"userId\", repeat('é', 5000) AS n FROM range(120) t(i)").code == 0
    assert len(receiver.calls()) == 120
    assert max(len(record.body) for record in receiver.records()) <= 500_000


def test_a_person_known_only_by_email_is_refused_before_anything_is_sent(
    project: ProjectFolder, receiver: Receiver
) -> None:
    project.duckdb()
    project.segment(receiver.url)
    done = project.query("people", "SELECT 'a@example.com' AS email, 1 AS n")
    assert done.code == 2
    assert "email alone does not identify" in done.err
    assert receiver.count()["requests"] == 0


def test_a_group_without_a_person_is_refused_before_anything_is_sent(
    project: ProjectFolder, receiver: Receiver
) -> None:
    project.duckdb()
    project.segment(receiver.url)
    done = project.query("companies", "SELECT 'c1' AS \"groupId\", 'Acme' AS name", call="group")
    assert done.code == 2
    assert "userId or an anonymousId" in done.err
    assert receiver.count()["requests"] == 0


def test_removed_rows_cannot_be_deleted_in_segment(project: ProjectFolder, receiver: Receiver) -> None:
    project.duckdb()
    project.segment(receiver.url)
    done = project.query("people", 'SELECT 1 AS "userId", 1 AS n', removed="delete")
    assert done.code == 2
    assert "no way to delete" in done.err
    assert 'removed = "ignore"' in done.err


def test_the_stricter_profile_takes_25_columns(project: ProjectFolder, receiver: Receiver) -> None:
    project.duckdb()
    project.write("destinations/seg.toml", {"type": "segment", "url": receiver.url, "profile": "sql-traits"})
    columns = ", ".join(f"{number} AS c{number}" for number in range(25))
    done = project.query("people", f'SELECT 1 AS "userId", {columns}')
    assert done.code == 2
    assert "has 26 columns; seg takes 25" in done.err


def test_a_key_may_be_anything_that_a_header_can_carry(
    project: ProjectFolder, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKHAUL_DESTINATIONS_SEG_WRITE_KEY", "a-key-that-nobody-may-read")
    project.duckdb()
    project.segment(receiver.url)
    assert project.query("people", 'SELECT 1 AS "userId", 1 AS n').code == 0
    (record,) = receiver.records()
    assert record.headers["authorization"] == HARNESSES["segment"].authorization


def test_state_and_logs_hold_no_key(project: ProjectFolder, receiver: Receiver) -> None:
    project.duckdb()
    project.segment(receiver.url)
    receiver.behave({"status": 401, "body": f"no such key: {KEY}"})
    assert project.query("people", 'SELECT 1 AS "userId", 1 AS n').code == 1
    assert project.run("run", "people").code == 0
    receiver.refuse('"u9"')
    assert project.query("people", "SELECT 'u9' AS \"userId\", 1 AS n").code == 1
    for file in Path(project.folder).rglob("*"):
        if file.is_file():
            assert KEY.encode() not in file.read_bytes(), file
