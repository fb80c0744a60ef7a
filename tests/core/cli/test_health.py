"""`backhaul alerts` and `backhaul status --probe`, as a person, a program and a monitoring probe see them."""

from __future__ import annotations

import os
import re
import socket
import time
from pathlib import Path

import pytest

from core.state.folder import StateFolder
from tests.projects import ProjectFolder, backhaul
from tests.servers.receiving import Receiver

PEOPLE = 'SELECT id AS "userId", n FROM people'


@pytest.fixture
def people(project: ProjectFolder) -> ProjectFolder:
    """A sync `people` that has run, to a file."""
    project.duckdb("CREATE TABLE people AS SELECT 'u' || i AS id, i AS n FROM range(20) t(i)")
    project.file()
    project.sync("people", PEOPLE, to=["files"])
    assert project.run("run", "people").code == 0
    return project


def alerts(project: ProjectFolder, tables: str) -> None:
    project.write("backhaul.toml", f'name = "tests"\nsecrets.from = "environment"\n{tables}')


def a_daemon(project: ProjectFolder, **values: object) -> None:
    from core import project as projects

    given = {"process": os.getpid(), "host": socket.gethostname(), "version": "1", "now": time.time(), "workers": 2}
    with StateFolder(projects.load(project.folder)).store() as store:
        store.do("begin_daemon", **given | values)


def test_the_alerts_of_a_project_are_listed_with_when_each_last_told(
    people: ProjectFolder, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No alert yet. Add one to backhaul.toml, such as [alerts.team]" in people.run("alerts").out
    monkeypatch.setenv("BACKHAUL_ALERTS_TEAM_URL", f"http://127.0.0.1:{receiver.port}/T0PSECRETTOKEN")
    alerts(
        people,
        '[alerts.team]\nto = "webhook"\non = ["failure", "rejected", "freshness"]\nafter = 2\nfresh_within = "2 hours"\n'
        '[alerts.page]\nto = "command"\ncommand = ["false"]\nsyncs = ["people"]',
    )
    done = people.run("alerts")
    assert re.search(
        r"· ready +team +webhook \(json\) +2 failures, rejected > 5%, no success in 2 hours +all +never", done.out
    )
    assert people.run("alerts", "test", "team").out == "✓ team: 127.0.0.1 answered 200.\n"
    failed = people.run("alerts", "test", "page")
    assert (failed.code, failed.out) == (1, "✗ page: The command ended with 1.\n")
    listed = people.run("alerts").out
    assert re.search(r"✓ sent +team .* (now|\ds) ago +0", listed)
    assert re.search(
        r"✗ 1 time not sent +page +command false +failure, recovery, freshness, project +people +never", listed
    )
    assert "✗ page: The command ended with 1." in listed
    assert "! The daemon is not running: no alert is sent until `backhaul daemon` runs." in listed
    a_daemon(people)
    assert "No daemon runs" not in people.run("alerts").out
    found = people.run("alerts", "--json").json
    assert [(each["name"], each["failures"], each["problem"]) for each in found] == [
        ("team", 0, None),
        ("page", 1, "The command ended with 1."),
    ]
    (record,) = receiver.records()
    assert record.json["notices"][0]["says"].startswith("This is a test of the alert team.")
    assert record.json["notices"][0]["news"] == "test"
    assert "T0PSECRETTOKEN" not in listed


def test_a_webhook_without_its_address_says_how_to_set_it(people: ProjectFolder) -> None:
    alerts(people, '[alerts.team]\nto = "webhook"')
    done = people.run("alerts", "test", "team", "--json")
    assert done.code == 1
    assert done.json["said"] == (
        "There is no secret alerts/team.url. Set BACKHAUL_ALERTS_TEAM_URL in the environment that Backhaul runs in."
    )
    assert "✗  alerts/team.url  Address of the webhook" in people.run("secret", "list").out
    assert people.run("alerts", "test", "tema").code == 2


def test_the_status_says_whether_a_daemon_runs(people: ProjectFolder) -> None:
    found = people.run("status", "--json").json
    assert found["daemon"] is None
    assert {"failures": 0, "retry": None, "skipped": 0}.items() <= found["syncs"][0].items()
    a_daemon(people)
    assert people.run("status", "--json").json["daemon"]["state"] == "running"


def test_a_probe_says_in_one_line_whether_all_is_well(people: ProjectFolder) -> None:
    done = people.run("status", "--probe")
    assert (done.code, done.out) == (1, "BACKHAUL CRITICAL - no daemon runs | failing=0 stale=0 broken=0\n")
    done = people.run("status", "--probe", "--no-daemon")
    assert (done.code, done.out) == (0, "BACKHAUL OK - 1 sync is well | failing=0 stale=0 broken=0\n")
    a_daemon(people)
    done = people.run("status", "--probe")
    assert (done.code, done.out) == (0, "BACKHAUL OK - 1 sync is well, the daemon runs | failing=0 stale=0 broken=0\n")
    a_daemon(people, now=time.time() - 300)
    assert "the daemon does not respond" in people.run("status", "--probe").out


def test_a_probe_names_what_fails_what_is_stale_and_what_is_broken(people: ProjectFolder) -> None:
    people.sync("orders", 'SELECT x AS "userId", 1 AS n FROM nowhere', to=["files"])
    people.sync("off", 'SELECT x AS "userId", 1 AS n FROM nowhere', to=["files"])
    for _ in range(2):
        people.run("run", "orders", "off")
    people.sync("off", 'SELECT x AS "userId", 1 AS n FROM nowhere', to=["files"], enabled=False)
    people.write("syncs/leads.toml", 'source = "warehouse"\ncal = "identify"\n')
    time.sleep(1.1)
    done = people.run("status", "--probe", "--no-daemon", "--stale", "1 second")
    assert done.code == 1
    assert re.fullmatch(
        r"BACKHAUL CRITICAL - orders failed \(2 in a row\); people has not succeeded for \d+\.\d s;"
        r" syncs/leads.toml is broken \| failing=1 stale=1 broken=1\n",
        done.out,
    )
    found = people.run("status", "--probe", "--no-daemon", "--json")
    assert (found.code, found.json["healthy"], found.json["failing"]) == (1, False, 1)


def test_a_probe_answers_in_its_line_where_nothing_can_be_read(tmp_path: Path, people: ProjectFolder) -> None:
    done = backhaul("status", "--probe", folder=tmp_path)
    assert done.code == 1
    assert done.out == "BACKHAUL CRITICAL - There is no Backhaul project in this folder.\n"
    (people.folder / ".backhaul" / "store.sqlite").write_bytes(b"no store" * 1000)
    (people.folder / ".backhaul" / "store.sqlite-wal").unlink(missing_ok=True)
    done = people.run("status", "--probe")
    assert done.code == 1
    assert done.out.startswith("BACKHAUL CRITICAL - ")
    assert done.out.count("\n") == 1


@pytest.mark.parametrize("words", [("--stale", "1 hour"), ("--no-daemon",), ("--probe", "--stale", "soon")])
def test_a_probe_that_is_called_in_a_way_that_cannot_work_says_so(
    people: ProjectFolder, words: tuple[str, ...]
) -> None:
    assert people.run("status", *words).code == 2
