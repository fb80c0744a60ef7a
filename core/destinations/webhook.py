"""Any HTTP API that takes JSON: one call a request, or a batch of them.

The body of a request is one call (`body = "call"`), a list of calls (`"array"`), or `{"batch": [...]}` (`"batch"`), as
Segment's format has it. Who sends is told by nothing, by `Authorization: Bearer <token>`, or by the token in a header of
another name. With `signature_header`, a request carries `sha256=` and the HMAC-SHA256 of its JSON body, before any
compression, in hexadecimal digits, made with the signing key -- the form of GitHub's webhooks:

    X-Signature: sha256=6e0b3c...

Replies are read by their status, as everywhere (core.destinations.base). A receiver has to drop a messageId that it has seen: what had no reply is sent
again with the same one. With `deletes`, rows that are gone become the semantic events "User Deleted" and "Relationship
Deleted" of Customer.io, for a receiver that knows what to do with them.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

from core.destinations._http import HttpDestination, in_batch, in_header
from core.destinations.base import Batch, Request, semantic_deletion
from core.model import CallType, Limits, Secret

__all__ = ["Plugin"]

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""What a header's name may hold (RFC 9110, 5.6.2)."""

_OURS = frozenset({"content-type", "content-length", "content-encoding", "transfer-encoding", "host", "connection"})
_LOOKS_SECRET = re.compile(r"authorization|cookie|token|secret|password|api-?key|signature", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`url` is the address. `method` is how it is called; `body` is what a request holds: one "call", an "array" of calls, or {"batch": [...]};
    `headers` are more headers, such as "X-Team: growth", never secrets;
    `authorization` says where the token goes: nowhere, into "bearer" or into the "header" named by `authorization_header`;
    `signature_header` is where the signature goes (empty: none); `gzip` compresses;
    `deletes` sends rows that are gone as "User Deleted" and "Relationship Deleted".
    """

    url: str = field(metadata={"missing": 'Add the address to send to: url = "https://example.com/hooks/people"'})
    method: Literal["POST", "PUT"] = "POST"
    body: Literal["call", "array", "batch"] = "call"
    headers: tuple[str, ...] = ()
    authorization: Literal["none", "bearer", "header"] = "none"
    authorization_header: str = "X-Api-Key"
    signature_header: str = ""
    gzip: bool = False
    deletes: bool = False

    def __post_init__(self) -> None:
        for line in self.headers:
            _check_header(line)
        for key in ("authorization_header", "signature_header"):
            name = getattr(self, key)
            if name and (not _NAME.fullmatch(name) or name.lower() in _OURS):
                raise ValueError(f"{key}: {name!r} is no name for such a header")


class Plugin(HttpDestination):
    """A webhook: any HTTP API that takes JSON."""

    Settings: ClassVar[type[Any]] = Settings
    secrets: ClassVar[Mapping[str, str]] = {
        "token": 'the token, with authorization = "bearer" or "header"',
        "signing_key": "the key of the signature, with signature_header",
    }
    where_to_find: ClassVar[Mapping[str, str]] = {}
    limits: ClassVar[Limits] = Limits(
        columns=1_000, call_bytes=1_000_000, batch_bytes=1_000_000, batch_calls=100, requests=100
    )

    @classmethod
    def needs(cls, settings: Any) -> tuple[str, ...]:
        token = ("token",) if settings.authorization != "none" else ()
        return token + (("signing_key",) if settings.signature_header else ())

    @property
    def host(self) -> str:
        return str(self.settings.url)

    @property
    def account(self) -> Secret | None:
        needed = self.needs(self.settings)
        return self._secrets(needed[0]) if needed else None

    def batch_limits(self, call: CallType, limits: Limits) -> Limits:
        return replace(limits, batch_calls=1) if self.settings.body == "call" else limits

    def headers(self) -> dict[str, str]:
        lines = [line.partition(":") for line in self.settings.headers]
        found = {name.strip().lower(): value.strip() for name, _, value in lines}
        found["content-type"] = "application/json"
        if self.settings.authorization == "bearer":
            found["authorization"] = f"Bearer {in_header(self._secrets('token'), 'the token')}"
        elif self.settings.authorization == "header":
            found[self.settings.authorization_header.lower()] = in_header(self._secrets("token"), "the token")
        return found

    def request(self, batch: Batch) -> Request:
        settings = self.settings
        listed = b"[" + batch.joined(b",") + b"]" if settings.body == "array" else in_batch(batch)
        body = batch.joined(b",") if settings.body == "call" else listed
        headers = self.headers()
        signature = settings.signature_header.lower()
        if signature:
            key = self._secrets("signing_key").reveal().encode()
            headers[signature] = "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
        return Request(
            url=settings.url,
            method=settings.method,
            headers=headers,
            body=body,
            compress=settings.gzip,
            signature=signature,
        )

    def deletion(self, call: CallType) -> Mapping[str, Any] | None:
        return semantic_deletion(call) if self.settings.deletes else None


def _check_header(line: str) -> None:
    """Raise ValueError for what is no "Name: value", what is ours to set, and what looks like a secret."""
    name, colon, value = line.partition(":")
    if not colon or not _NAME.fullmatch(name.strip()) or not value.strip().isprintable() or not value.isascii():
        raise ValueError(f'headers: {name.strip()!r} has to be written as "Name: value", in plain letters')
    if name.strip().lower() in _OURS:
        raise ValueError(f"headers: {name.strip()!r} is set by Backhaul")
    if _LOOKS_SECRET.search(name):
        raise ValueError(
            f"headers: {name.strip()!r} looks like a secret, which never stands in a file; "
            'use authorization = "bearer" or "header", and keep it with `backhaul secret set`'
        )
