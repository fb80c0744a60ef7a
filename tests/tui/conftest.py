"""Fixtures of the console's tests: projects, a clock that stands still, a home of its own."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.projects import SECRETS, ProjectFolder
from tests.tui import acme


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Return the console a home of its own, the time zone UTC, and a terminal with many colours."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("DATABASE_URL", "PGHOST", "GOOGLE_APPLICATION_CREDENTIALS", "SNOWFLAKE_HOME", "DBT_PROFILES_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("TMUX", raising=False)
    time.tzset()
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock stand at `acme.NOW`."""
    monkeypatch.setattr(time, "time", lambda: acme.NOW)


@pytest.fixture
def day(tmp_path: Path, still: None) -> ProjectFolder:
    """The project of a day that is known to the second."""
    return acme.make(tmp_path / "acme")
