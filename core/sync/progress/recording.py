"""The course of a run that is over: its log, folded again, so that it can be looked at as it was at any moment.

A run's log has the events that made its progress (core.sync.progress.run_reporter). Folding them up to a moment gives the progress of that
moment: pure, and the same fold that the run itself used. The log leaves out most of a destination's answers (it takes one a
second), so between its lines counts stand still; the last line of a delivery has them whole.

A long run has tens of thousands of events. The progress is kept after each few hundred of them, so that a look at any moment
folds only what comes after the last one that is kept.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.sync.progress import events
from core.sync.progress.events import Answered, Event
from core.sync.progress.reducer import fold
from core.sync.progress.run_progress import Progress

__all__ = ["Recording", "build_recording", "parse"]

_STEP = 128
_MOST = 200_000
_QUIET = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The events of a run in their order, and when each was told (Unix seconds). `cut`: the log had more than are kept here."""

    moments: tuple[float, ...]
    told: tuple[Event, ...]
    kept: tuple[Progress | None, ...]
    cut: bool = False

    @property
    def begin(self) -> float:
        return self.moments[0]

    @property
    def end(self) -> float:
        return self.moments[-1]

    def known(self, moment: float) -> int:
        """Return how many events had been told at a moment."""
        return bisect_right(self.moments, moment)

    def progress(self, moment: float) -> Progress | None:
        """Return the progress as it was at a moment; None before the first event.

        What passed since the last event belongs to the phase that went on.
        """
        count = self.known(moment)
        if not count:
            return None
        place = (count - 1) // _STEP
        progress = self.kept[place]
        for number in range(place * _STEP, count):
            progress = fold(progress, self.told[number], self.moments[number])
        return progress

    def after(self, moment: float) -> float:
        """Return the moment of the next event, the end where there is none."""
        count = self.known(moment)
        return self.moments[count] if count < len(self.moments) else self.end

    def before(self, moment: float) -> float:
        """Return the moment of the event before the one that is shown, the beginning where there is none."""
        earlier = bisect_right(self.moments, moment) - 1
        while earlier > 0 and self.moments[earlier] >= moment:
            earlier -= 1
        return self.moments[max(earlier, 0)]

    def quiet_after(self, moment: float) -> float | None:
        """Return the next event's moment where more than ten seconds pass without any; None where something happens sooner."""
        following = self.after(moment)
        return following if following - moment > _QUIET else None


def build_recording(told: Sequence[tuple[float, Event]], *, cut: bool = False) -> Recording | None:
    """Return the course of events with their moments; None where there is no event. A clock that was set back stands still."""
    if not told:
        return None
    moments = [told[0][0]]
    for (_, _event), (moment, _next) in pairwise(told):
        moments.append(max(moments[-1], moment))
    kept: list[Progress | None] = []
    progress: Progress | None = None
    for place, (_moment, event) in enumerate(told):
        if place % _STEP == 0:
            kept.append(progress)
        progress = fold(progress, event, moments[place])
    return Recording(moments=tuple(moments), told=tuple(event for _moment, event in told), kept=tuple(kept), cut=cut)


def parse(lines: Iterable[bytes]) -> Recording | None:
    """Read the lines of a log; one that is torn, or that this version does not know, is left out. None where none is left."""
    found: list[tuple[float, Event]] = []
    cut = False
    for line in lines:
        if not line.strip():
            continue
        try:
            values = json.loads(line)
            event = events.from_json(values)
            moment = float(values["at"])
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        if len(found) >= _MOST and isinstance(event, Answered):
            cut = True  # what a destination answered is the only thing that there is so much of
            continue
        found.append((moment, event))
    return build_recording(found, cut=cut)
