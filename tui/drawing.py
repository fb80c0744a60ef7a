"""How everything is drawn: lines of spans, each a text and what it means, laid out to a width.

A `Span`'s style is a role of the palette ('muted', 'bold fail'), never a colour. A `Line` has a left part, a right part
that is kept to the right edge, and what fills the room between (blanks, or a thin rule for a title). All text passes the
sanitiser here and nowhere else, so nothing that came from a warehouse or an API reaches the terminal raw.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from core.control_chars import escape_control_chars
from core.redaction import without_secrets
from tui.themes import Palette

__all__ = [
    "Line",
    "Span",
    "SpanLike",
    "Spans",
    "draw",
    "fit",
    "heading",
    "line",
    "spans",
    "stood_in",
    "width_of",
    "wrapped",
]


class Span(NamedTuple):
    """A text and what it means: roles of the palette, and bold, italic, underline, dim or strike."""

    text: str
    style: str = "text"


SpanLike: TypeAlias = "Span | tuple[str, str] | str"
Spans: TypeAlias = "tuple[Span, ...]"

ELLIPSIS = "…"
RULE = "─"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what stands left, what stands right, and the character that fills the room between them."""

    left: Spans = ()
    right: Spans = ()
    fill: str = " "
    marked: bool = field(default=False, kw_only=True)
    """The bar of the accent at its left edge."""


def spans(parts: Iterable[SpanLike]) -> Spans:
    """Make spans of texts and pairs."""
    return tuple(
        part if isinstance(part, Span) else Span(part) if isinstance(part, str) else Span(*part) for part in parts
    )


def line(*left: SpanLike, right: Sequence[SpanLike] = ()) -> Line:
    """Return a line of these parts; it is indented by the margin that all lines have."""
    return Line(spans(left), spans(right))


def heading(title: str, *right: SpanLike, focused: bool = False) -> Line:
    """Return a title on a thin rule."""
    return Line((Span(title, "bold accent" if focused else "bold text"),), spans(right), RULE, marked=focused)


@lru_cache(maxsize=4096)
def _style(palette: Palette, role: str, ground: Style) -> Style:
    """Resolve 'bold accent' in a palette, on a ground."""
    style = ground
    for word in role.split():
        style += palette.styles[word] if word in palette.styles else Style.parse(word)
    if palette.terminal and ground.reverse:  # dim or coloured text in reverse would be a dim or coloured block
        return ground + Style(bold="bold" in role.split() or None)
    return style


def width_of(parts: Spans) -> int:
    """Return the cells that spans take, once made harmless."""
    return sum(cell_len(escape_control_chars(without_secrets(part.text))) for part in parts)


def fit(parts: Spans, width: int) -> Spans:
    """Make spans harmless and cut them to a width in cells, an ellipsis at the end where something is missing."""
    plain = [Span(escape_control_chars(without_secrets(part.text), most=width + 1), part.style) for part in parts]
    if sum(cell_len(part.text) for part in plain) <= width:
        return tuple(plain)
    fitted: list[Span] = []
    left = width - 1
    for part in plain:
        cells = cell_len(part.text)
        if cells > left:
            cut = [Span(set_cell_size(part.text, left) + ELLIPSIS, part.style)] if width > 0 else []
            return (*fitted, *cut)
        fitted.append(part)
        left -= cells
    return tuple(fitted)


def draw(
    drawn: Line, width: int, palette: Palette, *, ground: str = "background", margin: int = 2, dimmed: bool = False
) -> Strip:
    """Draw a line to a width: margin, left part, filling, right part. The right part goes first where both cannot stay."""
    under = palette.ground_styles[ground]
    room = max(width - margin - 1, 0)
    right = fit(drawn.right, room)
    taken = width_of(right)
    gap = 2 if right and drawn.left else 0
    left = fit(drawn.left, max(room - taken - gap, 0))
    if not left and drawn.left:
        right, taken, left = (), 0, fit(drawn.left, room)
    fill = room - width_of(left) - taken
    parts = [_mark(drawn, palette, under, margin)]
    parts += [Segment(part.text, _style(palette, "muted" if dimmed else part.style, under)) for part in left]
    parts.append(_filling(drawn.fill, fill, palette, under, bare=not right))
    parts += [Segment(part.text, _style(palette, "muted" if dimmed else part.style, under)) for part in right]
    return Strip(_merged(parts)).adjust_cell_length(width, under)


def _merged(parts: Iterable[Segment]) -> list[Segment]:
    """Join parts of one style, and blanks with what stands before them: each change of style is 40 bytes over SSH."""
    merged: list[Segment] = []
    for part in parts:
        if not part.text:
            continue
        if merged:
            last = merged[-1]
            blank = part.text.isspace() and not _shows_on_blanks(part.style) and not _shows_on_blanks(last.style)
            if part.style == last.style or blank:
                merged[-1] = Segment(last.text + part.text, last.style)
                continue
        merged.append(part)
    return merged


def _shows_on_blanks(style: Style | None) -> bool:
    """Return whether a style can be seen where no character is."""
    return style is not None and bool(style.underline or style.strike or style.reverse)


def _mark(drawn: Line, palette: Palette, under: Style, margin: int) -> Segment:
    if drawn.marked and margin and not under.reverse:
        return Segment("▌" + " " * (margin - 1), _style(palette, "accent", under))
    return Segment(" " * margin, under)


def _filling(fill: str, cells: int, palette: Palette, under: Style, *, bare: bool) -> Segment:
    if fill == RULE and cells > 2:
        rule = RULE * (cells - 1 - (0 if bare else 1))
        return Segment(f" {rule}" + ("" if bare else " "), _style(palette, "line", under))
    return Segment(" " * max(cells, 0), under)


def stood_in(text: str, *, tabs: bool = False) -> str:
    """Return a text to be edited, with a stand-in of one cell for each character that a terminal would obey: places stay."""
    return (
        text
        if escape_control_chars(text, lines=tabs) == text
        else "".join(_stand_in(character, tabs) for character in text)
    )


@lru_cache(maxsize=512)
def _stand_in(character: str, tabs: bool) -> str:
    number = ord(character)
    if escape_control_chars(character, lines=tabs) == character:
        return character
    return chr(0x2400 + number) if number < 0x20 else "␡" if number == 0x7F else "\ufffd"


def wrapped(text: str, width: int, style: str = "text", *, indent: int = 0) -> list[Line]:
    """Break a text into lines of whole words; line breaks in the text are kept."""
    import textwrap

    room = max(width - 3 - indent, 8)
    pieces: list[str] = []
    for paragraph in escape_control_chars(without_secrets(text), lines=True).replace("\t", "    ").split("\n"):
        # a command or a path that is broken at a hyphen would be copied as two words
        pieces += textwrap.wrap(paragraph, room, break_long_words=True, break_on_hyphens=False) or [""]
    return [Line((Span(" " * indent + piece, style),)) for piece in pieces]
