"""A look into the store for whoever only wants to know something: nothing is made, checked, written or waited for.

Opening a Store checks the whole file and may bring its tables up to date, which is right before a run and too much at a
keystroke. A look that cannot be taken (no store yet, a damaged or a newer one) gives nothing: what is told here decides nothing.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from core.store import named_query

__all__ = ["glance"]


def glance(folder: Path, name: str, /, **values: Any) -> list[sqlite3.Row]:
    """Run the query called `name` on the store in `folder`, read only; return no rows where that is not possible."""
    file = folder / "store.sqlite"
    if not file.is_file():
        return []
    try:
        with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=0)) as store:
            store.row_factory = sqlite3.Row
            return store.execute(named_query(name), values).fetchall()
    except (sqlite3.Error, UnicodeDecodeError):
        return []
