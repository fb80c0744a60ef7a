"""What a query reads and costs, from BigQuery: told by plan, preview and run before it runs, and kept with the run."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from core import project as projects
from core.errors import CancelledError
from core.model import Bill, Estimate
from core.preview.first_rows import preview_sync
from core.preview.plan import plan_sync
from core.reports.history import runs
from core.state.cancellation import Stopping
from core.state.folder import StateFolder
from core.sync.progress import events
from core.sync.progress.reducer import fold
from core.sync.progress.run_progress import as_json, from_json
from tests.core.sync.workshop import Workshop, lines
from tests.core.warehouses.harness import bigquery_file
from tests.projects import ProjectFolder
from tests.servers.bigquery.stand_in import Dataset
from tests.servers.receiving import Receiver
from tui.logs import read_log

READS = 1_200_000_000
DOLLARS = READS / 2**40 * 6.25
ESTIMATE: Any = {"bytes": READS, "dollars": DOLLARS, "certainty": "about"}
BILL: Any = {"read": READS, "billed": READS, "dollars": DOLLARS}
SAID = "The query reads 1.2 GB, about $0.007."
QUERY = "SELECT CAST(id AS STRING) AS userId, email FROM people"
ENDLESS = "SELECT CAST(id AS STRING) AS userId, n FROM people, UNNEST(GENERATE_ARRAY(1, 1000000000)) AS n"


@pytest.fixture
def dataset(bigquery_dataset: Dataset) -> Dataset:
    """A dataset whose queries read 1.2 GB each."""
    bigquery_dataset.execute(
        "CREATE TABLE people (id INT64, email STRING)",
        "INSERT INTO people VALUES (1, 'a@example.com'), (2, 'b@example.com')",
    )
    bigquery_dataset.set_account(bytes_processed=READS)
    bigquery_dataset.server.ask("seen")
    return bigquery_dataset


@pytest.fixture
def people(
    project: ProjectFolder, dataset: Dataset, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> ProjectFolder:
    """A project with a sync `people` from the dataset to `seg`."""
    project.write("sources/lake.toml", bigquery_file(dataset))
    monkeypatch.setenv("BACKHAUL_SOURCES_LAKE_SERVICE_ACCOUNT", dataset.key_file())
    project.segment(receiver.url)
    project.sync("people", QUERY, source="lake")
    return project


@pytest.fixture
def lake(workshop: Workshop, dataset: Dataset) -> Workshop:
    """A workshop with a sync `people` from the dataset."""
    projects.write_file(workshop.folder / "sources" / "lake.toml", bigquery_file(dataset))
    workshop.secrets["sources/lake.service_account"] = dataset.key_file()
    workshop.sync(QUERY, source="lake")
    return workshop


def queries(dataset: Dataset) -> list[str]:
    """Return the statements on tables that were run, and not only described, since the last look."""
    return [job["sql"] for job in dataset.server.ask("seen") if not job["dry_run"] and "FROM" in job["sql"]]


def limited(project: ProjectFolder, dataset: Dataset) -> None:
    project.write("sources/lake.toml", {**bigquery_file(dataset), "maximum_bytes_billed": READS - 1})


@pytest.mark.parametrize("words", [("plan", "people"), ("plan", "people", "--markdown"), ("preview", "people")])
def test_plan_and_preview_say_it_before_anything_else(people: ProjectFolder, words: tuple[str, ...]) -> None:
    done = people.run(*words)
    assert (done.code, done.err) == (0, "")
    assert done.out.split("\n")[0] == SAID
    assert done.out.count("reads 1.2 GB") == 1


def test_programs_find_it_in_the_document_of_each_destination(people: ProjectFolder) -> None:
    (delivery,) = people.run("plan", "people", "--json").json
    assert delivery["estimate"] == ESTIMATE
    assert people.run("preview", "people", "--json").json["estimate"] == ESTIMATE


@pytest.mark.parametrize("words", [("plan", "people"), ("preview", "people")])
def test_a_query_beyond_the_limit_is_not_run_and_its_price_is_said(
    people: ProjectFolder, dataset: Dataset, words: tuple[str, ...]
) -> None:
    limited(people, dataset)
    done = people.run(*words)
    assert done.code == 1
    assert done.out.strip() == SAID
    assert "The query would be billed for 1.2 GB, about $0.007; `maximum_bytes_billed` in the source's file" in done.err
    assert "It was not run and costs nothing." in done.err
    assert f"set maximum_bytes_billed = {READS} or more" in done.err
    assert queries(dataset) == []


@pytest.mark.parametrize("ask", [plan_sync, preview_sync])
def test_it_is_told_before_the_query_ends(lake: Workshop, dataset: Dataset, ask: Callable[..., object]) -> None:
    lake.sync(ENDLESS, source="lake")
    stopping, told = Stopping(), []

    def stop_soon(estimate: Estimate) -> None:
        told.append(estimate)
        threading.Timer(1.0, stopping.stop).start()

    with pytest.raises(CancelledError):
        ask(lake.load(), lake.the_sync(), lake.secret, stopping=stopping, estimated=stop_soon)
    assert told == [Estimate(**ESTIMATE)]
    assert len(queries(dataset)) == 1


def test_the_estimate_is_of_the_window_that_the_run_will_read(lake: Workshop, dataset: Dataset) -> None:
    lake.sync(f"{QUERY} WHERE id > {{{{last_sync_time}}}} - 4000000000", source="lake", lookback="0 minutes")
    assert lake.run().acknowledged == 2
    bound = lake.last_sync_time()
    assert bound > 0
    dataset.server.ask("seen")
    lake.run()
    described = [job["sql"] for job in dataset.server.ask("seen") if job["dry_run"]]
    assert sum(str(bound) in sql for sql in described) == 2


def test_a_run_tells_logs_and_keeps_what_its_query_was_to_cost_and_did(lake: Workshop) -> None:
    outcome = lake.run()
    assert outcome.state == "succeeded", outcome.ended.error
    kinds = [event.kind for event in outcome.events if event.kind != "querying"]
    assert kinds[:4] == ["started", "estimated", "billed", "queried"]
    log = StateFolder(lake.load()).log(outcome.ended.run)
    told = {line["event"]: line for line in lines(log)}
    assert told["estimated"]["estimate"] == ESTIMATE
    assert told["billed"]["bill"] == BILL
    texts = [line.text for line in read_log(log).lines]
    assert "the query reads 1.2 GB, about $0.007" in texts
    assert "the query read 1.2 GB, billed for 1.2 GB, about $0.007" in texts
    with lake.store() as store:
        (found,) = runs(store)
    assert found.progress is not None
    assert (found.progress.estimate, found.progress.bill) == (Estimate(**ESTIMATE), Bill(**BILL))


def test_run_and_show_say_it_to_a_person(people: ProjectFolder) -> None:
    done = people.run("run", "people")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(
        "people: the query reads 1.2 GB, about $0.007\npeople: the query read 1.2 GB, billed for 1.2 GB, about $0.007\n"
    )
    (run,) = people.run("runs", "--json").json
    assert "The query read 1.2 GB, billed for 1.2 GB, about $0.007." in people.run("show", run["id"]).out
    assert people.run("show", run["id"], "--json").json["progress"]["bill"] == BILL


def test_a_run_that_fails_while_it_reads_was_paid_all_the_same(lake: Workshop, dataset: Dataset) -> None:
    lake.destination("seg", type="segment", url=lake.receiver.url, limits={"rows": 1})
    outcome = lake.run()
    assert outcome.state == "failed"
    assert "more than 1 rows" in outcome.ended.error
    assert [event.bill.billed for event in outcome.of(events.Billed)] == [READS]


def test_a_run_beyond_the_limit_has_an_estimate_and_no_bill(people: ProjectFolder, dataset: Dataset) -> None:
    limited(people, dataset)
    told = [line["event"] for line in people.run("run", "people", "--json").lines]
    assert [kind for kind in told if kind != "querying"] == ["started", "estimated", "ended"]
    assert queries(dataset) == []


def test_a_warehouse_that_does_not_tell_is_not_spoken_for(workshop: Workshop) -> None:
    workshop.people(3)
    workshop.sync()
    outcome = workshop.run()
    assert {event.kind for event in outcome.events}.isdisjoint({"estimated", "billed"})
    (row,) = workshop.rows("runs_of_sync", sync=None, limit=9)
    assert not {"estimate", "bill"} & set(json.loads(row["progress"]))
    (planned,) = plan_sync(workshop.load(), workshop.the_sync(), workshop.secret)
    assert planned.estimate is None


def test_documents_of_older_and_of_this_backhaul_are_read() -> None:
    of = {"run": "r1", "sync": "people"}
    begun = fold(None, events.Started(**of, cause="command"), 100.0)
    old = json.loads(as_json(begun))
    assert not {"estimate", "bill"} & set(old)
    assert from_json(json.dumps(old)) == begun
    whole = fold(begun, events.Estimated(**of, estimate=Estimate(**ESTIMATE)), 101.0)
    assert from_json(as_json(whole)) == whole
    for wrong in ({"bytes": 1}, {**ESTIMATE, "bytes": "many"}, {**ESTIMATE, "more": 1}, 7):
        assert from_json(json.dumps(old | {"estimate": wrong})) is None
