"""A daemon's alerts: told beside its turns, one look at a time, whatever becomes of the store and of the files."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core.daemon.alert_checks import Watching
from core.daemon.loop import Daemon
from core.daemon.workers import Workers
from core.state.folder import StateFolder
from tests.projects import ProjectFolder, backhaul
from tests.servers.receiving import Receiver

HEAD = 'name = "tests"\nsecrets.from = "environment"\n'


@pytest.fixture
def people(tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> ProjectFolder:
    """A sync that fails, and an alert that goes to the receiver."""
    made = ProjectFolder.make(tmp_path / "project")
    made.write("backhaul.toml", f'{HEAD}[alerts.team]\nto = "webhook"\n')
    made.duckdb("CREATE TABLE people AS SELECT 'u' AS id, 1 AS n")
    made.file()
    made.sync("people", 'SELECT id AS "userId", n FROM nowhere', to=("files",), schedule="every 1 hour")
    monkeypatch.setenv("BACKHAUL_ALERTS_TEAM_URL", f"http://127.0.0.1:{receiver.port}/hook")
    return made


@contextlib.asynccontextmanager
async def watched(
    project: ProjectFolder, clock: Any = time.monotonic
) -> AsyncIterator[tuple[Daemon, Watching, list[str]]]:
    said: list[str] = []

    def log(_level: str, what: str, **_values: Any) -> None:
        said.append(what)

    watching = Watching(log, clock)
    daemon = Daemon(
        folder=project.folder,
        log=log,
        make_runner=lambda it: Workers(project.folder, begun=it.begun, ended=it.ended, said=it.said),
        watch=watching,
    )
    task = asyncio.create_task(daemon.run())
    try:
        yield daemon, watching, said
    finally:
        daemon.stop()
        await asyncio.wait_for(task, 30)
        await watching.close()


def before(file: Path) -> None:
    """Let a file have been written two minutes ago: nobody is at work on it."""
    os.utime(file, (time.time() - 120,) * 2)


async def texts(receiver: Receiver, count: int, watching: Watching) -> list[str]:
    """Wait until so many notices have arrived."""
    deadline = time.monotonic() + 30
    while len(found := [each for record in receiver.records() for each in record.json["notices"]]) < count:
        assert time.monotonic() < deadline, found
        watching.soon()
        await asyncio.sleep(0.1)
    return [f"{each['news']} {each['trouble']} {each['about']}" for each in found]


async def test_a_daemon_tells_what_fails_and_what_is_well_again(people: ProjectFolder, receiver: Receiver) -> None:
    async with watched(people) as (_daemon, watching, _said):
        assert await texts(receiver, 1, watching) == ["new failure people"]
        people.sync("people", 'SELECT id AS "userId", n FROM people', to=("files",), schedule="every 1 hour")
        assert (await asyncio.to_thread(backhaul, "run", "people", folder=people.folder)).code == 0
        assert await texts(receiver, 2, watching) == ["new failure people", "recovered failure people"]
        before(people.write("syncs/other.toml", "source = 3"))
        assert (await texts(receiver, 3, watching))[2] == "new project syncs/other.toml"
        before(people.write("backhaul.toml", "name ="))
        assert (await texts(receiver, 4, watching))[3] == "new project backhaul.toml"
        people.write("backhaul.toml", f'{HEAD}[alerts.team]\nto = "webhook"\n')
        assert (await texts(receiver, 5, watching))[4] == "recovered project backhaul.toml"


@pytest.mark.slow
async def test_looks_are_spaced_and_one_that_hangs_holds_up_no_turn(people: ProjectFolder, receiver: Receiver) -> None:
    receiver.behave(*[{"hang": 3}] * 20)
    moments = [0.0]
    async with watched(people, lambda: moments[0]) as (daemon, watching, _said):
        deadline = time.monotonic() + 20
        while watching._task is None:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
        await asyncio.sleep(2.0)  # a run that fails has it look once more
        first = watching._task
        await asyncio.sleep(1.2)
        assert watching._task is first
        moments[0] += 16
        deadline = time.monotonic() + 20
        while watching._task is first or watching._task is None:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
        for _ in range(5):
            await watching(daemon)


async def test_a_store_that_is_put_back_from_a_backup_is_looked_at(people: ProjectFolder, receiver: Receiver) -> None:
    async with watched(people) as (daemon, watching, _said):
        assert await texts(receiver, 1, watching) == ["new failure people"]
        state = people.folder / ".backhaul"
        for name in ("store.sqlite", "store.sqlite-wal", "store.sqlite-shm", "store.made"):
            (state / name).unlink(missing_ok=True)
        StateFolder(daemon.project).store().close()
        await asyncio.to_thread(backhaul, "run", "people", folder=people.folder)
        assert (await texts(receiver, 2, watching))[1] == "new failure people"
