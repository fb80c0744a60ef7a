"""The runs: all that go on are in reach, the list by state and sync, the log by words and level, skipped moments in words."""

from __future__ import annotations

import json
import os

from core.project import load
from core.reports.history import RunSummary
from core.state.folder import StateFolder
from core.sync.progress.run_progress import DestinationProgress, Progress
from tests.projects import ProjectFolder
from tests.tui import acme
from tests.tui.harness import screen_text, until
from tests.tui.test_sync_page import skip
from tui.app import Console
from tui.drawing import Line
from tui.live import as_many_lines
from tui.logs import LogLine, log_lines, read_log
from tui.screens.runs import Runs


def text(line: Line) -> str:
    return "".join(part.text for part in (*line.left, *line.right))


def a_run(number: int, state: str = "sending") -> RunSummary:
    target = DestinationProgress(
        destination="cio", state=state, calls=100, batches=10, acknowledged=50, reason="429", until=acme.NOW + 9
    )
    progress = Progress(
        phase="deliver",
        rows=100,
        seconds={"query": 1.0, "plan": 1.0, "deliver": 1.0},
        at=acme.NOW,
        destinations=(target,),
    )
    values = dict.fromkeys(("ended", "process", "bound", "error", "remedy"))
    return RunSummary(
        id=f"r{number}",
        sync="s",
        name=f"sync_{number}",
        cause="daemon",
        state="running",
        started=acme.NOW - 9,
        seconds=9.0,
        rows=100,
        questions=(),
        progress=progress,
        acknowledged=50,
        rejected=0,
        deliveries=(),
        **values,
    )


def test_all_runs_that_go_on_are_shown_with_as_much_of_each_as_there_is_room_for() -> None:
    three = [a_run(each) for each in range(3)]
    assert len(as_many_lines(three, 80, acme.NOW, 8)) == 8  # with blank lines between
    assert len(as_many_lines(three, 80, acme.NOW, 6)) == 6
    brief = as_many_lines([*three, a_run(3, "retrying")], 80, acme.NOW, 6)
    assert [text(line).split()[1] for line in brief] == ["sync_0", "sync_1", "sync_2", "sync_3"]
    assert " ! " in text(brief[3])
    assert " ! " not in text(brief[0])


def test_of_a_run_that_waits_no_time_is_told() -> None:
    assert not any("left" in text(line) for line in as_many_lines([a_run(1, "retrying")], 80, acme.NOW, 9))


def test_lines_of_a_log_are_found_by_words_and_from_a_level_on() -> None:
    lines = [LogLine(1.0, "info", "a batch"), LogLine(2.0, "warn", "429 Slow down"), LogLine(3.0, "error", "paused")]
    assert len(log_lines(lines, level="warn")) == 2
    assert len(log_lines(lines, level="error")) == 1
    (found,) = log_lines(lines, words="down slow")
    assert [part.text for part in found.left if "underline" in part.style] == ["Slow", "down"]
    assert log_lines(lines, words="nothing") == []
    assert len(log_lines(lines, words=".*")) == 0  # words, no expressions


def test_a_log_that_is_longer_than_what_is_read_says_so(day: ProjectFolder) -> None:
    file = StateFolder(load(day.folder)).log("long")
    line = json.dumps(
        {"at": 1.0, "event": "paused", "destination": "cio", "pending": 1, "reason": "x" * 900, "remedy": ""}
    )
    file.write_text(f"{line}\n" * 300, "utf-8")
    found = read_log(file)
    assert found.cut
    assert "more exist" in found.counted
    assert read_log(file.with_name("none.jsonl")).counted == "0 lines"


async def test_runs_are_listed_by_state_and_by_sync_beyond_the_newest_300(day: ProjectFolder) -> None:
    with StateFolder(load(day.folder)).store() as store, store.transaction():
        for number in range(400):
            run = f"f{number:07}"
            started = acme.NOW + number
            store.do(
                "insert_run", id=run, sync="s4", name="accounts", cause="daemon", started=started, process=os.getpid()
            )
            values = dict.fromkeys(("error", "remedy", "progress", "questions"))
            store.do("end_run", id=run, state="succeeded", ended=started, **values)
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("4")
        await until(pilot, "the last 300, more exist")
        page = app.screen
        assert isinstance(page, Runs)
        assert page.shown[0].name == "orders"  # it goes on, and is older than all of them
        app.act("runs.states", "failed")
        await until(pilot, "only failed runs   1 run")
        app.act("runs.states", "wrong")
        await until(pilot, "4 runs")
        app.act("runs.one_sync", "leads")
        await until(pilot, "only runs that went wrong, of leads   2 runs")
        app.act("runs.states", "skipped")
        await until(pilot, "There are none")
        app.act("runs.states", "dreamt")
        assert "There is no state dreamt" in app.said[-1][2]


async def test_a_skipped_run_is_a_row_that_says_why_how_many_and_when_it_was_caught_up(day: ProjectFolder) -> None:
    skip(day, "s1", moments=3)
    app = Console(day.folder)
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("4")
        await until(pilot, "The previous run was still going, 3 times; caught up at 14:00")
        app.act("runs.states", "skipped")
        await until(pilot, "only skipped runs   1 run")
        await until(pilot, "A run that was skipped has no log.")
        await pilot.press("enter")
        await until(pilot, "It was not run: The previous run was still going, 3 times; caught up at 14:00.")
        assert "no row is lost" in screen_text(app)
        await pilot.press("v")
        assert app.said[-1][2] == "play: it was not run."


async def test_the_log_is_searched_with_the_filters_key_where_it_has_the_keys(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("4")
        await until(pilot, "This run left no log")
        await pilot.press("j", "j")
        await until(pilot, "partial after 95 s")
        page = app.screen
        assert isinstance(page, Runs)
        page.log_pane.sheet.focus()
        await pilot.pause()
        await pilot.press("slash", *"slow", "enter")
        await until(pilot, "1 of 21 lines")
        app.act("runs.find", "nowhere")
        await until(pilot, "No line contains 'nowhere'.")
        page.log_pane.filter("")
        await pilot.press("l", "l")
        await until(pilot, "There is no error.")
        await pilot.press("l")
        await until(pilot, "partial after 95 s")


async def test_choosing_a_state_shows_its_runs_at_once_and_leaving_takes_it_back(day: ProjectFolder) -> None:
    app = Console(day.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press("4")
        await until(pilot, "13 runs")
        await pilot.press("f", "j", "j")
        await until(pilot, "only failed runs   1 run")
        await pilot.press("escape")
        await until(pilot, "13 runs")
