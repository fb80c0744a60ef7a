"""A disk that refuses a write: told in words, nothing lost; the next run does the work."""

from __future__ import annotations

import pytest

from tests.faults.disk import disk_project
from tests.faults.lab import Bench


@pytest.mark.parametrize("name", ["full", "deletes, no payload", "rejected", "two destinations"])
def test_a_disk_that_refuses_is_told_and_the_next_run_goes_on(bench: Bench, name: str) -> None:
    tally = disk_project(bench, name, f"tests/{name}", rounds=2)
    assert tally.found == []
    assert tally.faults >= 2
    assert tally.told >= 1
