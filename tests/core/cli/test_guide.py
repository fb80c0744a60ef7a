"""`backhaul guide`: its topics, its pages, and the pages themselves."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

import core.guide
from core.cli import main
from core.guide import Page, page, pages

FOLDER = Path(core.guide.__file__).parent


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["guide", *words])
    return (code, *capsys.readouterr())


def test_without_a_topic_all_are_listed_in_reading_order(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = printed(capsys)
    assert (code, err) == (0, "")
    lines = out.splitlines()[1:]
    assert [line.split()[0] for line in lines[: len(pages())]] == [each.topic for each in pages()]
    assert lines[0].startswith("first-sync")
    assert "This page takes you from an empty folder" in lines[0]


def test_a_page_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "guards") == (0, (FOLDER / "guards.md").read_text("utf-8"), "")


def test_json_gives_the_list_and_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    listed = json.loads(printed(capsys, "--json")[1])
    assert [set(each) for each in listed] == [{"topic", "title", "summary"}] * len(pages())
    found = json.loads(printed(capsys, "trust", "--json")[1])
    assert found == {"topic": "trust", "title": "Trust", "text": (FOLDER / "trust.md").read_text("utf-8")}


def test_an_unknown_topic_is_wrong_use_and_the_nearest_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = printed(capsys, "gards")
    assert (code, out) == (2, "")
    assert "There is no guide topic 'gards'. Did you mean 'guards'?" in err


def test_no_name_leads_out_of_the_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "../cli/guide")[0] == 2
    assert printed(capsys, "README")[0] == 2


@pytest.mark.parametrize(("lines", "pages_through"), [(500, False), (20, True)])
def test_a_page_that_does_not_fit_goes_through_the_pager_of_the_terminal(lines: int, pages_through: bool) -> None:
    command = [sys.executable, "-m", "core.cli", "guide", "queries"]
    env = {**os.environ, "PAGER": "sed s/^/paged:/", "LINES": str(lines), "COLUMNS": "100", "TERM": "xterm"}
    outer, inner = pty.openpty()
    try:
        with subprocess.Popen(command, stdin=inner, stdout=inner, stderr=subprocess.PIPE, env=env) as process:
            os.close(inner)
            shown = bytearray()
            try:
                while part := os.read(outer, 65_536):
                    shown += part
            except OSError:  # Linux's way to say that the other end is closed
                pass
            assert process.wait() == 0
    finally:
        os.close(outer)
    assert (b"paged:# Queries" in shown) is pages_through
    assert b"# Queries" in shown


def test_the_index_lists_every_page_with_its_sentence() -> None:
    index = (FOLDER / "README.md").read_text("utf-8")
    assert {each.topic for each in pages()} == {file.stem for file in FOLDER.glob("*.md")} - {"README"}
    for each in pages():
        assert f"- [{each.topic}]({each.topic}.md): {each.summary}\n" in index


@pytest.mark.parametrize("found", pages(), ids=lambda found: found.topic)
def test_a_page_has_a_title_a_sentence_and_a_readable_length(found: Page) -> None:
    assert found.text.startswith(f"# {found.title}\n\n{found.summary.split()[0]} ")
    assert found.summary.endswith(".")
    assert re.search(r"[.!?] [A-Z]", found.summary) is None
    assert 30 <= len(found.text.splitlines()) <= 120
    assert max(len(line) for line in found.text.splitlines() if not line.startswith("|")) <= 120


def test_the_guide_imports_nothing_heavy() -> None:
    code = "import sys, core.guide; core.guide.pages(); print([m for m in ('duckdb','sqlglot','textual','httpx','click','msgspec') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"


def test_a_page_can_be_had_by_its_topic() -> None:
    assert page("first-sync") is pages()[0]
