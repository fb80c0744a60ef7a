"""The start-up budget: what a command does not need, it does not import."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.destinations import types as destination_types
from core.warehouses import types as warehouse_types
from tests.projects import ProjectFolder

ROOT = Path(__file__).parents[1]
HEAVY = (
    "duckdb",
    "pyarrow",
    "sqlglot",
    "httpx",
    "keyring",
    "psycopg",
    "adbc_driver_postgresql",
    "adbc_driver_manager",
    "snowflake",
    "google",
    "cryptography",
    "textual",
    "tomlkit",
    "msgspec",
    "cronsim",
    "isal",
    "filelock",
    "cryptography",
    "pygls",
    "lsprotocol",
)
DRIVERS = (
    "duckdb",
    "pyarrow",
    "psycopg",
    "adbc_driver_postgresql",
    "adbc_driver_manager",
    "snowflake",
    "google",
    "cryptography",
    "httpx",
    "keyring",
    "sqlglot",
    "cryptography",
)
NETWORKING = ("asyncio", "ssl", "socket", "importlib.metadata", "importlib.resources")
"""Parts of Python itself that take a while to import."""

FIRST_PICTURE = """
import gc
from functools import partialmethod
from tui import main
from tui.app import Console, _import_pages
collecting = []
async def end(console):
    collecting.append(gc.isenabled())
    {then}
    collecting.append(gc.isenabled())
    console.exit(0)
Console._begin, Console.run = end, partialmethod(Console.run, headless=True)
main._why_not = str
assert main.open_console() == 0
"""
"""The console, ended when its first picture is there."""


def imported(code: str, wanted: tuple[str, ...], cwd: Path = ROOT) -> list[str]:
    """Run code in a fresh Python; return the wanted modules that it has imported."""
    program = f"import sys\n{code}\nprint('imported:', *[name for name in {wanted!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={
            "PYTHONPATH": str(ROOT),
            "PATH": "/usr/bin:/bin",
            "HOME": str(cwd),
            "LC_ALL": "C.UTF-8",
            "BACKHAUL_TRUST": "/",
            "XDG_STATE_HOME": os.environ["XDG_STATE_HOME"],
        },
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.rpartition("imported:")[2].split()


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        [],
        ["--version"],
        ["run", "--help"],
        ["plan", "--help"],
        ["secret", "--help"],
        ["key", "--help"],
        ["lint", "--help"],
        ["lsp", "--help"],
        ["no-such-command"],
    ],
)
def test_help_imports_no_driver_and_no_library_that_it_does_not_need(words: list[str]) -> None:
    code = f"sys.argv = ['backhaul', *{words!r}]\nfrom tui.main import main\nmain()"
    assert imported(code, (*HEAVY, *NETWORKING, "core.project", "core.schedule", "core.store", "core.sync")) == []


def test_a_command_is_imported_when_it_is_asked_for() -> None:
    modules = tuple(f"core.cli.{file.stem}" for file in (ROOT / "core" / "cli").glob("[a-z]*.py"))
    code = "sys.argv = ['backhaul', 'pause', '--help']\nfrom tui.main import main\nmain()"
    assert sorted(imported(code, modules)) == ["core.cli.operate", "core.cli.output", "core.cli.project_args"]


def test_the_shell_is_told_the_names_of_syncs_without_a_project_being_read() -> None:
    code = "from core.cli.project_args import complete_sync\ncomplete_sync(None, None, '')"
    assert imported(code, (*HEAVY, *NETWORKING, "core.project", "core.model")) == []


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    """A project with a run in its store."""
    made = ProjectFolder.make(tmp_path / "project")
    made.duckdb("CREATE TABLE people AS SELECT 'u1' AS id, 'a@example.com' AS email")
    made.file()
    made.sync("people", 'SELECT id AS "userId", email FROM people', to=["files"])
    assert made.run("run", "people").code == 0
    return made


def test_status_imports_what_reads_the_store_and_nothing_that_runs(project: ProjectFolder) -> None:
    code = "sys.argv = ['backhaul', 'status']\nfrom tui.main import main\nassert main() == 0"
    engine = ("core.sync.progress.events", "core.sync.run", "core.query", "core.daemon", "core.secrets", "core.cli.run")
    python = ("asyncio", "ssl", "hashlib", "importlib.metadata", "importlib.resources")
    known = ("msgspec", "cronsim")
    unwanted = tuple(name for name in HEAVY if name not in known)
    assert imported(code, (*unwanted, *engine, *python), project.folder) == []


def test_the_first_picture_of_the_console_waits_for_no_project_no_dialog_and_no_editor(project: ProjectFolder) -> None:
    core = (
        "core.model",
        "core.project",
        "core.schedule",
        "core.store",
        "core.reports.history",
        "core.reports.schedule_health",
    )
    pages = (
        "tui.screens.dialogs",
        "tui.screens.editor",
        "tui.screens.palette",
        "tui.screens.sentences",
        "tui.widgets.form",
    )
    others = ("textual.widgets._text_area", "textual.document._document", "importlib.resources", "zoneinfo", "csv")
    unwanted = tuple(name for name in HEAVY if name != "textual")
    code = FIRST_PICTURE.format(then="pass")
    assert imported(code, (*unwanted, *core, *pages, *others), project.folder) == []


def test_garbage_is_looked_for_again_when_all_pages_are_there(project: ProjectFolder) -> None:
    code = FIRST_PICTURE.format(then="await _import_pages()")
    assert imported(f"{code}\nassert collecting == [False, True]", (), project.folder) == []


@pytest.mark.parametrize("name", warehouse_types())
def test_a_warehouse_imports_its_driver_only_when_it_is_used(name: str) -> None:
    code = f"from core.warehouses import warehouse_type\nwarehouse_type({name!r})"
    assert imported(code, DRIVERS) == []


@pytest.mark.parametrize("name", destination_types())
def test_a_destination_imports_no_driver(name: str) -> None:
    code = f"from core.destinations import destination_type\ndestination_type({name!r})"
    assert imported(code, (*DRIVERS, "msgspec", "textual")) == []


@pytest.mark.parametrize(
    "module",
    [
        "core.model",
        "core.errors",
        "core.scan",
        "core.calls.fields",
        "core.schedule",
        "core.secrets",
        "core.keys",
        "core.store",
        "core.plugins",
        "core.reports.history",
        "core.sync.progress.run_progress",
        "core.project_root",
        "core.state.cancellation",
        "core.workbench.__main__",
    ],
)
def test_the_lower_layers_import_nothing_heavy(module: str) -> None:
    assert imported(f"import {module}", HEAVY) == []


def test_reading_a_project_imports_no_driver(tmp_path: Path) -> None:
    for folder in ("sources", "destinations", "syncs"):
        (tmp_path / folder).mkdir()
    (tmp_path / "backhaul.toml").write_text('name = "x"\n')
    (tmp_path / "sources/a.toml").write_text('type = "postgres"\nhost = "h"\nuser = "u"\ndatabase = "d"\n')
    (tmp_path / "sources/b.toml").write_text('type = "duckdb"\npath = "x"\n')
    (tmp_path / "destinations/c.toml").write_text('type = "segment"\n')
    (tmp_path / "syncs/s.toml").write_text('id = "a"\nsource = "a"\ndestinations = ["c"]\ncall = "track"\n')
    (tmp_path / "syncs/s.sql").write_text("SELECT 1")
    code = "from pathlib import Path\nfrom core import project\nloaded = project.load(Path('.'))\nassert not loaded.broken, loaded.broken\nassert loaded.syncs"
    assert imported(code, (*DRIVERS, "textual", "tomlkit"), tmp_path) == []


ENDING = """
import atexit, sys, threading, time
from tui import main

class Kept:
    def __del__(self):
        print("taken down")

kept = Kept()

def command():
    atexit.register(print, "registered")
    threading.Thread(target=lambda: (time.sleep(0.2), print("thread"))).start()
    print("x" * {size})
    {end}

main.main = command
sys.exit(main.program())
"""


def ended(end: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", ENDING.format(end=end, size=1_000_000)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("code", [0, 3])
def test_a_command_that_came_to_its_end_loses_nothing_and_waits_for_no_taking_down(code: int) -> None:
    done = ended(f"return {code}")
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.split("\n") == ["x" * 1_000_000, "thread", "registered", ""]


def test_a_command_that_crashes_ends_as_python_does() -> None:
    done = ended('raise ValueError("a fault")')
    assert done.returncode == 1
    assert done.stderr.endswith("ValueError: a fault\n")
    assert done.stdout.split("\n")[1:] == ["thread", "registered", "taken down", ""]


def test_output_that_nobody_reads_is_no_success() -> None:
    words = [sys.executable, "-c", ENDING.format(end="return 0", size=1)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(30) != 0
