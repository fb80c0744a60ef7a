"""Fixtures of the fault tests: one bench for each worker of pytest-xdist."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults import shim
from tests.faults.lab import Bench
from tests.faults.pool import bench as benches


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    """A runner, a receiver and a folder."""
    if why := shim.why_not():
        pytest.skip(why)
    with benches() as made:
        yield made
