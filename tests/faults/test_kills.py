"""Runs that are killed at calls chosen one by one, in every scenario: nothing lost, nothing sent again as another call."""

from __future__ import annotations

import pytest

from tests.faults.kills import kill_project
from tests.faults.lab import Bench
from tests.faults.scenarios import SCENARIOS

KILLS = 4


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_runs_lose_nothing_and_repeat_only_the_same_calls(bench: Bench, name: str) -> None:
    tally = kill_project(bench, name, f"tests/{name}", most_kills=KILLS)
    assert tally.found == []
    assert tally.rounds >= 1
    assert tally.delivered >= 1


def test_the_same_seed_chooses_the_same_faults(bench: Bench) -> None:
    once, again = (kill_project(bench, "full", "tests/repeat", most_kills=3) for _ in range(2))
    assert once.found == again.found == []
    assert once.by_call == again.by_call
    assert once.kills == again.kills > 0
