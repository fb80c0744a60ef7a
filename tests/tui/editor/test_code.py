"""The text area: what it draws, how it edits, and that no text makes it freeze or misbehave."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.document._document import Document, Selection
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import TextArea

from tui.themes import PALETTES
from tui.widgets.code import CodeArea, Mark, TextState, shifted
from tui.widgets.code_text import SqlDocument, cells_of, cleaned, difference


class Alone(App[None]):
    def __init__(self, theme: str) -> None:
        super().__init__()
        for palette in PALETTES.values():
            self.register_theme(palette.theme())
        self.theme = theme

    def compose(self) -> ComposeResult:
        yield CodeArea()


@asynccontextmanager
async def area(text: str = "", *, theme: str = "dark", width: int = 60) -> AsyncIterator[tuple[CodeArea, Pilot[Any]]]:
    app = Alone(theme)
    async with app.run_test(size=(width, 12)) as pilot:
        code = app.query_one(CodeArea)
        code.focus()
        code.load_text(text)
        await pilot.pause()
        yield code, pilot


def under(strip: Strip, role: str, theme: str = "dark") -> str:
    """Return what is underlined in a role's colour."""
    colour = PALETTES[theme].styles[role].color
    return "".join(each.text for each in strip if each.style and each.style.underline and each.style.color == colour)


def drawn_in(strip: Strip, role: str, theme: str = "dark") -> list[str]:
    colour = PALETTES[theme].styles[role].color
    return [each.text for each in strip if each.style and each.style.color == colour]


async def test_the_gutter_has_the_sign_of_the_worst_finding_and_the_number() -> None:
    async with area("a b c\nd\ne") as (code, _pilot):
        code.show_marks([Mark(0, 1, "hint"), Mark(2, 3, "error"), Mark(6, 7, "warning"), Mark(8, 9, "hint")])
        assert code.render_line(0).text.startswith("●  1  a b c")
        assert code.render_line(1).text.startswith("▲  2  d")
        assert code.render_line(2).text.startswith("·  3  e")


async def test_findings_are_underlined_in_their_colour() -> None:
    async with area("select nam, plan\nfrom users") as (code, pilot):
        code.show_marks([Mark(7, 10, "error"), Mark(12, 16, "warning")])
        await pilot.press("down")
        assert under(code.render_line(0), "fail") == "nam"
        assert under(code.render_line(0), "warn") == "plan"


async def test_a_finding_of_no_width_and_one_at_the_end_can_be_seen() -> None:
    async with area("select") as (code, pilot):
        code.show_marks([Mark(6, 6, "error")])
        assert under(code.render_line(0), "fail") == "t"
        code.load_text("")
        code.show_marks([Mark(0, 0, "error")])
        await pilot.pause()
        assert code.render_line(0).text.startswith("●  1")


async def test_findings_move_along_with_edits() -> None:
    async with area("select nam") as (code, pilot):
        code.show_marks([Mark(7, 10, "error")])
        code.move_cursor((0, 0))
        await pilot.press("x", "enter", "up")
        assert under(code.render_line(1), "fail") == "nam"
        await pilot.press("ctrl+z", "ctrl+z")
        assert code.text == "select nam"
        assert under(code.render_line(0), "fail") == "nam"


@pytest.mark.parametrize("theme", list(PALETTES))
async def test_every_palette_shows_cursor_selection_and_findings(theme: str) -> None:
    async with area("select (a)", theme=theme) as (code, pilot):
        code.show_marks([Mark(8, 9, "error")])
        code.selection = Selection((0, 0), (0, 3))
        await pilot.pause()
        strip = code.render_line(0)
        assert strip.text.startswith("●  1  select (a)")
        assert any(each.style.underline for each in strip if each.style and "a" in each.text)
        chosen = next(each for each in strip if each.text == "sel").style
        assert chosen is not None
        assert chosen.reverse or chosen.bgcolor == PALETTES[theme].ground_styles["cursor"].bgcolor


async def test_the_value_of_the_placeholder_stands_at_the_lines_end_where_there_is_room() -> None:
    async with area("where a > {{last_sync_time}}\n" + "x" * 50 + "{{last_sync_time}}") as (code, _pilot):
        code.show_note("= 2026-11-21 06:00Z")
        assert code.render_line(0).text.endswith("= 2026-11-21 06:00Z ")
        assert "2026" not in code.render_line(1).text
        assert drawn_in(code.render_line(0), "accent") == ["{{last_sync_time}}"]


async def test_what_a_terminal_would_obey_is_drawn_as_a_stand_in_of_one_cell() -> None:
    hostile = "a\x1b]52;c;x\x07b\u202ec\x9bd\u200be"
    async with area(hostile) as (code, pilot):
        text = code.render_line(0).text
        assert text[6:].rstrip() == "a␛]52;c;x␇b\ufffdc\ufffdd\ufffde"
        assert not set(text) & set("\x1b\x07\u202e\x9b\u200b")
        await pilot.press("end")
        assert code.wrapped_document.location_to_offset(code.cursor_location).x == len(hostile)
        assert code.text == hostile


async def test_wide_characters_and_tabs_keep_cursor_and_findings_in_their_cells() -> None:
    async with area("漢\tx") as (code, _pilot):
        code.show_marks([Mark(2, 3, "error")])
        strip = code.render_line(0)
        assert strip.text[6:].startswith("漢  x")
        assert strip.cell_length == code.scrollable_content_region.width
        assert under(strip, "fail") == "x"


async def test_a_line_that_goes_on_says_so_at_its_ends() -> None:
    async with area("0123456789" * 20) as (code, pilot):
        assert code.render_line(0).text.endswith("›")
        await pilot.press("end")
        await pilot.pause()
        text = code.render_line(0).text
        assert text[6] == "‹"
        assert not text.rstrip().endswith("›")


async def test_enter_keeps_the_indentation_and_tab_inserts_blanks() -> None:
    async with area("  a") as (code, pilot):
        await pilot.press("end", "enter", "b", "tab", "c")
        assert code.text == "  a\n  b c"


async def test_several_lines_are_indented_and_taken_back_together() -> None:
    async with area("a\nb\n\nc") as (code, pilot):
        code.selection = Selection((0, 0), (3, 1))
        await pilot.press("tab")
        assert code.text == "    a\n    b\n\n    c"
        await pilot.press("shift+tab")
        assert code.text == "a\nb\n\nc"
        await pilot.press("ctrl+z", "ctrl+z")
        assert code.text == "a\nb\n\nc"


async def test_lines_become_comments_and_code_again() -> None:
    async with area("  a\n    b") as (code, _pilot):
        code.selection = Selection((0, 0), (1, 2))
        code.action_toggle_comment()
        assert code.text == "  -- a\n  --   b"
        code.action_toggle_comment()
        assert code.text == "  a\n    b"


async def test_a_bracket_finds_its_partner_but_not_in_strings() -> None:
    async with area("f(a, ')', (b))") as (code, _pilot):
        assert code.find_matching_bracket("(", (0, 1)) == (0, 13)
        assert code.find_matching_bracket(")", (0, 12)) == (0, 10)
        assert code.find_matching_bracket(")", (0, 6)) is None


async def test_the_text_is_changed_by_one_edit_that_can_be_undone() -> None:
    async with area("select a\nfrom t") as (code, pilot):
        code.move_cursor((1, 6))
        code.change("select a, b\nfrom t")
        assert code.cursor_location == (1, 6)
        await pilot.press("ctrl+z")
        assert code.text == "select a\nfrom t"


async def test_a_text_comes_back_with_its_cursor_and_its_history() -> None:
    async with area("one") as (code, pilot):
        await pilot.press("end", "x")
        state = code.state()
        code.show_state(TextState("another", Selection()))
        code.show_state(state)
        await pilot.pause()
        assert (code.text, code.cursor_location) == ("onex", (0, 4))
        await pilot.press("ctrl+z")
        assert code.text == "one"


async def test_a_paste_keeps_its_lines_and_loses_only_nul() -> None:
    async with area() as (code, pilot):
        code.post_message(events.Paste("a\r\nb\rc\x00\u2028d"))
        await pilot.pause()
        assert code.text == "a\nb\nc\u2028d"
        assert code.document.line_count == 3


@pytest.mark.parametrize(
    "text",
    ["select a, b, 'x' from t where y = 1\n" * 27_000, "x" * 1_000_000, "ä" * 1_000_000, "select ö, 漢\n" * 90_000],
    ids=["lines", "one line", "one line that is not ASCII", "lines with wide characters"],
)
async def test_a_megabyte_is_pasted_and_edited(text: str) -> None:
    async with area() as (code, pilot):
        code.paste(text)
        await pilot.pause()
        pasted = code.text
        assert pasted.startswith(text[:1_000])
        code.insert("a")
        code.insert("\n")
        assert [code.render_line(y) for y in range(12)]
        assert len(code.text) == len(pasted) + 2
        code.undo()
        assert len(code.text) < len(pasted) + 2


def test_shifts_and_differences_agree() -> None:
    assert difference("select nam", "select name") == (10, 10, 11)
    assert difference("aaa", "aa") == (2, 3, 2)
    assert difference("same", "same") == (4, 4, 4)
    assert shifted(5, 2, 3, 6) == 8
    assert shifted(1, 2, 3, 6) == 1
    assert shifted(4, 2, 6, 3) == 3
    assert (shifted(2, 2, 2, 4), shifted(2, 2, 2, 4, is_end=True)) == (4, 4)


def test_cells_agree_with_what_is_drawn() -> None:
    cells = cells_of("a\t漢b")
    assert list(cells.starts) == [0, 1, 4, 6, 7]
    assert [cells.column_at(cell) for cell in range(8)] == [0, 1, 1, 1, 2, 2, 3, 4]
    assert cleaned("a\ud800b") == "a?b"


def test_offsets_and_places_agree() -> None:
    document = SqlDocument("ab\n\nc\u2028d")
    for offset in range(len(document.text) + 1):
        assert document.get_index_from_location(document.get_location_from_index(offset)) == offset
    assert document.line_count == 3


def test_the_private_parts_of_textual_that_are_used_are_there() -> None:
    for name in (
        "_set_document",
        "_build_highlight_map",
        "_replace_via_keyboard",
        "_on_key",
        "_on_paste",
        "_draw_cursor",
        "_rewrap_and_refresh_virtual_size",
    ):
        assert hasattr(TextArea, name), name
    assert hasattr(TextArea(), "_line_cache")
    assert (Document("a\nb")._lines, Document("a\nb")._newline) == (["a", "b"], "\n")


async def test_textual_still_tells_of_each_change_of_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    original = CodeArea._build_highlight_map

    def spy(self: CodeArea) -> None:
        seen.append(self.text)
        original(self)

    monkeypatch.setattr(CodeArea, "_build_highlight_map", spy)
    async with area("a") as (_code, pilot):
        seen.clear()
        await pilot.press("x", "ctrl+z", "ctrl+y")
        assert seen == ["xa", "a", "xa"]
