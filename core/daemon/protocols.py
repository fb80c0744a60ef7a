"""What the daemon needs of others: somewhere to write what happened, something that does the runs, someone who looks at them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from core.daemon.jobs import Job
from core.model import Project
from core.store import Store

__all__ = ["Log", "Runner", "Watch", "Watched"]


class Log(Protocol):
    """Takes what the daemon has to say: a level (info, warn, error), a sentence, and values beside it."""

    def __call__(self, level: str, what: str, **values: Any) -> None:
        """Write it down. It raises nothing."""


class Runner(Protocol):
    """What does the runs: core.daemon.workers.Workers, or a test's own."""

    async def start(self, job: Job, files: int) -> None:
        """Begin a job; `files` is another number when the project's files have changed. What becomes of it is told later."""

    def stop(self, sync: str) -> bool:
        """Stop the job of a sync (its id); False where none is under way."""

    def rest(self) -> None:
        """Give back what has not been needed for long."""

    async def close(self) -> None:
        """Stop all jobs after the batches in flight, and wait until they have ended."""


class Watched(Protocol):
    """What a look needs of the daemon: whose project it is, where its state is, and the time in Unix seconds."""

    folder: Path
    project: Project
    store: Store

    @property
    def clock(self) -> Callable[[], float]: ...


class Watch(Protocol):
    """Looks at what came of the runs: alerts."""

    async def __call__(self, daemon: Watched) -> None:
        """Look, where it is time; what takes long is only begun. Called after each turn."""

    def soon(self) -> None:
        """Take that a run has ended otherwise than the one before it."""
