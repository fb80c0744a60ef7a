"""The local file: one call a line, only ever appended to, whole after a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import ProjectFolder

PEOPLE = "CREATE TABLE people AS SELECT 'u' || i AS id, i AS n FROM range(30) t(i)"
QUERY = 'SELECT id AS "userId", n FROM people'


@pytest.fixture
def people(project: ProjectFolder) -> ProjectFolder:
    project.duckdb(PEOPLE)
    project.file()
    return project


def test_each_call_is_a_line_of_its_own_with_its_message_id(people: ProjectFolder) -> None:
    assert people.query("people", QUERY, to=["files"]).code == 0
    calls = people.delivered("people")
    assert sorted(call["userId"] for call in calls) == sorted(f"u{number}" for number in range(30))
    assert len({call["messageId"] for call in calls}) == 30


def test_line_breaks_inside_values_do_not_break_lines(people: ProjectFolder) -> None:
    people.query("people", "SELECT 'u1' AS \"userId\", E'a\\nb' || chr(8232) || E'c\\r\\n' AS n", to=["files"])
    (call,) = people.delivered("people")
    assert call["traits"] == {"n": "a\nb\u2028c\r\n"}
    assert (people.folder / "delivered" / "people.jsonl").read_bytes().count(b"\n") == 1


def test_later_runs_append_what_changed_and_nothing_else(people: ProjectFolder) -> None:
    people.query("people", QUERY, to=["files"])
    before = (people.folder / "delivered" / "people.jsonl").read_bytes()
    assert people.run("run", "people").code == 0
    assert (people.folder / "delivered" / "people.jsonl").read_bytes() == before
    people.duckdb("UPDATE people SET n = 100 WHERE id = 'u7'")
    assert people.run("run", "people").code == 0
    after = (people.folder / "delivered" / "people.jsonl").read_bytes()
    assert after.startswith(before)
    assert people.delivered("people")[-1]["traits"] == {"n": 100}
    assert len(people.delivered("people")) == 31


def test_a_folder_that_cannot_be_written_pauses_and_a_later_run_goes_on(people: ProjectFolder) -> None:
    (people.folder / "delivered").write_text("a file where the folder should be")
    done = people.query("people", QUERY, to=["files"])
    assert done.code == 1
    assert "could not be written" in done.err
    assert "the plan is kept" in done.err
    (people.folder / "delivered").unlink()
    assert people.run("run", "people").code == 0
    assert len(people.delivered("people")) == 30


def test_the_folder_may_be_anywhere(people: ProjectFolder, tmp_path: Path) -> None:
    people.write("destinations/files.toml", {"type": "file", "folder": str(tmp_path / "calls & more")})
    assert people.query("people", QUERY, to=["files"]).code == 0
    assert (tmp_path / "calls & more" / "people.jsonl").exists()


def test_two_destinations_cannot_write_the_same_files(people: ProjectFolder) -> None:
    people.write("destinations/more.toml", {"type": "file"})
    done = people.query("people", QUERY, to=["files", "more"])
    assert done.code == 2
    assert "is also the folder of" in done.err
    assert not (people.folder / "delivered").exists()


def test_what_is_gone_is_deleted_by_an_event_in_the_file(people: ProjectFolder) -> None:
    people.query("people", QUERY, to=["files"], removed="delete")
    people.duckdb("DELETE FROM people WHERE id = 'u3'")
    assert people.run("run", "people").code == 0
    assert people.delivered("people")[-1]["event"] == "User Deleted"


def test_a_project_that_is_moved_with_its_folder_goes_on(people: ProjectFolder, tmp_path: Path) -> None:
    people.query("people", QUERY, to=["files"])
    moved = ProjectFolder(people.folder.rename(tmp_path / "moved"))
    done = moved.run("run", "people")
    assert done.code == 0
    assert "0 delivered, 30 unchanged" in done.out
    assert len(moved.delivered("people")) == 30


def test_another_folder_is_another_place_and_is_asked_about(people: ProjectFolder) -> None:
    people.query("people", QUERY, to=["files"])
    people.write("destinations/files.toml", {"type": "file", "folder": "elsewhere"})
    done = people.run("run", "people")
    assert done.code == 1
    assert "files was delivered" in done.out
    assert "--another-place" in done.out
    assert people.run("run", "people", "--another-place").code == 0
    assert (people.folder / "elsewhere" / "people.jsonl").exists()
