"""The editor with the real helper process, on the demo's warehouse."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.projects import ProjectFolder
from tests.tui.harness import until
from tui.app import Console
from tui.screens.editor import Editor

pytestmark = pytest.mark.skipif(importlib.util.find_spec("core.workbench") is None, reason="there is no helper process")

SLOW = 'select count(*)::text as "userId" from range(100000000) a, range(100000) b where hash(a.range + b.range) = 1'


@asynccontextmanager
async def editor(
    folder: Path, sync: str, size: tuple[int, int] = (160, 45)
) -> AsyncIterator[tuple[Pilot[Any], Editor]]:
    app = Console(folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.bridge.snapshot.project is not None)
        app.open_editor(sync)
        await until(pilot, lambda: isinstance(app.page, Editor) and app.page.checked, seconds=30)
        assert isinstance(app.page, Editor)
        yield pilot, app.page


async def test_the_draft_of_tickets_is_fixed_and_previewed(project: ProjectFolder) -> None:
    async with editor(project.folder, "open_tickets") as (pilot, page):
        await until(pilot, "2 errors", seconds=30)  # with the catalogue the timestamp is known to be one
        await until(pilot, "userID is not userId")
        await pilot.press("alt+g")
        await until(pilot, "No problems.")
        assert "AS userId," in page.code.text
        assert "to_timestamp({{last_sync_time}})" in page.code.text
        await until(pilot, "has_open_ticket → traits.has_open_ticket")
        await pilot.press("ctrl+r")
        await until(pilot, "first 100 rows, more exist", seconds=30)
        await until(pilot, '"userId": "u_00005"')
        await until(pilot, "100 ?")


async def test_the_draft_of_features_has_one_certain_fix(project: ProjectFolder) -> None:
    async with editor(project.folder, "feature_use", (80, 24)) as (pilot, page):
        await until(pilot, lambda: len(page.problems) == 2)
        await pilot.press("f7", "ctrl+g")
        await until(pilot, lambda: "used_at >= to_timestamp" in page.code.text)
        await until(pilot, lambda: len(page.problems) == 1)


async def test_the_schema_is_that_of_the_warehouse(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, _page):
        await until(pilot, "▸ user_resolution", seconds=30)
        await until(pilot, "▾ zendesk")


async def test_what_the_warehouse_says_moves_the_cursor(project: ProjectFolder) -> None:
    async with editor(project.folder, "users", (80, 24)) as (pilot, page):
        page.code.change('select id as "userId",\n    nam\nfrom app.users\n')
        await pilot.press("ctrl+r")
        await until(pilot, "✗ failed", seconds=30)
        await until(pilot, lambda: page.code.cursor_location == (1, 4))


async def test_the_query_is_stopped_in_the_warehouse(project: ProjectFolder) -> None:
    async with editor(project.folder, "users", (80, 24)) as (pilot, page):
        page.code.change(SLOW)
        await pilot.press("ctrl+r")
        await until(pilot, "^C stops it")
        await until(pilot, lambda: page.rows.began is not None and time.time() - page.rows.began > 1.5)
        assert page.rows.running
        await pilot.press("ctrl+c")
        await until(pilot, "Stopped; the query no longer runs")
        page.code.change('select id as "userId", email from app.users')
        await pilot.press("ctrl+r")
        await until(pilot, "first 100 rows, more exist")


async def test_a_query_is_laid_out_and_words_of_the_dialect_are_known(project: ProjectFolder) -> None:
    async with editor(project.folder, "users", (80, 24)) as (pilot, page):
        page.code.change('select id as "userId" from app.users where updated_at > to_timestamp({{last_sync_time}})')
        await pilot.press("ctrl+l")
        await until(pilot, lambda: page.code.document.line_count > 3, seconds=20)
        assert "{{last_sync_time}}" in page.code.text
        assert "VARCHAR" in page.code.colours.words
        assert "KEY" not in page.code.colours.words


async def test_nothing_heavy_is_imported_by_the_console(project: ProjectFolder) -> None:
    import subprocess
    import sys

    heavy = ["sqlglot", "duckdb", "pyarrow", "httpx", "keyring", "core.lint", "core.query", "core.preview.first_rows"]
    program = (
        f"import sys, tui.app, tui.screens.editor, tui.screens.plan; print([m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: ASYNC221
    assert done.stdout.strip() == "[]"
