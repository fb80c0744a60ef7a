"""Each way in which a receiver can misbehave, in the middle of a delivery: every row arrives, repeats are the same calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.core.sync.workshop import Workshop
from tests.servers.receiving import receiving

ROWS = 30

WAYS: dict[str, list[dict[str, Any]]] = {
    "429 with Retry-After": [{"status": 429, "headers": {"retry-after": "0.05"}}],
    "429 with a date": [{"status": 429, "headers": {"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}}],
    "500": [{"status": 500, "body": "oops"}, {"status": 500}],
    "503": [{"status": 503, "body": '{"message": "down"}'}],
    "hang": [{"hang": 0.7}],
    "close": [{"close": True}],
    "reset before the body is read": [{"reset": True}],
    "reply lost": [{"lose_reply": True}],
    "reply lost by a reset": [{"lose_reply": True, "reset": True}],
    "half a reply": [{"half": True}],
    "half a reply of calls that were not taken": [{"half": True, "untaken": True}],
    "half an error": [{"status": 500, "half": True}],
    "no JSON": [{"body": "<html>OK</html>"}],
    "JSON of another kind": [{"body": "[[[[null]]]]"}],
    "a slow drip": [{"drip": 0.3}],
    "a drip that never ends": [{"drip": 30.0}],
}


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    with receiving(tmp_path / "receiver") as receiver:
        yield Workshop(tmp_path / "project", receiver)


@pytest.mark.parametrize("way", WAYS)
def test_a_receiver_that_misbehaves_gets_every_row_and_what_comes_twice_is_the_same(
    workshop: Workshop, way: str
) -> None:
    limits = {"batch_calls": 10, "connections": 1, "timeout": 0.4, "attempts": 4}
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits=limits)
    workshop.people(ROWS)
    workshop.sync()
    workshop.receiver.behave({}, *WAYS[way])
    outcome = workshop.run()
    assert outcome.state == "succeeded", outcome.ended.error
    assert outcome.acknowledged == ROWS
    arrived: dict[str, set[str]] = {}
    for call in workshop.calls():
        arrived.setdefault(call["userId"], set()).add(json.dumps(call))
    assert len(arrived) == ROWS
    assert all(len(calls) == 1 for calls in arrived.values())
    assert workshop.run().acknowledged == 0
    assert workshop.calls() == []


def test_chance_that_is_given_a_seed_is_the_same_again(workshop: Workshop) -> None:
    workshop.people(100)
    limits = {"batch_calls": 10, "connections": 1, "attempts": 8}
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits=limits)
    workshop.sync()
    seen = []
    for _ in range(2):
        workshop.receiver.chance(seed=5, faults=0.4, lost=0.1, kinds=["500", "close"])
        assert workshop.run(full_refresh=True, yes=True).state == "succeeded"
        seen.append([record.status for record in workshop.receiver.records(taken=False)])
        workshop.receiver.clear()
    assert seen[0] == seen[1]
    assert set(seen[0]) >= {200, 500}
