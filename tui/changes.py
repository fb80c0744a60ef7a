"""Only cells that differ from what the terminal shows are sent to it.

Textual draws a changed region again from the beginning of its line, also the cells in it that are as they were, and a page that counts
sends 1.6 kB a second that way (measured at 160x45); over a slow SSH line that is felt. What was sent last is kept here, cell by cell; of
an update that covers a part of the screen, only the runs of changed cells are sent. An update of the whole screen (a new
size, a return from another program) is sent as it is: nobody knows then what the terminal shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TypeAlias

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

__all__ = ["Picture"]

_Cell: TypeAlias = tuple[str, Style | None]
_Run: TypeAlias = tuple[int, int, Sequence[_Cell]]
"""A place (column, line), and the cells that begin there."""

_GAP = 4
"""To send so many unchanged cells again is shorter than to move the cursor over them."""


class Picture:
    """What the terminal shows, as far as it was sent by this program."""

    def __init__(self) -> None:
        self._lines: dict[int, dict[int, _Cell]] = {}

    def changes(self, update: CompositorUpdate) -> CompositorUpdate | None:
        """Return what has to be sent of an update; None where the terminal shows it already."""
        if isinstance(update, ChopsUpdate):
            runs = list(self._runs(update))
            return _Changes(runs) if runs else None
        if isinstance(update, LayoutUpdate):
            update.strips = [list(line) for line in update.strips]
            self._take(update)
        else:
            self._lines.clear()
        return update

    def _take(self, update: LayoutUpdate) -> None:
        """Keep what is sent of an update of a whole region."""
        for y, line in enumerate(update.strips, update.region.y):
            kept = self._lines.setdefault(y, {})
            kept.update(enumerate((cell for strip in line for cell in _cells(strip)), update.region.x))

    def _runs(self, update: ChopsUpdate) -> Iterator[_Run]:
        """Yield the runs of changed cells of an update, and keep them."""
        for y, first, last in update.spans:
            known = self._lines.setdefault(y, {})
            for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                if strip is None or x > last or end <= first:
                    continue
                new = list(enumerate(_cells(strip.crop(0, min(end, last) - x)), x))
                changed = [at for at, cell in new if at >= first and known.get(at) != cell]
                for start, stop in _joined(changed):
                    begin, cells = _whole(new, x, start, stop)
                    known.update(enumerate(cells, begin))
                    yield begin, y, cells


def _joined(places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Join places that are near each other; yield the first and the last of each run."""
    start = stop = -1
    for place in places:
        if start >= 0 and place - stop <= _GAP:
            stop = place
            continue
        if start >= 0:
            yield start, stop
        start = stop = place
    if start >= 0:
        yield start, stop


def _whole(cells: Sequence[tuple[int, _Cell]], x: int, start: int, stop: int) -> tuple[int, list[_Cell]]:
    """Return the cells of a run, with both halves of a wide character."""
    while start > x and not cells[start - x][1][0]:
        start -= 1
    while stop + 1 - x < len(cells) and not cells[stop + 1 - x][1][0]:
        stop += 1
    return start, [cell for _, cell in cells[start - x : stop + 1 - x]]


def _cells(strip: Strip) -> Iterator[_Cell]:
    """Yield each cell's character and style; the second cell of a wide character has no character, a mark joins what is before it."""
    last: _Cell | None = None
    for text, style, _control in strip:
        for character in text:
            width = 1 if character.isascii() else cell_len(character)
            if width == 0 and last is not None:
                last = (last[0] + character, last[1])
                continue
            if last is not None:
                yield from _spread(last)
            last = (character, style)
    if last is not None:
        yield from _spread(last)


def _spread(cell: _Cell) -> Iterator[_Cell]:
    yield cell
    for _ in range(cell_len(cell[0]) - 1):
        yield ("", cell[1])


class _Changes(CompositorUpdate):
    """An update of runs of cells."""

    def __init__(self, runs: Sequence[_Run]) -> None:
        self._runs = runs

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        raise NotImplementedError("it is written by render_segments")

    def render_segments(self, console: Console) -> str:
        """Write the runs as terminals take them."""
        colours = console._color_system or ColorSystem.TRUECOLOR  # noqa: SLF001 -- as Textual's own updates do
        written = []
        for x, y, cells in self._runs:
            written.append(Control.move_to(x, y).segment.text)
            for style, group in groupby(cells, key=lambda cell: cell[1]):
                text = "".join(character for character, _ in group)
                written.append(text if style is None else Strip.render_style(style, text, colours))
        return "".join(written)
