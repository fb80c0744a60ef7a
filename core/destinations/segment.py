"""Segment's HTTP tracking API.

Source: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/ -- Basic authentication with the
write key as user and no password; 32 KB a call, 500 KB and 2,500 calls a batch; a batch is documented to take identify,
group, track, page and screen calls, not alias, so alias calls travel one by one. Data of an EU workspace that is sent to
the US host vanishes without an error, so the region is always said. Segment answers 400 only for size or bad JSON and
200 even for calls that it drops: all that it needs is checked before anything is sent. messageIds are deduplicated for
at least 24 hours, across sources and workspaces.

What Segment knows of a person is asked of its Profile API (https://segment.com/docs/unify/profile-api/), which has a token and a
space of its own: a destination that names its `space` is asked when a row of a preview is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from core.destinations._http import HttpDestination, basic_authorization, refuse_other_region
from core.destinations.base import Batch, Request
from core.model import CallType, Limits

__all__ = ["Plugin"]

_PROFILES = {"us": "https://profiles.segment.com/v1", "eu": "https://profiles.euw1.segment.com/v1"}
_URLS = {"us": "https://api.segment.io/v1", "eu": "https://events.eu1.segmentapis.com/v1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`region` is where the workspace lives; `url` stands in for Segment's host (a proxy, a test), with its /v1.

    `profile` "sql-traits" takes the stricter limits of Segment's own SQL Traits. `space` is the space of Unify whose profiles previews
    look people up in; `profile_url` stands in for the Profile API's host.
    """

    region: Literal["us", "eu"] = "us"
    url: str = ""
    profile: Literal["", "sql-traits"] = ""
    space: str = ""
    profile_url: str = ""

    def __post_init__(self) -> None:
        refuse_other_region(self.url, self.region, _URLS)


class Plugin(HttpDestination):
    """Segment: an HTTP source of a workspace."""

    Settings: ClassVar[type[Any]] = Settings
    secrets: ClassVar[Mapping[str, str]] = {
        "write_key": "the source's write key",
        "profile_token": "the access token of the Profile API",
    }
    where_to_find: ClassVar[Mapping[str, str]] = {
        "region": "Workspace settings > General > Region. Data of an EU workspace that goes to the US host vanishes without an error.",
        "url": "Only for a proxy of your own before Segment, with its /v1. Else empty.",
        "profile": "sql-traits takes the stricter limits of Segment's own SQL Traits: 25 columns, 10 million rows.",
        "space": "Unify > Unify settings > API access: the space ID. Only to look people up in previews.",
        "profile_url": "Only for a proxy of your own before the Profile API, with its /v1. Else empty.",
        "profile_token": "Unify > Unify settings > API access > Generate token.",
        "write_key": "Connections > Sources > your HTTP API source > Settings > API Keys.",
    }
    limits: ClassVar[Limits] = Limits(columns=512, call_bytes=32_000, batch_bytes=500_000, batch_calls=2_500)
    profiles: ClassVar[Mapping[str, Limits]] = {"sql-traits": replace(limits, columns=25, rows=10_000_000)}
    deduplicates_for: ClassVar[int] = 24 * 3600
    email_identifies: ClassVar[bool] = False
    group_needs_user: ClassVar[bool] = True
    traits_at: ClassVar[tuple[str, ...]] = ("traits",)

    @classmethod
    def needs(cls, settings: Any) -> tuple[str, ...]:
        return ("write_key", "profile_token") if settings.space else ("write_key",)

    @property
    def host(self) -> str:
        return self.settings.url.rstrip("/") or _URLS[self.settings.region]

    def batch_limits(self, call: CallType, limits: Limits) -> Limits:
        return replace(limits, batch_calls=1) if call is CallType.ALIAS else limits

    def request(self, batch: Batch) -> Request:
        if batch.call is CallType.ALIAS:
            return Request(url=f"{self.host}/alias", headers=self.headers(), body=batch.joined(b","))
        return HttpDestination.request(self, batch)

    def profile_request(self, user: str) -> Request | None:
        if not self.settings.space:
            return None
        host = self.settings.profile_url.rstrip("/") or _PROFILES[self.settings.region]
        path = f"spaces/{quote(self.settings.space, safe='')}/collections/users/profiles/user_id:{quote(user, safe='')}/traits"
        headers = {"authorization": basic_authorization(self._secrets("profile_token"))}
        return Request(url=f"{host}/{path}?limit=200", method="GET", body=b"", headers=headers, compress=False)
