"""The one way from the console to core: it watches the store, asks the workbench, and posts messages; tui.run_starter begins runs.

The console itself imports no driver, no sqlglot and no duckdb. What is heavy is done by a helper process, the workbench
(core.workbench): lint, preview, plan, explain, check, the keyring. A query that is slow, or a library that holds Python's
lock, then cannot hold up the screen, and the console's memory stays small. What runs do is read from the store, whoever began them.

The store and the project's files are read in one thread, once a second, and only where something has changed on disk.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import BackhaulError
from tui.helper import Workbench
from tui.messages import Notice, Refused, Snapshot, SnapshotRead
from tui.run_starter import Running

if TYPE_CHECKING:
    from textual.app import App

    from core.model import Project
    from core.store import Store

__all__ = ["Bridge"]

_Value = TypeVar("_Value")

_RUNS = 300
_NOTICES = 1_000
_DAEMON_SECONDS = 2
"""How often to look whether the daemon is still there: its end may change no file."""


class Bridge:
    """Everything that the console wants of core, for one project."""

    def __init__(self, app: App[Any], folder: Path) -> None:
        self.folder = folder
        self.snapshot = Snapshot()
        self._app = app
        self._thread = ThreadPoolExecutor(1, "store")
        self._store: Store | None = None
        self._seen: object = None
        self._files: object = None
        self._project: Project | None = None
        """As the files were when they were last read. The snapshot may still be on its way to the event loop."""

        self._told: int | None = None
        self._daemon_read = 0.0
        self._is_closed = False
        self._workbench = Workbench(folder)
        self.running = Running(self)

    # the project and the store

    async def watch(self) -> None:
        """Read once a second what has changed, until cancelled."""
        while True:
            await self.refresh()
            for over in await self.running.look():
                self._app.post_message(over)
            await asyncio.sleep(1.0)

    async def refresh(self, *, anew: bool = False) -> Snapshot:
        """Read the project and the store where they have changed (or `again`), and tell."""
        found = await self.in_thread(lambda: self._read(anew=anew))
        if found is not None:
            self.snapshot = found
            self._app.post_message(SnapshotRead(found))
        return self.snapshot

    async def in_thread(self, work: Callable[[], _Value]) -> _Value:
        """Do something that takes a moment, in the thread that reads the store; once that is closed, whoever asks is stopped."""
        if self._is_closed:
            raise asyncio.CancelledError
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _read(self, *, anew: bool) -> Snapshot | None:
        """Read, in the thread; None where nothing has changed."""
        if anew:
            self._seen = self._files = None
        files = tuple(_signature(self.folder))
        state = self._project.state if self._project else self.folder / ".backhaul"
        seen = (
            files,
            _stat(state / "store.sqlite"),
            _stat(state / "store.sqlite-wal"),
            bool(self.snapshot.live) and int(time.time()),
        )
        if seen == self._seen:
            return self._with_daemon()
        self._seen = seen
        try:
            if self._project is None or files != self._files:
                from core import project as projects

                self._project = projects.load(self.folder, looking=True)
                self._files = tuple(_signature(self.folder))  # reading may have written an id
            return self._read_store(self._project)
        except BackhaulError as error:
            self._close_store()
            self._seen = None  # what is wrong now may be fixed without any file changing
            return Snapshot(
                project=self._project,
                statuses=self.snapshot.statuses,
                runs=self.snapshot.runs,
                at=self.snapshot.at,
                problem=error.message,
                where=error.where.removeprefix(f"{self.folder}{os.sep}"),
                remedy=error.remedy,
            )

    def _with_daemon(self) -> Snapshot | None:
        """Return what is known with the daemon as it is now, where that is another: its end may change no file."""
        now = time.monotonic()
        if self.snapshot.daemon is None or self._store is None or now - self._daemon_read < _DAEMON_SECONDS:
            return None
        self._daemon_read = now
        from core.reports import history

        try:
            found = history.daemon(self._store)
        except BackhaulError:  # told when the store is read
            return None
        is_same = found is not None and found.state == self.snapshot.daemon.state
        return None if is_same else replace(self.snapshot, daemon=found)

    def _read_store(self, project: Project) -> Snapshot:
        from core.reports import history

        store = self._open_store(project)
        newest = history.runs(store, limit=_RUNS)
        known = {run.id for run in newest}
        # one that goes on for days is not among the newest any more, and is in reach all the same
        older = [run for run in history.runs(store, state="running", limit=_RUNS) if run.id not in known]
        return Snapshot(
            project=project,
            statuses=history.overview(project, store),
            runs=(*newest, *older) if older else newest,
            notices=self._new_notices(store),
            at=time.time(),
            daemon=history.daemon(store),
        )

    def _new_notices(self, store: Store) -> tuple[Notice, ...]:
        """Return the notices that were told since the last look, the oldest first; at the first look none is new."""
        after = self._told
        if after is None:
            row = store.row("last_notice")
            self._told = int(row["number"]) if row else 0
            return ()
        rows = store.rows("notices_after", number=after, limit=_NOTICES)
        self._told = max([after, *(row["number"] for row in rows)])
        return tuple(
            Notice(number=row["number"], text=row["text"], trouble=bool(row["trouble"])) for row in reversed(rows)
        )

    def _open_store(self, project: Project) -> Store:
        known = self._store
        # one in memory is there until someone has made the store
        if known is None or known.file.parent != project.state or known.file.exists() is known.is_in_memory:
            self._close_store()
            from core.state.folder import look

            known = self._store = look(project, timeout=1.0)
        return known

    def _close_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    async def read(self, question: Callable[[Project, Store], _Value]) -> _Value:
        """Ask the store something, in its thread. Raises Refused."""
        project = self.snapshot.project
        if project is None:
            raise Refused({"message": "The project is not read yet."})

        def ask() -> _Value:
            try:
                return question(project, self._open_store(project))
            except BackhaulError as error:
                raise Refused(vars(error)) from error

        return await self.in_thread(ask)

    async def change(self, work: Callable[[], _Value]) -> _Value:
        """Change files of the project, in the thread that reads them, and read again. Raises Refused."""

        def do() -> _Value:
            try:
                return self._kept_trusted(work)
            except BackhaulError as error:
                raise Refused(vars(error)) from error
            except OSError as error:
                where = str(error.filename or "")
                raise Refused(
                    {"message": f"{error.strerror}.", "where": where, "remedy": "Look at its owner and its disk."}
                ) from error

        found = await self.in_thread(do)
        await self.refresh(anew=True)
        return found

    def _kept_trusted(self, work: Callable[[], _Value]) -> _Value:
        """Do it; a project of which nothing was untrusted before stays trusted: what one has just made oneself one is not asked about."""
        from core import project as projects
        from core import trust

        was_trusted = not projects.load(self.folder, looking=True).untrusted
        done = work()
        if was_trusted and (changed := projects.load(self.folder, looking=True)).untrusted:
            trust.allow(changed)
        return done

    async def trust(self, shown: Project) -> None:
        """Allow what these files of the project name outside of their folder: what was shown, and nothing that they say since. Raises Refused."""
        from core import trust

        await self.change(lambda: trust.allow(shown))

    # the workbench

    async def ask(
        self, do: str, on_part: Callable[[Mapping[str, Any]], None] | None = None, **values: Any
    ) -> dict[str, Any]:
        """Have the workbench do something; cancelling this task stops it there too. Raises Refused."""
        if self._is_closed:  # it would be started again
            raise asyncio.CancelledError
        return await self._workbench.ask(do, on_part, values)

    # runs

    async def stop(self, run: str) -> bool:
        """Ask a run to stop; False where there was nothing to stop."""
        from core.state.cancellation import stop_run

        return await self.read(lambda project, store: stop_run(project, store, run))

    # the daemon

    async def begin_daemon(self) -> int:
        """Begin a daemon in the background; return its process. Raises Refused."""
        from core.daemon.client import begin

        project = self.snapshot.project
        if project is None:
            raise Refused({"message": "The project is not read yet."})
        try:
            found = await asyncio.to_thread(begin, project)
        except BackhaulError as error:
            raise Refused(vars(error)) from error
        await self.refresh(anew=True)
        return found

    async def end_daemon(self) -> bool:
        """Ask the daemon to end after the batches in flight; False where none runs on this host."""
        from core.daemon.client import end

        project = self.snapshot.project
        return project is not None and await asyncio.to_thread(end, project)

    async def close(self) -> None:
        """End the workbench and what it does; runs go on."""
        self._is_closed = True
        await self._workbench.close()
        self.running.close()
        self._thread.shutdown(wait=False, cancel_futures=True)


def _signature(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Yield what tells whether a project's files have changed: their names, times and sizes."""
    for part in ("", "sources", "destinations", "syncs"):
        try:
            with os.scandir(folder / part) as entries:
                found = sorted(
                    (entry.path, *_times(entry.stat()))
                    for entry in entries
                    if entry.name.endswith((".toml", ".sql")) and not entry.name.startswith(".")
                )
        except OSError:
            continue
        yield from found


def _times(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_mtime_ns, stat.st_size


def _stat(file: Path) -> tuple[int, int] | None:
    try:
        return _times(file.stat())
    except OSError:
        return None
