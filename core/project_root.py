"""Where a project is. Apart from core.project, which reads one: to begin, a console or a shell needs to know no more."""

from __future__ import annotations

from pathlib import Path

__all__ = ["FILE", "find"]

FILE = "backhaul.toml"


def find(start: Path) -> Path | None:
    """Give the nearest folder, from `start` upwards, that holds a project; None where there is none."""
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder
    return None
