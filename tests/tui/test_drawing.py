"""Drawing: lines fit their width to the cell, and nothing that a terminal would obey comes through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.drawing import Line, Span, draw, fit, heading, spans, wrapped
from tui.themes import PALETTES

HOSTILE = (
    "\x1b]52;c;aGk=\x07",
    "\x1b]0;title\x07",
    "\x1b[2J",
    "\x9b2J",
    "\x9d52;c;aGk=\x9c",
    "\u202edrowssap",
    "a\tb\nc\rd",
    "x" * 10_000,
    "﷽" * 20,
    "名前" * 40,
    "e\u0301" * 30,
    "👩‍👩‍👧" * 10,
    "\x00\x7f\u200b\ufeff",
    "\ud800",
)
FORBIDDEN = set(map(chr, [*range(0x20), *range(0x7F, 0xA0)])) | set(
    "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u200b"
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("width", [1, 2, 3, 10, 80])
def test_a_hostile_text_is_drawn_in_its_width_and_without_anything_that_a_terminal_obeys(text: str, width: int) -> None:
    for drawn in (Line((Span(text),)), Line((Span("a"),), (Span(text),)), heading(text, text)):
        strip = draw(drawn, width, PALETTES["dark"])
        assert strip.cell_length == width
        assert not FORBIDDEN.intersection(strip.text)
        assert sum(cell_len(segment.text) for segment in strip) == width


@given(
    st.lists(st.text(max_size=30), max_size=4),
    st.lists(st.text(max_size=20), max_size=3),
    st.integers(min_value=1, max_value=120),
    st.sampled_from(sorted(PALETTES)),
)
def test_every_line_is_as_wide_as_asked(left: list[str], right: list[str], width: int, theme: str) -> None:
    strip = draw(Line(spans(left), spans(right)), width, PALETTES[theme])
    assert strip.cell_length == width
    assert not FORBIDDEN.intersection(strip.text)


@given(st.lists(st.text(max_size=30), max_size=4), st.integers(min_value=0, max_value=60))
def test_what_does_not_fit_is_cut_with_an_ellipsis(texts: list[str], width: int) -> None:
    fitted = fit(spans(texts), width)
    assert sum(cell_len(part.text) for part in fitted) <= width


def test_the_right_part_stays_at_the_edge_and_the_left_is_cut() -> None:
    strip = draw(Line((Span("a long name of a sync that goes on"),), (Span("✗ failed"),)), 30, PALETTES["dark"])
    assert strip.text == "  a long name of a…  ✗ failed "


def test_a_title_stands_on_a_rule() -> None:
    assert draw(heading("Live", "1 run"), 30, PALETTES["dark"]).text == "  Live ──────────────── 1 run "


def test_words_are_kept_whole_where_they_can_be() -> None:
    lines = wrapped("the query gave up after ten seconds", 20)
    assert ["".join(part.text for part in line.left) for line in lines] == ["the query gave up", "after ten seconds"]
