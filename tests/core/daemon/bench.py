"""An agenda on a project that exists in memory only, driven by a clock of its own."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from core.daemon.agenda import Agenda
from core.daemon.jobs import CatchUp, Effect, Job, Keep, Outcome, Skip, Start
from core.model import CallType, Destination, Limits, Project, Source, Sync

NOW = 1_790_000_000.0
GOOD = Outcome(state="succeeded", run="r")
BAD = Outcome(state="failed", run="r", exit_code=1, error="no connection", may_pass=True)
WRONG = Outcome(state="failed", run="r", exit_code=2, error="no such column")
HELD = Outcome(state="failed", exit_code=1, error="in use", held=True)
STOPPED = Outcome(state="failed", run="r", exit_code=1, error="stopped", stopped=True)


def sync(name: str, schedule: str, source: str = "wh", to: tuple[str, ...] = ("seg",), **values: object) -> Sync:
    known = {"name": name, "id": f"id-{name}", "description": "", "source": source, "destinations": to}
    return Sync(**(known | {"call": CallType.IDENTIFY, "query": "", "schedule": schedule} | values))


def project(*syncs: Sync, at_once: int = 4, workers: int = 4) -> Project:
    sources = {each.source for each in syncs}
    destinations = {name for each in syncs for name in each.destinations}
    nowhere = Path()
    return Project(
        name="tests",
        folder=nowhere,
        state=nowhere,
        sources={
            name: Source(name=name, type="duckdb", settings=None, path=nowhere, at_once=at_once) for name in sources
        },
        destinations={
            name: Destination(name=name, type="file", settings=None, limits=Limits(), path=nowhere, at_once=at_once)
            for name in destinations
        },
        syncs={each.name: each for each in syncs},
        workers=workers,
    )


@dataclass
class Bench:
    """Plays the daemon: it carries out effects in memory, and lets jobs take the time and come to the end that a test says."""

    project: Project
    takes: Callable[[Job], float] = lambda _job: 1.0
    comes_to: Callable[[Job], Outcome] = lambda _job: GOOD
    now: float = NOW
    agenda: Agenda = field(init=False)
    started: list[tuple[float, Job]] = field(default_factory=list)
    skipped: list[tuple[float, Skip]] = field(default_factory=list)
    caught_up: list[CatchUp] = field(default_factory=list)
    kept: dict[str, Keep] = field(default_factory=dict)
    ran_for: Counter[str] = field(default_factory=Counter)
    """How many due moments each sync was run for; beside those in `skipped_for` there are none."""
    skipped_for: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0
    _ends: list[tuple[float, int, Job, Outcome]] = field(default_factory=list)
    _number: int = 0

    def __post_init__(self) -> None:
        self.agenda = Agenda(workers=self.project.workers, project=self.project)
        self.load(self.project)

    def load(self, project: Project) -> None:
        self.project = project
        standings = {identity: keep.standing for identity, keep in self.kept.items()}
        self.take(self.agenda.load(project, self.now, standings=standings, last_starts={}, behind=()))

    def restart(self) -> None:
        """End the daemon, with what runs, and begin again with what was kept."""
        self.agenda = Agenda(workers=self.project.workers, project=self.project)
        self._ends = []
        behind = {skip.sync for _at, skip in self.skipped} - {each.sync for each in self.caught_up}
        standings = {identity: keep.standing for identity, keep in self.kept.items()}
        self.take(self.agenda.load(self.project, self.now, standings=standings, last_starts={}, behind=behind))

    def take(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Keep():
                    self.kept[effect.sync] = effect
                case Skip():
                    self.skipped.append((self.now, effect))
                    self.skipped_for[effect.name] += effect.count
                case CatchUp():
                    self.caught_up.append(effect)
                case Start():
                    self._start(effect.job)

    def _start(self, job: Job) -> None:
        self.started.append((self.now, job))
        self._number += 1
        outcome = self.comes_to(job)
        if outcome.run:
            self.take(self.agenda.begun(job, f"run-{self._number}", self.now))
            self.ran_for[job.name] += job.due is not None
        heapq.heappush(self._ends, (self.now + self.takes(job), self._number, job, outcome))
        self.most_at_once = max(self.most_at_once, len(self.agenda.running))

    def until(self, end: float) -> None:
        """Let time pass, from one thing that happens to the next."""
        while True:
            moments = [self.agenda.next_moment(), self._ends[0][0] if self._ends else None]
            coming = [moment for moment in moments if moment is not None]
            if not coming or min(coming) > end:
                break
            self.now = max(self.now, min(coming))
            while self._ends and self._ends[0][0] <= self.now:
                _, _, job, outcome = heapq.heappop(self._ends)
                self.take(self.agenda.ended(job, outcome, self.now))
            self.take(self.agenda.tick(self.now))
        self.now = end

    def days(self, number: float) -> None:
        self.until(self.now + number * 86_400)

    def times(self, name: str) -> list[float]:
        """Return when the runs of a sync began, in seconds from the beginning."""
        return [at - NOW for at, job in self.started if job.name == name]
