"""Which address a server sees of this machine, unless a router translates it: what a firewall has to let through."""

from __future__ import annotations

import socket

__all__ = ["own_address"]


def own_address(host: str, port: int) -> str:
    """Give the address that traffic to a host leaves this machine from; "" where that is not known.

    A datagram socket that is connected sends nothing: it only asks the system for the way.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as probe:
            probe.connect(address)
            return str(probe.getsockname()[0])
    except (OSError, UnicodeError, IndexError):
        return ""
