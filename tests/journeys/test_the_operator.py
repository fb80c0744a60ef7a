"""Someone who looks after the syncs: a sync's page, a run from there, that run played again, the page in sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.tmux import ONE_SLOW, at_the_console


@pytest.mark.parametrize("size", ONE_SLOW, ids=["80x24", "160x45"])
def test_a_sync_is_run_from_its_page_and_the_run_is_played_again(company: Path, size: tuple[int, int]) -> None:
    with at_the_console(company, size) as person:
        person.sees("users → ")
        person.type(":sync users")
        person.press("Enter")
        person.sees("What can be done")
        person.sees("all rows are new")
        person.press("r")  # its first delivery: the plan first
        person.sees("1,500 new")
        person.press("r")
        person.sees(r"✓ users: the run is done", seconds=90)
        person.type(":sync users")
        person.press("Enter")
        person.sees("1,500 rows known", seconds=90)
        person.press("r")
        person.sees("Run users now")
        person.press("Escape")
        person.press("A")
        person.sees('Blocked by guard "full_refresh"')
        person.press("Escape")
        person.press("v")
        person.sees("1,500 rows = 1,500 sent")
        person.press("v")
        person.sees("1 of [0-9]+ events")
        person.press("+", "Space")
        person.sees("this is how it ended", seconds=60)
        person.press("g", "Right")
        person.sees("2 of [0-9]+ events")
        person.press("Y")
        person.sees("characters sent to")
        person.goes_back_to("State +Sync")
        person.press("m", "m", "P")
        person.sees("(Pause|Resume) [12] sync")
        person.press("Escape")
        person.sees_no("(Pause|Resume) [12] sync")
        person.press("Escape")
        person.sees_no("◆")
        person.press("s")
        person.sees("Sync ▾")
