"""Paths as people write them."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["expanded", "user_state"]


def expanded(path: str | Path) -> Path:
    """Return a path with its `~` replaced by the home folder; as it is where nobody knows that home: then there is no such file.

    (pathlib raises a RuntimeError there.)
    """
    return Path(os.path.expanduser(path))  # noqa: PTH111 -- see above


def user_state() -> Path | None:
    """Return the folder of this user and machine in which Backhaul keeps what no project may say; None where the user has no home."""
    base = os.environ.get("XDG_STATE_HOME", "")
    home = Path(base) if os.path.isabs(base) else expanded("~/.local/state")  # noqa: PTH117 -- "" is no path
    # a relative one would be looked for in the folder that Backhaul is called in: the very project, perhaps
    return home / "backhaul" if home.is_absolute() else None
