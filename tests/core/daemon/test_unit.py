"""The systemd unit: what systemd itself says of it, and where it is put."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from core import project as projects
from core.daemon.unit import name_of, place_of, unit_text
from tests.projects import ProjectFolder, backhaul

CREDENTIALS = Path("/etc/backhaul credentials/100%")


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    made = ProjectFolder.make(tmp_path / "my 100% project $HOME")
    made.duckdb("CREATE TABLE people AS SELECT 1 AS id")
    made.segment("http://127.0.0.1:1/v1")
    return made


def test_systemd_finds_no_fault_in_the_unit(project: ProjectFolder, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("this machine has no systemd-analyze")
    project.write("backhaul.toml", {"name": "100% acme & sons", "secrets": {"from": "systemd"}})
    loaded = projects.load(project.folder)
    file = tmp_path / name_of(loaded)
    file.write_text(unit_text(loaded, ("destinations/seg.write_key",), CREDENTIALS, "127.0.0.1:9187"))
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", str(file)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
    )
    about = [line for line in done.stderr.splitlines() if file.name in line]
    assert not about, about
    assert done.returncode == 0


def test_a_credential_is_loaded_where_secrets_come_from_systemd_and_else_not(project: ProjectFolder) -> None:
    loaded = projects.load(project.folder)
    assert "LoadCredential" not in unit_text(loaded, ("destinations/seg.write_key",), CREDENTIALS)
    project.write("backhaul.toml", {"name": "tests", "secrets": {"from": "systemd"}})
    text = unit_text(projects.load(project.folder), ("destinations/seg.write_key",), CREDENTIALS)
    assert (
        "LoadCredential=destinations-seg-write_key:/etc/backhaul credentials/100%%/destinations-seg-write_key" in text
    )


def test_install_writes_the_unit_and_says_the_commands(project: ProjectFolder, tmp_path: Path) -> None:
    home = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "HOME": str(tmp_path)}
    done = backhaul("daemon", "install", folder=project.folder, env=home)
    assert done.code == 0, done.err
    file = tmp_path / "config" / "systemd" / "user" / "backhaul-tests.service"
    text = file.read_text()
    assert "Restart=on-failure" in text
    assert "NoNewPrivileges=yes" in text
    assert "systemctl --user enable --now backhaul-tests.service" in done.out
    printed = backhaul("daemon", "install", "--print", folder=project.folder, env=home)
    assert printed.out == text
    assert backhaul("daemon", "install", "--metrics", "127.0.0.1:9187", folder=project.folder, env=home).out.startswith(
        "!"
    )


def test_the_unit_of_another_project_of_the_same_name_stays(project: ProjectFolder, tmp_path: Path) -> None:
    home = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "HOME": str(tmp_path)}
    assert backhaul("daemon", "install", folder=project.folder, env=home).code == 0
    file = tmp_path / "config" / "systemd" / "user" / "backhaul-tests.service"
    text = file.read_text()
    clone = ProjectFolder.make(tmp_path / "clone")
    done = backhaul("daemon", "install", folder=clone.folder, env=home)
    assert done.code == 2
    assert f"the unit of another project, in {project.folder}" in done.err
    assert file.read_text() == text
    (project.folder / "backhaul.toml").unlink()  # it is gone, or was moved
    assert backhaul("daemon", "install", folder=clone.folder, env=home).code == 0
    assert str(clone.folder) in file.read_text()


def test_the_place_is_where_systemd_looks(project: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert place_of(projects.load(project.folder)) == Path.home() / ".config/systemd/user/backhaul-tests.service"
