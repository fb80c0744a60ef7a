"""Plots of text: columns several lines high with what their axis means, and bars on a line of time. All pure.

A column is made of eighths of a cell, so four lines tell 32 heights apart. What it means is written beside it (the highest
value, the dates of the first and the last), and states stand under it as signs: nothing is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from core.formatting import clock, took
from tui.drawing import Line, Span

__all__ = ["Plot", "columns", "plot_lines", "timeline"]

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_WIDEST = 3
_UNKNOWN = "·"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Values, the oldest first (None: not known), what they are called and how one is written; signs stand under them."""

    title: str
    values: Sequence[float | None]
    written: Callable[[float], str]
    style: str = "run"
    signs: Sequence[Span] = ()


def columns(values: Sequence[float | None], height: int) -> list[str]:
    """Draw values as columns so many lines high: the lines from above, a character a value.

    The highest fills its column, what is more than nothing shows, nothing is blank, and what is not known is a dot.
    """
    most = max((value for value in values if value is not None), default=0.0)
    eighths = [_height(value, most, height) for value in values]
    lines = []
    for level in reversed(range(height)):
        filled = (
            (_UNKNOWN if level == 0 else " ") if eighth is None else _EIGHTHS[min(max(eighth - 8 * level, 0), 8)]
            for eighth in eighths
        )
        lines.append("".join(filled))
    return lines


def _height(value: float | None, most: float, height: int) -> int | None:
    """Return a value's height in eighths of a line."""
    if value is None:
        return None
    return 0 if value <= 0 or most <= 0 else max(1, round(value / most * height * 8))


def plot_lines(
    plot: Plot, moments: Sequence[float], width: int, height: int, now: float, *, label: int = 0
) -> list[Line]:
    """Lay a plot out: its title with the last and the highest value, the columns at an axis, signs, the first and last date.

    Where there are more values than cells, the newest are shown. `label` is the least width of what stands at the axis, for
    plots below one another.
    """
    values = list(plot.values)
    known = [value for value in values if value is not None]
    if not known:
        return [Line((Span(plot.title, "bold text"), Span("   nothing to show yet", "muted")))]
    label = max(len(plot.written(max(known))), label, 5)
    room = max(width - label - 6, 8)
    values, moments, signs = values[-room:], list(moments)[-room:], list(plot.signs)[-room:]
    each = max(1, min(_WIDEST, room // len(values)))
    drawn = ["".join((cell * max(each - 1, 1)).ljust(each) for cell in one) for one in columns(values, height)]
    most = plot.written(max((value for value in values if value is not None), default=0))
    last = next((plot.written(value) for value in reversed(values) if value is not None), "–")
    lines = [
        Line(
            (Span(plot.title, "bold text"),),
            (Span("last ", "muted"), Span(last), Span("   max ", "muted"), Span(most)),
        )
    ]
    for place, cells in enumerate(drawn):
        name = most if place == 0 else "0" if place == height - 1 else ""
        lines.append(Line((Span(f"{name:>{label}} ", "muted"), Span("│", "line"), Span(cells, plot.style))))
    if signs:
        under = [Span(sign.text + " " * (each - 1), sign.style) for sign in signs]
        lines.append(Line((Span(" " * (label + 2)), *under)))
    lines.append(_dates(moments, label, len(values) * each, now))
    return lines


def _dates(moments: Sequence[float], label: int, drawn: int, now: float) -> Line:
    """Write the first date under the first column, and the last under the last one where both have room."""
    first, last = (clock(moment, now) for moment in (moments[0], moments[-1]))
    gap = drawn - len(first) - len(last)
    said = f"{first}{' ' * gap}{last}" if gap > 1 else f"{first} → {last}" if first != last else first
    return Line((Span(" " * (label + 2) + said, "muted"),))


def timeline(phases: Sequence[tuple[str, float]], begin: float, width: int, now: float) -> list[Line]:
    """Draw phases, each with its seconds, one after the other on a line of time that begins at a Unix time.

    A phase has a line: its bar where it was, how long it took, from when to when.
    """
    total = sum(seconds for _name, seconds in phases)
    if not total:
        return []
    ends = list(accumulate(seconds for _name, seconds in phases))
    said = [
        (took(seconds), f"{clock(begin + end - seconds, now, exact=True)} → {clock(begin + end, now, exact=True)}")
        for (_name, seconds), end in zip(phases, ends, strict=True)
    ]
    longest = max(len(long) for long, _when in said)
    room = width - 10 - longest - 2 - max(len(when) for _long, when in said) - 6
    lines = []
    for (name, seconds), end, (long, when) in zip(phases, ends, said, strict=True):
        bars: tuple[Span, ...] = ()
        if room >= 10:
            start = min(round((end - seconds) / total * room), room - 1)
            filled = max(1, min(round(end / total * room), room) - start)
            bars = (Span("─" * start, "line"), Span("━" * filled, "run"), Span("─" * (room - start - filled), "line"))
        lines.append(
            Line((Span(f"{name:<9} ", "muted"), *bars), (Span(f"{long:>{longest}}"), Span(f"  {when}", "muted")))
        )
    return lines
