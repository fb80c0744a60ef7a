"""What NO_PROXY says: which hosts are reached without the proxy of the environment.

An entry is a host, or a domain with all that is below it, each with a port or without one; an address, or a network of addresses
(10.0.0.0/8); or `*`, which is everything. So curl and Python's requests read it; Python's own library knows no networks, and no ports.
"""

from __future__ import annotations

import ipaddress
import re
import urllib.request

__all__ = ["is_named"]

_WITH_PORT = re.compile(r"(?P<name>\[[^\]]*\]|[^:]*):(?P<port>[0-9]{1,5})")


def is_named(host: str, port: int) -> bool:
    """Return whether NO_PROXY names a host: by itself or its domain, with a port, or as an address in a network (10.0.0.0/8)."""
    for entry in (each.strip() for each in urllib.request.getproxies().get("no", "").split(",")):
        parts = _WITH_PORT.fullmatch(entry)
        name = parts["name"] if parts else entry
        if parts and int(parts["port"]) != port:
            continue
        if name == "*" or _is_in_network(host, name.strip("[]")) or _is_of_domain(host, name):
            return True
    return bool(urllib.request.proxy_bypass(host))  # what the settings of macOS and Windows say


def _is_of_domain(host: str, name: str) -> bool:
    domain = name.lower().removeprefix("*").lstrip(".")
    return bool(domain) and (host.lower() == domain or host.lower().endswith(f".{domain}"))


def _is_in_network(host: str, name: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(name, strict=False)
    except ValueError:
        return False
