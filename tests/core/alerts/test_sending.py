"""A message arrives at a real receiver, a real command, the consoles; what does not arrive is kept and tried again."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.alerts.senders import Answer
from core.errors import UsageError
from core.model import AlertFormat, AlertTo
from tests.core.alerts.world import World
from tests.servers.receiving import Receiver

TOKEN = "T0PSECRETxyz/B01/abcdefgh12345678"


@pytest.fixture
def hook(tmp_path: Path, receiver: Receiver) -> Iterator[World]:
    """A project whose alert goes to a webhook, in Slack's format."""
    made = World(tmp_path / "acme", to=AlertTo.WEBHOOK, format=AlertFormat.SLACK)
    made.secrets["alerts/team.url"] = f"http://127.0.0.1:{receiver.port}/services/{TOKEN}"
    yield made
    made.store.close()


def command(tmp_path: Path, *words: str) -> World:
    return World(tmp_path / "acme", to=AlertTo.COMMAND, command=words)


async def no_sleep(_seconds: float) -> None:
    await asyncio.sleep(0)


async def test_a_webhook_gets_each_message_once(hook: World, receiver: Receiver) -> None:
    hook.run(state="failed", error="The <warehouse> is away.")
    assert await hook.check() == ["new failure users"]
    (record,) = receiver.records()
    assert record.path == f"/services/{TOKEN}"
    assert record.headers["content-type"] == "application/json"
    assert record.json["text"].startswith(
        ":red_circle: acme: users failed at 2025-10-09 08:53:20Z: The &lt;warehouse&gt;"
    )
    assert TOKEN not in str(hook.logged)


async def test_a_webhook_is_tried_three_times_and_keeps_its_own_wait(hook: World, receiver: Receiver) -> None:
    waited = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    receiver.behave({"status": 500}, {"status": 429, "headers": {"retry-after": "7"}})
    hook.run(state="failed")
    assert await hook.check(sleep=sleep) == ["new failure users"]
    assert waited == [1.0, 7.0]


async def test_what_did_not_arrive_is_due_until_it_does(hook: World, receiver: Receiver) -> None:
    receiver.behave(*[{"status": 503, "body": "down"}] * 6)
    hook.run(state="failed")
    assert await hook.check(sleep=no_sleep) == []
    assert [row["told"] for row in hook.store.rows("alert_standings")] == [None]
    (way,) = hook.store.rows("alert_ways")
    assert (way["failures"], way["problem"]) == (1, "127.0.0.1 refused it: 503 down.")
    assert await hook.check(14, sleep=no_sleep) == [], "it is left alone for a while"
    assert len(receiver.times()) == 3
    assert await hook.check(2, sleep=no_sleep) == []
    assert await hook.check(40, sleep=no_sleep) == ["new failure users"]
    assert hook.store.rows("alert_ways")[0]["failures"] == 0
    assert [level for level, _what, _fields in hook.logged] == ["error", "error", "info"]


async def test_a_long_wait_is_left_to_a_later_look(hook: World, receiver: Receiver) -> None:
    receiver.behave({"status": 429, "headers": {"retry-after": "600"}})
    hook.run(state="failed")
    assert await hook.check() == []
    assert await hook.check(590) == []
    assert await hook.check(15) == ["new failure users"]
    assert len(receiver.times()) == 2


async def test_a_refusal_is_not_tried_again_at_once_and_its_words_hold_no_token(
    hook: World, receiver: Receiver
) -> None:
    receiver.behave({"status": 404, "body": f"no_team at /services/{TOKEN}"})
    answer = await hook.alerts().test("team")
    assert not answer.arrived
    assert answer.said.startswith("127.0.0.1 refused it: 404 no_team at ")
    assert "SECRET" not in answer.said
    assert "abcdefgh" not in answer.said
    assert len(receiver.times()) == 1


async def test_a_webhook_that_sends_us_elsewhere_is_not_followed(hook: World, receiver: Receiver) -> None:
    receiver.behave({"status": 302, "headers": {"location": f"http://127.0.0.1:{receiver.port}/else/{TOKEN}"}})
    answer = await hook.alerts().test("team")
    assert not answer.arrived
    assert "redirects to http://127.0.0.1:" in answer.said
    assert TOKEN not in answer.said
    assert len(receiver.times()) == 1


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://hooks.example/services/T0PSECRET", "hooks.example would be sent to without encryption."),
        ("hooks.slack.com/services/T0PSECRET", "is not a valid URL"),
        ("http://127.0.0.1:1/services/T0PSECRET", "127.0.0.1 gave no reply"),
    ],
)
async def test_an_address_that_cannot_be_used_is_said_without_its_token(hook: World, url: str, said: str) -> None:
    hook.secrets["alerts/team.url"] = url
    hook.run(state="failed")
    assert await hook.check(sleep=no_sleep) == []
    ((_level, _what, fields),) = hook.logged
    assert said in fields["said"]
    assert "T0PSECRET" not in str(fields)


async def test_without_its_secret_an_alert_says_how_to_set_it(hook: World) -> None:
    hook.secrets.clear()
    assert await hook.alerts().test("team") == Answer(arrived=False, said="There is no secret alerts/team.url. Set it.")


async def test_an_alert_that_is_not_there_is_named_with_the_nearest(hook: World) -> None:
    with pytest.raises(UsageError, match=r"There is no alert 'tema'\. Did you mean 'team'"):
        await hook.alerts().test("tema")


async def test_a_command_reads_json_and_finds_variables_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKHAUL_SOURCES_PG_PASSWORD", "hunter2hunter2")
    monkeypatch.setenv("BACKHAUL_ALERTS_OTHER_URL", "https://hooks.example/x")
    world = command(tmp_path, "sh", "-c", 'cat > got.json; env > got.env; echo "took $BACKHAUL_ALERT_COUNT"')
    world.run(state="failed", error="No.")
    assert await world.check() == ["new failure users"]
    document = json.loads((tmp_path / "acme" / "got.json").read_text())
    assert document["notices"][0]["trouble"] == "failure"
    lines = dict(line.split("=", 1) for line in (tmp_path / "acme" / "got.env").read_text().splitlines() if "=" in line)
    assert lines["BACKHAUL_ALERT_STATE"] == "trouble"
    assert lines["BACKHAUL_ALERT_SYNC"] == "users"
    assert lines["BACKHAUL_ALERT_RUN"] == "run00001"
    assert not [name for name in lines if name.startswith(("BACKHAUL_SOURCES", "BACKHAUL_ALERTS_"))]
    assert world.logged[0][2]["said"] == "The command ended with 0. It printed: took 1"
    world.store.close()


async def test_words_of_a_command_are_no_line_of_a_shell(tmp_path: Path) -> None:
    world = command(tmp_path, "printf", "%s", "$(id) ; `id`")
    answer = await world.alerts().test("team")
    assert answer.arrived
    assert "uid" not in answer.said
    world.store.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("no-such-program",), "no-such-program did not start: No such file or directory."),
        (("sh", "-c", "echo sorry; exit 3"), "The command ended with 3. It printed: sorry"),
        (("true",), "The command ended with 0."),
    ],
)
async def test_how_a_command_ended_is_said(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    world = command(tmp_path, *words)
    answer = await world.alerts().test("team")
    assert answer == Answer(arrived=said.endswith("with 0."), said=said)
    world.store.close()


async def test_a_command_that_does_not_end_is_killed_with_all_that_it_began(tmp_path: Path) -> None:
    world = command(tmp_path, "sh", "-c", "sleep 60 & echo $! > child; wait")
    world.run(state="failed")
    assert await world.check(command_seconds=0.5) == []
    assert world.logged[0][2]["said"] == "The command did not end within 0.5 seconds."
    child = int((tmp_path / "acme" / "child").read_text())
    deadline = time.monotonic() + 5
    while runs(child):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    world.store.close()


def runs(process: int) -> bool:
    """Return whether a process is there, and not only waited for."""
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


async def test_a_command_that_prints_without_end_is_cut(tmp_path: Path) -> None:
    world = command(tmp_path, "sh", "-c", "yes no | head -c 3000000")
    answer = await world.alerts().test("team")
    assert answer.arrived
    assert len(answer.said) < 400
    world.store.close()


async def test_consoles_get_a_row_each(tmp_path: Path) -> None:
    world = World(tmp_path, "users", "orders")
    world.run("users", state="failed")
    world.run("orders", state="failed")
    await world.check()
    assert [row["trouble"] for row in world.store.rows("notices_after", number=0, limit=10)] == [1, 1]
    assert (await world.alerts().test("team")).arrived
    world.store.close()
