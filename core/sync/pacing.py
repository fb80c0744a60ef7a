"""How fast a destination is sent to: a bucket of tokens that all its connections share, and that a 429 slows down.

The bucket never gives more than `most` requests in any second, at full rate; a tenth of that may go out at once. A 429
halves the rate for everybody, once for all the requests that were on their way when it came (or four connections would
make a sixteenth of it), and a Retry-After holds everybody back until then. From there the rate climbs with the time
that goes by while requests succeed, from nothing to the limit in a minute, and never above the limit.

Pure: clock (seconds, steady) and sleep are parameters. A sleep is taken at its word, so that what is reserved is a time
and not a wake-up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

__all__ = ["Pace"]

_RECOVERY = 60.0
"""Seconds of successes in which the rate climbs from nothing to the limit."""

_SLOWEST = 0.05
"""The rate never falls below so many requests a second, or the limit where that is lower."""


@dataclass(slots=True, kw_only=True)
class Pace:
    """The pace of one destination. `most` is its limit in requests a second."""

    most: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    rate: float = field(init=False)
    """Requests a second, now."""

    _burst: int = field(init=False)
    _full: float = field(init=False)
    _free: float = field(init=False, default=0.0)
    """When the bucket is full again: the time at which all that was taken is paid for."""

    _held_until: float = field(init=False, default=0.0)
    _slowed_at: float = field(init=False, default=float("-inf"))
    _climbed_at: float = field(init=False, default=float("-inf"))

    def __post_init__(self) -> None:
        self._burst = max(1, int(self.most / 10))
        self._full = self.most - (self._burst - 1)  # a second that begins with a full bucket holds `most` all the same
        self.rate = self._full

    async def turn(self) -> float:
        """Wait until a request may go out; give that time, which `slow_down` wants to know."""
        now = self.clock()
        at = self._reserve(now)
        while at > now:
            await self.sleep(at - now)
            now = at
            if at < self._held_until:  # somebody was told to wait while we slept
                at = self._reserve(now)
        return at

    def succeeded(self) -> None:
        """Climb back towards the limit, by the time since the last success."""
        now = self.clock()
        since = min(1.0, max(0.0, now - self._climbed_at))
        self._climbed_at = now
        self.rate = min(self._full, self.rate + since * self._full / _RECOVERY)

    def slow_down(self, sent_at: float, retry_after: float | None = None, *, halve: bool = True) -> None:
        """Take note that a request that went out at `sent_at` was told to come later: `retry_after` seconds from now."""
        now = self.clock()
        if halve and sent_at > self._slowed_at:
            self._slowed_at = max(now, sent_at)
            self.rate = max(min(_SLOWEST, self._full), self.rate / 2)
            self._free = max(self._free, now + self._slack)
        if retry_after is not None:
            self._held_until = max(self._held_until, now + retry_after)
            self._free = max(self._free, self._held_until + self._slack)

    @property
    def _slack(self) -> float:
        """Give how far ahead of the even pace a request may go: what the bucket holds, in seconds."""
        return (self._burst - 1) / self.rate

    def _reserve(self, now: float) -> float:
        """Take the next free place, and give its time."""
        at = max(now, self._held_until, self._free - self._slack)
        self._free = max(self._free, at) + 1 / self.rate
        return at
