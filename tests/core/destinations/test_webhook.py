"""Webhooks: any API that takes JSON, with what such an API may ask for."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from core.destinations import destination_type
from core.model import CallType
from tests.core.destinations.harness import HARNESSES, batch_of
from tests.projects import SECRETS, ProjectFolder
from tests.servers.receiving import Receiver

PEOPLE = "SELECT 'u' || i AS \"userId\", 1 AS n FROM range(5) t(i)"
TOKEN = SECRETS["BACKHAUL_DESTINATIONS_HOOK_TOKEN"]
SIGNING_KEY = SECRETS["BACKHAUL_DESTINATIONS_HOOK_SIGNING_KEY"]


@pytest.fixture
def hook(project: ProjectFolder) -> ProjectFolder:
    project.duckdb()
    return project


def refused(**settings: Any) -> str:
    with pytest.raises(ValueError, match=r".") as caught:
        destination_type("webhook").Settings(url="https://example.com", **settings)
    return str(caught.value)


def test_without_further_settings_each_call_is_a_request_that_says_nothing_of_who_sends(
    hook: ProjectFolder, receiver: Receiver
) -> None:
    hook.webhook(f"{receiver.url}/people?source=backhaul")
    assert hook.query("people", PEOPLE, to=["hook"]).code == 0
    records = receiver.records()
    assert len(records) == 5
    for record in records:
        assert (record.method, record.path) == ("POST", "/v1/people?source=backhaul")
        assert record.json["type"] == "identify"
        assert record.headers["content-type"] == "application/json"
        assert not {"authorization", "x-api-key", "x-signature", "content-encoding"} & set(record.headers)


@pytest.mark.parametrize(("body", "shape"), [("array", list), ("batch", dict)])
def test_calls_may_travel_together(hook: ProjectFolder, receiver: Receiver, body: str, shape: type) -> None:
    hook.webhook(receiver.url, {"batch_calls": 4}, body=body)
    assert hook.query("people", PEOPLE, to=["hook"]).code == 0
    records = receiver.records()
    assert sorted(len(record.calls) for record in records) == [1, 4]
    assert all(type(record.json) is shape for record in records)


def test_method_and_headers_and_compression_are_as_the_file_says(hook: ProjectFolder, receiver: Receiver) -> None:
    hook.webhook(receiver.url, method="PUT", headers=["X-Team: growth", "Accept: text/plain"], gzip=True)
    assert hook.query("people", PEOPLE, to=["hook"]).code == 0
    for record in receiver.records():
        assert record.method == "PUT"
        assert record.headers["x-team"] == "growth"
        assert record.headers["accept"] == "text/plain"
        assert record.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("settings", "header", "value"),
    [
        ({"authorization": "bearer"}, "authorization", f"Bearer {TOKEN}"),
        ({"authorization": "header"}, "x-api-key", TOKEN),
        ({"authorization": "header", "authorization_header": "X-Acme-Key"}, "x-acme-key", TOKEN),
    ],
)
def test_the_token_travels_where_the_file_says(
    hook: ProjectFolder, receiver: Receiver, settings: dict[str, str], header: str, value: str
) -> None:
    hook.webhook(receiver.url, body="array", **settings)
    assert hook.query("people", PEOPLE, to=["hook"]).code == 0
    (record,) = receiver.records()
    assert record.headers[header] == value
    assert sum(TOKEN in text for text in record.headers.values()) == 1


@pytest.mark.parametrize("gzip", [False, True])
def test_a_signature_is_the_hmac_of_the_json_body(hook: ProjectFolder, receiver: Receiver, gzip: bool) -> None:
    hook.webhook(receiver.url, body="batch", signature_header="X-Signature", gzip=gzip)
    assert hook.query("people", PEOPLE, to=["hook"]).code == 0
    (record,) = receiver.records()
    made = hmac.new(SIGNING_KEY.encode(), record.body, hashlib.sha256).hexdigest()
    assert record.headers["x-signature"] == f"sha256={made}"


def test_each_half_of_a_refused_batch_has_its_own_signature(hook: ProjectFolder, receiver: Receiver) -> None:
    hook.webhook(receiver.url, body="array", signature_header="X-Signature")
    receiver.refuse('"u3"', status=422)
    assert hook.query("people", PEOPLE, to=["hook"]).code == 1
    for record in receiver.records(taken=False):
        made = hmac.new(SIGNING_KEY.encode(), record.body, hashlib.sha256).hexdigest()
        assert record.headers["x-signature"] == f"sha256={made}"
    assert sorted(call["userId"] for call in receiver.calls()) == ["u0", "u1", "u2", "u4"]


def test_only_the_secrets_that_its_settings_ask_for_are_needed(
    hook: ProjectFolder, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BACKHAUL_DESTINATIONS_HOOK_TOKEN")
    monkeypatch.delenv("BACKHAUL_DESTINATIONS_HOOK_SIGNING_KEY")
    hook.webhook(receiver.url)
    assert hook.query("people", PEOPLE, to=["hook"]).code == 0
    assert "hook" not in hook.run("secret", "list").out
    checked = hook.run("check", "hook")
    assert checked.code == 0
    assert "secret" not in checked.out
    hook.webhook(receiver.url, authorization="bearer", signature_header="X-Signature")
    missing = hook.query("people", PEOPLE, to=["hook"])
    assert missing.code != 0
    assert "There is no secret destinations/hook.token" in missing.err
    listed = hook.run("secret", "list").out
    assert "destinations/hook.token" in listed
    assert "destinations/hook.signing_key" in listed
    checked = hook.run("check", "hook")
    assert checked.code == 1
    assert "destinations/hook.token" in checked.out


def test_another_token_is_asked_about_like_any_other_key(
    hook: ProjectFolder, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook.webhook(receiver.url, authorization="bearer")
    assert hook.query("people", PEOPLE, to=["hook"]).code == 0
    monkeypatch.setenv("BACKHAUL_DESTINATIONS_HOOK_TOKEN", "another-token-2Jm9")
    asked = hook.run("run", "people")
    assert asked.code == 1
    assert "--key-rotated" in asked.out + asked.err
    assert hook.run("run", "people", "--key-rotated").code == 0
    assert len(receiver.calls()) == 5


@pytest.mark.parametrize("status", [401, 403])
def test_an_api_that_asks_who_sends_is_answered_by_the_file(
    hook: ProjectFolder, receiver: Receiver, status: int
) -> None:
    hook.webhook(receiver.url)
    receiver.behave({"status": status, "body": "who are you"})
    done = hook.query("people", PEOPLE, to=["hook"])
    assert done.code == 1
    assert "hook wants to know who sends" in done.err
    assert "`authorization`" in done.err
    hook.webhook(receiver.url, authorization="bearer")
    receiver.behave({"status": status, "body": f"not with {TOKEN}"})
    done = hook.run("run", "people", "--another-place")
    assert "backhaul secret set destinations/hook.token" in done.err + done.out


def test_rows_that_are_gone_are_told_only_where_the_file_says_so(hook: ProjectFolder, receiver: Receiver) -> None:
    hook.duckdb("CREATE TABLE people AS SELECT 'u' || i AS id FROM range(4) t(i)")
    query = 'SELECT id AS "userId", 1 AS n FROM people'
    hook.webhook(receiver.url)
    without = hook.query("people", query, to=["hook"], removed="delete")
    assert (without.code, "no way to delete" in without.err) == (2, True)
    hook.webhook(receiver.url, deletes=True)
    assert hook.run("run", "people").code == 0
    receiver.clear()
    hook.duckdb("DELETE FROM people WHERE id = 'u2'")
    assert hook.run("run", "people").code == 0
    (call,) = receiver.calls()
    assert (call["type"], call["event"], call["userId"]) == ("track", "User Deleted", "u2")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"headers": ("Authorization: Bearer planted",)}, "looks like a secret"),
        ({"headers": ("X-Api-Key: planted",)}, "looks like a secret"),
        ({"headers": ("Cookie: planted",)}, "looks like a secret"),
        ({"headers": ("no colon planted",)}, 'written as "Name: value"'),
        ({"headers": ("bad name: planted",)}, 'written as "Name: value"'),
        ({"headers": ("X-A: planted\r\nX-B: 2",)}, 'written as "Name: value"'),
        ({"headers": ("X-A: plantéd",)}, 'written as "Name: value"'),
        ({"headers": ("Content-Type: planted",)}, "set by Backhaul"),
        ({"headers": ("Host: planted",)}, "set by Backhaul"),
        ({"signature_header": "two words"}, "no name for such a header"),
        ({"signature_header": "Content-Length"}, "no name for such a header"),
        ({"authorization_header": "Host"}, "no name for such a header"),
    ],
)
def test_a_header_that_cannot_be_or_should_not_be_there_is_refused(settings: dict[str, Any], said: str) -> None:
    message = refused(**settings)
    assert said in message
    assert next(iter(settings)) in message
    assert "Bearer planted" not in message


def test_the_file_is_refused_with_the_reason_and_the_secret_unsaid(hook: ProjectFolder) -> None:
    hook.webhook("https://example.com", headers=["Authorization: Bearer planted-5Gk3"])
    done = hook.run("check", "hook")
    assert done.code != 0
    assert "never stands in a file" in done.out + done.err
    assert "planted-5Gk3" not in done.out + done.err


def test_a_signature_says_in_the_request_which_header_it_is() -> None:
    plugin = HARNESSES["webhook"].plugin(signature_header="X-Signature")
    request = plugin.request(batch_of(CallType.ALIAS))
    assert request.signature == "x-signature"
    assert request.headers["x-signature"].startswith("sha256=")
    assert HARNESSES["webhook"].plugin().request(batch_of(CallType.ALIAS)).signature == ""
    assert json.loads(request.body)["type"] == "alias"
