"""A demo project for the tests of commands that only read; made once for each worker."""

from __future__ import annotations

import pytest

from core.cli import main
from tests.projects import ProjectFolder


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> ProjectFolder:
    """The demo, whose syncs ran once. Tests must not change it."""
    folder = tmp_path_factory.mktemp("demo") / "project"
    assert main(["demo", str(folder), "--headless", "--json"]) == 0
    return ProjectFolder(folder)
