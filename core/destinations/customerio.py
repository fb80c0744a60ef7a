"""Customer.io's Pipelines API.

Source: https://docs.customer.io/integrations/api/cdp/ -- the same paths as Segment's, in two regions; Basic
authentication with the API key as user; 32 KB a call and 500 KB a batch (a later catalogue says 64 KB and 1 MB: raise
[limits] to use it). The API is permissive by default and answers 200 for what it then drops; with X-Strict-Mode: 1 it
answers 400 and 401, so strict mode is on unless the destination's file says otherwise. Its own clients send batches of
100 calls. 3,000 requests in 3 seconds. How long it deduplicates messageIds is not published.

People and relationships are deleted by semantic events (https://docs.customer.io/integrations/data-in/semantic-events/):
a track call named "User Deleted", or "Relationship Deleted" for a group call's row; the object itself is never deleted.

What Customer.io knows of a person is asked of its App API (https://docs.customer.io/integrations/api/app/), which has a key of its
own: with `look_up`, it is asked when a row of a preview is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from core.destinations._http import HttpDestination, in_header, refuse_other_region
from core.destinations.base import Request, semantic_deletion
from core.model import CallType, Limits

__all__ = ["Plugin"]

_APP = {"us": "https://api.customer.io/v1", "eu": "https://api-eu.customer.io/v1"}
_URLS = {"us": "https://cdp.customer.io/v1", "eu": "https://cdp-eu.customer.io/v1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`region` is where the account lives; `strict` asks for errors instead of silence; `url` stands in for the host.

    `look_up` lets previews look people up; `app_url` stands in for the App API's host.
    """

    region: Literal["us", "eu"] = "us"
    strict: bool = True
    url: str = ""
    look_up: bool = False
    app_url: str = ""

    def __post_init__(self) -> None:
        refuse_other_region(self.url, self.region, _URLS)


class Plugin(HttpDestination):
    """Customer.io: its data pipelines (CDP)."""

    Settings: ClassVar[type[Any]] = Settings
    secrets: ClassVar[Mapping[str, str]] = {
        "api_key": "the API key of the Customer.io API source",
        "app_key": "the App API key",
    }
    where_to_find: ClassVar[Mapping[str, str]] = {
        "region": "Account settings > Data center: us or eu.",
        "url": "Only for a proxy of your own before Customer.io, with its /v1. Else empty.",
        "strict": "Customer.io then rejects what it would otherwise drop silently. Keep it on.",
        "look_up": "Shows in previews what Customer.io knows of a person. It needs an App API key.",
        "app_url": "Only for a proxy of your own before the App API, with its /v1. Else empty.",
        "app_key": "Account settings > API credentials > App API keys.",
        "api_key": "Data & Integrations > Integrations > your HTTP source > Settings > API Key.",
    }
    limits: ClassVar[Limits] = Limits(columns=300, call_bytes=32_000, batch_bytes=500_000, batch_calls=100)
    semantic_events: ClassVar[bool] = True
    traits_at: ClassVar[tuple[str, ...]] = ("customer", "attributes")

    @classmethod
    def needs(cls, settings: Any) -> tuple[str, ...]:
        return ("api_key", "app_key") if settings.look_up else ("api_key",)

    @property
    def host(self) -> str:
        return self.settings.url.rstrip("/") or _URLS[self.settings.region]

    def headers(self) -> dict[str, str]:
        return HttpDestination.headers(self) | ({"x-strict-mode": "1"} if self.settings.strict else {})

    def deletion(self, call: CallType) -> Mapping[str, Any] | None:
        return semantic_deletion(call)

    def profile_request(self, user: str) -> Request | None:
        if not self.settings.look_up or user in (".", ".."):  # which name a folder in an address
            return None
        host = self.settings.app_url.rstrip("/") or _APP[self.settings.region]
        headers = {"authorization": f"Bearer {in_header(self._secrets('app_key'), 'the App API key')}"}
        url = f"{host}/customers/{quote(user, safe='')}/attributes?id_type=id"
        return Request(url=url, method="GET", body=b"", headers=headers, compress=False)
