"""The editor's rows with the real helper process: all of them, sorted, filtered, by mark, by column, in full, as a file, and who they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from tests.projects import ProjectFolder, backhaul
from tests.tui.editor.test_workbench import editor
from tests.tui.harness import screen_text, until
from tui.screens.dialogs import Ask
from tui.screens.editor.person import key_of
from tui.screens.editor.result import WINDOW, FarRows, Result

QUERY = """SELECT 'u_' || n AS "userId", ['free', 'pro', 'team'][n % 3 + 1] AS plan, n AS seats, NULL AS nothing
FROM range({rows}) AS t(n) -- backhaul: ignore last-sync-time-missing
"""


def write(project: ProjectFolder, rows: int) -> None:
    (project.folder / "syncs" / "users.sql").write_text(QUERY.format(rows=rows), "utf-8")


async def test_all_rows_are_loaded_marked_sorted_and_filtered(project: ProjectFolder) -> None:
    write(project, 5_000)
    async with editor(project.folder, "users") as (pilot, page):
        await pilot.press("ctrl+r")
        await until(pilot, "first 100 rows, more exist", seconds=30)
        await until(pilot, "L all")
        await pilot.press("escape", "L")
        await until(pilot, "5,000 rows, all there are", seconds=30)
        await until(pilot, "5,000 ?", seconds=30)
        await pilot.press("G")
        await until(pilot, "u_4999", seconds=10)
        await pilot.press("s")
        await until(pilot, "Sort by")
        await pilot.press("down", "down", "down", "enter")
        await until(pilot, "seats ▲")
        await pilot.press("s")
        await until(pilot, "Sort by")
        await pilot.press("enter")
        await until(pilot, "seats ▼")
        await until(pilot, lambda: page.row is not None and page.row.values[2] == 4999)
        await pilot.press("f")
        await until(pilot, "Filter rows")
        dialog = page.console.screen
        assert isinstance(dialog, Ask)
        dialog.query_one(Input).value = "plan:pro u_49"
        await pilot.press("enter")
        await until(pilot, "39 of 5,000 rows")
        await until(pilot, lambda: page.row is not None and page.row.values[:2] == ("u_4999", "pro"))
        await until(pilot, '"userId": "u_4999"')


async def test_a_column_stands_first_and_a_row_is_read_in_full(project: ProjectFolder) -> None:
    write(project, 30)
    async with editor(project.folder, "users", (80, 24)) as (pilot, page):
        await pilot.press("ctrl+r")
        await until(pilot, "30 rows, all there are", seconds=30)
        await pilot.press("escape", "right")
        await until(pilot, "+1 column")
        heads = next(line for line in screen_text(page.console).split("\n") if "what it is" in line)
        assert heads.split()[:2] == ["userId", "seats"]
        await pilot.press("n")
        await until(pilot, "Go to a column")
        await pilot.press("up", "enter")
        await until(pilot, "userId  plan")
        await pilot.press("v")
        await until(pilot, "as the warehouse gave it")
        await until(pilot, "nothing  –")
        await pilot.press("y")
        assert '"plan": "free"' in page.console.clipboard_text
        await pilot.press("escape", "H")
        await until(pilot, "Column statistics")
        await until(pilot, "prefix and number 30")
        await until(pilot, "30 null")


async def test_rows_of_a_mark_are_kept_and_written(project: ProjectFolder, tmp_path: Path) -> None:
    write(project, 10)
    assert backhaul("run", "users", folder=project.folder).code == 0
    write(project, 12)
    async with editor(project.folder, "users") as (pilot, page):
        await pilot.press("ctrl+r")
        await until(pilot, "10 ✓  2 ?", seconds=30)
        await pilot.press("escape", "m")
        await until(pilot, "No row matches.")
        await pilot.press("m")
        await until(pilot, "2 of 12 rows")
        page.do_export(str(tmp_path / "new.jsonl"))
        await until(pilot, (tmp_path / "new.jsonl").exists)
        await pilot.press("m")
        await until(pilot, "10 of 12 rows")
        await pilot.press("m")
        await until(pilot, "12 rows, all there are")
    assert len((tmp_path / "new.jsonl").read_text("utf-8").splitlines()) == 2


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_what_is_known_of_a_person_stands_under_the_call(project: ProjectFolder, size: tuple[int, int]) -> None:
    write(project, 3)
    assert backhaul("run", "users", folder=project.folder).code == 0
    text = (project.folder / "syncs" / "users.sql").read_text("utf-8")
    (project.folder / "syncs" / "users.sql").write_text(text.replace("n AS seats", "n + 1 AS seats"), "utf-8")
    async with editor(project.folder, "users", size) as (pilot, _page):
        await pilot.press("ctrl+r")
        await until(pilot, "3 ✓", seconds=30)
        await pilot.press("escape")
        if size[0] < 120:
            await pilot.press("enter")
        await until(pilot, "Known of u_0")
        await until(pilot, "✓ users → files  acknowledged", seconds=20)
        await until(pilot, "seats  0 → 1")


@pytest.mark.slow
async def test_a_million_rows_are_seen_and_scrolled(project: ProjectFolder) -> None:
    write(project, 1_000_000)
    async with editor(project.folder, "users") as (pilot, page):
        await pilot.press("escape", "L")
        await until(pilot, "1,000,000 rows, all there are", seconds=60)
        result = page.rows.result
        assert result is not None
        await until(pilot, "1,000,000 ?", seconds=60)
        for _ in range(60):
            await pilot.press("ctrl+d")
        await pilot.press("G")
        await until(pilot, "u_999999", seconds=10)


def test_only_the_rows_that_were_looked_at_lately_are_here() -> None:
    rows = [{"place": n, "values": [n], "fault": None, "known": None, "marked": False} for n in range(WINDOW)]
    answer = {"result": "h", "columns": [{"name": "n", "kind": "integer"}], "count": 1_000_000, "rows": rows}
    result = Result.read(answer, 0.0)
    wanted: list[int] = []
    far = FarRows(result, wanted.append)
    assert len(far) == 1_000_000
    assert far[5].key == "5"
    assert far[999_999].quiet
    assert wanted == [999_800]
    for start in range(0, 100 * WINDOW, WINDOW):
        result.take(start, rows)
    assert len(result.here()) <= 40 * WINDOW
    assert (far.place_of("7"), far.place_of("1000000"), far.place_of("x")) == (7, None, None)
    with pytest.raises(IndexError):
        far[1_000_000]


def test_whom_a_call_names() -> None:
    assert key_of({"userId": "u1", "traits": {"email": "a@b.c"}}) == "u1"
    assert key_of({"traits": {"email": "a@b.c"}}) == "a@b.c"
    assert key_of({"groupId": "c1"}) == "c1"
    assert key_of(None) == key_of({}) == ""
