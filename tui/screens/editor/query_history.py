"""The queries that were run here, to be looked at and taken up again: the last two hundred, in the project's own folder.

A text that was previewed may hold what nobody else is to see, so the file is its owner's only. One that was run again moves up.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tui.screens.editor.texts import write_privately

__all__ = ["RanQuery", "ran_queries", "remember"]

_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RanQuery:
    """A query that was run: of which sync, when (Unix seconds), how many rows were seen, and how long it took."""

    sync: str
    text: str
    at: float
    rows: int
    seconds: float


def ran_queries(state: Path) -> list[RanQuery]:
    """Return the queries that were run, the last one first; what cannot be read is left out."""
    from core.own_folder import read_plain

    found = []
    with contextlib.suppress(OSError, UnicodeDecodeError):
        for text in read_plain(_file(state)).decode().splitlines():
            with contextlib.suppress(ValueError, TypeError, KeyError):
                found.append(_read(json.loads(text)))
    return sorted(found, key=lambda each: -each.at)


def remember(state: Path, query: RanQuery) -> None:
    """Keep a query that was run; an earlier run of the same text goes. Raises OSError."""
    others = [each for each in ran_queries(state) if (each.sync, each.text) != (query.sync, query.text)]
    kept = [query, *others][:_MOST]
    write_privately(_file(state), "".join(json.dumps(asdict(each)) + "\n" for each in kept))


def _file(state: Path) -> Path:
    return state / "editing" / "ran.jsonl"


def _read(values: Mapping[str, object]) -> RanQuery:
    return RanQuery(
        sync=str(values["sync"]),
        text=str(values["text"]),
        at=float(str(values["at"])),
        rows=int(str(values["rows"])),
        seconds=float(str(values["seconds"])),
    )
