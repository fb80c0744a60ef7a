"""Which key does what: whole tables in files (keys/standard.toml, vim.toml, emacs.toml), and a user's own changes to one.

A table has a part for each scope (a screen, `global`, `text` for fields and editors), and in it each action's keys. Keys
are named as Textual names them; several in a row, with blanks between, are pressed one after the other (`] e`). Single
characters do not count while a text has the keys. `clashes` is empty for each table: two actions that one key could mean
in the same place would be a riddle.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PRESETS", "Keys", "clashes", "load", "shown"]

PRESETS = ("standard", "vim", "emacs")

_NAMES = {
    "enter": "Enter",
    "escape": "Esc",
    "space": "space",
    "tab": "Tab",
    "shift+tab": "S-Tab",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "delete": "Del",
    "backspace": "Bksp",
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "full_stop": ".",
    "comma": ",",
    "right_square_bracket": "]",
    "left_square_bracket": "[",
    "greater_than_sign": ">",
    "less_than_sign": "<",
    "at": "@",
    "minus": "-",
    "plus": "+",
    "circumflex_accent": "^",
    "dollar_sign": "$",
}


@dataclass(frozen=True, slots=True)
class Keys:
    """A table of keys: for each scope, each action's keys (the first is the one that is shown)."""

    name: str
    table: Mapping[str, Mapping[str, tuple[str, ...]]]

    def action(self, scopes: Sequence[str], pressed: str, *, typing: bool) -> str | None:
        """Give the action ('home.run') that the pressed keys mean in the first of these scopes that knows them."""
        if typing and _is_character(pressed.partition(" ")[0]):
            return None
        for scope in scopes:
            for action, keys in self.table.get(scope, {}).items():
                if pressed in keys:
                    return f"{scope}.{action}"
        return None

    def begins(self, scopes: Sequence[str], pressed: str, *, typing: bool) -> bool:
        """Say whether more keys may follow these."""
        if typing and _is_character(pressed.partition(" ")[0]):
            return False
        return any(
            key.startswith(pressed + " ")
            for scope in scopes
            for keys in self.table.get(scope, {}).values()
            for key in keys
        )

    def of(self, action: str) -> tuple[str, ...]:
        """Give the keys of an action."""
        scope, _, name = action.partition(".")
        return self.table.get(scope, {}).get(name, ())

    def shown(self, action: str, *, typing: bool = False) -> str:
        """Give an action's first key as people read it: 'Enter', '^R', ']e'; empty where it has none that works now."""
        usable = [key for key in self.of(action) if not (typing and _is_character(key.partition(" ")[0]))]
        return shown(usable[0]) if usable else ""


def shown(key: str) -> str:
    """Write keys as people read them."""
    return "".join(_shown_one(part) for part in key.split())


def _shown_one(key: str) -> str:
    if key.startswith("ctrl+"):
        return "^" + _NAMES.get(key[5:], key[5:].upper())
    if key.startswith("alt+"):
        return "M-" + _NAMES.get(key[4:], key[4:])
    return _NAMES.get(key, key.upper() if key.startswith("f") and key[1:].isdigit() else key)


def _is_character(key: str) -> bool:
    """Say whether a key writes a character where a text has the keys."""
    return (
        len(key) == 1
        or key == "space"
        or (key in _NAMES and len(_NAMES[key]) == 1 and key not in ("up", "down", "left", "right"))
    )


def load(preset: str, changes: Mapping[str, Mapping[str, str | list[str]]] | None = None) -> Keys:
    """Read a preset and a user's changes to it ({scope: {action: keys}}).

    Raises ValueError for a preset, scope or action that is not there, and for changes that clash.
    """
    if preset not in PRESETS:
        raise ValueError(f"There is no key preset {preset!r}; there are {', '.join(PRESETS)}.")
    text = Path(__file__).with_name("keys").joinpath(f"{preset}.toml").read_text("utf-8")
    table = {
        scope: {action: _tuple(keys) for action, keys in part.items()} for scope, part in tomllib.loads(text).items()
    }
    for scope, part in (changes or {}).items():
        for action, keys in part.items():
            if action not in table.get(scope, {}):
                raise ValueError(f"There is no action {scope}.{action}; `?` lists the actions of a screen.")
            table[scope][action] = _tuple(keys)
    found = Keys(preset, table)
    problem = next(clashes(found), None)
    if problem and changes:
        raise ValueError(problem)
    return found


def _tuple(keys: str | list[str]) -> tuple[str, ...]:
    return (keys,) if isinstance(keys, str) else tuple(keys)


def clashes(keys: Keys) -> Iterator[str]:
    """Tell each key that means two things in one place: within a scope, or as the beginning of another.

    A screen's own key may hide a global one on purpose only where both mean the same word, so these count as well.
    """
    everywhere = {key: f"global.{action}" for action, found in keys.table.get("global", {}).items() for key in found}
    for scope, part in keys.table.items():
        known: dict[str, str] = {} if scope in ("global", "text", "dialog", "read") else dict(everywhere)
        for action, found in part.items():
            for key in found:
                if key in known:
                    yield f"{shown(key)} means both {known[key]} and {scope}.{action}."
                known[key] = f"{scope}.{action}"
        for key, action in known.items():
            beginning = key.rpartition(" ")[0]
            if beginning and beginning in known:
                yield f"{shown(beginning)} means {known[beginning]} and begins {action}."
