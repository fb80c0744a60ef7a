"""Paths that cannot be: a sentence, wherever they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.paths import expanded
from tests.projects import ProjectFolder

COMMANDS = (("status",), ("run", "people"), ("preview", "people"), ("plan", "people"), ("check",))
PATHS = ("~nobody_has_this_name/x", "/" + "a" * 5_000, "/" + "a/" * 2_500, "/dev/null/x")


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    made = ProjectFolder.make(tmp_path / "project")
    made.duckdb("CREATE TABLE people AS SELECT '1' AS id, 'a' AS plan")
    made.file()
    made.sync("people", 'SELECT id AS "userId", plan FROM people', to=("files",))
    return made


def ends_with_sentences(project: ProjectFolder) -> None:
    for words in COMMANDS:
        done = project.run(*words)
        assert done.code in (0, 1, 2)
        assert done.out + done.err


@pytest.mark.parametrize("path", PATHS)
def test_a_database_at_an_impossible_path_is_told(project: ProjectFolder, path: str) -> None:
    project.write("sources/warehouse.toml", {"type": "duckdb", "path": path})
    ends_with_sentences(project)
    assert project.run("run", "people").code == 1


@pytest.mark.parametrize("path", PATHS)
def test_certificates_at_an_impossible_path_are_told(project: ProjectFolder, path: str) -> None:
    network = {"ca_file": path}
    project.write("destinations/files.toml", {"type": "webhook", "url": "https://127.0.0.1:1/", "network": network})
    ends_with_sentences(project)


@pytest.mark.parametrize("path", PATHS)
def test_a_state_folder_at_an_impossible_path_is_told(project: ProjectFolder, path: str) -> None:
    project.write("backhaul.toml", {"name": "tests", "state": path, "secrets": {"from": "environment"}})
    ends_with_sentences(project)


def test_a_home_that_nobody_knows_is_left_as_it_is_written() -> None:
    assert expanded("~nobody_has_this_name/x") == Path("~nobody_has_this_name/x")
    assert expanded("~/x") == Path.home() / "x"
