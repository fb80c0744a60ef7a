"""Texts that were typed and not saved: kept under `.backhaul/buffers`, so that a crash or a closed lid loses nothing.

A buffer remembers the digest of the file that it began from: where the file has changed since, the editor asks.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import threading
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Buffer", "Keeper", "digest", "drop", "keep", "load", "unsaved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffer:
    """A text that is not saved: `base` is the digest of the file as it was when the text was begun."""

    sync: str
    text: str
    base: str
    cursor: tuple[int, int] = (0, 0)


def digest(text: str) -> str:
    """Return a short name for a text's content."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _folder(state: Path) -> Path:
    return state / "buffers"


def keep(state: Path, buffer: Buffer) -> None:
    """Write a buffer; whole or not at all. Raises OSError."""
    from core.own_folder import make_part, replace_plain

    folder = make_part(state, "buffers")
    document = {"sync": buffer.sync, "text": buffer.text, "base": buffer.base, "cursor": list(buffer.cursor)}
    replace_plain(folder / f"{buffer.sync}.json", json.dumps(document))


def load(state: Path, sync: str) -> Buffer | None:
    """Read the buffer of a sync, if there is one that can be read."""
    from core.own_folder import read_plain

    try:
        document = json.loads(read_plain(_folder(state) / f"{sync}.json"))
        row, column = document["cursor"]
        return Buffer(sync=sync, text=str(document["text"]), base=str(document["base"]), cursor=(int(row), int(column)))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def drop(state: Path, sync: str) -> None:
    """Forget a buffer: its text is saved, or given up."""
    with contextlib.suppress(OSError):
        (_folder(state) / f"{sync}.json").unlink()


def unsaved(state: Path) -> list[str]:
    """Return the syncs that have a buffer."""
    return sorted(file.stem for file in _folder(state).glob("*.json") if not file.name.startswith("."))


class Keeper:
    """Keeps and drops the buffers of one console, from its threads and from its end alike: the newest word counts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._newest: dict[str, int] = {}

    def number(self) -> int:
        """Return the number of a word that is about to be said; one with a lower number no longer counts after it."""
        return next(self._numbers)

    def keep(self, state: Path, buffer: Buffer, number: int) -> None:
        """Write a buffer, unless something newer was said about its sync. Raises OSError."""
        with self._lock:
            if self._is_newest(buffer.sync, number):
                keep(state, buffer)

    def drop(self, state: Path, sync: str, number: int) -> None:
        """Forget a buffer, unless something newer was said."""
        with self._lock:
            if self._is_newest(sync, number):
                drop(state, sync)

    def _is_newest(self, sync: str, number: int) -> bool:
        newest = number >= self._newest.get(sync, 0)
        if newest:
            self._newest[sync] = number
        return newest
