"""A screen as SVG: its cells in a monospaced font of the reader's own, underlines kept, nothing loaded from anywhere.

Textual's own export names fonts on a foreign host, which many viewers refuse to load, and draws a window around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from rich.color import blend_rgb
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.strip import Strip

from tui.app import Console
from tui.themes import PALETTES

__all__ = ["svg_of"]

_WIDTH, _HEIGHT, _SIZE = 9.0, 20, 15
_FONT = "'DejaVu Sans Mono', 'JetBrains Mono', Menlo, Consolas, monospace"
_SIXTEEN = [
    (0, 0, 0),
    (205, 49, 49),
    (13, 188, 121),
    (229, 229, 16),
    (36, 114, 200),
    (188, 63, 188),
    (17, 168, 205),
    (204, 204, 204),
    (118, 118, 118),
    (241, 120, 120),
    (35, 209, 139),
    (245, 245, 67),
    (120, 160, 255),
    (214, 112, 214),
    (41, 184, 219),
    (255, 255, 255),
]


def svg_of(app: Console, lines: list[Strip]) -> str:
    """Return the SVG of a screen's lines."""
    palette = PALETTES[app.theme]
    if palette.terminal:
        theme = TerminalTheme((12, 12, 12), (220, 220, 220), _SIXTEEN[:8], _SIXTEEN[8:])
    else:
        ground, text = (palette.ground_styles["background"].bgcolor, palette.styles["text"].color)
        assert ground is not None
        assert text is not None
        theme = TerminalTheme(tuple(ground.get_truecolor()), tuple(text.get_truecolor()), _SIXTEEN[:8], _SIXTEEN[8:])
    columns = max(strip.cell_length for strip in lines)
    width, height = columns * _WIDTH + 16, len(lines) * _HEIGHT + 16
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height}" width="{width:g}" height="{height}">',
        f'<rect width="100%" height="100%" rx="6" fill="{theme.background_color.hex}"/>',
        f'<g transform="translate(8 8)" font-family="{_FONT}" font-size="{_SIZE}" xml:space="preserve">',
    ]
    for number, strip in enumerate(lines):
        parts += _line(number, strip, theme)
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _line(number: int, strip: Strip, theme: TerminalTheme) -> Iterator[str]:
    place = 0
    for text, style, _control in Segment.simplify(strip):
        cells = Segment(text).cell_length
        colour, ground = _colours(style or Style(), theme)
        if ground != theme.background_color.hex:
            yield f'<rect x="{place * _WIDTH:g}" y="{number * _HEIGHT}" width="{cells * _WIDTH:g}" height="{_HEIGHT}" fill="{ground}" shape-rendering="crispEdges"/>'
        shown = text.rstrip(" ") if not (style and style.underline) else text
        if shown.strip():
            yield (
                f'<text x="{place * _WIDTH:g}" y="{number * _HEIGHT + 15}" fill="{colour}" textLength="{Segment(shown).cell_length * _WIDTH:g}"'
                f"{_attributes(style)}>{escape(shown).replace(' ', '&#160;')}</text>"
            )
        place += cells


def _attributes(style: Style | None) -> str:
    if style is None:
        return ""
    found = ' font-weight="bold"' if style.bold else ""
    found += ' font-style="italic"' if style.italic else ""
    return found + (' text-decoration="underline"' if style.underline else "")


def _colours(style: Style, theme: TerminalTheme) -> tuple[str, str]:
    """Return the colours of text and ground."""
    text = style.color.get_truecolor(theme) if style.color else theme.foreground_color
    ground = style.bgcolor.get_truecolor(theme, foreground=False) if style.bgcolor else theme.background_color
    if style.reverse:
        text, ground = ground, text
    if style.dim:
        text = blend_rgb(text, ground, 0.4)
    return text.hex, ground.hex
