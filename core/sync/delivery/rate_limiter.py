"""How fast a destination is sent to: a bucket of tokens that all its connections share, and that a 429 slows down.

The bucket never gives more than `most` requests in any second, at full rate; a tenth of that may go out at once. At a 429 the rate
becomes a little less than what was taken of late, once for all the requests that were on their way when it came; where that is not known
yet, or a 429 follows upon another, it is halved. A Retry-After holds everybody back until then. From there the rate climbs with the
time that goes by while requests succeed: slowly up to what was taken before, then, where the destination has more room than it had, faster
and faster (the curve of CUBIC, RFC 9438, 4.2). So a receiver that allows ten requests a second is asked for more once in half a
minute, and not twice a second.

Pure: clock (seconds, steady) and sleep are parameters. A sleep is taken at its word, so that what is reserved is a time
and not a wake-up.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

__all__ = ["RateLimiter"]

_PLATEAU = 30.0
"""Seconds of successes in which the rate climbs back to what was taken before a 429."""

_BELOW = 0.95
"""The share of what was taken of late that the rate becomes at a 429."""

_SECOND, _WINDOW = 1.0, 5.0
"""What was taken of late is what was taken in the last second, or five, of sending. A rate is lowered once a second at most: the
429s of one second are about the same thing.
"""

_TRUSTED = 0.7
"""What was taken of late says what the limit is where it is at least this share of what was sent; else it is searched for."""

_SEARCH = 1.25
"""The rate is so many times higher after each second of a search."""

_SLOWEST = 2.0
"""The rate never falls below so many requests a second, or the limit where that is lower: a receiver that answers 429 by chance would
slow down everything for good, and one that allows less says so again, by the next 429 or by Retry-After.
"""


@dataclass(slots=True, kw_only=True)
class RateLimiter:
    """The pace of one destination. `most` is its limit in requests a second."""

    most: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    rate: float = field(init=False)
    """Requests a second, now."""

    _full: float = field(init=False)
    _free: float = field(init=False, default=0.0)
    """When the bucket is full again: the time at which all that was taken is paid for."""

    _held_until: float = field(init=False, default=0.0)
    _held: float = field(init=False, default=0.0)
    """For how many seconds it was held back in all: these do not count as time in which something could be taken."""

    _taken: deque[float] = field(init=False, default_factory=lambda: deque(maxlen=4096))
    _slowed_at: float = field(init=False, default=float("-inf"))
    _low: float = field(init=False, default=0.0)
    _high: float = field(init=False, default=0.0)
    """The rate right after the last 429, and the one that it climbs back to; 0 where there was no 429."""

    _is_searching: bool = field(init=False, default=False)
    _climbed: float = field(init=False, default=0.0)
    _succeeded_at: float = field(init=False, default=float("-inf"))
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        burst = max(1, int(self.most / 10))
        self._full = self.most - (burst - 1)  # a second that begins with a full bucket holds `most` all the same
        self.rate = self._full
        self._began = self.clock()

    @property
    def held(self) -> float:
        """For how many seconds from now nothing is sent."""
        return max(0.0, self._held_until - self.clock())

    async def turn(self) -> float:
        """Wait until a request may go out; return that time, which `slow_down` wants to know."""
        now = self.clock()
        at = self._reserve(now)
        while at > now:
            await self.sleep(at - now)
            now = at
            if at < self._held_until:  # someone was told to wait while we slept
                at = self._reserve(now)
        return at

    def succeeded(self) -> None:
        """Count a request that was dealt with, and climb back towards the limit by the time since the last."""
        now = self.clock()
        self._taken.append(now - self._held)
        since = min(1.0, max(0.0, now - self._succeeded_at))
        self._succeeded_at = now
        if self._is_searching:
            self.rate = min(self._full, self.rate * _SEARCH**since)
        elif self._high:
            self._climbed += since
            way = (self._climbed - _PLATEAU) / _PLATEAU
            self.rate = min(self._full, max(self.rate, self._high + (self._high - self._low) * way**3))

    def slow_down(self, sent_at: float, retry_after: float | None = None, *, halve: bool = True) -> None:
        """Take note that a request that went out at `sent_at` was told to come later: `retry_after` seconds from now.

        `halve` says that it was a 429: the destination is sent to too fast.
        """
        now = self.clock()
        if halve and sent_at > self._slowed_at and now - self._slowed_at >= _SECOND:
            self._lower(now)
            self._slowed_at = max(now, sent_at)
            self._free = max(self._free, now + self._slack)
        if retry_after is not None:
            until = now + retry_after
            self._held += max(0.0, until - max(now, self._held_until))
            self._held_until = max(self._held_until, until)
            self._free = max(self._free, self._held_until + self._slack)

    def _lower(self, now: float) -> None:
        """Set the rate after a 429: a little below what was taken of late. It is trusted where that is about what was sent."""
        known, is_trusted = self._taken_of_late(now)
        limit = min(known, self.rate) if known else self.rate / 2
        self._is_searching = not (is_trusted and known >= _TRUSTED * self.rate)
        self.rate = max(min(_SLOWEST, self._full), _BELOW * limit)
        self._low, self._high, self._climbed = self.rate, self.rate / _BELOW, 0.0

    def _taken_of_late(self, now: float) -> tuple[float, bool]:
        """Return how many requests a second were dealt with in the last seconds of sending, and whether there were such seconds."""
        end = now - self._held
        while self._taken and self._taken[0] < end - _WINDOW:
            self._taken.popleft()
        sending = end - self._began
        of_late = float(sum(1 for at in self._taken if at > end - _SECOND))
        return max(of_late, len(self._taken) / _WINDOW if sending >= _WINDOW else 0.0), sending >= _SECOND

    @property
    def _slack(self) -> float:
        """How far ahead of the even pace a request may go: what the bucket holds, in seconds."""
        return (max(1, int(self.rate / 10)) - 1) / self.rate

    def _reserve(self, now: float) -> float:
        """Take the next free place, and return its time."""
        at = max(now, self._held_until, self._free - self._slack)
        self._free = max(self._free, at) + 1 / self.rate
        return at
