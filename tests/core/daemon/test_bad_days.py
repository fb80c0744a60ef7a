"""Bad days of a daemon: a full disk, a store of a newer program, a machine without time zones, a warehouse that dies in mid-query."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.daemon.running import apart, live, runs_of
from tests.projects import SECRETS, ProjectFolder, backhaul
from tests.servers.postgres import Server

PEOPLE = 'SELECT id AS "userId", name FROM people'


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    made = ProjectFolder.make(tmp_path / "project")
    made.duckdb("CREATE TABLE people AS SELECT i::VARCHAR AS id, 'n' || i AS name FROM range(1, 31) t(i)")
    made.file()
    made.sync("people", PEOPLE, to=("files",), schedule="every 1 minute")
    return made


@pytest.fixture
def small_disk(project: ProjectFolder) -> Iterator[Path]:
    """The state folder on a disk of twelve megabytes."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    state = project.folder / ".backhaul"
    state.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=12m,mode=700", "tmpfs", str(state)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not possible here")
    try:
        yield state
    finally:
        subprocess.run(["umount", "--lazy", str(state)], check=True)


async def test_a_disk_that_is_full_for_a_while_loses_nothing(project: ProjectFolder, small_disk: Path) -> None:
    async with live(project) as daemon:
        await daemon.ran("people")
        project.duckdb("UPDATE people SET name = 'Ann' WHERE id = '7'")
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        daemon.pass_time(60)
        await daemon.says("could not be written")
        filler.unlink()
        daemon.pass_time(3700)
        await daemon.until(lambda: len(project.delivered("people")) == 31)
        await daemon.says("The problem is over")
    names = [call["traits"]["name"] for call in project.delivered("people") if call["userId"] == "7"]
    assert names == ["n7", "Ann"]


def test_a_store_of_a_newer_program_is_left_alone(project: ProjectFolder) -> None:
    assert project.run("run", "people").code == 0
    with sqlite3.connect(project.folder / ".backhaul" / "store.sqlite") as connection:
        connection.execute("PRAGMA user_version = 9999")
    connection.close()
    done = backhaul("daemon", folder=project.folder)
    assert done.code == 1
    assert "The store has version 9999" in done.err
    assert "Use the newer Backhaul" in done.err


def test_where_a_time_zone_is_gone_its_sync_is_told_and_the_others_go_on(project: ProjectFolder) -> None:
    project.sync("berlin", PEOPLE, to=("files",), schedule="daily at 06:30", timezone="Europe/Berlin")
    with apart(project, PYTHONTZPATH="/nonexistent") as daemon:
        daemon.says("people: succeeded")
        said = daemon.says("syncs/berlin.toml is not used until it is fixed: timezone: there is no time zone")
        assert daemon.end() == 0
    assert "berlin: a run begins" not in said


async def test_a_warehouse_that_dies_in_mid_query_is_told_and_its_sync_is_tried_again(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    server = Server.start()
    try:
        database = server.create_database()
        monkeypatch.setenv("BACKHAUL_SOURCES_PG_PASSWORD", database.reader_password)
        project.postgres(database)
        project.sync(
            "slow",
            "SELECT i::text AS \"userId\", 'n' AS name FROM generate_series(1, 4000000000) t(i) WHERE i < 0",
            source="pg",
            to=("files",),
            schedule="every 1 day",
        )
        async with live(project) as daemon:
            await daemon.until(lambda: [run for run in runs_of(project, "slow") if run.progress])
            server.stop()
            (run,) = await daemon.ran("slow")
            assert run.state == "failed"
            assert run.remedy
            await daemon.until(lambda: daemon.daemon.agenda._entries["idslow"].standing.retry, 5)
            await daemon.ran("people")
    finally:
        server.stop()
