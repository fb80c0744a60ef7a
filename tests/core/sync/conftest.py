"""Fixtures of the engine's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.sync.workshop import Workshop
from tests.servers.receiving import receiving


@pytest.fixture(autouse=True)
def few_rows_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sieve begin after three rows, so that tables of a few rows go both ways: judged, and left behind."""
    monkeypatch.setattr("core.sync.comparison.unchanged_filter.PASSING", 3)


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    """A project with a DuckDB warehouse, and a receiver of its own."""
    with receiving(tmp_path / "receiver") as receiver:
        yield Workshop(tmp_path / "project", receiver)
