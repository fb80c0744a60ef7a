"""How a request leaves this machine: over HTTP, or into a local file. The only place that imports httpx.

A transport gives a Response, or raises `NoReplyError`: it is not known whether the request arrived, so it may be sent again
with the same messageIds. Credentials never follow a redirect, and plain http is for loopback only; core.sync.delivery.network says
through which proxy a request goes. A key that a reply repeats is taken out of it, for replies are kept with rejected rows.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self
from urllib.parse import unquote, urlsplit

from core import __version__
from core.destinations.base import Request, Response
from core.errors import DeliveryError
from core.model import Limits, Network
from core.own_folder import open_without_links
from core.redaction import remember_secret, without_secrets
from core.sync.delivery.content_encoding import ACCEPTED, decoded
from core.sync.delivery.http_internals import close_if_more_came
from core.sync.delivery.network import LOOPBACK, find_proxy, trusting, without_password

if TYPE_CHECKING:
    import httpx

__all__ = ["FileTransport", "HttpTransport", "NoReplyError", "Transport", "check_address", "open_transport", "warm_up"]

_LONGEST_REPLY = 1024 * 1024
"""What is read of a reply: Jitsu's names every call of a batch that it did not take."""
_TIMEOUTS = 4
"""A reply is whole after so many times the timeout, which itself is for each step: a drop a second would never end."""
_SHORTEST_KEY = 8
"""Shorter keys are not looked for in replies: they would be found in plain words."""

_NOT_IN_GZIP = (415, 501)
"""Statuses by which a body is refused whose encoding is not known (RFC 9110, 15.5.16). A gateway may say 400, in no JSON."""
_NO_GZIP = "it answered {} to a body in gzip and took it without; write compress = false under [network] in its file to save this try"


class NoReplyError(Exception):
    """There is no reply; the message says what happened. It may have arrived, but for where no connection was made."""

    def __init__(self, message: str, *, may_have_arrived: bool = True) -> None:
        super().__init__(message)
        self.may_have_arrived = may_have_arrived


class Transport(Protocol):
    """Sends requests; a context manager that closes what it opened."""

    async def position(self, request: Request) -> int | None:
        """Return what the store must remember before the request is first sent (a file's size), or None."""
        ...

    async def send(self, request: Request, position: int | None) -> Response:
        """Send, and return the reply. Raises NoReplyError, or DeliveryError where sending again cannot help."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


class HttpTransport:
    """HTTP with gzip, kept-alive connections and no redirects.

    Connections are shared by all requests, at most `limits.connections` of them. The client is made at the first request,
    which says whether there is a proxy on its way: all requests of a destination go to one host.
    """

    def __init__(self, limits: Limits, network: Network | None = None) -> None:
        self._longest = _TIMEOUTS * limits.timeout
        self._limits = limits
        self._network = network or Network()
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._takes_gzip: bool | None = None if self._network.compress else False

    def _client(self, url: str) -> httpx.AsyncClient:
        """Return the client for an address. Raises DeliveryError where the proxy or the certificates cannot be used."""
        import httpx

        proxy = find_proxy(url, self._network)
        if proxy not in self._clients:
            most = self._limits.connections
            # to load the authorities takes 30 milliseconds; without TLS, which is for this machine only, nobody asks them
            is_plain = not proxy and url.startswith("http:")
            context = False if is_plain else trusting(self._network)
            try:
                self._clients[proxy] = httpx.AsyncClient(
                    limits=httpx.Limits(max_connections=most, max_keepalive_connections=most),
                    timeout=httpx.Timeout(self._limits.timeout),
                    follow_redirects=False,
                    proxy=httpx.Proxy(
                        proxy, ssl_context=trusting(self._network) if proxy.startswith("https:") else None
                    )
                    if proxy
                    else None,
                    verify=context,
                    cookies=CookieJar(
                        DefaultCookiePolicy(allowed_domains=[])
                    ),  # none is kept: thousands of replies may set one
                    trust_env=False,  # core.sync.delivery.network has read it
                    headers={"user-agent": f"backhaul/{__version__}", "accept-encoding": ACCEPTED},
                )
            except (ValueError, httpx.InvalidURL, ImportError) as error:  # ImportError: a SOCKS proxy needs a package
                raise DeliveryError(
                    f"The proxy {without_password(proxy)} cannot be used.",
                    where="network.proxy of the destination's file, or the environment variable HTTPS_PROXY",
                    remedy='Write it like "http://proxy.example:3128".',
                ) from error
        return self._clients[proxy]

    async def position(self, request: Request) -> int | None:
        return None

    async def send(self, request: Request, position: int | None) -> Response:
        check_address(request.url)
        for key in _keys(request.headers):
            remember_secret(key)
        if not request.compress or self._takes_gzip is False:  # None: it is not known yet
            return await self._send(request, request.headers, request.body)
        from isal import igzip  # six times as fast as zlib at its level 1, and smaller

        headers = {**request.headers, "content-encoding": "gzip"}
        response = await self._send(request, headers, await asyncio.to_thread(igzip.compress, request.body, 1))
        if response.status < 300:
            self._takes_gzip = True
        elif not self._takes_gzip and _may_be_about_gzip(response):
            plain = await self._send(request, request.headers, request.body)
            was_known, self._takes_gzip = self._takes_gzip is False, plain.status >= 300
            note = "" if self._takes_gzip or was_known else _NO_GZIP.format(response.status)
            return replace(plain, note=note)
        return response

    async def _send(self, request: Request, headers: Mapping[str, str], body: bytes) -> Response:
        """Send these bytes, and read the reply as far as it is wanted."""
        import httpx

        client = self._client(request.url)
        try:
            async with (
                asyncio.timeout(self._longest),
                client.stream(request.method, request.url, content=body, headers=dict(headers)) as reply,
            ):
                content = b""
                async for part in reply.aiter_raw():
                    content += part
                    if len(content) > _LONGEST_REPLY:
                        break
                await close_if_more_came(reply)
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise _no_address(request.url, str(error)) from error
        except TimeoutError as error:
            raise NoReplyError(f"no whole reply in {self._longest:.0f} seconds") from error
        except httpx.HTTPError as error:
            said = without_secrets(without_password(str(error)))
            unsent = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError))
            raise NoReplyError(
                f"{type(error).__name__}: {said}" if said else type(error).__name__, may_have_arrived=not unsent
            ) from None
        if reply.status_code // 100 == 3:
            raise _redirected(request.url, reply.headers.get("location", ""))
        content = decoded(content, reply.headers.get("content-encoding", ""), most=_LONGEST_REPLY)
        # in a thread: what is full of escapes takes a while
        said = await asyncio.to_thread(without_secrets, content.decode("utf-8", "surrogateescape"))
        return Response(
            status=reply.status_code, headers=dict(reply.headers), body=said.encode("utf-8", "surrogateescape")
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for client in self._clients.values():
            await client.aclose()


class FileTransport:
    """Appends to a file of this machine; what was not recorded as answered is cut off and rewritten."""

    async def position(self, request: Request) -> int | None:
        file = _file(request.url)
        return file.stat().st_size if file.exists() else 0

    async def send(self, request: Request, position: int | None) -> Response:
        writing = asyncio.ensure_future(
            asyncio.to_thread(self._append, _file(request.url), request.body, position or 0)
        )
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:  # the thread cannot be stopped: nobody else may go on before it is done
            await asyncio.wait({writing})
            raise
        except OSError as error:
            raise DeliveryError(
                f"The calls could not be written: {error.strerror}.",
                where=str(_file(request.url)),
                remedy="Make room, or make the folder writable, then run again: the plan is kept.",
            ) from error
        return Response(status=200, headers={}, body=b"")

    @staticmethod
    def _append(file: Path, body: bytes, position: int) -> None:
        if not file.parent.is_dir():
            file.parent.parent.mkdir(parents=True, exist_ok=True)
            file.parent.mkdir(
                mode=0o700, exist_ok=True
            )  # rows about people: whoever shares them opens the folder himself
        is_new = not file.exists()
        # no link is followed, nor one in the place of a folder: it would have another file cut off and written
        with os.fdopen(open_without_links(file, os.O_RDWR | os.O_CREAT), "r+b") as handle:
            if os.fstat(handle.fileno()).st_nlink > 1:
                raise DeliveryError(
                    "This file has another name too (a hard link), so that another file would be written.",
                    where=str(file),
                    remedy="Put a copy in its place, or remove it, then run again: the plan is kept.",
                )
            handle.truncate(min(position, handle.seek(0, os.SEEK_END)))
            handle.seek(0, os.SEEK_END)
            handle.write(body)
            handle.flush()
            os.fsync(handle.fileno())
        if is_new:
            _sync_folder(file.parent)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None


def open_transport(name: str, limits: Limits, network: Network | None = None) -> Transport:
    """Return a transport for a destination type's `transport`."""
    return FileTransport() if name == "file" else HttpTransport(limits, network)


def warm_up() -> None:
    """Import what sending needs, while there is something else to wait for: it takes 0.15 seconds."""
    import httpx
    from isal import igzip

    _ = httpx.AsyncClient, igzip.compress


def _file(url: str) -> Path:
    return Path(unquote(urlsplit(url).path))


def _sync_folder(folder: Path) -> None:
    """Make a new file's name as durable as its content, where folders can be synced (not on Windows)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_address(url: str) -> None:
    """Raise DeliveryError for what is no address, and for one where keys and people's data would travel in the clear."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise _no_address(url, str(error)) from error
    if parts.scheme not in ("http", "https") or not host:
        raise _no_address(url, "it must start with https:// and a host")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise DeliveryError(
            f"{host} would be sent to without encryption.",
            where=url,
            remedy="Use an https address; plain http is for this machine only.",
        )


def _no_address(url: str, why: str) -> DeliveryError:
    return DeliveryError(
        f"{url} is not a valid URL: {why.rstrip('.')}.",
        remedy="Fix `url` in the destination's file, then run again: the plan is kept.",
    )


def _redirected(url: str, location: str) -> DeliveryError:
    return DeliveryError(
        f"The destination redirects to {location[:300]}, where the key must not follow."
        if location
        else "The destination redirects, and does not say where.",
        where=url,
        remedy="If that is its new address, write it as `url` in the destination's file. The plan is kept.",
    )


def _may_be_about_gzip(response: Response) -> bool:
    return response.status in _NOT_IN_GZIP or (
        response.status == 400 and not response.body.lstrip().startswith((b"{", b"["))
    )


def _keys(headers: Mapping[str, str]) -> Iterator[str]:
    """Yield what is secret in a request's headers, as it is sent and as it was before its encoding.

    A key in a header of another name is among the secrets that this process has read (core.redaction).
    """
    words = headers.get("authorization", "").split()
    if not words:
        return
    sent = words[-1]
    try:
        plain = base64.b64decode(sent, validate=True).decode().partition(":")[0]
    except ValueError:
        plain = ""
    yield from (key for key in (sent, plain) if len(key) >= _SHORTEST_KEY)
