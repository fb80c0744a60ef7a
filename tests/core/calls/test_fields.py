"""The field tables of the documents that define the calls: each field lands where the call's format wants it."""

from __future__ import annotations

import pytest

from core.calls.fields import CALLS, REFUSED, SPELLINGS, canonical_field, place_of
from core.model import CallType

IDENTIFY, TRACK, GROUP = CallType.IDENTIFY, CallType.TRACK, CallType.GROUP
PAGE, SCREEN, ALIAS = CallType.PAGE, CallType.SCREEN, CallType.ALIAS

# What both pages of Customer.io and Segment's page on SQL traits list for each call, by the place it has there.
CONTEXT_OF_ALL = """
    context.active context.channel context.ip context.locale context.userAgent
"""
CONTEXT_OF_PAGES = """
    context.campaign.content context.campaign.medium context.campaign.name context.campaign.source context.campaign.term
    context.campaign.utm_anything context.page.keywords context.page.name context.page.path context.page.referrer
    context.page.search context.page.title context.page.url
"""
CONTEXT_OF_DEVICES = """
    context.app.build context.app.name context.app.namespace context.app.version context.device.advertisingId
    context.device.id context.device.manufacturer context.device.model context.device.name context.device.type
    context.device.version context.network.bluetooth context.network.carrier context.network.cellular
    context.network.wifi context.os.name context.os.version
"""
INTEGRATIONS = "integrations.All integrations.Mixpanel"

TABLE = {
    IDENTIFY: "userId anonymousId timestamp" + CONTEXT_OF_ALL + CONTEXT_OF_PAGES + INTEGRATIONS,
    TRACK: "userId anonymousId event timestamp messageId" + CONTEXT_OF_ALL + CONTEXT_OF_PAGES + INTEGRATIONS,
    GROUP: "userId anonymousId groupId timestamp" + CONTEXT_OF_ALL + CONTEXT_OF_PAGES + INTEGRATIONS,
    PAGE: "userId anonymousId name category timestamp messageId" + CONTEXT_OF_ALL + CONTEXT_OF_PAGES + INTEGRATIONS,
    SCREEN: "userId anonymousId name category timestamp messageId" + CONTEXT_OF_ALL + CONTEXT_OF_DEVICES + INTEGRATIONS,
    ALIAS: "userId previousId timestamp" + CONTEXT_OF_ALL + INTEGRATIONS,
}
"""Columns whose name is the path at which they land."""

INSIDE = {
    IDENTIFY: ("traits", "createdAt email first_name phone Plan objectTypeId event name groupId previousId category"),
    TRACK: ("properties", "products value createdAt name groupId objectId objectTypeId deliveryId metric previousId"),
    GROUP: ("traits", "objectTypeId relationshipAttributes company_name employees name event createdAt"),
    PAGE: ("properties", "url time_on_page title event groupId"),
    SCREEN: ("properties", "session_started url event groupId"),
}
"""Columns that are a trait or a property, by the call's bag."""


@pytest.mark.parametrize(("call", "column"), [(call, column) for call, row in TABLE.items() for column in row.split()])
def test_each_field_of_the_documents_lands_at_its_own_path(call: CallType, column: str) -> None:
    place = place_of(call, column)
    assert (place.path, place.whole, place.problem) == (tuple(column.split(".")), False, "")


@pytest.mark.parametrize(
    ("call", "bag", "column"), [(call, bag, column) for call, (bag, row) in INSIDE.items() for column in row.split()]
)
def test_what_is_no_field_of_a_call_is_its_trait_or_property(call: CallType, bag: str, column: str) -> None:
    place = place_of(call, column)
    assert (place.path, place.problem) == ((bag, column), "")
    assert place_of(call, f"{bag}.{column}").path == (bag, column)


@pytest.mark.parametrize("call", CallType)
@pytest.mark.parametrize(("snake", "field"), SPELLINGS.items())
def test_the_snake_case_spelling_of_a_field_is_the_same_field(call: CallType, snake: str, field: str) -> None:
    if canonical_field(call, field) is None:
        assert canonical_field(call, snake) is None
    else:
        assert canonical_field(call, snake) == field
        assert place_of(call, snake) == place_of(call, field)
        assert field in place_of(call, snake).path


@pytest.mark.parametrize("call", CallType)
def test_every_id_has_a_snake_case_spelling(call: CallType) -> None:
    for field in CALLS[call].fields:
        if field.endswith("Id"):
            assert field in SPELLINGS.values()


def test_a_snake_case_name_that_is_no_field_of_this_call_keeps_its_spelling() -> None:
    assert place_of(IDENTIFY, "group_id").path == ("traits", "group_id")
    assert place_of(TRACK, "previous_id").path == ("properties", "previous_id")
    assert place_of(IDENTIFY, "traits.user_id").path == ("traits", "user_id")


@pytest.mark.parametrize("call", CallType)
@pytest.mark.parametrize(("column", "reason"), REFUSED.items())
def test_what_the_destination_sets_is_refused_with_the_reason(call: CallType, column: str, reason: str) -> None:
    place = place_of(call, column)
    assert place.problem.startswith(f"{column!r} cannot be given by a query: {reason}")
    assert place_of(call, "anything", column).problem.startswith(f"{column!r} cannot be given by a query: {reason}")
    assert place.path == ()


@pytest.mark.parametrize("name", ["type", "version"])
def test_a_common_name_of_a_trait_is_refused_with_the_line_that_sends_it_as_one(name: str) -> None:
    assert f'"{name}" = "traits.{name}" under [columns]' in place_of(IDENTIFY, name).problem
    assert f'"{name}" = "properties.{name}" under [columns]' in place_of(TRACK, name).problem
    assert place_of(IDENTIFY, name, f"traits.{name}").path == ("traits", name)
    assert place_of(IDENTIFY, f"traits.{name}").path == ("traits", name)
    assert "[columns]" not in place_of(CallType.ALIAS, name).problem


def test_all_fields_that_the_documents_call_automatic_are_refused() -> None:
    assert {"type", "version", "receivedAt", "sentAt", "received_at", "sent_at"} == set(REFUSED)


@pytest.mark.parametrize("call", CallType)
@pytest.mark.parametrize("spelling", ["messageId", "message_id"])
def test_only_events_may_bring_a_message_id_of_their_own(call: CallType, spelling: str) -> None:
    place = place_of(call, spelling)
    if call in (TRACK, PAGE, SCREEN):
        assert place.path == ("messageId",)
    else:
        assert "for track, page and screen only" in place.problem


@pytest.mark.parametrize("call", CallType)
def test_whole_objects_are_taken_where_the_call_has_them(call: CallType) -> None:
    assert place_of(call, "context").whole
    assert place_of(call, "integrations").whole
    for name in ("traits", "properties"):
        place = place_of(call, name)
        assert place.whole == (name == CALLS[call].bag)
        assert bool(place.problem) != place.whole
        inside = place_of(call, f"{name}.plan")
        assert bool(inside.problem) == bool(place.problem)


def test_the_problem_of_a_missing_object_names_the_one_that_is_there() -> None:
    assert place_of(TRACK, "traits").problem == "track calls have no traits; track calls have properties"
    assert place_of(GROUP, "properties.a").problem == "group calls have no properties; group calls have traits"
    assert place_of(ALIAS, "traits").problem == "alias calls have no traits"


def test_an_alias_has_no_place_for_anything_else() -> None:
    for column in ("email", "anonymousId", "groupId", "event", "a.b"):
        assert "carry no traits" in place_of(ALIAS, column).problem


@pytest.mark.parametrize("column", ["traits.", "context..ip", "integrations.", "context.app."])
def test_a_path_with_an_empty_part_is_refused(column: str) -> None:
    assert "empty part between its dots" in place_of(IDENTIFY, column).problem


@pytest.mark.parametrize(
    "column", ["USERID", "userid", "UserId", "Timestamp", "a.b", ".", "a'b", 'a"b', "😀", " ", "é\n"]
)
def test_any_other_name_is_a_trait_exactly_as_it_is_spelled(column: str) -> None:
    assert place_of(IDENTIFY, column).path == ("traits", column)


def test_what_the_syncs_file_says_of_a_column_wins() -> None:
    assert place_of(IDENTIFY, "EMAIL", "traits.email").path == ("traits", "email")
    assert place_of(IDENTIFY, "userId", "traits.oldId").path == ("traits", "oldId")
    assert place_of(IDENTIFY, "ID", "user_id").path == ("userId",)
    assert place_of(TRACK, "category", "properties.category").path == ("properties", "category")
    assert place_of(IDENTIFY, "CTX", "context").whole
    assert place_of(IDENTIFY, "x", "context.app.name").path == ("context", "app", "name")
