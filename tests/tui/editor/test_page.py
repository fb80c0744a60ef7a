"""The editor's page: problems, fixes, previews and what stands around the text."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual import events

from tests.projects import ProjectFolder
from tests.tui.editor.bench import PREVIEW, Bench, editor, refused
from tests.tui.harness import screen_text, strips, until
from tui.app import Console
from tui.screens.editor import Editor


def says(**answers: Any) -> Any:
    def prepare(bench: Bench) -> None:
        bench.says.update(answers)

    return prepare


def said(page: Editor, words: str) -> bool:
    """Return whether something was told."""
    return any(words in text for _moment, _meaning, text in page.console.said)


async def test_a_draft_shows_its_problems_and_fixes_fix_them(project: ProjectFolder) -> None:
    async with editor(project.folder, "open_tickets") as (pilot, page, _bench):
        await until(pilot, "1 error  1 warning")
        await pilot.press("ctrl+n")
        assert page.code.cursor_location == (1, 33)
        await until(pilot, "2:34 userID is not userId")
        await pilot.press("ctrl+g")
        await until(pilot, lambda: "AS userId," in page.code.text)
        await until(pilot, lambda: len(page.problems) == 1)
        await pilot.press("ctrl+n", "ctrl+g")
        await until(pilot, "No problems.")
        assert "to_timestamp({{last_sync_time}})" in page.code.text
        await pilot.press("ctrl+z", "ctrl+z")
        assert page.code.text == page.shown.file


async def test_what_is_certain_is_fixed_at_once_and_the_rest_says_why_not(project: ProjectFolder) -> None:
    async with editor(project.folder, "feature_use", size=(160, 45)) as (pilot, page, _bench):
        await until(pilot, "1 error  1 warning")
        page.code.change(page.code.text.replace("user_id AS", "user_id || '' AS x, now() AS"))
        await until(pilot, lambda: len(page.problems) == 3)
        await pilot.press("alt+g")
        await until(pilot, lambda: ">= to_timestamp" in page.code.text)
        await until(pilot, lambda: len(page.problems) == 1)
        assert page.why_not("fix_all") == "no fix is certain"
        assert page.why_not("fix") == "no automatic fix"
        assert page.console.said[-1][2] == "2 problems fixed."


async def test_next_and_previous_problem_go_round(project: ProjectFolder) -> None:
    async with editor(project.folder, "open_tickets") as (pilot, page, _bench):
        await until(pilot, "1 error  1 warning")
        seen = []
        for key in ("ctrl+n", "ctrl+n", "ctrl+n", "f7"):
            await pilot.press(key)
            seen.append(page.code.cursor_location[0])
        assert seen == [1, 6, 1, 6]


async def test_findings_shift_while_typing_and_the_newest_text_is_linted(project: ProjectFolder) -> None:
    async with editor(project.folder, "open_tickets") as (pilot, page, bench):
        await until(pilot, lambda: len(page.problems) == 2 and bench.count("lint") == 2)  # again with the catalogue
        before = page.problems[0].start
        page.code.move_cursor((0, 0))
        await pilot.press("enter")
        assert page.problems[0].start == before + 1
        await until(pilot, lambda: bench.asked[-1] == ("lint", {"sync": "open_tickets", "text": page.code.text}))
        assert bench.count("lint") == 3


async def test_lint_that_fails_is_said_in_a_line(project: ProjectFolder) -> None:
    trouble = says(lint=refused("The catalogue cannot be read.", remedy="Try again."))
    for size in ((80, 24), (160, 45)):
        async with editor(project.folder, "users", size=size, prepare=trouble) as (pilot, _page, bench):
            await until(pilot, "✗ The catalogue cannot be read. Try again.")
            bench.says["lint"] = bench._lint
            await pilot.press("enter")
            await until(pilot, "No problems.")


async def test_the_page_of_a_rule(project: ProjectFolder) -> None:
    async with editor(project.folder, "open_tickets") as (pilot, _page, _bench):
        await until(pilot, "1 error  1 warning")
        await pilot.press("ctrl+n", "escape", "w")
        await until(pilot, "column-folded")
        await until(pilot, "Why it matters")


async def test_a_preview_marks_each_row_and_counts_them(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, _page, _bench):
        await pilot.press("ctrl+r")
        await until(pilot, "first 3 rows, more exist   1.2 s")
        text = screen_text(pilot.app)
        assert "1 ✓  1 ?  1 ✗" in text
        assert "✓  u_1     ann@example.com     12  known" in text
        assert "✗  –       eve@example.com      –  userId is null" in text


async def test_a_row_is_shown_as_its_call_and_copied(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, _bench):
        await pilot.press("ctrl+r")
        await until(pilot, "u_1")
        await pilot.press("escape", "enter")
        await until(pilot, "Row 1 as a call")
        await until(pilot, '"userId": "u_1"')
        await pilot.press("escape", "down", "down", "enter")
        await until(pilot, "✗ userId is null")
        await pilot.press("escape", "y")
        assert '"email": "eve@example.com"' in page.console.clipboard_text


async def test_wide_the_row_is_a_call_beside_the_text(project: ProjectFolder) -> None:
    async with editor(project.folder, "users", size=(160, 45)) as (pilot, page, _bench):
        await pilot.press("ctrl+r")
        await until(pilot, "Row 1 as a call")
        await until(pilot, '"userId": "u_1"')
        await pilot.press("escape", "down", "down")
        await until(pilot, "Row 3 as a call")
        await until(pilot, "✗ refused")
        await pilot.press("enter")
        assert page.focused is page.call_sheet


async def test_the_key_that_stops_stops_a_preview_and_the_old_rows_stay(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, bench):
        await pilot.press("ctrl+r")
        await until(pilot, "u_1")
        bench.gate = asyncio.Event()
        await pilot.press("ctrl+r")
        await until(pilot, "^C stops it")
        assert "as it was" in screen_text(page.console)
        assert page.rows.table.state == "failing"
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert bench.stopped == []
        assert page.rows.running
        await pilot.press("i", "ctrl+c")
        await until(pilot, lambda: "preview" in bench.stopped)
        await until(pilot, "Stopped; the query no longer runs")
        assert "u_1" in screen_text(page.console)
        assert page.focused is page.code


async def test_rows_of_an_earlier_text_are_said_to_be_so(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, _page, _bench):
        await pilot.press("ctrl+r")
        await until(pilot, "u_1")
        await pilot.press("x")
        await until(pilot, "of an earlier text")


async def test_no_rows_shows_the_columns_and_says_what_left_them_out(project: ProjectFolder) -> None:
    nothing = {**PREVIEW, "rows": [], "count": 0, "more": False}
    async with editor(project.folder, "users", prepare=says(preview=nothing)) as (pilot, _page, bench):
        await pilot.press("ctrl+r")
        await until(pilot, "No rows: last_sync_time is 2023-11-14 22:13:20Z, and the query gives nothing")
        await until(pilot, "userId  email")
        await until(pilot, "0 previews with last_sync_time 0")
        bench.says["preview"] = {**nothing, "bound": 0}
        await pilot.press("escape", "0")
        await until(pilot, "No rows: the query returns none, even with last_sync_time 0.")
        assert bench.asked[-1][1]["from_zero"] is True


async def test_an_error_of_the_warehouse_moves_the_cursor_to_its_place(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, bench):
        offset = page.code.text.index("plan")
        bench.says["preview"] = refused("Column plan does not exist.", remedy="Look at the schema.", offset=offset)
        await pilot.press("ctrl+r")
        await until(pilot, "✗ Column plan does not exist.")
        assert page.code.cursor_offset_in_text == offset
        await until(pilot, "6:5 Column plan does not exist.")
        await pilot.press("x")
        await until(pilot, lambda: page.query_problem is None)


async def test_a_query_that_lint_refuses_points_at_the_finding(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, bench):
        found = {"rule": "x", "severity": "error", "message": "No.", "start": 10, "end": 12, "line": 1, "column": 11}
        bench.says["preview"] = refused("The query is refused.", findings=[{**found, "fix": None}])
        await pilot.press("ctrl+r")
        await until(pilot, "✗ The query is refused.")
        assert page.code.cursor_offset_in_text == 10


async def test_hostile_text_and_cells_are_never_drawn_raw(project: ProjectFolder) -> None:
    evil = "\x1b]52;c;eA==\x07\x1b[2J\u202e\x9b31m"
    rows = [
        {"place": 0, "marked": True, "values": [evil, evil, 1], "call": {"userId": evil}, "fault": evil, "known": None}
    ]
    answer = {
        **PREVIEW,
        "rows": rows,
        "columns": [{"name": evil, "kind": "text", "type": evil}, *PREVIEW["columns"][1:]],
    }
    found = {
        "rule": "x",
        "severity": "error",
        "message": evil,
        "start": 0,
        "end": 2,
        "line": 1,
        "column": 1,
        "fix": {"label": evil, "edits": []},
    }
    lint = {
        "findings": [found],
        "fields": [{"column": evil, "path": evil, "key": False, "problem": evil}],
        "incremental": False,
        "dialect": "duckdb",
    }
    tables = {
        "tables": [
            {
                "schema": evil,
                "name": evil,
                "rows": 1,
                "is_view": False,
                "columns": [{"name": evil, "kind": evil, "type": evil}],
            }
        ]
    }
    for size in ((80, 24), (160, 45)):
        prepare = says(preview=answer, lint=lint, catalogue=tables)
        async with editor(project.folder, "users", size=size, prepare=prepare) as (pilot, page, _bench):
            page.code.insert(evil)
            await pilot.press("ctrl+r")
            await until(pilot, lambda: page.rows.result is not None)
            await pilot.press("escape", "enter")
            await pilot.pause()
            drawn = "\n".join(strip.text for strip in strips(page.console))
            assert not set(drawn) & set("\x1b\x07\u202e\x9b")
            assert "␛]52" in drawn or "\\x1b]52" in drawn


@pytest.mark.parametrize("size", [(80, 24), (160, 45), (40, 10), (120, 30), (200, 60), (20, 6)])
async def test_every_size_shows_the_text_and_lets_one_work(project: ProjectFolder, size: tuple[int, int]) -> None:
    async with editor(project.folder, "open_tickets", size=size) as (pilot, page, _bench):
        await until(pilot, lambda: len(page.problems) == 2)
        await pilot.press("ctrl+n")
        lines = screen_text(page.console).split("\n")
        assert len(lines) == size[1]
        assert any("external_id" in line for line in lines) or size[0] < 40
        await pilot.press("ctrl+r")
        await until(pilot, lambda: page.rows.result is not None)
        await pilot.press("escape")
        await pilot.pause()
        assert page.focused is page.rows.table
        if size[0] >= 40:
            await until(pilot, "u_1")
        await pilot.press("i")
        await pilot.pause()
        assert page.focused is page.code
        assert page.code.region.height > 0


async def test_a_change_of_size_keeps_everything(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, _bench):
        await pilot.press("ctrl+r")
        await until(pilot, "u_1")
        await pilot.resize_terminal(160, 45)
        await until(pilot, "Row 1 as a call")
        await until(pilot, "Schema")
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "Schema" not in screen_text(page.console))


async def test_the_schema_opens_closes_and_gives_names(project: ProjectFolder) -> None:
    async with editor(project.folder, "users", size=(160, 45)) as (pilot, page, _bench):
        await until(pilot, "104k")
        await pilot.press("escape")
        page.schema.tree_table.focus()
        await pilot.press("down", "right", "down", "enter")
        assert page.focused is page.code
        assert page.code.text.startswith("id")
        page.schema.tree_table.focus()
        await pilot.press("left", "left", "left", "left")
        await until(pilot, lambda: "▸ app" in screen_text(page.console))


async def test_a_catalogue_that_cannot_be_read_says_so_and_is_tried_again(project: ProjectFolder) -> None:
    prepare = says(catalogue=refused("The database is locked."))
    async with editor(project.folder, "users", size=(160, 45), prepare=prepare) as (pilot, _page, bench):
        await until(pilot, "The database is")
        bench.says["catalogue"] = {"tables": []}
        await pilot.press("f5")
        await until(pilot, "has no tables")


async def test_find_counts_goes_on_and_replaces(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, _bench):
        await pilot.press("ctrl+f", *"NAME")
        await until(pilot, "not there")
        await pilot.press("ctrl+u", *"name")
        await until(pilot, "2 places")
        await pilot.press("enter")
        await until(pilot, "1 of 2")
        await pilot.press("enter", "enter")
        await until(pilot, "1 of 2")
        await pilot.press("up")
        await until(pilot, "2 of 2")
        await pilot.press("tab", *"nom", "enter")
        await until(pilot, lambda: "last_nom" in page.code.text and "first_name" in page.code.text)
        await pilot.press("alt+e")
        await until(pilot, lambda: "first_nom" in page.code.text)
        await pilot.press("escape")
        assert page.focused is page.code
        await pilot.press("ctrl+z", "ctrl+z")
        assert page.code.text == page.shown.file


async def test_the_query_is_laid_out_evenly(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, _bench):
        await pilot.press("ctrl+l")
        await until(pilot, lambda: "select id as" in page.code.text)


async def test_the_own_editor_gets_the_text_in_a_private_file_and_gives_it_back(
    project: ProjectFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import nullcontext

    script = tmp_path / "my editor"
    script.write_text('#!/bin/sh\nstat -c %a "$2" > "$2.mode"\nprintf "%s" "$1" >> "$2"\nmv "$2.mode" "$0.mode"\n')
    script.chmod(0o755)
    monkeypatch.setenv("VISUAL", f"'{script}' -- ")
    monkeypatch.setattr(Console, "suspend", lambda self: nullcontext())
    async with editor(project.folder, "users") as (pilot, page, _bench):
        await pilot.press("x")
        await pilot.press("ctrl+e")
        await until(pilot, lambda: page.code.text.endswith("--"))
        assert page.code.text.startswith("x")
        assert Path(f"{script}.mode").read_text().strip() == "600"  # noqa: ASYNC240 -- a small file
        assert not list((project.folder / ".backhaul" / "editing").iterdir())
        monkeypatch.setenv("VISUAL", "/no/such/editor")
        await pilot.press("ctrl+e")
        await until(pilot, lambda: said(page, "/no/such/editor could not be started"))
        monkeypatch.setenv("VISUAL", "false")
        await pilot.press("ctrl+e")
        await until(pilot, lambda: said(page, "false ended with 1"))
        monkeypatch.delenv("VISUAL")
        monkeypatch.delenv("EDITOR", raising=False)
        await pilot.press("ctrl+e")
        await until(pilot, lambda: said(page, "Neither VISUAL nor EDITOR"))


async def test_a_sync_whose_source_is_missing_can_be_written_but_not_run(project: ProjectFolder) -> None:
    (project.folder / "sources" / "warehouse.toml").unlink()
    prepare = says(lint=refused("There is no source."))
    async with editor(project.folder, "users", prepare=prepare) as (pilot, page, bench):
        await until(pilot, "You can edit the query, but not")
        await pilot.press("x", "ctrl+r")
        await until(pilot, lambda: said(page, "preview: its settings are broken."))
        assert page.code.text.startswith("x")
        assert bench.count("preview") == 0


async def test_without_a_sync_the_editor_names_the_key_that_makes_one(tmp_path: Path) -> None:
    empty = ProjectFolder.make(tmp_path / "empty")
    app = Console(empty.folder)
    app.bridge.ask = Bench(empty.folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, "No source yet")
        await pilot.press("3")
        await until(pilot, "No sync yet")
        await until(pilot, "goes home; there n creates one")
        await pilot.press("ctrl+s", "escape")


async def test_escape_leaves_the_text_and_never_the_page(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, bench):
        await until(pilot, "Esc leave the text")
        await pilot.press("escape")
        await until(pilot, "? keys")
        assert not page.typing
        for key in ("escape", "escape", "ctrl+r"):
            await pilot.press(key)
            await pilot.pause()
            assert page.console.screen is page
        await until(pilot, lambda: bench.count("preview") == 1)
        assert said(page, "1 goes home, i to the text.")


async def test_the_rows_are_exported_where_they_are_held(project: ProjectFolder, tmp_path: Path) -> None:
    async with editor(project.folder, "users") as (pilot, page, bench):
        await pilot.press("escape", "x")
        await until(pilot, lambda: said(page, "export: there are no rows here."))
        await pilot.press("i", "ctrl+r")
        await until(pilot, "u_1")
        page.do_export(str(tmp_path / "rows.parquet"))
        await until(pilot, lambda: said(page, "3 rows saved"))
        assert bench.asked[-1] == ("result_export", {"result": "held", "file": str(tmp_path / "rows.parquet")})
        await pilot.press("escape", "x")
        await until(pilot, "Save 3 rows to")


async def test_settings_of_what_is_sent_are_next_door(project: ProjectFolder) -> None:
    async with editor(project.folder, "users", prepare=says(plan=refused("Not now."))) as (pilot, page, bench):
        await pilot.press("x", "escape", "p")
        await until(pilot, lambda: bench.count("plan") == 1)
        assert bench.asked[-1][1]["text"].startswith("x")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(page.console.screen, Editor))


async def test_no_key_of_the_editor_sends(project: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []

    async def start_run(self: Console, sync: str, *words: str) -> None:
        started.append(sync)

    monkeypatch.setattr(Console, "start_run", start_run)
    async with editor(project.folder, "users") as (pilot, page, _bench):
        await pilot.press("escape", "r", "R")
        await pilot.pause()
        assert said(page, "r previewed the query here before. Now press ^R (preview).")
        assert said(
            page, "R saved the query and ran it here before. Now press ^S (save), then p (plan), then r (send it)."
        )
        assert page.console.screen is page
    assert started == []


async def test_what_is_cut_out_can_be_pasted_and_is_one_step_of_undo(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, _bench):
        before = page.code.text
        await pilot.press("ctrl+x")
        await until(pilot, lambda: page.console.clipboard_text.startswith("-- Everyone"))
        assert page.code.text.startswith("SELECT")
        await pilot.press("ctrl+v")
        assert page.code.text == before
        await pilot.press("ctrl+z", "ctrl+z")
        assert page.code.text == before


async def test_the_editor_opens_as_the_first_page_that_is_asked_for(project: ProjectFolder) -> None:
    app = Console(project.folder)
    app.bridge.ask = Bench(project.folder)
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.press("3")  # before the project is read
        await until(pilot, lambda: isinstance(app.page, Editor) and app.page.checked)
        await until(pilot, "No problems.")


async def test_a_template_takes_the_place_of_the_text_and_undo_brings_it_back(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, bench):
        text = page.code.text
        bench.says["templates"] = {
            "templates": [
                {"name": "orders", "title": "Orders", "call": "track", "tables": ["o"], "text": "SELECT 'a' AS event"},
                {"name": "leads", "title": "Leads", "call": "identify", "tables": ["l"], "text": "SELECT id\nFROM l"},
            ]
        }
        await pilot.press("escape", "N")
        await until(pilot, "Templates")
        lines = screen_text(page.console).split("\n")
        assert next(i for i, each in enumerate(lines) if "Leads" in each) < next(
            i for i, each in enumerate(lines) if "Orders" in each
        )
        await pilot.press("enter")
        await until(pilot, lambda: page.code.text == "SELECT id\nFROM l")
        await pilot.press("ctrl+z")
        assert page.code.text == text


async def test_what_was_run_is_taken_up_again(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, _bench):
        await pilot.press("escape", "h")
        await until(pilot, lambda: said(page, "history: no query was run here yet."))
        await pilot.press("i", "ctrl+r")
        await until(pilot, "u_1")
        text = page.code.text
        page.code.change("SELECT 2")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: page.rows.result is not None and not page.rows.running)
        await pilot.press("escape", "h")
        await until(pilot, "Run before")
        await until(pilot, "SELECT 2")
        await until(pilot, 'SELECT id AS "userId",')
        await pilot.press("down", "enter")
        await until(pilot, lambda: page.code.text == text)
    kept = project.folder / ".backhaul" / "editing" / "ran.jsonl"
    assert kept.stat().st_mode & 0o077 == 0


async def test_the_tables_stand_in_place_of_the_text_where_there_is_no_room(project: ProjectFolder) -> None:
    async with editor(project.folder, "users") as (pilot, page, _bench):
        await pilot.press("escape", "d")
        await until(pilot, "▸ users")
        assert page.focused is page.schema.tree_table
        await pilot.press("down", "enter", "down", "enter")
        await until(pilot, lambda: page.focused is page.code)
        assert "id" in page.code.text[:200]
        assert not page.has_class("-tables")
        await pilot.press("escape", "d", "escape")
        assert page.focused is page.code


CANDIDATES = {
    "candidates": [
        {"label": "email", "insert": "email", "start": 0, "end": 1, "kind": "column", "detail": "text", "why": ""},
        {"label": "events", "insert": '"events"', "start": 0, "end": 1, "kind": "table", "detail": "", "why": ""},
    ]
}


async def test_candidates_come_while_one_types_and_tab_takes_the_chosen_one(project: ProjectFolder) -> None:
    async with editor(project.folder, "users", prepare=says(complete=CANDIDATES)) as (pilot, page, _bench):
        page.code.change("")
        await until(pilot, lambda: not page.text_seen)
        await pilot.press("e")
        await until(pilot, lambda: page.offers.is_open)
        await until(pilot, "email   column  text")
        await until(pilot, "Tab take it")
        await pilot.press("down", "tab")
        assert page.code.text == '"events"'
        assert not page.offers.is_open
        await pilot.press("ctrl+z")
        assert page.code.text == "e"


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        (("m",), "email"),
        (("v", "e"), '"events"'),
        (("m", "backspace"), "email"),
        (("backspace",), "email"),
        (("x",), "ex"),
    ],
)
async def test_who_types_faster_than_candidates_come_takes_what_was_meant(
    project: ProjectFolder, typed: tuple[str, ...], taken: str
) -> None:
    async with editor(project.folder, "users", prepare=says(complete=CANDIDATES)) as (pilot, page, bench):
        page.code.change("")
        await until(pilot, lambda: not page.text_seen)
        await pilot.press("e")
        await until(pilot, lambda: page.offers.is_open)
        page._offer_soon = lambda: None  # what is newer is late
        asked = len(bench.asked)
        await pilot.press(*typed, "tab")
        assert page.code.text == taken
        await until(pilot, lambda: (taken == "ex") == ("complete" in [do for do, _ in bench.asked[asked:]]))
        await pilot.press("z")
        assert page.code.text == f"{taken}z"


async def test_enter_and_escape_are_the_texts_own_unless_the_choice_was_moved(project: ProjectFolder) -> None:
    async with editor(project.folder, "users", prepare=says(complete=CANDIDATES)) as (pilot, page, _bench):
        page.code.change("")
        await until(pilot, lambda: not page.text_seen)
        await pilot.press("e")
        await until(pilot, lambda: page.offers.is_open)
        await pilot.press("escape")
        assert not page.offers.is_open
        assert page.focused is page.code
        await pilot.press("ctrl+@")
        await until(pilot, lambda: page.offers.is_open)
        await pilot.press("enter")
        assert page.code.text == "e\n"
        assert not page.offers.is_open


async def test_the_letter_that_ends_a_name_closes_the_list_before_the_next_key_is_read(project: ProjectFolder) -> None:
    async with editor(project.folder, "users", prepare=says(complete=CANDIDATES)) as (pilot, page, _bench):
        page.code.change("")
        await until(pilot, lambda: not page.text_seen)
        await pilot.press("e")
        await until(pilot, lambda: page.offers.is_open)
        assert page.code.taking is not None
        assert not page.code.taking(events.Key("right_curly_bracket", "}"))
        assert not page.code.taking(events.Key("up", None)), "an arrow right after it is the text's"
        assert not page.offers.is_open


async def test_earlier_findings_stay_while_a_text_cannot_be_parsed(project: ProjectFolder) -> None:
    async with editor(project.folder, "open_tickets") as (pilot, page, _bench):
        await until(pilot, lambda: len(page.problems) == 2)
        page.code.move_cursor((3, 0))
        await pilot.press("(", "(")
        await until(pilot, lambda: any(each.rule == "syntax-error" for each in page.problems))
        assert {each.rule for each in page.problems} >= {"column-folded", "last-sync-time-as-timestamp"}
        await pilot.press("backspace", "backspace")
        await until(pilot, lambda: len(page.problems) == 2)
