"""A type's settings as fields of a form and back: what its `Settings` dataclass declares is all that is known here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from core.setup import may_hold_password
from tui.widgets.form import Field

__all__ = ["GOES_INTO_GIT", "settings_fields", "typed_values"]

GOES_INTO_GIT = "This looks like a password, and would be written to a file that goes into git. Type only this value."


def settings_fields(plugin: Any, values: Any = None) -> list[Field]:
    """Return the fields of a type's settings (those of `values` where there are some), then its secrets."""
    hints = get_type_hints(plugin.Settings)
    found = []
    for each in fields(plugin.Settings):
        default = "" if each.default is MISSING else each.default
        value = getattr(values, each.name) if values is not None else default
        found.append(
            Field(
                name=each.name,
                label=each.name.replace("_", " "),
                value=_text(value),
                choices=_choices(hints[each.name]),
                note="",
                placeholder="needed" if each.default is MISSING else "may stay empty",
            )
        )
    found += [
        Field(
            name=f"secret-{name}",
            label=name.replace("_", " "),
            secret=True,
            note="empty keeps what is there",
            placeholder=str(what),
        )
        for name, what in plugin.secrets.items()
    ]
    return sorted(found, key=lambda shown: shown.placeholder != "needed" and not shown.secret)


def typed_values(plugin: Any, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that differ from their defaults, each as its type wants it. Raises ValueError naming the field."""
    hints = get_type_hints(plugin.Settings)
    values: dict[str, Any] = {}
    for each in fields(plugin.Settings):
        text = texts.get(each.name, "")
        if may_hold_password(text):
            raise ValueError(f"{each.name}: {GOES_INTO_GIT}")
        if not text and each.default is MISSING:
            raise ValueError(f"{each.name}: this is needed.")
        value = _typed(each.name, text, hints[each.name]) if text or hints[each.name] is str else each.default
        if each.default is MISSING or value != each.default:
            values[each.name] = value
    return values


def _typed(name: str, text: str, hint: Any) -> Any:
    if hint is bool:
        return text == "true"
    if get_origin(hint) is tuple:
        return [part.strip() for part in text.split(";") if part.strip()]
    if hint in (int, float):
        try:
            return hint(text)
        except ValueError:
            raise ValueError(f"{name}: this has to be a number.") from None
    return text


def _text(value: Any) -> str:
    """Write a value as a form has it; a list has its parts between semicolons."""
    if isinstance(value, tuple):
        return "; ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _choices(hint: Any) -> tuple[str, ...]:
    if hint is bool:
        return ("true", "false")
    return tuple(str(each) for each in get_args(hint)) if get_origin(hint) is Literal else ()
