"""A state folder is one that we made and marked: nothing else is changed, nothing is deleted there, and no link is followed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core import project as projects
from core.errors import StateError
from core.own_folder import MARK, is_made, is_made_here, make, make_part
from core.state.folder import StateFolder
from tests.projects import ProjectFolder

PARTS = ("plans", "ledger", "tmp", "locks", "logs")
OLD = time.time() - 400 * 86_400


@pytest.fixture
def made(tmp_path: Path) -> ProjectFolder:
    """A project with a sync that has no id yet, and a state folder that is named in its file."""
    found = ProjectFolder(tmp_path / "project")
    found.write("backhaul.toml", {"name": "tests", "secrets": {"from": "environment"}, "state": "../state"})
    found.duckdb("CREATE TABLE people AS SELECT i::VARCHAR AS id, 'n' || i AS name FROM range(1, 6) t(i)")
    found.file()
    found.write("syncs/people.sql", 'SELECT id AS "userId", name FROM people')
    found.write("syncs/people.toml", {"source": "warehouse", "destinations": ["files"], "call": "identify"})
    return found


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


def somebodys(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Make a folder of another program, with old files under the names that ours have."""
    for name in ("logs/app.jsonl", "plans/x.parquet", "ledger/y.keys.parquet", "quarantine/z"):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("theirs")
        os.utime(file, (OLD, OLD))
    return tree(folder)


COMMANDS = (("status",), ("lint",), ("run", "people"), ("plan", "people"), ("status",), ("doctor",), ("runs",))


def test_the_folder_of_another_program_stays_as_it_is(made: ProjectFolder, tmp_path: Path) -> None:
    before = somebodys(tmp_path / "state")
    for command in COMMANDS:
        done = made.run(*command)
        assert "Traceback" not in done.err
        assert tree(tmp_path / "state") == before, command
    done = made.run("run", "people")
    assert done.code != 0
    assert "is not a state folder of Backhaul: it contains ledger/y.keys.parquet" in done.err
    assert 'state = "/var/lib/backhaul/this-project"' in done.err


@pytest.mark.parametrize("content", ["logs/app.jsonl", "tmp/9999999/data", "notes.txt", "plans/empty/"])
def test_a_folder_with_something_to_lose_is_not_taken(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "state"
    (folder / content).parent.mkdir(parents=True)
    (folder / content).mkdir() if content.endswith("/") else (folder / content).write_text("theirs")
    with pytest.raises(StateError, match="not a state folder"):
        make(folder, PARTS)
    assert not (folder / MARK).exists()
    with pytest.raises(PermissionError):
        make_part(folder, "buffers")


def test_an_empty_folder_is_taken_and_marked(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    make(tmp_path / "state", PARTS)
    assert is_made(tmp_path / "state")
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("marks", [("store.made",), ("store.made", "store.sqlite"), ("store.sqlite",)])
def test_one_that_was_made_before_there_was_a_mark_is_ours(tmp_path: Path, marks: tuple[str, ...]) -> None:
    folder = tmp_path / "state"
    (folder / "logs").mkdir(parents=True)
    (folder / "logs" / "run.jsonl").write_text("ours")
    folder.chmod(0o755)
    for name in marks:
        (folder / name).touch()
    make(folder, PARTS)
    assert is_made(folder)
    assert not is_made_here(folder)  # whoever sent it may have made it
    assert folder.stat().st_mode & 0o777 == 0o700  # it said what was sent to whoever could look


def test_one_that_had_no_store_yet_is_ours(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    for name in ("locks/ids.lock", "cache/catalogue-x.json", "buffers/users.json", ".gitignore"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("*\n")
    (folder / "logs").mkdir()
    make(folder, PARTS)
    assert is_made(folder)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give files away")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "store.made").touch()
    os.chown(folder, 23_456, 23_456)
    with pytest.raises(StateError, match="belongs to another user, user 23456"):
        make(folder, PARTS)
    assert folder.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("name", ["", *PARTS, ".gitignore", "store.sqlite", "store.made", "cache", "quarantine", MARK])
def test_no_link_is_followed(made: ProjectFolder, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    before = somebodys(outside)
    state = tmp_path / "state"
    if name:
        state.mkdir()
        (state / name).symlink_to(outside / "logs" if name in PARTS else outside / "new")
        if name != "store.made":
            (state / "store.made").touch()
    else:
        state.symlink_to(outside)
    for command in COMMANDS:
        done = made.run(*command)
        assert "Traceback" not in done.err
        assert tree(outside) == before, command
    assert "This is a link" in made.run("run", "people").err
    assert tree(outside) == before


@pytest.mark.parametrize(
    "name", ["daemon.jsonl", "daemon.lock", "daemon.holder", "idpeople.lock", "idpeople.holder", "ids.lock"]
)
def test_no_file_that_is_a_link_is_written(made: ProjectFolder, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    outside.write_text("theirs")
    folder = tmp_path / "state" / ("logs" if name == "daemon.jsonl" else "locks")
    StateFolder(projects.load(made.folder))
    if name.startswith("idpeople"):
        made.sync("people", 'SELECT id AS "userId", name FROM people', to=("files",))
    else:
        made.write("syncs/people.toml", {"source": "warehouse", "destinations": ["files"], "call": "identify"})
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(outside)
    made.run("run", "people")
    daemon = subprocess.Popen(
        [sys.executable, "-P", "-m", "core.cli", "daemon", "--project", str(made.folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        assert daemon.stdout is not None
        assert daemon.stdout.readline()  # it begins, or says why it does not
    finally:
        daemon.terminate()
        daemon.communicate(timeout=60)
    assert outside.read_text() == "theirs"


def test_looking_makes_nothing_where_nothing_was_run(made: ProjectFolder) -> None:
    before = tree(made.folder.parent)
    looking = ("status", "status --probe", "runs", "rejected people", "lint", "doctor", "secret list", "alerts")
    for command in (
        *looking,
        "show abc",
        "explain people u1",
        "daemon log",
        "daemon stop",
        "templates",
        "daemon install --print",
    ):
        done = made.run(*command.split())
        assert "Traceback" not in done.err, command
        assert tree(made.folder.parent) == before, command
    assert made.run("run", "people").code == 0
    assert "id = " in (made.folder / "syncs" / "people.toml").read_text()
    assert made.run("status", "--json").json["syncs"][0]["state"] == "succeeded"


def test_what_is_delivered_into_a_folder_that_we_make_is_its_owners(made: ProjectFolder) -> None:
    assert made.run("run", "people").code == 0
    folder = made.folder / "delivered"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "people.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_folder_and_a_file_that_are_there_keep_their_modes(made: ProjectFolder) -> None:
    folder = made.folder / "delivered"
    folder.mkdir(mode=0o755)
    (folder / "people.jsonl").touch(mode=0o644)
    assert made.run("run", "people").code == 0
    assert folder.stat().st_mode & 0o777 == 0o755
    assert (folder / "people.jsonl").stat().st_mode & 0o777 == 0o644
    assert len(made.delivered("people")) == 5
