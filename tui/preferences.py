"""What a person chose for the console, on this machine: theme, key preset, own keys. In ~/.config/backhaul/console.toml.

Not the project's business, so not in its files. A file that cannot be read is told and left as it is; the console then
starts with what it would choose by itself.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tui.keys import PRESETS
from tui.themes import PALETTES, default_theme

__all__ = ["Preferences", "read", "write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """`keys` are a user's changes to the preset, by scope and action; `problem` says what could not be read."""

    theme: str
    preset: str = "standard"
    keys: Mapping[str, Mapping[str, str | list[str]]] = field(default_factory=dict)
    problem: str = ""


def place() -> Path:
    """Return the file."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "backhaul" / "console.toml"


def read() -> Preferences:
    """Read what was chosen; the rest is chosen for this terminal. Never raises: `problem` tells."""
    theme = default_theme(os.environ)
    try:
        values = tomllib.loads(place().read_text("utf-8"))
    except FileNotFoundError:
        return Preferences(theme=theme)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return Preferences(theme=theme, problem=f"{place()} cannot be read, so it does not count: {error}")
    unknown = next((key for key in values if key not in ("theme", "preset", "keys")), "")
    problem = f"{place()}: {unknown!r} is not known; theme, preset and keys are." if unknown else ""
    chosen = values.get("theme", theme)
    if chosen not in PALETTES:
        problem, chosen = f"{place()}: there is no theme {chosen!r}; there are {', '.join(PALETTES)}.", theme
    if os.environ.get("NO_COLOR"):
        chosen = theme
    preset = values.get("preset", "standard")
    if preset not in PRESETS:
        problem, preset = f"{place()}: there is no key preset {preset!r}; there are {', '.join(PRESETS)}.", "standard"
    keys = values.get("keys", {})
    if not isinstance(keys, dict) or not all(isinstance(part, dict) for part in keys.values()):
        problem, keys = f'{place()}: [keys.<screen>] contains lines like run = "R".', {}
    return Preferences(theme=chosen, preset=preset, keys=keys, problem=problem)


def write(**chosen: Any) -> None:
    """Keep a choice; all else in the file stays, comments too. Raises OSError."""
    from core import project

    place().parent.mkdir(parents=True, exist_ok=True)
    if not place().exists():
        place().write_text("# What you chose in the console of Backhaul.\n", "utf-8")
    for key, value in chosen.items():
        project.set_value(place(), key, value)
