"""The pure fold of a run's events into the document that says how far it is (core.sync.progress.run_progress).

The time before an event belongs to the phase that the event is the end of, for the engine tells when something is
done, not when it begins: what passed before a Planned was planning, though another destination may be planned after it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.sync.progress import events
from core.sync.progress.events import Event
from core.sync.progress.run_progress import DestinationProgress, Progress

__all__ = ["fold"]

_SAMPLES = 60
_OPEN = frozenset({"planned", "sending", "retrying"})


def fold(progress: Progress | None, event: Event, at: float) -> Progress:
    """Return the progress after an event that was told at the Unix time `at`; None is the progress before the first."""
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
    """Return the progress with one destination's part changed; it goes behind the others where it is new."""
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
    """Return one destination's part after an event of it."""
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
    """Return a delivery at its beginning, or where an earlier run left it."""
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
    """Return a destination that waits for nothing."""
    return replace(old, state="sending", reason="", attempt=0, attempts=0, until=None)


def _left(old: DestinationProgress, event: events.Ended) -> DestinationProgress:
    """Return a delivery that was under way when its run ended: its plan is kept, so it is paused."""
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
