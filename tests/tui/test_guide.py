"""`:guide`: topics to choose from, pages to read; and the lines that Markdown becomes."""

from __future__ import annotations

import pytest

from core.guide import pages
from tests.projects import ProjectFolder
from tests.tui.harness import screen_text, until
from tui.app import Console
from tui.drawing import width_of
from tui.markdown import markdown_lines
from tui.preferences import Preferences
from tui.screens.dialogs import Choose, Read


def texts(markdown: str, width: int = 60) -> list[str]:
    return ["".join(part.text for part in line.left) for line in markdown_lines(markdown, width)]


async def test_the_guide_lists_its_topics_and_shows_the_chosen_page(day: ProjectFolder) -> None:
    app = Console(day.folder, chosen=Preferences(theme="dark"))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press(*":guide", "enter")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await until(pilot, "first-sync")
        assert "Your first sync" in screen_text(app)
        await pilot.press("j", "j", "enter")
        await until(pilot, lambda: isinstance(app.screen, Read))
        await until(pilot, "query should read everything instead")
        await pilot.press("y")
        assert app.clipboard_text.startswith("# Queries")
        await pilot.press("escape")
        await until(pilot, "users → cio")


async def test_a_topic_can_be_named(day: ProjectFolder) -> None:
    app = Console(day.folder, chosen=Preferences(theme="dark"))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "users → cio")
        await pilot.press(*":guide recov", "enter")
        await until(pilot, "undo, repeat, skip or erase")
        await pilot.press("escape")
        await pilot.press(*":guide nothing-like-it", "enter")
        await until(pilot, lambda: any("There is no guide topic" in said for _at, _meaning, said in app.said))


async def test_the_guide_can_be_read_where_there_is_no_project(tmp_path_factory: pytest.TempPathFactory) -> None:
    app = Console(tmp_path_factory.mktemp("empty"), empty=True, chosen=Preferences(theme="dark"))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "demo")
        await pilot.press(*":guide first-sync", "enter")
        await until(pilot, "from an empty folder")


def test_paragraphs_are_filled_and_lists_hang() -> None:
    assert texts("Some **bold** words and\na [link](x.md).\n\n1. One two\n   three\n2. Four\n") == [
        "Some bold words and a link.",
        "",
        "1. One two three",
        "2. Four",
        "",
    ]
    assert texts("- " + "word " * 14, 40)[1].startswith("  word")


def test_code_keeps_its_lines() -> None:
    assert texts("Text:\n```sh\na   --b\n\n| c\n```\n") == ["Text:", "", "  a   --b", "  ", "  | c", ""]


def test_a_table_has_columns_and_becomes_sentences_where_it_is_narrow() -> None:
    table = "| key | does |\n| --- | --- |\n| **r** | runs `a\\|b` and more words than there is room for on one line here |\n"
    wide = texts(table, 60)
    assert wide[0] == "key  does"
    assert wide[1].startswith("r    runs `a|b` and more")
    assert wide[2].startswith("     ")
    assert texts(table, 20)[0].startswith("r · runs")


@pytest.mark.parametrize("width", [40, 76, 110])
def test_no_line_of_a_page_is_wider_than_the_screen_but_code(width: int) -> None:
    for page in pages():
        for line in markdown_lines(page.text, width):
            if line.left and line.left[0].style != "accent":
                assert width_of(line.left) <= width, page.topic
