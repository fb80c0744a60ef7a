"""Runs that are killed at calls chosen one by one, in every scenario: nothing lost, nothing sent again as another call."""

from __future__ import annotations

import pytest

from tests.faults.kills import kill_project
from tests.faults.lab import Bench
from tests.faults.scenarios import SCENARIOS

KILLS = 2


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_runs_lose_nothing_and_repeat_only_the_same_calls(bench: Bench, name: str) -> None:
    tally = kill_project(bench, name, f"tests/{name}", most_kills=KILLS)
    assert tally.found == []
    assert tally.rounds >= 1
    assert tally.delivered >= 1
