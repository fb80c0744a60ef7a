"""Who is let in to the served console: pure decisions on a request's host, origin and token."""

from __future__ import annotations

import pytest

from core.errors import UsageError
from core.web.guard import Door, is_loopback, new_token, token_of

TOKEN = "a-token-that-nobody-guesses"
DOOR = Door(host="127.0.0.1", port=8765, token=TOKEN)
OPEN = Door(host="127.0.0.1", port=8765)


def status(door: Door, host: str = "127.0.0.1:8765", origin: str | None = None, **said: str | bool) -> int:
    values = {"cookie": TOKEN, "given": "", **said}
    return door.judge(host=host, origin=origin, **values).status


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "LOCALHOST", "[::1]:8765", "localhost:9999"])
def test_this_machine_is_called_by_its_names_at_any_port_since_a_tunnel_has_another(host: str) -> None:
    assert status(DOOR, host) == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "", "[", "10.0.0.1:8765"]
)
@pytest.mark.parametrize("door", [DOOR, OPEN])
def test_a_name_that_was_made_to_point_here_is_refused(door: Door, host: str) -> None:
    assert status(door, host) == 421


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "http://localhost:3000", "null", "", "file://", "http://127.0.0.1:8765.evil.example"],
)
@pytest.mark.parametrize("door", [DOOR, OPEN])
def test_another_site_is_refused_even_where_the_browser_sends_the_cookie(door: Door, origin: str) -> None:
    assert status(door, origin=origin) == 403
    assert status(door, origin=origin, websocket=True) == 403


def test_a_websocket_without_an_origin_is_refused() -> None:
    assert status(DOOR, websocket=True) == 403
    assert status(DOOR, origin="http://127.0.0.1:8765", websocket=True) == 200
    assert status(DOOR, "console.acme.example", origin="https://console.acme.example", websocket=True) == 421
    behind = Door(host="0.0.0.0", port=8765, token=TOKEN)
    assert status(behind, "console.acme.example", origin="https://console.acme.example", websocket=True) == 200


@pytest.mark.parametrize("cookie", ["", "wrong", TOKEN[:-1], TOKEN + "x", "ü"])
def test_without_the_token_nothing_is_shown(cookie: str) -> None:
    assert status(DOOR, cookie=cookie) == 401
    assert status(DOOR, cookie=cookie, given="wrong") == 401
    assert status(OPEN, cookie=cookie) == 200


def test_the_token_in_the_address_enters_once_and_is_taken_out_of_it() -> None:
    verdict = DOOR.judge(host="localhost:8765", origin=None, cookie="", given=TOKEN)
    assert (verdict.status, verdict.enters) == (200, True)
    assert not DOOR.judge(host="localhost:8765", origin=None, cookie=TOKEN, given="").enters


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "console.acme.example", "127.0.0.1.evil.example", ""])
def test_an_address_that_others_reach_needs_a_token(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(UsageError, match="can be reached from other machines"):
        Door(host=host, port=8765)
    assert Door(host=host, port=8765, token=TOKEN).token


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_this_machine_alone_is_loopback(host: str) -> None:
    assert is_loopback(host)


def test_a_token_is_made_anew_or_chosen_but_not_one_that_can_be_guessed() -> None:
    assert new_token() != new_token()
    assert len(new_token()) >= 32
    assert token_of({"BACKHAUL_WEB_TOKEN": TOKEN}) == TOKEN
    assert len(token_of({})) >= 32
    with pytest.raises(UsageError, match="fewer than 16"):
        token_of({"BACKHAUL_WEB_TOKEN": "short"})
