"""What holds for every type of destination. A new file in core/destinations is picked up by itself."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from core import destinations
from core.destinations.base import Outcome, Response, verdict_of_status
from core.errors import DeliveryError
from core.model import CallType, Limits, Secret
from tests.core.destinations.harness import EXAMPLES, FOLDER, HARNESSES, SECRET, Harness, batch_of, golden_requests

DRIVERS = ("httpx", "duckdb", "pyarrow", "keyring", "sqlglot")


@pytest.fixture(params=destinations.types())
def harness(request: pytest.FixtureRequest) -> Harness:
    if request.param not in HARNESSES:
        pytest.fail(
            f"core/destinations/{request.param}.py has no entry in HARNESSES of tests/core/destinations/harness.py"
        )
    return HARNESSES[request.param]


@pytest.fixture(params=list(CallType))
def call(request: pytest.FixtureRequest) -> CallType:
    return request.param


def settings_of(harness: Harness) -> list[Mapping[str, Any]]:
    return list(harness.all_variants.values())


def calls_in(body: bytes, harness: Harness) -> list[Any]:
    """Read a body strictly: no NaN, no name given twice."""

    def once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
        assert len({name for name, _ in pairs}) == len(pairs)
        return dict(pairs)

    def strict(text: bytes) -> Any:
        return json.loads(text.decode("utf-8"), object_pairs_hook=once, parse_constant=pytest.fail)

    if not harness.replies:
        assert body.endswith(b"\n")
        return [strict(line) for line in body.splitlines()]
    document = strict(body)
    return document if isinstance(document, list) else document.get("batch", [document])


@pytest.mark.parametrize("name", destinations.types())
def test_importing_a_type_imports_no_driver(name: str) -> None:
    code = f"import sys; import core.destinations.{name}; print([d for d in {DRIVERS!r} if d in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_the_same_batch_gives_the_same_request_always(harness: Harness, call: CallType) -> None:
    for settings in settings_of(harness):
        first = harness.plugin(**settings).request(batch_of(call))
        assert [harness.plugin(**settings).request(batch_of(call)) for _ in range(3)] == [first] * 3


def test_the_body_is_valid_json_and_holds_exactly_the_calls(harness: Harness, call: CallType) -> None:
    for settings in settings_of(harness):
        plugin = harness.plugin(**settings)
        given = EXAMPLES[call][: plugin.batch_limits(call, plugin.limits).batch_calls]
        assert calls_in(plugin.request(batch_of(call, given)).body, harness) == list(given)


def test_the_requests_are_those_that_were_read_and_kept(harness: Harness) -> None:
    for file, text in golden_requests(harness).items():
        assert file.exists(), f"{file.name} is missing: run `python -m tests.core.destinations.harness` and read it"
        assert file.read_text("utf-8") == text


def test_each_region_has_its_documented_host_and_no_other(harness: Harness, call: CallType) -> None:
    hosts = set()
    for region, address in harness.regions.items():
        plugin = harness.plugin(region=region)
        url = plugin.request(batch_of(call)).url
        assert url == f"{address}/{call.value if call in harness.alone else 'batch'}"
        assert plugin.host == address
        assert urlsplit(url).scheme == "https"
        hosts.add(urlsplit(url).hostname)
    assert len(hosts) == len(harness.regions)


def test_the_default_region_is_the_first_documented_one(harness: Harness) -> None:
    if harness.regions:
        assert harness.plugin().host == next(iter(harness.regions.values()))


def test_an_address_of_ones_own_stands_in_for_the_host_in_every_region(harness: Harness, call: CallType) -> None:
    for region in harness.regions:
        plugin = harness.plugin(region=region, url="http://127.0.0.1:9/v1")
        assert plugin.request(batch_of(call)).url.startswith("http://127.0.0.1:9/v1/")
        slashed = harness.plugin(region=region, url="http://127.0.0.1:9/v1/")
        assert slashed.request(batch_of(call)).url == plugin.request(batch_of(call)).url
        assert slashed.host == plugin.host


def test_only_call_types_that_the_vendor_batches_travel_in_batches(harness: Harness, call: CallType) -> None:
    plugin = harness.plugin()
    given = dataclasses.replace(plugin.limits, batch_calls=50)
    assert plugin.batch_limits(call, given).batch_calls == (1 if call in harness.alone else 50)
    assert dataclasses.replace(plugin.batch_limits(call, given), batch_calls=50) == given


def test_the_key_travels_in_the_authorization_header_and_nowhere_else(harness: Harness, call: CallType) -> None:
    plugin = harness.plugin()
    request = plugin.request(batch_of(call))
    if plugin.secrets:
        header, credential = harness.credential
        assert len(plugin.needs(plugin.settings)) == 1
        assert request.headers[header] == credential
        assert plugin.account.reveal() == SECRET
        assert request.headers["content-type"] == "application/json"
    else:
        assert plugin.account is None
        assert not request.headers
    others = {
        name: value for name, value in request.headers.items() if name not in (harness.credential[0], "content-type")
    }
    assert others == harness.headers
    assert SECRET not in request.url
    assert SECRET.encode() not in request.body


def test_no_secret_is_in_the_text_of_anything(harness: Harness, call: CallType) -> None:
    plugin = harness.plugin()
    request = plugin.request(batch_of(call))
    verdict = plugin.verdict(batch_of(call), Response(status=401, headers={}, body=b"no"))
    for shown in (plugin, request, verdict, plugin.host, plugin.account):
        for text in (str(shown), repr(shown)):
            assert SECRET not in text
            assert harness.authorization.split()[-1] not in text


def test_a_key_with_signs_that_no_header_carries_is_encoded_or_refused(harness: Harness) -> None:
    for secret in ("schlüssel:mit🔑", "with\r\nx-header: more", "with a space "):
        plugin = harness.plugin(secret=secret)
        if harness.replies and not harness.authorization.startswith("Basic "):
            with pytest.raises(DeliveryError, match="not allowed in an HTTP header") as caught:
                plugin.request(batch_of(CallType.IDENTIFY))
            assert secret not in str(caught.value)
            continue
        request = plugin.request(batch_of(CallType.IDENTIFY))
        assert all(value.isascii() and value.isprintable() for value in request.headers.values())


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.ACKNOWLEDGED),
        (202, Outcome.ACKNOWLEDGED),
        (400, Outcome.REFUSED),
        (401, Outcome.PAUSE),
        (403, Outcome.PAUSE),
        (404, Outcome.PAUSE),
        (408, Outcome.RETRY),
        (413, Outcome.REFUSED),
        (425, Outcome.RETRY),
        (429, Outcome.RETRY),
        (500, Outcome.RETRY),
        (503, Outcome.RETRY),
        (599, Outcome.RETRY),
    ],
)
def test_a_reply_is_read_by_its_status(harness: Harness, status: int, outcome: Outcome) -> None:
    for call in CallType:
        for body in (b"", b'{"message": "why"}', b"\xff\xfe<html>" * 5000):
            if harness.counts and outcome is Outcome.ACKNOWLEDGED:
                continue
            verdict = harness.plugin().verdict(batch_of(call), Response(status=status, headers={}, body=body))
            assert verdict.outcome is (outcome if harness.replies else Outcome.ACKNOWLEDGED)
            assert not verdict.refused
            assert not verdict.again
            assert verdict.retry_after is None
            assert len(verdict.reason) <= 510
            if harness.replies and outcome is not Outcome.ACKNOWLEDGED:
                assert str(status) in verdict.reason
                assert ("why" in verdict.reason) == (b"why" in body)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0.05", 0.05),
        (" 12 ", 12.0),
        ("0", 0.0),
        ("-3", 0.0),
        ("Sun, 22 Nov 2020 12:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1e400", None),
        ("-inf", None),
        ("7 seconds", None),
        ("Sun, 99 Nov 2026 12:00:00 GMT", None),
        ("Sun, 22 Nov 99999 12:00:00 GMT", None),
        ("١٢", None),
    ],
)
def test_retry_after_is_honoured_where_it_can_be_read(
    harness: Harness, status: int, header: str, seconds: float | None
) -> None:
    reply = Response(status=status, headers={"retry-after": header}, body=b"")
    verdict = harness.plugin().verdict(batch_of(CallType.TRACK), reply)
    assert verdict.retry_after == (seconds if harness.replies else None)


def test_retry_after_may_be_a_date() -> None:
    for zone in ("GMT", "+0000", "-0000"):
        reply = Response(status=429, headers={"retry-after": f"Sun, 22 Nov 2026 12:00:00 {zone}"}, body=b"")
        assert verdict_of_status(reply, now=1_795_348_770.0).retry_after == 30.0


def test_the_limits_keep_within_the_vendors(harness: Harness) -> None:
    plugin = harness.plugin()
    for limits in (plugin.limits, *plugin.profiles.values()):
        for name in ("columns", "call_bytes", "batch_calls", "batch_bytes", "requests"):
            assert 0 < getattr(limits, name) <= getattr(harness.vendor, name), name
        assert limits.call_bytes <= limits.batch_bytes
        assert limits.message_id <= 100


def test_segment_has_the_stricter_profile_of_its_sql_traits() -> None:
    strict = HARNESSES["segment"].plugin().profiles["sql-traits"]
    assert (strict.columns, strict.rows) == (25, 10_000_000)
    assert isinstance(strict, Limits)


def test_a_row_is_removed_by_the_vendors_own_event_or_not_at_all(harness: Harness, call: CallType) -> None:
    template = harness.plugin().deletion(call)
    if call not in harness.deletes:
        assert template is None
        return
    assert template is not None
    assert template["type"] == "track"
    assert template["event"] == harness.deletes[call]
    assert template["userId"] == "$.userId"
    assert template["event"] != "Object Deleted"
    if call is CallType.GROUP:
        assert template["properties"] == {"objectId": "$.groupId", "objectTypeId": "$.traits.objectTypeId"}
    assert json.loads(json.dumps(template)) == template


def test_a_destination_without_an_account_says_so_and_one_with_names_its_secret(harness: Harness) -> None:
    plugin = harness.plugin()
    assert (plugin.account is None) == (not plugin.needs(plugin.settings))
    assert set(plugin.needs(plugin.settings)) <= set(plugin.secrets)
    assert all(name.isidentifier() and meaning for name, meaning in plugin.secrets.items())
    assert plugin.transport == ("http" if harness.replies else "file")


def test_a_secret_is_read_once_however_many_requests_are_made(harness: Harness, call: CallType) -> None:
    read: list[str] = []

    def secret(name: str) -> Secret:
        read.append(name)
        return Secret(SECRET)

    for settings in settings_of(harness):
        read.clear()
        made: Any = destinations.destination_type(harness.type)
        plugin = made(made.Settings(**{**harness.settings, **settings}), secret, FOLDER, "people")
        assert plugin.request(batch_of(call)) == plugin.request(batch_of(call))
        assert sorted(read) == sorted(plugin.needs(plugin.settings))
