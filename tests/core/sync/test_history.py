"""The store as people read it: how each sync is doing, what runs there were, what was refused and why."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from core.errors import StateError
from core.model import CallType, Project, Sync
from core.reports import history
from core.store import Store
from core.sync.progress.run_progress import Progress, as_json
from tests.core.sync.workshop import PEOPLE, Workshop


def gone() -> int:
    """Return the id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def a_project(folder: Path, *names: str) -> Project:
    syncs = {
        name: Sync(
            name=name,
            id=f"id-{name}",
            description=f"the {name}",
            source="db",
            destinations=("seg",),
            call=CallType.IDENTIFY,
            query="",
        )
        for name in names
    }
    return Project(name="p", folder=folder, state=folder, sources={}, destinations={}, syncs=syncs)


def add_run(store: Store, run: str, started: float, sync: str = "a", process: int | None = None) -> None:
    process = os.getpid() if process is None else process
    store.do("insert_run", id=run, sync=f"id-{sync}", name=sync, cause="command", started=started, process=process)


def end_run(store: Store, run: str, ended: float, state: str = "succeeded", error: str | None = None) -> None:
    values = {"error": error, "remedy": "Fix it." if error else None, "progress": None, "questions": None}
    store.do("end_run", id=run, state=state, ended=ended, **values)


@pytest.mark.parametrize("state", ["succeeded", "partial", "stopped", "failed"])
def test_a_sync_is_in_the_state_of_its_last_run(tmp_path: Path, state: str) -> None:
    project = a_project(tmp_path, "a")
    with Store(tmp_path) as store:
        add_run(store, "r1", 100.0)
        end_run(store, "r1", 101.0)
        add_run(store, "r2", 200.0)
        end_run(store, "r2", 207.5, state, error="no" if state == "failed" else None)
        (status,) = history.overview(project, store)
    assert (status.state, status.last_run, status.last_started, status.last_seconds) == (state, "r2", 200.0, 7.5)
    assert (status.last_states, status.last_took) == ((state, "succeeded"), (7.5, 1.0))
    assert (status.error, status.remedy) == (("no", "Fix it.") if state == "failed" else (None, None))
    assert (status.sync, status.id, status.description, status.call) == ("a", "id-a", "the a", "identify")


def test_a_sync_that_never_ran_says_so_and_one_that_is_switched_off_too(tmp_path: Path) -> None:
    project = a_project(tmp_path, "a", "b", "c")
    off = {name: replace(project.syncs[name], enabled=False) for name in "bc"}
    with Store(tmp_path) as store:
        add_run(store, "r1", 100.0, "c")
        end_run(store, "r1", 101.0)
        found = history.overview(replace(project, syncs={**project.syncs, **off}), store)
    assert [(status.sync, status.state, status.next) for status in found] == [
        ("a", "never run", "due"),
        ("b", "disabled", "off"),
        ("c", "succeeded", "off"),
    ]
    assert found[0].due == pytest.approx(time.time(), abs=5)
    assert found[1].due is None


def test_a_sync_that_runs_shows_its_progress(tmp_path: Path) -> None:
    progress = Progress(phase="query", rows=70, seconds={"query": 5.0, "plan": None, "deliver": None}, at=105.0)
    with Store(tmp_path) as store:
        add_run(store, "r1", time.time() - 5)
        store.do("set_run_progress", id="r1", progress=as_json(progress))
        (status,) = history.overview(a_project(tmp_path, "a"), store)
        (run,) = history.runs(store, state="running")
    assert (status.state, status.progress, status.rows, status.last_seconds) == ("running", progress, 70, None)
    assert status.last_took == (None,)
    assert (run.progress, run.ended) == (progress, None)
    assert run.seconds == pytest.approx(5, abs=2)


def test_a_run_whose_process_is_gone_is_shown_as_failed(tmp_path: Path) -> None:
    progress = Progress(phase="query", rows=70, seconds={"query": 5.0, "plan": None, "deliver": None}, at=105.0)
    with Store(tmp_path) as store:
        add_run(store, "r1", 100.0, process=gone())
        store.do("set_run_progress", id="r1", progress=as_json(progress))
        (status,) = history.overview(a_project(tmp_path, "a"), store)
        assert history.runs(store, state="running") == ()
        (run,) = history.runs(store, state="failed")
        assert history.run(store, "r1") == run
        row = store.row("run", id="r1")
        assert row is not None
        assert row["state"] == "running"  # nothing was written
    assert (status.state, status.error) == ("failed", "The process stopped unexpectedly (killed?).")
    assert status.progress is None
    assert (run.state, run.seconds) == ("failed", 5.0)
    assert "same messageIds" in (run.remedy or "")


def test_progress_of_an_older_backhaul_is_none(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        add_run(store, "r1", time.time())
        store.do("set_run_progress", id="r1", progress='{"event": "querying", "rows": 5}')
        (status,) = history.overview(a_project(tmp_path, "a"), store)
    assert (status.state, status.progress) == ("running", None)


def test_the_last_fourteen_runs_are_told_of_each_sync_and_no_more(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        for number in range(20):
            add_run(store, f"r{number}", 100.0 * number)
            end_run(store, f"r{number}", 100.0 * number + number)
        (status,) = history.overview(a_project(tmp_path, "a"), store)
    assert status.last_took == tuple(float(number) for number in range(19, 5, -1))
    assert len(status.last_states) == len(status.last_sent) == 14


def test_runs_are_listed_newest_first_by_sync_by_state_and_page_by_page(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        for number in range(12):
            add_run(store, f"r{number:02}", float(number), "ab"[number % 2])
            end_run(store, f"r{number:02}", number + 0.5, "failed" if number % 3 == 0 else "succeeded")
        add_run(store, "dead", 7.5, "a", process=gone())

        def ids(**asked: object) -> list[str]:
            return [run.id for run in history.runs(store, **asked)]

        assert ids(limit=3) == ["r11", "r10", "r09"]
        assert ids(limit=3, before=9.0) == ["r08", "dead", "r07"]
        assert ids(sync="id-b") == ["r11", "r09", "r07", "r05", "r03", "r01"]
        assert ids(state="failed") == ["r09", "dead", "r06", "r03", "r00"]
        assert ids(state="failed", limit=2) == ["r09", "dead"]
        assert ids(state="failed", sync="id-a") == ["dead", "r06", "r00"]
        assert ids(state="succeeded", sync="id-a", before=9.0) == ["r08", "r04", "r02"]
        assert ids(state="running") == []
        assert history.run(store, "nobody") is None
        assert [run.id for run in history.runs_like(store, "r0")] == [f"r{number:02}" for number in range(9, -1, -1)]
        assert history.runs_like(store, "r*") == ()


def test_what_a_run_sent_and_what_was_refused_is_counted(workshop: Workshop) -> None:
    workshop.people(50)
    workshop.execute(
        "INSERT INTO people VALUES ('u_x', chr(0) || 'x', 'free', now()), ('u_y', chr(0) || 'y', 'free', now())"
    )
    workshop.sync()
    workshop.receiver.refuse('"u_7"', '"u_8"')
    workshop.run()
    with workshop.store() as store:
        (status,) = history.overview(workshop.load(), store)
        (run,) = history.runs(store)
        assert (status.state, status.rows, status.acknowledged, status.rejected) == ("partial", 52, 48, 4)
        assert (status.rejected_open, status.pending, status.last_sent) == (4, 0, (48,))
        assert set(status.last_sync_times) == {"seg"}
        assert (run.acknowledged, run.rejected, run.rows) == (48, 4, 52)
        (delivery,) = run.deliveries
        assert (delivery["destination"], delivery["state"], delivery["pending"]) == ("seg", "committed", 0)
        assert run.progress is not None
        assert run.progress.phase == "done"
        assert json.loads(json.dumps(asdict(status)))["causes"][0]["rows"] == 2
        assert json.loads(json.dumps(asdict(run)))["id"] == run.id


def test_rejected_rows_are_grouped_by_cause_and_listed_by_it(workshop: Workshop) -> None:
    workshop.people(50)
    workshop.execute("INSERT INTO people VALUES ('u_x', chr(0) || 'x', 'free', now())")
    workshop.sync()
    workshop.receiver.refuse('"u_7"', '"u_8"')
    workshop.run()
    with workshop.store() as store:
        (run,) = history.runs(store)
        (status,) = history.overview(workshop.load(), store)
        refused, invalid = history.causes(store, sync="id-people")
        assert status.causes == (refused, invalid)
        assert history.causes(store, run=run.id) == (refused, invalid)
        assert (refused.rows, refused.status, refused.state) == (2, 400, "open")
        assert "refused" in refused.reason
        assert refused.sample in ('{"userId":"u_7"}', '{"userId":"u_8"}')
        assert (invalid.rows, invalid.status) == (1, None)
        assert "u_x" in invalid.sample
        rows = history.rejected(store, sync="id-people")
        assert len(rows) == history.rejected_total(store, sync="id-people") == 3
        assert not {"key", "fingerprint"} & set(rows[0])
        assert json.dumps(rows)
        assert history.rejected(store, sync="id-people", limit=1, offset=1) == rows[1:2]
        assert [row["status"] for row in history.rejected(store, run=run.id, status=400)] == [400, 400]
        assert [row["status"] for row in history.rejected(store, sync="id-people", status=None)] == [None]
        assert history.rejected_total(store, run=run.id, reason=refused.reason, status=400) == 2
        assert history.rejected_total(store, run=run.id, reason="another") == 0
        assert history.causes(store, sync="id-other") == ()
        assert history.rejected(store, run="none") == ()
    workshop.receiver.refuse()
    workshop.run(replay=True)
    with workshop.store() as store:
        (left,) = history.causes(store, sync="id-people")
        assert left == invalid
        (settled, _) = history.causes(store, run=run.id)
        assert (settled.rows, settled.state) == (2, "settled")


def test_a_delivery_that_is_paused_counts_what_was_answered_so_far(workshop: Workshop) -> None:
    workshop.people(100)
    limits = {"batch_calls": 40, "connections": 1, "attempts": 1}
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits=limits)
    workshop.sync()
    workshop.receiver.behave({}, {"status": 503})
    assert workshop.run().state == "failed"
    with workshop.store() as store:
        (status,) = history.overview(workshop.load(), store)
        (run,) = history.runs(store)
    assert (status.acknowledged, status.pending, status.last_sent) == (40, 60, (40,))
    assert (run.acknowledged, run.rejected, run.deliveries[0]["pending"]) == (40, 0, 60)
    assert run.deliveries[0]["state"] == "paused"


def test_what_guards_asked_is_part_of_the_status(workshop: Workshop) -> None:
    workshop.people(200)
    workshop.sync()
    workshop.run()
    workshop.execute("UPDATE people SET plan = 'team'")
    workshop.run()
    with workshop.store() as store:
        (status,) = history.overview(workshop.load(), store)
    assert status.state == "stopped"
    (question,) = status.questions
    assert (question["destination"], question["guard"], question["acceptable"]) == ("seg", "max_changed", True)


def test_a_manual_sync_is_never_due(workshop: Workshop) -> None:
    workshop.people(1)
    workshop.sync(PEOPLE, schedule="manual")
    with workshop.store() as store:
        (status,) = history.overview(workshop.load(), store)
    assert (status.due, status.next) == (None, "by hand")


def test_a_store_that_another_program_holds_is_told(tmp_path: Path) -> None:
    with Store(tmp_path):
        pass
    holder = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    holder.execute("INSERT INTO settings VALUES ('x', 'y')")
    with pytest.raises(StateError, match="Another program is using the store"):
        Store(tmp_path, timeout=0.2)
    holder.execute("ROLLBACK")
    holder.close()
    with Store(tmp_path, timeout=0.2) as store:
        assert history.runs(store) == ()


@pytest.mark.slow
def test_two_hundred_syncs_are_looked_over(tmp_path: Path) -> None:
    names = [f"s{number}" for number in range(200)]
    project = a_project(tmp_path, *names)
    with Store(tmp_path) as store:
        with store.transaction():
            for number in range(20_000):
                add_run(store, f"r{number}", float(number), names[number % 200])
                end_run(store, f"r{number}", number + 1.0)
        history.overview(project, store)
        assert len(history.overview(project, store)) == 200
