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
        person.press("r")
        person.sees("Run users now")
        person.press("Enter")
        person.sees("1,500 rows known", seconds=90)
        person.press("F")
        person.sees("up to 1,500 calls")
        person.press("Escape")
        person.press("l")
        person.sees("1,500 rows = 1,500 sent")
        person.press("p")
        person.sees("1 of [0-9]+ events")
        person.press("+", "Space")
        person.sees("this is how it ended", seconds=60)
        person.press("b", "Right")
        person.sees("2 of [0-9]+ events")
        person.press("Y")
        person.sees("characters sent to")
        person.goes_back_to("State +Sync")
        person.press("m", "m", "p")
        person.sees("(Pause|Resume) [12] sync")
        person.press("Escape")
        person.sees_no("(Pause|Resume) [12] sync")
        person.press("Escape")
        person.sees_no("◆")
        person.press("S")
        person.sees("Sync ▾")
