"""How far a run is: the pure fold of its events into one frozen document, which the store keeps and consoles show.

A run's process folds each event as it tells it, and puts the document into the store once a second; so a console that
comes late, or that is another process, sees what one sees that was there from the beginning. It stays when the run has
ended. The time before an event belongs to the phase that the event is the end of, for the engine tells when something is
done, not when it begins: what passed before a Planned was planning, though another destination may be planned after it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from types import NoneType
from typing import Any

from core.model import Bill, Estimate
from core.sync import events
from core.sync.events import Event

__all__ = ["PHASES", "DestinationProgress", "Progress", "as_json", "fold", "from_json"]

PHASES = ("query", "plan", "deliver", "done")

_SAMPLES = 60
_OPEN = frozenset({"planned", "sending", "retrying"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationProgress:
    """One destination's delivery. `state` is planned, sending, retrying, paused, stopped or committed.

    `refused` rows were refused before sending, `rejected` calls by the destination. `attempt` of `attempts` is what is
    waited for until `until` (a Unix time) while it is tried again; `reason` says why it is retried, paused or stopped.
    """

    destination: str
    delivery: str | None = None
    state: str = "planned"
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    retried: int = 0
    refused: int = 0
    calls: int = 0
    batches: int = 0
    batches_answered: int = 0
    acknowledged: int = 0
    rejected: int = 0
    reason: str = ""
    attempt: int = 0
    attempts: int = 0
    until: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is, at the Unix time `at`. `rows` have come from the query so far.

    `seconds` is what each phase took, what has passed for the current one, and None for one that did not begin.
    `estimate` is what the query was to cost, and `bill` what it has cost, where the warehouse tells; they are in the document only
    where they are known. `answered` is how many calls were answered in this run, `rates` how many a second, a sample a second, the last one
    last; `sampled` is when the last sample was taken, and at how many calls.
    """

    phase: str
    rows: int
    seconds: Mapping[str, float | None]
    at: float
    destinations: tuple[DestinationProgress, ...] = ()
    answered: int = 0
    rates: tuple[float, ...] = ()
    sampled: tuple[float, ...] = field(default=(), repr=False)
    estimate: Estimate | None = None
    bill: Bill | None = None


def fold(progress: Progress | None, event: Event, at: float) -> Progress:
    """Give the progress after an event that was told at the Unix time `at`; None is the progress before the first."""
    if progress is None:
        progress = Progress(phase="query", rows=0, seconds={"query": 0.0, "plan": None, "deliver": None}, at=at)
    progress = _in_phases(progress, event, at)
    match event:
        case events.Querying() | events.Queried():
            return replace(progress, rows=event.rows)
        case events.Estimated():
            return replace(progress, estimate=event.estimate)
        case events.Billed():
            return replace(progress, bill=event.bill)
        case (
            events.Planned()
            | events.Stopped()
            | events.Resumed()
            | events.Answered()
            | events.Retrying()
            | events.Paused()
            | events.Committed()
        ):
            return _of_destination(progress, event, at)
        case events.Ended():
            open_ones = (_left(each, event) if each.state in _OPEN else each for each in progress.destinations)
            return replace(progress, destinations=tuple(open_ones))
        case _:
            return progress


def _in_phases(progress: Progress, event: Event, at: float) -> Progress:
    """Count the time that has passed, and say which phase comes after the event."""
    before = after = progress.phase
    match event:
        case events.Estimated() | events.Querying() | events.Billed():
            before = after = "query"
        case events.Queried():
            before, after = "query", "plan"
        case events.Planned():
            before, after = "plan", "deliver"
        case events.Resumed():
            after = "deliver"
        case events.Answered() | events.Retrying() | events.Paused() | events.Committed():
            before = after = "deliver"
        case events.Ended():
            after = "done"
    seconds = dict(progress.seconds)
    if before != "done":
        seconds[before] = round((seconds[before] or 0.0) + max(0.0, at - progress.at), 3)
    if after != "done":
        seconds[after] = seconds[after] or 0.0
    return replace(progress, phase=after, seconds=seconds, at=at)


def _of_destination(progress: Progress, event: Any, at: float) -> Progress:
    """Give the progress with one destination's part changed; it goes behind the others where it is new."""
    name = event.destination
    old = next((each for each in progress.destinations if each.destination == name), None)
    new = _changed(old or DestinationProgress(destination=name), event, at)
    places = (new if each is old else each for each in progress.destinations)
    progress = replace(progress, destinations=(*places, *(() if old else (new,))))
    if isinstance(event, events.Answered):
        before = old.acknowledged + old.rejected if old else 0
        return _sampled(progress, max(0, new.acknowledged + new.rejected - before), at)
    return progress if progress.sampled else replace(progress, sampled=(at, progress.answered))


def _changed(old: DestinationProgress, event: Event, at: float) -> DestinationProgress:
    """Give one destination's part after an event of it."""
    match event:
        case events.Planned() | events.Resumed():
            return _begun(event)
        case events.Stopped():
            reason = " ".join(question["message"] for question in event.questions)
            return replace(old, state="stopped", reason=reason, until=None)
        case events.Answered():
            return replace(
                _sending(old),
                delivery=event.delivery,
                calls=event.calls,
                batches_answered=old.batches_answered + 1,
                acknowledged=event.acknowledged,
                rejected=event.rejected,
            )
        case events.Retrying():
            return replace(
                old,
                state="retrying",
                delivery=event.delivery,
                reason=event.reason,
                attempt=event.attempt,
                attempts=event.attempts,
                until=at + event.wait,
            )
        case events.Paused():
            return replace(_sending(old), state="paused", delivery=event.delivery, reason=event.reason)
        case events.Committed():
            return replace(
                _sending(old),
                state="committed",
                delivery=event.delivery,
                unchanged=event.unchanged,
                acknowledged=event.acknowledged,
                rejected=max(0, event.rejected - old.refused),
            )
        case _:
            return old


def _begun(event: events.Planned | events.Resumed) -> DestinationProgress:
    """Give a delivery at its beginning, or where an earlier run left it."""
    begun = DestinationProgress(
        destination=event.destination,
        delivery=event.delivery,
        added=event.added,
        changed=event.changed,
        removed=event.removed,
        unchanged=event.unchanged,
        retried=event.retried,
        refused=event.refused,
        calls=event.calls,
        batches=event.batches,
    )
    if isinstance(event, events.Planned):
        return replace(begun, notes=event.notes)
    return replace(
        begun,
        state="sending",
        batches_answered=event.batches_answered,
        acknowledged=event.acknowledged,
        rejected=event.answered - event.acknowledged,
    )


def _sending(old: DestinationProgress) -> DestinationProgress:
    """Give a destination that waits for nothing."""
    return replace(old, state="sending", reason="", attempt=0, attempts=0, until=None)


def _left(old: DestinationProgress, event: events.Ended) -> DestinationProgress:
    """Give a delivery that was under way when its run ended: its plan is kept, so it is paused."""
    return replace(_sending(old), state="paused", reason=event.error)


def _sampled(progress: Progress, calls: int, at: float) -> Progress:
    """Count calls that were answered, and take the samples that are due: one for each whole second that has passed."""
    answered = progress.answered + calls
    since, before = progress.sampled or (at, progress.answered)
    passed = at - since
    if 0 <= passed < 1:
        return replace(progress, answered=answered, sampled=(since, before))
    rate = round(max(0.0, (answered - before) / passed), 1) if passed > 0 else 0.0
    samples = (rate,) * max(1, min(_SAMPLES, int(passed)))
    return replace(progress, answered=answered, rates=(*progress.rates, *samples)[-_SAMPLES:], sampled=(at, answered))


def as_json(progress: Progress) -> str:
    """Write the document as the store keeps it; without what came later than its first version, where there is none of it."""
    values = asdict(progress)
    return json.dumps({name: value for name, value in values.items() if name not in _LATER or value is not None})


def from_json(text: str | None) -> Progress | None:
    """Read the document; None where there is none, or one of another shape (an older Backhaul's)."""
    try:
        values = _checked(json.loads(text or "null"), Progress)
        for name, shape in _LATER.items():
            values[name] = None if values.get(name) is None else shape(**_checked(values[name], shape))
        values["destinations"] = tuple(
            DestinationProgress(**_checked(each, DestinationProgress)) for each in values["destinations"]
        )
        return Progress(**values) if values["phase"] in PHASES and set(values["seconds"]) == set(PHASES[:3]) else None
    except (ValueError, TypeError):
        return None


_LATER: Mapping[str, type[Estimate | Bill]] = {"estimate": Estimate, "bill": Bill}
"""What the documents of older Backhauls do not have, and what it is."""

_KINDS: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "str | None": (str, NoneType),
    "int": (int,),
    "float": (int, float),
    "float | None": (int, float, NoneType),
    "tuple[str, ...]": (list,),
    "tuple[float, ...]": (list,),
    "tuple[DestinationProgress, ...]": (list,),
    "Mapping[str, float | None]": (dict,),
    "Estimate | None": (dict, NoneType),
    "Bill | None": (dict, NoneType),
    "Certainty": (str,),
}


def _checked(values: Any, shape: type[Progress | DestinationProgress | Estimate | Bill]) -> dict[str, Any]:
    """Give the fields of a shape. Raises TypeError where they are others, or of other kinds."""
    kinds = {each.name: _KINDS[str(each.type)] for each in fields(shape)}
    if not isinstance(values, dict) or not set(values) ^ set(kinds) <= set(_LATER):
        raise TypeError("not this document")
    if not all(isinstance(values[name], kind) for name, kind in kinds.items() if name in values):
        raise TypeError("not these values")
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
