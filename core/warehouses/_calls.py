"""Calls of a driver that cannot be interrupted, made so that the one who waits can be.

The driver waits in its own code until the network answers: nothing stops it, and a network may never answer. So each
call runs in a thread of its own and the caller looks now and then whether it was cancelled. What was given up goes on until
the driver's own time limits end it; it holds back nobody, not even the end of the process.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Generic, TypeVar

from core.warehouses._cancellation import Cancellation

__all__ = ["Call"]

LOOK_SECONDS = 0.05

T = TypeVar("T")


class Call(Generic[T]):
    """A call that has begun. `result` waits for it."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._answer: Future[T] = Future()
        self._function = function
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=[self._run], daemon=True, name="warehouse")
        self._thread.start()

    @property
    def runs(self) -> bool:
        """Say whether it has not ended yet."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._answer.set_result(self._function())
        except BaseException as error:  # noqa: BLE001 -- it is raised where the result is waited for
            self._answer.set_exception(error)

    def within(self, seconds: float) -> bool:
        """Wait for the call, but no longer; say whether it has ended, well or not."""
        return bool(wait([self._answer], timeout=seconds).done)

    def result(self, cancellation: Cancellation) -> T:
        """Give what the call gives, or raise what it raises; CancelledError as soon as the user asks to stop."""
        while True:
            cancellation.check()
            if self.within(LOOK_SECONDS):
                return self._answer.result()
