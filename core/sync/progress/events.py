"""What the engine tells while it works: frozen events, one a step. `run --json` prints one a line; the console turns
each into a message. `kind` is the event's stable name in JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

from core.model import Bill, Estimate

__all__ = [
    "Answered",
    "Billed",
    "Committed",
    "Ended",
    "Estimated",
    "Event",
    "Paused",
    "Planned",
    "Queried",
    "Querying",
    "Resumed",
    "Retrying",
    "Slowed",
    "Started",
    "Stopped",
    "as_json",
    "from_json",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened in a run of a sync."""

    kind: ClassVar[str] = ""
    run: str
    sync: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(Event):
    kind: ClassVar[str] = "started"
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated(Event):
    """The query is about to run; the warehouse says what it will read and cost. Not told where it does not say."""

    kind: ClassVar[str] = "estimated"
    estimate: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Querying(Event):
    """The query runs; `rows` have come so far. `bound` is the last_sync_time that it was given (None: it has none)."""

    kind: ClassVar[str] = "querying"
    rows: int
    bound: int | None
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed(Event):
    """The query has run; the warehouse says what it has read and cost, whatever became of its rows."""

    kind: ClassVar[str] = "billed"
    bill: Bill


@dataclass(frozen=True, slots=True, kw_only=True)
class Queried(Event):
    """The query is done."""

    kind: ClassVar[str] = "queried"
    rows: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned(Event):
    """A destination's plan is on disk. `assumed` rows are marked as delivered, without a call (a baseline)."""

    kind: ClassVar[str] = "planned"
    destination: str
    delivery: str
    rows: int
    added: int
    changed: int
    removed: int
    unchanged: int
    retried: int
    refused: int
    calls: int
    batches: int
    notes: tuple[str, ...]
    assumed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped(Event):
    """Guards stopped a destination's delivery before its first call."""

    kind: ClassVar[str] = "stopped"
    destination: str
    questions: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed(Event):
    """An earlier run's delivery goes on; the counts are those of its plan, and of its replies so far."""

    kind: ClassVar[str] = "resumed"
    destination: str
    delivery: str
    calls: int
    answered: int
    acknowledged: int
    added: int
    changed: int
    removed: int
    unchanged: int
    retried: int
    refused: int
    batches: int
    batches_answered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Event):
    """A batch was answered; the counts are the delivery's so far."""

    kind: ClassVar[str] = "answered"
    destination: str
    delivery: str
    calls: int
    acknowledged: int
    rejected: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying(Event):
    """A batch is tried again in `wait` seconds."""

    kind: ClassVar[str] = "retrying"
    destination: str
    delivery: str
    reason: str
    attempt: int
    attempts: int
    wait: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowed(Event):
    """The destination has asked a delivery to be slower, so many `times` up to now; told now and then, and at the end.

    `rate` is in requests a second, from now on; `wait` is for how many seconds nothing is sent; `is_last` says that the delivery is over.
    """

    kind: ClassVar[str] = "slowed"
    destination: str
    delivery: str
    times: int
    rate: float
    wait: float
    is_last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused(Event):
    """A delivery stops here; its plan is kept and goes on at the next run."""

    kind: ClassVar[str] = "paused"
    destination: str
    delivery: str
    reason: str
    remedy: str
    pending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed(Event):
    """Every row of a delivery is acknowledged or listed as rejected; last_sync_time has moved.

    `given_up` calls were never sent, and are planned again; then last_sync_time has not moved.
    """

    kind: ClassVar[str] = "committed"
    destination: str
    delivery: str
    acknowledged: int
    rejected: int
    unchanged: int
    held_back: int
    last_sync_time: int
    assumed: int = 0
    given_up: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(Event):
    """The run is over. `state` as in the store: succeeded, partial, stopped, failed."""

    kind: ClassVar[str] = "ended"
    state: str
    seconds: float
    error: str = ""
    remedy: str = ""
    exit_code: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)


def as_json(event: Event) -> dict[str, Any]:
    """Return an event as JSON's own types, its kind first."""
    return {"event": event.kind, **asdict(event)}


def from_json(values: Mapping[str, Any]) -> Event:
    """Return the event that `as_json` wrote; fields that a newer Backhaul adds are left out. Raises ValueError where it is none."""
    kind = _KINDS.get(str(values.get("event")))
    if kind is None:
        raise ValueError("not an event that is known here")
    try:
        return kind(**{each.name: _value(values[each.name]) for each in fields(kind) if each.name in values})
    except TypeError as error:
        raise ValueError(f"not a whole event: {error}") from error


def _value(value: Any) -> Any:
    """Return a field's value as it was before JSON: what the warehouse said of the cost, and tuples for lists."""
    if isinstance(value, list):
        return tuple(value)
    for shape in (Estimate, Bill):
        if isinstance(value, dict) and set(value) == {each.name for each in fields(shape)}:
            return shape(**value)
    return value


_KINDS: Mapping[str, type[Event]] = {
    kind.kind: kind
    for kind in (
        Started,
        Estimated,
        Querying,
        Billed,
        Queried,
        Planned,
        Stopped,
        Resumed,
        Answered,
        Retrying,
        Slowed,
        Paused,
        Committed,
        Ended,
    )
}
