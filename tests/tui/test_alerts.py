"""The page of the alerts, and what alerts tell the consoles that are open: each once, and nothing that a terminal would obey."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from core.project import load
from core.state.folder import StateFolder
from tests.projects import ProjectFolder
from tests.tui import acme
from tests.tui.harness import check_snapshot, settled, until
from tests.tui.terminal import on_terminal
from tui.app import Console
from tui.notices import sequence

SIZES = [(80, 24), (160, 45)]
TABLES = """
name = "acme"
secrets.from = "environment"
[alerts.team]
to = "webhook"
format = "slack"
on = ["failure", "recovery", "rejected", "freshness"]
fresh_within = "2 hours"
[alerts.page]
to = "command"
command = ["echo", "rang"]
syncs = ["orders"]
[alerts.here]
to = "terminal"
"""


def tell(project: ProjectFolder, *texts: str, trouble: bool = True) -> None:
    with StateFolder(load(project.folder)).store() as store, store.transaction():
        for text in texts:
            store.do("insert_notice", at=acme.NOW, alert="here", trouble=int(trouble), text=text)


@pytest.fixture
def told(day: ProjectFolder) -> ProjectFolder:
    """The day, with alerts of which one has told and one could not."""
    day.write("backhaul.toml", TABLES)
    with StateFolder(load(day.folder)).store() as store:
        said = "hooks.slack.com refused it: 404 no_team."
        store.do("keep_alert_way", alert="team", told=acme.NOW - 7200, failures=3, retry=None, problem=said)
        store.do("keep_alert_way", alert="here", told=acme.NOW - 600, failures=0, retry=None, problem=None)
        for alert, sync, kind, times in (
            ("team", "s1", "failure", 2),
            ("team", "s3", "freshness", 0),
            ("here", "s1", "failure", 1),
        ):
            store.do(
                "keep_alert",
                alert=alert,
                sync=sync,
                kind=kind,
                since=acme.NOW - 9000,
                told=acme.NOW - 7200 if times else None,
                times=times,
                recovered=None,
                closed=False,
            )
    return day


@pytest.mark.parametrize("size", SIZES)
async def test_the_alerts_of_a_project(told: ProjectFolder, size: tuple[int, int]) -> None:
    app = Console(told.folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("exclamation_mark")
        await until(pilot, "not sent, 3 times in a row")
        await settled(pilot)
        await check_snapshot(pilot, f"alerts-{size[0]}x{size[1]}")


@pytest.mark.parametrize("size", SIZES)
async def test_a_project_without_alerts_says_how_to_add_one(day: ProjectFolder, size: tuple[int, int]) -> None:
    app = Console(day.folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("exclamation_mark")
        await until(pilot, "[alerts.team]")
        await settled(pilot)
        await check_snapshot(pilot, f"alerts-empty-{size[0]}x{size[1]}")


async def test_a_test_says_what_was_answered(told: ProjectFolder) -> None:
    app = Console(told.folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, "users → cio")
        app.act("global.alerts")
        await until(pilot, "not sent, 3 times in a row")
        await pilot.press("j", "V")
        await until(pilot, "It printed: rang", seconds=30)
        await pilot.press("k", "V")
        await until(pilot, "There is no secret alerts/team.url", seconds=30)
        await pilot.press("escape")
        await until(pilot, "users → cio")


async def test_a_notice_is_told_once_and_what_was_told_before_is_not(day: ProjectFolder) -> None:
    tell(day, "an old one")
    app = Console(day.folder)
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, "users → cio")
        await settled(pilot)
        tell(day, "users failed: \x1b]0;no\x07 \u202ethe end")
        await until(pilot, lambda: "users failed: \\x1b]0;no\\x07 \\u202ethe end" in said(app))
        tell(day, "users has recovered", trouble=False)
        await until(pilot, lambda: "users has recovered" in said(app))
        assert said(app) == ["users failed: \\x1b]0;no\\x07 \\u202ethe end", "users has recovered"]
        assert [meaning for _at, meaning, _text in app.said] == ["fail", "ok"]
        tell(day, *(f"sync{number} failed" for number in range(30)))
        await until(pilot, lambda: any("27 more alerts" in text for text in said(app)))
        assert said(app)[2:5] == ["sync27 failed", "sync28 failed", "sync29 failed"]


def said(app: Console) -> list[str]:
    return [text for _at, _meaning, text in app.said]


def test_a_terminal_notifies_its_person_once_and_rings(tmp_path: Path) -> None:
    project = acme.make(tmp_path / "acme")
    env = {"XDG_CONFIG_HOME": str(tmp_path), "TERM": "xterm-256color", "TMUX": ""}
    with on_terminal(folder=project.folder, env=env, size=(80, 24)) as terminal:
        terminal.until("users")
        terminal.read(1.5)
        before = bytes(terminal.written)
        tell(project, "users failed; \x1b[31mno")
        terminal.until("\x1b]9;Backhaul: users failed, \\x1b[31mno\x07\x07")
        terminal.read(2.5)
        after = bytes(terminal.written)[len(before) :]
        assert b"\x1b]9;" not in before
        assert after.count(b"\x1b]9;") == 1
        terminal.press("\x11")
        terminal.wait(10)


@pytest.mark.parametrize(
    ("environment", "written"),
    [
        ({"TERM": "xterm-256color"}, "\x1b]9;Backhaul: a\x07\x07"),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x,1,0"}, "\x1bPtmux;\x1b\x1b]9;Backhaul: a\x07\x1b\\\x07"),
        ({"TERM": "screen-256color"}, "\x1bP\x1b]9;Backhaul: a\x07\x1b\\\x07"),
        ({"TERM": "linux"}, "\x07"),
    ],
)
def test_what_is_meant_for_the_terminal_outside_is_wrapped(environment: dict[str, str], written: str) -> None:
    assert sequence("a", environment) == written


def test_no_text_breaks_out_of_the_sequence() -> None:
    for text in ("\x07\x1b\\", "\x9c\x1b]52;c;aGk=\x07", "4;3;50", "a" * 5_000, "\n\r\u202e"):
        plain = sequence(text, {"TERM": "xterm"}).removeprefix("\x1b]9;").removesuffix("\x07\x07")
        assert plain.isprintable()
        assert ";" not in plain
        assert len(plain) <= 220


async def test_a_run_is_put_into_a_file_from_its_page(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("j", "enter")
        await until(pilot, "user_884")
        await pilot.press("B")
        await until(pilot, "Put this run, masked, into")
        await pilot.press("enter")
        await until(pilot, lambda: any("values masked" in text for text in said(app)), seconds=30)
    (file,) = day.folder.glob("backhaul-run-*.zip")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.stat().st_size > 1000
    assert time.time() == acme.NOW
