"""A project may come with a state folder: nothing of it is used before someone has said so, and no name in it leads out of it."""

from __future__ import annotations

import os
import sqlite3
import struct
from pathlib import Path

import pytest

from core import project as projects
from core import trust
from core.context.catalogues import kept
from core.errors import StateError
from core.own_folder import is_made_here
from core.state.folder import StateFolder
from core.store import Store
from tests.projects import ProjectFolder


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectFolder:
    """A project that was run by someone else, with all that its state folder holds then."""
    monkeypatch.delenv("BACKHAUL_TRUST", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "their-state"))
    found = ProjectFolder.make(tmp_path / "project")
    found.duckdb("CREATE TABLE people AS SELECT i::VARCHAR AS id, 'n' || i AS name FROM range(1, 6) t(i)")
    found.file()
    found.sync("people", 'SELECT id AS "userId", name FROM people', to=("files",))
    assert found.run("run", "people").code == 0
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "my-state"))
    return found


def state_of(made: ProjectFolder) -> Path:
    return made.folder / ".backhaul"


def written(made: ProjectFolder, statement: str, *values: object) -> None:
    """Change the store as whoever sent it could have."""
    connection = sqlite3.connect(state_of(made) / "store.sqlite")
    connection.execute(statement, values)
    connection.commit()
    connection.close()


USES = (("status",), ("runs",), ("run", "people"), ("plan", "people"), ("explain", "people", "1"), ("daemon",))


@pytest.mark.parametrize("command", USES, ids=" ".join)
def test_it_is_asked_about_before_anything_uses_it(shipped: ProjectFolder, command: tuple[str, ...]) -> None:
    before = {path: path.stat().st_mtime_ns for path in state_of(shipped).rglob("*.parquet")}
    done = shipped.run(*command)
    assert done.code != 0
    assert "state: it has a state folder that was not made on this machine" in done.out + done.err
    assert {path: path.stat().st_mtime_ns for path in state_of(shipped).rglob("*.parquet")} == before


def test_once_it_is_allowed_it_is_ours_wherever_the_project_is_moved(shipped: ProjectFolder, tmp_path: Path) -> None:
    assert shipped.run_in_folder("trust", "--yes").code == 0
    assert is_made_here(state_of(shipped))
    assert shipped.run("status").code == 0
    moved = ProjectFolder(shipped.folder.rename(tmp_path / "moved"))
    assert moved.run("run", "people").code == 0


def test_one_of_an_earlier_version_is_asked_about_once(shipped: ProjectFolder) -> None:
    (state_of(shipped) / "backhaul.state").write_text("Backhaul keeps its state in this folder.\n")
    assert shipped.run("status").code != 0
    trust.allow(projects.load(shipped.folder, looking=True))
    assert is_made_here(state_of(shipped))
    assert shipped.run("status").code == 0


def test_its_own_mark_proves_nothing_in_another_folder(shipped: ProjectFolder) -> None:
    assert shipped.run_in_folder("trust", "--yes").code == 0
    mark = state_of(shipped) / "backhaul.state"
    mark.write_text(mark.read_text().replace("token ", "token 0")[:-2] + "\n")
    assert [reach.place for reach in projects.load(shipped.folder, looking=True).untrusted] == ["state"]


def test_no_journal_has_another_file_deleted(shipped: ProjectFolder, tmp_path: Path) -> None:
    """SQLite deletes the file that the journal of several databases names: whichever it is."""
    victim = tmp_path / "victim.txt"
    victim.write_text("mine")
    trust.allow(projects.load(shipped.folder, looking=True))
    store = state_of(shipped) / "store.sqlite"
    connection = sqlite3.connect(store)
    assert connection.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
    connection.close()
    (state_of(shipped) / "store.sqlite-journal").write_bytes(super_journal(store, victim))
    for command in (("status",), ("run", "people"), ("runs",)):
        done = shipped.run(*command)
        assert done.code != 0
        assert "names another file" in done.out + done.err
        assert victim.read_text() == "mine"


def super_journal(store: Path, victim: Path) -> bytes:
    """Return a journal without pages to roll back, whose end names a file (https://www.sqlite.org/fileformat.html#the_rollback_journal)."""
    size = struct.unpack(">H", store.read_bytes()[16:18])[0]
    pages = store.stat().st_size // size
    magic, name = bytes.fromhex("d9d505f920a163d7"), os.fsencode(victim)
    head = (magic + struct.pack(">IIIII", 0, 1234, pages, 512, size)).ljust(512, b"\0")
    total = sum(byte if byte < 128 else byte - 256 for byte in name) & 0xFFFFFFFF
    return head + struct.pack(">I", 0x40000000 // size + 1) + name + struct.pack(">II", len(name), total) + magic


def test_no_name_of_a_plan_moves_another_file_away(shipped: ProjectFolder, tmp_path: Path) -> None:
    victim = tmp_path / "id_ed25519"
    victim.write_text("mine")
    trust.allow(projects.load(shipped.folder, looking=True))
    for name in (str(victim), "../../../id_ed25519"):
        written(shipped, "UPDATE deliveries SET state = 'planned', ended = NULL, plan = ?, plan_digest = 'x'", name)
        done = shipped.run("run", "people")
        assert "is not the name of a file of ours" in done.out + done.err
        assert victim.read_text() == "mine"
        assert shipped.run("explain", "people", "1").code != 0
    assert not list(state_of(shipped).glob("quarantine/id_*"))


def test_no_id_of_a_run_has_another_log_changed(shipped: ProjectFolder, tmp_path: Path) -> None:
    victim = tmp_path / "mine.jsonl"
    victim.write_text('{"key": "1"}\nno json, about "1"\n')
    trust.allow(projects.load(shipped.folder, looking=True))
    written(shipped, "UPDATE runs SET id = ?", str(victim.with_suffix("")))
    shipped.run("forget", "people", "1", "--yes")
    assert victim.read_text() == '{"key": "1"}\nno json, about "1"\n'


def test_no_link_that_waits_for_forget_is_followed(shipped: ProjectFolder, tmp_path: Path) -> None:
    victim = tmp_path / "profile"
    victim.write_text("mine")
    trust.allow(projects.load(shipped.folder, looking=True))
    for log in (state_of(shipped) / "logs").glob("*.jsonl"):
        with log.open("a") as opened:
            opened.write('{"event": "x", "said": "1"}\n')
        log.with_suffix(".tmp").symlink_to(victim)
    assert shipped.run("forget", "people", "1", "--yes").code == 0
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("kind", ["link", "fifo"])
def test_what_is_kept_of_a_catalogue_is_a_file_and_nothing_is_waited_for(
    shipped: ProjectFolder, tmp_path: Path, kind: str
) -> None:
    cache = state_of(shipped) / "cache"
    cache.mkdir(exist_ok=True)
    file = cache / "catalogue-warehouse.json"
    file.unlink(missing_ok=True)
    if kind == "link":
        file.symlink_to("/dev/zero")
    else:
        os.mkfifo(file)
    project = projects.load(shipped.folder, looking=True)
    assert kept(project, project.sources["warehouse"]) is None
    assert shipped.run("lint", "people").code == 0


def test_a_damaged_name_is_an_error_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = ProjectFolder.make(tmp_path / "project")
    with pytest.raises(StateError, match="is not the name of a file of ours"):
        StateFolder(projects.load(made.folder)).log("../x")


def test_what_a_stores_schema_calls_is_only_what_is_harmless(shipped: ProjectFolder) -> None:
    with Store(state_of(shipped)) as store:
        assert store._connection.execute("PRAGMA trusted_schema").fetchone()[0] == 0
