"""A folder is not trusted until someone says so: nothing that a project names outside of itself is run or reached before.

A canary is a command that leaves a file behind. The projects here are a stranger's: nothing in the environment trusts them.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from core import project as projects
from core import secrets, trust
from core.cli.project_args import complete_sync
from core.destinations.base import Batch
from core.errors import DeliveryError, ProjectError, TrustError
from core.model import CallType
from core.state.cancellation import Stopping
from core.state.folder import StateFolder
from core.sync.delivery.transport import FileTransport
from core.sync.preparation import build_target
from core.workbench.connections import list_secrets
from core.workbench.request import Request
from tests.projects import ProjectFolder, backhaul
from tests.servers.receiving import Receiver
from tui import buffers
from tui.bridge import Bridge
from tui.messages import Refused
from tui.screens.editor.query_history import RanQuery, remember

ROOT_ONLY = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture(autouse=True)
def strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BACKHAUL_TRUST", raising=False)
    monkeypatch.delenv("SUDO_UID", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "user-state"))


@pytest.fixture
def made(tmp_path: Path) -> ProjectFolder:
    """A project that reaches nothing: a DuckDB file and a file destination inside of it."""
    found = ProjectFolder.make(tmp_path / "project")
    found.duckdb("CREATE TABLE people AS SELECT i::VARCHAR AS id, 'n' || i AS name FROM range(1, 6) t(i)")
    found.file()
    found.sync("people", 'SELECT id AS "userId", name FROM people', to=("files",))
    return found


def canary(made: ProjectFolder) -> Path:
    """Have the project's secrets come from a command that leaves a file behind, and need some."""
    file = made.folder.parent / "canary"
    script = made.folder.parent / "canary.sh"
    script.write_text(f"#!/bin/sh\ntouch {file}\necho a-secret\n")
    script.chmod(0o755)
    values = {"from": "command", "command": f"{script} {{name}}"}
    alerts = {"page": {"to": "command", "command": [str(script)]}}
    made.write("backhaul.toml", {"name": "tests", "secrets": values, "alerts": alerts})
    made.write("sources/pg.toml", {"type": "postgres", "host": "127.0.0.1", "port": 1, "database": "d", "user": "u"})
    made.write("destinations/seg.toml", {"type": "segment", "url": "http://127.0.0.1:1/v1"})
    made.sync("users", 'SELECT id AS "userId" FROM users', to=("seg",), source="pg")
    return file


def tree(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Give everything in a folder: its mode, size and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found[str(path.relative_to(folder))] = (status.st_mode, status.st_size if content else 0, content)
    return found


COMMANDS = (
    ("secret", "list"),
    ("check",),
    ("preview", "users"),
    ("plan", "users"),
    ("run",),
    ("lint", "--read-catalogue"),
    ("audit", "users"),
    ("alerts", "test", "page"),
    ("status",),
    ("runs",),
    ("doctor",),
    ("alerts",),
)


def test_a_strangers_folder_runs_no_command_whatever_is_done_in_it(made: ProjectFolder) -> None:
    touched = canary(made)
    for command in COMMANDS:
        done = made.run(*command)
        assert not touched.exists(), command
        assert "Traceback" not in done.err
    answer = list_secrets(
        Request(do="list_secrets", values={}, folder=made.folder, stopping=Stopping(), part=lambda _: None)
    )
    assert not any(each["present"] for each in answer["secrets"])
    assert not touched.exists()


@pytest.mark.parametrize("command", [("preview", "users"), ("plan", "users"), ("run", "users"), ("audit", "users")])
def test_it_says_what_it_would_do_and_how_to_allow_it(made: ProjectFolder, command: tuple[str, ...]) -> None:
    canary(made)
    done = made.run(*command)
    assert done.code in (1, 2)
    assert "This folder is not trusted yet." in done.out + done.err
    assert f"`backhaul trust {made.folder}`" in done.out + done.err


def test_what_was_allowed_runs_until_one_of_its_lines_changes(made: ProjectFolder) -> None:
    touched = canary(made)
    shown = made.run_in_folder("trust", "--yes")
    assert shown.code == 0
    assert "canary.sh" in shown.out
    assert 'host = "127.0.0.1"' in shown.out
    made.run("secret", "list")
    assert touched.exists()
    touched.unlink()
    made.write("destinations/seg.toml", {"type": "segment", "url": "http://127.0.0.1:1/v1", "limits": {"requests": 5}})
    assert not projects.load(made.folder).untrusted  # a limit reaches nothing
    made.write("destinations/seg.toml", {"type": "segment", "url": "http://127.0.0.1:2/v1"})
    assert [reach.place for reach in projects.load(made.folder).untrusted] == ["destinations/seg"]
    text = (made.folder / "backhaul.toml").read_text()
    (made.folder / "backhaul.toml").write_text(text.replace("{name}", "{name} --more"))
    assert {reach.place for reach in projects.load(made.folder).untrusted} == {"secrets", "destinations/seg"}
    made.run("secret", "list")
    assert not touched.exists()
    assert made.run_in_folder("trust", "--revoke").code == 0
    assert len(projects.load(made.folder).untrusted) == 4


def test_what_was_allowed_is_the_content_of_the_projects_own_scripts_and_authorities(made: ProjectFolder) -> None:
    values = {"from": "command", "command": "sh ./print.sh {name}"}
    made.write("backhaul.toml", {"name": "tests", "secrets": values})
    hook = {"type": "webhook", "url": "https://hook.example/x", "network": {"ca_file": "ca.pem"}}
    made.write("destinations/hook.toml", hook)
    made.write("print.sh", "echo a-secret")
    made.write("ca.pem", "theirs")
    trust.allow(projects.load(made.folder))
    assert not projects.load(made.folder).untrusted
    made.write("print.sh", "echo a-secret; touch canary")
    assert [reach.place for reach in projects.load(made.folder).untrusted] == ["secrets"]
    made.write("print.sh", "echo a-secret")
    made.write("ca.pem", "another's")  # a file of the folder, too, in which a command runs
    assert [reach.place for reach in projects.load(made.folder).untrusted] == ["secrets", "destinations/hook"]


def test_a_file_of_a_destination_that_is_a_link_is_not_written(made: ProjectFolder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("theirs")
    (made.folder / "delivered").mkdir()
    (made.folder / "delivered" / "people.jsonl").symlink_to(outside)
    assert made.run("run", "people").code != 0
    assert outside.read_text() == "theirs"


def test_nobody_who_cannot_be_asked_has_said_yes(made: ProjectFolder) -> None:
    canary(made)
    done = made.run_in_folder("trust")
    assert done.code == 2
    assert "--yes" in done.err
    assert projects.load(made.folder).untrusted


def test_a_clone_of_the_same_name_is_not_given_the_secrets_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr("core.secrets._from_keyring", lambda project, name: read.append(name) or "a-password")
    mine, clone = ProjectFolder(tmp_path / "mine"), ProjectFolder(tmp_path / "clone")
    for each, host in ((mine, "replica.acme.example"), (clone, "127.0.0.2")):
        each.write("backhaul.toml", {"name": "acme"})
        each.write("sources/prod.toml", {"type": "postgres", "host": host, "port": 1, "database": "d", "user": "u"})
        each.sync("users", 'SELECT id AS "userId" FROM users', to=(), source="prod")
    trust.allow(projects.load(mine.folder))
    assert not projects.load(mine.folder).untrusted
    assert "not trusted yet" in clone.run("run", "users").err
    assert clone.run("check").code != 0
    assert read == []
    shown = clone.run_in_folder("trust")
    assert f"It has the same name as the project in {mine.folder}" in shown.out
    assert "service 'backhaul: acme'" in shown.out
    # one that was allowed with another name asks again: the name says whose entries are read
    clone.write("backhaul.toml", {"name": "harmless"})
    trust.allow(projects.load(clone.folder))
    clone.write("backhaul.toml", {"name": "acme"})
    assert [reach.place for reach in projects.load(clone.folder).untrusted] == ["secrets"]


def test_a_project_that_reaches_nothing_needs_no_trust(made: ProjectFolder) -> None:
    assert made.run("run", "people").code == 0
    assert len(made.delivered("people")) == 5
    assert not (made.folder.parent / "user-state" / "backhaul" / "trust").exists()


def outside_duckdb(made: ProjectFolder, elsewhere: Path) -> None:
    made.write("sources/warehouse.toml", {"type": "duckdb", "path": str(elsewhere / "other.duckdb")})


def outside_files(made: ProjectFolder, elsewhere: Path) -> None:
    made.write("destinations/files.toml", {"type": "file", "folder": str(elsewhere)})


def outside_by_dots(made: ProjectFolder, elsewhere: Path) -> None:
    made.write("destinations/files.toml", {"type": "file", "folder": f"../{elsewhere.name}"})


def outside_by_link(made: ProjectFolder, elsewhere: Path) -> None:
    (made.folder / "delivered").symlink_to(elsewhere)


def outside_state(made: ProjectFolder, elsewhere: Path) -> None:
    made.write("backhaul.toml", {"name": "tests", "state": str(elsewhere / "state")})


def outside_state_without_id(made: ProjectFolder, elsewhere: Path) -> None:
    outside_state(made, elsewhere)
    made.write("syncs/people.toml", {"source": "warehouse", "destinations": ["files"], "call": "identify"})


OUTSIDE = (outside_duckdb, outside_files, outside_by_dots, outside_by_link, outside_state, outside_state_without_id)


@pytest.mark.parametrize("go", OUTSIDE, ids=lambda each: each.__name__)
def test_a_path_outside_of_the_folder_is_asked_about(
    made: ProjectFolder, tmp_path: Path, go: Callable[[ProjectFolder, Path], None]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "other.duckdb").write_bytes((made.folder / "warehouse.duckdb").read_bytes())
    go(made, elsewhere)
    before = tree(elsewhere)
    for command in (("status",), ("plan", "people"), ("run", "people")):
        done = made.run(*command)
        assert tree(elsewhere) == before
    assert done.code != 0
    assert "not trusted yet" in done.out + done.err
    assert made.run_in_folder("trust", "--yes").code == 0
    assert made.run("run", "people").code == 0


def test_one_that_is_not_trusted_holds_back_no_other(made: ProjectFolder, receiver: Receiver) -> None:
    made.webhook(receiver.url)
    made.sync("people", 'SELECT id AS "userId", name FROM people', to=("files", "hook"))
    done = made.run("run", "people")
    assert done.code == 2
    assert "destinations/hook" in done.out + done.err
    assert len(made.delivered("people")) == 5
    assert receiver.calls() == []
    made.run_in_folder("trust", "--yes")
    assert made.run("run", "people").code == 0
    assert len(receiver.calls()) == 5


def test_the_environment_names_folders_that_are_trusted(
    made: ProjectFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touched = canary(made)
    monkeypatch.chdir(made.folder)
    for nothing in ("", ".", "project", str(tmp_path / "proj"), os.pathsep):
        monkeypatch.setenv("BACKHAUL_TRUST", nothing)
        assert projects.load(made.folder).untrusted, nothing
    assert not touched.exists()
    for found in (str(made.folder), str(tmp_path), f"/nowhere{os.pathsep}{made.folder}/"):
        monkeypatch.setenv("BACKHAUL_TRUST", found)
        assert not projects.load(made.folder).untrusted, found


def test_what_was_allowed_is_the_users_own_file(made: ProjectFolder, tmp_path: Path) -> None:
    canary(made)
    made.run_in_folder("trust", "--yes")
    (file,) = (tmp_path / "user-state" / "backhaul" / "trust").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert "a-secret" not in file.read_text()
    file.chmod(0o666)  # anybody could have written it
    assert projects.load(made.folder).untrusted
    file.chmod(0o600)
    assert not projects.load(made.folder).untrusted
    copied = json.loads(file.read_text()) | {"folder": "/somewhere/else"}
    file.write_text(json.dumps(copied))
    assert projects.load(made.folder).untrusted


def test_a_folder_that_comes_with_its_own_state_is_not_trusted_by_it(made: ProjectFolder) -> None:
    made.run("run", "people")
    canary(made)
    assert (made.folder / ".backhaul" / "store.made").exists()
    assert len(projects.load(made.folder).untrusted) == 4


def test_no_home_in_the_project_says_that_it_is_trusted(made: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    canary(made)
    monkeypatch.chdir(made.folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(made.folder / "state"))
    trust.allow(projects.load(made.folder))
    assert not projects.load(made.folder).untrusted
    monkeypatch.setenv("XDG_STATE_HOME", "state")  # the same folder, as one that is called in the project finds it
    assert projects.load(made.folder).untrusted


@ROOT_ONLY
@pytest.mark.parametrize("part", ["", "backhaul.toml", "syncs"])
def test_what_belongs_to_another_user_is_refused(
    made: ProjectFolder, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.chown(made.folder / part, 23_456, 23_456)
    below = made.folder / "below"
    below.mkdir()
    for command in (("status",), ("run",), ("lint",), ("secret", "list")):
        done = backhaul(*command, folder=below)  # it is found from a folder below, as any project is
        assert done.code == 2
        assert "belongs to another user, user 23456" in done.err
        assert "`backhaul trust " in done.err
    assert not (made.folder / ".backhaul").exists()
    monkeypatch.setenv("SUDO_UID", "23456")
    assert made.run("status").code == 0
    monkeypatch.delenv("SUDO_UID")
    shown = made.run_in_folder("trust", "--yes")
    assert "Its files belong to another user, user 23456" in shown.out
    assert made.run("status").code == 0
    os.chown(made.folder / part, 23_457, 23_457)
    assert made.run("status").code == 2


@ROOT_ONLY
def test_a_file_of_another_user_takes_out_itself_alone(made: ProjectFolder) -> None:
    made.sync("other", 'SELECT id AS "userId" FROM people', to=("files",))
    os.chown(made.folder / "syncs" / "other.sql", 23_456, 23_456)
    found = projects.load(made.folder)
    assert list(found.syncs) == ["people"]
    assert "belongs to another user" in str(found.broken[made.folder / "syncs" / "other.toml"])


async def test_what_one_makes_in_the_console_stays_trusted(made: ProjectFolder) -> None:
    bridge = Bridge(_NoApp(), made.folder)  # type: ignore[arg-type]
    source = {"type": "postgres", "host": "db.example", "database": "d", "user": "u"}
    try:
        await bridge.refresh()
        await bridge.change(lambda: projects.write_file(made.folder / "sources" / "prod.toml", source))
        assert projects.load(made.folder).reaches
        assert not projects.load(made.folder).untrusted
        made.write("sources/theirs.toml", source)  # that came with a pull
        await bridge.change(lambda: projects.set_value(made.folder / "sources" / "prod.toml", "host", "two.example"))
        assert {reach.place for reach in projects.load(made.folder).untrusted} == {"sources/prod", "sources/theirs"}
        await bridge.trust(projects.load(made.folder))
        assert not bridge.snapshot.project.untrusted  # type: ignore[union-attr]
    finally:
        await bridge.close()


class _NoApp:
    def post_message(self, message: Any) -> None:
        del message


def test_an_alert_that_is_not_trusted_says_so_and_runs_nothing(made: ProjectFolder) -> None:
    touched = canary(made)
    done = made.run("alerts", "test", "page")
    assert done.code == 1
    assert "not trusted" in done.out
    assert not touched.exists()


def test_the_error_of_a_state_folder_elsewhere_comes_before_anything_is_made(
    made: ProjectFolder, tmp_path: Path
) -> None:
    outside_state(made, tmp_path)
    with pytest.raises(TrustError, match="state"):
        StateFolder(projects.load(made.folder))
    assert not (tmp_path / "state").exists()


def test_a_file_that_is_a_link_out_of_the_project_is_given_no_id(made: ProjectFolder, tmp_path: Path) -> None:
    outside = tmp_path / "outside.toml"
    outside.write_text('source = "warehouse"\ndestinations = ["files"]\ncall = "identify"\n')
    (made.folder / "syncs" / "linked.toml").symlink_to(outside)
    made.write("syncs/linked.sql", 'SELECT id AS "userId" FROM people')
    before = outside.read_text()
    assert made.run("run", "people").code in (0, 1)
    assert outside.read_text() == before
    assert isinstance(projects.load(made.folder).broken[made.folder / "syncs" / "linked.toml"], ProjectError)


def test_writing_a_file_follows_no_link_that_lies_ready(made: ProjectFolder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("untouched")
    (made.folder / "syncs" / ".fresh.toml.new").symlink_to(outside)
    made.write("syncs/fresh.sql", 'SELECT id AS "userId", name FROM people')
    made.write("syncs/fresh.toml", {"source": "warehouse", "destinations": ["files"], "call": "identify"})
    assert made.run("run", "fresh").code == 0
    assert "id = " in (made.folder / "syncs" / "fresh.toml").read_text()
    assert outside.read_text() == "untouched"


def with_secrets_from(made: ProjectFolder, command: str) -> Path:
    """Have the project's secrets come from a command, and need one; give a script of the project's that prints one."""
    made.write("backhaul.toml", {"name": "tests", "secrets": {"from": "command", "command": command}})
    made.write("sources/pg.toml", {"type": "postgres", "host": "127.0.0.1", "port": 1, "database": "d", "user": "u"})
    return script(made, "tools/get.sh", "echo a-secret")


def script(made: ProjectFolder, name: str, line: str, *, mode: int = 0o755) -> Path:
    file = made.folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(mode)
    return file


def test_the_command_that_was_looked_at_is_the_one_that_runs(
    made: ProjectFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_secrets_from(made, "tools/get.sh {name}")
    trust.allow(projects.load(made.folder))
    another = ProjectFolder(tmp_path / "elsewhere")
    script(another, "tools/get.sh", f"touch {tmp_path / 'canary'}; echo another")
    monkeypatch.chdir(another.folder)
    assert secrets.reader(projects.load(made.folder))("sources/pg.password").reveal() == "a-secret"
    assert not (tmp_path / "canary").exists()


COVERED = {
    "by a link": ("tools/link.sh {name}", "tools/get.sh"),
    "by a secret's name": ("sh tools/{name}", "tools/sources/pg.password"),
    "by a word in a word": ("sh -c './tools/get.sh {name}'", "tools/get.sh"),
    "by a variable": ("env F=tools/get.sh sh -c '. $F'", "tools/get.sh"),
    "by a module": ("python3 -m secretmod {name}", "secretmod.py"),
    "by a module that was compiled": ("python3 -m secretmod {name}", "__pycache__/secretmod.cpython-313.pyc"),
    "by make": ("make -s {name}", "Makefile"),
    "in a file of a sync": ("sh syncs/people.sql {name}", "syncs/people.sql"),
    "in a file of a sync that is meant by its ending": ("sh -c '. ./s*/*.sql'", "syncs/people.sql"),
    "in a file of a sync, quoted": ("""sh -c '. ./sy""ncs/pe"o"ple.s\\ql'""", "syncs/people.sql"),
    "in the state folder": ("sh .backhaul/get.sh {name}", ".backhaul/get.sh"),
    "in the state folder, by a link": ("sh tools/state/get.sh {name}", ".backhaul/get.sh"),
    "in what git keeps": ("sh .git/get.sh {name}", ".git/get.sh"),
    "among what was delivered": ("sh delivered/x.jsonl {name}", "delivered/x.jsonl"),
    "in the project's file": ("sh backhaul.toml {name}", "backhaul.toml"),
}
"""Commands, and a file of the project that each runs."""


@pytest.mark.parametrize("case", COVERED)
def test_what_was_allowed_is_the_content_of_whatever_the_command_may_run(made: ProjectFolder, case: str) -> None:
    command, name = COVERED[case]
    with_secrets_from(made, command)
    (made.folder / "tools" / "link.sh").symlink_to("../tools/get.sh")
    (made.folder / "tools" / "state").symlink_to("../.backhaul")
    file = made.folder / name
    if not file.exists():
        script(made, name, "echo a-secret", mode=0o644)
    trust.allow(projects.load(made.folder))
    assert not projects.load(made.folder).untrusted
    with file.open("a") as opened:
        opened.write("\n# and more\n")
    assert [reach.place for reach in projects.load(made.folder).untrusted] == ["secrets"]
    with pytest.raises(TrustError):
        secrets.reader(projects.load(made.folder))("sources/pg.password")


def test_a_script_of_any_size_that_fits_is_covered(made: ProjectFolder) -> None:
    file = with_secrets_from(made, "tools/get.sh {name}")
    with file.open("a") as opened:
        opened.write("# " + "x" * 5_000_000 + "\n")
    trust.allow(projects.load(made.folder))
    with file.open("a") as opened:
        opened.write("# more")
    assert [reach.place for reach in projects.load(made.folder).untrusted] == ["secrets"]


def test_what_backhaul_reads_and_writes_itself_is_no_part_of_a_command(made: ProjectFolder) -> None:
    with_secrets_from(made, "tools/get.sh https://api.github.com/app.git {name}")
    trust.allow(projects.load(made.folder))
    assert made.run("run", "people").code == 0  # the state, and what is delivered
    made.duckdb("CREATE TABLE more (id INTEGER)")
    (made.folder / "warehouse.duckdb.wal").write_text("more")
    (made.folder / ".git").mkdir()
    (made.folder / ".git" / "index").write_text("more")
    made.sync("more", 'SELECT id AS "userId" FROM more', to=("files",))
    assert not projects.load(made.folder).untrusted
    made.write(
        "destinations/other.toml", {"type": "file", "folder": "tools"}
    )  # what is left out is the project's own word
    assert [reach.place for reach in projects.load(made.folder).untrusted] == ["secrets"]
    (made.folder / "destinations" / "other.toml").unlink()
    # what runs by itself is, wherever it is
    script(made, "delivered/run.jsonl", "true")
    assert [reach.place for reach in projects.load(made.folder).untrusted] == ["secrets"]


@pytest.mark.parametrize("number", [2_100, 0])
def test_a_folder_that_is_too_large_to_look_at_says_so(made: ProjectFolder, number: int) -> None:
    with_secrets_from(made, "tools/get.sh {name}")
    many = made.folder / "many"
    many.mkdir()
    for index in range(number):
        (many / str(index)).touch()
    if not number:
        with (many / "large").open("wb") as opened:
            opened.truncate(70_000_000)
    assert made.run_in_folder("trust", "--yes").code == 2
    (blocked,) = [reach for reach in projects.load(made.folder).untrusted if reach.place == "secrets"]
    assert "too large" in blocked.says
    with pytest.raises(TrustError, match="too large"):
        secrets.reader(projects.load(made.folder))("sources/pg.password")
    (many / "large" if not number else many).rename(made.folder.parent / "moved")
    assert made.run_in_folder("trust", "--yes").code == 0
    assert secrets.reader(projects.load(made.folder))("sources/pg.password").reveal() == "a-secret"


def test_a_module_that_python_compiles_is_allowed_the_next_time_too(made: ProjectFolder) -> None:
    with_secrets_from(made, f"{sys.executable} -m secretmod {{name}}")
    (made.folder / "secretmod.py").write_text("import other; print(other.SECRET)")
    (made.folder / "other.py").write_text("SECRET = 'a-secret'")
    trust.allow(projects.load(made.folder))
    for _ in range(2):
        assert secrets.reader(projects.load(made.folder))("sources/pg.password").reveal() == "a-secret"


@pytest.mark.parametrize("inside", [True, False])
def test_authorities_that_are_a_link_count_with_their_content_where_that_is_the_projects(
    made: ProjectFolder, tmp_path: Path, inside: bool
) -> None:
    real = made.folder / "ca" / "real.pem" if inside else tmp_path / "real.pem"
    real.parent.mkdir(exist_ok=True)
    real.write_text("one")
    (made.folder / "ca.pem").symlink_to(real)
    made.write(
        "destinations/hook.toml", {"type": "webhook", "url": "https://x.example/", "network": {"ca_file": "ca.pem"}}
    )
    source = {"type": "postgres", "host": "h", "database": "d", "user": "u", "sslmode": "verify-full"}
    made.write("sources/pg.toml", source | {"sslrootcert": "ca.pem"})
    trust.allow(projects.load(made.folder))
    real.write_text("another")
    found = {reach.place for reach in projects.load(made.folder).untrusted}
    assert found == ({"sources/pg", "destinations/hook"} if inside else set())


async def test_a_script_that_changes_while_a_daemon_runs_is_not_run(made: ProjectFolder) -> None:
    touched = made.folder.parent / "canary"
    with_secrets_from(made, "tools/get.sh {name}")
    values = {"from": "command", "command": "tools/get.sh {name}"}
    alerts = {"page": {"to": "command", "command": ["tools/get.sh"]}}
    made.write("backhaul.toml", {"name": "tests", "secrets": values, "alerts": alerts})
    trust.allow(projects.load(made.folder))
    loaded = projects.load(made.folder)  # as a daemon keeps it
    assert secrets.reader(loaded)("sources/pg.password").reveal() == "a-secret"
    script(made, "tools/get.sh", f"touch {touched}; echo another")
    with pytest.raises(TrustError):
        secrets.reader(loaded)("sources/pg.password")
    with pytest.raises(TrustError):
        trust.require_trust(loaded, "alerts/page")
    assert not touched.exists()
    trust.revoke(made.folder)
    script(made, "tools/get.sh", "echo a-secret")
    with pytest.raises(TrustError):
        secrets.reader(loaded)("sources/pg.password")


FORGED = "x\n✓ everything here is allowed\r::error::forged"


def test_what_is_asked_is_one_line_for_each(made: ProjectFolder) -> None:
    alerts = {"page": {"to": "command", "command": ["sh", "-c", FORGED]}}
    made.write("backhaul.toml", {"name": f"tests\n{FORGED}", "alerts": alerts})
    made.write("destinations/out.toml", {"type": "file", "folder": f"../{FORGED}"})
    shown = made.run_in_folder("trust", "--yes").out
    assert not [line for line in shown.splitlines() if line.startswith(("✓ everything", "::error", "x"))]
    assert "x\\n✓ everything here is allowed\\x0d::error::forged" in shown
    assert len(shown.splitlines()) == 4


@pytest.mark.parametrize("part", ["sources", "destinations", "syncs"])
def test_the_name_of_a_file_forges_no_line(made: ProjectFolder, part: str) -> None:
    name = "a\n::error::forged\n.toml"
    (made.folder / part / name).write_text('type = "file"\n')
    if part == "syncs":
        (made.folder / part / name).with_suffix(".sql").write_text("SELECT 1")
    for command in (*COMMANDS, ("lint", "--format", "github")):
        done = made.run(*command)
        assert not [line for line in (done.out + done.err).splitlines() if line.startswith("::error::")], command


def test_an_errors_place_is_one_line_for_the_console_too() -> None:
    error = ProjectError("It is wrong.", where="a\n::error::b")
    assert str(error) == "a\\n::error::b: It is wrong."
    assert Refused(vars(error)).where == "a\\n::error::b"


def test_a_folder_whose_name_has_a_line_break_forges_no_line(made: ProjectFolder, tmp_path: Path) -> None:
    canary(made)
    moved = ProjectFolder(made.folder.rename(tmp_path / "a\n::error::forged\n"))
    for command in (*COMMANDS, ("trust",), ("lint", "--format", "github")):
        done = moved.run_in_folder(*command) if command == ("trust",) else moved.run(*command)
        assert not [line for line in (done.out + done.err).splitlines() if line.startswith("::error::")], command


def test_a_file_of_a_destination_that_is_a_file_elsewhere_too_is_not_written(
    made: ProjectFolder, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.write_text("theirs")
    (made.folder / "delivered").mkdir()
    (made.folder / "delivered" / "people.jsonl").hardlink_to(outside)
    done = made.run("run", "people")
    assert done.code != 0
    assert "another name" in done.out + done.err
    assert outside.read_text() == "theirs"
    outside.unlink()
    assert made.run("run", "people").code == 0


def test_a_folder_of_code_does_not_become_the_state_folder_unasked(made: ProjectFolder) -> None:
    with_secrets_from(made, f"{sys.executable} tools/get.py {{name}}")
    made.write("tools/get.py", "import os, sys; sys.path.insert(0, os.getcwd()); import colorsys; print('a-secret')")
    trust.allow(projects.load(made.folder))
    values = {"from": "command", "command": f"{sys.executable} tools/get.py {{name}}"}
    made.write("backhaul.toml", {"name": "tests", "secrets": values, "state": "colorsys"})
    made.write("colorsys/__init__.py", "open('canary', 'w')")
    assert [reach.place for reach in projects.load(made.folder).untrusted] == ["secrets"]
    with pytest.raises(TrustError):
        secrets.reader(projects.load(made.folder))("sources/pg.password")
    assert not (made.folder / "canary").exists()


@pytest.mark.parametrize("place", ["sources/pg", "destinations/hook"])
def test_where_a_link_of_the_project_leads_is_part_of_what_was_allowed(
    made: ProjectFolder, tmp_path: Path, place: str
) -> None:
    for name in ("company.pem", "another.pem"):
        (tmp_path / name).write_text(name)
    link = made.folder / "ca.pem"
    link.symlink_to(tmp_path / "company.pem")
    if place == "sources/pg":
        source = {"type": "postgres", "host": "h", "database": "d", "user": "u", "sslmode": "verify-full"}
        made.write("sources/pg.toml", source | {"sslrootcert": "ca.pem"})
    else:
        network = {"ca_file": "ca.pem"}
        made.write("destinations/hook.toml", {"type": "webhook", "url": "https://x.example/", "network": network})
    trust.allow(projects.load(made.folder))
    assert not projects.load(made.folder).untrusted
    (tmp_path / "company.pem").write_text("renewed by whoever owns this machine")
    assert not projects.load(made.folder).untrusted
    link.unlink()
    link.symlink_to(tmp_path / "another.pem")
    assert [reach.place for reach in projects.load(made.folder).untrusted] == [place]


def test_no_file_that_is_a_link_out_of_the_project_is_written(made: ProjectFolder, tmp_path: Path) -> None:
    mine = {"people.sql": "select id as userid, name from people -- mine", "people.toml": ""}
    mine["people.toml"] = (made.folder / "syncs" / "people.toml").read_text()
    for name, text in mine.items():
        (tmp_path / name).write_text(text)
        (made.folder / "syncs" / name).unlink()
        (made.folder / "syncs" / name).symlink_to(tmp_path / name)
    for command in (("lint", "--fix", "people"), ("pause", "people")):
        done = made.run(*command)
        assert done.code == 2, command
        assert "This is a link out of the project" in done.err
    assert {name: (tmp_path / name).read_text() for name in mine} == mine


def test_a_link_within_the_project_is_written_where_it_leads(made: ProjectFolder) -> None:
    file = made.folder / "syncs" / "people.toml"
    (made.folder / "shared").mkdir()
    file.rename(made.folder / "shared" / "people.toml")
    file.symlink_to("../shared/people.toml")
    assert made.run("pause", "people").code == 0
    assert "enabled = false" in (made.folder / "shared" / "people.toml").read_text()


async def test_the_console_allows_what_it_has_shown_and_nothing_newer(made: ProjectFolder) -> None:
    bridge = Bridge(_NoApp(), made.folder)  # type: ignore[arg-type]
    try:
        made.write("sources/pg.toml", {"type": "postgres", "host": "h", "database": "d", "user": "u"})
        await bridge.refresh(anew=True)
        shown = bridge.snapshot.project
        assert shown is not None
        assert {reach.place for reach in shown.untrusted} == {"secrets", "sources/pg"}
        canary(made)  # that came with a pull, while the question was read
        await bridge.trust(shown)
        assert {reach.place for reach in projects.load(made.folder).untrusted} >= {"secrets", "alerts/page"}
    finally:
        await bridge.close()


def test_a_program_that_cannot_be_read_is_another_when_it_is_replaced(
    made: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mode 0111: whoever may run it, may not read it. (Root may read everything: the refusal is made here.)"""
    tool = with_secrets_from(made, "tools/get.sh {name}")
    tool.chmod(0o111)
    real = os.open

    def refusing(path: Any, *words: Any, **more: Any) -> int:
        if os.fspath(path) == str(tool):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *words, **more)

    monkeypatch.setattr(os, "open", refusing)
    trust.allow(projects.load(made.folder))
    assert not projects.load(made.folder).untrusted
    another = script(made, "tools/new.sh", "echo a-secret", mode=0o111)
    os.utime(another, ns=(tool.stat().st_atime_ns, tool.stat().st_mtime_ns))
    another.replace(tool)
    assert [reach.place for reach in projects.load(made.folder).untrusted] == ["secrets"]


def test_a_folder_that_can_be_entered_and_not_listed_cannot_be_allowed(
    made: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_secrets_from(made, "sh lib/run.sh {name}")
    script(made, "lib/run.sh", "echo a-secret")
    real = os.scandir

    def refusing(path: Any = ".") -> Any:
        if os.fspath(path) == str(made.folder / "lib"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refusing)
    (blocked,) = [reach for reach in projects.load(made.folder).untrusted if reach.place == "secrets"]
    assert "cannot be listed" in blocked.says


def test_a_link_that_comes_into_the_place_of_the_folder_during_the_run_is_not_followed(
    made: ProjectFolder, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    project = projects.load(made.folder)
    target = build_target(project, project.syncs["people"], "files", secrets.reader(project))
    request = target.plugin.request(Batch(call=CallType.IDENTIFY, calls=1, joined=lambda _: b"{}"))
    (made.folder / "delivered").symlink_to(outside)
    with pytest.raises(DeliveryError):
        asyncio.run(FileTransport().send(request, 0))
    assert not list(outside.iterdir())


def test_what_git_runs_and_what_is_read_as_a_script_is_part_of_what_was_allowed(made: ProjectFolder) -> None:
    with_secrets_from(made, "sh get.sh {name}")
    script(made, "get.sh", "git status; [ -e local.sh ] && . ./local.sh; echo a-secret")
    made.write(".git/config", "[core]")
    made.write(".git/index", "one")
    trust.allow(projects.load(made.folder))
    made.write(".git/index", "two")
    assert not projects.load(made.folder).untrusted
    made.write(".git/config", "[core]\nfsmonitor = touch canary")
    assert [reach.place for reach in projects.load(made.folder).untrusted] == ["secrets"]
    trust.allow(projects.load(made.folder))
    script(made, ".git/hooks/post-checkout", "touch canary")
    assert [reach.place for reach in projects.load(made.folder).untrusted] == ["secrets"]
    trust.allow(projects.load(made.folder))
    os.mkfifo(made.folder / "local.sh")
    assert [reach.place for reach in projects.load(made.folder).untrusted] == ["secrets"]


def test_a_new_project_is_not_made_through_a_link(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "backhaul.toml").symlink_to(tmp_path / "made.toml")
    assert backhaul("init", str(folder), folder=tmp_path).code == 2
    assert not (tmp_path / "made.toml").exists()


def test_the_letter_of_another_script_in_an_address_is_shown(made: ProjectFolder) -> None:
    made.write("destinations/hook.toml", {"type": "webhook", "url": "https://crm.ex\u0430mple/x"})  # a Cyrillic letter
    shown = made.run_in_folder("trust")
    assert "ex\\u0430mple" in shown.out + shown.err


@ROOT_ONLY
def test_a_link_and_a_state_folder_of_another_user_are_refused(made: ProjectFolder, tmp_path: Path) -> None:
    assert made.run("run", "people").code == 0
    state = made.folder / ".backhaul"
    os.chown(state, 65_534, 65_534)
    done = made.run("status")
    assert "belongs to another user" in done.out + done.err
    assert done.code != 0
    os.chown(state, 0, 0)
    assert made.run("status").code == 0
    mine = tmp_path / "mine.toml"
    (made.folder / "backhaul.toml").rename(mine)
    (made.folder / "backhaul.toml").symlink_to(mine)
    os.lchown(made.folder / "backhaul.toml", 65_534, 65_534)
    done = made.run("status")
    assert done.code != 0
    assert "belongs to another user" in done.out + done.err


def test_what_is_typed_is_not_kept_through_a_link(made: ProjectFolder, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for part in ("buffers", "drafts", "editing"):
        (made.folder / ".backhaul" / part).mkdir(parents=True)
    buffer = made.folder / ".backhaul" / "buffers" / "people.json"
    past = made.folder / ".backhaul" / "editing" / "ran.jsonl"
    for link in (buffer, past):
        link.symlink_to(victim)
    buffers.keep(made.folder / ".backhaul", buffers.Buffer(sync="people", text="typed", base="", cursor=(0, 0)))
    remember(made.folder / ".backhaul", RanQuery(sync="people", text="typed", at=1.0, rows=1, seconds=1.0))
    assert victim.read_text() == "mine"
    assert (buffer.is_symlink(), past.is_symlink()) == (False, False)
    assert buffers.load(made.folder / ".backhaul", "people") is not None


def test_the_shell_is_given_names_only(made: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("people$(touch canary)", "people\nmore", "people\x1b]0;x"):
        (made.folder / "syncs" / f"{name}.toml").write_text("")
    monkeypatch.chdir(made.folder)
    assert complete_sync(click.Context(click.Command("plan")), click.Argument(["sync"]), "peo") == ["people"]
