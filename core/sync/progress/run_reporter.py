"""What a run tells: each event goes to whoever listens, into the run's log, and folded into the progress that the store has.

The log is for people who come later: it is a line of JSON an event, `at` (Unix seconds) first, and it may not fail a run,
so a disk that is full leaves a gap in it. Of a destination's answers it takes one a second at most. The store takes the
progress once a second; what came within that second is written at its end, so that "next try in 60 seconds" is not
held back for these 60 seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from core.errors import BackhaulError
from core.own_folder import open_plain
from core.store import Store
from core.sync.progress import events
from core.sync.progress.events import Event
from core.sync.progress.reducer import fold
from core.sync.progress.run_progress import Progress, as_json

__all__ = ["RunLog", "RunReporter", "planned", "resumed"]

_SECONDS = 1.0
"""How long the store's progress, and a destination's line of the log, may be behind."""


@dataclass(slots=True)
class RunLog:
    """A run's log file. No error of the disk comes out of it."""

    path: Path
    _file: BinaryIO | None = None
    _torn: bool = False
    _answered_at: dict[str, float] = field(default_factory=dict)

    def write(self, event: Event, at: float) -> None:
        """Append an event that was told at the Unix time `at`."""
        if isinstance(event, events.Answered):
            last = self._answered_at.get(event.destination)
            if last is not None and 0 <= at - last < _SECONDS:
                return
            self._answered_at[event.destination] = at
        line = json.dumps({"at": round(at, 3), **events.as_json(event)}).encode() + b"\n"
        try:
            if self._file is None:
                self._file = os.fdopen(open_plain(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab", buffering=0)
            if self._torn:  # half a line stays one bad line, and takes no other with it
                line = b"\n" + line
            self._torn = True
            self._torn = self._file.write(line) < len(line)
        except OSError:
            pass

    def close(self) -> None:
        """Return the file back."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()


@dataclass(slots=True, kw_only=True)
class RunReporter:
    """Tells the events of one run. `clock` gives Unix seconds; `listen` takes each event at once.

    Use it as a context manager, in an event loop's thread. `questions` are what guards have asked so far.
    """

    run: str
    store: Store
    log: RunLog
    clock: Callable[[], float]
    listen: Callable[[Event], None]
    progress: Progress | None = None
    questions: list[Mapping[str, Any]] = field(default_factory=list)
    _kept_at: float = 0.0
    _later: asyncio.TimerHandle | None = None

    def emit(self, event: Event) -> None:
        """Tell an event; the store has it in its progress within a second."""
        self.listen(event)
        self._take(event, self.clock())
        wait = self._kept_at + _SECONDS - time.monotonic()
        if wait <= 0:
            self._keep()
        elif self._later is None:
            self._later = asyncio.get_running_loop().call_later(wait, self._keep_later)

    def end(self, event: events.Ended, at: float, *, error: str | None, remedy: str | None) -> None:
        """Record how the run ended, and tell it."""
        self._take(event, at)
        self.store.do(
            "end_run",
            id=self.run,
            state=event.state,
            ended=at,
            error=error,
            remedy=remedy,
            progress=as_json(self.progress) if self.progress else None,
            questions=json.dumps(self.questions) if self.questions else None,
        )
        self.listen(event)

    def _take(self, event: Event, at: float) -> None:
        self.progress = fold(self.progress, event, at)
        self.log.write(event, at)
        if isinstance(event, events.Stopped):
            self.questions += [{"destination": event.destination, **question} for question in event.questions]

    def _keep(self) -> None:
        """Put the progress into the store."""
        self._cancel()
        self._kept_at = time.monotonic()
        if self.progress:
            self.store.do("set_run_progress", id=self.run, progress=as_json(self.progress))

    def _keep_later(self) -> None:
        with contextlib.suppress(BackhaulError):  # a store that cannot be written is told by the next step of the run
            self._keep()

    def _cancel(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._cancel()
        self.log.close()


def planned(run: str, sync: str, delivery: Mapping[str, Any]) -> events.Planned:
    """Return the event of a delivery that was just recorded, from its row of the store."""
    return events.Planned(
        run=run,
        sync=sync,
        destination=delivery["destination"],
        delivery=delivery["id"],
        rows=delivery["rows"],
        added=delivery["added"],
        changed=delivery["changed"],
        removed=delivery["removed"],
        unchanged=delivery["unchanged"],
        retried=delivery["retried"],
        refused=delivery["refused"],
        calls=delivery["calls"],
        batches=delivery["batches"],
        notes=tuple(json.loads(delivery["notes"])),
        assumed=delivery["assumed"],
    )


def resumed(run: str, sync: str, delivery: Mapping[str, Any], totals: Mapping[str, Any]) -> events.Resumed:
    """Return the event of an earlier run's delivery that goes on, from its row of the store and its batches' totals."""
    return events.Resumed(
        run=run,
        sync=sync,
        destination=delivery["destination"],
        delivery=delivery["id"],
        calls=delivery["calls"],
        answered=totals["answered"],
        acknowledged=totals["acknowledged"],
        added=delivery["added"],
        changed=delivery["changed"],
        removed=delivery["removed"],
        unchanged=delivery["unchanged"],
        retried=delivery["retried"],
        refused=delivery["refused"],
        batches=delivery["batches"],
        batches_answered=totals["batches"],
    )
