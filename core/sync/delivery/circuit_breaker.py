"""A circuit breaker: while a destination is down, one batch asks whether it is back, and the others wait.

After so many failures in a row (no reply, or 5xx), on whatever connections, the breaker opens. The batch that failed
then goes on trying alone, with its own waits and its own attempts; the others wait at `enter`, and none of their
attempts are used up. Any other reply closes it. Where the batch that tries gives up, another one asks.

Pure: it knows no clock and sends nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass, field

__all__ = ["CircuitBreaker"]


@dataclass(slots=True, kw_only=True)
class CircuitBreaker:
    """The breaker of one destination. Who sends is told apart by any value of its own (a batch's number, say)."""

    opens_after: int = 5
    failures: int = 0
    """Failures in a row."""

    _probing: Hashable | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_open(self) -> bool:
        return self.failures >= self.opens_after

    async def enter(self, who: Hashable) -> None:
        """Return when `who` may send: at once while all is well, else when it is the one to ask or all is well again."""
        while self.is_open and self._probing not in (None, who):
            await self._changed.wait()
        if self.is_open:
            self._probing = who

    def leave(self, who: Hashable) -> None:
        """Take note that `who` sends nothing more: where it was the one to ask, someone else does."""
        if self._probing == who:
            self._probing = None
            self._wake()

    def failed(self, who: Hashable) -> None:
        """Take note that `who` had no reply, or a 5xx."""
        self.failures += 1
        if self.is_open and self._probing is None:
            self._probing = who

    def succeeded(self) -> None:
        """Take note of any other reply: the destination is there, and everybody may go on."""
        self.failures = 0
        self._probing = None
        self._wake()

    def _wake(self) -> None:
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()
