"""Draws stages.svg from what the growth part has measured: what a row costs, stage by stage, at each number of rows.

Three panels, one for each kind of run, each with a scale of its own. A column is a size, stacked in the order of the stages; the line is
what psql's COPY of the same query takes a row.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from tests.benchmarks.growth import KINDS
from tests.benchmarks.stages import STAGES

__all__ = ["drawn"]

WIDTH, HEIGHT = 960, 430
PANEL, LEFT, BETWEEN = 260, 64, 38
TOP, BOTTOM = 96, 330
COLUMN = 34
COLOURS = {
    "start": "#9aa5b1",
    "query": "#2f6fb0",
    "compare": "#57a5a1",
    "deliver": "#e0913a",
    "commit": "#8d6bb0",
    "end": "#cfd6dd",
}
MEANINGS = {
    "start": "start of the program",
    "query": "query, fetch, stage",
    "compare": "compare, write the plan",
    "deliver": "deliver",
    "commit": "commit",
    "end": "end of the program",
}
INK, GREY, RULE = "#1f2933", "#52606d", "#e4e7eb"
COPY = "#c0392b"


def drawn(numbers: Mapping[str, Sequence[Mapping[str, Any]]], title: str) -> str:
    """Return the picture as SVG."""
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="Helvetica, Arial, sans-serif">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(LEFT, 32, "Time a row, stage by stage", size=18, weight="bold"),
        _text(LEFT, 53, title, colour=GREY),
    ]
    for place, (kind, words) in enumerate(KINDS.items()):
        parts += _panel(LEFT + place * (PANEL + BETWEEN), words, numbers[kind])
    middle = (TOP + BOTTOM) / 2
    parts.append(
        f'<text x="20" y="{middle}" font-size="13" fill="{GREY}" text-anchor="middle" transform="rotate(-90 20 {middle})">'
        "microseconds a row (each panel has its own scale)</text>"
    )
    parts += _legend()
    return "\n".join([*parts, "</svg>", ""])


def _panel(left: float, title: str, sizes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Draw one kind of run."""
    most = 1.08 * max(max(sum(size["stages"].values()), size["copy"]) for size in sizes)  # room for its number
    step = _step(most)
    top = math.ceil(most / step) * step

    def height(value: float) -> float:
        return BOTTOM - value / top * (BOTTOM - TOP)

    parts = [_text(left, TOP - 14, title, weight="bold")]
    for count in range(round(top / step) + 1):
        line = height(count * step)
        parts.append(f'<line x1="{left}" y1="{line:.1f}" x2="{left + PANEL}" y2="{line:.1f}" stroke="{RULE}"/>')
        parts.append(_text(left - 6, line + 4, f"{count * step:g}", colour=GREY, anchor="end", size=12))
    points = []
    for place, size in enumerate(sizes):
        middle = left + PANEL * (place + 0.5) / len(sizes)
        below = 0.0
        for name in STAGES:
            value = size["stages"][name]
            high, low = height(below + value), height(below)
            parts.append(
                f'<rect x="{middle - COLUMN / 2:.1f}" y="{high:.1f}" width="{COLUMN}" height="{low - high:.1f}" '
                f'fill="{COLOURS[name]}"><title>{escape(MEANINGS[name])}: {value:.2f}</title></rect>'
            )
            below += value
        parts.append(_text(middle, height(below) - 5, f"{below:.2f}", anchor="middle", size=12))
        parts.append(_text(middle, BOTTOM + 18, f"{size['rows'] / 1e6:g}", anchor="middle", colour=GREY))
        points.append((middle, height(size["copy"])))
    parts.append(_text(left + PANEL / 2, BOTTOM + 37, "million rows", anchor="middle", colour=GREY))
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts.append(f'<polyline points="{line}" fill="none" stroke="{COPY}" stroke-width="2.5"/>')
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{COPY}" stroke="#ffffff"/>' for x, y in points]
    return parts


def _legend() -> list[str]:
    parts, left, line = [], float(LEFT), HEIGHT - 26
    for name in STAGES:
        parts.append(f'<rect x="{left}" y="{line - 11}" width="13" height="13" fill="{COLOURS[name]}"/>')
        parts.append(_text(left + 18, line, MEANINGS[name], size=12))
        left += 34 + 5.9 * len(MEANINGS[name])
    parts.append(
        f'<line x1="{left}" y1="{line - 4}" x2="{left + 22}" y2="{line - 4}" stroke="{COPY}" stroke-width="2.5"/>'
    )
    parts.append(f'<circle cx="{left + 11}" cy="{line - 4}" r="4" fill="{COPY}" stroke="#ffffff"/>')
    parts.append(_text(left + 28, line, "psql COPY", size=12))
    return parts


def _step(most: float) -> float:
    """Return the distance of the lines of a scale: 1, 2 or 5 of some power of ten, so that there are three to seven."""
    power = 10.0 ** math.floor(math.log10(most))
    return next(step for step in (power * each for each in (0.2, 0.5, 1, 2)) if most / step <= 7)


def _text(
    x: float, y: float, words: str, *, size: int = 13, weight: str = "normal", colour: str = INK, anchor: str = "start"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{colour}" '
        f'text-anchor="{anchor}">{escape(words)}</text>'
    )
