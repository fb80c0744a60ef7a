"""Steps of `check` that several warehouses take alike: how long each took, the name of a host, the clocks."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.errors import BackhaulError
from core.model import Step

__all__ = ["clock_step", "name_step", "tables_text", "timed"]

SKEW_SECONDS = 2.0


def timed(make: Callable[..., Step], *arguments: Any) -> Step:
    """Make a step, with the time that it took; an error of ours is its failure, under the name of the function that makes it."""
    began = time.perf_counter()
    try:
        step = make(*arguments)
    except BackhaulError as error:
        name = make.__name__.strip("_").replace("_", "-")
        step = Step(name=name if name != "tls" else "TLS", passed=False, detail=error.message, remedy=error.remedy)
    return replace(step, seconds=time.perf_counter() - began)


def name_step(host: str, port: int, proxy: tuple[str, int] | None, tried: Callable[[], str]) -> Step:
    """Resolve a host's name, unless a proxy does; where it has none, `tried` raises that in our words."""
    if proxy:
        return Step(name="name", passed=None, detail=f"{host}, through the proxy {proxy[0]}")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        tried()
        raise
    return Step(name="name", passed=True, detail=f"{host} is {', '.join(sorted({str(one[4][0]) for one in found}))}")


def clock_step(skew: float, *, more: str = "", remedy: str) -> Step:
    """Say how far the warehouse's clock is ahead of this machine's, in seconds; `remedy` is for those that are far apart."""
    return Step(
        name="clock",
        passed=True,
        detail=f"{abs(skew):.1f} s {'behind' if skew < 0 else 'ahead of'} this machine's{more}",
        remedy=remedy if abs(skew) > SKEW_SECONDS else "",
    )


def tables_text(count: int) -> str:
    """Say how many tables and views can be read."""
    return "1 table or view can be read" if count == 1 else f"{count:,} tables and views can be read"
