"""On a terminal: colour, a line of progress, Ctrl-C; and nothing of a cell that a terminal would obey."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from tests.core.cli.terminal import on_terminal
from tests.projects import SECRETS, ProjectFolder
from tests.servers.receiving import Receiver

COLOUR = re.compile(r"\x1b\[(3[0-9]|1|2)m")
OBEYED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
EVIL = (
    "chr(27) || ']52;c;ZXZpbA==' || chr(7) || chr(27) || '[2J' || chr(155) || '31m' || chr(8238) || 'drow' || chr(8236)"
    " || chr(8294) || chr(8203) || chr(65279) || chr(8232) || chr(13) || chr(8) || chr(127) || 'end'"
)


@pytest.fixture
def slow(project: ProjectFolder, receiver: Receiver) -> ProjectFolder:
    """A sync `people` of 1,500 rows to a destination that takes 20 requests a second, of 50 calls each."""
    project.duckdb()
    project.segment(receiver.url, requests=20, batch_calls=50, connections=1)
    project.sync("people", "SELECT 'u' || i AS \"userId\", i AS n FROM range(1500) t(i)")
    return project


def test_a_larger_run_shows_how_far_it_is_with_rate_and_time_left(slow: ProjectFolder, receiver: Receiver) -> None:
    code, screen = on_terminal("run", "--project", slow.folder)
    assert code == 0
    shown = re.findall(r"\r\x1b\[Kpeople → seg  ([\d,]+) of 1,500 calls  (\d+)%  [\d,]+/s  \d+ s left", screen)
    assert len(shown) >= 3
    counts = [int(done.replace(",", "")) for done, _ in shown]
    assert counts == sorted(counts)
    assert (counts[-1], shown[-1][1]) == (1_500, "100")
    assert screen.rstrip().endswith("people → seg: 1,500 delivered, 0 unchanged")
    assert COLOUR.search(screen)
    assert len(receiver.calls()) == 1_500


def test_progress_fits_a_narrow_terminal(slow: ProjectFolder) -> None:
    _, screen = on_terminal("run", "--project", slow.folder, columns=40)
    lines = re.findall(r"\r\x1b\[K([^\r\n\x1b]*)", screen)
    assert any("of 1,500" in line for line in lines)
    assert max(len(line) for line in lines if "→ seg  " in line) < 40


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_there_is_no_colour_where_none_is_wanted(demo: ProjectFolder, env: dict[str, str]) -> None:
    for words, expected in ((["status"], 0), (["lint"], 1), (["run", "nope"], 2)):
        code, screen = on_terminal(*words, "--project", demo.folder, env=env)
        assert code == expected
        assert "\x1b" not in screen


def test_colour_never_stands_alone(demo: ProjectFolder) -> None:
    code, screen = on_terminal("lint", "--project", demo.folder)
    assert code == 1
    assert "\x1b[31m✗\x1b[0m" in screen
    assert "\x1b[33m!\x1b[0m" in screen


def is_delivered_once(slow: ProjectFolder, receiver: Receiver) -> bool:
    """Run again, fast, and say whether every row was taken with one messageId."""
    slow.segment(receiver.url)
    assert slow.run("run", "people").code == 0
    by_row: dict[str, set[str]] = {}
    for call in receiver.calls():
        by_row.setdefault(call["userId"], set()).add(call["messageId"])
    return len(by_row) == 1_500 and all(len(ids) == 1 for ids in by_row.values())


def test_ctrl_c_stops_a_delivery_and_the_next_run_sends_the_rest(slow: ProjectFolder, receiver: Receiver) -> None:
    code, screen = on_terminal("run", "--project", slow.folder, stop_at=r"calls  [1-4]\d%")
    assert code == 1, screen
    assert "Stopped. What was not answered is sent when you run again." in screen
    assert "Traceback" not in screen
    assert 0 < len(receiver.calls()) < 1_500
    (last,) = slow.run("runs", "people", "--json").json
    assert (last["state"], last["error"]) == ("failed", "The run was stopped.")
    assert is_delivered_once(slow, receiver)


def test_ctrl_c_during_the_commit_ends_without_a_crash(slow: ProjectFolder, receiver: Receiver) -> None:
    code, screen = on_terminal("run", "--project", slow.folder, stop_at="100%")
    assert code in (0, 1), screen
    assert "Traceback" not in screen
    assert is_delivered_once(slow, receiver)


@pytest.fixture
def evil(project: ProjectFolder, receiver: Receiver) -> ProjectFolder:
    """A sync whose cells, one of its ids, and whose destination's replies are full of what terminals obey."""
    project.duckdb(
        f"CREATE TABLE people AS SELECT 'u' || i AS id, {EVIL} AS note FROM range(3) t(i)",
        f"INSERT INTO people VALUES ({EVIL}, 'plain')",
        "INSERT INTO people VALUES ('inf', 'x')",
    )
    project.segment(receiver.url)
    query = f"SELECT id AS \"userId\", note, CASE WHEN id = 'inf' THEN 'inf'::DOUBLE END AS {EVIL_NAME} FROM people"
    project.sync("people", query)
    receiver.refuse('"plain"')
    return project


EVIL_NAME = '"na\x1b[2J\u202eme"'


def test_cells_and_replies_come_out_harmless_everywhere(evil: ProjectFolder, receiver: Receiver) -> None:
    screens = {}
    receiver.behave({"status": 400, "body": "no \x1b]52;c;ZXZpbA==\x07 \u202e"})
    for words in ("preview people", "plan people", "run people", "plan people --from-zero", "rejected people"):
        screens[words] = on_terminal(*words.split(), "--project", evil.folder)
    run = evil.run("runs", "people", "--json").json[0]["id"]
    evil.duckdb("UPDATE people SET note = note || 'more' WHERE id = 'u2'")
    for words in (f"show {run}", "explain people u1", "explain people u2", "plan people", "plan people --markdown"):
        screens[words] = on_terminal(*words.split(), "--project", evil.folder)
    for words, (_, screen) in screens.items():
        left = COLOUR.sub("", screen).replace("\x1b[0m", "").replace("\r\x1b[K", "").replace("\r\n", "\n")
        found = OBEYED.search(left)
        assert not found, (words, left[max(found.start() - 60, 0) : found.end() + 20])
        assert "ZXZpbA==" not in left or "\\x1b]52;c;ZXZpbA==\\x07" in left or "\\u001b]52" in left
    for words in ("preview people", "plan people", "rejected people", "explain people u1"):
        assert "]52;c;" in screens[words][1], words


def test_an_error_from_the_warehouse_is_harmless_too(project: ProjectFolder, receiver: Receiver) -> None:
    project.duckdb()
    project.segment(receiver.url)
    project.sync("people", 'SELECT id AS "userId", "x\x1b[2J\u202e" FROM nowhere')
    code, screen = on_terminal("run", "--project", project.folder)
    assert code == 1
    assert not OBEYED.search(COLOUR.sub("", screen).replace("\x1b[0m", "").replace("\r", ""))


def test_the_curl_of_explain_sends_the_same_call_again(evil: ProjectFolder, receiver: Receiver) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl")
    evil.run("run", "people")
    (sent,) = [call for call in receiver.calls() if call["userId"] == "u2"]
    receiver.clear()
    out = evil.run("explain", "people", "u2").out
    (command,) = [line.strip() for line in out.splitlines() if line.strip().startswith("curl")]
    env = {**os.environ, "WRITE_KEY": SECRETS["BACKHAUL_DESTINATIONS_SEG_WRITE_KEY"]}
    subprocess.run(["sh", "-c", f"{command} --silent --noproxy '*'"], env=env, check=True, capture_output=True)
    (record,) = receiver.records()
    assert record.calls == [{name: value for name, value in sent.items() if name != "messageId"}]
