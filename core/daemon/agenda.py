"""What the daemon does next: which syncs are due, which wait, which are held back. No I/O, and the time is a parameter.

Each method gives the effects that whoever calls it carries out, in their order. For every due moment of every sync exactly
one of these comes out, sooner or later: a `Start` that has it as its `due`, or a `Skip` that counts it.

    due -> waits for a worker and for room at its source and destinations -> Start -> runs -> ended
    due while the sync runs, is held elsewhere, or is left alone after failures -> Skip, then one Start that catches up

Those who wait longest come first, but one whose source or destination is full holds back nobody else. What a person asks for comes before
all that is due.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from core import schedule
from core.model import Project, Sync
from core.schedule import Schedule, Standing

__all__ = ["Agenda", "Answer", "CatchUp", "Effect", "Job", "Keep", "Outcome", "Skip", "Start"]

BUSY = "The run before was still going."
AWAY = "Nobody ran the schedules: the daemon was not running, or this machine slept."
FULL = "No worker was free, or its source or destination was busy."
HELD = "It was in use by another program."

_OFF = "off"
"""The words of a standing whose sync is switched off: on again, it begins anew."""

_HELD_SECONDS = 5.0
_PUNCTUAL = 2.0
"""Seconds after a due moment until which it counts as seen in time."""

_SET_BACK = 60.0
"""Seconds by which the clock has to go back until it is noticed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A run to be done. `cause` is schedule, caught up, retry or request; `due` the moment that it is for, if it is for one.

    `request` is the number of the row that asked for it; `words` are its options, `run` the run that is undone.
    """

    sync: str
    name: str
    kind: str = "run"
    cause: str = "schedule"
    due: float | None = None
    since: float = 0.0
    words: tuple[str, ...] = ()
    run: str = ""
    request: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a job ended: the run's state and exit code, its id (empty where there was none), and the error, if any.

    `held`: another program had the sync's lock, and nothing was done. `stopped`: a person stopped it. `interrupted`: the daemon
    itself ended, so the next one goes on with it. `may_pass`: what failed may
    pass by itself, so that it is tried again before its next due moment.
    """

    state: str
    run: str = ""
    exit_code: int = 0
    error: str = ""
    held: bool = False
    stopped: bool = False
    interrupted: bool = False
    may_pass: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Start this job in a worker."""

    job: Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Keep where the schedule of a sync stands."""

    sync: str
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Record `count` due moments that are not run; `goes_on` says that they belong to the row that was recorded last."""

    sync: str
    name: str
    first: float
    last: float
    count: int
    reason: str
    goes_on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Answer a request: what it asked for is over, or leads to nothing."""

    request: int
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUp:
    """A run does the work of all due moments of its sync that were skipped."""

    sync: str
    run: str


Effect: TypeAlias = Start | Keep | Skip | Answer | CatchUp


@dataclass(slots=True)
class _Entry:
    """A sync that is on: where its schedule stands, and what it is at."""

    sync: Sync
    plan: Schedule
    standing: Standing
    running: Job | None = None
    waiting: Job | None = None
    recorded: float | None = None
    """The last due moment of those that were skipped and wait for being caught up."""
    reason: str = ""
    due: float | None = None


@dataclass(slots=True)
class Agenda:
    """The syncs of a project, and what is done about them. `workers` is how many jobs may run at once."""

    workers: int
    project: Project
    running: dict[str, Job] = field(default_factory=dict)
    _entries: dict[str, _Entry] = field(default_factory=dict)
    _asked: list[Job] = field(default_factory=list)
    _queue: list[_Entry] = field(default_factory=list)
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
        """Take the project as it is now; syncs that are new, or have another schedule, begin anew.

        `standings` are what was kept, `last_starts` when each sync's last run began, and `behind` the syncs that were skipped
        and not caught up; all by the sync's id.
        """
        self.project = project
        old, self._entries, self._queue = self._entries, {}, []
        effects: list[Effect] = []
        for sync in project.syncs.values():
            known = old.get(sync.id)
            standing = known.standing if known else standings.get(sync.id)
            plan = schedule.parse(sync.schedule)
            if not sync.enabled or (plan.seconds is None and plan.cron is None):
                if standing is not None and standing.words != _OFF:
                    effects.append(Keep(sync=sync.id, standing=replace(standing, words=_OFF)))
                continue
            words = schedule.words_of(sync.schedule, sync.timezone, sync.start)
            is_same = standing is not None and standing.words == words
            if standing is None or not is_same:
                began = last_starts.get(sync.id)
                standing = schedule.begin(words, plan, last_start=began, start=sync.start, now=now)
                effects.append(Keep(sync=sync.id, standing=standing))
            entry = _Entry(sync=sync, plan=plan, standing=standing, running=self.running.get(sync.id))
            if is_same and (known.recorded if known else sync.id in behind):
                entry.recorded, entry.reason = standing.seen, known.reason if known else ""
            self._look_ahead(entry, now)
            self._entries[sync.id] = entry
        return effects

    @property
    def waiting(self) -> int:
        """Say how many jobs wait for a worker, or for room."""
        return len(self._queue) + len(self._asked)

    def next_moment(self) -> float | None:
        """Give the Unix time at which something is due next, None where nothing ever is."""
        moments = [entry.due for entry in self._entries.values() if entry.due is not None]
        return min(moments, default=None)

    # what is asked for

    def ask(self, job: Job) -> list[Effect]:
        """Take a request for a run; it comes before all that is due."""
        if job.sync in self.running or any(asked.sync == job.sync for asked in self._asked):
            return self._refused(job, f"{job.name} is running already.")
        self._asked.append(job)
        return []

    def give_up(self, sync: str) -> list[Effect]:
        """Take back what was asked for and has not begun."""
        gone = [job for job in self._asked if job.sync == sync]
        self._asked = [job for job in self._asked if job.sync != sync]
        return [effect for job in gone for effect in self._refused(job, "It was taken back before it began.")]

    @staticmethod
    def _refused(job: Job, why: str) -> list[Effect]:
        return (
            []
            if job.request is None
            else [Answer(request=job.request, outcome=Outcome(state="failed", error=why, exit_code=1))]
        )

    # the passing of time

    def tick(self, now: float) -> list[Effect]:
        """Look at the time: give what is skipped and what starts."""
        effects: list[Effect] = []
        if now < self._latest - _SET_BACK:
            effects += self._clock_set_back(now)
        self._latest = now
        for entry in self._entries.values():
            if entry.due is not None and entry.due <= now:
                effects += self._fall_due(entry, now)
        return [*effects, *self._start_what_can(now)]

    def _clock_set_back(self, now: float) -> list[Effect]:
        effects: list[Effect] = []
        for entry in self._entries.values():
            better = schedule.mended(entry.standing, entry.plan, now)
            if better != entry.standing:
                entry.standing = better
                effects.append(Keep(sync=entry.sync.id, standing=better))
            self._look_ahead(entry, now)
        return effects

    def _fall_due(self, entry: _Entry, now: float) -> list[Effect]:
        """Deal with a sync that is due: it is skipped, or it waits to be started."""
        effects: list[Effect] = []
        if entry.running is not None:
            effects += self._skip(entry, BUSY, now)
        elif entry.standing.retry is not None and now < entry.standing.retry:
            effects += self._skip(entry, _alone(entry.standing.failures) if entry.standing.failures else HELD, now)
        elif entry.waiting is None and self._is_due(entry, now):
            entry.waiting = Job(sync=entry.sync.id, name=entry.sync.name, since=now)
            self._queue.append(entry)
        self._look_ahead(entry, now)
        return effects

    def _is_due(self, entry: _Entry, now: float) -> bool:
        return (
            entry.recorded is not None
            or (entry.standing.retry is not None and entry.standing.retry <= now)
            or schedule.outstanding(entry.standing, entry.plan, entry.sync.timezone, now) is not None
        )

    def _skip(self, entry: _Entry, reason: str, now: float) -> list[Effect]:
        """Record the due moments up to now as skipped."""
        found = schedule.outstanding(entry.standing, entry.plan, entry.sync.timezone, now)
        if found is None:
            return []
        goes_on = entry.recorded is not None and entry.reason == reason
        entry.standing = replace(entry.standing, seen=found.last)
        entry.recorded, entry.reason = found.last, reason
        return [
            Keep(sync=entry.sync.id, standing=entry.standing),
            _skip(entry.sync, found, reason, goes_on=goes_on),
        ]

    def _look_ahead(self, entry: _Entry, now: float) -> None:
        """Set when this sync has to be looked at next."""
        if entry.waiting is not None:
            entry.due = None
            return
        moments = [schedule.due(entry.standing, entry.plan, entry.sync.timezone)]
        if entry.running is None:
            moments.append(entry.standing.retry)
            if entry.recorded is not None:
                moments.append(entry.standing.retry or now)
        entry.due = min((moment for moment in moments if moment is not None), default=None)

    def _start_what_can(self, now: float) -> list[Effect]:
        """Start who waits longest, as far as there are workers, and room at sources and destinations."""
        effects: list[Effect] = []
        if len(self.running) >= self.workers or not (self._asked or self._queue):
            return effects
        busy = _Busy(self.project, self.running.values())
        for job in list(self._asked):
            if len(self.running) < self.workers and job.sync not in self.running and busy.has_room(job.name):
                self._asked.remove(job)
                effects += self._start_asked(job)
                busy.take(job.name)
        left = []
        for entry in self._queue:
            can = entry.sync.id not in self.running and busy.has_room(entry.sync.name)
            if len(self.running) < self.workers and can:
                effects += self._start_due(entry, now)
                busy.take(entry.sync.name)
            else:
                left.append(entry)
        self._queue = left
        return effects

    def _start_asked(self, job: Job) -> list[Effect]:
        self.running[job.sync] = job
        if entry := self._entries.get(job.sync):
            entry.running = job
        return [Start(job=job)]

    def _start_due(self, entry: _Entry, now: float) -> list[Effect]:
        """Start a sync for its last due moment; those before it were missed, and are caught up by the same run."""
        assert entry.waiting is not None  # noqa: S101 -- who stands in the queue waits
        found = schedule.outstanding(entry.standing, entry.plan, entry.sync.timezone, now)
        effects: list[Effect] = []
        if found is not None and found.count > 1:
            seen_late = entry.waiting.since > found.first + _PUNCTUAL
            earlier = replace(found, last=max(found.first, found.last - 1), count=found.count - 1)
            effects.append(_skip(entry.sync, earlier, AWAY if seen_late else FULL))
        cause = "schedule" if found else "caught up" if entry.recorded is not None else "retry"
        entry.standing = _dealt_with(entry, found.last if found else entry.standing.seen, now)
        job = replace(entry.waiting, cause=cause, due=found.last if found else None)
        entry.waiting, entry.recorded, entry.running = None, None, job
        self.running[entry.sync.id] = job
        self._look_ahead(entry, now)
        return [*effects, Start(job=job)]

    # a run begins and ends

    def begun(self, job: Job, run: str, now: float) -> list[Effect]:
        """Take a job's beginning. Only now its due moment counts as seen, with a note that the run is to be tried again: a
        daemon that is killed before or after this goes on with it when it is begun anew.
        """
        entry = self._entries.get(job.sync)
        kept: list[Effect] = []
        if entry is not None:
            kept = [Keep(sync=job.sync, standing=replace(entry.standing, retry=now))]
        return kept if job.kind != "run" else [*kept, CatchUp(sync=job.sync, run=run)]

    def ended(self, job: Job, outcome: Outcome, now: float) -> list[Effect]:
        """Take a job's end. Failures in a row make a sync be left alone for longer and longer."""
        self.running.pop(job.sync, None)
        answers: list[Effect] = [] if job.request is None else [Answer(request=job.request, outcome=outcome)]
        entry = self._entries.get(job.sync)
        if entry is None:
            return answers
        entry.running = None
        effects = [*answers, *self._not_run(entry, job, outcome)]
        standing = entry.standing
        if outcome.held and job.request is None:
            standing = replace(standing, retry=now + _HELD_SECONDS)
        elif outcome.interrupted:
            standing = replace(standing, retry=now)
        elif outcome.stopped:  # whoever stopped it does not want it to begin again at once
            entry.recorded, standing = None, replace(standing, retry=None)
        elif job.kind == "run" and not outcome.held:
            standing = self._judged(entry, outcome, now)
        entry.standing = standing
        effects.append(Keep(sync=job.sync, standing=standing))
        self._look_ahead(entry, now)
        return effects

    def _not_run(self, entry: _Entry, job: Job, outcome: Outcome) -> list[Effect]:
        """Record the due moment of a job that came to no run; where another program was at it, it is caught up."""
        if outcome.run or job.request is not None:
            return []
        reason = HELD if outcome.held else outcome.error
        goes_on = entry.reason == reason and entry.recorded is not None
        if outcome.held:
            entry.recorded, entry.reason = entry.standing.seen, reason
        if job.due is None:
            return []
        return [_skip(entry.sync, schedule.Due(first=job.due, last=job.due, count=1), reason, goes_on=goes_on)]

    @staticmethod
    def _judged(entry: _Entry, outcome: Outcome, now: float) -> Standing:
        """Give the standing after a run: failures in a row make a sync be left alone, for longer and longer.

        What may pass by itself is tried again after that; what only a person can mend waits for its next due moment beyond it.
        """
        standing = entry.standing
        if outcome.state not in ("failed", "stopped"):
            return replace(standing, failures=0, retry=None)
        failures = standing.failures + 1
        retry = now + schedule.backoff(failures)
        due = schedule.due(standing, entry.plan, entry.sync.timezone)
        is_needed = outcome.may_pass or entry.recorded is not None or (due is not None and due < retry)
        return replace(standing, failures=failures, retry=retry if is_needed else None)


def _dealt_with(entry: _Entry, moment: float, now: float) -> Standing:
    """Give the standing of a sync that starts for a due moment.

    "every N" counts from its first start: a hundred that are turned on at once, and have to wait for each other then, are
    not due in the same moment ever after.
    """
    standing = entry.standing
    if standing.seen < standing.anchor and entry.plan.seconds is not None and entry.sync.start is None:
        return replace(standing, anchor=now, seen=now, retry=None)
    return replace(standing, seen=moment, retry=None)


def _skip(sync: Sync, due: schedule.Due, reason: str, *, goes_on: bool = False) -> Skip:
    return Skip(
        sync=sync.id,
        name=sync.name,
        first=due.first,
        last=due.last,
        count=due.count,
        reason=reason,
        goes_on=goes_on,
    )


def _alone(failures: int) -> str:
    return (
        f"It failed {failures} times in a row, so it is left alone for a while."
        if failures > 1
        else "It had just failed."
    )


class _Busy:
    """How many runs are at each source and each destination."""

    def __init__(self, project: Project, running: Iterable[Job]) -> None:
        self._project = project
        self._count: dict[tuple[str, str], int] = {}
        for job in running:
            self.take(job.name)

    def _places(self, name: str) -> Sequence[tuple[str, str]]:
        sync = self._project.syncs.get(name)
        if sync is None:
            return ()
        return (("source", sync.source), *(("destination", each) for each in sync.destinations))

    def take(self, name: str) -> None:
        for place in self._places(name):
            self._count[place] = self._count.get(place, 0) + 1

    def has_room(self, name: str) -> bool:
        return all(self._count.get(place, 0) < self._most(place) for place in self._places(name))

    def _most(self, place: tuple[str, str]) -> int:
        kind, name = place
        held = self._project.sources if kind == "source" else self._project.destinations
        found = held.get(name)
        return found.at_once if found is not None else 1
