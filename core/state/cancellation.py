"""Stopping what runs: a preview or a plan in this process, a run in its own.

An interrupt that falls between two statements does nothing, so whoever is watched is told to stop again and again until
it is done; and what begins after that is not begun. `stop` itself never waits.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import CancelledError
from core.model import Project
from core.own_folder import read_plain
from core.state.folder import StateFolder, is_alive
from core.store import Store

__all__ = ["STOPPED", "Stopping", "stop_run"]

STOPPED = "The run was stopped."
"""What is said of a run that someone stopped."""

_REPEAT_SECONDS = 0.1
_CLOCKS_DIFFER = 60.0
"""Seconds by which a process may seem younger than the run that it began: clocks are set."""


@dataclass(slots=True)
class _Watched:
    """Something that runs, and what stops it. `turn` is held while it is told, so that it is not told after its end."""

    stop: Callable[[], None]
    turn: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)

    def insist(self) -> None:
        """Tell it to stop until it is over."""
        while not self.over.is_set():
            with self.turn:
                if not self.over.is_set():
                    self.stop()
            self.over.wait(_REPEAT_SECONDS)

    def end(self) -> None:
        self.over.set()
        with self.turn:
            pass


class Stopping:
    """Someone's wish that work stops; it is asked for once, from any thread, and not taken back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._watched: list[_Watched] = []

    @property
    def stopped(self) -> bool:
        """Return whether it was asked for."""
        return self._asked.is_set()

    def check(self) -> None:
        """Raise CancelledError where it was asked for."""
        if self.stopped:
            raise CancelledError("It was stopped.")

    def stop(self) -> None:
        """Ask for it: what is being watched is told to stop, in threads, until it does."""
        with self._lock:
            first = not self._asked.is_set()
            self._asked.set()
            watched = list(self._watched) if first else []
        for each in watched:
            threading.Thread(target=each.insist, daemon=True, name="stopping").start()

    @contextlib.contextmanager
    def watch(self, stop: Callable[[], None]) -> Iterator[None]:
        """Have `stop` called, from another thread, where it is asked for meanwhile; raises CancelledError where it was.

        `stop` is called until this context ends, and not after it. What it stops is to raise CancelledError itself.
        """
        watched = _Watched(stop)
        with self._lock:
            self.check()
            self._watched.append(watched)
        try:
            yield
        finally:
            with self._lock:
                self._watched.remove(watched)
            watched.end()


def stop_run(project: Project, store: Store, run_id: str) -> bool:
    """Ask the process of a running run to stop, as `kill` does; False where there is no such run, or it is gone.

    Only the process that holds the lock of the run's sync is told, by the note beside the lock: another program may have
    the number of one that was killed.
    """
    row = store.row("run", id=run_id)
    if row is None or row["state"] != "running" or not row["process"] or not is_alive(row["process"]):
        return False
    if not _is_holder(StateFolder(project).holder(row["sync"]), row["process"], row["started"]):
        return False
    try:
        os.kill(row["process"], signal.SIGTERM)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _is_holder(note: Path, process: int, started: float) -> bool:
    """Return whether a lock's note names this process of this host, and the process is as old as the run."""
    try:
        holder = json.loads(read_plain(note))
    except (OSError, ValueError):
        return False
    if not isinstance(holder, dict) or (holder.get("process"), holder.get("host")) != (process, socket.gethostname()):
        return False
    began = _began(process)
    return began is None or began <= started + _CLOCKS_DIFFER


def _began(process: int) -> float | None:
    """Return the Unix time at which a process began; None where that cannot be known (only Linux says it in a file)."""
    try:
        words = Path(f"/proc/{process}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
        boot = next(line for line in Path("/proc/stat").read_text("utf-8").splitlines() if line.startswith("btime"))
        return int(boot.split()[1]) + int(words[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, StopIteration):
        return None
