"""strace, which owes nothing to the shim: it kills the command as users start it, and sees the calls that the shim sees."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults import straced
from tests.faults.kills import kill_project
from tests.faults.lab import Bench
from tests.faults.pool import bench as benches


@pytest.fixture
def slow_bench() -> Iterator[Bench]:
    if why := straced.why_not():
        pytest.skip(why)
    with benches(runner=straced.Straced) as made:
        yield made


def test_the_command_as_users_start_it_is_killed_by_strace_and_loses_nothing(slow_bench: Bench) -> None:
    tally = kill_project(slow_bench, "two destinations", "tests/strace", most_kills=1, rounds=2)
    assert tally.found == []
    assert tally.kills >= 1
    assert tally.delivered >= 40
