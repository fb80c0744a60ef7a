"""Cancelling from another thread, without losing a cancellation that falls between two statements.

A driver's cancel stops what runs at that moment and nothing else: one that arrives just before a statement reaches the
server does nothing. So a request is remembered, looked at before each statement, and repeated while one still runs.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from core.errors import CancelledError

__all__ = ["Cancellation"]

REPEAT_SECONDS = 0.1
GIVE_UP_SECONDS = 2.0


class Cancellation:
    """Whether a session's user asked it to stop, and whether something runs in it."""

    def __init__(self) -> None:
        self._requested = threading.Event()
        self._idle = threading.Event()
        self._idle.set()

    @property
    def requested(self) -> bool:
        return self._requested.is_set()

    def check(self) -> None:
        """Raise CancelledError where the user asked to stop."""
        if self.requested:
            raise CancelledError("The query was cancelled.")

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Mark that something runs that an interrupt can stop. Raises CancelledError where it was asked for before."""
        self._idle.clear()  # before the check: either we see the request, or the one who asks sees us running
        try:
            self.check()
            yield
        finally:
            self._idle.set()

    def request(self, interrupt: Callable[[], None]) -> None:
        """Ask to stop, and call `interrupt` until nothing runs any more, or for two seconds."""
        self._requested.set()
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while not self._idle.is_set() and time.monotonic() < deadline:
            interrupt()
            self._idle.wait(REPEAT_SECONDS)
