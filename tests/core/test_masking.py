"""Values of people are taken out of a text that leaves this machine, whatever quotes stand in them."""

from __future__ import annotations

import pytest

from core.masking import without_people


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Could not convert string 'o'quill' to INT32", "Could not convert string '…' to INT32"),
        ("Could not convert string 'Ann O'Brien' to INT32", "Could not convert string '…' to INT32"),
        ("Could not convert string 'ann' to 'INT32'", "Could not convert string '…' to '…'"),
        ('invalid input syntax for type integer: "12" Quill"', 'invalid input syntax for type integer: "…"'),
        ('invalid input syntax for type integer: "Quill"', 'invalid input syntax for type integer: "…"'),
        ("the row doesn't fit", "the row doesn't fit"),
        ("it isn't 'Ann' and wasn't 'Bob'", "it isn't '…' and wasn't '…'"),
    ],
)
def test_what_is_in_quotes_goes_whole(text: str, left: str) -> None:
    assert without_people(text) == left


def test_a_name_that_the_reader_needs_stays() -> None:
    assert without_people('column "plan" has the value "team"', known={"plan"}) == 'column "plan" has the value "…"'
