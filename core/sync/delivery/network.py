"""The way to a destination: which proxy, and which certificates are trusted.

A destination's own `[network]` goes before the environment (HTTPS_PROXY, ALL_PROXY, NO_PROXY in either case, and
SSL_CERT_FILE); this machine is never reached through a proxy. A proxy's password is in no message: the file may hold
none, and what comes from the environment is shown without it.
"""

from __future__ import annotations

import base64
import re
import socket
import ssl
import urllib.request
from urllib.parse import unquote, urlsplit

from core.errors import DeliveryError
from core.model import Network
from core.no_proxy import is_named
from core.redaction import remember_secret

__all__ = ["LOOPBACK", "find_proxy", "open_tunnel", "trusting", "without_password"]

_LONGEST_REPLY = 16 * 1024
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def find_proxy(url: str, network: Network) -> str:
    """Return the address of the proxy on the way to `url`, its password included; empty where there is none."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in LOOPBACK:
        return ""
    if network.proxy:
        return network.proxy
    if is_named(host, parts.port or (443 if parts.scheme == "https" else 80)):
        return ""
    known = urllib.request.getproxies()
    found = known.get(parts.scheme) or known.get("all") or ""
    address = found if "://" in found or not found else f"http://{found}"
    _remember_password(address)
    return address


def _remember_password(proxy: str) -> None:
    """Take note of a proxy's password: its refusal may repeat it.

    It ends at the last `@`: people write passwords as they are, and whoever reads the address may stop at a `/`, `#` or `?` in one.
    """
    password = proxy.partition("://")[2].rpartition("@")[0].partition(":")[2]
    for part in {password, unquote(password), *re.split("[/#?]", password)} - {""}:
        remember_secret(part)


def trusting(network: Network) -> ssl.SSLContext:
    """Return what checks certificates: the usual authorities, and the one of the destination's file.

    Raises DeliveryError where that file cannot be used.
    """
    import httpx

    context = httpx.create_ssl_context()
    if network.ca_file:
        try:
            context.load_verify_locations(network.ca_file)
        except OSError as error:  # an SSLError, which is one too: the file is there and holds no certificate
            reason = "it does not contain a certificate" if isinstance(error, ssl.SSLError) else str(error.strerror)
            raise DeliveryError(
                f"The certificates of {network.ca_file} cannot be used: {reason}.",
                where="network.ca_file of the destination's file",
                remedy="Name a PEM file that begins with -----BEGIN CERTIFICATE-----.",
            ) from error
    return context


def open_tunnel(connection: socket.socket, proxy: str, url: str, context: ssl.SSLContext) -> socket.socket:
    """Ask a proxy, to which there is a connection, for one to the host of `url` (RFC 9110, 9.3.6). Raises OSError."""
    way, goal = urlsplit(proxy), urlsplit(url)
    if way.scheme == "https":
        connection = context.wrap_socket(connection, server_hostname=way.hostname)
    place = f"{goal.hostname}:{goal.port or 443}"
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if way.username:
        who = f"{unquote(way.username)}:{unquote(way.password or '')}"
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(who.encode()).decode()}")
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    reply = b""
    while not reply.endswith(b"\r\n\r\n"):  # a byte at a time: what follows is the host's
        byte = connection.recv(1)
        if not byte or len(reply) > _LONGEST_REPLY:
            raise ConnectionError("it gave no whole reply")
        reply += byte
    status = reply.split(b"\r\n", 1)[0].decode("latin-1")
    if " 200" not in status[:13]:
        raise ConnectionError(f"it answered {status[:100]!r}")
    return connection


def without_password(text: str) -> str:
    """Return a text without the user and password of any address in it."""
    return re.sub(r"(?<=://)\S*@", "", text)
