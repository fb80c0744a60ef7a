"""Fixtures of the promises: a project in this process, at a real receiver."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.sync.workshop import Workshop
from tests.servers.receiving import receiving


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    """A project with a DuckDB warehouse, and a receiver of its own."""
    with receiving(tmp_path / "receiver") as receiver:
        yield Workshop(tmp_path / "project", receiver)
