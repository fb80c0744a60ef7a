"""The start-up budget: what a command does not need, it does not import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.destinations import types as destination_types
from core.warehouses import types as warehouse_types

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


def imported(code: str, wanted: tuple[str, ...], cwd: Path = ROOT) -> list[str]:
    """Run code in a fresh Python; give the wanted modules that it has imported."""
    program = f"import sys\n{code}\nprint('imported:', *[name for name in {wanted!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(cwd), "LC_ALL": "C.UTF-8"},
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
    assert imported(code, HEAVY) == []


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
        "core.sync.history",
        "core.sync.progress",
        "core.sync.stopping",
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
