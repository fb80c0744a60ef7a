"""Where a source's file lets in a user whom nothing holds back, each command that shows its rows says so."""

from __future__ import annotations

import pytest

from tests.projects import ProjectFolder
from tests.servers.postgres import Database
from tests.servers.receiving import Receiver

NOTICE = "source pg: allow_superuser = true, so its user may be able to do more than read"


@pytest.fixture
def mighty(project: ProjectFolder, postgres_database: Database, receiver: Receiver) -> ProjectFolder:
    """A sync whose source is a Postgres with `allow_superuser`."""
    postgres_database.execute("CREATE TABLE people (id integer)", "INSERT INTO people VALUES (1)")
    project.postgres(postgres_database, allow_superuser=True)
    project.segment(receiver.url)
    project.sync("people", """SELECT id AS "userId", 'x' AS name FROM people""", source="pg")
    return project


@pytest.mark.parametrize("words", [("status",), ("preview", "people"), ("plan", "people"), ("run", "people")])
def test_a_source_that_lets_in_a_superuser_is_told(
    mighty: ProjectFolder, postgres_database: Database, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("BACKHAUL_SOURCES_PG_PASSWORD", postgres_database.reader_password)
    assert NOTICE in mighty.run(*words).out


def test_another_source_is_not_told_of(
    mighty: ProjectFolder, postgres_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKHAUL_SOURCES_PG_PASSWORD", postgres_database.reader_password)
    mighty.postgres(postgres_database)
    assert "allow_superuser" not in mighty.run("preview", "people").out


def test_a_superuser_is_refused_by_preview_as_by_check(
    mighty: ProjectFolder, postgres_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKHAUL_SOURCES_PG_PASSWORD", postgres_database.server.password)
    mighty.postgres(postgres_database, user=postgres_database.server.superuser)
    for words in (("check", "pg"), ("preview", "people"), ("plan", "people"), ("run", "people")):
        done = mighty.run(*words)
        assert done.code == 1
        assert "is a superuser, whom a read-only transaction does not hold back" in done.out + done.err
