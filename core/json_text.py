"""JSON to be looked at. It is read, whatever is in it: what no number or no recursion of Python holds stays text."""

from __future__ import annotations

import base64
import json
import math
import re
from typing import Any

from core.control_chars import escape_control_chars

__all__ = ["read_json", "seen", "to_json"]

_DEEPEST = 60
"""Deeper values are shown as the text that they are: nobody reads them as a tree."""

_MOST_DIGITS = 400
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')


def read_json(text: str | bytes) -> Any:
    """Return the value of a JSON text. Raises ValueError where it is no JSON.

    A value nested more than 60 deep is its text; so is a number that a float cannot hold, or of more than 400 digits.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if _depth(text) > _DEEPEST:
        return text
    return json.loads(text, parse_float=_float, parse_int=_int)


def seen(text: str) -> str:
    """Return a JSON text that says the same, with JSON's own escapes for what a terminal would obey or nobody sees."""
    return "".join(map(_seen, text))


def _seen(character: str) -> str:
    if escape_control_chars(character, lines=True) == character:
        return character
    return json.dumps(character)[1:-1] if not character.isascii() else f"\\u{ord(character):04x}"


def _float(digits: str) -> float | str:
    return near if math.isfinite(near := float(digits)) else digits


def _int(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _depth(text: str) -> int:
    """Return how deep a JSON text nests."""
    if text.count("[") + text.count("{") <= _DEEPEST:
        return 0
    deepest = depth = 0
    for token in _TOKENS.finditer(text):
        if token[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token[0] in "]}":
            depth -= 1
    return deepest


def to_json(value: Any) -> Any:
    """Return a value of JSON's own types; what JSON does not have is text, bytes are base64."""
    if isinstance(value, dict):
        return {str(key): to_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(inner) for inner in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    exact = isinstance(value, str | int | bool | type(None)) or (isinstance(value, float) and math.isfinite(value))
    return value if exact else str(value)
