"""The way to Snowflake's host before the driver takes it: its name, a connection, TLS, and what its clock says.

The driver tries a host that is not there again until the login times out, and then says only that.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from email.utils import parsedate_to_datetime
from typing import Protocol

from core.errors import UnreachableError
from core.warehouses._network import LOOPBACK, tried_connection

__all__ = ["Address", "seconds_ahead", "tried_network", "tried_tls"]


class Address(Protocol):
    """Where Snowflake is: the host and the settings, the name for messages, and the proxy before it (host and port), where there is one."""

    @property
    def settings(self) -> Reached: ...

    @property
    def host(self) -> str: ...

    @property
    def where(self) -> str: ...

    @property
    def proxy(self) -> tuple[str, int] | None: ...


class Reached(Protocol):
    """The settings that say how the host is reached."""

    @property
    def account(self) -> str: ...

    @property
    def protocol(self) -> str: ...

    @property
    def port(self) -> int: ...

    @property
    def connect_timeout(self) -> int: ...


def tried_network(connector: Address) -> str:
    """Resolve the host's name and connect to it, or to the proxy before it; say what answers. Raises UnreachableError."""
    if connector.settings.protocol == "http" and connector.host not in LOOPBACK:
        raise UnreachableError(
            'protocol = "http" would send the secret and all rows in the clear.',
            where=connector.where,
            remedy='Take `protocol` out of the source\'s file: "https" is the default.',
        )
    host, port = connector.proxy or (connector.host, connector.settings.port)
    no_host = (
        f"Check `account` in the source's file ({connector.settings.account!r}): Snowsight shows it under the "
        "account menu, View account details. A host of a private link is known in its own network only."
    )
    no_answer = (
        f"Let this machine through the firewall to {host}, port {port}, or set HTTPS_PROXY where a proxy leads out. "
        "SELECT SYSTEM$ALLOWLIST() lists all hosts of the account."
    )
    if connector.proxy:
        no_host = "Check the proxy in the environment variable HTTPS_PROXY."
        no_answer = f"Check the proxy in the environment variable HTTPS_PROXY, or let NO_PROXY name {connector.host}."
    return tried_connection(
        host,
        port,
        what=f"the proxy {host}" if connector.proxy else host,
        seconds=connector.settings.connect_timeout,
        where=connector.where,
        no_host=no_host,
        no_answer=no_answer,
    )


def tried_tls(connector: Address) -> str:
    """Shake hands with the host and say how; nothing where there is no TLS, or a proxy before it. Raises OSError.

    The driver trusts the same authorities (it takes the system's, as Python does), but tries again and again first.
    """
    if connector.settings.protocol == "http" or connector.proxy:
        return ""
    address, seconds = (connector.host, connector.settings.port), connector.settings.connect_timeout
    context = ssl.create_default_context()
    with (
        socket.create_connection(address, timeout=seconds) as plain,
        context.wrap_socket(plain, server_hostname=connector.host) as secured,
    ):
        return str(secured.version())


def seconds_ahead(connector: Address) -> float:
    """Give how far this machine's clock is ahead of the host's, by the date of its answer; 0 where it gives none.

    Snowflake tells only that a JWT is invalid, and a clock that is wrong makes every JWT so.
    """
    settings = connector.settings
    kind = http.client.HTTPSConnection if settings.protocol == "https" else http.client.HTTPConnection
    asked = kind(connector.host, settings.port, timeout=settings.connect_timeout)
    try:
        asked.request("HEAD", "/")
        told = asked.getresponse().getheader("Date") or ""
        return time.time() - parsedate_to_datetime(told).timestamp()
    except (OSError, ValueError, http.client.HTTPException):
        return 0.0
    finally:
        asked.close()
