"""Secrets that were read once are in no error's text afterwards, in whatever form a server repeats them."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from core.blackout import remember_secret, without_secrets
from core.errors import WarehouseError

SECRET = 'blackout-test/é"key\\ 41'


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        repr(SECRET)[1:-1],
        json.dumps(SECRET)[1:-1],
        quote(SECRET),
        quote(SECRET, safe=""),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(SECRET.encode() + b":").decode(),
    ],
)
def test_a_known_secret_is_taken_out_of_an_error_in_each_form(form: str) -> None:
    remember_secret(SECRET)
    error = WarehouseError(f"no login with {form}", remedy=f"not {form}", where=f"host {form}")
    for text in (str(error), error.message, error.remedy, error.where, *map(str, error.args)):
        assert form not in text
        assert "••••••" in text


def test_other_words_stay_as_they_are() -> None:
    remember_secret(SECRET)
    assert without_secrets("blackout-test, and a key") == "blackout-test, and a key"


def test_what_is_too_short_to_be_told_from_a_word_is_not_looked_for() -> None:
    remember_secret("user")
    assert without_secrets("the user of the table") == "the user of the table"
