"""Fixtures of the journeys: the demo, as someone finds it after the first day."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core import demo


@pytest.fixture(autouse=True)
def tmux_is_here() -> None:
    """Skip where there is no tmux, and say so."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed: the journeys drive the console in it")


@pytest.fixture(scope="session")
def made_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, made once for all."""
    folder = tmp_path_factory.mktemp("made") / "backhaul-demo"
    assert demo.make(folder)
    return folder


@pytest.fixture
def company(made_demo: Path, tmp_path: Path) -> Path:
    """A demo of one's own."""
    return Path(shutil.copytree(made_demo, tmp_path / "backhaul-demo"))
