"""Where a project is. Apart from core.project, which reads one: to begin, a console or a shell needs to know no more."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["FILE", "NAME", "find"]

FILE = "backhaul.toml"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
"""What a source, a destination or a sync may be called: its file, without the ending."""


def find(start: Path) -> Path | None:
    """Return the nearest folder, from `start` upwards, that holds a project; None where there is none."""
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder
    return None
