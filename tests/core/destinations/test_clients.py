"""What each type is sent, held field by field against what the vendor's own client sends for the same rows.

Segment's Python client is in test_segment. Customer.io's Python package has no client for Pipelines, and Jitsu has none
in Python; Jitsu's Node client has no screen and no alias calls. What is left out of the comparison stands with its reason
in tests/clients.
"""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from tests.clients import CLIENTS, Client, comparable
from tests.projects import SECRETS, ProjectFolder
from tests.servers.receiving import Receiver

NAMES = {"segment": "seg", "customerio": "cio", "rudderstack": "rud", "jitsu": "jit"}
KEYS = {
    "segment": SECRETS["BACKHAUL_DESTINATIONS_SEG_WRITE_KEY"],
    "customerio": SECRETS["BACKHAUL_DESTINATIONS_CIO_API_KEY"],
    "rudderstack": SECRETS["BACKHAUL_DESTINATIONS_RUD_WRITE_KEY"],
    "jitsu": SECRETS["BACKHAUL_DESTINATIONS_JIT_WRITE_KEY"],
}
# no whole number above 2^53 and no microseconds: JavaScript has neither
BAG = """'text, "quotes" \\ and \n lines 🎈' AS note, 42 AS small, -9007199254740991 AS large, 0.1::DOUBLE AS fraction,
    1e300::DOUBLE AS huge, 1.5e-7::DOUBLE AS tiny, 3.0::DOUBLE AS whole, true AS yes, false AS no, NULL AS nothing, '' AS blank,
    12.50::DECIMAL(10, 2) AS price, TIMESTAMP '2026-03-29 02:30:00.123' AS seen, DATE '2024-02-29' AS born,
    {'city': 'Lyon', 'tags': ['a', NULL, 'b'], 'deep': [{'n': 1, 'x': 0.5::DOUBLE}]} AS nested, [1, 2, 3] AS list"""
AT = "TIMESTAMP '2026-05-01 10:00:00.25' AS \"timestamp\""
QUERIES = {
    "identify": f"SELECT 'u1' AS \"userId\", {BAG}",
    "track": f"SELECT 'u1' AS \"userId\", 'Order Completed' AS event, {AT}, {BAG}",
    "group": f"SELECT 'u1' AS \"userId\", 'c1' AS \"groupId\", {BAG}",
    "page": f"SELECT 'u1' AS \"userId\", 'Docs' AS category, 'Home' AS name, {AT}, {BAG}",
    "screen": f"SELECT 'u1' AS \"userId\", 'App' AS category, 'Inbox' AS name, {AT}, {BAG}",
    "alias": "SELECT 'web-7' AS \"previousId\", 'u1' AS \"userId\"",
}
CASES = [(client, call) for client in CLIENTS for call in client.calls]


def row_of(query: str) -> dict[str, Any]:
    with duckdb.connect() as connection:
        found = connection.execute(query)
        (values,) = found.fetchall()
        return dict(zip([column[0] for column in found.description], values, strict=True))


def sent_by_us(project: ProjectFolder, receiver: Receiver, client: Client, call: str) -> dict[str, Any]:
    project.duckdb()
    getattr(project, client.type)(receiver.url)
    if client.type == "jitsu":
        receiver.behave({"body": '{"ok": true, "receivedEvents": 1, "okEvents": 1}'})
    done = project.query("them", QUERIES[call], call=call, to=[NAMES[client.type]])
    assert done.code == 0, done.err
    (record,) = receiver.records()
    receiver.clear()
    (sent,) = record.calls
    return sent


def sent_by_them(receiver: Receiver, client: Client, call: str) -> dict[str, Any]:
    client.send(receiver.url.removesuffix("/v1"), KEYS[client.type], call, row_of(QUERIES[call]))
    (record,) = receiver.records()
    (sent,) = record.calls
    return sent


@pytest.mark.parametrize(("client", "call"), CASES, ids=[f"{client.name}-{call}" for client, call in CASES])
def test_a_call_arrives_as_from_the_vendors_own_client(
    project: ProjectFolder, receiver: Receiver, client: Client, call: str
) -> None:
    theirs = sent_by_them(receiver, client, call)
    receiver.clear()
    ours = sent_by_us(project, receiver, client, call)
    timed = "timestamp" in QUERIES[call]
    assert comparable(ours, client, timed=timed) == comparable(theirs, client, timed=timed)
    assert not {"sentAt", "originalTimestamp", "_metadata", "writeKey", "channel"} & set(ours)


@pytest.mark.parametrize("client", CLIENTS, ids=[client.name for client in CLIENTS])
def test_the_key_is_told_as_the_vendors_own_client_tells_it(
    project: ProjectFolder, receiver: Receiver, client: Client
) -> None:
    client.send(receiver.url.removesuffix("/v1"), KEYS[client.type], "identify", row_of(QUERIES["identify"]))
    (theirs,) = receiver.records()
    receiver.clear()
    project.duckdb()
    getattr(project, client.type)(receiver.url)
    project.query("them", QUERIES["identify"], to=[NAMES[client.type]])
    (ours,) = receiver.records()
    for header in ("authorization", "x-write-key", "content-type"):
        assert ours.headers.get(header) == theirs.headers.get(header), header
    assert ours.path == ("/v1/batch" if client.type == "jitsu" else theirs.path)


@pytest.mark.parametrize("client", CLIENTS, ids=[client.name for client in CLIENTS])
def test_a_real_difference_is_seen_by_the_comparison(client: Client) -> None:
    call = {
        "type": "track",
        "userId": "u1",
        "event": "e",
        "timestamp": "2026-05-01T10:00:00Z",
        "context": {"ip": "::1"},
    }
    call["properties"] = {"a": None, "b": 1, "at": "2026-05-01T10:00:00Z", "deep": {"list": [1, "2"]}}
    same = {**call, "messageId": "x", "integrations": {}, "groupId": None, "timestamp": "2026-05-01T12:00:00+02:00"}
    assert comparable(call, client, timed=True) == comparable(same, client, timed=True)
    others: list[dict[str, Any]] = [
        {**call, "userId": "u2"},
        {**call, "event": "E"},
        {**call, "context": {"ip": "::2"}},
        {**call, "more": 1},
        *({**call, "properties": {**call["properties"], name: value}} for name, value in CHANGES),
        {**call, "properties": {"b": 1, "at": "2026-05-01T10:00:00Z", "deep": {"list": [1, "2"]}}},
    ]
    if client.sends_timestamp:
        others.append({**call, "timestamp": "2026-05-01T10:00:01Z"})
    for other in others:
        assert comparable(call, client, timed=True) != comparable(other, client, timed=True), other


CHANGES = [("b", True), ("b", "1"), ("b", 1.0000001), ("at", "2026-05-01T10:00:00.001Z"), ("deep", {"list": ["2", 1]})]


@pytest.mark.parametrize("client", CLIENTS, ids=[client.name for client in CLIENTS])
def test_whatever_is_left_out_has_its_reason(client: Client) -> None:
    assert all(len(reason.split()) >= 3 for reason in client.adds.values())
    needed = {"userId", "groupId", "event", "traits", "properties", "previousId", "type", "context", "integrations"}
    assert not needed & set(client.adds)
