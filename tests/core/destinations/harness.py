"""What the conformance suite needs to know of each type of destination: what its vendor documents.

A new type needs an entry in `HARNESSES`; the suite fails until it has one. The golden requests of all types are written
by `python -m tests.core.destinations.harness`, and read with `git diff` before they are committed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.destinations import destination_type
from core.destinations.base import Batch, Request
from core.model import CallType, Limits, Secret

__all__ = ["EXAMPLES", "FOLDER", "GOLDEN", "HARNESSES", "SECRET", "Harness", "as_golden", "batch_of"]

GOLDEN = Path(__file__).with_name("golden")
SECRET = "a-key-that-nobody-may-read"
FOLDER = Path("/project")


@dataclass(frozen=True, kw_only=True)
class Harness:
    """What a vendor's documents say of a type of destination, and what our docstrings promise."""

    type: str
    regions: Mapping[str, str]
    """The documented address of each region, by the setting that chooses it."""

    vendor: Limits
    """The most that the vendor documents."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings that a destination of this type cannot do without."""

    variants: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Settings under which requests look different, besides the regions, by the name of their golden file."""

    credential: tuple[str, str] = ("authorization", "Basic " + base64.b64encode(f"{SECRET}:".encode()).decode())
    """The header that carries the key, and how it does."""

    shown: str = "Basic (the key as user, no password)"
    """The credential as a golden file shows it."""

    counts: bool = False
    """Whether a reply's body, not its status, says what was taken (such a type has tests of its own)."""

    alone: frozenset[CallType] = frozenset()
    """Call types that do not travel in a batch."""

    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers besides authorization and content-type."""

    replies: bool = True
    """Whether there is a server that may refuse."""

    deletes: Mapping[CallType, str] = field(default_factory=dict)
    """The event that removes a row of a call type; the other types have none."""

    def plugin(self, *, secret: str = SECRET, **settings: Any) -> Any:
        made: Any = destination_type(self.type)
        return made(made.Settings(**{**self.settings, **settings}), lambda _: Secret(secret), FOLDER, "people")

    @property
    def authorization(self) -> str:
        return self.credential[1]

    @property
    def all_variants(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the settings of each golden file, by its ending."""
        regions = {region: {"region": region} for region in self.regions}
        return {**regions, **self.variants} or {"": {}}


HARNESSES: Mapping[str, Harness] = {
    "segment": Harness(
        type="segment",
        regions={"us": "https://api.segment.io/v1", "eu": "https://events.eu1.segmentapis.com/v1"},
        vendor=Limits(columns=512, call_bytes=32 * 1024, batch_calls=2_500, batch_bytes=500 * 1024, requests=1_000),
        alone=frozenset({CallType.ALIAS}),
    ),
    "customerio": Harness(
        type="customerio",
        regions={"us": "https://cdp.customer.io/v1", "eu": "https://cdp-eu.customer.io/v1"},
        vendor=Limits(columns=300, call_bytes=32 * 1024, batch_calls=2_500, batch_bytes=500 * 1024, requests=1_000),
        headers={"x-strict-mode": "1"},
        deletes={CallType.IDENTIFY: "User Deleted", CallType.GROUP: "Relationship Deleted"},
    ),
    "rudderstack": Harness(
        type="rudderstack",
        regions={},
        settings={"url": "https://acme.dataplane.rudderstack.com"},
        vendor=Limits(columns=10**6, call_bytes=32 * 1024, batch_calls=10**6, batch_bytes=4_000_000, requests=1_000),
    ),
    "jitsu": Harness(
        type="jitsu",
        regions={},
        settings={"url": "https://acme.d.jitsu.com"},
        vendor=Limits(columns=10**6, call_bytes=1_000_000, batch_calls=10**6, batch_bytes=10**9, requests=1_000),
        credential=("x-write-key", SECRET),
        shown="(the key)",
        counts=True,
    ),
    "webhook": Harness(
        type="webhook",
        regions={},
        settings={"url": "https://example.com/hooks/people", "authorization": "bearer"},
        variants={
            "call": {"headers": ("X-Team: growth",), "method": "PUT"},
            "array": {"body": "array", "signature_header": "X-Signature", "gzip": True},
            "batch": {"body": "batch", "authorization": "header"},
        },
        vendor=Limits(columns=10**6, call_bytes=10**9, batch_calls=10**6, batch_bytes=10**9, requests=1_000),
        alone=frozenset(CallType),
        credential=("authorization", f"Bearer {SECRET}"),
        shown="Bearer (the token)",
    ),
    "file": Harness(
        type="file",
        regions={},
        vendor=Limits(columns=10**6, call_bytes=10**9, batch_calls=10**6, batch_bytes=10**9, requests=10**6),
        replies=False,
        deletes={CallType.IDENTIFY: "User Deleted", CallType.GROUP: "Relationship Deleted"},
    ),
}

_ID = {"messageId": "b5c0b187fe309af0f4d35982fd961d7e"}
_AT = {"timestamp": "2026-11-22T06:55:43Z"}

EXAMPLES: Mapping[CallType, tuple[Mapping[str, Any], ...]] = {
    CallType.IDENTIFY: (
        {"type": "identify", "userId": "u1", "traits": {"email": "ada@example.com", "plan": None}, **_AT, **_ID},
        {"type": "identify", "anonymousId": "web-7", "traits": {"name": "Chloé 🎈", "score": 0.1}, **_ID},
    ),
    CallType.TRACK: (
        {"type": "track", "userId": "u1", "event": "Order Completed", "properties": {"total": 12.5}, **_AT, **_ID},
        {"type": "track", "userId": "u2", "event": 'Say "hi"\n', "properties": {"products": [{"sku": "a"}]}, **_ID},
    ),
    CallType.GROUP: (
        {"type": "group", "userId": "u1", "groupId": "c1", "traits": {"name": "Acme", "objectTypeId": "1"}, **_ID},
    ),
    CallType.PAGE: (
        {"type": "page", "userId": "u1", "name": "Home", "category": "Docs", "properties": {"url": "/"}, **_ID},
    ),
    CallType.SCREEN: (
        {"type": "screen", "anonymousId": "d1", "name": "Inbox", "properties": {}, "context": {"device": {}}, **_ID},
    ),
    CallType.ALIAS: ({"type": "alias", "userId": "u1", "previousId": "web-7", **_ID},),
}


def batch_of(call: CallType, calls: tuple[Mapping[str, Any], ...] | None = None) -> Batch:
    """Make a batch as the engine does: JSON texts, joined."""
    chosen = EXAMPLES[call] if calls is None else calls
    texts = [json.dumps(each, ensure_ascii=False, separators=(",", ":")).encode() for each in chosen]
    return Batch(call=call, calls=len(texts), joined=lambda separator: separator.join(texts))


def as_golden(harness: Harness, request: Request) -> str:
    """Write a request for a person to read, with the secret's place instead of the secret."""
    headers = {
        name: value.replace(harness.authorization, harness.shown).replace(SECRET, "(the key)")
        for name, value in sorted(request.headers.items())
    }
    head = [f"{request.method} {request.url}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\n".join([*head, "", request.body.decode()]) + "\n"


def golden_requests(harness: Harness) -> Mapping[Path, str]:
    """Return each golden file of a type (one a region or variant) with its text: a request for each of the six call types."""
    found = {}
    for name, settings in harness.all_variants.items():
        plugin = harness.plugin(**settings)
        requests = []
        for call in CallType:
            most = plugin.batch_limits(call, plugin.limits).batch_calls
            requests.append(as_golden(harness, plugin.request(batch_of(call, EXAMPLES[call][:most]))))
        found[GOLDEN / f"{harness.type}{'-' if name else ''}{name}.txt"] = "\n".join(requests)
    return found


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for each in HARNESSES.values():
        for file, text in golden_requests(each).items():
            file.write_text(text, "utf-8")
            print(file.name)
