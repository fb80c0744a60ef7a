"""`backhaul lint`: for people, for programs, for pull requests; and which findings make it fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.cli.annotations import annotation
from core.model import Edit, Finding, Fix, Severity
from tests.projects import ProjectFolder

HINTS_ONLY = 'SELECT id AS "userId", plan, updated_at FROM users'
WRONG = 'SELECT id AS "userId", plan,\nid AS type\nFROM users WHERE updated_at >= to_timestamp({{last_sync_time}})'


@pytest.fixture
def shop(project: ProjectFolder) -> ProjectFolder:
    project.duckdb("CREATE TABLE users (id VARCHAR, plan VARCHAR, updated_at TIMESTAMP)")
    project.file()
    return project


def found(start: int, end: int, message: str = "What is wrong.", *, fix: Fix | None = None) -> Finding:
    return Finding(
        rule="some-rule",
        severity=Severity.WARNING,
        message=message,
        start=start,
        end=end,
        line=1,
        column=start + 1,
        fix=fix,
    )


def test_an_annotation_has_its_place_and_its_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    line = annotation(tmp_path / "syncs/users.sql", "SELECT x FROM t", found(7, 8))
    assert line == ("::warning file=syncs/users.sql,line=1,endLine=1,col=8,endColumn=9,title=some-rule::What is wrong.")


def test_a_path_counts_from_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "etl").mkdir()
    monkeypatch.chdir(tmp_path / "etl")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    assert "file=etl/a.sql," in annotation(Path("a.sql"), "x", found(0, 1))
    assert "file=/elsewhere/a.sql," in annotation(Path("/elsewhere/a.sql"), "x", found(0, 1))


def test_columns_are_left_out_where_a_finding_ends_on_another_line() -> None:
    assert ",line=1,endLine=2,title=" in annotation(Path("a.sql"), "SELECT\nx", found(0, 8))


def test_what_would_end_a_property_or_the_line_is_escaped() -> None:
    suggested = Fix(label="write 50%", edits=(Edit(start=0, end=1, text="y"),))
    line = annotation(Path("a:b,c%.sql"), "x", found(0, 1, "50% of a, b: none\r\n::error::no", fix=suggested))
    properties, _, message = line.removeprefix("::warning ").partition("::")
    assert properties == "file=a%3Ab%2Cc%25.sql,line=1,endLine=1,col=1,endColumn=2,title=some-rule"
    assert message.startswith("50%25 of a, b: none")
    assert message.endswith("%0A::error::no%0AFix: write 50%25 (backhaul lint --fix)")
    assert "\n" not in line
    assert "\r" not in line


def test_a_pull_request_passes_with_warnings_and_fails_with_an_error(shop: ProjectFolder) -> None:
    shop.sync("users", HINTS_ONLY, to=["files"])
    done = shop.run("lint", "--github")
    assert done.code == 0
    assert "title=last-sync-time-missing::" in done.out
    assert "::error" not in done.out
    assert shop.run("lint").code == 0
    shop.sync("users", WRONG, to=["files"])
    done = shop.run("lint", "--github")
    assert done.code == 1
    assert ",line=2,endLine=2,col=7,endColumn=11,title=refused-column::" in done.out
    assert all(line.startswith("::") for line in done.out.splitlines())


def test_a_file_of_the_project_that_cannot_be_used_fails_a_pull_request(shop: ProjectFolder) -> None:
    shop.sync("users", HINTS_ONLY, to=["files"])
    shop.write("syncs/broken.toml", "source = [")
    shop.write("syncs/broken.sql", "SELECT 1")
    done = shop.run("lint", "--github")
    assert done.code == 1
    assert "::error file=syncs/broken.toml,line=1," in done.out.replace(f"{shop.folder}/", "")
    assert shop.run("lint").code == 1
    assert "broken-file" in [finding["rule"] for finding in shop.run("lint", "--json").json]
    assert shop.run("lint", "users").code == 0


def test_strict_fails_on_a_warning(shop: ProjectFolder) -> None:
    shop.sync("users", 'SELECT id AS "userId" FROM users', call="group", to=["files"])
    shop.sync("users", 'SELECT id AS "groupId", plan FROM users', call="group", to=["files"])
    severities = {finding["severity"] for finding in shop.run("lint", "--json").json}
    assert "warning" in severities
    assert "error" not in severities
    assert shop.run("lint").code == 0
    assert shop.run("lint", "--strict").code == 1


def test_two_forms_at_once_are_refused(shop: ProjectFolder) -> None:
    done = shop.run("lint", "--json", "--github")
    assert done.code == 2
    assert "two forms" in done.err


DEVICE = 'SELECT id AS "userId", \'Device Deleted\' AS "event" FROM users WHERE updated_at >= to_timestamp({{last_sync_time}})'


def test_the_rules_of_a_destination_apply_to_a_file_that_belongs_to_no_sync(shop: ProjectFolder) -> None:
    (shop.folder / "loose.sql").write_text(DEVICE)
    asked = ["lint", str(shop.folder / "loose.sql"), "--dialect", "duckdb", "--call", "track"]
    assert shop.run(*asked).code == 0
    done = shop.run(*asked, "--destination", "customerio", "--json")
    assert done.code == 1
    assert [found["rule"] for found in done.json if found["severity"] == "error"] == ["semantic-event-incomplete"]
    assert shop.run(*asked, "--destination", "segment").code == 0


def test_an_unknown_type_of_destination_is_answered_with_the_known_ones(shop: ProjectFolder) -> None:
    (shop.folder / "loose.sql").write_text(DEVICE)
    done = shop.run("lint", str(shop.folder / "loose.sql"), "--dialect", "duckdb", "--destination", "segmant")
    assert done.code == 2
    assert "segment" in done.err
