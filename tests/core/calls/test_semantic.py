"""Semantic events that lack what they need are told from those that do not, whichever of their names is used."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest

from core.calls.semantic import SEMANTIC_EVENTS, SemanticEvent, unfit_sql
from core.model import CallType

WHOLE: dict[str, Any] = {
    "type": "track",
    "userId": "u1",
    "properties": {"objectId": "c1", "deliveryId": "d1", "metric": "opened"},
    "context": {"device": {"token": "t1", "type": "ios"}},
}
NAMES = [(event, name) for event in SEMANTIC_EVENTS for name in event.names]


def reason(call: dict[str, Any]) -> str | None:
    sql = unfit_sql(CallType.TRACK)
    text = json.dumps(call, ensure_ascii=False, separators=(",", ":"))
    with duckdb.connect() as connection:
        (found,) = connection.execute(f"SELECT {sql} FROM (SELECT ? AS call)", [text]).fetchone() or ("no row",)
    return found


def without(call: dict[str, Any], place: str) -> dict[str, Any]:
    copy = json.loads(json.dumps(call))
    *way, last = place.split(".")
    inner = copy
    for name in way:
        inner = inner[name]
    del inner[last]
    return copy


@pytest.mark.parametrize(("event", "name"), NAMES, ids=[name for _, name in NAMES])
def test_an_event_that_has_all_it_needs_is_fit_under_each_of_its_names(event: SemanticEvent, name: str) -> None:
    assert reason({**WHOLE, "event": name}) is None


@pytest.mark.parametrize(("event", "name"), NAMES, ids=[name for _, name in NAMES])
def test_what_is_missing_is_said_by_its_place_and_with_the_other_name(event: SemanticEvent, name: str) -> None:
    for place in event.needs:
        said = reason(without({**WHOLE, "event": name}, place))
        assert said is not None
        assert said.startswith(f"the semantic event {name}")
        assert place in said
        assert all(other in said for other in event.names)


def test_what_is_null_or_blank_counts_as_missing() -> None:
    for value in (None, "", "  "):
        assert "needs a userId" in str(reason({**WHOLE, "userId": value, "event": "User Deleted"}))


def test_a_value_that_is_not_one_of_the_known_is_refused() -> None:
    device = {**WHOLE, "event": "Device Created or Updated", "context": {"device": {"token": "t1", "type": "windows"}}}
    assert "context.device.type to be ios or android" in str(reason(device))
    metric = {**WHOLE, "event": "Report Delivery Event", "properties": {"deliveryId": "d1", "metric": "seen"}}
    assert "delivered or opened or clicked or converted" in str(reason(metric))


@pytest.mark.parametrize(
    "event", ["Order Completed", "user deleted", "User Deleted again", 'say "event":"User Deleted"', ""]
)
def test_every_other_event_is_no_business_of_this(event: str) -> None:
    assert reason({"type": "track", "anonymousId": "a1", "event": event}) is None


def test_a_property_named_event_makes_no_semantic_event() -> None:
    call = {"type": "track", "anonymousId": "a1", "event": "Seen", "properties": {"event": "User Deleted"}}
    assert reason(call) is None


def test_only_track_calls_can_be_semantic_events() -> None:
    assert [call for call in CallType if unfit_sql(call) is not None] == [CallType.TRACK]
