"""One sync that is on, as the agenda has it: where its schedule stands, what it is at, and what each thing that happens does to that."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

from core import schedule
from core.daemon.jobs import CatchUp, Effect, Job, Keep, Outcome, Skip, Start
from core.model import Sync
from core.schedule import AWAY, BUSY, FULL, HELD, Due, Schedule, Standing

__all__ = ["Entry"]

_HELD_SECONDS = 5.0
_CROWDED = 1.0
"""Seconds of waiting for a worker from which on a sync did not begin alone."""

_SPREAD = 600.0
"""Seconds over which those that begin in a crowd are spread, where their N is not shorter."""

_PUNCTUAL = 2.0
"""Seconds after a due moment until which it counts as seen in time."""


@dataclass(slots=True)
class Entry:
    """A sync that is on. `due` is the Unix time at which it has to be looked at next, None where something else comes first.

    `recorded` is the last of the due moments that were skipped and wait to be caught up, `reason` why they were.
    """

    sync: Sync
    plan: Schedule
    standing: Standing
    running: Job | None = None
    waiting: Job | None = None
    recorded: float | None = None
    reason: str = ""
    due: float | None = None

    @property
    def keep(self) -> Keep:
        return Keep(sync=self.sync.id, standing=self.standing)

    def look_ahead(self, now: float) -> None:
        """Set when this sync has to be looked at next."""
        self.due = None
        if self.waiting is not None:
            return
        moments = [schedule.due(self.standing, self.plan, self.sync.timezone)]
        if self.running is None:
            moments.append(self.standing.retry)
            if self.recorded is not None:
                moments.append(self.standing.retry or now)
        self.due = min((moment for moment in moments if moment is not None), default=None)

    def fall_due(self, now: float) -> list[Effect]:
        """Deal with its being due: it is skipped, or it begins to wait for its start."""
        effects: list[Effect] = []
        if self.running is not None:
            effects = self._skip_all(BUSY, now)
        elif self.standing.retry is not None and now < self.standing.retry:
            effects = self._skip_all(_alone(self.standing.failures), now)
        elif self.waiting is None and self._is_wanted(now):
            self.waiting = Job(sync=self.sync.id, name=self.sync.name, since=now)
        self.look_ahead(now)
        return effects

    def start(self, now: float) -> list[Effect]:
        """Start it for its last due moment; those before it were missed, and are caught up by the same run."""
        assert self.waiting is not None  # noqa: S101 -- who starts has waited
        found = self._outstanding(now)
        effects: list[Effect] = []
        if found is not None and found.count > 1:
            missed = replace(found, last=max(found.first, found.last - 1), count=found.count - 1)
            effects.append(self._skip(missed, AWAY if self.waiting.since > found.first + _PUNCTUAL else FULL))
        cause = "schedule" if found else "caught up" if self.recorded is not None else "retry"
        job = replace(self.waiting, cause=cause, due=found.last if found else None)
        self.standing = self._dealt_with(found.last if found else self.standing.seen, now)
        self.waiting, self.recorded, self.running = None, None, job
        self.look_ahead(now)
        return [*effects, Start(job=job)]

    def begun(self, job: Job, run: str, now: float) -> list[Effect]:
        """Take its beginning. Only now its due moment counts as seen, with a note that the run is to be tried again: a
        daemon that is killed before or after this goes on with it when it is begun again.
        """
        kept = Keep(sync=self.sync.id, standing=replace(self.standing, retry=now))
        return [kept] if job.kind != "run" else [kept, CatchUp(sync=self.sync.id, run=run)]

    def ended(self, job: Job, outcome: Outcome, now: float) -> list[Effect]:
        """Take its end. Failures in a row make it be left alone, for longer and longer."""
        self.running = None
        effects = self._not_run(job, outcome)
        if outcome.held and job.request is None:
            self.standing = replace(self.standing, retry=now + _HELD_SECONDS)
        elif outcome.interrupted:
            self.standing = replace(self.standing, retry=now)
        elif outcome.stopped:  # whoever stopped it does not want it to begin again at once
            self.recorded, self.standing = None, replace(self.standing, retry=None)
        elif job.kind == "run" and not outcome.held:
            self.standing = self._judged(outcome, now)
        self.look_ahead(now)
        return [*effects, self.keep]

    def clock_set_back(self, now: float) -> list[Effect]:
        """Take that this machine's clock was set back."""
        before = self.standing
        self.standing = schedule.after_clock_change(before, self.plan, now)
        self.look_ahead(now)
        return [] if self.standing == before else [self.keep]

    # how it stands

    def _outstanding(self, now: float) -> Due | None:
        return schedule.outstanding(self.standing, self.plan, self.sync.timezone, now)

    def _is_wanted(self, now: float) -> bool:
        is_retried = self.standing.retry is not None and self.standing.retry <= now
        return self.recorded is not None or is_retried or self._outstanding(now) is not None

    def _dealt_with(self, moment: float, now: float) -> Standing:
        """Return the standing after a start for a due moment.

        "every N" counts from its first start. Where it had to wait for that start, it began in a crowd: it is given a place
        of its own near it, so that a thousand that are turned on at once are not due at once ever after.
        """
        is_first = self.standing.seen < self.standing.anchor and self.sync.start is None
        if not is_first or self.plan.seconds is None:
            return replace(self.standing, seen=moment, retry=None)
        crowded = self.waiting is not None and now - self.waiting.since > _CROWDED
        place = zlib.crc32(self.sync.id.encode()) / 2**32 - 0.5 if crowded else 0.0
        anchor = now + place * min(self.plan.seconds, _SPREAD)
        return replace(self.standing, anchor=anchor, seen=max(anchor, now), retry=None)

    def _judged(self, outcome: Outcome, now: float) -> Standing:
        """Return the standing after a run. What may pass by itself is tried again after a while; what only a person can
        fix waits for its next due moment beyond that.
        """
        if outcome.state not in ("failed", "stopped"):
            return replace(self.standing, failures=0, retry=None)
        failures = self.standing.failures + 1
        retry = now + schedule.backoff(failures)
        due = schedule.due(self.standing, self.plan, self.sync.timezone)
        is_needed = outcome.may_pass or self.recorded is not None or (due is not None and due < retry)
        return replace(self.standing, failures=failures, retry=retry if is_needed else None)

    # due moments that are not run

    def _skip_all(self, reason: str, now: float) -> list[Effect]:
        """Record the due moments up to now as skipped."""
        found = self._outstanding(now)
        if found is None:
            return []
        goes_on = self.recorded is not None and self.reason == reason
        self.standing = replace(self.standing, seen=found.last)
        self.recorded, self.reason = found.last, reason
        return [self.keep, self._skip(found, reason, goes_on=goes_on)]

    def _not_run(self, job: Job, outcome: Outcome) -> list[Effect]:
        """Record the due moment of a job that came to no run; where another program was at it, it is caught up."""
        if outcome.run or job.request is not None:
            return []
        reason = HELD if outcome.held else outcome.error
        goes_on = self.reason == reason and self.recorded is not None
        if outcome.held:
            self.recorded, self.reason = self.standing.seen, reason
        return (
            [] if job.due is None else [self._skip(Due(first=job.due, last=job.due, count=1), reason, goes_on=goes_on)]
        )

    def _skip(self, due: Due, reason: str, *, goes_on: bool = False) -> Skip:
        return Skip(
            sync=self.sync.id,
            name=self.sync.name,
            first=due.first,
            last=due.last,
            count=due.count,
            reason=reason,
            goes_on=goes_on,
        )


def _alone(failures: int) -> str:
    if not failures:
        return HELD
    return (
        f"It failed {failures} times in a row, so it is left alone for a while."
        if failures > 1
        else "It had just failed."
    )
