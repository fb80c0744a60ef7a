"""A daemon under test: in this process with real workers and a clock that can be moved, or as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core import project as projects
from core.daemon.client import answer, ask
from core.daemon.loop import Daemon
from core.daemon.workers import Workers
from core.reports import history
from core.state.folder import StateFolder
from core.store import Store
from tests.projects import SECRETS, ProjectFolder

PATIENCE = 30.0
ROOT = Path(__file__).parents[3]


def seen(project: ProjectFolder) -> tuple[history.RunSummary, ...]:
    """Return the runs of a project, the oldest first."""
    with Store(project.folder / ".backhaul") as store:
        return tuple(reversed(history.runs(store, limit=1000)))


def runs_of(project: ProjectFolder, name: str) -> list[history.RunSummary]:
    return [run for run in seen(project) if run.name == name]


@dataclass
class Live:
    """A daemon that runs in this process; `ahead` is how many seconds its clock is ahead of this machine's."""

    project: ProjectFolder
    ahead: float = 0.0
    said: list[tuple[str, str]] = field(default_factory=list)
    daemon: Daemon = field(init=False)

    def __post_init__(self) -> None:
        self.daemon = Daemon(
            folder=self.project.folder,
            log=lambda level, what, **_values: self.said.append((level, what)),
            make_runner=lambda it: Workers(self.project.folder, begun=it.begun, ended=it.ended, said=it.said),
            clock=lambda: time.time() + self.ahead,
        )

    def pass_time(self, seconds: float) -> None:
        self.ahead += seconds
        self.daemon._wake.set()

    async def until(self, what: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """Wait until something is true, and return it."""
        deadline = time.monotonic() + seconds
        while not (found := what()):
            if time.monotonic() > deadline:
                raise AssertionError(f"it did not happen; the daemon said {self.said}")
            await asyncio.sleep(0.05)
        return found

    async def ran(self, name: str, times: int = 1) -> list[history.RunSummary]:
        """Wait until a sync has ended so many runs that were not skipped."""

        def done() -> list[history.RunSummary]:
            found = [run for run in runs_of(self.project, name) if run.state not in ("running", "skipped")]
            return found if len(found) >= times else []

        return await self.until(done)

    async def says(self, words: str) -> str:
        return await self.until(lambda: next((what for _level, what in self.said if words in what), ""))

    async def asked(self, kind: str, sync: str = "", **values: Any) -> dict[str, Any]:
        """Ask the daemon for something, as another process does, and wait for its answer."""
        loaded = projects.load(self.project.folder)
        with StateFolder(loaded).store() as store:
            identity = loaded.syncs[sync].id if sync in loaded.syncs else sync
            number = ask(store, kind, sync=identity, **values)
            return await self.until(lambda: answer(store, number))


@contextlib.asynccontextmanager
async def live(project: ProjectFolder) -> AsyncIterator[Live]:
    """Run a daemon in this process."""
    found = Live(project)
    ready = asyncio.Event()
    task = asyncio.create_task(found.daemon.run(ready.set))
    waiting = asyncio.create_task(ready.wait())
    try:
        await asyncio.wait({task, waiting}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        yield found
    finally:
        waiting.cancel()
        found.daemon.stop()
        await asyncio.wait_for(task, PATIENCE)


@dataclass
class Apart:
    """A daemon in a process of its own."""

    process: subprocess.Popen[bytes]
    said: Path

    def says(self, words: str, seconds: float = PATIENCE) -> str:
        deadline = time.monotonic() + seconds
        while words not in (text := self.said.read_text("utf-8")):
            if self.process.poll() is not None and words not in self.said.read_text("utf-8"):
                raise AssertionError(f"the daemon ended with {self.process.returncode}: {text}")
            if time.monotonic() > deadline:
                raise AssertionError(f"{words!r} was not said: {text}")
            time.sleep(0.02)
        return text

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextlib.contextmanager
def apart(project: ProjectFolder, *words: str, **environment: str) -> Iterator[Apart]:
    """Run `backhaul daemon` in a process of its own, and stop it afterwards."""
    said = project.folder.parent / f"daemon-{time.monotonic_ns()}.txt"
    env = {**os.environ, **SECRETS, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environment}
    command = [sys.executable, "-m", "core.cli", "daemon", "--project", str(project.folder), *words]
    with said.open("wb") as out:
        process = subprocess.Popen(command, cwd=project.folder, env=env, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield Apart(process, said)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
