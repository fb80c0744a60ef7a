"""How a request leaves this machine: over HTTP, or into a local file. The only place that imports httpx.

A transport gives a Response, or raises `NoReplyError`: it is not known whether the request arrived, so it may be sent again
with the same messageIds. Credentials never follow a redirect, and plain http is for loopback only.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import unquote, urlsplit

from core import __version__
from core.destinations.base import Request, Response
from core.errors import DeliveryError
from core.model import Limits

__all__ = ["FileTransport", "HttpTransport", "NoReplyError", "Transport", "transport_of"]

_LONGEST_REPLY = 64 * 1024


class NoReplyError(Exception):
    """The request may or may not have arrived; the message says what happened."""


class Transport(Protocol):
    """Sends requests; a context manager that closes what it opened."""

    async def position(self, request: Request) -> int | None:
        """Give what the store must remember before the request is first sent (a file's size), or None."""
        ...

    async def send(self, request: Request, position: int | None) -> Response:
        """Send, and give the reply. Raises NoReplyError, or DeliveryError where sending again cannot help."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


class HttpTransport:
    """HTTP with gzip, kept-alive connections and no redirects."""

    def __init__(self, limits: Limits) -> None:
        import httpx

        self._client = httpx.AsyncClient(
            limits=httpx.Limits(max_connections=limits.connections, max_keepalive_connections=limits.connections),
            timeout=httpx.Timeout(limits.timeout),
            follow_redirects=False,
            headers={"user-agent": f"backhaul/{__version__}"},
        )

    async def position(self, request: Request) -> int | None:
        return None

    async def send(self, request: Request, position: int | None) -> Response:
        import httpx
        from isal import igzip  # six times as fast as zlib at its level 1, and smaller

        _refuse_plain_http(request.url)
        headers = dict(request.headers)
        body = request.body
        if request.compress:
            headers["content-encoding"] = "gzip"
            body = await asyncio.to_thread(igzip.compress, body, 1)
        try:
            async with self._client.stream(request.method, request.url, content=body, headers=headers) as reply:
                content = b""
                async for part in reply.aiter_bytes():
                    content += part
                    if len(content) > _LONGEST_REPLY:
                        break
                return Response(status=reply.status_code, headers=dict(reply.headers), body=content[:_LONGEST_REPLY])
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise DeliveryError(f"{request.url} is no address to send to: {error}.") from error
        except httpx.HTTPError as error:
            raise NoReplyError(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__) from error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._client.aclose()


class FileTransport:
    """Appends to a file of this machine; what was not recorded as answered is cut off and written anew."""

    async def position(self, request: Request) -> int | None:
        file = _file(request.url)
        return file.stat().st_size if file.exists() else 0

    async def send(self, request: Request, position: int | None) -> Response:
        try:
            await asyncio.to_thread(self._append, _file(request.url), request.body, position or 0)
        except OSError as error:
            raise DeliveryError(
                f"The calls could not be written: {error.strerror}.",
                where=str(_file(request.url)),
                remedy="Make room, or make the folder writable, then run again: the plan is kept.",
            ) from error
        return Response(status=200, headers={}, body=b"")

    @staticmethod
    def _append(file: Path, body: bytes, position: int) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("r+b" if file.exists() else "wb") as handle:
            handle.truncate(min(position, handle.seek(0, os.SEEK_END)))
            handle.seek(0, os.SEEK_END)
            handle.write(body)
            handle.flush()
            os.fsync(handle.fileno())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None


def transport_of(name: str, limits: Limits) -> Transport:
    """Give a transport for a destination type's `transport`."""
    return FileTransport() if name == "file" else HttpTransport(limits)


def _file(url: str) -> Path:
    return Path(unquote(urlsplit(url).path))


def _refuse_plain_http(url: str) -> None:
    """Refuse to send credentials and people's data over a network in the clear."""
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise DeliveryError(
            f"{parts.hostname} would be sent to without encryption.",
            remedy="Use an https address; plain http is for this machine only.",
        )
