"""Bad replies, a share of them: once the destination answers well again, all is delivered within two runs."""

from __future__ import annotations

import random
from itertools import islice

import pytest

from tests.faults.lab import Bench
from tests.faults.replies import BODIES, MOMENTS, REPLY_SCENARIOS, replies, reply_project


@pytest.mark.parametrize("number", range(12))
def test_no_reply_leaves_a_sync_stuck(bench: Bench, number: int) -> None:
    name = REPLY_SCENARIOS[number % len(REPLY_SCENARIOS)]
    tally = reply_project(bench, name, f"tests/{name}/{number}", many=6)
    assert tally.found == []
    assert tally.replies == 6


def test_every_status_comes_with_every_kind_of_moment_and_body() -> None:
    found = list(islice(replies(random.Random("1")), 2_400))
    assert {reply.status for reply in found} == set(range(100, 600))
    assert {reply.body for reply in found} == set(BODIES)
    assert set(MOMENTS) < {reply.moment for reply in found}
