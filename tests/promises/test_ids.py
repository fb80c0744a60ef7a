"""A sync without an id gets one, once, however many processes see its file first: two ids would send everything twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import project as projects
from core.errors import ProjectError
from tests.projects import SECRETS, ProjectFolder

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    made = ProjectFolder.make(tmp_path / "project")
    made.duckdb("CREATE TABLE people AS SELECT i::VARCHAR AS id, 'n' || i AS name FROM range(1, 6) t(i)")
    made.file()
    made.write("syncs/people.sql", 'SELECT id AS "userId", name FROM people')
    made.write("syncs/people.toml", 'source = "warehouse"\ndestinations = ["files"]\ncall = "identify"\n')
    return made


def test_six_runs_of_a_new_sync_at_once_send_each_row_once(project: ProjectFolder) -> None:
    command = [sys.executable, "-m", "core.cli", "run", "people", "--project", str(project.folder)]
    env = {**os.environ, **SECRETS, "PYTHONPATH": str(ROOT)}
    running = [
        subprocess.Popen(command, cwd=project.folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(6)
    ]
    ended = [(*process.communicate(timeout=120), process.returncode) for process in running]
    assert 0 in [code for _out, _err, code in ended]
    assert all(b"Traceback" not in err for _out, err, _code in ended)
    users = [call["userId"] for call in project.delivered("people")]
    assert sorted(users) == ["1", "2", "3", "4", "5"]


def test_an_id_is_written_once_and_stays(project: ProjectFolder) -> None:
    first = projects.load(project.folder).syncs["people"].id
    assert f'id = "{first}"' in (project.folder / "syncs" / "people.toml").read_text()
    assert projects.load(project.folder).syncs["people"].id == first


def test_a_file_that_cannot_be_written_is_told_with_the_line_to_add(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("core.project.identity.set_value", refused)
    loaded = projects.load(project.folder)
    (error,) = loaded.broken.values()
    assert isinstance(error, ProjectError)
    assert "Permission denied" in error.message
    assert error.remedy.startswith("Add the line id = ")
