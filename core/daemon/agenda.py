"""What the daemon does next: which syncs are due, which wait, which are held back. No I/O, and the time is a parameter.

Each method gives the effects that whoever calls it carries out, in their order. For every due moment of every sync exactly
one of these comes out, sooner or later: a `Start` that has it as its `due`, or a `Skip` that counts it.

    due -> waits for a worker and for room at its source and destinations -> Start -> runs -> ended
    due while the sync runs, is held elsewhere, or is left alone after failures -> Skip, then one Start that catches up

Those who wait longest come first, but one whose source or destination is full holds back nobody else. What a person asks for comes before
all that is due.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from core import schedule
from core.daemon.capacity import Room
from core.daemon.entry import Entry
from core.daemon.jobs import Answer, Effect, Job, Keep, Outcome, Start
from core.model import Project, Sync
from core.schedule import Standing

__all__ = ["Agenda"]

_OFF = "off"
"""The words of a standing whose sync is switched off: on again, it begins again."""

_SET_BACK = 60.0
"""Seconds by which the clock has to go back until it is noticed."""


@dataclass(slots=True)
class Agenda:
    """The syncs of a project, and what is done about them. `workers` is how many jobs may run at once; `running` are those
    that do, by the sync's id.
    """

    workers: int
    project: Project
    running: dict[str, Job] = field(default_factory=dict)
    _entries: dict[str, Entry] = field(default_factory=dict)
    _asked: list[Job] = field(default_factory=list)
    _queue: list[Entry] = field(default_factory=list)
    _latest: float = 0.0

    # what it is made of

    def load(
        self,
        project: Project,
        now: float,
        *,
        standings: Mapping[str, Standing],
        last_starts: Mapping[str, float],
        behind: Collection[str],
    ) -> list[Effect]:
        """Take the project as it is now; syncs that are new, or have another schedule, begin again.

        `standings` are what was kept, `last_starts` when each sync's last run began, and `behind` the syncs that were skipped
        and not caught up; all by the sync's id.
        """
        self.project = project
        old, self._entries, self._queue = self._entries, {}, []
        effects: list[Effect] = []
        for sync in project.syncs.values():
            known = old.get(sync.id)
            standing = known.standing if known else standings.get(sync.id)
            entry = self._entry(sync, standing, last_starts.get(sync.id), now)
            if entry is None:
                if standing is not None and standing.words != _OFF:
                    effects.append(Keep(sync=sync.id, standing=replace(standing, words=_OFF)))
                continue
            if entry.standing != standing:
                effects.append(entry.keep)
            elif known.recorded if known else sync.id in behind:
                entry.recorded, entry.reason = entry.standing.seen, known.reason if known else ""
            entry.look_ahead(now)
            self._entries[sync.id] = entry
        return effects

    def _entry(self, sync: Sync, standing: Standing | None, last_start: float | None, now: float) -> Entry | None:
        """Make the entry of a sync; None where nothing starts it by itself."""
        plan = schedule.parse(sync.schedule)
        if not sync.enabled or (plan.seconds is None and plan.cron is None):
            return None
        words = schedule.words_of(sync.schedule, sync.timezone, sync.start)
        if standing is None or standing.words != words:
            standing = schedule.begin(words, plan, last_start=last_start, start=sync.start, now=now)
        return Entry(sync=sync, plan=plan, standing=standing, running=self.running.get(sync.id))

    @property
    def waiting(self) -> int:
        """Say how many jobs wait for a worker, or for room."""
        return len(self._queue) + len(self._asked)

    def next_moment(self) -> float | None:
        """Return the Unix time at which something is due next, None where nothing ever is."""
        return min((entry.due for entry in self._entries.values() if entry.due is not None), default=None)

    # what is asked for

    def ask(self, job: Job) -> list[Effect]:
        """Take a request for a run; it comes before all that is due."""
        if job.sync in self.running or any(asked.sync == job.sync for asked in self._asked):
            return _refused(job, f"{job.name} is running already.")
        self._asked.append(job)
        return []

    def give_up(self, sync: str) -> list[Effect]:
        """Take back what was asked for and has not begun."""
        gone = [job for job in self._asked if job.sync == sync]
        self._asked = [job for job in self._asked if job.sync != sync]
        return [effect for job in gone for effect in _refused(job, "It was cancelled before it started.")]

    # the passing of time

    def tick(self, now: float) -> list[Effect]:
        """Look at the time: give what is skipped and what starts."""
        effects: list[Effect] = []
        if now < self._latest - _SET_BACK:
            effects += [effect for entry in self._entries.values() for effect in entry.clock_set_back(now)]
        self._latest = now
        for entry in self._entries.values():
            if entry.due is not None and entry.due <= now:
                effects += entry.fall_due(now)
                if entry.waiting is not None:
                    self._queue.append(entry)
        return [*effects, *self._start_what_can(now)]

    def _start_what_can(self, now: float) -> list[Effect]:
        """Start who waits longest, as far as there are workers, and room at sources and destinations."""
        if len(self.running) >= self.workers or not (self._asked or self._queue):
            return []
        effects: list[Effect] = []
        room = Room(self.project, self.running.values())
        for job in list(self._asked):
            if self._can_start(job.sync, job.name, room):
                self._asked.remove(job)
                self._run(job, room)
                effects.append(Start(job=job))
        left = []
        for entry in self._queue:
            if self._can_start(entry.sync.id, entry.sync.name, room):
                effects += entry.start(now)
                assert entry.running is not None  # noqa: S101 -- it has just been started
                self._run(entry.running, room)
            else:
                left.append(entry)
        self._queue = left
        return effects

    def _can_start(self, sync: str, name: str, room: Room) -> bool:
        return len(self.running) < self.workers and sync not in self.running and room.is_for(name)

    def _run(self, job: Job, room: Room) -> None:
        self.running[job.sync] = job
        room.take(job.name)
        if entry := self._entries.get(job.sync):
            entry.running = job

    # a run begins and ends

    def begun(self, job: Job, run: str, now: float) -> list[Effect]:
        """Take a job's beginning."""
        entry = self._entries.get(job.sync)
        return [] if entry is None else entry.begun(job, run, now)

    def ended(self, job: Job, outcome: Outcome, now: float) -> list[Effect]:
        """Take a job's end."""
        self.running.pop(job.sync, None)
        answers: list[Effect] = [] if job.request is None else [Answer(request=job.request, outcome=outcome)]
        entry = self._entries.get(job.sync)
        return answers if entry is None else [*answers, *entry.ended(job, outcome, now)]


def _refused(job: Job, why: str) -> list[Effect]:
    """Answer a request that leads to nothing."""
    if job.request is None:
        return []
    return [Answer(request=job.request, outcome=Outcome(state="failed", error=why, exit_code=1))]
