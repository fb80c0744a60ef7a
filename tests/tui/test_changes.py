"""What is sent of an update: the screen ends as if all of it were sent, styles included, and cells that did not change are not."""

from __future__ import annotations

import io
import re

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tui.changes import Picture

WIDTH, HEIGHT = 24, 4
CONSOLE = Console(file=io.StringIO(), color_system="truecolor", force_terminal=True)
STYLES = (Style(color="red"), Style(color="#10ff20", bold=True), None)


class Shown:
    """A terminal that keeps each cell's text and the sequence that coloured it."""

    def __init__(self) -> None:
        self.cells = [[(" ", "")] * WIDTH for _ in range(HEIGHT)]

    def write(self, text: str) -> None:
        row = column = 0
        colour = ""
        for move, row_, column_, sgr, character in re.findall(
            r"(\x1b\[(\d+);(\d+)H)|\x1b\[([\d;]*)m|(\r?\n|.)", text, re.DOTALL
        ):
            if move:
                row, column = int(row_) - 1, int(column_) - 1
            elif sgr or not character:
                colour = "" if sgr in ("", "0") else sgr
            elif character.endswith("\n"):
                row, column = row + 1, 0
            else:
                width = Segment(character).cell_length
                if width == 0 and column:
                    before, kept = self.cells[row][column - 1]
                    self.cells[row][column - 1] = (before + character, kept)
                elif column + width <= WIDTH:
                    for half in range(width):
                        self.cells[row][column + half] = (character if half == 0 else "", colour)
                    column += width


def written(update: CompositorUpdate | None) -> str:
    return "" if update is None else update.render_segments(CONSOLE)


strips = st.lists(st.tuples(st.text(st.sampled_from("ab ─━字é"), max_size=6), st.sampled_from(STYLES)), max_size=6).map(
    lambda parts: Strip([Segment(text, style) for text, style in parts]).adjust_cell_length(WIDTH)
)
pictures = st.lists(strips, min_size=HEIGHT, max_size=HEIGHT)
spans = st.tuples(st.integers(0, WIDTH - 1), st.integers(1, WIDTH)).map(
    lambda ends: (min(ends), max(*ends, min(ends) + 1))
)


def chops(picture: list[Strip], found: list[tuple[int, int]]) -> ChopsUpdate:
    return ChopsUpdate(
        [{0: strip} for strip in picture],
        [(y, first, last) for y, (first, last) in enumerate(found)],
        [[WIDTH] for _ in picture],
    )


@given(
    first=pictures, later=st.lists(st.tuples(pictures, st.lists(spans, min_size=HEIGHT, max_size=HEIGHT)), max_size=4)
)
def test_the_screen_ends_as_if_all_were_sent(
    first: list[Strip], later: list[tuple[list[Strip], list[tuple[int, int]]]]
) -> None:
    thrifty, plain, picture = Shown(), Shown(), Picture()
    for shown, give in ((plain, lambda update: update), (thrifty, picture.changes)):
        shown.write(written(give(LayoutUpdate([[strip] for strip in first], Region(0, 0, WIDTH, HEIGHT)))))
    for new, found in later:
        plain.write(written(chops(new, found)))
        thrifty.write(written(picture.changes(chops(new, found))))
        whole = {(y, x) for y, (start, stop) in enumerate(found) for x in range(start, stop)}
        for y, x in whole:
            if "" not in {plain.cells[y][x][0], thrifty.cells[y][x][0]}:  # half of a wide character that was cut
                assert thrifty.cells[y][x] == plain.cells[y][x]


def test_what_is_shown_already_is_not_sent_and_what_changed_is_sent_with_its_neighbours_left_alone() -> None:
    picture = Picture()
    line = Strip([Segment("rows   100 of 2,000     ", STYLES[0])])
    picture.changes(LayoutUpdate([[line]], Region(0, 0, WIDTH, 1)))
    assert picture.changes(chops([line], [(0, WIDTH)])) is None
    other = Strip([Segment("rows   101 of 2,000     ", STYLES[0])])
    sent = written(picture.changes(chops([other], [(0, WIDTH)])))
    assert re.sub(r"\x1b\[[\d;]*[mH]", "", sent) == "1"
    assert sent.startswith("\x1b[1;10H")


def test_a_colour_that_changed_is_sent_too() -> None:
    picture = Picture()
    picture.changes(LayoutUpdate([[Strip([Segment("ab", STYLES[0])])]], Region(0, 0, 2, 1)))
    sent = written(picture.changes(chops([Strip([Segment("a", STYLES[0]), Segment("b", STYLES[1])])], [(0, 2)])))
    assert "b" in sent
    assert "a" not in sent


def test_after_an_update_of_the_whole_screen_nothing_of_before_counts() -> None:
    picture = Picture()
    line, other = Strip([Segment("x" * WIDTH)]), Strip([Segment("y" * WIDTH)])
    for strip in (line, other, line):
        assert picture.changes(LayoutUpdate([[strip]], Region(0, 0, WIDTH, 1))) is not None
    assert picture.changes(chops([line], [(0, WIDTH)])) is None
    assert picture.changes(chops([other], [(0, WIDTH)])) is not None
