"""What a query is for: the catalogue that is kept, the sync's destinations and pace, its neighbours; and what it costs to know."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path

import pytest

from core import project as projects
from core.context import context_of, keep, kept
from core.errors import UsageError
from core.lint import lint
from core.lint.base import Pace, Receiver
from core.model import CallType, Column, Kind, Project, Table
from core.project.current import current
from core.store import Store
from tests.projects import ProjectFolder

USERS = Table(
    schema="main",
    name="users",
    columns=(
        Column(name="id", kind=Kind.INTEGER, type_name="BIGINT"),
        Column(name="plan", kind=Kind.TEXT, type_name="VARCHAR"),
    ),
    rows=12,
)


@pytest.fixture
def loaded(project: ProjectFolder) -> Project:
    project.duckdb("CREATE TABLE users (id BIGINT, plan VARCHAR)")
    project.file()
    project.sync("users", 'SELECT id AS "userId", plan FROM users', to=["files"], schedule="every 1 hour")
    return projects.load(project.folder)


def file_of(project: Project) -> Path:
    return project.state / "cache" / "catalogue-warehouse.json"


def test_a_catalogue_that_is_kept_is_given_back_whole(loaded: Project) -> None:
    assert kept(loaded, loaded.sources["warehouse"]) is None
    assert keep(loaded, loaded.sources["warehouse"], (USERS,), 5.0)
    found = kept(loaded, loaded.sources["warehouse"])
    assert found is not None
    assert (found.tables, found.at, found.dialect) == ((USERS,), 5.0, "duckdb")
    assert (found.schema, found.database) == ("main", "warehouse")
    assert kept(loaded, loaded.sources["warehouse"]) is found


def test_the_file_is_for_its_owner_only_and_nothing_is_left_beside_it(loaded: Project) -> None:
    keep(loaded, loaded.sources["warehouse"], (USERS,), 5.0)
    assert stat.S_IMODE(file_of(loaded).stat().st_mode) == 0o600
    assert stat.S_IMODE(file_of(loaded).parent.stat().st_mode) == 0o700
    assert list(file_of(loaded).parent.iterdir()) == [file_of(loaded)]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b'{"version": 2}',
        b'{"version": 1, "tables": 3}',
        b"\xff\xfe",
        b"[" * 5000,
        b'{"version": "x"}',
    ],
)
def test_a_damaged_or_newer_file_is_as_if_it_were_not_there(loaded: Project, text: bytes) -> None:
    keep(loaded, loaded.sources["warehouse"], (USERS,), 5.0)
    file_of(loaded).write_bytes(text)
    assert kept(loaded, loaded.sources["warehouse"]) is None
    assert lint("SELECT nope FROM users", context_of(loaded, sync=loaded.syncs["users"]))


def test_another_database_or_user_makes_it_stale_and_a_timeout_does_not(project: ProjectFolder) -> None:
    settings = {"type": "postgres", "host": "h", "database": "d", "user": "u"}
    project.write("sources/pg.toml", settings)
    first = projects.load(project.folder)
    keep(first, first.sources["pg"], (USERS,), 5.0)
    for changed, expected in [
        ({"statement_timeout": 9}, True),
        ({"database": "e"}, False),
        ({"user": "v"}, False),
        ({}, True),
    ]:
        project.write("sources/pg.toml", settings | changed)
        again = projects.load(project.folder)
        assert (kept(again, again.sources["pg"]) is not None) is expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"type": "postgres", "host": "h", "database": "d", "user": "u"}, ("public", "d")),
        ({"type": "redshift", "host": "h", "database": "d", "user": "main"}, ("main", "d")),
        ({"type": "bigquery", "project": "p", "dataset": "s"}, ("s", "p")),
        (
            {
                "type": "snowflake",
                "account": "a-b",
                "user": "u",
                "role": "r",
                "warehouse": "w",
                "database": "analytics",
                "schema": '"Mixed"',
            },
            ("Mixed", "ANALYTICS"),
        ),
    ],
)
def test_the_schema_and_the_database_are_those_of_the_source(
    project: ProjectFolder, settings: dict[str, str], expected: tuple[str, str]
) -> None:
    project.write("sources/one.toml", settings)
    loaded = projects.load(project.folder)
    keep(loaded, loaded.sources["one"], (USERS,), 5.0)
    found = kept(loaded, loaded.sources["one"])
    assert found is not None
    assert (found.schema, found.database) == expected


def test_a_state_folder_that_cannot_be_written_is_no_error(loaded: Project) -> None:
    loaded.state.write_text("a file, where the folder should be")
    assert not keep(loaded, loaded.sources["warehouse"], (USERS,), 5.0)
    assert kept(loaded, loaded.sources["warehouse"]) is None


def test_a_sync_has_the_context_of_its_files(loaded: Project, project: ProjectFolder) -> None:
    project.write("destinations/seg.toml", {"type": "segment", "profile": "sql-traits", "url": "http://127.0.0.1:1/v1"})
    project.write("destinations/cio.toml", {"type": "customerio", "limits": {"columns": 7}})
    project.sync("companies", "SELECT 1", call="group", to=["seg", "cio"], columns={"x": "groupId"})
    again = projects.load(project.folder)
    context = context_of(again, sync=again.syncs["companies"])
    assert (context.dialect, context.call, context.columns) == ("duckdb", CallType.GROUP, {"x": "groupId"})
    assert context.receivers == (
        Receiver(name="seg", type="segment", columns=25, group_needs_user=True),
        Receiver(name="cio", type="customerio", columns=7, semantic_events=True),
    )
    assert context.pace == Pace(every=43_200)
    assert [each.name for each in context.neighbours] == ["users"]


def test_what_is_given_goes_before_what_the_files_say(loaded: Project) -> None:
    keep(loaded, loaded.sources["warehouse"], (USERS,), 5.0)
    context = context_of(loaded, sync=loaded.syncs["users"], call=CallType.TRACK, columns={}, dialect="snowflake")
    assert (context.dialect, context.call, context.catalogue) == ("snowflake", CallType.TRACK, None)


@pytest.mark.parametrize("dialect", ["", "oracle"])
def test_a_text_needs_a_dialect_that_is_known(dialect: str) -> None:
    with pytest.raises(UsageError, match="dialect"):
        context_of(dialect=dialect)


@pytest.mark.parametrize(
    ("schedule", "every"),
    [("every 5 minutes", 300), ("daily at 06:30", 86_400), ("cron 0 6 * * 1-5", 86_400), ("manual", None)],
)
def test_the_pace_is_that_of_the_schedule(project: ProjectFolder, schedule: str, every: float | None) -> None:
    project.duckdb()
    project.sync("users", "SELECT 1", to=[], schedule=schedule)
    loaded = projects.load(project.folder)
    pace = context_of(loaded, sync=loaded.syncs["users"]).pace
    assert (pace.every if pace else None) == every


def test_the_last_run_that_succeeded_gives_seconds_and_rows(loaded: Project, project: ProjectFolder) -> None:
    project.duckdb("INSERT INTO users VALUES (1, 'a'), (2, 'b')")
    assert not loaded.state.exists()
    assert context_of(loaded, sync=loaded.syncs["users"]).pace == Pace(every=3600)
    assert not loaded.state.exists()
    assert project.run("run", "users").code == 0
    pace = context_of(loaded, sync=loaded.syncs["users"]).pace
    assert pace is not None
    assert pace.rows == 2
    assert pace.took is not None
    assert 0 < pace.took < 60
    (loaded.state / "store.sqlite").write_bytes(b"nonsense")
    assert context_of(loaded, sync=loaded.syncs["users"]).pace == Pace(every=3600)


def test_a_store_that_someone_writes_can_be_glanced_at(loaded: Project, project: ProjectFolder) -> None:
    assert project.run("run", "users").code == 0
    with Store(loaded.state) as store, store.transaction():
        store.do("keep_setting", name="x", value="y")
        pace = context_of(loaded, sync=loaded.syncs["users"]).pace
        assert pace is not None
        assert pace.rows == 0


def test_a_neighbour_tells_the_kinds_of_its_ids_and_the_tables_of_its_traits(
    loaded: Project, project: ProjectFolder
) -> None:
    query = (
        "WITH recent AS (SELECT id AS who, plan FROM users) SELECT r.who AS userId, r.plan || o.x AS plan, "
        "o.total AS total FROM recent r JOIN shop.orders o ON o.id = r.who"
    )
    project.sync("orders", query, to=["files"])
    again = projects.load(project.folder)
    (without,) = context_of(again, sync=again.syncs["users"]).neighbours
    assert without.ids == {}
    assert without.traits == {"plan": {"users", "shop.orders"}, "total": {"shop.orders"}}
    keep(again, again.sources["warehouse"], (USERS,), 5.0)
    (neighbour,) = context_of(again, sync=again.syncs["users"]).neighbours
    assert (neighbour.name, neighbour.call, neighbour.destinations) == ("orders", CallType.IDENTIFY, ("files",))
    assert neighbour.ids == {"userId": Kind.INTEGER}
    assert neighbour.traits == {"plan": {"main.users", "shop.orders"}, "total": {"shop.orders"}}


@pytest.mark.parametrize("query", ["", "SELECT", "SELEC x", "SELECT * FROM users", "SELECT 1; SELECT 2", "((("])
def test_a_neighbour_that_cannot_be_read_says_nothing(loaded: Project, project: ProjectFolder, query: str) -> None:
    project.sync("broken", query, to=["files"])
    again = projects.load(project.folder)
    (neighbour,) = context_of(again, sync=again.syncs["users"]).neighbours
    assert (neighbour.ids, neighbour.traits) == ({}, {})


def test_a_hundred_syncs_that_did_not_change_cost_nothing(loaded: Project, project: ProjectFolder) -> None:
    for number in range(100):
        project.sync(f"s{number}", f'SELECT id AS "userId", plan AS p{number} FROM users', to=["files"])
    again = projects.load(project.folder)
    assert len(context_of(again, sync=again.syncs["users"]).neighbours) == 100
    for _ in range(20):
        context_of(again, sync=again.syncs["users"])


def test_a_project_is_read_again_only_where_a_file_changed(loaded: Project, project: ProjectFolder) -> None:
    assert current(project.folder) is not current(project.folder)  # just written: its stamps cannot be trusted yet
    long_ago = time.time() - 60
    for file in project.folder.rglob("*.[ts][oq][ml]*"):
        os.utime(file, (long_ago, long_ago))
    first = current(project.folder)
    assert current(project.folder) is first
    project.write("syncs/users.sql", "SELECT 2")
    assert current(project.folder).syncs["users"].query == "SELECT 2"
    os.utime(project.folder / "syncs/users.sql", (long_ago + 1, long_ago + 1))
    assert current(project.folder).syncs["users"].query == "SELECT 2"
    (project.folder / "syncs/users.toml").unlink()
    assert current(project.folder).syncs == {}


def test_lint_reads_a_catalogue_when_asked_and_keeps_it(loaded: Project, project: ProjectFolder) -> None:
    project.sync("wrong", 'SELECT id AS "userId", plann AS plan FROM users', to=["files"])
    assert "unknown-column" not in project.run("lint", "wrong").out
    assert "unknown-column" in project.run("lint", "wrong", "--read-catalogue").out
    assert "unknown-column" in project.run("lint", "wrong").out
    assert [table["name"] for table in json.loads(file_of(loaded).read_bytes())["tables"]] == ["users"]
