"""Power cuts: what was not synced is gone, and nothing is lost or sent as another call for that."""

from __future__ import annotations

import pytest

from tests.faults.lab import Bench
from tests.faults.power import power_project, why_not


@pytest.mark.parametrize("name", ["full", "two destinations"])
def test_what_was_not_synced_may_be_lost(bench: Bench, name: str) -> None:
    if why := why_not():
        pytest.skip(why)
    tally = power_project(bench, name, f"tests/{name}", rounds=3)
    assert tally.found == []
    assert tally.kills >= 1
