"""The mapper: what the rows of a query become, and which columns and rows it refuses."""

from __future__ import annotations

import datetime as dt
import decimal
import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.calls.fields import OBJECTS, REFUSED, SPELLINGS
from core.calls.mapper import digest_of
from core.errors import QueryError
from core.model import CallType, Column, Kind
from tests.core.calls.mapping import Given, build_mapper, calls, connect, faults, mapped, of, strictly, text

IDENTIFY, TRACK, GROUP = CallType.IDENTIFY, CallType.TRACK, CallType.GROUP
PAGE, SCREEN, ALIAS = CallType.PAGE, CallType.SCREEN, CallType.ALIAS
NOON = dt.datetime.fromisoformat("2026-12-01T12:00:00")


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as connection:
        yield connection


def a_json(name: str, *values: str | None) -> Given:
    return of(Kind.JSON, name, *values)


def refusal(call: CallType, *columns: Given, renamed: dict[str, str] | None = None) -> str:
    with pytest.raises(QueryError) as caught:
        build_mapper(call, *columns, renamed=renamed)
    assert "AS" in caught.value.remedy
    assert "[columns]" in caught.value.remedy
    return caught.value.message


WHOLE_CALLS = [
    (
        IDENTIFY,
        [
            text("user_id", "u1"),
            text("anonymous_id", "a1"),
            text("email", "e@x.example"),
            of(Kind.INTEGER, "visits", 3),
            text("context.ip", "192.0.2.1"),
            text("context.app.name", "shop"),
            of(Kind.BOOLEAN, "integrations.All", False),
            of(Kind.TIMESTAMP, "timestamp", NOON),
        ],
        {
            "type": "identify",
            "userId": "u1",
            "anonymousId": "a1",
            "traits": {"email": "e@x.example", "visits": 3},
            "context": {"ip": "192.0.2.1", "app": {"name": "shop"}},
            "integrations": {"All": False},
            "timestamp": "2026-12-01T12:00:00Z",
        },
    ),
    (
        TRACK,
        [text("event", "Bought"), text("userId", "u1"), text("messageId", "m1"), of(Kind.FLOAT, "value", 1.5)],
        {"type": "track", "userId": "u1", "event": "Bought", "properties": {"value": 1.5}},
    ),
    (
        GROUP,
        [
            text("groupId", "g1"),
            text("userId", "u1"),
            of(Kind.INTEGER, "object_type_id", 1),
            a_json("relationshipAttributes", '{"role": "cto"}'),
            text("company_name", "X"),
        ],
        {
            "type": "group",
            "userId": "u1",
            "groupId": "g1",
            "traits": {"objectTypeId": "1", "relationshipAttributes": {"role": "cto"}, "company_name": "X"},
        },
    ),
    (
        PAGE,
        [text("userId", "u1"), text("name", "Home"), text("category", "Docs"), text("url", "https://x.example")],
        {
            "type": "page",
            "userId": "u1",
            "name": "Home",
            "category": "Docs",
            "properties": {"url": "https://x.example"},
        },
    ),
    (
        SCREEN,
        [text("anonymousId", "a1"), text("name", "Start"), text("context.device.type", "ios")],
        {
            "type": "screen",
            "anonymousId": "a1",
            "name": "Start",
            "properties": {},
            "context": {"device": {"type": "ios"}},
        },
    ),
    (
        ALIAS,
        [of(Kind.INTEGER, "user_id", 2), of(Kind.INTEGER, "previous_id", 1)],
        {"type": "alias", "userId": "2", "previousId": "1"},
    ),
]


@pytest.mark.parametrize(("call", "columns", "expected"), WHOLE_CALLS, ids=[case[0].value for case in WHOLE_CALLS])
def test_a_row_becomes_the_whole_call_with_its_fields_in_their_order(
    engine: duckdb.DuckDBPyConnection, call: CallType, columns: list[Given], expected: dict[str, Any]
) -> None:
    row = mapped(engine, call, *columns)[0]
    assert row["call"] == json.dumps(expected, separators=(",", ":"), ensure_ascii=False)


def test_a_null_trait_is_null_and_a_null_field_is_left_out(engine: duckdb.DuckDBPyConnection) -> None:
    found = calls(
        engine,
        IDENTIFY,
        text("userId", "u1"),
        text("anonymousId", None),
        text("plan", None),
        text("traits.address.city", None),
        text("context.ip", None),
        text("context.app.name", None),
        of(Kind.BOOLEAN, "integrations.All", None),
        of(Kind.INSTANT, "timestamp", None),
    )
    assert found == [{"type": "identify", "userId": "u1", "traits": {"plan": None, "address": {"city": None}}}]


def test_names_that_differ_only_by_case_stay_two_keys_with_their_own_values(engine: duckdb.DuckDBPyConnection) -> None:
    columns = [text("userId", "u"), text("email", "a"), text("EMAIL", "b"), text("Email", "c"), text("USERID", "d")]
    row = mapped(engine, IDENTIFY, *columns)[0]
    assert strictly(row["call"])["traits"] == {"email": "a", "EMAIL": "b", "Email": "c", "USERID": "d"}
    assert strictly(row["row"]) == {column.name: column.values[0] for column in columns}


NAMES = [
    'a"b',
    "a'b",
    "a\\b",
    "é",
    "😀",
    " ",
    "a.b",
    "{x}",
    "a\nb",
    "*",
    "$",
    "/",
    "~",
    "\u202e",
    "%s",
    "c0",
    "",
    "x; --",
]


@given(st.lists(st.sampled_from(NAMES) | st.text(st.characters(exclude_categories=["Cs"])), unique=True, max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_trait_keeps_any_name(names: list[str]) -> None:
    kept = [name for name in names if name and "." not in name and "\0" not in name]
    fields = {*OBJECTS, *REFUSED, *SPELLINGS, *SPELLINGS.values(), "timestamp", "last"}
    kept = [name for name in kept if name not in fields]
    with connect() as connection:
        columns = [text("userId", "u"), text("last", "x"), *[text(name, f"v{name}") for name in kept]]
        found = calls(connection, IDENTIFY, *columns)
        whole = a_json("traits", json.dumps(dict.fromkeys(kept, 1)))
        clashes = [faults(connection, IDENTIFY, text("userId", "u"), whole, text(name, "x"))[0] for name in kept]
    assert found[0]["traits"] == {"last": "x", **{name: f"v{name}" for name in kept}}
    assert clashes == [f"traits.{name} is given twice, by a column and by 'traits'" for name in kept]


def test_columns_are_renamed_as_the_syncs_file_says(engine: duckdb.DuckDBPyConnection) -> None:
    columns = [
        text("ID", "7"),
        text("EMAIL", "e"),
        text("App", "shop"),
        a_json("EXTRA", '{"a":1}'),
        text("type", "gold"),
    ]
    renamed = {
        "ID": "userId",
        "EMAIL": "traits.email",
        "App": "context.app.name",
        "EXTRA": "traits",
        "type": "traits.type",
    }
    assert calls(engine, IDENTIFY, *columns, renamed=renamed) == [
        {
            "type": "identify",
            "userId": "7",
            "traits": {"email": "e", "type": "gold", "a": 1},
            "context": {"app": {"name": "shop"}},
        }
    ]  # fmt: skip


def test_whole_objects_are_merged_behind_the_single_columns(engine: duckdb.DuckDBPyConnection) -> None:
    found = calls(
        engine,
        IDENTIFY,
        text("userId", "u1", "u2", "u3"),
        a_json("traits", '{"b": 1, "A": [1.50]}', "{ }", None),
        text("a", "x", "y", "z"),
        of(Kind.NESTED, "context", {"ip": "1"}, None, {"ip": None}, arrow=pa.struct([("ip", pa.string())])),
        text("context.locale", "de", None, None),
        a_json("integrations", '{"All": true}', None, "{}"),
    )
    assert found == [
        {
            "type": "identify",
            "userId": "u1",
            "traits": {"a": "x", "b": 1, "A": [1.5]},
            "context": {"locale": "de", "ip": "1"},
            "integrations": {"All": True},
        },
        {"type": "identify", "userId": "u2", "traits": {"a": "y"}},
        {"type": "identify", "userId": "u3", "traits": {"a": "z"}, "context": {"ip": None}},
    ]


def test_a_key_that_a_whole_object_and_a_column_both_give_rejects_that_row_only(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    whole = a_json("traits", '{"plan": null}', '{"Plan": 1}', '{"\\u0070lan": 1}', '{"x": {"plan": 1}}')
    found = faults(engine, IDENTIFY, text("userId", *"abcd"), whole, text("plan", *"wxyz"))
    clash = "traits.plan is given twice, by a column and by 'traits'"
    assert found == [clash, None, clash, None]
    nested = [text("event", "E"), text("userId", "u"), a_json("context", '{"app":{}}'), text("context.app.name", "x")]
    assert faults(engine, TRACK, *nested) == ["context.app is given twice, by a column and by 'context'"]


def test_a_whole_object_that_is_none_rejects_its_row(engine: duckdb.DuckDBPyConnection) -> None:
    values = ("[1]", '"x"', "1", "null", "{}")
    found = faults(engine, IDENTIFY, text("userId", *"abcde"), text("a", *"abcde"), a_json("context", *values))
    assert found == ['"context" is not a JSON object'] * 4 + [None]
    relation = a_json("relationship_attributes", *values)
    found = faults(engine, GROUP, text("groupId", *"abcde"), text("a", *"abcde"), relation)
    assert found == ['"relationship_attributes" is not a JSON object'] * 4 + [None]


def test_an_object_type_id_is_a_string_inside_the_traits_of_a_group(engine: duckdb.DuckDBPyConnection) -> None:
    kinds = [
        of(Kind.INTEGER, "objectTypeId", 2, None),
        of(Kind.FLOAT, "objectTypeId", 2.0, None),
        of(Kind.DECIMAL, "objectTypeId", "2.00", None),
        text("objectTypeId", "2", None),
        of(Kind.INTEGER, "traits.objectTypeId", 2, None),
    ]
    for column in kinds:
        found = calls(engine, GROUP, text("groupId", "g", "g"), column)
        assert [call["traits"] for call in found] == [{"objectTypeId": "2"}, {"objectTypeId": None}]


def test_an_object_type_id_of_a_person_is_a_trait_like_any_other(engine: duckdb.DuckDBPyConnection) -> None:
    found = calls(engine, IDENTIFY, text("userId", "u"), of(Kind.INTEGER, "objectTypeId", 2))
    assert found[0]["traits"] == {"objectTypeId": 2}


IDS = [
    (Kind.INTEGER, None, 9007199254740993, "9007199254740993"),
    (Kind.INTEGER, pa.uint64(), 2**64 - 1, "18446744073709551615"),
    (Kind.FLOAT, None, 42.0, "42"),
    (Kind.FLOAT, None, -0.0, "0"),
    (Kind.FLOAT, None, 999999999999999.0, "999999999999999"),
    (Kind.FLOAT, pa.float32(), 42.0, "42"),
    (Kind.DECIMAL, None, "42.000", "42"),
    (Kind.DECIMAL, pa.decimal128(38, 0), decimal.Decimal(10**30), "1" + "0" * 30),
    (Kind.DECIMAL, pa.decimal128(10, 2), decimal.Decimal("100.00"), "100"),
    (Kind.TEXT, None, "00042", "00042"),
    (Kind.TEXT, None, " x ", " x "),
    (Kind.TEXT, None, "4.0", "4.0"),
    (Kind.TEXT, None, 'é"😀', 'é"😀'),
]


@pytest.mark.parametrize(("kind", "arrow", "value", "expected"), IDS)
def test_an_id_is_always_a_string_and_a_whole_number_has_no_point(
    engine: duckdb.DuckDBPyConnection, kind: Kind, arrow: pa.DataType | None, value: Any, expected: str
) -> None:
    row = mapped(engine, IDENTIFY, of(kind, "userId", value, arrow=arrow), text("a", "x"))[0]
    assert strictly(row["call"])["userId"] == expected
    assert strictly(row["identity"]) == {"userId": expected}
    row = mapped(engine, TRACK, text("userId", "u"), text("event", "E"), of(kind, "messageId", value, arrow=arrow))[0]
    assert row["message_id"] == expected


LOST = "userId is a float larger than 2^53, so its last digits are lost"


@pytest.mark.parametrize(
    ("column", "second"),
    [
        (of(Kind.FLOAT, "userId", 1.5, 2.0**54, 0.25, None), LOST),
        (of(Kind.DECIMAL, "userId", "1.5", "0.1", "-2.50", None), "userId is not a whole number"),
    ],
)
def test_a_number_with_a_fraction_or_too_large_to_be_exact_is_no_id(
    engine: duckdb.DuckDBPyConnection, column: Given, second: str
) -> None:
    found = faults(engine, IDENTIFY, column, text("a", *"abcd"))
    fraction = "userId is not a whole number"
    assert found == [fraction, second, fraction, "userId is null"]


BLANKS = ["", " ", "  ", "\t", "\r\n", "\xa0", "\u2003", "\u200b", "\u3000 \t"]


@pytest.mark.parametrize("blank", BLANKS)
def test_a_null_or_blank_id_is_said_as_such(engine: duckdb.DuckDBPyConnection, blank: str) -> None:
    trait = text("a", *"abc")
    assert faults(engine, IDENTIFY, text("userId", "u", None, blank), trait) == [
        None,
        "userId is null",
        "userId is empty",
    ]
    two = (text("userId", None, None, blank), text("anonymousId", "a", None, None))
    both = "userId and anonymousId"
    assert faults(engine, IDENTIFY, *two, trait) == [None, f"{both} is null", f"{both} is empty"]
    alias = (text("userId", "u", None, blank), text("previousId", None, "p", "p"))
    assert faults(engine, ALIAS, *alias) == ["previousId is null", "userId is null", "userId is empty"]
    group = (text("groupId", None, blank, "g"), text("userId", "u", "u", None), trait)
    assert faults(engine, GROUP, *group) == ["groupId is null", "groupId is empty", "userId is null"]
    only_email = text("email", None, blank, "e")
    assert faults(engine, IDENTIFY, only_email, trait) == ["email is null", "email is empty", None]


def test_a_row_whose_ids_are_missing_has_no_identity_and_no_call(engine: duckdb.DuckDBPyConnection) -> None:
    rows = mapped(engine, GROUP, text("groupId", None, "g"), text("userId", "u", ""), text("a", "x", "y"))
    rows += mapped(engine, ALIAS, text("previousId", None, ""), text("userId", "u", "u"))
    rows += mapped(engine, IDENTIFY, text("userId", None, " "), text("a", "x", "y"))
    assert [(row["identity"], row["call"]) for row in rows] == [(None, None)] * 6
    assert all(row["id_fault"] for row in rows)
    assert all(strictly(row["row"]) for row in rows)


def test_an_event_without_a_name_rejects_its_row(engine: duckdb.DuckDBPyConnection) -> None:
    assert faults(engine, TRACK, text("userId", *"abc"), text("event", None, " ", "E")) == ["event is empty"] * 2 + [
        None
    ]
    for call in (PAGE, SCREEN):
        assert faults(engine, call, text("userId", *"abc"), text("name", None, "", "N")) == ["name is empty"] * 2 + [
            None
        ]
    category = (text("userId", "a", "b"), text("name", "N", "N"), text("category", None, ""))
    assert [call.get("category") for call in calls(engine, PAGE, *category)] == [None, None]


IDENTITIES = [
    (IDENTIFY, [text("userId", "u"), text("anonymousId", "a"), text("email", "e")], ("userId",), {"userId": "u"}),
    (IDENTIFY, [text("userId", None), text("anonymousId", "a"), text("x", "e")], ("userId",), {"anonymousId": "a"}),
    (IDENTIFY, [text("anonymous_id", "a"), text("email", "e")], ("anonymousId",), {"anonymousId": "a"}),
    (IDENTIFY, [text("email", "e"), text("x", "1")], ("email",), {"email": "e"}),
    (GROUP, [text("userId", "u"), text("groupId", "g"), text("x", "1")], ("groupId", "userId"), {"groupId": "g", "userId": "u"}),
    (GROUP, [text("groupId", "g"), text("x", "1")], ("groupId",), {"groupId": "g"}),
    (ALIAS, [text("userId", "u"), text("previousId", "p")], ("previousId", "userId"), {"previousId": "p", "userId": "u"}),
    (TRACK, [text("userId", "u"), text("event", "E")], (), None),
    (TRACK, [text("userId", "u"), text("event", "E"), text("message_id", "m")], ("messageId",), {"messageId": "m"}),
    (PAGE, [text("userId", "u"), text("name", "N"), text("messageId", None)], ("messageId",), None),
]  # fmt: skip


@pytest.mark.parametrize(("call", "columns", "key", "identity"), IDENTITIES)
def test_a_row_is_known_by_the_strongest_id_that_it_has(
    engine: duckdb.DuckDBPyConnection,
    call: CallType,
    columns: list[Given],
    key: tuple[str, ...],
    identity: dict[str, str] | None,
) -> None:
    mapper = build_mapper(call, *columns)
    row = mapped(engine, call, *columns)[0]
    assert mapper.key == key
    assert (strictly(row["identity"]) if row["identity"] else None) == identity
    assert mapper.keeps_payload == (call not in (TRACK, PAGE, SCREEN))


def test_an_identity_is_the_same_whatever_the_kind_of_its_column(engine: duckdb.DuckDBPyConnection) -> None:
    kinds = [
        of(Kind.INTEGER, "userId", 7),
        of(Kind.FLOAT, "userId", 7.0),
        of(Kind.DECIMAL, "userId", "7.0"),
        text("userId", "7"),
    ]
    assert {mapped(engine, IDENTIFY, column, text("a", "x"))[0]["identity"] for column in kinds} == {'{"userId":"7"}'}


TIMES = [
    ("2026-12-01", True),
    ("2026-12-01T06:00", True),
    ("2026-12-01T06:00:00Z", True),
    ("2026-12-01 06:00:00.123456+02", True),
    ("2026-12-01T06:00:00.123456789+02:00", True),
    ("2026-13-01", False),
    ("2026-02-30T06:00:00Z", False),
    ("2026-12-01T24:00:00Z", False),
    ("2026-12-01T06:60:00Z", False),
    ("1733036400", False),
    ("yesterday", False),
    ("01.12.2026", False),
    ("2026-12-01T06:00:00Zx", False),
    (" 2026-12-01", False),
]


@pytest.mark.parametrize(("value", "good"), TIMES)
def test_a_timestamp_of_text_has_to_be_iso_8601(engine: duckdb.DuckDBPyConnection, value: str, good: bool) -> None:
    columns = (text("userId", "u"), text("event", "E"), text("timestamp", value))
    assert faults(engine, TRACK, *columns) == [None if good else "timestamp is not ISO 8601"]


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_timestamp_that_is_left_empty_is_left_out(engine: duckdb.DuckDBPyConnection, blank: str | None) -> None:
    found = calls(engine, TRACK, text("userId", "u"), text("event", "E"), text("timestamp", blank))
    assert found == [{"type": "track", "userId": "u", "event": "E", "properties": {}}]


REQUIRED = [
    (IDENTIFY, ["a"], "there is no userId or anonymousId or email"),
    (TRACK, ["userId"], "there is no event"),
    (TRACK, ["event"], "there is no userId or anonymousId"),
    (TRACK, ["event", "email"], "there is no userId or anonymousId"),
    (GROUP, ["userId", "a"], "there is no groupId"),
    (PAGE, ["userId", "category"], "there is no name"),
    (SCREEN, ["name"], "there is no userId or anonymousId"),
    (ALIAS, ["userId"], "there is no previousId"),
    (ALIAS, ["previousId"], "there is no userId"),
    (IDENTIFY, ["userId"], "beside the id there is no trait to send"),
    (IDENTIFY, ["userId", "anonymousId", "timestamp"], "beside the id there is no trait to send"),
    (IDENTIFY, ["userId", "context.ip"], "beside the id there is no trait to send"),
    (IDENTIFY, ["email"], "beside the id there is no trait to send"),
    (GROUP, ["groupId", "userId"], "beside the id there is no trait to send"),
    (IDENTIFY, ["USERID", "a"], "('USERID' is spelled in another case)"),
    (TRACK, ["userid", "event"], "('userid' is spelled in another case)"),
]


@pytest.mark.parametrize(("call", "names", "problem"), REQUIRED)
def test_a_query_without_what_its_call_needs_is_refused(call: CallType, names: list[str], problem: str) -> None:
    assert problem in refusal(call, *[text(name, "x") for name in names])


def test_an_email_beside_the_id_is_a_trait_to_send(engine: duckdb.DuckDBPyConnection) -> None:
    assert calls(engine, IDENTIFY, text("userId", "u"), text("email", "e"))[0]["traits"] == {"email": "e"}
    assert calls(engine, IDENTIFY, text("userId", "u"), a_json("traits", '{"a":1}'))[0]["traits"] == {"a": 1}


KINDS = {
    "userId": {Kind.TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT},
    "messageId": {Kind.TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT},
    "event": {Kind.TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT},
    "timestamp": {Kind.TEXT, Kind.DATE, Kind.TIMESTAMP, Kind.INSTANT},
    "properties": {Kind.JSON, Kind.NESTED},
    "context": {Kind.JSON, Kind.NESTED},
    "integrations": {Kind.JSON, Kind.NESTED},
    "anything": set(Kind),
    "context.ip": set(Kind),
}


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("place", KINDS)
def test_a_kind_that_cannot_stand_in_a_place_is_refused_by_name_and_type(place: str, kind: Kind) -> None:
    others = [text(name, "x") for name in ("userId", "event") if name != place]
    column = Given(name=place, values=[], kind=kind, arrow=pa.list_(pa.int8()) if kind is Kind.NESTED else None)
    if kind in KINDS[place]:
        build_mapper(TRACK, *others, column)
    else:
        message = refusal(TRACK, *others, column)
        assert repr(place) in message
        assert kind.value.upper() in message


def test_relationship_attributes_have_to_be_an_object() -> None:
    columns = (text("groupId", "g"), text("relationshipAttributes", "x"))
    assert "'relationshipAttributes' has to be a JSON object, not TEXT" in refusal(GROUP, *columns)


COLLISIONS = [
    (["userId", "user_id", "a"], "'userId' and 'user_id' are both userId"),
    (["userId", "a", "traits.a"], "'a' and 'traits.a' are both traits.a"),
    (["userId", "a", "a"], "'a' and 'a' are both traits.a"),
    (["userId", "traits.a", "traits.a.b"], "'traits.a.b' goes inside 'traits.a', a single value"),
    (["userId", "traits.a.b", "traits.a"], "'traits.a' is a single value where other columns make an object"),
    (["userId", "", "a"], "column 2 has no name"),
    (["userId", "sentAt", "type", "a"], "'type' cannot be given by a query"),
]


@pytest.mark.parametrize(("names", "problem"), COLLISIONS)
def test_columns_that_cannot_all_have_their_place_are_refused(names: list[str], problem: str) -> None:
    assert problem in refusal(IDENTIFY, *[text(name, "x") for name in names])


def test_all_columns_at_fault_are_named_at_once() -> None:
    message = refusal(TRACK, text("sentAt", "x"), text("traits", "x"), text("", "x"), of(Kind.BOOLEAN, "userId", True))
    for part in ("'sentAt'", "no traits", "column 3 has no name", "'userId' is BOOLEAN", "there is no event"):
        assert part in message


def test_a_renaming_of_a_column_that_the_query_does_not_give_is_refused() -> None:
    message = refusal(IDENTIFY, text("userId", "u"), text("a", "x"), renamed={"EMAIL": "traits.email"})
    assert "[columns] names 'EMAIL', which the query does not give" in message


def test_the_digest_changes_with_all_that_decides_what_a_row_becomes() -> None:
    def column(name: str, kind: Kind = Kind.TEXT) -> Column:
        return Column(name=name, kind=kind, type_name="x")

    base: tuple[CallType, list[Column], dict[str, str], str] = (
        IDENTIFY,
        [column("id"), column("a")],
        {"id": "userId"},
        "UTC",
    )
    others: list[tuple[CallType, list[Column], dict[str, str], str]] = [
        (GROUP, [column("id"), column("a")], {"id": "userId"}, "UTC"),
        (IDENTIFY, [column("a"), column("id")], {"id": "userId"}, "UTC"),
        (IDENTIFY, [column("id"), column("a"), column("b")], {"id": "userId"}, "UTC"),
        (IDENTIFY, [column("id"), column("a", Kind.INTEGER)], {"id": "userId"}, "UTC"),
        (IDENTIFY, [column("id"), column("A")], {"id": "userId"}, "UTC"),
        (IDENTIFY, [column("id"), column("a")], {"id": "anonymousId"}, "UTC"),
        (IDENTIFY, [column("id"), column("a")], {"id": "userId"}, "Europe/Berlin"),
    ]
    digests = [digest_of(*case) for case in [base, *others]]
    assert len(set(digests)) == len(digests)
    assert digest_of(*base) == digest_of(*base)
