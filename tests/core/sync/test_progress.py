"""What a run tells: its progress, folded from its events, in the store; and its log."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import time
from typing import Any

import pytest

from core.state.folder import StateFolder
from core.sync.progress import events
from core.sync.progress.events import Event
from core.sync.progress.reducer import fold
from core.sync.progress.run_progress import DestinationProgress, Progress, as_json, from_json
from core.sync.progress.run_reporter import RunLog
from core.sync.run import Run
from tests.core.sync.workshop import PEOPLE, Workshop, lines

OF = {"run": "r1", "sync": "people"}
SEG = {**OF, "destination": "seg", "delivery": "d1"}
CIO = {**OF, "destination": "cio", "delivery": "d2"}
COUNTS = {"added": 812, "changed": 63, "removed": 20, "unchanged": 5, "retried": 2, "refused": 1}


def planned(of: dict[str, Any], **values: Any) -> Event:
    return events.Planned(**{**of, "rows": 881, **COUNTS, "calls": 877, "batches": 9, "notes": ("a note",)} | values)


def answered(of: dict[str, Any], acknowledged: int, rejected: int = 0) -> Event:
    return events.Answered(**of, calls=877, acknowledged=acknowledged, rejected=rejected, seconds=1.0)


def folded(*told: tuple[float, Event]) -> Progress:
    progress = None
    for at, event in told:
        progress = fold(progress, event, at)
    assert progress is not None
    assert from_json(as_json(progress)) == progress
    return progress


STARTED = (100.0, events.Started(**OF, cause="command"))
QUERYING = (100.5, events.Querying(**OF, rows=400, bound=0, seconds=0.5))
QUERIED = (102.0, events.Queried(**OF, rows=881, seconds=2.0))


def test_a_run_that_queries_says_how_many_rows_have_come_and_how_long_it_took() -> None:
    assert folded(STARTED) == Progress(
        phase="query", rows=0, seconds={"query": 0.0, "plan": None, "deliver": None}, at=100.0
    )
    progress = folded(STARTED, QUERYING)
    assert (progress.phase, progress.rows, progress.at) == ("query", 400, 100.5)
    assert progress.seconds == {"query": 0.5, "plan": None, "deliver": None}


def test_each_phase_has_the_time_that_passed_until_what_ended_it() -> None:
    progress = folded(STARTED, QUERYING, QUERIED)
    assert (progress.phase, progress.rows, progress.seconds["query"]) == ("plan", 881, 2.0)
    progress = folded(STARTED, QUERYING, QUERIED, (105.0, planned(SEG)), (106.0, planned(CIO)))
    assert progress.phase == "deliver"
    assert progress.seconds == {"query": 2.0, "plan": 4.0, "deliver": 0.0}
    ended = (110.0, events.Ended(**OF, state="succeeded", seconds=10.0))
    progress = folded(STARTED, QUERIED, (106.0, planned(SEG)), (109.0, answered(SEG, 877)), ended)
    assert progress.phase == "done"
    assert progress.seconds == {"query": 2.0, "plan": 4.0, "deliver": 4.0}


def test_a_clock_that_was_set_back_takes_no_time_away() -> None:
    progress = folded(STARTED, (50.0, events.Queried(**OF, rows=1, seconds=1.0)))
    assert progress.seconds["query"] == 0.0


def test_a_destination_has_its_plan_and_what_was_answered() -> None:
    progress = folded(
        STARTED, QUERIED, (103.0, planned(SEG)), (104.0, answered(SEG, 100)), (104.1, answered(SEG, 197, 3))
    )
    (seg,) = progress.destinations
    assert seg == DestinationProgress(
        destination="seg",
        delivery="d1",
        state="sending",
        **COUNTS,
        calls=877,
        batches=9,
        batches_answered=2,
        acknowledged=197,
        rejected=3,
        notes=("a note",),
    )
    assert progress.answered == 200


def test_destinations_keep_their_order_and_each_its_own_state() -> None:
    progress = folded(STARTED, QUERIED, (103.0, planned(SEG)), (103.1, planned(CIO)), (104.0, answered(SEG, 100)))
    assert [(each.destination, each.state) for each in progress.destinations] == [
        ("seg", "sending"),
        ("cio", "planned"),
    ]


def test_a_destination_that_is_tried_again_says_why_and_until_when_it_waits() -> None:
    told = events.Retrying(**SEG, reason="429 slow down", attempt=2, attempts=10, wait=12.0)
    progress = folded(STARTED, QUERIED, (103.0, planned(SEG)), (104.0, told))
    (seg,) = progress.destinations
    assert (seg.state, seg.reason, seg.attempt, seg.attempts, seg.until) == ("retrying", "429 slow down", 2, 10, 116.0)
    (seg,) = fold(progress, answered(SEG, 100), 116.0).destinations
    assert (seg.state, seg.reason, seg.attempt, seg.until) == ("sending", "", 0, None)


def test_a_destination_that_is_paused_stopped_or_committed_says_so() -> None:
    pause = events.Paused(**SEG, reason="seg refused the key", remedy="Set it again.", pending=877)
    question = {"guard": "max_calls", "message": "877 calls would be sent.", "remedy": "…", "evidence": []}
    stop = events.Stopped(**OF, destination="cio", questions=(question,))
    progress = folded(STARTED, QUERIED, (103.0, planned(SEG)), (103.5, stop), (104.0, pause))
    seg, cio = progress.destinations
    assert (seg.state, seg.reason) == ("paused", "seg refused the key")
    assert (cio.state, cio.reason) == ("stopped", "877 calls would be sent.")
    commit = events.Committed(**SEG, acknowledged=870, rejected=8, unchanged=5, held_back=0, last_sync_time=99)
    (seg,) = folded(
        STARTED, QUERIED, (103.0, planned(SEG)), (104.0, answered(SEG, 870, 7)), (105.0, commit)
    ).destinations
    assert (seg.state, seg.acknowledged, seg.rejected, seg.refused) == ("committed", 870, 7, 1)


def test_an_earlier_delivery_goes_on_where_it_was_and_a_new_one_takes_its_place() -> None:
    resumed = events.Resumed(**SEG, calls=877, answered=110, acknowledged=100, batches=9, batches_answered=2, **COUNTS)
    progress = folded(STARTED, (101.0, resumed), (102.0, answered(SEG, 150, 10)))
    (seg,) = progress.destinations
    assert progress.phase == "deliver"
    assert (seg.state, seg.acknowledged, seg.rejected, seg.batches_answered) == ("sending", 150, 10, 3)
    assert progress.answered == 50
    commit = events.Committed(**SEG, acknowledged=867, rejected=11, unchanged=5, held_back=0, last_sync_time=99)
    later = fold(fold(progress, commit, 103.0), QUERIED[1], 105.0)
    assert (later.phase, later.seconds) == ("plan", {"query": 3.0, "plan": 0.0, "deliver": 2.0})
    (seg,) = fold(later, planned({**SEG, "delivery": "d9"}), 106.0).destinations
    assert (seg.delivery, seg.state, seg.acknowledged) == ("d9", "planned", 0)


def test_what_was_under_way_when_the_run_ended_is_paused() -> None:
    ended = events.Ended(**OF, state="failed", seconds=5.0, error="The run was stopped.")
    (seg,) = folded(STARTED, QUERIED, (103.0, planned(SEG)), (104.0, answered(SEG, 1)), (105.0, ended)).destinations
    assert (seg.state, seg.reason) == ("paused", "The run was stopped.")


def test_rates_are_samples_of_a_second_of_which_sixty_are_kept() -> None:
    progress = folded(STARTED, QUERIED, (103.0, planned(SEG)))
    for tenth in range(1, 26):
        progress = fold(progress, answered(SEG, tenth * 10), 103.0 + tenth / 10)
    assert progress.rates == (100.0, 100.0)
    progress = fold(progress, answered(SEG, 260), 115.5)
    assert len(progress.rates) == 2 + 10  # a stall is as long among the samples as it was
    assert progress.rates[-1] == pytest.approx(60 / 10.5, abs=0.1)
    for second in range(100):
        progress = fold(progress, answered(SEG, 300 + second), 200.0 + second)
    assert len(progress.rates) == 60
    assert progress.rates[-1] == 1.0


OLD = json.dumps({"event": "querying", "run": "r1", "sync": "people", "rows": 5, "bound": 0, "seconds": 0.5})


@pytest.mark.parametrize("text", [None, "", "null", "[]", "7", "{", OLD, '{"phase": "query"}'])
def test_a_text_of_another_shape_is_no_progress(text: str | None) -> None:
    assert from_json(text) is None


@pytest.mark.parametrize(
    "changes",
    [{"phase": "dance"}, {"rows": "5"}, {"seconds": {}}, {"at": None}, {"destinations": [7]}, {"destinations": [{}]}],
)
def test_a_document_with_other_values_is_no_progress(changes: dict[str, Any]) -> None:
    good = json.loads(as_json(folded(STARTED, QUERIED, (103.0, planned(SEG)))))
    assert from_json(json.dumps(good)) is not None
    assert from_json(json.dumps(good | changes)) is None


def test_a_run_leaves_its_final_progress_in_the_store(workshop: Workshop) -> None:
    workshop.people(200)
    workshop.sync()
    outcome = workshop.run()
    (row,) = workshop.rows("runs_of_sync", sync=None, limit=9)
    progress = from_json(row["progress"])
    assert progress is not None
    assert (progress.phase, progress.rows, progress.answered) == ("done", 200, 200)
    (seg,) = progress.destinations
    assert (seg.state, seg.added, seg.acknowledged, seg.batches_answered) == ("committed", 200, 200, 1)
    assert None not in progress.seconds.values()
    assert sum(seconds or 0 for seconds in progress.seconds.values()) == pytest.approx(outcome.ended.seconds, abs=0.05)


def test_what_guards_asked_stays_with_the_run_that_they_stopped(workshop: Workshop) -> None:
    workshop.people(200)
    workshop.sync()
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'team'")
    outcome = workshop.run()
    assert outcome.state == "stopped"
    newest, oldest = workshop.rows("runs_of_sync", sync=None, limit=9)
    (question,) = json.loads(newest["questions"])
    ((told,),) = [event.questions for event in outcome.of(events.Stopped)]
    assert question == {"destination": "seg", **told, "evidence": list(told["evidence"])}
    assert (question["guard"], question["acceptable"]) == ("max_changed", True)
    assert oldest["questions"] is None


def test_progress_reaches_the_store_while_a_destination_is_waited_for(workshop: Workshop) -> None:
    workshop.people(10)
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits={"backoff": 4.0, "backoff_most": 4.0})
    workshop.sync()
    workshop.receiver.behave({"status": 503})

    async def watch() -> Progress:
        running = asyncio.create_task(workshop.run_soon())
        try:
            while not running.done():
                for row in workshop.rows("runs_of_sync", sync=None, limit=9):
                    progress = from_json(row["progress"]) if row["progress"] else None
                    if progress and [each.state for each in progress.destinations] == ["retrying"]:
                        return progress
                await asyncio.sleep(0.02)
        finally:
            await running
        raise AssertionError("the store had nothing of the wait, which is of two to four seconds")

    progress = asyncio.run(watch())
    (seg,) = progress.destinations
    assert seg.attempt == 1
    assert seg.until is not None
    assert seg.until > progress.at


def test_a_replay_tells_its_plan_too(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync()
    workshop.receiver.refuse('"u_1"')
    workshop.run()
    workshop.receiver.refuse()
    outcome = workshop.run(replay=True)
    assert (outcome.planned.retried, outcome.planned.calls, outcome.planned.added) == (1, 1, 0)


def logged(workshop: Workshop, run: str) -> list[dict[str, Any]]:
    return lines(StateFolder(workshop.load()).log(run))


def test_a_run_writes_what_it_tells_into_its_log(workshop: Workshop) -> None:
    workshop.people(5_000)
    workshop.execute("UPDATE people SET email = 'ü\u202e' WHERE id = 'u_1'")
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits={"batch_calls": 50})
    workshop.sync()
    outcome = workshop.run()
    log = logged(workshop, outcome.ended.run)
    told = [event.kind for event in outcome.events if event.kind != "answered"]
    assert [line["event"] for line in log if line["event"] != "answered"] == told
    assert 1 <= sum(line["event"] == "answered" for line in log) < len(outcome.of(events.Answered)) == 100
    assert all(abs(line["at"] - time.time()) < 60 for line in log)
    text = StateFolder(workshop.load()).log(outcome.ended.run).read_bytes()
    assert text.isascii()
    assert not any(secret.encode() in text for secret in workshop.secrets.values())


def test_a_log_that_cannot_be_written_does_not_fail_the_run(workshop: Workshop) -> None:
    workshop.people(5)
    workshop.sync()
    project = workshop.load()
    StateFolder(project).log("full").symlink_to("/dev/full")

    async def run() -> list[Event]:
        return [event async for event in Run(project, project.syncs["people"], workshop.secret, id="full").events()]

    assert asyncio.run(run())[-1].state == "succeeded"


def test_half_a_line_in_a_log_takes_no_other_with_it(workshop: Workshop) -> None:
    file = workshop.folder / "x.jsonl"
    log = RunLog(file)
    log.write(STARTED[1], 100.0)
    assert log._file is not None
    full = os.open("/dev/full", os.O_WRONLY)
    good = os.dup(log._file.fileno())
    os.dup2(full, log._file.fileno())
    log.write(QUERIED[1], 102.0)
    os.dup2(good, log._file.fileno())
    log.write(planned(SEG), 103.0)
    log.close()
    os.close(good)
    os.close(full)
    assert [line["event"] for line in lines(file)] == ["started", "planned"]


def test_logs_are_removed_when_they_are_older_than_the_retention(workshop: Workshop) -> None:
    workshop.people(1)
    workshop.sync()
    first, second = workshop.run().ended.run, workshop.run().ended.run
    folder = StateFolder(workshop.load())
    os.utime(folder.log(first), (time.time() - 31 * 86_400,) * 2)
    with workshop.store() as store:
        store.do("set_setting", name="swept", value=str(time.time() - 3_601))  # it is done once an hour
    third = workshop.run().ended.run
    assert [folder.log(run).exists() for run in (first, second, third)] == [False, True, True]


def test_a_run_without_a_destination_is_query_and_plan(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync(PEOPLE, destinations=[])
    workshop.run()
    (row,) = workshop.rows("runs_of_sync", sync=None, limit=9)
    progress = from_json(row["progress"])
    assert progress is not None
    assert (progress.phase, progress.rows, progress.destinations) == ("done", 3, ())
    assert progress.seconds["deliver"] is None


def test_every_field_of_the_document_is_one_that_can_be_read_back() -> None:
    for shape in (Progress, DestinationProgress):
        assert {str(each.type) for each in dataclasses.fields(shape)} <= set(_kinds())


def _kinds() -> set[str]:
    from core.sync.progress.run_progress import _KINDS

    return set(_KINDS)
