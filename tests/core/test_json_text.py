"""What destinations and warehouses give as JSON is read to be looked at, whatever is in it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.json_text import read_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_ordinary_json_is_read_as_it_is(value: object) -> None:
    assert read_json(json.dumps(value)) == value


@pytest.mark.parametrize("text", ["[" * 10_000 + "]" * 10_000, '{"a":' * 100 + "1" + "}" * 100])
def test_what_nests_too_deeply_is_its_text(text: str) -> None:
    assert read_json(text) == text


def test_brackets_in_a_string_are_no_depth() -> None:
    text = json.dumps({"a": "[" * 10_000, "b": '\\"{' * 200})
    assert read_json(text) == json.loads(text)


def test_numbers_that_python_does_not_hold_are_their_text() -> None:
    assert read_json('{"a": ' + "9" * 5_000 + ', "b": 1e999}') == {"a": "9" * 5_000, "b": "1e999"}


@pytest.mark.parametrize("text", ["", "{", "<html>", "[1,]", "\0"])
def test_what_is_no_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- JSONDecodeError is one, and says where
        read_json(text)
