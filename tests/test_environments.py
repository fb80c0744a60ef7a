"""Environments of their own for stand-ins: made once, and where one cannot be made, the reason is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.environments import ENVIRONMENTS, Environment, NoEnvironmentError


def test_an_environment_that_cannot_be_made_says_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    environment = Environment(name="odd", requirements=("this is no requirement",))
    with pytest.raises(NoEnvironmentError, match="pip cannot install this is no requirement"):
        environment.python()
    assert [path.suffix for path in (tmp_path / "backhaul-tests").iterdir()] == [".lock"]


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(NoEnvironmentError, match="cannot be made"):
        ENVIRONMENTS["snowflake"].python()


def test_other_requirements_make_another_environment() -> None:
    one, other = (Environment(name="same", requirements=(pin,)) for pin in ("a==1", "a==2"))
    assert one.folder != other.folder
    assert one.folder.parent == other.folder.parent
