"""The way to a host: the proxy before it, whether it answers, and the address that it sees of this machine."""

from __future__ import annotations

import re
import socket
import urllib.request

from core.errors import UnreachableError
from core.no_proxy import is_named

__all__ = ["LOOPBACK", "own_address", "proxy_before", "tried_connection"]

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def own_address(host: str, port: int) -> str:
    """Give the address that traffic to a host leaves this machine from, which a firewall has to let through; "" where that is not known.

    A router may translate it. A datagram socket that is connected sends nothing: it only asks the system for the way.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as probe:
            probe.connect(address)
            return str(probe.getsockname()[0])
    except (OSError, UnicodeError, IndexError):
        return ""


def proxy_before(host: str) -> tuple[str, int] | None:
    """Give host and port of the proxy that the environment puts before a host, None where there is none."""
    if host in LOOPBACK or is_named(host, 443):
        return None
    known = urllib.request.getproxies()
    found = re.match(r"(?:\w+://)?(?:[^@/]*@)?([^:/]+)(?::(\d+))?", known.get("https") or known.get("all") or "")
    return (found[1], int(found[2] or 80)) if found else None


def tried_connection(
    host: str, port: int, *, what: str, seconds: float, where: str, no_host: str, no_answer: str
) -> str:
    """Resolve a host's name and connect to it; say what answers.

    `what` is what a person calls the host, `no_host` and `no_answer` are what to do. Raises UnreachableError.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnreachableError(f"There is no host named {host!r}.", where=where, remedy=no_host) from error
    try:
        with socket.create_connection((host, port), timeout=seconds) as tried:
            address = tried.getpeername()[0]
    except OSError as error:
        reason = "did not answer in time" if isinstance(error, TimeoutError) else "takes no connection"
        raise UnreachableError(f"{what} {reason} on port {port}.", where=where, remedy=no_answer) from error
    return f"{what} is {found[0][4][0]}" if address == found[0][4][0] else f"{what} answers at {address}"
