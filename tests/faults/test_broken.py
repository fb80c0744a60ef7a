"""The harness itself: a handful of deliberately broken engines is caught, each by the check that is meant for it.

The long run (`python -m tests.faults broken`) has to catch all of them.
"""

from __future__ import annotations

import pytest

from tests.faults.broken import BROKEN
from tests.faults.catching import catch
from tests.faults.lab import Bench
from tests.faults.scenarios import SCENARIOS

MEANT_FOR_IT = {
    "the ledger before the delivery": {"claims too much", "lost"},
    "random ids": {"unchanged"},
    "rejected rows dropped": {"rejected"},
    "unchanged rows sent": {"unchanged", "sends again"},
    "left behind by their id": {"lost", "unchanged", "claims too much", "stale"},
    "a missing segment is empty": {"unchanged"},
    "a reply that cannot be stored": {"traceback"},
    "refusals prove everything": {"not live"},
    "no lock": {"unchanged", "traceback", "order"},
}


@pytest.mark.parametrize("name", MEANT_FOR_IT)
def test_a_broken_engine_is_caught_by_the_check_that_is_meant_for_it(bench: Bench, name: str) -> None:
    caught = catch(bench, name, "tests")
    assert caught.check in MEANT_FOR_IT[name], caught


def test_there_are_many_broken_engines_and_each_says_where_it_can_show() -> None:
    assert len(BROKEN) >= 30
    for broken in BROKEN.values():
        assert set(broken.scenarios) <= set(SCENARIOS)
