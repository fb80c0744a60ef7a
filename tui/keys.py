"""Which key does what: a preset gives each act its keys (keys/standard.toml, vim.toml, emacs.toml), a person may change some.

`Keys` is the table that comes of it: for each scope (a page, `global`, `text` for fields and editors) each action's keys.
Keys are named as Textual names them; several in a row, with blanks between, are pressed one after the other (`] e`). Single
characters do not count while a text is being edited. `clashes` is empty for each table: a key means one thing in one place,
has one consequence on all pages, and does nothing but send where it sends.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from textual.keys import _character_to_key

from tui.actions import ACTIONS
from tui.acts import ACTS, Consequence

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
}
_CHARACTERS = {_character_to_key(each): each for each in string.punctuation}
"""By their names: `exclamation_mark` is a character that a text takes, like any letter."""

_MODAL = ("text", "dialog", "read")
"""The scopes of what lies over a page or is in it: their keys may hide others."""
_FORMS = ("form", "settings", "wizard")
"""Pages of fields: what lists they have needs no more than the arrows."""
_FIRST_PAGE = "welcome"
"""There is no project yet, so nothing can be sent, changed or lost: it does not count where consequences are compared."""


@dataclass(frozen=True, slots=True)
class Keys:
    """A table of keys: for each scope, each action's keys (the first is the one that is shown)."""

    name: str
    table: Mapping[str, Mapping[str, tuple[str, ...]]]

    def action(self, scopes: Sequence[str], pressed: str, *, typing: bool) -> str | None:
        """Return the action ('home.run') that the pressed keys mean in the first of these scopes that knows them."""
        if typing and _is_character(pressed.partition(" ")[0]):
            return None
        for scope in scopes:
            for action, keys in self.table.get(scope, {}).items():
                if pressed in keys:
                    return f"{scope}.{action}"
        return None

    def begins(self, scopes: Sequence[str], pressed: str, *, typing: bool) -> bool:
        """Return whether more keys may follow these."""
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
        """Return an action's first key as people read it: 'Enter', '^R', ']e'; empty where it has none that works now."""
        usable = [key for key in self.of(action) if not (typing and _is_character(key.partition(" ")[0]))]
        return shown(usable[0]) if usable else ""


def shown(key: str) -> str:
    """Write keys as people read them."""
    return "".join(_shown_one(part) for part in key.split())


def _shown_one(key: str) -> str:
    if key.startswith("ctrl+"):
        return "^" + (_NAMES.get(key[5:]) or _CHARACTERS.get(key[5:]) or key[5:].upper())
    if key.startswith("alt+"):
        return "M-" + (_NAMES.get(key[4:]) or _CHARACTERS.get(key[4:]) or key[4:])
    return _NAMES.get(key) or _CHARACTERS.get(key) or (key.upper() if key[:1] == "f" and key[1:].isdigit() else key)


def _is_character(key: str) -> bool:
    """Return whether a key writes a character where a text has the keys."""
    return len(key) == 1 or key == "space" or key in _CHARACTERS


def load(preset: str, changes: Mapping[str, Mapping[str, str | list[str]]] | None = None) -> Keys:
    """Read a preset and a user's changes to it ({scope: {action: keys}}).

    Raises ValueError for a preset, scope or action that is not there, and for changes that clash.
    """
    if preset not in PRESETS:
        raise ValueError(f"There is no key preset {preset!r}; there are {', '.join(PRESETS)}.")
    acts = tomllib.loads(Path(__file__).with_name("keys").joinpath(f"{preset}.toml").read_text("utf-8"))
    table: dict[str, dict[str, tuple[str, ...]]] = {}
    for action in ACTIONS.values():
        table.setdefault(action.scope, {})[action.name] = _tuple(acts[action.act])
    for scope, part in (changes or {}).items():
        for name, keys in part.items():
            if name not in table.get(scope, {}):
                raise ValueError(f"There is no action {scope}.{name}; `?` lists the actions of a page.")
            table[scope][name] = _tuple(keys)
    found = Keys(preset, table)
    problem = next(clashes(found), None)
    if problem and changes:
        raise ValueError(problem)
    return found


def _tuple(keys: str | list[str]) -> tuple[str, ...]:
    return (keys,) if isinstance(keys, str) else tuple(keys)


def clashes(keys: Keys) -> Iterator[str]:
    """Yield what is wrong with a table, as sentences: a key that means two things in one place, or starts another one; a key
    that has two consequences; a key that sends and does something else elsewhere.
    """
    yield from _twice(keys)
    yield from _of_two_consequences(keys)


def _twice(keys: Keys) -> Iterator[str]:
    around = {key: f"global.{action}" for action, key in _pairs(keys, "global")}
    lists = {key: f"list.{action}" for action, key in _pairs(keys, "list")}
    for scope in keys.table:
        known = {} if scope in (*_MODAL, "global") else {**around, **({} if scope in (*_FORMS, "list") else lists)}
        for action, key in _pairs(keys, scope):
            other = known.get(key)
            if other is not None and ACTIONS[other].act != ACTIONS[f"{scope}.{action}"].act:
                yield f"{shown(key)} means both {other} and {scope}.{action}."
            known[key] = f"{scope}.{action}"
        for key, action in known.items():
            start = key.rpartition(" ")[0]
            if start and start in known:
                yield f"{shown(start)} means {known[start]} and starts {action}."


def _of_two_consequences(keys: Keys) -> Iterator[str]:
    known: dict[str, str] = {}
    for scope in keys.table:
        for action, key in _pairs(keys, scope) if scope != _FIRST_PAGE else ():
            other, this = known.setdefault(key, f"{scope}.{action}"), f"{scope}.{action}"
            if ACTIONS[other].act == ACTIONS[this].act:
                continue
            of_other, of_this = ACTS[ACTIONS[other].act], ACTS[ACTIONS[this].act]
            apart = not {scope, ACTIONS[other].scope}.isdisjoint(_MODAL)
            if Consequence.SENDS in (of_other, of_this) or (of_other is not of_this and not apart):
                yield f"{shown(key)} means both {other} and {this}: one {of_other.value}, the other {of_this.value}."


def _pairs(keys: Keys, scope: str) -> Iterator[tuple[str, str]]:
    return ((action, key) for action, found in keys.table.get(scope, {}).items() for key in found)
