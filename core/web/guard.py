"""Who may use the served console. Pure: decisions on what a request says, nothing else.

Three things could be done to a console that a browser can reach, and each has its answer here:

- someone else reaches the port: every request needs the token (in a cookie that scripts cannot read, after the first one);
- a page that the user visits opens a websocket to it (which browsers allow across sites): its Origin has to be this server;
- a name that the page's author owns is made to point at this machine (DNS rebinding): the Host has to be one that is expected.

Tokens are compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from core.errors import UsageError

__all__ = ["Door", "Verdict", "is_loopback", "new_token", "token_of"]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done with a request: let in (`status` 200), or refused with a status and a sentence.

    `enters`: it came with the token in its address; it is sent on without it, with a cookie.
    """

    status: int = 200
    reason: str = ""
    enters: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What a server lets in: requests for `host` and `port`, with the `token` (empty: none is asked for, on loopback only).

    Raises UsageError for an address that others reach without a token.
    """

    host: str
    port: int
    token: str = ""

    def __post_init__(self) -> None:
        if not self.token and not is_loopback(self.host):
            raise UsageError(
                f"{self.host} can be reached from other machines, and no token would be asked for.",
                remedy="Say --token, or leave --host out and reach it through `ssh -L`.",
            )

    @property
    def cookie(self) -> str:
        """Return the name of the cookie: cookies know no ports, so that two servers of one name need two."""
        return f"backhaul_{hashlib.sha256(self.token.encode()).hexdigest()[:12]}"

    @property
    def names(self) -> frozenset[str]:
        """Return the names that a browser may call this server by; empty: any, where it listens on all addresses."""
        if is_loopback(self.host):
            return frozenset(_LOOPBACK)
        return frozenset() if self.host in ("0.0.0.0", "::") else frozenset({self.host.lower()})  # noqa: S104 -- compared, not bound

    def judge(self, *, host: str, origin: str | None, cookie: str, given: str, websocket: bool = False) -> Verdict:
        """Judge a request by its Host and Origin, the token in its cookie, and the one in its address (`given`)."""
        if not self._is_ours(host):
            return Verdict(421, "This console is not served under that name.")
        if (origin is not None or websocket) and not self._same(origin or "", host):
            return Verdict(403, "Another site asked for this console.")
        if not self.token:
            return Verdict()
        if given:
            return (
                Verdict(enters=True) if _equal(given, self.token) else Verdict(401, "The token is not the right one.")
            )
        if _equal(cookie, self.token):
            return Verdict()
        return Verdict(401, "Open the address that `backhaul web` printed: it has the token.")

    def _is_ours(self, host: str) -> bool:
        """Return whether a Host header names this server; behind `ssh -L` the port may be another."""
        name = _name(f"//{host}")
        return bool(name) and (not self.names or name in self.names or name == self.host.lower())

    def _same(self, origin: str, host: str) -> bool:
        """Return whether an Origin is the very server that the request asks."""
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def _name(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def _equal(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address. A name that is not `localhost` might be anything, so it is not."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def new_token() -> str:
    """Make a token that nobody guesses."""
    return secrets.token_urlsafe(24)


def token_of(environment: Mapping[str, str]) -> str:
    """Return the token that was chosen (BACKHAUL_WEB_TOKEN), or a new one. Raises UsageError for one that could be guessed."""
    chosen = environment.get("BACKHAUL_WEB_TOKEN", "")
    if chosen and len(chosen) < 16:
        raise UsageError(
            "BACKHAUL_WEB_TOKEN has fewer than 16 characters.", remedy="Remove it: a token is then created."
        )
    return chosen or new_token()
