"""The course of a run from its log: the progress at any moment is what the run itself had told then."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model import Bill, Estimate
from core.sync.progress import events
from core.sync.progress.events import Event
from core.sync.progress.recording import Recording, build_recording, parse
from core.sync.progress.reducer import fold
from core.sync.progress.run_progress import Progress
from tests.core.sync.workshop import PEOPLE, Workshop

RUN: dict[str, Any] = {"run": "r1", "sync": "people"}
TO: dict[str, Any] = {**RUN, "destination": "seg", "delivery": "d1"}
COUNTS: dict[str, Any] = {
    "added": 600,
    "changed": 0,
    "removed": 0,
    "unchanged": 0,
    "retried": 0,
    "refused": 0,
    "calls": 600,
    "batches": 6,
}


def told(answers: int = 6) -> list[tuple[float, Event]]:
    """A run that queries for 10 s, plans for 2, and answers a batch a second."""
    found: list[tuple[float, Event]] = [
        (100.0, events.Started(**RUN, cause="command")),
        (105.0, events.Querying(**RUN, rows=300, bound=0, seconds=5.0)),
        (110.0, events.Queried(**RUN, rows=600, seconds=10.0)),
        (112.0, events.Planned(**TO, **COUNTS, rows=600, notes=("a note",))),
    ]
    found += [
        (113.0 + each, events.Answered(**TO, calls=600, acknowledged=100 * (each + 1), rejected=0, seconds=1.0 + each))
        for each in range(answers)
    ]
    done = events.Committed(**TO, acknowledged=600, rejected=0, unchanged=0, held_back=0, last_sync_time=99)
    end = 113.0 + answers
    return [*found, (end, done), (end, events.Ended(**RUN, state="succeeded", seconds=end - 100.0))]


def a_course(answers: int = 6) -> Recording:
    course = build_recording(told(answers))
    assert course is not None
    return course


def folded(count: int, answers: int = 6) -> Progress | None:
    progress = None
    for moment, event in told(answers)[:count]:
        progress = fold(progress, event, moment)
    return progress


def test_at_each_moment_the_progress_is_what_the_run_had_told() -> None:
    course = a_course()
    assert course.progress(99.9) is None
    for count, (moment, _event) in enumerate(told(), 1):
        assert course.progress(moment + 0.001 if count < len(told()) else moment) == folded(
            course.known(moment + 0.001)
        )
    assert course.progress(109.0).rows == 300
    assert course.progress(1e12) == folded(len(told()))


@given(moment=st.floats(99, 1200), answers=st.integers(0, 1000))
def test_what_is_kept_on_the_way_changes_no_progress(moment: float, answers: int) -> None:
    course = a_course(answers)
    assert course.progress(moment) == folded(course.known(moment), answers)


def test_one_steps_from_event_to_event_and_stops_at_both_ends() -> None:
    course = a_course()
    assert (course.after(100.0), course.after(106.0), course.after(500.0)) == (105.0, 110.0, 119.0)
    assert (course.before(110.0), course.before(111.0), course.before(90.0)) == (105.0, 110.0, 100.0)
    assert (course.quiet_after(112.5), a_course(0).quiet_after(100.0)) == (None, None)


def test_a_stretch_in_which_nothing_happens_is_known() -> None:
    (first, *_rest) = told()
    course = build_recording([first, (500.0, events.Ended(**RUN, state="failed", seconds=400.0))])
    assert course is not None
    assert course.quiet_after(120.0) == 500.0


def test_a_clock_that_was_set_back_stands_still() -> None:
    course = build_recording([(at - (50.0 if at > 111 else 0.0), event) for at, event in told()])
    assert course is not None
    assert list(course.moments) == sorted(course.moments)
    assert course.progress(course.end).phase == "done"


EXAMPLES: tuple[Event, ...] = (
    *(event for _at, event in told(1)),
    events.Estimated(**RUN, estimate=Estimate(bytes=10, dollars=0.5)),
    events.Billed(**RUN, bill=Bill(read=10, billed=20, dollars=None)),
    events.Stopped(**RUN, destination="seg", questions=({"guard": "max_calls", "message": "too many"},)),
    events.Resumed(**TO, **COUNTS, answered=100, acknowledged=90, batches_answered=1),
    events.Retrying(**TO, reason="429", attempt=1, attempts=5, wait=2.0),
    events.Slowed(**TO, times=3, rate=9.5, wait=1.0),
    events.Paused(**TO, reason="down", remedy="wait", pending=3),
)


def test_every_kind_of_event_has_an_example_here() -> None:
    assert {type(event) for event in EXAMPLES} == {
        kind for name in events.__all__ if isinstance(kind := getattr(events, name), type) and kind is not Event
    }


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.kind)
def test_an_event_that_was_written_is_read_as_it_was(event: Event) -> None:
    written = json.loads(json.dumps(events.as_json(event)))
    assert events.from_json(written) == event
    assert events.from_json({**written, "of_a_newer_version": 1}) == event
    first = fields(event)[0].name
    with pytest.raises(ValueError, match="whole event"):
        events.from_json({name: value for name, value in written.items() if name != first})


def test_lines_that_are_torn_or_unknown_are_left_out() -> None:
    lines = [json.dumps({"at": at, **events.as_json(event)}).encode() for at, event in told()]
    lines[2:2] = [b'{"at": 1', b"", b"[]", b"7", b'{"at": 1, "event": "dreamt"}', b'{"event": "started"}', b"\xff"]
    course = parse(lines)
    assert course is not None
    assert course.told == tuple(event for _at, event in told())
    assert parse([b"", b"{"]) is None


def test_the_course_of_a_real_run_ends_in_the_progress_that_the_store_has(workshop: Workshop) -> None:
    workshop.people(50)
    workshop.sync(PEOPLE)
    outcome = workshop.run()
    log = workshop.folder / ".backhaul" / "logs" / f"{outcome.ended.run}.jsonl"
    course = parse(log.read_bytes().split(b"\n"))
    assert course is not None
    last = course.progress(course.end)
    assert last is not None
    assert (last.phase, last.rows) == ("done", 50)
    assert [(each.state, each.acknowledged) for each in last.destinations] == [("committed", 50)]
