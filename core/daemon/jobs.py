"""The values of the daemon: a run to be done, how it ended, and what the agenda wants to have done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from core.schedule import Standing

__all__ = ["Answer", "CatchUp", "Effect", "Job", "Keep", "Outcome", "Skip", "Start"]


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
    itself ended, so the next one goes on with it. `may_pass`: what failed may pass by itself,
    so that it is tried again before its next due moment.
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
