"""Jitsu's HTTP API, of its cloud or of a server of one's own.

Sources: https://docs.jitsu.com/sending-data/http and github.com/jitsucom/bulker (ingest/router.go,
ingest/router_batch_handler.go). Calls in Segment's format go to `<host>/v1/batch` with the write key (`id:secret`) in
X-Write-Key. Its single-call paths are documented for page, track, identify, group and event; a batch takes all six call
types (`eventTypesSet`). 1,000,000 bytes a message with what the server puts around it; a messageId is cut to 64
characters, so longer ones are refused here. A request has five seconds, so batches are moderate.

A batch is answered with 200 whatever became of its calls, and the body says it:

    {"ok": false, "receivedEvents": 3, "okEvents": 2, "errors": ["Message ID: m2: event error: ..."]}

Each error names its call, by the messageId with every character but letters, digits, dots, dashes and underscores
turned into "_". What the call itself brings about ("event error") is refused for good; the others ("producer error",
"quota exceeded") are sent again. A source that is connected to nothing takes no call: that pauses the delivery, as does
a 200 that is not such a body, for then someone else answered. Nothing counts as acknowledged that the body does not
count. Rows that are gone stay: there is no call that deletes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from core.destinations._http import HttpDestination, in_header, version_1_of
from core.destinations.base import Batch, Outcome, Response, Verdict, verdict_of_status
from core.model import Limits

__all__ = ["Plugin"]

_ERROR = re.compile(r"Message ID: ([A-Za-z0-9._-]{1,64}): (.*)", re.DOTALL)
_FOR_GOOD = "event error"
_CONNECTED_TO_NOTHING = "no destinations found for stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`url` is the address that events are sent to: Jitsu shows it beside the site, or it is your own server's."""

    url: str = field(
        metadata={
            "missing": "Add the address that events are sent to, which Jitsu shows beside the site, or your own "
            'server\'s: url = "https://acme.d.jitsu.com"'
        }
    )


class Plugin(HttpDestination):
    """Jitsu: a site of its cloud, or your own."""

    Settings: ClassVar[type[Any]] = Settings
    secrets: ClassVar[Mapping[str, str]] = {"write_key": "the server-to-server write key, id:secret"}
    where_to_find: ClassVar[Mapping[str, str]] = {
        "url": "Sites > your site > Setup shows the domain that events go to.",
        "write_key": "Sites > your site > Server-side write key, as id:secret.",
    }
    limits: ClassVar[Limits] = Limits(
        columns=512, call_bytes=980_000, batch_bytes=1_000_000, batch_calls=500, message_id=64
    )

    @property
    def host(self) -> str:
        return version_1_of(self.settings.url)

    def headers(self) -> dict[str, str]:
        assert self.account is not None  # noqa: S101 -- it has a key
        return {"x-write-key": in_header(self.account, "the write key"), "content-type": "application/json"}

    def verdict(self, batch: Batch, response: Response) -> Verdict:
        by_status = verdict_of_status(response, calls=batch.calls)
        if by_status.outcome is not Outcome.ACKNOWLEDGED:
            return by_status
        said = _document(response.body)
        if not isinstance(said.get("ok"), bool):
            text = " ".join(response.body[:200].decode("utf-8", "replace").split())
            return Verdict(outcome=Outcome.PAUSE, reason=f"{response.status}, but this is no reply of Jitsu: {text}")
        if said["ok"] and _counted(said) == batch.calls:
            return Verdict(outcome=Outcome.ACKNOWLEDGED)
        return _by_errors(batch, said)


def _document(body: bytes) -> Mapping[str, Any]:
    """Read a reply's JSON object; an empty one where it is something else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _counted(said: Mapping[str, Any]) -> int:
    """Return how many calls the body counts as taken; those that Jitsu dropped as doubles were taken before."""
    numbers = [said.get(name, 0) for name in ("okEvents", "deduplicatedEvents")]
    return sum(number for number in numbers if isinstance(number, int))


def _by_errors(batch: Batch, said: Mapping[str, Any]) -> Verdict:
    """Tell the calls that were rejected by the errors, where each error is of one call; else the batch is refused."""
    errors = [str(error) for error in found] if isinstance(found := said.get("errors"), list) else []
    if errors and all(_CONNECTED_TO_NOTHING in error for error in errors) and not _counted(said):
        return Verdict(outcome=Outcome.PAUSE, reason=f"{_CONNECTED_TO_NOTHING}: connect the source in Jitsu first")
    places = _places(batch)
    refused: dict[int, str] = {}
    again: dict[int, str] = {}
    for error in errors:
        match = _ERROR.fullmatch(error)
        place = places.get(match[1]) if match else None
        if match and place is not None:
            (refused if match[2].startswith(_FOR_GOOD) else again)[place] = match[2][:500]
    if len(refused) + len(again) != len(errors) or _counted(said) + len(errors) != batch.calls:
        first = errors[0][:300] if errors else "no reason given"
        reason = f"{_counted(said)} of {batch.calls} calls were taken, and it is not said which: {first}"
        return Verdict(outcome=Outcome.REFUSED, reason=reason)
    return Verdict(outcome=Outcome.ACKNOWLEDGED, refused=refused, again=again)


def _places(batch: Batch) -> Mapping[str, int]:
    """Return the position of each messageId as Jitsu writes it, leaving out those that two calls share."""
    calls = json.loads(b"[" + batch.joined(b",") + b"]")
    found: dict[str, int] = {}
    shared = set()
    for position, call in enumerate(calls):
        written = re.sub(r"[^A-Za-z0-9._-]", "_", str(call.get("messageId", "")))[:64]
        shared.update({written} & found.keys())
        found[written] = position
    return {written: position for written, position in found.items() if written not in shared}
