"""A process that does runs for the daemon: `python -P -m core.daemon.worker FOLDER`, one line of JSON a job.

    in   {"sync", "kind", "cause", "due", "words", "run", "files"}     "files" changes when the project's files did
    out  {"begun": run id}  then  {"ended": {...}}                     see core.daemon.agenda.Outcome

SIGTERM stops the run under way, as it stops `backhaul run`: after the batches in flight, with the query stopped in the warehouse. When
the daemon goes away stdin closes, and the worker ends in the same manner. What a library prints goes to stderr.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

from core import project as projects
from core import secrets
from core.daemon.jobs import Outcome
from core.errors import BackhaulError, LockedError, ProjectError, UsageError
from core.model import Project, Sync
from core.reports.rejected_rows import numbers_in
from core.state.cancellation import STOPPED
from core.state.folder import StateFolder
from core.store import Store
from core.sync.planning.ledger_match import RunOptions
from core.sync.progress import events
from core.sync.run import Run

__all__ = ["build_run_options", "main"]

_USAGE = "usage: python -P -m core.daemon.worker FOLDER"
_WORDS = {
    f"--{name.replace('_', '-')}": name for name in (each.name for each in fields(RunOptions)) if name != "damaged"
}


def build_run_options(words: list[str]) -> RunOptions:
    """Return what was said to a run in the options of its command. Raises UsageError for one that there is not."""
    unknown = [word for word in words if word not in _WORDS]
    if unknown:
        raise UsageError(f"A run has no option {unknown[0]!r}.")
    said: dict[str, Any] = {_WORDS[word]: True for word in words}
    return RunOptions(**said)


@dataclass(slots=True)
class _Worker:
    """What one worker holds from run to run: the project, and the open store."""

    folder: Path
    out: BinaryIO
    files: object = None
    project: Project | None = None
    store: Store | None = None
    inode: int = 0
    task: asyncio.Task[Outcome] | None = None
    stopped: bool = False

    async def serve(self, jobs: asyncio.Queue[Mapping[str, Any] | None]) -> None:
        """Do one job after the other, until there are none to come."""
        while (job := await jobs.get()) is not None:
            self.stopped = False
            self.task = asyncio.create_task(self._do(job))
            try:
                outcome = await self.task
            except asyncio.CancelledError:
                outcome = Outcome(state="failed", error=STOPPED, stopped=True)
            self.task = None
            self.say({"ended": asdict(outcome)})

    def stop(self) -> None:
        """Stop the run under way."""
        if self.task is not None:
            self.stopped = True
            self.task.cancel()

    def say(self, document: Mapping[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError, ValueError):
            self.out.write(json.dumps(document).encode() + b"\n")
            self.out.flush()

    async def _do(self, job: Mapping[str, Any]) -> Outcome:
        """Do one job; errors of ours become its outcome."""
        try:
            project, sync = self._read(job)
            only, words = numbers_in(job["words"]) if job["kind"] == "replay" else (frozenset(), job["words"])
            run = Run(
                project,
                sync,
                secrets.reader(project),
                cause=job["cause"],
                accepted=build_run_options(words),
                replay_only=only,
                replay=job["kind"] == "replay",
                undo=job["run"] if job["kind"] == "undo" else "",
                due=job["due"],
                store=self._open(project),
            )
            return await self._watch(run)
        except LockedError as error:
            return Outcome(state="failed", error=error.message, held=True, exit_code=error.exit_code)
        except BackhaulError as error:
            return Outcome(state="failed", error=error.message, exit_code=error.exit_code, may_pass=error.may_pass)

    async def _watch(self, run: Run) -> Outcome:
        outcome = Outcome(state="failed", run=run.id, error=STOPPED, exit_code=1)
        running = run.events()
        try:
            async for event in running:
                if isinstance(event, events.Started):
                    self.say({"begun": run.id})
                elif isinstance(event, events.Ended):
                    outcome = Outcome(
                        state=event.state,
                        run=run.id,
                        exit_code=event.exit_code,
                        error=event.error,
                        may_pass=run.may_pass,
                    )
        except asyncio.CancelledError:
            if not self.stopped:
                raise
        finally:
            with contextlib.suppress(asyncio.CancelledError):
                await running.aclose()
        return Outcome(**{**asdict(outcome), "stopped": self.stopped})

    def _read(self, job: Mapping[str, Any]) -> tuple[Project, Sync]:
        """Return the project as its files are now, and the sync of the job. Raises ProjectError."""
        if self.project is None or job["files"] != self.files:
            self.project, self.files = projects.load(self.folder), job["files"]
        found = next((sync for sync in self.project.syncs.values() if sync.id == job["sync"]), None)
        if found is None:
            self.project = None
            raise ProjectError("This sync is not in the project any more, or its file is broken.")
        return self.project, found

    def _open(self, project: Project) -> Store:
        """Return the store, opened again where another file stands at its place."""
        state = StateFolder(project)
        if self.store is not None and self.store.file.parent == state.folder and _inode(self.store.file) == self.inode:
            return self.store
        if self.store is not None:
            self.store.close()
        self.store = state.store()
        self.inode = _inode(self.store.file)
        return self.store


def _inode(file: Path) -> int:
    try:
        return file.stat().st_ino
    except FileNotFoundError:
        return -1


async def _serve(folder: Path, lines: BinaryIO, out: BinaryIO) -> None:
    loop = asyncio.get_running_loop()
    jobs: asyncio.Queue[Mapping[str, Any] | None] = asyncio.Queue()
    worker = _Worker(folder, out)

    def leave() -> None:
        worker.stop()
        jobs.put_nowait(None)

    def told_to_stop() -> None:
        if worker.task is None:
            leave()
        else:
            worker.stop()

    def listen() -> None:
        for line in iter(lines.readline, b""):
            loop.call_soon_threadsafe(jobs.put_nowait, json.loads(line))
        with contextlib.suppress(RuntimeError):  # the loop may be over already
            loop.call_soon_threadsafe(leave)

    loop.add_signal_handler(signal.SIGTERM, told_to_stop)
    for number in (signal.SIGINT, signal.SIGHUP):  # those of a terminal are for the daemon
        loop.add_signal_handler(number, lambda: None)
    threading.Thread(target=listen, daemon=True, name="jobs").start()
    worker.say({"ready": os.getpid()})
    await worker.serve(jobs)


def main(words: list[str]) -> int:
    """Serve until stdin closes; return the exit code."""
    if len(words) != 1:
        sys.stderr.write(f"{_USAGE}\n")
        return 2
    jobs, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # a command that is asked for a secret reads no job
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    with os.fdopen(jobs, "rb") as lines, os.fdopen(answers, "wb") as out:
        asyncio.run(_serve(Path(words[0]).absolute(), lines, out))
        sys.stderr.flush()
        os._exit(0)  # a driver that still waits for its connection would hold the process up


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
