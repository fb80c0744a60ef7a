"""What the daemon needs of others: somewhere to write what happened, and something that does the runs."""

from __future__ import annotations

from typing import Any, Protocol

from core.daemon.agenda import Job

__all__ = ["Log", "Runner"]


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
