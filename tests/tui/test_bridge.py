"""The bridge's reading of a project: what was read last is what is shown, however slow a reading is."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core import project as projects
from tests.projects import ProjectFolder
from tui.bridge import Bridge


async def test_what_was_just_saved_is_there_though_the_files_are_being_read_by_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reading of each second meets the new file first, and is slow; the one that follows a save finds nothing newer."""
    made = ProjectFolder.make(tmp_path / "acme")
    told: list[Any] = []
    bridge = Bridge(SimpleNamespace(post_message=told.append), made.folder)
    try:
        await bridge.refresh()
        load = projects.load

        def slowly(folder: Path, *, looking: bool = False) -> Any:
            time.sleep(0.3)
            return load(folder, looking=looking)

        monkeypatch.setattr(projects, "load", slowly)
        projects.write_file(made.folder / "sources" / "new.toml", {"type": "duckdb", "path": "new.duckdb"})
        by_the_clock = asyncio.create_task(bridge.refresh())
        await asyncio.sleep(0.1)
        after_the_save = asyncio.create_task(bridge.refresh(anew=True))
        await asyncio.sleep(0.05)
        time.sleep(1.0)  # noqa: ASYNC251 -- the event loop is busy, so nothing of what is read reaches it meanwhile
        await asyncio.gather(by_the_clock, after_the_save)
        assert bridge.snapshot.project
        assert "new" in bridge.snapshot.project.sources
        assert "new" in told[-1].snapshot.project.sources
    finally:
        await bridge.close()


async def test_who_asks_while_the_console_is_being_closed_is_stopped_and_starts_no_helper(tmp_path: Path) -> None:
    made = ProjectFolder.make(tmp_path / "acme")
    bridge = Bridge(SimpleNamespace(post_message=lambda _message: None), made.folder)
    await bridge.refresh()
    await bridge.ask("lint", dialect="duckdb", text="SELECT 1")
    helper = bridge._workbench._process
    await bridge.close()
    for question in (bridge.refresh(), bridge.change(dict), bridge.ask("lint", dialect="duckdb", text="SELECT 1")):
        with pytest.raises(asyncio.CancelledError):
            await question
    assert bridge._workbench._process is helper
    assert helper is not None
    assert helper.returncode is not None
