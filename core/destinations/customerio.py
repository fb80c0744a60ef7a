"""Customer.io's Pipelines API.

Source: https://docs.customer.io/integrations/api/cdp/ -- the same paths as Segment's, in two regions; Basic
authentication with the API key as user; 32 KB a call and 500 KB a batch (a later catalogue says 64 KB and 1 MB: raise
[limits] to use it). The API is permissive by default and answers 200 for what it then drops; with X-Strict-Mode: 1 it
answers 400 and 401, so strict mode is on unless the destination's file says otherwise. Its own clients send batches of
100 calls. 3,000 requests in 3 seconds. How long it deduplicates messageIds is not published.

People and relationships are deleted by semantic events (https://docs.customer.io/integrations/data-in/semantic-events/):
a track call named "User Deleted", or "Relationship Deleted" for a group call's row; the object itself is never deleted.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from core.destinations.base import Batch, Request, Response, Verdict, semantic_deletion, verdict_of_status
from core.model import CallType, Limits, Secret

__all__ = ["Plugin"]

_URLS = {"us": "https://cdp.customer.io/v1", "eu": "https://cdp-eu.customer.io/v1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`region` is where the account lives; `strict` asks for errors instead of silence; `url` stands in for the host."""

    region: Literal["us", "eu"] = "us"
    strict: bool = True
    url: str = ""


class Plugin:
    """Customer.io."""

    Settings: ClassVar[type[Any]] = Settings
    secrets: ClassVar[Mapping[str, str]] = {"api_key": "the API key of the Customer.io API source"}
    limits: ClassVar[Limits] = Limits(columns=300, call_bytes=32_000, batch_bytes=500_000, batch_calls=100)
    profiles: ClassVar[Mapping[str, Limits]] = {}
    deduplicates_for: ClassVar[int] = 0
    transport: ClassVar[str] = "http"
    email_identifies: ClassVar[bool] = True
    group_needs_user: ClassVar[bool] = False

    def __init__(self, settings: Any, secrets: Callable[[str], Secret], folder: Path, sync: str) -> None:
        self._url = settings.url.rstrip("/") or _URLS[settings.region]
        self._strict = settings.strict
        self._secrets = secrets

    @property
    def host(self) -> str:
        return self._url

    @property
    def account(self) -> Secret:
        return self._secrets("api_key")

    def batch_limits(self, call: CallType, limits: Limits) -> Limits:
        return limits

    def request(self, batch: Batch) -> Request:
        key = base64.b64encode(f"{self.account.reveal()}:".encode()).decode()
        headers = {"authorization": f"Basic {key}", "content-type": "application/json"}
        if self._strict:
            headers["x-strict-mode"] = "1"
        return Request(url=f"{self._url}/batch", headers=headers, body=b'{"batch":[' + batch.joined(b",") + b"]}")

    def verdict(self, batch: Batch, response: Response) -> Verdict:
        return verdict_of_status(response)

    def deletion(self, call: CallType) -> Mapping[str, Any] | None:
        return semantic_deletion(call)
