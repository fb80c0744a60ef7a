"""One look at everything, and what has to be told of it: the daemon's way in.

All state is in the store: a daemon that was killed and came back tells nothing twice but what was on its way, and loses nothing. What
an alert could not deliver stays due, and is tried again at the first check after a pause that grows from fifteen seconds to a
quarter of an hour. No trouble with an alert comes out of here: it is logged, and stands in `backhaul alerts`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from core.alerts.decide import Standing
from core.alerts.due import Comparison, Due, Key, keep
from core.alerts.facts import watch
from core.alerts.message import Message
from core.alerts.senders import Answer, Sender
from core.alerts.texts import Notice, notice_of_test
from core.errors import BackhaulError, StateError, UsageError
from core.model import Alert, Project, Secret
from core.plugins import nearest
from core.store import Store

__all__ = ["Alerts", "Log"]

_BACKOFF = 15.0
_BACKOFF_MOST = 900.0
_HOUR = 3600.0
_DAY = 86_400.0


class Log(Protocol):
    """Where the daemon writes what happens; see core.daemon.log."""

    def __call__(self, level: str, what: str, **values: Any) -> None: ...


class Alerts:
    """The alerts of a project.

    The daemon sets `project` when its files change. `check` is not to be called again before it has ended; its longest time is
    about a minute (a webhook that hangs, a command that does not end), so it belongs into a task of its own, and its store should
    be a connection of its own: it is used in threads, and a transaction there makes others wait.
    """

    def __init__(
        self,
        project: Project,
        store: Store,
        secrets: Callable[[str], Secret],
        clock: Callable[[], float] = time.time,
        *,
        log: Log | None = None,
        sender: Sender | None = None,
    ) -> None:
        self.project = project
        self._store = store
        self._secrets = secrets
        self._clock = clock
        self._log: Log = log or _no_log
        self._sender = sender

    async def check(self, now: float | None = None, *, problem: BackhaulError | None = None) -> tuple[Notice, ...]:
        """Look for what is new, and tell it; return what arrived. `problem` says why backhaul.toml itself cannot be read now."""
        at = self._clock() if now is None else now
        project = self.project
        try:
            due = await asyncio.to_thread(self._look, project, at, problem)
        except StateError as error:
            self._log("error", "alerts cannot be checked", problem=error.message)
            return ()
        told = await asyncio.gather(*(self._tell(project, name, each, at) for name, each in due.items()))
        return tuple(notice for each in told for notice in each)

    async def test(self, name: str) -> Answer:
        """Send a test notice of one alert. Raises UsageError where there is no such alert."""
        alert = self.project.alerts.get(name)
        if alert is None:
            known = list(self.project.alerts)
            raise UsageError(
                f"There is no alert {name!r}.{nearest(name, known)}",
                remedy=f"Known: {', '.join(known)}." if known else "Add a table [alerts.NAME] to backhaul.toml.",
            )
        now = self._clock()
        answer = await self._send(self.project, alert, (notice_of_test(alert, now),), now)
        await asyncio.to_thread(self._keep, alert.name, answer, {}, now)
        return answer

    def _look(self, project: Project, now: float, problem: BackhaulError | None) -> dict[str, list[Due]]:
        """Return what is due, but for alerts that could not be told just before."""
        if not project.alerts and not self._store.row("alert_standings"):
            watch(
                project, self._store, now
            )  # so that the age of a sync that never ran is known, to a probe or a later alert
            return {}
        due = Comparison(project=project, store=self._store, now=now, problem=problem).run()
        waiting = {row["alert"] for row in self._store.rows("alert_ways") if _waits(row["retry"], now)}
        return {name: each for name, each in due.items() if name not in waiting}

    async def _tell(self, project: Project, name: str, due: list[Due], now: float) -> tuple[Notice, ...]:
        """Send what is due of one alert, as one message; keep that it was told."""
        notices = tuple(each.notice for each in due)
        answer = await self._send(project, project.alerts[name], notices, now)
        standings = {each.key: each.standing for each in due} if answer.arrived else {}
        try:
            await asyncio.to_thread(self._keep, name, answer, standings, now)
        except StateError as error:  # told, and not noted: it is told once more, which is better than never
            self._log("error", "the alert's record could not be written", alert=name, problem=error.message)
        return notices if answer.arrived else ()

    async def _send(self, project: Project, alert: Alert, notices: tuple[Notice, ...], now: float) -> Answer:
        sender = self._sender or Sender(project=project, store=self._store, secrets=self._secrets)
        answer = await sender.send(Message(alert=alert, project=project.name, at=now, notices=notices))
        level = "info" if answer.arrived else "error"
        what = "an alert was sent" if answer.arrived else "an alert could not be sent"
        self._log(level, what, alert=alert.name, notices=len(notices), said=answer.said)
        return answer

    def _keep(self, alert: str, answer: Answer, standings: Mapping[Key, Standing], now: float) -> None:
        """Keep what was told, and how the way of the alert does; forget what is over since long."""
        keep(self._store, standings)
        known = next((row for row in self._store.rows("alert_ways") if row["alert"] == alert), None)
        if answer.arrived:
            with self._store.transaction():
                self._store.do("keep_alert_way", alert=alert, told=now, failures=0, retry=None, problem=None)
                self._forget(now)
            return
        failures = (known["failures"] if known else 0) + 1
        wait = min(_BACKOFF * 2 ** min(failures - 1, 10), _BACKOFF_MOST)
        retry = now + min(max(wait, answer.retry_after or 0.0), _HOUR)
        told = known["told"] if known else None
        self._store.do("keep_alert_way", alert=alert, told=told, failures=failures, retry=retry, problem=answer.said)

    def _forget(self, now: float) -> None:
        """Forget what was told, and is over, longer ago than the project keeps things."""
        before = now - self.project.retention * _DAY
        self._store.do("forget_old_alerts", before=before)
        self._store.do("forget_old_notices", before=before)


def _waits(retry: float | None, now: float) -> bool:
    """Return whether an alert that could not be told is left alone for now; a time that is too far off is of another clock."""
    return retry is not None and now < retry <= now + _HOUR


def _no_log(level: str, what: str, **values: Any) -> None:
    """Write nowhere."""
