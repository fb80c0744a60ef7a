"""The daemon with real workers on real projects: it runs what is due and what is asked for, and survives what happens to it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.state.folder import is_alive
from tests.core.daemon.running import PATIENCE, ROOT, apart, live, runs_of, seen
from tests.projects import SECRETS, ProjectFolder, backhaul
from tests.servers.receiving import Receiver

PEOPLE = 'SELECT id AS "userId", name FROM people'


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    made = ProjectFolder.make(tmp_path / "project")
    made.duckdb("CREATE TABLE people AS SELECT i::VARCHAR AS id, 'n' || i AS name FROM range(1, 31) t(i)")
    made.file()
    return made


def wait_for_a_call(receiver: Receiver) -> None:
    """Wait until the first call has arrived."""
    deadline = time.monotonic() + PATIENCE
    while not receiver.calls():
        assert time.monotonic() < deadline, "no call came"
        time.sleep(0.02)


async def test_what_is_due_is_run_once_and_again_when_it_is_due_again(project: ProjectFolder) -> None:
    project.sync("people", PEOPLE, to=("files",), schedule="every 1 minute")
    project.sync("never", PEOPLE, to=("files",), schedule="manual")
    project.sync("off", PEOPLE, to=("files",), schedule="every 1 minute", enabled=False)
    async with live(project) as daemon:
        (run,) = await daemon.ran("people")
        assert (run.state, run.cause, run.acknowledged) == ("succeeded", "schedule", 30)
        assert run.due is not None
        assert run.started >= run.due
        project.duckdb("UPDATE people SET name = 'Ann' WHERE id = '7'")
        daemon.pass_time(60)
        runs = await daemon.ran("people", 2)
        assert runs[1].acknowledged == 1
        assert runs[1].process == run.process, "the same warm worker"
    assert {run.name for run in seen(project)} == {"people"}


async def test_a_run_a_replay_and_a_stop_are_done_when_they_are_asked_for(
    project: ProjectFolder, receiver: Receiver
) -> None:
    project.segment(receiver.url, batch_calls=1, connections=1)
    project.sync("people", PEOPLE, schedule="manual")
    receiver.behave(*[{"slow": 0.3}] * 60)
    async with live(project) as daemon:
        task = asyncio.create_task(daemon.asked("run", "people"))
        await daemon.until(receiver.calls)
        assert (await daemon.asked("run", "people"))["error"] == "people is running already."
        assert (await daemon.asked("stop", "people"))["state"] == "succeeded"
        said = await task
        assert said["state"] == "failed"
        assert "stopped" in said["error"]
        sent = len(receiver.calls())
        assert 0 < sent < 30
        receiver.behave()
        assert (await daemon.asked("run", "people"))["state"] == "succeeded"
        assert (await daemon.asked("stop", "people"))["error"] == "There is nothing to stop."
        assert (await daemon.asked("replay", "people"))["state"] == "succeeded"
        assert "no option" in (await daemon.asked("run", "people", words=["--nonsense"]))["error"]
        assert (await daemon.asked("run", "people", words=["--full-refresh"]))["state"] == "succeeded"
        assert "not in the project" in (await daemon.asked("run", "nobody"))["error"]
    ids = [call["messageId"] for call in receiver.calls()]
    assert len(set(ids)) == 60, "30 rows once, and once more with the full refresh"


async def test_a_broken_file_takes_its_own_sync_out_and_no_other(project: ProjectFolder) -> None:
    project.sync("people", PEOPLE, to=("files",), schedule="every 1 minute")
    project.sync("others", PEOPLE, to=("files",), schedule="every 1 minute")
    async with live(project) as daemon:
        await daemon.ran("people")
        await daemon.ran("others")
        good = (project.folder / "syncs" / "people.toml").read_text()
        project.write("syncs/people.toml", good + "\nnonsense = = 1")
        await daemon.says("syncs/people.toml is not used until it is fixed")
        daemon.pass_time(60)
        await daemon.ran("others", 2)
        head = (project.folder / "backhaul.toml").read_text()
        project.write("backhaul.toml", "this is no TOML")
        await daemon.says("The project is used as it was before")
        daemon.pass_time(60)
        await daemon.ran("others", 3)
        project.write("backhaul.toml", head)
        project.write("syncs/people.toml", good)
        await daemon.says("syncs/people.toml can be used again")
        daemon.pass_time(60)
        await daemon.ran("people", 2)
        await daemon.ran("others", 4)
    assert {run.error for run in seen(project) if run.state not in ("succeeded", "skipped")} <= {"The run was stopped."}


async def test_a_sync_that_is_new_paused_or_changed_is_taken_as_it_is(project: ProjectFolder) -> None:
    async with live(project) as daemon:
        project.sync("people", PEOPLE, to=("files",), schedule="every 1 minute")
        await daemon.ran("people")
        assert project.run("pause", "people").code == 0
        await daemon.says("read again")
        await daemon.until(lambda: not daemon.daemon.project.syncs["people"].enabled)
        daemon.pass_time(600)
        assert project.run("resume", "people").code == 0
        await daemon.ran("people", 2)
    assert [run.state for run in runs_of(project, "people")] == ["succeeded"] * 2


async def test_a_worker_that_is_killed_takes_one_run_with_it_and_the_next_one_finishes(
    project: ProjectFolder, receiver: Receiver
) -> None:
    project.segment(receiver.url, batch_calls=1, connections=1)
    project.sync("people", PEOPLE, schedule="every 1 minute")
    receiver.behave(*[{"slow": 0.2}] * 60)
    async with live(project) as daemon:
        await daemon.until(receiver.calls)
        (run,) = seen(project)
        assert run.process is not None
        os.kill(run.process, signal.SIGKILL)
        await daemon.says("killed by SIGKILL")
        receiver.behave()
        daemon.pass_time(61)
        await daemon.until(lambda: runs_of(project, "people")[-1].state == "succeeded")
    states = [run.state for run in runs_of(project, "people")]
    assert states[0] == "failed"
    assert "killed" in (runs_of(project, "people")[0].error or "")
    by_user = {
        call["userId"]: {each["messageId"] for each in receiver.calls() if each["userId"] == call["userId"]}
        for call in receiver.calls()
    }
    assert len(by_user) == 30
    assert all(len(ids) == 1 for ids in by_user.values()), "what came twice came with the same messageId"


async def test_a_sync_that_is_run_by_hand_is_skipped_and_caught_up(project: ProjectFolder, receiver: Receiver) -> None:
    project.segment(receiver.url, batch_calls=1, connections=1)
    project.sync("people", PEOPLE, schedule="manual")
    receiver.behave(*[{"slow": 0.1}] * 60)
    with by_itself(project) as by_hand:
        async with live(project) as daemon:
            await daemon.until(receiver.calls)
            project.sync("people", PEOPLE, schedule="every 1 hour")
            await daemon.until(lambda: daemon.daemon.project.syncs["people"].schedule == "every 1 hour")
            daemon.pass_time(3600)
            await daemon.says("in use by")
            assert by_hand.wait(PATIENCE) == 0
            daemon.pass_time(6)
            await daemon.ran("people", 2)
    causes = [(run.cause, run.state, run.skipped) for run in runs_of(project, "people")]
    assert ("command", "succeeded", 0) in causes
    assert ("caught up", "succeeded", 0) in causes
    (skipped,) = [run for run in runs_of(project, "people") if run.state == "skipped"]
    assert skipped.skipped == 1
    assert [skipped.caught_up] == [run.id for run in runs_of(project, "people") if run.cause == "caught up"]


def by_itself(project: ProjectFolder) -> subprocess.Popen[bytes]:
    """Begin `backhaul run` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "core.cli", "run", "people", "--project", str(project.folder)],
        env={**os.environ, **SECRETS, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


async def test_a_store_that_is_moved_away_is_told_and_used_again_when_it_is_back(project: ProjectFolder) -> None:
    project.sync("people", PEOPLE, to=("files",), schedule="every 1 minute")
    async with live(project) as daemon:
        await daemon.ran("people")
        state, aside = project.folder / ".backhaul", project.folder / "aside"
        aside.mkdir()
        for file in state.glob("store.sqlite*"):
            shutil.move(file, aside / file.name)
        await daemon.says("The state database is missing")
        for file in aside.iterdir():
            shutil.move(file, state / file.name)
        await daemon.says("The problem is over")
        daemon.pass_time(60)
        await daemon.ran("people", 2)
    assert [run.state for run in runs_of(project, "people")] == ["succeeded"] * 2


def test_two_daemons_exclude_each_other_and_the_second_says_who_runs(project: ProjectFolder) -> None:
    project.sync("people", PEOPLE, to=("files",), schedule="every 1 minute")
    with apart(project) as daemon:
        daemon.says("people: succeeded")
        second = backhaul("daemon", folder=project.folder)
        assert second.code == 1
        assert f"A daemon runs this project already: process {daemon.process.pid} on " in second.err
        assert daemon.end() == 0
    assert "The daemon has ended." in daemon.says("ended")


def test_sigterm_ends_it_after_the_batches_in_flight_and_the_next_daemon_goes_on(
    project: ProjectFolder, receiver: Receiver
) -> None:
    project.segment(receiver.url, batch_calls=1, connections=1)
    project.sync("people", PEOPLE, schedule="every 1 day")
    receiver.behave(*[{"slow": 0.2}] * 60)
    with apart(project) as daemon:
        daemon.says("people: a run begins")
        wait_for_a_call(receiver)
        assert daemon.end() == 0
    receiver.settle()
    sent = len(receiver.calls())
    assert 0 < sent < 30
    (run,) = seen(project)
    assert (run.state, run.acknowledged) == ("failed", sent), "each call that went out was answered, and is known"
    receiver.behave()
    with apart(project) as daemon:
        daemon.says("people: succeeded")  # at once, not when it is due again
        assert daemon.end(signal.SIGINT) == 0
    ids = [call["messageId"] for call in receiver.calls()]
    assert len(ids) == len(set(ids)) == 30


def test_a_daemon_that_is_killed_leaves_no_worker_behind_and_the_next_one_loses_nothing(
    project: ProjectFolder, receiver: Receiver
) -> None:
    project.segment(receiver.url, batch_calls=1, connections=1)
    project.sync("people", PEOPLE, schedule="every 1 day")
    receiver.behave(*[{"slow": 0.2}] * 60)
    with apart(project) as daemon:
        daemon.says("people: a run begins")
        wait_for_a_call(receiver)
        (run,) = seen(project)
        daemon.end(signal.SIGKILL)
        assert run.process is not None
        deadline = time.monotonic() + PATIENCE
        while is_alive(run.process):
            assert time.monotonic() < deadline, "the worker goes on without its daemon"
            time.sleep(0.05)
    status = backhaul("status", "--json", folder=project.folder)
    assert status.code == 0
    receiver.behave()
    with apart(project) as daemon:
        daemon.says("people: succeeded")
    ids = {call["messageId"] for call in receiver.calls()}
    assert len(ids) == 30


def test_sighup_reads_the_files_anew_and_a_hang_up_does_not_end_it(project: ProjectFolder) -> None:
    with apart(project) as daemon:
        daemon.says("The daemon starts")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.says("read again")
        assert daemon.end() == 0


def test_a_daemon_begins_in_the_background_and_is_stopped_by_a_command(project: ProjectFolder) -> None:
    project.sync("people", PEOPLE, to=("files",), schedule="every 1 minute")
    begun = backhaul("daemon", "start", "--json", folder=project.folder)
    assert begun.code == 0, begun.err
    process = begun.json["process"]
    try:
        assert is_alive(process)
        again = backhaul("daemon", "start", folder=project.folder)
        assert again.code == 2
        assert str(process) in again.err
        deadline = time.monotonic() + PATIENCE
        while not [run for run in seen(project) if run.state == "succeeded"]:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        stopped = backhaul("daemon", "stop", folder=project.folder)
    assert stopped.code == 0, stopped.err
    assert backhaul("daemon", "stop", folder=project.folder).code == 1


def test_a_daemon_on_a_project_that_is_broken_says_what_and_where(tmp_path: Path) -> None:
    made = ProjectFolder.make(tmp_path / "project")
    made.write("backhaul.toml", "name = ")
    done = backhaul("daemon", folder=made.folder)
    assert done.code == 2
    assert "backhaul.toml" in done.err
