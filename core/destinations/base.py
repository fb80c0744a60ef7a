"""What every destination offers: requests to make and replies to read, without any I/O.

A destination turns a batch of calls (JSON texts, joined) into a `Request`, and a `Response` into a `Verdict`. Whoever
sends (core.sync.delivery.deliver) is the same for all of them: it keeps the batches' order of writes, retries what the verdict
calls RETRY, cuts what it calls REFUSED down to the rows at fault, and pauses the delivery on PAUSE.

The rules are the same everywhere (`verdict_of_status`): 2xx acknowledges, but for a 207, which has a status for each call; 408, 425, 429
and 5xx are tried again (Retry-After is honoured); 400, 409, 413, 414 and 422 may be about a row; anything else is about the key, the
address, a quota, a method or a lock, and no row's fault: it pauses the delivery and keeps its plan.
"""

from __future__ import annotations

import enum
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar, Protocol

from core.control_chars import encodable
from core.model import CallType, Limits, Secret

__all__ = [
    "Batch",
    "DestinationType",
    "Outcome",
    "Profile",
    "Request",
    "Response",
    "Verdict",
    "encodable_verdict",
    "semantic_deletion",
    "verdict_of_status",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Calls that travel together: `calls` JSON texts of one call type, `joined(separator)` as one run of bytes."""

    call: CallType
    calls: int
    joined: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to send: bytes before compression. `compress` asks for gzip where the receiver takes it.

    The headers hold the key, so a request's text is without them. `signature` names the header that signs this very
    body, where there is one: it says nothing of another body.
    """

    url: str
    body: bytes
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    compress: bool = True
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back: status, headers with lower-case names, and the body (cut where it is very long).

    `note` is what a person is told of the way there.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    note: str = ""


class Outcome(enum.StrEnum):
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    RETRY = "retry"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a reply is to be read.

    `refused` holds the positions (from 0) of single calls that were refused in a batch of which the rest was
    acknowledged, with the reason; `again` those that were not taken now and are to be sent again, with the reason;
    `retry_after` is in seconds.
    """

    outcome: Outcome
    reason: str = ""
    retry_after: float | None = None
    refused: Mapping[int, str] = field(default_factory=dict)
    again: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a destination knows of a person: whether it has one, and the traits that it has of them."""

    found: bool
    traits: Mapping[str, Any] = field(default_factory=dict)


class DestinationType(Protocol):
    """A plug-in: one type of destination."""

    Settings: ClassVar[type[Any]]
    """A frozen, keyword-only dataclass: the keys of destinations/<name>.toml besides type and limits."""

    secrets: ClassVar[Mapping[str, str]]
    """The secrets that this type may need: name -> what a person calls it; empty for a file."""

    limits: ClassVar[Limits]
    """The vendor's limits, which the destination's file may change."""

    profiles: ClassVar[Mapping[str, Limits]]
    """Stricter limits by name, chosen by `profile` in the destination's file."""

    email_identifies: ClassVar[bool]
    """Whether an identify call without userId and anonymousId is taken when it has an email."""

    group_needs_user: ClassVar[bool]
    """Whether a group call without userId and anonymousId is dropped."""

    deduplicates_for: ClassVar[int]
    """For how many seconds the receiver drops a messageId that it has seen; 0 where that is not known."""

    semantic_events: ClassVar[bool]
    """Whether it acts on Customer.io's semantic events (core.calls.semantic), so that one which lacks something is refused."""

    transport: ClassVar[str]
    """'http', or 'file' for a destination that appends to a file of this machine."""

    settings: Any
    """What the destination's file says: an instance of `Settings`."""

    where_to_find: ClassVar[Mapping[str, str]]
    """Where the value of a setting, or of a secret, is found: for whoever enters it."""

    @classmethod
    def needs(cls, settings: Any) -> tuple[str, ...]:
        """Return the names of the secrets that a destination with these settings reads."""
        ...

    def __init__(self, settings: Any, secrets: Callable[[str], Secret], folder: Path, sync: str) -> None:
        """Keep what is needed. `folder` is the project's, `sync` the name of the sync whose calls are sent."""

    @property
    def host(self) -> str:
        """Where the calls go, as a person would say it; with `account` it says whose ledger this is."""
        ...

    @property
    def account(self) -> Secret | None:
        """What tells this account from another at the same host (the write key); None where there is none."""
        ...

    def batch_limits(self, call: CallType, limits: Limits) -> Limits:
        """Return the limits for batches of this call type (Segment documents no alias in a batch, for one)."""
        ...

    def request(self, batch: Batch) -> Request:
        """Make the request that delivers a batch. The same batch gives the same body, always."""
        ...

    def verdict(self, batch: Batch, response: Response) -> Verdict:
        """Read the reply to a batch."""
        ...

    def deletion(self, call: CallType) -> Mapping[str, Any] | None:
        """Return the call that removes a row of this call type, or None where there is none.

        A template of a track call: a text "$.userId" takes that path of the call last acknowledged, or of the row's
        identity where the ledger keeps no calls; a path that is not there is left out.
        """
        ...

    def profile_request(self, user: str) -> Request | None:
        """Return what asks the destination for a person by their userId; None where it cannot be asked, or was not set up for it."""
        ...

    def profile(self, response: Response) -> Profile:
        """Read what the destination says of a person. Raises ValueError for a reply of another shape."""
        ...


def semantic_deletion(call: CallType) -> Mapping[str, Any] | None:
    """Return the semantic event that removes a row (https://docs.customer.io/integrations/data-in/semantic-events/).

    A person's row is "User Deleted"; a group's row is the relationship, never the object itself.
    """
    if call is CallType.IDENTIFY:
        return {"type": "track", "userId": "$.userId", "event": "User Deleted", "properties": {}}
    if call is CallType.GROUP:
        properties = {"objectId": "$.groupId", "objectTypeId": "$.traits.objectTypeId"}
        return {"type": "track", "userId": "$.userId", "event": "Relationship Deleted", "properties": properties}
    return None


def verdict_of_status(response: Response, *, calls: int = 0, now: float | None = None) -> Verdict:
    """Read a reply by its status, by the rules above; `calls` is how many calls the request had (0: not known).

    A date in Retry-After is read by the reply's own Date, whose clock is the same, else by `now` (Unix seconds).
    """
    status = response.status
    if status == HTTPStatus.MULTI_STATUS:
        return _multi_status(response, calls)
    if 200 <= status < 300:
        return Verdict(outcome=Outcome.ACKNOWLEDGED)
    reason = f"{status} {_text(response.body)}".strip()
    if status in _NOT_NOW or status >= 500:
        return Verdict(outcome=Outcome.RETRY, reason=reason, retry_after=_retry_after(response.headers, now))
    return Verdict(outcome=Outcome.REFUSED if status in _ABOUT_ROWS else Outcome.PAUSE, reason=reason)


def encodable_verdict(verdict: Verdict) -> Verdict:
    """Return a verdict whose texts can be stored and shown, whatever the reply held."""
    return replace(
        verdict,
        reason=encodable(verdict.reason),
        refused={place: encodable(reason) for place, reason in verdict.refused.items()},
        again={place: encodable(reason) for place, reason in verdict.again.items()},
    )


def _multi_status(response: Response, calls: int) -> Verdict:
    """Read a 207 (RFC 4918, 13): a status for each call, in the calls' order, or errors that name calls by their index.

    One that says neither is no acknowledgement: it pauses the delivery, for nobody knows what was taken.
    """
    results = _results(response.body)
    refused: dict[int, str] = {}
    again: dict[int, str] = {}
    for number, result in enumerate(results):
        place = result.get("index", number)
        if not isinstance(place, int) or isinstance(place, bool) or not 0 <= place < max(calls, 1):
            break
        status = result.get("status", result.get("statusCode", result.get("code")))
        if not isinstance(status, int) or isinstance(status, bool):
            break
        if status >= 300:
            reason = f"{status} {_message(result)}".strip()[:500]
            (again if status in _NOT_NOW or status >= 500 else refused)[place] = reason
    else:
        if len(results) == calls:
            return Verdict(outcome=Outcome.ACKNOWLEDGED, refused=refused, again=again)
    reason = f"207 does not say for each call what became of it: {_text(response.body)}"
    return Verdict(outcome=Outcome.PAUSE, reason=reason)


def _results(body: bytes) -> list[dict[str, Any]]:
    """Return the results of single calls in a reply: a list, or a list in an object."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return []
    if isinstance(document, dict):
        document = next((value for value in document.values() if isinstance(value, list)), [])
    return document if isinstance(document, list) and all(isinstance(each, dict) for each in document) else []


_NOT_NOW = frozenset({408, 425, 429})
_ABOUT_ROWS = frozenset({400, 409, 413, 414, 422})
"""Statuses that may be about what was sent: bad request, conflict, too large, unprocessable. No other refuses a row."""


def _text(body: bytes) -> str:
    """Return what a reply says: its message where it is JSON with one, else its beginning on one line."""
    text = body[:20_000].decode("utf-8", "replace")
    try:
        said = _message(json.loads(text)) or text
    except (ValueError, RecursionError):
        said = text
    return " ".join(said[:500].split())


def _message(document: Any) -> str:
    """Find what a JSON reply says, whatever its shape: {"message": ...}, {"errors": [{"reason": ..., "message": ...}]}."""
    if isinstance(document, str):
        return document
    if isinstance(document, list):
        return next((found for each in document[:10] if (found := _message(each))), "")
    if not isinstance(document, dict):
        return ""
    named = (document.get(name) for name in ("message", "detail", "error", "errors", "reason", "title"))
    return next((found for value in named if (found := _message(value))), "")


def _retry_after(headers: Mapping[str, str], now: float | None) -> float | None:
    """Read Retry-After, which is a number of seconds or an HTTP date (RFC 9110, 10.2.3); None where it is neither."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,9})?", value):
        return max(0.0, float(value))
    moment = _http_date(value)
    if moment is None:
        return None
    sent = _http_date(headers.get("date", ""))
    return max(0.0, moment - (sent if sent is not None else time.time() if now is None else now))


def _http_date(text: str) -> float | None:
    """Read an HTTP date as Unix seconds; None for any other text."""
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text.strip())
        if moment.tzinfo is None:  # "-0000", which RFC 5322 has for UTC
            moment = moment.replace(tzinfo=UTC)
        return moment.timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
