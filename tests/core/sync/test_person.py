"""What is known of a person: the project's ledgers, and destinations that can be asked, played by a server on loopback."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from core.reports.person import known_of
from tests.core.sync.workshop import Workshop


class Profiles(BaseHTTPRequestHandler):
    """Plays Segment's Profile API and Customer.io's App API, as their documents have them."""

    replies: dict[str, tuple[int, Any]] = {}  # noqa: RUF012 -- one server, one table
    seen: list[tuple[str, str]] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers["authorization"]))
        status, reply = self.replies.get(self.path.partition("?")[0], (404, {"errors": "not found"}))
        body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def profiles() -> Iterator[str]:
    Profiles.replies, Profiles.seen = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Profiles)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def people(workshop: Workshop, profiles: str) -> Workshop:
    """Two syncs to Segment and Customer.io, both of which can be asked; one was run."""
    url = workshop.receiver.url
    workshop.destination("seg", type="segment", url=url, space="spa_1", profile_url=profiles)
    workshop.destination("cio", type="customerio", url=url, look_up=True, app_url=profiles)
    workshop.secrets |= {"destinations/seg.profile_token": "token-1", "destinations/cio.app_key": "app-1"}
    workshop.people(3)
    workshop.sync('SELECT id AS "userId", plan FROM people', destinations=["seg", "cio"])
    workshop.sync('SELECT id AS "userId", email FROM people', name="mail")
    workshop.run()
    return workshop


SEGMENT = "/v1/spaces/spa_1/collections/users/profiles/user_id:u_1/traits"
CUSTOMERIO = "/v1/customers/u_1/attributes"


def test_the_projects_ledgers_and_the_destinations_tell_what_they_know(people: Workshop) -> None:
    Profiles.replies = {
        SEGMENT: (200, {"traits": {"plan": "free", "visits": 7}, "cursor": {}}),
        CUSTOMERIO: (200, {"customer": {"id": "u_1", "attributes": {"plan": "pro"}}}),
    }
    found = known_of(people.load(), people.the_sync(), "u_1", people.secret)
    assert [(name, life.destination, life.state) for name, life in found.lives] == [
        ("people", "seg", "acknowledged"),
        ("people", "cio", "acknowledged"),
    ]
    assert all(life.run and life.at for _, life in found.lives)
    assert [(each.destination, each.found, each.traits) for each in found.asked] == [
        ("seg", True, {"plan": "free", "visits": 7}),
        ("cio", True, {"plan": "pro"}),
    ]
    basic = "Basic " + base64.b64encode(b"token-1:").decode()
    assert sorted(Profiles.seen) == sorted(
        [(f"{SEGMENT}?limit=200", basic), (f"{CUSTOMERIO}?id_type=id", "Bearer app-1")]
    )


def test_a_person_whom_nobody_knows_is_not_said_to_be_fine(people: Workshop) -> None:
    found = known_of(people.load(), people.the_sync(), "u/9 &?", people.secret)
    assert found.lives == ()
    assert [(each.destination, each.found) for each in found.asked] == [("seg", False), ("cio", False)]
    assert all("u%2F9%20%26%3F" in path for path, _ in Profiles.seen)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ((401, {}), "401 Unauthorized"),
        ((500, {}), "500 Internal Server Error"),
        ((200, b"<html>"), "its reply is cut short, or no JSON"),
        ((200, b"[" * 200_000), "its reply is cut short, or no JSON"),
        ((200, b'{"traits": {"a": "' + b"x" * 3_000_000 + b'"}}'), "its reply is cut short, or no JSON"),
        ((200, {"other": 1}), "its reply has no traits"),
        ((200, {"customer": None}), "its reply has no traits"),
        ((200, []), "its reply has no traits"),
        ((302, {}), "The destination redirects, and does not say where"),
        ((599, {}), "599"),
    ],
)
def test_a_destination_that_cannot_be_asked_says_why(people: Workshop, reply: tuple[int, Any], said: str) -> None:
    Profiles.replies = {SEGMENT: reply, CUSTOMERIO: reply}
    found = known_of(people.load(), people.the_sync(), "u_1", people.secret)
    assert [each.found for each in found.asked] == [None, None]
    for each in found.asked:
        assert said in each.problem
        assert "token-1" not in each.problem
        assert "app-1" not in each.problem


def test_a_destination_that_was_not_set_up_for_it_is_not_asked(people: Workshop) -> None:
    people.destination("seg", type="segment", url=people.receiver.url)
    people.destination("cio", type="customerio", url=people.receiver.url)
    found = known_of(people.load(), people.the_sync(), "u_1", people.secret)
    assert found.asked == ()
    assert Profiles.seen == []
    assert len(found.lives) == 2


def test_a_host_that_is_not_there_is_told(people: Workshop) -> None:
    people.destination(
        "seg", type="segment", url=people.receiver.url, space="spa_1", profile_url="http://127.0.0.1:1/v1"
    )
    found = known_of(people.load(), people.the_sync(), "u_1", people.secret)
    assert found.asked[0].found is None
    assert "seg could not be asked" in found.asked[0].problem
