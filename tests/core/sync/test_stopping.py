"""Stopping: a preview and a plan stop the query in the warehouse; a run is told in its own process, and no other is."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import CancelledError
from core.preview.first_rows import preview_sync
from core.preview.plan import plan_sync
from core.state.cancellation import Stopping, stop_run
from core.state.folder import StateFolder
from tests.core.sync.workshop import Workshop
from tests.servers.postgres import Database

SLEEPING = "CREATE VIEW sleepers AS SELECT 'u' || n AS id, pg_sleep(30)::text AS slept FROM generate_series(1, 5) n"
ENDLESS = """SELECT max(a.range) AS "userId", count(*) AS n FROM range(100000000) a, range(100000000) b
GROUP BY (a.range + b.range) % 7"""
MANY_CHANGES = "SELECT 'u' || range AS \"userId\", range AS n FROM range(40000000)"

WORK = {
    "preview": lambda project, secrets, stopping: preview_sync(
        project, project.syncs["people"], secrets, stopping=stopping
    ),
    "plan": lambda project, secrets, stopping: plan_sync(project, project.syncs["people"], secrets, stopping=stopping),
}


def active(database: Database) -> int:
    """Return how many queries of the reader's run on the server."""
    with database.connect() as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND state = 'active'", [database.reader]
        ).fetchone()
    return row[0] if row else 0


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False


class Working:
    """Work in a thread, and how it ended."""

    def __init__(self, work: Callable[[Stopping], Any]) -> None:
        self.stopping = Stopping()
        self.error: BaseException | None = None
        self._work = work
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self._work(self.stopping)
        except BaseException as error:  # noqa: BLE001
            self.error = error

    def stop(self, seconds: float) -> None:
        """Stop the work; it has to end in time, and to say that it was stopped."""
        self.stopping.stop()
        self.thread.join(seconds)
        assert not self.thread.is_alive()
        assert isinstance(self.error, CancelledError), self.error


@pytest.mark.parametrize("what", WORK)
def test_a_query_in_postgres_is_stopped(workshop: Workshop, postgres_database: Database, what: str) -> None:
    database = postgres_database
    (workshop.folder / "sources" / "pg.toml").write_text(
        f'type = "postgres"\nhost = "{database.server.host}"\nport = {database.server.port}\n'
        f'database = "{database.name}"\nuser = "{database.reader}"\n'
    )
    database.execute(SLEEPING)
    workshop.sync('SELECT id AS "userId", slept FROM sleepers', source="pg")
    project = workshop.load()
    workshop.secrets["sources/pg.password"] = database.reader_password
    working = Working(lambda stopping: WORK[what](project, workshop.secret, stopping))
    assert wait_until(lambda: active(database) > 0, 20)
    working.stop(2.0)
    assert wait_until(lambda: active(database) == 0, 2.0)


@pytest.mark.parametrize("what", WORK)
def test_a_query_in_duckdb_is_stopped(workshop: Workshop, what: str) -> None:
    workshop.people(1)
    workshop.sync(ENDLESS)
    project = workshop.load()
    working = Working(lambda stopping: WORK[what](project, workshop.secret, stopping))
    time.sleep(1.5)
    assert working.thread.is_alive(), working.error
    working.stop(2.0)
    assert list((workshop.folder / ".backhaul" / "tmp").glob("id-people.*")) == []


def test_a_comparison_is_stopped(workshop: Workshop) -> None:
    workshop.people(1)
    workshop.sync(MANY_CHANGES)
    project = workshop.load()
    working = Working(lambda stopping: WORK["plan"](project, workshop.secret, stopping))
    time.sleep(3)
    assert working.thread.is_alive(), working.error
    working.stop(2.0)


@pytest.mark.parametrize("what", WORK)
def test_work_that_begins_after_the_stop_is_not_begun(workshop: Workshop, what: str) -> None:
    workshop.people(1)
    workshop.sync(ENDLESS)
    project = workshop.load()
    stopping = Stopping()
    stopping.stop()
    with pytest.raises(CancelledError):
        WORK[what](project, workshop.secret, stopping)


def test_two_pieces_of_work_on_one_sync_do_not_stand_in_each_others_way(workshop: Workshop) -> None:
    workshop.people(20_000)
    workshop.sync()
    project = workshop.load()
    found: list[Any] = []
    threads = [
        threading.Thread(target=lambda what=what: found.append(WORK[what](project, workshop.secret, None)))
        for what in ("plan", "preview", "plan", "preview")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4


def test_what_is_watched_is_told_until_it_is_over_and_not_after_it() -> None:
    stopping = Stopping()
    told: list[str] = []
    with stopping.watch(lambda: told.append("a")), stopping.watch(lambda: told.append("b")):
        assert not stopping.stopped
        stopping.stop()
        stopping.stop()
        assert stopping.stopped
        assert wait_until(lambda: told.count("a") >= 2 and told.count("b") >= 2, 5)
    count = len(told)
    time.sleep(0.3)
    assert len(told) == count
    with pytest.raises(CancelledError), stopping.watch(lambda: told.append("late")):
        pass
    assert "late" not in told


def test_what_ended_before_the_stop_is_not_told() -> None:
    stopping = Stopping()
    told: list[str] = []
    with stopping.watch(lambda: told.append("a")):
        pass
    stopping.stop()
    time.sleep(0.2)
    assert told == []


@contextlib.contextmanager
def running(workshop: Workshop) -> Iterator[subprocess.Popen[bytes]]:
    """A run in a process of its own, whose destination does not answer."""
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits={"timeout": 60})
    workshop.people(5)
    workshop.sync()
    (workshop.folder / "backhaul.toml").write_text('name = "stopped"\n[secrets]\nfrom = "environment"\n')
    workshop.receiver.behave({"hang": 20})
    words = [sys.executable, "-c", "import sys; from core.cli import main; sys.exit(main(sys.argv[1:]))"]
    process = subprocess.Popen(
        [*words, "run", "people", "--project", str(workshop.folder)],
        env=os.environ | {"BACKHAUL_DESTINATIONS_SEG_WRITE_KEY": "key-1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[3],
    )
    try:
        assert wait_until(lambda: bool(workshop.rows("open_deliveries", sync="id-people")), 20)
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_run_in_another_process_is_stopped(workshop: Workshop) -> None:
    with running(workshop) as process, workshop.store() as store:
        (run,) = store.rows("runs_of_sync", sync=None, limit=9)
        assert not stop_run(workshop.load(), store, "nobody")
        assert stop_run(workshop.load(), store, run["id"])
        assert process.wait(5) == 1
        (ended,) = store.rows("runs_of_sync", sync=None, limit=9)
        assert (ended["state"], ended["error"]) == ("failed", "The run was stopped.")
        assert not stop_run(workshop.load(), store, run["id"])


@pytest.mark.parametrize(
    "note",
    [{"process": 1}, {"host": "elsewhere"}, None, "[]", "not JSON"],
    ids=["process", "host", "none", "list", "torn"],
)
def test_a_process_that_is_not_known_to_be_the_run_is_left_alone(
    workshop: Workshop, note: dict[str, Any] | str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[tuple[int, int]] = []
    with running(workshop) as process, workshop.store() as store, monkeypatch.context() as patched:
        patched.setattr(os, "kill", lambda number, sign: killed.append((number, sign)))
        (run,) = store.rows("runs_of_sync", sync=None, limit=9)
        file = StateFolder(workshop.load()).holder("id-people")
        holder = json.loads(file.read_text())
        if note is None:
            file.unlink()
        else:
            file.write_text(note if isinstance(note, str) else json.dumps(holder | note))
        assert not stop_run(workshop.load(), store, run["id"])
        file.write_text(json.dumps(holder))
        assert stop_run(workshop.load(), store, run["id"])
        assert [sent for sent in killed if sent[1]] == [(process.pid, signal.SIGTERM)]


def test_another_program_that_got_the_number_of_a_run_that_was_killed_is_left_alone(workshop: Workshop) -> None:
    workshop.people(1)
    workshop.sync()
    workshop.run()
    with workshop.store() as store, subprocess.Popen(["sleep", "30"]) as other:
        store.do(
            "insert_run",
            id="old",
            sync="id-people",
            name="people",
            cause="command",
            started=time.time() - 3600,
            process=other.pid,
        )
        file = StateFolder(workshop.load()).holder("id-people")
        file.write_text(json.dumps(json.loads(file.read_text()) | {"process": other.pid}))
        assert not stop_run(workshop.load(), store, "old")
        assert other.poll() is None
        other.kill()
