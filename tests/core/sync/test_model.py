"""Random walks through a sync's life beside a model of it (tests.core.sync.walking), by fixed seeds.

With BACKHAUL_WALKS=40 each kind of sync takes 40 walks of 80 steps; `python -m tests.core.sync.walking` does it by hand.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.core.sync.walking import FLAVOURS, walk

WALKS = int(os.environ.get("BACKHAUL_WALKS", "1"))
STEPS = 80 if WALKS > 1 else 12


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(WALKS))
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_whatever_happens_each_destination_has_been_told_what_it_must(flavour: str, seed: int, tmp_path: Path) -> None:
    assert walk(tmp_path, flavour, seed, STEPS).done["run"]
