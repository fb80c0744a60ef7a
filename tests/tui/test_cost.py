"""What a query reads and costs, on the plan's page and above a preview's rows: before the query ends, and after it."""

from __future__ import annotations

import pytest

from tests.core.warehouses.harness import bigquery_file
from tests.projects import ProjectFolder
from tests.servers.bigquery.stand_in import Dataset
from tests.tui.harness import screen_text, until
from tui.app import Console

SAID = "The query reads 1.2 GB, about $0.007."
QUERY = "SELECT userId, email FROM people"
ENDLESS = "SELECT userId, n FROM people, UNNEST(GENERATE_ARRAY(1, 1000000000)) AS n"
SIZES = [(80, 24), pytest.param((160, 45), marks=pytest.mark.slow)]


@pytest.fixture
def people(project: ProjectFolder, bigquery_dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> ProjectFolder:
    """A project with a sync `people` from BigQuery, whose query reads 1.2 GB."""
    bigquery_dataset.execute("CREATE TABLE people AS SELECT 'u_1' AS userId, 'a@example.com' AS email")
    bigquery_dataset.set_account(bytes_processed=1_200_000_000)
    project.write("sources/lake.toml", bigquery_file(bigquery_dataset))
    monkeypatch.setenv("BACKHAUL_SOURCES_LAKE_SERVICE_ACCOUNT", bigquery_dataset.key_file())
    project.file()
    project.sync("people", QUERY, source="lake", to=["files"])
    return project


@pytest.mark.parametrize("size", SIZES)
async def test_a_plan_says_it_while_the_query_runs_and_then(people: ProjectFolder, size: tuple[int, int]) -> None:
    people.sync("people", ENDLESS, source="lake", to=["files"])
    app = Console(people.folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "people → files")
        app.act("home.plan", "people")
        await until(pilot, SAID)
        assert "the query runs" in screen_text(app)
        await pilot.press("escape")  # it leaves no page whose query is running, and stops nothing
        await until(pilot, "^C stops it")
        assert app.said[-1][2] == "The query is running; ^C stops it."
        await pilot.press("ctrl+c")
        await until(pilot, "Stopped.")
        await pilot.press("escape")
        await until(pilot, "people → files")
        people.sync("people", QUERY, source="lake", to=["files"])
        app.act("home.plan", "people")
        await until(pilot, "a@example.com")
        shown = [line.strip() for line in screen_text(app).split("\n")]
        bill = next(place for place, line in enumerate(shown) if "The query took" in line)
        assert shown[bill + 1].startswith(SAID)
        assert screen_text(app).count("reads 1.2 GB") == 1


@pytest.mark.parametrize("size", SIZES)
async def test_a_preview_says_it_while_the_query_runs_and_above_its_rows(
    people: ProjectFolder, size: tuple[int, int]
) -> None:
    people.sync("people", ENDLESS, source="lake", to=["files"])
    app = Console(people.folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "people → files")
        app.act("home.edit", "people")
        await until(pilot, "GENERATE_ARRAY")
        await pilot.press("ctrl+r")
        await until(pilot, SAID)
        assert "stops it" in screen_text(app)
        await pilot.press("ctrl+c")
        await until(pilot, "Stopped")
        people.sync("people", QUERY, source="lake", to=["files"])
        await until(pilot, "SELECT userId, email FROM people")
        await pilot.press("ctrl+r")
        await until(pilot, "a@example.com")
        assert screen_text(app).count(SAID) == 1


async def test_a_plan_beyond_the_limit_says_both_what_it_would_read_and_that_it_did_not(
    people: ProjectFolder, bigquery_dataset: Dataset
) -> None:
    people.write("sources/lake.toml", {**bigquery_file(bigquery_dataset), "maximum_bytes_billed": 1_000_000_000})
    app = Console(people.folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, "people → files")
        app.act("home.plan", "people")
        await until(pilot, "would be billed for 1.2 GB")
        text = " ".join(screen_text(app).split())
        assert SAID in text
        assert "allows 1.0 GB. It was not run and costs nothing." in text
        assert "set maximum_bytes_billed = 1200000000 or more." in text
