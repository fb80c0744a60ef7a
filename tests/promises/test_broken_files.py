"""A broken file takes its own sync out and no other, whatever is wrong with it: read by commands, and under a daemon that runs.

`HOSTILE` are contents, `KINDS` are things that are no files; chance adds files that were damaged. All of them lie beside a sync that works.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core import project as projects
from core.daemon.client import answer, ask
from core.errors import BackhaulError, ProjectError
from core.project.current import stamps
from core.state.folder import StateFolder
from tests.core.daemon.running import apart
from tests.projects import ProjectFolder

SYNC = 'source = "warehouse"\ndestinations = ["files"]\ncall = "identify"\n'
HOOK = 'type = "webhook"\nurl = "http://127.0.0.1:1/x"\n'
DUCK = 'type = "duckdb"\npath = "w.duckdb"\n'
POSTGRES = 'type = "postgres"\nhost = "127.0.0.1"\ndatabase = "d"\nuser = "u"\n'

HOSTILE: dict[str, tuple[str, str]] = {
    "a proxy that is a bracket": ("destinations", HOOK + '[network]\nproxy = "http://["\n'),
    "a proxy's port of 99999": ("destinations", HOOK + '[network]\nproxy = "http://p:99999"\n'),
    "a proxy's port of text": ("destinations", HOOK + '[network]\nproxy = "http://p:x"\n'),
    "a proxy with NUL": ("destinations", HOOK + '[network]\nproxy = "http://p\\u0000"\n'),
    "a url that is a bracket": ("destinations", 'type = "segment"\nurl = "http://[::1"\n'),
    "a url with a port of 99999": ("destinations", 'type = "rudderstack"\nurl = "https://x:99999"\n'),
    "a CA file with NUL": ("destinations", HOOK + '[network]\nca_file = "a\\u0000b"\n'),
    "requests of almost nothing": ("destinations", HOOK + "[limits]\nrequests = 1e-300\n"),
    "a timeout of a year": ("destinations", HOOK + "[limits]\ntimeout = 3e7\n"),
    "connections without end": ("destinations", HOOK + "[limits]\nconnections = 10000000\n"),
    "an integer of 5,000 digits": ("syncs", SYNC + "description = " + "9" * 5_000 + "\n"),
    "a large integer": ("syncs", SYNC + "[guards]\ncanary = " + "9" * 30 + "\n"),
    "arrays nested 3,000 deep": ("syncs", SYNC + "description = " + "[" * 3_000 + "]" * 3_000 + "\n"),
    "tables nested 3,000 deep": ("syncs", SYNC + "[" + ".".join("a" * 1 for _ in range(3_000)) + "]\n"),
    "inline tables nested 2,000 deep": ("syncs", SYNC + "x = " + "{a=" * 2_000 + "1" + "}" * 2_000 + "\n"),
    "a start in the year 1": ("syncs", SYNC + "start = 0001-01-01T00:00:00+14:00\n"),
    "a start in the year 9999": ("syncs", SYNC + "start = 9999-12-31T23:59:59-14:00\n"),
    "a start that is a date": ("syncs", SYNC + "start = 2026-01-01\n"),
    "a NUL in an id": ("syncs", SYNC + 'id = "a\\u0000b"\n'),
    "an id that is a path": ("syncs", SYNC + 'id = "../../x"\n'),
    "a source with NUL": ("syncs", 'source = "w\\u0000"\ncall = "identify"\n'),
    "a time zone that is a path": ("syncs", SYNC + 'timezone = "../../etc/passwd"\n'),
    "a time zone with NUL": ("syncs", SYNC + 'timezone = "Europe\\u0000"\n'),
    "a lookback of ages": ("syncs", SYNC + 'lookback = "99999999999999999999 days"\n'),
    "a schedule without end": ("syncs", SYNC + 'schedule = "every ' + "9" * 400 + ' hours"\n'),
    "cron that never comes": ("syncs", SYNC + 'schedule = "cron 0 0 31 2 *"\n'),
    "cron with large numbers": ("syncs", SYNC + 'schedule = "cron ' + "9" * 5_000 + ' * * * *"\n'),
    "a column with NUL": ("syncs", SYNC + '[columns]\n"a\\u0000" = "traits.x"\n'),
    "a trait without end": ("syncs", SYNC + '[columns]\n"a" = "traits' + ".x" * 5_000 + '"\n'),
    "guards that are a list": ("syncs", SYNC + "guards = [1, 2]\n"),
    "a path with NUL": ("sources", 'type = "duckdb"\npath = "w\\u0000.duckdb"\n'),
    "a path of 100,000 signs": ("sources", 'type = "duckdb"\npath = "' + "x" * 100_000 + '"\n'),
    "a memory that is none": ("sources", DUCK + 'memory = "lots"\n'),
    "a port of 99999999999": ("sources", POSTGRES + "port = 99999999999\n"),
    "a negative port": ("sources", POSTGRES + "port = -1\n"),
    "a type that is a list": ("sources", 'type = ["duckdb"]\n'),
    "a type with a line break": ("sources", 'type = "duck\\ndb"\n'),
    "at_once without end": ("sources", DUCK + "at_once = " + "9" * 400 + "\n"),
    "not UTF-8": ("sources", "\udcff\udcfe\udc80"),
    "NULs": ("sources", "\0" * 1_000),
    "half a file": ("sources", 'type = "duckdb\n'),
    "nothing": ("sources", ""),
    "five megabytes": ("sources", "#" * 5_000_000),
}


def a_fifo(file: Path) -> None:
    os.mkfifo(file)


def a_loop(file: Path) -> None:
    file.symlink_to(file.name)


def a_link_to_nowhere(file: Path) -> None:
    file.symlink_to("nowhere.toml")


def a_link_to_zeros(file: Path) -> None:
    file.symlink_to("/dev/zero")


def a_folder(file: Path) -> None:
    file.mkdir()


def a_socket(file: Path) -> None:
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as found:
        here = Path.cwd()
        os.chdir(file.parent)  # the name of a socket is short
        try:
            found.bind(file.name)
        finally:
            os.chdir(here)


KINDS: tuple[Callable[[Path], None], ...] = (a_fifo, a_loop, a_link_to_nowhere, a_link_to_zeros, a_folder, a_socket)


def a_project(folder: Path) -> ProjectFolder:
    """Make a project with a sync that works."""
    made = ProjectFolder.make(folder)
    made.duckdb("CREATE TABLE people AS SELECT i::VARCHAR AS id, 'n' || i AS name FROM range(1, 6) t(i)")
    made.file()
    made.sync("people", 'SELECT id AS "userId", name FROM people', to=("files",), schedule="manual")
    (made.folder / "destinations").mkdir(exist_ok=True)
    return made


def put(project: ProjectFolder, place: str, content: str) -> Path:
    file = project.folder / place / "broken.toml"
    file.write_bytes(content.encode("utf-8", "surrogateescape"))
    if place == "syncs":
        file.with_suffix(".sql").write_text('SELECT id AS "userId", name FROM people')
    return file


def works(project: ProjectFolder) -> bool:
    """Whether the sync beside a broken file is there, and what is wrong with the file is a sentence."""
    stamps(project.folder)
    loaded = projects.load(project.folder)
    for error in loaded.broken.values():
        assert isinstance(error, ProjectError)
        assert error.message
        assert len(error.message) < 2_000
    return "people" in loaded.syncs


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_with_hostile_content_takes_out_itself_alone(tmp_path: Path, name: str) -> None:
    project = a_project(tmp_path)
    place, content = HOSTILE[name]
    put(project, place, content)
    assert works(project)
    for command in (("status",), ("lint",), ("check", "files"), ("run", "people"), ("doctor",), ("secret", "list")):
        done = project.run(*command)
        assert "Traceback" not in done.out + done.err, done.err
        assert done.code in (0, 1, 2)
    assert len(project.delivered("people")) == 5


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("place", ["sources", "destinations", "syncs"])
def test_what_is_no_file_takes_out_itself_alone(tmp_path: Path, kind: Callable[[Path], None], place: str) -> None:
    project = a_project(tmp_path)
    kind(project.folder / place / "broken.toml")
    assert works(project)
    assert project.run("run", "people").code == 0


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_query_that_is_no_file_takes_out_its_sync_alone(tmp_path: Path, kind: Callable[[Path], None]) -> None:
    project = a_project(tmp_path)
    file = put(project, "syncs", SYNC)
    file.with_suffix(".sql").unlink()
    kind(file.with_suffix(".sql"))
    assert works(project)
    assert file in projects.load(project.folder).broken


@pytest.mark.parametrize("name", HOSTILE)
def test_a_project_file_that_is_hostile_is_a_sentence(tmp_path: Path, name: str) -> None:
    project = a_project(tmp_path)
    file = project.folder / "backhaul.toml"
    file.write_bytes(HOSTILE[name][1].encode("utf-8", "surrogateescape"))
    assert projects.head_problem(project.folder) is not None
    with pytest.raises(ProjectError):
        projects.load(project.folder)
    done = project.run("status")
    assert done.code == 2
    assert "Traceback" not in done.err


def damaged(text: bytes, chance: random.Random) -> bytes:
    """Damage a file: bytes change, go, come twice."""
    found = bytearray(text)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(max(1, len(found)))
        match chance.randrange(4):
            case 0:
                found[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del found[at : at + chance.randint(1, 9)]
            case 2:
                found[at:at] = found[at : at + 40] * chance.randint(1, 3)
            case _:
                found[at:at] = chance.choice(
                    [
                        b"[",
                        b"{",
                        b"'''",
                        b'"',
                        b"\\u0000",
                        b"9" * 400,
                        b"nan",
                        b"-inf",
                        b"1e999",
                        b"=\n",
                        b"\xff",
                        b"0001-01-01",
                    ]
                )
    return bytes(found)


def test_files_that_were_damaged_by_chance_take_out_themselves_alone(tmp_path: Path) -> None:
    project = a_project(tmp_path)
    chance = random.Random(20261129)
    seeds = {
        "sources": DUCK + 'timezone = "UTC"\nat_once = 2\n' + POSTGRES.replace("type", "# type"),
        "destinations": HOOK + '[limits]\nrequests = 2.5\nattempts = 3\n[network]\nproxy = "http://p:3128"\n',
        "syncs": SYNC
        + 'id = "x1"\nschedule = "cron 0 6 * * 1-5"\nstart = 2026-01-01T00:00:00Z\n[columns]\n"a" = "traits.b:text"\n[guards]\nmax_null = 0.5\n',
    }
    for number in range(600):
        place = list(seeds)[number % 3]
        file = project.folder / place / "broken.toml"
        file.write_bytes(damaged(seeds[place].encode(), chance))
        assert works(project), file.read_bytes()
        file.unlink()


async def test_a_daemon_goes_on_beside_hostile_files_and_stops_when_it_is_told(tmp_path: Path) -> None:
    project = a_project(tmp_path)
    with apart(project) as daemon:
        runs = 0
        for number, (place, content) in enumerate(HOSTILE.values()):
            file = put(project, place, content)
            if number % 6 == 0:
                file.with_name(f"kind{number}.toml").unlink(missing_ok=True)
                KINDS[(number // 6) % len(KINDS)](file.with_name(f"kind{number}.toml"))
                runs += 1
                assert outcome(project)["state"] == "succeeded"
            assert daemon.process.poll() is None
        daemon.process.send_signal(signal.SIGTERM)
        assert daemon.process.wait(30) == 0
        assert runs >= 5


def outcome(project: ProjectFolder, seconds: float = 60.0) -> dict[str, object]:
    """Have the daemon run the sync that works, and return how that ended."""
    loaded = projects.load(project.folder)
    with StateFolder(loaded).store() as store:
        number = ask(store, "run", sync=loaded.syncs["people"].id)
        until = time.monotonic() + seconds
        while (found := answer(store, number)) is None:
            if time.monotonic() > until:
                raise BackhaulError("the daemon did not answer")
            time.sleep(0.05)
        return found
