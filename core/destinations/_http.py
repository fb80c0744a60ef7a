"""What the HTTP destinations have in common: one address, one key, calls in `{"batch": [...]}`, replies by their status.

It is what Segment's API looks like, and those that speak its format; a type overrides what is different.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from core.destinations.base import Batch, Profile, Request, Response, Verdict, verdict_of_status
from core.errors import DeliveryError
from core.model import CallType, Limits, Secret

__all__ = ["HttpDestination", "basic_authorization", "in_batch", "in_header", "refuse_other_region", "version_1_of"]


class HttpDestination:
    """A destination behind one address with one key. `Settings`, `secrets`, `limits` and `host` are the type's own."""

    secrets: ClassVar[Mapping[str, str]] = {}
    profiles: ClassVar[Mapping[str, Limits]] = {}
    deduplicates_for: ClassVar[int] = 0
    transport: ClassVar[str] = "http"
    email_identifies: ClassVar[bool] = True
    group_needs_user: ClassVar[bool] = False
    semantic_events: ClassVar[bool] = False
    traits_at: ClassVar[tuple[str, ...]] = ()
    """Where the traits are in the reply of a destination that can be asked for a person."""

    def __init__(self, settings: Any, secrets: Callable[[str], Secret], folder: Path, sync: str) -> None:
        self.settings = settings
        self._secrets = cache(secrets)  # a keyring is asked once, not for each request

    @classmethod
    def needs(cls, settings: Any) -> tuple[str, ...]:  # noqa: ARG003 -- a type whose settings say more needs them
        return tuple(cls.secrets)

    @property
    def host(self) -> str:
        raise NotImplementedError

    @property
    def account(self) -> Secret | None:
        return self._secrets(next(iter(self.secrets)))

    def batch_limits(self, call: CallType, limits: Limits) -> Limits:
        return limits

    def headers(self) -> dict[str, str]:
        """Return the headers of every request: who we are, and what is in it."""
        assert self.account is not None  # noqa: S101 -- a type without a key has headers of its own
        return {"authorization": basic_authorization(self.account), "content-type": "application/json"}

    def request(self, batch: Batch) -> Request:
        return Request(url=f"{self.host}/batch", headers=self.headers(), body=in_batch(batch))

    def verdict(self, batch: Batch, response: Response) -> Verdict:
        return verdict_of_status(response, calls=batch.calls)

    def deletion(self, call: CallType) -> Mapping[str, Any] | None:
        return None

    def profile_request(self, user: str) -> Request | None:
        return None

    def profile(self, response: Response) -> Profile:
        """Read what most say: the traits as an object; 404 for a person who is not there."""
        if response.status == HTTPStatus.NOT_FOUND:
            return Profile(found=False)
        if response.status != HTTPStatus.OK:
            known = {each.value: each.phrase for each in HTTPStatus}
            raise ValueError(f"{response.status} {known.get(response.status, '')}".strip())
        try:
            traits = json.loads(response.body)
        except (ValueError, RecursionError):
            raise ValueError("its reply is cut short, or no JSON") from None
        for name in self.traits_at:
            traits = traits.get(name) if isinstance(traits, dict) else None
        if isinstance(traits, dict):
            return Profile(found=True, traits=traits)
        raise ValueError("its reply has no traits")


def basic_authorization(key: Secret) -> str:
    """Return the header for a key that is the user of Basic authentication, without a password (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{key.reveal()}:".encode()).decode()


def in_header(secret: Secret, what: str) -> str:
    """Return a secret as a header carries it. Raises DeliveryError where it holds what no header can (RFC 9110, 5.5)."""
    text = secret.reveal()
    if text.isascii() and text.isprintable() and text == text.strip():
        return text
    raise DeliveryError(
        f"{what[0].upper()}{what[1:]} contains characters not allowed in an HTTP header: a line break, a space at its end, or letters outside ASCII.",
        remedy="Set it again with `backhaul secret set`, without them.",
    )


def in_batch(batch: Batch) -> bytes:
    """Return a batch as the one list of an object, which is how Segment's format has it."""
    return b'{"batch":[' + batch.joined(b",") + b"]}"


def refuse_other_region(url: str, region: str, urls: Mapping[str, str]) -> None:
    """Raise ValueError where `url` is the host of another region than `region`: what is sent there would vanish."""
    try:
        host = urlsplit(url).hostname
    except ValueError:  # no address at all, which is said where it is used
        return
    other = next((name for name, known in urls.items() if name != region and urlsplit(known).hostname == host), None)
    if host and other:
        raise ValueError(
            f"url: {host} is the host of region {other!r}, and region is {region!r}: what is sent to the other region "
            f"is lost without an error; set region = {other!r}, or take url out"
        )


def version_1_of(url: str) -> str:
    """Return the address of an API's version 1, whether the given one names the version already or not."""
    return url.rstrip("/").removesuffix("/v1") + "/v1"
