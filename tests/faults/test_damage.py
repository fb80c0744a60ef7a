"""Damaged files of the state: refused in words or harmless, never read as empty."""

from __future__ import annotations

import pytest

from tests.faults.damage import SITUATIONS, damage_project
from tests.faults.lab import Bench


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("name", ["full", "events"])
def test_a_damaged_file_is_refused_or_harmless(bench: Bench, name: str, situation: str) -> None:
    tally = damage_project(bench, name, f"tests/{name}/{situation}", cases=2, situation=situation)
    assert tally.found == []
    assert tally.cases >= 1


@pytest.mark.parametrize("kind", ["keys segment", "plan"])
@pytest.mark.parametrize("way", ["flip", "empty", "remove"])
def test_what_an_open_delivery_and_its_comparison_rest_on_is_never_read_when_damaged(
    bench: Bench, kind: str, way: str
) -> None:
    tally = damage_project(bench, "full", f"tests/{kind}/{way}", cases=1, situation="open", kind=kind, way=way)
    assert tally.found == []
    assert tally.cases >= 1
