"""More than three hundred hostile things in a folder that nobody trusts, under a daemon that lives: none reaches out of it, none stops it."""

from __future__ import annotations

import shutil
import signal
import time
from pathlib import Path

import pytest

from core import project as projects
from core.daemon.client import answer, ask
from core.store import Store
from tests.core.daemon.running import Apart, apart
from tests.projects import ProjectFolder
from tests.promises.hostile import Outside, cases, heads

BATCH = 40
PATIENCE = 120.0


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectFolder:
    """A project with a sync that works, of a user who trusts nothing."""
    monkeypatch.delenv("BACKHAUL_TRUST", raising=False)
    for name in ("home", "state"):
        (tmp_path / "user" / name).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "user" / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "user" / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user" / "home" / ".config"))
    found = ProjectFolder.make(tmp_path / "project")
    found.duckdb("CREATE TABLE people AS SELECT i::VARCHAR AS id, 'n' || i AS name FROM range(1, 6) t(i)")
    found.file()
    found.sync("people", 'SELECT id AS "userId", name FROM people', to=("files",), schedule="manual")
    assert found.run("run", "people").code == 0
    return found


def ran(made: ProjectFolder) -> object:
    """Have the daemon run the sync that works; give how that ended."""
    loaded = projects.load(made.folder)
    with Store(loaded.state) as store:
        number = ask(store, "run", sync="idpeople")
        until = time.monotonic() + PATIENCE
        while (found := answer(store, number)) is None:
            assert time.monotonic() < until, "the daemon did not answer"
            time.sleep(0.05)
        return found["state"]


def read_anew(daemon: Apart, logged: int) -> int:
    """Have the daemon read the files, and wait until it said so; give how often it has."""
    daemon.process.send_signal(signal.SIGHUP)
    until = time.monotonic() + PATIENCE
    while (now := _readings(daemon)) <= logged:
        assert daemon.process.poll() is None
        assert time.monotonic() < until, "the files were not read"
        time.sleep(0.02)
    return now


def _readings(daemon: Apart) -> int:
    text = daemon.said.read_text("utf-8", "replace")
    return text.count("were read again") + text.count("used as it was before")


def keep(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".backhaul" not in path.parts}


def clear(made: ProjectFolder, kept: dict[Path, bytes]) -> None:
    """Take out what a batch has laid into the project."""
    for part in ("sources", "destinations", "syncs"):
        for path in (made.folder / part).iterdir():
            if path not in kept:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for path in (made.folder / ".backhaul").rglob("*"):
        if path.is_symlink():
            path.unlink()


def test_nothing_of_it_is_run_or_reached_and_the_daemon_goes_on(made: ProjectFolder, tmp_path: Path) -> None:
    outside = Outside.make(tmp_path / "outside")
    before, kept = outside.tree(), keep(made.folder)
    every = list(enumerate(cases(outside)))
    assert len(every) >= 300
    there = {"outside", "project", "user"}
    with apart(made) as daemon:
        daemon.says("The daemon starts")
        readings = 0
        while batch := every[:BATCH]:
            del every[:BATCH]
            for number, case in batch:
                case.lay(made.folder, f"h{number}")
            readings = read_anew(daemon, readings)
            assert ran(made) == "succeeded", [case.name for _number, case in batch]
            for command in (("status",), ("doctor",), ("secret", "list"), ("lint",), ("daemon", "install", "--print")):
                done = made.run(*command)
                assert "Traceback" not in done.out + done.err
                assert done.code in (0, 1, 2)
            assert outside.tree() == before, [case.name for _number, case in batch]
            clear(made, kept)
        for what, content in heads(outside).items():
            (made.folder / "backhaul.toml").write_text(content)
            readings = read_anew(daemon, readings)
            for command in (("status",), ("secret", "list"), ("check",), ("run",), ("daemon", "install", "--print")):
                done = made.run(*command)
                assert "Traceback" not in done.out + done.err, what
                assert "ExecStartPre" not in [line.partition("=")[0] for line in done.out.splitlines()], what
            assert outside.tree() == before, what
        (made.folder / "backhaul.toml").write_bytes(kept[made.folder / "backhaul.toml"])
        readings = read_anew(daemon, readings)
        assert ran(made) == "succeeded"
        assert daemon.end() == 0
        said = daemon.said.read_text("utf-8", "replace")
    assert "Traceback" not in said
    assert outside.tree() == before
    assert not outside.touched.exists()
    assert {path.name for path in tmp_path.iterdir() if not path.name.startswith("daemon-")} == there
    files = [path.relative_to(tmp_path / "user") for path in (tmp_path / "user").rglob("*") if path.is_file()]
    assert {file.parent for file in files} == {Path("state/backhaul/states")}  # that the state folder was made here
    assert {call["userId"] for call in made.delivered("people")} == set("12345")


def test_what_is_swapped_for_a_link_while_the_daemon_lives_is_not_followed(made: ProjectFolder, tmp_path: Path) -> None:
    outside = Outside.make(tmp_path / "outside")
    before = outside.tree()
    with apart(made) as daemon:
        daemon.says("The daemon starts")
        for name in ("logs", "tmp", "plans", "quarantine"):
            place, aside = made.folder / ".backhaul" / name, tmp_path / "aside"
            if place.exists():
                place.rename(aside)
            place.symlink_to(outside.folder / ("logs" if name == "quarantine" else name))
            assert ran(made) == "failed", name
            place.unlink()
            if aside.exists():
                aside.rename(place)
            assert ran(made) == "succeeded", name
        assert daemon.end() == 0
    assert outside.tree() == before
