"""What the bridge tells the console: values that core gave, as messages of Textual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.message import Message

if TYPE_CHECKING:
    from core.model import Project
    from core.reports.history import DaemonStatus, RunSummary, SyncStatus

__all__ = ["Notice", "Refused", "RunFinished", "Snapshot", "SnapshotRead"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What an alert told the consoles; `trouble` says whether it is one, or the end of one."""

    number: int
    text: str
    trouble: bool


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The project and its store as they were at `at` (Unix seconds); `problem` says why they could not be read, and where.

    `notices` are those that were told since the last snapshot.
    """

    project: Project | None = None
    statuses: tuple[SyncStatus, ...] = ()
    runs: tuple[RunSummary, ...] = ()
    notices: tuple[Notice, ...] = ()
    at: float = 0.0
    problem: str = ""
    where: str = ""
    remedy: str = ""
    daemon: DaemonStatus | None = None

    @property
    def has_daemon(self) -> bool:
        """Return whether a daemon runs the schedules, and can be asked for something."""
        return self.daemon is not None and self.daemon.state == "running"

    def status(self, sync: str | None) -> SyncStatus | None:
        """Return the status of a sync by its name."""
        return next((status for status in self.statuses if status.sync == sync), None)

    @property
    def live(self) -> tuple[RunSummary, ...]:
        """Return the runs that are going on."""
        return tuple(run for run in self.runs if run.state == "running")


@dataclass
class SnapshotRead(Message):
    """The project or the store has changed, or could not be read."""

    snapshot: Snapshot


@dataclass
class RunFinished(Message):
    """A run that this console started is over; `said` is what its command printed as an error, if anything."""

    sync: str
    code: int
    said: str = ""
    what: str = "run"


class Refused(Exception):  # noqa: N818 -- named after what core did, as GuardStop is
    """Core could not do what was asked: what happened, what to do, and the place in the text where there is one."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(str(error.get("message", "")))
        self.kind = str(error.get("kind", ""))
        self.message = str(error.get("message", ""))
        self.remedy = str(error.get("remedy", ""))
        self.where = str(error.get("where", ""))
        self.offset: int | None = error.get("offset")
        self.findings: list[Mapping[str, Any]] = list(error.get("findings") or [])

    @property
    def stopped(self) -> bool:
        """Return whether it is only that the user stopped it."""
        return self.kind == "CancelledError"
