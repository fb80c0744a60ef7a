"""Plots of text: what is highest fills its column, what is unknown is told apart from nothing, and each axis says what it means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui import acme
from tui.drawing import Line, Span
from tui.plots import Plot, columns, plot_lines, timeline


def text(line: Line) -> str:
    return "".join(part.text for part in line.left) + "  " + "".join(part.text for part in line.right)


def test_columns_are_drawn_in_eighths_of_a_line() -> None:
    assert columns([0, 1, 8, 16, None], 2) == ["   █ ", " ▁██·"]
    assert columns([0, 0], 1) == ["  "]
    assert columns([], 3) == ["", "", ""]


def test_what_is_more_than_nothing_shows_however_small() -> None:
    assert columns([0, 1, 1_000_000], 4)[-1] == " ▁█"


@given(st.lists(st.none() | st.floats(0, 1e12), max_size=80), st.integers(1, 12))
def test_every_column_has_its_place_and_the_highest_is_full(values: list[float | None], height: int) -> None:
    lines = columns(values, height)
    assert [len(line) for line in lines] == [len(values)] * height
    known = [value for value in values if value is not None]
    if known and max(known) > 0:
        highest = values.index(max(known))
        assert all(line[highest] == "█" for line in lines)


@given(st.lists(st.none() | st.floats(0, 1e9), max_size=200), st.integers(20, 200), st.integers(1, 8))
def test_a_plot_fits_its_width(values: list[float | None], width: int, height: int) -> None:
    plot = Plot(title="Rows", values=values, written=lambda value: f"{value:,.0f}", signs=[Span("✓")] * len(values))
    lines = plot_lines(plot, [acme.NOW + each for each in range(len(values))], width, height, acme.NOW)
    for line in lines[1:-1]:
        assert sum(len(part.text) for part in line.left) <= max(width - 3, 30)


def test_a_plot_says_the_last_value_the_highest_and_both_dates(monkeypatch: pytest.MonkeyPatch) -> None:
    plot = Plot(
        title="Rows sent", values=[1, 900, None, 30], written=lambda value: f"{value:,.0f}", signs=[Span("✓")] * 4
    )
    moments = [acme.NOW - 90_000, acme.NOW - 900, acme.NOW - 60, acme.NOW]
    lines = [text(line) for line in plot_lines(plot, moments, 60, 3, acme.NOW)]
    assert lines[0] == "Rows sent  last 30   max 900"
    assert lines[1].startswith("  900 │   ██")
    assert lines[3].startswith("    0 │▁▁ ██ ·· ▁▁")
    assert lines[4].strip() == "✓  ✓  ✓  ✓"
    assert "20 Nov 13:02" in lines[5]
    assert "14:02" in lines[5]


def test_a_plot_of_nothing_says_so() -> None:
    assert "nothing to show yet" in text(
        plot_lines(Plot(title="Rows", values=[None], written=str), [1.0], 60, 3, 1.0)[0]
    )


def test_a_line_of_time_shows_each_phase_where_it_was() -> None:
    lines = [
        text(each) for each in timeline([("query", 30.0), ("plan", 10.0), ("deliver", 60.0)], acme.NOW, 80, acme.NOW)
    ]
    assert lines[0].startswith("query     ━━━")
    assert lines[0].endswith("30 s  14:02:00 → 14:02:30")
    bars = [line[10:] for line in lines]
    starts = [bar.index("━") for bar in bars]
    ends = [bar.rindex("━") for bar in bars]
    assert starts == [0, ends[0] + 1, ends[1] + 1]
    assert lines[2].endswith("14:02:40 → 14:03:40")
    assert timeline([("query", 0.0)], 0.0, 80, 0.0) == []


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=3), st.integers(20, 200))
def test_a_line_of_time_fits_any_width(seconds: list[float], width: int) -> None:
    phases = list(zip(("query", "plan", "deliver"), seconds, strict=False))
    for line in timeline(phases, acme.NOW, width, acme.NOW):
        bars = sum(len(part.text) for part in line.left[1:])
        assert bars == 0 or bars >= 10
        assert bars <= width
