"""The runs that this console begins: done by the daemon where one runs, else by processes that outlive the console.

The daemon is asked by a row of the store, and answers there. A process is `backhaul run` in a session of its own; several syncs
that are run together are one process, which runs one after the other.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from tui.messages import Refused, RunFinished, Snapshot

if TYPE_CHECKING:
    from core.model import Project
    from core.store import Store

__all__ = ["Running", "StoreReader"]

_Value = TypeVar("_Value")

_DAEMON_GONE: Mapping[str, Any] = {
    "exit_code": 1,
    "error": "The daemon stopped; what was started continues with the next one.",
    "run": "",
}


@dataclass(frozen=True, slots=True, eq=False)
class _Begun:
    """A process: what it does, for which syncs; `said` is the file that takes its errors."""

    process: subprocess.Popen[bytes]
    what: str
    syncs: tuple[str, ...]
    said: Any


class StoreReader(Protocol):
    """What starting runs needs of the way to core: the project's folder and last state, and its thread for the store."""

    folder: Path
    snapshot: Snapshot

    async def in_thread(self, work: Callable[[], _Value]) -> _Value: ...

    async def read(self, question: Callable[[Project, Store], _Value]) -> _Value: ...


class Running:
    """What was begun, and is not over."""

    def __init__(self, bridge: StoreReader) -> None:
        self._bridge = bridge
        self._begun: list[_Begun] = []
        self._asked: dict[int, tuple[str, str]] = {}

    @property
    def syncs(self) -> frozenset[str]:
        """Return the syncs that something was begun for."""
        begun = {sync for each in self._begun for sync in each.syncs}
        return frozenset(begun | {sync for sync, _what in self._asked.values()})

    @property
    def processes(self) -> tuple[int, ...]:
        """Return the numbers of the processes."""
        return tuple(each.process.pid for each in self._begun)

    async def start(self, what: str, *syncs: str, words: Sequence[str] = (), run: str = "") -> None:
        """Have `run SYNC...`, `replay SYNC` or `undo RUN` done. Raises Refused."""
        if self._bridge.snapshot.has_daemon:
            for sync in syncs:
                await self._ask_daemon(what, sync, words, run)
            return
        said = tempfile.TemporaryFile()  # noqa: SIM115 -- read and closed when the process is over
        named = [run] if run else syncs
        command = [sys.executable, "-P", "-m", "tui.main", what, *named, *words, "--json"]
        command += ["--project", str(self._bridge.folder)]

        def launch() -> None:
            process = subprocess.Popen(  # noqa: S603 -- our own program
                command,
                cwd=self._bridge.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
            )
            self._begun.append(_Begun(process, what, syncs, said))  # here, for whoever waits may be stopped

        await self._bridge.in_thread(launch)

    def close(self) -> None:
        """Let go of what is not over: it goes on without this console."""
        for each in self._begun:
            each.said.close()
            threading.Thread(
                target=each.process.wait, daemon=True
            ).start()  # whoever lives longer than it takes its end
        self._begun.clear()

    async def _ask_daemon(self, what: str, sync: str, words: Sequence[str], run: str) -> None:
        from core.daemon.client import ask

        def put(project: Project, store: Store) -> int:
            return ask(store, what, sync=project.syncs[sync].id, run=run, words=words)

        self._asked[await self._bridge.read(put)] = (sync, what)

    async def look(self) -> list[RunFinished]:
        """Return what is over by now."""
        over = [self._end(each) for each in list(self._begun) if each.process.poll() is not None]
        if self._asked:
            with contextlib.suppress(Refused):  # a store that cannot be read is told where it is shown
                over += await self._hear()
        return over

    def _end(self, begun: _Begun) -> RunFinished:
        self._begun.remove(begun)
        begun.said.seek(0)
        text = begun.said.read(4000).decode("utf-8", "replace")
        begun.said.close()
        return RunFinished(", ".join(begun.syncs), begun.process.returncode, text, begun.what)

    async def _hear(self) -> list[RunFinished]:
        """Return what the daemon was asked for and has done, and what it will never do."""
        from core.daemon.client import answer

        def look(_project: Project, store: Store) -> dict[int, dict[str, Any] | None]:
            return {number: answer(store, number) for number in self._asked}

        over = []
        for number, said in (await self._bridge.read(look)).items():
            if said is None and self._bridge.snapshot.has_daemon:
                continue
            sync, what = self._asked.pop(number)
            ended = said or _DAEMON_GONE
            over.append(RunFinished(sync, int(ended["exit_code"]), "" if ended["run"] else str(ended["error"]), what))
        return over
