"""What is special about RudderStack: a data plane of one's own, and one call without an id that fails its whole batch."""

from __future__ import annotations

import base64

import pytest

from tests.core.destinations.harness import HARNESSES
from tests.projects import SECRETS, ProjectFolder
from tests.servers.receiving import Receiver

PEOPLE = "SELECT 'u' || i AS \"userId\", 1 AS n FROM range(10) t(i)"


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/"])
def test_the_data_planes_address_may_name_the_version_or_not(ending: str) -> None:
    assert HARNESSES["rudderstack"].plugin(url=f"https://acme.example{ending}").host == "https://acme.example/v1"


def test_calls_arrive_with_the_write_key_as_user(project: ProjectFolder, receiver: Receiver) -> None:
    project.duckdb()
    project.rudderstack(receiver.url.removesuffix("/v1"))
    assert project.query("people", PEOPLE, to=["rud"]).code == 0
    (record,) = receiver.records()
    assert record.path == "/v1/batch"
    key = base64.b64decode(record.headers["authorization"].removeprefix("Basic ")).decode()
    assert key == SECRETS["BACKHAUL_DESTINATIONS_RUD_WRITE_KEY"] + ":"
    assert len(record.calls) == 10


def test_a_file_without_the_data_planes_address_says_where_to_find_it(project: ProjectFolder) -> None:
    project.duckdb()
    project.write("destinations/rud.toml", {"type": "rudderstack"})
    done = project.query("people", PEOPLE, to=["rud"])
    assert done.code == 2
    assert "lacks the key" in done.err
    check = project.run("check", "rud")
    assert "Add the address of your data plane" in check.out + check.err


def test_a_source_that_is_switched_off_pauses_the_delivery(project: ProjectFolder, receiver: Receiver) -> None:
    project.duckdb()
    project.rudderstack(receiver.url)
    receiver.behave({"status": 404, "body": "Source is disabled"})
    done = project.query("people", PEOPLE, to=["rud"])
    assert done.code == 1
    assert "rud does not take calls at this address: 404 Source is disabled" in done.err
    assert len(receiver.records(taken=False)) == 1


@pytest.mark.parametrize("status", [429, 503, 504])
def test_what_is_for_later_is_sent_again(project: ProjectFolder, receiver: Receiver, status: int) -> None:
    project.duckdb()
    project.rudderstack(receiver.url)
    receiver.behave({"status": status})
    assert project.query("people", PEOPLE, to=["rud"]).code == 0
    first, second = receiver.records(taken=False)
    assert (first.status, first.body) == (status, second.body)


def test_a_batch_that_one_call_fails_is_halved_down_to_that_call(project: ProjectFolder, receiver: Receiver) -> None:
    project.duckdb()
    project.rudderstack(receiver.url)
    receiver.refuse('"u6"', body="Request neither has anonymousId nor userId")
    assert project.query("people", PEOPLE, to=["rud"]).code == 1
    assert sorted(call["userId"] for call in receiver.calls()) == [f"u{number}" for number in range(10) if number != 6]
    assert "neither has anonymousId nor userId" in project.run("rejected", "people", "--json").out


def test_people_by_email_alone_and_groups_without_a_person_are_refused_before_anything_is_sent(
    project: ProjectFolder, receiver: Receiver
) -> None:
    project.duckdb()
    project.rudderstack(receiver.url)
    by_email = project.query("people", "SELECT 'a@example.com' AS email, 1 AS n", to=["rud"])
    assert (by_email.code, "email alone does not identify" in by_email.err) == (2, True)
    group = project.query("companies", "SELECT 'c1' AS \"groupId\", 1 AS n", call="group", to=["rud"])
    assert (group.code, "userId or an anonymousId" in group.err) == (2, True)
    gone = project.query("gone", PEOPLE, to=["rud"], removed="delete")
    assert (gone.code, "no way to delete" in gone.err) == (2, True)
    assert receiver.count()["requests"] == 0
