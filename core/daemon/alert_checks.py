"""Alerts beside the daemon: a look every fifteen seconds, and at once when a run has gone wrong or well again.

    Daemon(..., watch=Watching(log))      each turn of the loop calls it; it only begins what takes time
    watching.soon()                       a run has ended otherwise than the one before it
    await watching.close()                at the end: what is under way is given a few seconds

A look waits for webhooks and commands, so it is a task of its own, one at a time, with a connection of its own to the store. No error
of it reaches the turn that began it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from core import project as projects
from core import secrets
from core.alerts import Alerts
from core.daemon.protocols import Log, Watched
from core.errors import BackhaulError
from core.state.folder import StateFolder
from core.store import Store

__all__ = ["Watching"]

_SECONDS = 15.0
_LAST_SECONDS = 5.0


class Watching:
    """What a daemon calls after each of its turns. `clock` is a monotonic one, by which looks are spaced."""

    def __init__(self, log: Log, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._next = -1.0
        self._task: asyncio.Task[None] | None = None
        self._store: Store | None = None
        self._inode = -1
        self._alerts: Alerts | None = None
        self._trouble = ""

    def soon(self) -> None:
        """Look at the next turn."""
        self._next = -1.0

    async def __call__(self, daemon: Watched) -> None:
        """Begin a look where it is time for one and none is under way."""
        if self._clock() < self._next or (self._task is not None and not self._task.done()):
            return
        self._next = self._clock() + _SECONDS
        self._task = asyncio.create_task(self._look(daemon), name="alerts")

    async def _look(self, daemon: Watched) -> None:
        try:
            problem = await asyncio.to_thread(projects.head_problem, daemon.folder)
            alerts = await asyncio.to_thread(self._ready, daemon)
            await alerts.check(daemon.clock(), problem=problem)
        except BackhaulError as error:
            if error.message != self._trouble:
                self._log("error", f"Alerts cannot be looked at: {error.message}", remedy=error.remedy)
            self._trouble = error.message
        else:
            self._trouble = ""

    def _ready(self, daemon: Watched) -> Alerts:
        """Return the alerts of the project as it is now, on the store that is there now."""
        inode = daemon.store.file.stat().st_ino if daemon.store.file.exists() else -1
        if self._store is None or inode != self._inode:
            self._give_back()
            self._store = StateFolder(daemon.project).store(timeout=5.0)
            self._inode = self._store.file.stat().st_ino
            self._alerts = None
        if self._alerts is None or self._alerts.project is not daemon.project:
            self._alerts = Alerts(
                daemon.project, self._store, secrets.reader(daemon.project), daemon.clock, log=self._log
            )
        return self._alerts

    async def close(self) -> None:
        """Return what is under way a few seconds, then end it: what was not told is told by the next daemon."""
        if self._task is not None:
            _, late = await asyncio.wait({self._task}, timeout=_LAST_SECONDS)
            for task in late:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        self._give_back()

    def _give_back(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
