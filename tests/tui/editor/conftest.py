"""A demo project for each test of the editor, and the console on it with a helper process that the test answers for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core import demo
from tests.projects import ProjectFolder


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the demo once."""
    folder = tmp_path_factory.mktemp("editor") / "demo"
    demo.make(folder)
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path) -> ProjectFolder:
    """Return a demo of one's own."""
    return ProjectFolder(Path(shutil.copytree(made, tmp_path / "demo")))
