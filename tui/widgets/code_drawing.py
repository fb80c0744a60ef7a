"""How a line of the code area is drawn: gutter, highlights, findings, selection, cursor, and the note at its right end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.highlight import Highlight
from tui.themes import Palette
from tui.widgets.code_text import Cells

__all__ = ["SIGNS", "LineLook", "draw_line", "gutter_width"]

SIGNS = {"error": ("●", "fail"), "warning": ("▲", "warn"), "hint": ("·", "muted")}
"""The sign in the gutter and the colour of a finding, by its severity."""

_CURSOR = Style(reverse=True, dim=False)
_CURSOR_IN_REVERSE = Style(reverse=False, underline=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLook:
    """All that a line shows. Ranges are columns from, up to: `under` are findings with their role, `brackets` columns."""

    cells: Cells
    number: int
    digits: int
    highlights: Sequence[Highlight] = ()
    under: tuple[tuple[int, int, str], ...] = ()
    matches: tuple[tuple[int, int], ...] = ()
    selection: tuple[int, int] | None = None
    brackets: tuple[int, ...] = ()
    cursor: int | None = None
    current: bool = False
    severity: str = ""
    note: str = ""


def gutter_width(lines: int) -> int:
    """Return the cells of the gutter: the sign, a blank, the number, two blanks."""
    return 4 + max(len(str(lines)), 2)


@lru_cache(maxsize=4096)
def _style(palette: Palette, role: str, ground: str) -> Style:
    """Resolve roles and attributes ('fail underline') in a palette, on a ground."""
    style = palette.ground_styles[ground]
    if palette.terminal and style.reverse:  # coloured text in reverse would be a coloured block
        return style
    for word in role.split():
        style += palette.styles[word] if word in palette.styles else Style.parse(word)
    return style


def draw_line(look: LineLook, scroll: int, width: int, palette: Palette) -> Strip:
    """Draw a line to a width, from the cell `scroll` of its text on."""
    gutter = look.digits + 4
    room = max(width - gutter, 0)
    segments = [*_gutter(look, palette), *_text(look, scroll, room, palette)]
    end = max(look.cells.width + (look.cursor == len(look.cells.drawn)) - scroll, 0)
    if look.note and room - end >= cell_len(look.note) + 3:
        segments.append(_blank(room - end - cell_len(look.note) - 1, palette))
        segments.append(Segment(look.note, _style(palette, "muted", "background")))
    strip = Strip(segments).adjust_cell_length(width, palette.ground_styles["background"])
    return _with_ends(strip, look, scroll, gutter, width, palette)


def _blank(cells: int, palette: Palette) -> Segment:
    return Segment(" " * max(cells, 0), palette.ground_styles["background"])


def _gutter(look: LineLook, palette: Palette) -> Iterator[Segment]:
    sign, role = SIGNS.get(look.severity, (" ", "text"))
    yield Segment(f"{sign} ", _style(palette, role, "background"))
    yield Segment(f"{look.number:>{look.digits}}", _style(palette, "text" if look.current else "muted", "background"))
    yield _blank(2, palette)


def _text(look: LineLook, scroll: int, room: int, palette: Palette) -> Iterator[Segment]:
    cells = look.cells
    first, last = cells.first_from(scroll), cells.column_at(scroll + room)
    if first < len(cells.drawn) and cells.starts[first] > scroll:
        yield _blank(cells.starts[first] - scroll, palette)
    cuts = sorted({first, last, *(cut for cut in _cuts(look) if first < cut < last)})
    highlights = list(look.highlights)
    for start, end in pairwise(cuts):
        while highlights and highlights[0].end <= start:
            highlights.pop(0)
        role = highlights[0].role if highlights and highlights[0].start <= start else "text"
        yield Segment("".join(cells.drawn[start:end]), _style_at(look, start, role, palette))
    if look.cursor == len(cells.drawn) and scroll <= cells.width < scroll + room:
        yield Segment(" ", palette.ground_styles["background"] + _CURSOR)


def _cuts(look: LineLook) -> Iterator[int]:
    """Yield the columns where the look may change."""
    for highlight in look.highlights:
        yield highlight.start
        yield highlight.end
    for start, end, *_role in (*look.under, *look.matches, *((look.selection,) if look.selection else ())):
        yield start
        yield end
    for column in (*look.brackets, *look.cells.odd, *(() if look.cursor is None else (look.cursor,))):
        yield column
        yield column + 1


def _style_at(look: LineLook, column: int, role: str, palette: Palette) -> Style:
    for start, end, finding in look.under:
        if start <= column < end:
            role = f"{finding} underline"
    if column in look.cells.odd:
        role = "fail bold"
    if column in look.brackets:
        role = f"{role} bold underline"
    ground = "background"
    if any(start <= column < end for start, end in look.matches):
        ground = "cursor_blurred"
    if look.selection and look.selection[0] <= column < look.selection[1]:
        ground = "cursor"
    style = _style(palette, role, ground)
    if column == look.cursor:
        return style + (_CURSOR_IN_REVERSE if style.reverse else _CURSOR)
    return style


def _with_ends(strip: Strip, look: LineLook, scroll: int, gutter: int, width: int, palette: Palette) -> Strip:
    """Show that a line goes on beyond an edge; never over the cursor."""
    muted = _style(palette, "muted", "background")
    at = None if look.cursor is None else look.cells.starts[look.cursor] - scroll
    if look.cells.width > scroll + width - gutter and at != width - gutter - 1:
        strip = Strip([*strip.crop(0, width - 1), Segment("›", muted)])
    if scroll and look.cells.width and at != 0:
        strip = Strip([*strip.crop(0, gutter), Segment("‹", muted), *strip.crop(gutter + 1, width)])
    return strip
