"""Paths as people write them."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["expanded"]


def expanded(path: str | Path) -> Path:
    """Return a path with its `~` replaced by the home folder; as it is where nobody knows that home: then there is no such file.

    (pathlib raises a RuntimeError there.)
    """
    return Path(os.path.expanduser(path))  # noqa: PTH111 -- see above
