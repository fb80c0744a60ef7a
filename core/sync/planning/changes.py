"""Changed rows field by field: the value that was acknowledged, and the one that would be sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.json_text import read_json

__all__ = ["Change", "Field", "differing"]

_MOST_DIGITS = 400
"""An integer with more digits stays text: Python refuses to read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a changed row, by its path in the call: the value as acknowledged, and the one that would be sent."""

    path: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A changed row: whose it is, the fields that differ, and the call that would be sent."""

    identity: Mapping[str, str]
    fields: tuple[Field, ...]
    call: str


def differing(old: str, new: str) -> Iterator[Field]:
    """Yield the fields in which two calls differ."""
    before, after = (dict(_flat(_read(call))) for call in (old, new))
    for path in [*before, *(path for path in after if path not in before)]:
        if before.get(path) != after.get(path) or (path in before) != (path in after):
            yield Field(path=path, old=before.get(path), new=after.get(path))


def _read(call: str) -> Any:
    """Read a call exactly; one that is nested too deeply is its text."""
    found = read_json(call)
    return json.loads(call, parse_float=_number, parse_int=_whole) if isinstance(found, dict) else found


def _whole(text: str) -> int | str:
    return int(text) if len(text) <= _MOST_DIGITS else text


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of a call by their path."""
    if isinstance(value, dict) and (value or not path):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else key)
    else:
        yield path, value


def _number(text: str) -> float | Decimal:
    """Read a number with a point: as a float where that holds all its digits, so that no difference is lost."""
    return near if Decimal(repr(near := float(text))) == Decimal(text) else Decimal(text)
