"""RudderStack's HTTP API, of a data plane in its cloud or of one's own.

Sources: https://www.rudderstack.com/docs/api/http-api/ and the gateway of github.com/rudderlabs/rudder-server. The same
calls and paths as Segment's, below the data plane's address; Basic authentication with the source's write key; 32 KB a
call and 4 MB a batch. It answers 400 for bad JSON and an empty batch, 401 for a wrong key, 404 for a source that is
switched off, 413 for what is too large, and 429, 503 and 504 for later. One call without userId and anonymousId fails
its whole batch with a 400: ids are checked before anything is sent, and a batch that is refused is halved all the same.

The open-source server deduplicates messageIds only where `Dedup.enableDedup` is on, then for 3,600 seconds: nothing is
counted on here. Its clients send batches of 20 to 100 calls; 1,000 keep a batch well below 4 MB and make few requests.

People are erased through its User Suppression API, which has another key and is no call: rows that are gone stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from core.destinations._http import HttpDestination, version_1_of
from core.model import Limits

__all__ = ["Plugin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`url` is the data plane's address, as RudderStack shows it beside the source."""

    url: str = field(
        metadata={
            "missing": "Add the address of your data plane, which RudderStack shows on its Connections page: "
            'url = "https://acme.dataplane.rudderstack.com"'
        }
    )


class Plugin(HttpDestination):
    """RudderStack: a data plane of its cloud, or your own."""

    Settings: ClassVar[type[Any]] = Settings
    secrets: ClassVar[Mapping[str, str]] = {"write_key": "the source's write key"}
    where_to_find: ClassVar[Mapping[str, str]] = {
        "url": "The dashboard shows it at the top of Connections as Data Plane URL.",
        "write_key": "Sources > your HTTP source > Setup > Write key.",
    }
    limits: ClassVar[Limits] = Limits(columns=512, call_bytes=32_000, batch_bytes=2_000_000, batch_calls=1_000)
    email_identifies: ClassVar[bool] = False
    group_needs_user: ClassVar[bool] = True

    @property
    def host(self) -> str:
        return version_1_of(self.settings.url)
