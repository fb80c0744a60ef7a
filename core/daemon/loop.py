"""The daemon's process: it watches the time, the project's files and the requests, and carries out what the agenda decides.

It sleeps until something is due, looks for requests twice a second, and at the project's files every two seconds. What is to be written into the
store is kept until it is written: a disk that is full for an hour loses nothing of what was decided in that hour.

A turn of the loop is the one boundary of the daemon: an error of ours is logged, once while it lasts, and the next turn tries again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core import __version__
from core import project as projects
from core.daemon import agenda_store
from core.daemon.agenda import Agenda
from core.daemon.client import exclusive
from core.daemon.files import Files
from core.daemon.jobs import Answer, Effect, Job, Outcome, Start
from core.daemon.protocols import Log, Runner, Watch
from core.errors import BackhaulError
from core.model import Project
from core.state.folder import StateFolder
from core.store import Store

__all__ = ["Daemon"]

_TURN_SECONDS = 0.5
_BEAT_SECONDS = 5.0
_SHORTEST_NAP = 0.001
_STALE_SECONDS = 60.0
"""A request that has waited for so long was not asked of this daemon."""

_DELAYS = 1_000

_Told = tuple[Job, str | Outcome]


@dataclass(slots=True, kw_only=True)
class Daemon:
    """The daemon of the project in `folder`. `clock` gives Unix seconds; `make_runner` gives what does the runs, and is
    given what to call when a job has begun (with its run's id) and when it has ended.

    `watch` is called after each turn: alerts look there. `delays` are by how many seconds the last runs began late.
    """

    folder: Path
    log: Log
    make_runner: Callable[[Daemon], Runner]
    clock: Callable[[], float] = time.time
    watch: Watch | None = None
    delays: deque[float] = field(default_factory=lambda: deque(maxlen=_DELAYS))
    stopping: bool = False
    project: Project = field(init=False)
    store: Store = field(init=False)
    agenda: Agenda = field(init=False)
    _state: StateFolder = field(init=False)
    _files: Files = field(init=False)
    _runner: Runner = field(init=False)
    _inode: int = -1
    _told: list[_Told] = field(default_factory=list)
    _unkept: list[Effect] = field(default_factory=list)
    _taken: set[int] = field(default_factory=set)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _version: int = -1
    _beaten: tuple[float, int, int] = (0.0, 0, 0)
    _trouble: str = ""
    _states: dict[str, str] = field(default_factory=dict)

    async def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Run until it is told to stop. Raises LockedError where another daemon runs this project, and what its files raise."""
        self.project = projects.load(self.folder)
        self._state = StateFolder(self.project)
        with exclusive(self._state, __version__):
            self._open()
            try:
                self._begin()
                ready()
                while not self.stopping:
                    await self.turn()
                    await self._nap()
                await self._end()
            finally:
                self.store.close()

    def _begin(self) -> None:
        self.store.do(
            "begin_daemon",
            process=os.getpid(),
            host=socket.gethostname(),
            version=__version__,
            now=self.clock(),
            workers=self.project.workers,
        )
        self.log("info", "The daemon starts.", process=os.getpid(), version=__version__, project=self.project.name)
        self.agenda = Agenda(workers=self.project.workers, project=self.project)
        self._files = Files(self.folder, self.log)
        self._runner = self.make_runner(self)
        self._files.take(self.project)
        self._load(self.project)

    async def _end(self) -> None:
        """Stop what runs after the batches in flight, and write down how it ended."""
        self.log("info", "The daemon ends, after the batches in flight.", running=len(self.agenda.running))
        await self._runner.close()
        with contextlib.suppress(BackhaulError):
            self._hear_of_jobs()
            self._keep()
            self.store.do("end_daemon", now=self.clock())
        self.log("info", "The daemon has ended.")

    def _open(self) -> None:
        """Open the store. Raises StateError where it is missing where it was, damaged, or a newer program's."""
        self.store = self._state.store(timeout=5.0)
        self._inode = _inode(self.store.file)
        self._version = -1

    # one turn

    async def turn(self) -> None:
        """Look at everything once, and do what has to be done."""
        try:
            self._look_at_store()
            if (project := self._files.changed()) is not None:
                self._load(project)
                self.log("info", "The project's files were read again.", syncs=len(project.syncs))
            self._take_requests()
            self._hear_of_jobs()
            effects = self.agenda.tick(self.clock())
            self._unkept += (effect for effect in effects if not isinstance(effect, Start))
            for effect in effects:
                if isinstance(effect, Start):
                    await self._start(effect.job)
            self._keep()
            self._beat()
            self._runner.rest()
            if self.watch is not None:
                await self.watch(self)
        except BackhaulError as error:
            if error.message != self._trouble:
                self.log("error", error.message, where=error.where, remedy=error.remedy)
            self._trouble = error.message
        else:
            if self._trouble:
                self.log("info", "The problem is over; the daemon continues.", before=self._trouble)
            self._trouble = ""

    async def _nap(self) -> None:
        """Wait until something is due, something is told, or it is time to look for requests."""
        due = self.agenda.next_moment()
        wait = _TURN_SECONDS if due is None else min(max(due - self.clock(), _SHORTEST_NAP), _TURN_SECONDS)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), wait)
        self._wake.clear()

    def stop(self) -> None:
        """End after the batches in flight."""
        self.stopping = True
        self._wake.set()

    def reload(self) -> None:
        """Read the project's files again at the next turn, whether they have changed or not."""
        self._files.forget()
        self._wake.set()

    # the store and the files

    def _look_at_store(self) -> None:
        """Open the store again where another file stands at its place: a backup was put back, or it was moved away."""
        if _inode(self.store.file) != self._inode:
            old = self.store
            self._open()
            old.close()
            self.log("warn", "The store was exchanged for another one.", where=str(self.store.file))

    def _load(self, project: Project) -> None:
        self.project = project
        self.agenda.workers = project.workers
        self._keep()
        self._unkept += self.agenda.load(project, self.clock(), **agenda_store.known(self.store, project))

    def _keep(self) -> None:
        """Write what has been decided."""
        if self._unkept:
            agenda_store.put(self.store, self._unkept)
            self._taken -= {each.request for each in self._unkept if isinstance(each, Answer)}
            self._unkept.clear()

    def _beat(self) -> None:
        """Return a sign of life, and say how much there is to do."""
        now = self.clock()
        at, running, waiting = self._beaten
        counts = len(self.agenda.running), self.agenda.waiting
        if abs(now - at) >= _BEAT_SECONDS or (abs(now - at) >= 1 and counts != (running, waiting)):
            self._beaten = (now, *counts)
            self.store.do("beat", now=now, running=counts[0], waiting=counts[1])

    # requests

    def _take_requests(self) -> None:
        row = self.store.row("data_version")
        version = int(row[0]) if row else 0
        if version == self._version:
            return
        rows = [dict(each) for each in self.store.rows("asked") if each["number"] not in self._taken]
        if rows and (project := self._files.changed(at_once=True)):  # who asks for a run may just have saved its query
            self._load(project)
        for each in rows:
            self._taken.add(each["number"])
            self._unkept += self._take(each)
        self._version = version

    def _take(self, row: dict[str, Any]) -> list[Effect]:
        """Do what is asked, or begin to; return what is to be answered at once."""
        number, kind, sync = row["number"], row["kind"], row["sync"]
        name = next((each.name for each in self.project.syncs.values() if each.id == sync), "")
        if self.clock() - row["created"] > _STALE_SECONDS:
            return [_refused(number, "It was asked for while no daemon ran.")]
        self.log("info", f"Asked to {kind} {name}".rstrip() + ".", request=number)
        if kind == "reload":
            self._files.forget()
            return [Answer(request=number, outcome=Outcome(state="succeeded"))]
        if kind == "stop":
            given_up = self.agenda.give_up(sync)
            if self._runner.stop(sync) or given_up:
                return [*given_up, Answer(request=number, outcome=Outcome(state="succeeded"))]
            return [_refused(number, "There is nothing to stop.")]
        if not name:
            return [_refused(number, "This sync is not in the project, or its file is broken.")]
        words, run = tuple(json.loads(row["words"])), row["run"] or ""
        job = Job(sync=sync, name=name, kind=kind, cause="request", words=words, run=run, request=number)
        return self.agenda.ask(job)

    # jobs

    async def _start(self, job: Job) -> None:
        if job.due is not None:
            self.delays.append(max(0.0, self.clock() - job.due))
        self.log("info", f"{job.name}: a {job.kind} begins.", cause=job.cause)
        await self._runner.start(job, self._files.generation)

    def begun(self, job: Job, run: str) -> None:
        """Take that a job has begun as this run."""
        self._told.append((job, run))

    def ended(self, job: Job, outcome: Outcome) -> None:
        """Take that a job has ended."""
        self._told.append((job, outcome))
        self._wake.set()

    def said(self, line: str) -> None:
        """Take a line that a library printed in a worker."""
        self.log("warn", line)

    def _hear_of_jobs(self) -> None:
        """Tell the agenda what was told of jobs."""
        told, self._told = self._told, []
        for job, told_of in told:
            if isinstance(told_of, str):
                self._unkept += self.agenda.begun(job, told_of, self.clock())
                continue
            what = told_of
            if what.stopped and self.stopping:
                what = replace(what, stopped=False, interrupted=True)
            self._unkept += self.agenda.ended(job, what, self.clock())
            said = f"{job.name}: {what.state}{f': {what.error}' if what.error else ''}"
            if self.watch is not None and {what.state, self._states.get(job.sync)} != {"succeeded"}:
                self.watch.soon()
            self._states[job.sync] = what.state
            self.log("info" if what.state == "succeeded" else "warn", said, run=what.run, cause=job.cause)


def _refused(number: int, why: str) -> Answer:
    return Answer(request=number, outcome=Outcome(state="failed", error=why, exit_code=1))


def _inode(file: Path) -> int:
    try:
        return file.stat().st_ino
    except FileNotFoundError:
        return -1
