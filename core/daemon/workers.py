"""The daemon's workers: processes that are begun when they are needed, given one job at a time, and ended when they are idle for long.

A worker that dies in the middle of a job takes that job with it and nothing else: its run is recorded as one that was killed, and the next
run sends what was not answered. A worker that has grown, or has served for long, is replaced between two jobs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.daemon.jobs import Job, Outcome

__all__ = ["Begun", "Ended", "Said", "Workers"]

_LONGEST_LINE = 1_000_000
_MOST_JOBS = 2_000
_MOST_MEMORY = 1_000_000_000
"""Bytes that a worker may hold between two jobs."""

_IDLE_SECONDS = 300.0
_PATIENCE = 20.0
"""Seconds that workers have to end what is in flight before they are killed; their plans are kept, and go on at the next run."""

Begun = Callable[[Job, str], None]
Ended = Callable[[Job, Outcome], None]
Said = Callable[[str], None]


@dataclass(slots=True, eq=False)
class _Worker:
    process: asyncio.subprocess.Process
    jobs: int = 0
    job: Job | None = None
    run: str = ""
    idle_since: float = 0.0
    is_leaving: bool = False
    listening: list[asyncio.Task[None]] = field(default_factory=list)


class Workers:
    """Workers on the project in `folder`. `begun` and `ended` are told of each job, `said` of each line that a worker prints."""

    def __init__(self, folder: Path, *, begun: Begun, ended: Ended, said: Said) -> None:
        self._folder = folder
        self._begun, self._ended, self._said = begun, ended, said
        self._workers: list[_Worker] = []

    @property
    def processes(self) -> tuple[int, ...]:
        """Return the numbers of the processes."""
        return tuple(worker.process.pid for worker in self._workers)

    async def start(self, job: Job, files: int) -> None:
        """Return a job to a worker that is free; one is begun where there is none."""
        worker = next((each for each in self._workers if each.job is None and not each.is_leaving), None)
        try:
            worker = worker or await self._begin()
        except OSError as error:
            self._ended(
                job, Outcome(state="failed", error=f"No process could be started: {error.strerror}.", may_pass=True)
            )
            return
        worker.job, worker.run = job, ""
        worker.jobs += 1
        line = {
            "sync": job.sync,
            "kind": job.kind,
            "cause": job.cause,
            "due": job.due,
            "words": list(job.words),
            "run": job.run,
            "files": files,
        }
        assert worker.process.stdin is not None  # noqa: S101 -- it was asked for
        with contextlib.suppress(ConnectionError):  # one that has just died is told by its end
            worker.process.stdin.write(json.dumps(line).encode() + b"\n")

    async def _begin(self) -> _Worker:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "core.daemon.worker",
            str(self._folder),
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C of a terminal is the daemon's business
            limit=_LONGEST_LINE,
        )
        worker = _Worker(process)
        self._workers.append(worker)
        worker.listening = [asyncio.create_task(self._listen(worker)), asyncio.create_task(self._hear(worker))]
        return worker

    async def _listen(self, worker: _Worker) -> None:
        """Take what a worker answers, until it ends."""
        assert worker.process.stdout is not None  # noqa: S101 -- it was asked for
        async for line in _lines(worker.process.stdout):
            with contextlib.suppress(ValueError, KeyError, TypeError):
                self._take(worker, json.loads(line))
        await worker.process.wait()
        self._workers.remove(worker)
        if worker.job is not None:
            job, worker.job = worker.job, None
            error = f"Its process stopped unexpectedly ({_manner(worker.process.returncode)})."
            self._ended(job, Outcome(state="failed", run=worker.run, error=error, exit_code=1, may_pass=True))

    def _take(self, worker: _Worker, answer: Mapping[str, Any]) -> None:
        if worker.job is None:
            return
        if "begun" in answer:
            worker.run = str(answer["begun"])
            self._begun(worker.job, worker.run)
        elif "ended" in answer:
            outcome = Outcome(**answer["ended"])
            job, worker.job = worker.job, None
            worker.idle_since = asyncio.get_running_loop().time()
            if worker.jobs >= _MOST_JOBS or _memory(worker.process.pid) > _MOST_MEMORY:
                self._let_go(worker)
            self._ended(job, outcome)

    async def _hear(self, worker: _Worker) -> None:
        assert worker.process.stderr is not None  # noqa: S101 -- it was asked for
        async for line in _lines(worker.process.stderr):
            self._said(line.decode("utf-8", "replace").rstrip())

    @staticmethod
    def _let_go(worker: _Worker) -> None:
        """End a worker: with its input closed it stops what it does, and ends."""
        worker.is_leaving = True
        if worker.process.stdin is not None:
            worker.process.stdin.close()

    def rest(self) -> None:
        """End those that had nothing to do for long, but for one."""
        now = asyncio.get_running_loop().time()
        idle = [
            each
            for each in self._workers
            if each.job is None and not each.is_leaving and now - each.idle_since > _IDLE_SECONDS
        ]
        for worker in idle[1:] if len(idle) == len(self._workers) else idle:
            self._let_go(worker)

    def stop(self, sync: str) -> bool:
        """Stop the job of a sync; False where none is under way."""
        worker = next((each for each in self._workers if each.job is not None and each.job.sync == sync), None)
        if worker is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            worker.process.send_signal(signal.SIGTERM)
        return True

    async def close(self) -> None:
        """End all of them after the batches in flight; those that take too long are killed."""
        for worker in self._workers:
            self._let_go(worker)
        listening = [task for worker in self._workers for task in worker.listening]
        if listening:
            _, late = await asyncio.wait(listening, timeout=_PATIENCE)
            for worker in list(self._workers) if late else ():
                with contextlib.suppress(ProcessLookupError):
                    worker.process.kill()
            if late:
                await asyncio.wait(late)


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield whole lines; of one that is too long, what comes after its beginning is left out."""
    while True:
        try:
            line = await stream.readline()
        except ValueError:
            continue
        if not line:
            return
        yield line


def _manner(code: int | None) -> str:
    """Say how a process ended."""
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"


def _memory(process: int) -> int:
    """Return the bytes of memory that a process holds; 0 where that cannot be known (only Linux says it in a file)."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text("utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
