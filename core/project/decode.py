"""Checked decoding: a TOML table to a frozen dataclass, refusing what is unknown or of the wrong type, with the place."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from core.decoding import convert
from core.errors import ProjectError
from core.plugins import nearest

__all__ = ["decode"]

_Shape = TypeVar("_Shape")

_RENAMED = {"from_": "from"}
"""Fields whose key in the file is a word that Python keeps for itself."""


def decode(file: Path, values: Mapping[str, Any], shape: type[_Shape], prefix: str = "") -> _Shape:
    """Make a `shape` of a file's values. Raises ProjectError naming file, key and the nearest known name.

    `prefix` is where the values stand in the file ('limits.').
    """
    import msgspec

    if not isinstance(values, Mapping):
        raise ProjectError(f"{prefix.rstrip('.')}: expected a table.", where=str(file))
    _refuse_unknown(file, values, shape, prefix)
    try:
        return convert(_renamed(values, shape), shape)
    except msgspec.ValidationError as error:
        raise ProjectError(
            _words(str(error), shape, prefix), where=str(file), remedy=_remedy(str(error), shape)
        ) from error


def _refuse_unknown(file: Path, values: Mapping[str, Any], shape: Any, prefix: str) -> None:
    hints = _hints(shape)
    known = {_RENAMED.get(field.name, field.name): hints[field.name] for field in fields(shape)}
    for key, value in values.items():
        if key not in known:
            raise ProjectError(
                f"There is no key {prefix + key!r} here.{nearest(key, list(known))}",
                where=str(file),
                remedy=f"Known keys: {', '.join(sorted(known))}.",
            )
        if isinstance(value, Mapping) and is_dataclass(known[key]) and isinstance(known[key], type):
            _refuse_unknown(file, value, known[key], f"{prefix}{key}.")


def _renamed(values: Mapping[str, Any], shape: Any) -> dict[str, Any]:
    """Turn the keys of the file into the names of the fields."""
    names = {_RENAMED.get(field.name, field.name): field.name for field in fields(shape)}
    hints = _hints(shape)
    return {
        names[key]: _renamed(value, hints[names[key]])
        if isinstance(value, Mapping) and is_dataclass(hints[names[key]]) and isinstance(hints[names[key]], type)
        else value
        for key, value in values.items()
    }


@cache
def _hints(shape: Any) -> dict[str, Any]:
    """Return the types of a shape's fields: looked up once, and not for every file."""
    return get_type_hints(shape)


def _remedy(text: str, shape: type[Any]) -> str:
    """Say what to do; a key that is missing says it itself, as the `missing` of its field's metadata."""
    absent = re.fullmatch(r"Object missing required field `(\w+)`", text)
    said = [str(each.metadata.get("missing", "")) for each in fields(shape) if absent and each.name == absent[1]]
    return said[0] if said and said[0] else "Fix the value in the file."


_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "datetime": "a date with time",
    "date": "a date without time",
    "time": "a time without date",
    "null": "nothing",
}


def _words(text: str, shape: type[Any], prefix: str) -> str:
    """Turn msgspec's words into ours: 'Expected `int | null`, got `str` - at `$.guards.max_calls`'."""
    match = re.fullmatch(r"(.*?)(?: - at `\$\.?(.*)`)?", text, re.DOTALL)
    what, path = (match[1], match[2] or "") if match else (text, "")
    if invalid := re.fullmatch(r"Invalid enum value '(.*)'", what, re.DOTALL):
        known = _choices(shape, path.split("."))
        what = f"{invalid[1]!r} is not possible.{nearest(invalid[1], known)} Known: {', '.join(known)}"
    what = re.sub(r"`(\w+)(?: \| null)?`", lambda found: _KINDS.get(found[1], f"'{found[1]}'"), what)
    what = what.replace("Object missing required field", "the file lacks the key")
    what = re.sub(r"^Expected (.*), got (.*)$", r"expected \1, not \2", what)
    key = (prefix + ".".join(_RENAMED.get(part, part) for part in path.split("."))).rstrip(".")
    return f"{key}: {what}." if key else f"{what[0].upper()}{what[1:]}."


def _choices(shape: Any, path: list[str]) -> list[str]:
    """Return the values that may stand at a path of a shape, where these are a few words."""
    for part in path:
        name = part.partition("[")[0]  # of a list it says which of its items
        shape = get_type_hints(shape).get(name) if is_dataclass(shape) else None
        shape = next((each for each in get_args(shape) if is_dataclass(each) or isinstance(each, type)), shape)
    if isinstance(shape, type) and issubclass(shape, enum.Enum):
        return [str(member.value) for member in shape]
    return (
        [repr(value) if value == "" else str(value) for value in get_args(shape)]
        if get_origin(shape) is Literal
        else []
    )
