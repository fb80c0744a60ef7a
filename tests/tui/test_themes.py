"""The palettes: text can be read on each ground, and no state is told by its colour alone."""

from __future__ import annotations

import pytest
from textual.color import Color

from tui.signs import STATES
from tui.themes import PALETTES, PLAIN, default_theme

FULL = [name for name, palette in PALETTES.items() if not palette.terminal]
TEXTS = ("text", "muted", "accent", "ok", "run", "warn", "fail", "keyword", "string", "number", "comment")


def luminance(color: str) -> float:
    """Return the relative luminance as WCAG defines it."""
    parts = [part / 255 for part in Color.parse(color).rgb]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("name", FULL)
def test_text_can_be_read_on_every_ground(name: str) -> None:
    palette = PALETTES[name]
    weak = {
        (role, ground): round(contrast(palette.roles[role], palette.grounds[ground]), 2)
        for role in TEXTS
        for ground in palette.grounds
        if contrast(palette.roles[role], palette.grounds[ground]) < 4.5
    }
    assert weak == {}


@pytest.mark.parametrize("name", list(PALETTES))
def test_a_palette_has_every_role_and_ground_and_makes_a_theme(name: str) -> None:
    palette = PALETTES[name]
    assert set(palette.styles) == set(PALETTES["dark"].roles)
    assert set(palette.ground_styles) == set(PALETTES["dark"].grounds)
    assert palette.theme().name == name


def test_without_colours_no_style_has_one() -> None:
    palette = PALETTES[PLAIN]
    styles = [*palette.styles.values(), *palette.ground_styles.values()]
    assert [style for style in styles if style.color or style.bgcolor] == []


def test_the_terminals_own_palettes_use_its_sixteen_colours_only() -> None:
    for name in ("terminal-dark", "terminal-light"):
        numbers = [style.color.number for style in PALETTES[name].styles.values() if style.color]
        assert numbers
        assert all(number is not None and number < 16 for number in numbers)


def test_states_have_signs_of_their_own_or_words_that_tell_them_apart() -> None:
    signs = [(mark, word) for mark, _style, word in STATES.values()]
    assert all(mark and word for mark, word in signs)
    assert len({word for _mark, word in signs}) >= 8


@pytest.mark.parametrize(
    ("surroundings", "theme"),
    [
        ({"TERM": "xterm-256color"}, "dark"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "dark"),
        ({"TERM": "linux"}, "terminal-dark"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "no-colour"),
        ({}, "terminal-dark"),
    ],
)
def test_the_first_theme_fits_the_terminal(surroundings: dict[str, str], theme: str) -> None:
    assert default_theme(surroundings) == theme
