"""What is special about Customer.io: strict mode, its batches of 100, people by email, and its own deletes."""

from __future__ import annotations

import pytest

from tests.projects import QUICK, ProjectFolder
from tests.servers.receiving import Receiver


@pytest.fixture
def people(project: ProjectFolder, receiver: Receiver) -> ProjectFolder:
    """A project with a table `people (id, email)` of five rows."""
    project.duckdb(
        "CREATE TABLE people AS SELECT 'u' || i AS id, 'u' || i || '@example.com' AS email FROM range(5) t(i)"
    )
    project.customerio(receiver.url)
    return project


QUERY = 'SELECT id AS "userId", email FROM people'


def test_strict_mode_is_on_unless_the_file_says_otherwise(people: ProjectFolder, receiver: Receiver) -> None:
    people.query("people", QUERY, to=["cio"])
    people.write("destinations/cio.toml", {"type": "customerio", "url": receiver.url, "strict": False, "limits": QUICK})
    people.duckdb("UPDATE people SET email = 'new@example.com' WHERE id = 'u1'")
    assert people.run("run", "people").code == 0
    first, second = receiver.records()
    assert first.headers["x-strict-mode"] == "1"
    assert "x-strict-mode" not in second.headers


def test_batches_hold_a_hundred_calls_as_those_of_its_own_clients(project: ProjectFolder, receiver: Receiver) -> None:
    project.duckdb()
    project.customerio(receiver.url)
    assert project.query("people", 'SELECT i AS "userId", 1 AS n FROM range(250) t(i)', to=["cio"]).code == 0
    assert sorted(len(record.calls) for record in receiver.records()) == [50, 100, 100]


def test_aliases_travel_in_batches(project: ProjectFolder, receiver: Receiver) -> None:
    project.duckdb()
    project.customerio(receiver.url)
    alias = "SELECT 'web-' || i AS \"previousId\", 'u' || i AS \"userId\" FROM range(7) t(i)"
    assert project.query("merged", alias, call="alias", to=["cio"]).code == 0
    assert [record.path for record in receiver.records()] == ["/v1/batch"]


def test_a_person_may_be_known_by_email_alone(people: ProjectFolder, receiver: Receiver) -> None:
    assert people.query("people", "SELECT email, 1 AS n FROM people", to=["cio"]).code == 0
    assert all("userId" not in call and call["traits"]["email"] for call in receiver.calls())


def test_a_group_may_have_no_person(project: ProjectFolder, receiver: Receiver) -> None:
    project.duckdb()
    project.customerio(receiver.url)
    query = "SELECT 'c1' AS \"groupId\", 'Acme' AS name, 2 AS \"objectTypeId\""
    assert project.query("companies", query, call="group", to=["cio"]).code == 0
    (call,) = receiver.calls()
    assert call["traits"] == {"name": "Acme", "objectTypeId": "2"}


def test_a_person_who_is_gone_is_deleted_by_its_own_event_once_all_else_was_taken(
    people: ProjectFolder, receiver: Receiver
) -> None:
    assert people.query("people", QUERY, to=["cio"], removed="delete").code == 0
    receiver.clear()
    people.duckdb("DELETE FROM people WHERE id = 'u3'", "UPDATE people SET email = 'x@example.com' WHERE id = 'u1'")
    assert people.run("run", "people").code == 0
    update, delete = receiver.calls()
    assert update["userId"] == "u1"
    assert delete.pop("messageId")
    assert delete == {"type": "track", "userId": "u3", "event": "User Deleted", "properties": {}}
    receiver.clear()
    assert people.run("run", "people").code == 0
    assert receiver.calls() == []


def test_a_person_who_left_a_company_loses_the_relationship_and_the_company_stays(
    project: ProjectFolder, receiver: Receiver
) -> None:
    project.duckdb("CREATE TABLE members AS SELECT 'c1' AS company, 'u' || i AS person FROM range(4) t(i)")
    project.customerio(receiver.url)
    query = 'SELECT company AS "groupId", person AS "userId", \'Acme\' AS name, 2 AS "objectTypeId" FROM members'
    assert project.query("members", query, call="group", to=["cio"], removed="delete").code == 0
    receiver.clear()
    project.duckdb("DELETE FROM members WHERE person = 'u2'")
    assert project.run("run", "members").code == 0
    (call,) = receiver.calls()
    assert call.pop("messageId")
    assert call == {
        "type": "track",
        "userId": "u2",
        "event": "Relationship Deleted",
        "properties": {"objectId": "c1", "objectTypeId": "2"},
    }


def test_events_that_are_gone_cannot_be_deleted(project: ProjectFolder, receiver: Receiver) -> None:
    project.duckdb()
    project.customerio(receiver.url)
    query = "SELECT 'u1' AS \"userId\", 'Seen' AS event"
    done = project.query("events", query, call="track", to=["cio"], removed="delete")
    assert done.code == 2
    assert "no way to delete" in done.err
    assert receiver.count()["requests"] == 0


def test_two_destinations_of_a_sync_get_the_same_rows_each_in_its_own_way(
    people: ProjectFolder, receiver: Receiver
) -> None:
    people.segment(receiver.url)
    people.file()
    assert people.query("people", QUERY, to=["cio", "seg", "files"]).code == 0
    strict = {record.headers.get("x-strict-mode") for record in receiver.records()}
    assert strict == {None, "1"}
    ids = [call["messageId"] for call in receiver.calls() + people.delivered("people")]
    assert len(set(ids)) == len(ids) == 15


def test_a_semantic_event_that_lacks_something_is_refused_before_it_is_sent(
    project: ProjectFolder, receiver: Receiver
) -> None:
    project.duckdb()
    project.customerio(receiver.url)
    project.segment(receiver.url)
    query = """
        SELECT 'u1' AS "userId", 'Device Deleted' AS event, 't1' AS "context.device.token" UNION ALL
        SELECT 'u2', 'Device Deleted', NULL UNION ALL SELECT 'u3', 'Seen', NULL
    """
    done = project.query("devices", query, call="track", to=["cio"])
    assert done.code == 1
    assert sorted(call["userId"] for call in receiver.calls()) == ["u1", "u3"]
    listed = project.run("rejected", "devices", "--json").out
    assert "the semantic event Device Deleted needs a context.device.token" in listed
    preview = project.run("preview", "devices", "--json").out
    assert "needs a context.device.token" in preview
    receiver.clear()
    assert project.query("devices", query, call="track", to=["seg"]).code == 0
    assert len(receiver.calls()) == 3
