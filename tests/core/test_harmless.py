"""What comes from outside is made harmless for a terminal, and stays readable."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.control_chars import escape_control_chars


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 😀 漢字", "plain é 😀 漢字"),
        ("\x1b[2J\x1b]52;c;aGk=\x07", "\\x1b[2J\\x1b]52;c;aGk=\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("a\rb\x08\x7f\x00", "a\\x0db\\x08\\x7f\\x00"),
        ("user\u202egnp.exe\u2066\u200f", "user\\u202egnp.exe\\u2066\\u200f"),
        ("a\u2028b\ufeffc\u200bd", "a\\u2028b\\ufeffc\\u200bd"),
        ("half \ud800", "half \\ud800"),
        ("a\tb\nc", "a\\tb\\nc"),
        ("👨\u200d👩", "👨\u200d👩"),
        ("❤\ufe0f\u200d🔥 1\ufe0f\u20e3", "❤\ufe0f\u200d🔥 1\ufe0f\u20e3"),
        ("می\u200cخواهم क्\u200d", "می\u200cخواهم क्\u200d"),
        ("葛\U000e0100 ᠠ\u180b", "葛\U000e0100 ᠠ\u180b"),
        (
            "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
            "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        ),
        ("hi\U000e0069\U000e0067\U000e006e\U000e0001", "hi\\U000e0069\\U000e0067\\U000e006e\\U000e0001"),
        ("🏴\U000e0067\U000e0062\U000e007f", "🏴\\U000e0067\\U000e0062\\U000e007f"),
        ("a\ufe00b\ufe0fc\U000e0141", "a\\ufe00b\\ufe0fc\\U000e0141"),
        ("😀\ufe0f\ufe0f\ufe01", "😀\ufe0f\\ufe0f\\ufe01"),
        ("adm\u200din \u200c", "adm\\u200din \\u200c"),
        ("क\u200d\u200c\u200d", "क\u200d\\u200c\\u200d"),
        ("x\u3164\uffa0\u115f\u17b4", "x\\u3164\\uffa0\\u115f\\u17b4"),
        ("\U0001d173\U0001bca0\ufff0", "\\U0001d173\\U0001bca0\\ufff0"),
        ("", ""),
    ],
)
def test_what_a_terminal_would_obey_becomes_visible(text: str, shown: str) -> None:
    assert escape_control_chars(text) == shown


def test_tabs_and_line_breaks_stay_where_lines_are_wanted() -> None:
    assert escape_control_chars("a\tb\nc\rd", lines=True) == "a\tb\nc\\x0dd"


def test_any_value_is_shown_by_its_text() -> None:
    assert [escape_control_chars(value) for value in (None, 5, b"\x1b", ValueError("\x1b"))] == [
        "None",
        "5",
        "b'\\x1b'",
        "\\x1b",
    ]


ANYTHING = st.text(
    st.characters(exclude_categories=[])
    | st.sampled_from(
        "\x1b\x9b\u202e\r\n\t\u2066\ufeff\0\u200d\u200c\ufe0f\ufe01😀葛ᠠक🏴\U000e0067\U000e007f\U000e0141"
    )
)


@given(ANYTHING, st.booleans())
def test_nothing_that_controls_is_left_and_the_rest_is_as_it_was(text: str, lines: bool) -> None:
    shown = escape_control_chars(text, lines=lines)
    shown.encode("utf-8")
    kept = "\t\n" if lines else ""
    assert not [c for c in shown if unicodedata.category(c) == "Cc" and c not in kept]
    assert not [
        c
        for c in shown
        if unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    ]
    assert not set(shown) & set("\u2028\u2029\u200e\u200f\u061c\ufeff")
    assert escape_control_chars(shown, lines=lines) == shown


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="\u115f\u1160\u3164\uffa0")))
def test_a_text_of_letters_numbers_and_signs_is_not_touched(text: str) -> None:
    assert escape_control_chars(text) == text


@given(ANYTHING, st.integers(1, 20))
def test_a_text_is_cut_to_so_many_characters(text: str, most: int) -> None:
    shown = escape_control_chars(text, most=most)
    whole = escape_control_chars(text)
    assert len(shown) <= most
    assert shown == whole if len(whole) <= most else shown.endswith("…")


def test_a_long_text_is_not_read_to_its_end_to_be_cut() -> None:
    assert escape_control_chars("x" * 50_000_000, most=5) == "xxxx…"


def test_no_two_texts_that_differ_in_tags_look_the_same() -> None:
    tags = [chr(number) for number in range(0xE0000, 0xE1000)]
    assert len({escape_control_chars(f"a{tag}") for tag in tags}) == len(tags)
    assert all(escape_control_chars(f"a{tag}").isascii() for tag in tags)
