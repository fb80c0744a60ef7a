"""Rejected rows as people look at them: by cause first, then row by row, without digests.

What is asked of a sync are its open rows, those that no later version settled; of a run all that were refused in it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import EllipsisType
from typing import Any

from core.errors import UsageError
from core.model import Sync
from core.store import Store

__all__ = [
    "Cause",
    "causes",
    "causes_by_sync",
    "numbers_in",
    "open_numbers",
    "rejected",
    "rejected_total",
    "without_digests",
]

_MOST_CAUSES = 20
_DIGESTS = frozenset({"key", "fingerprint"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Rows that were refused for the same reason with the same HTTP status (None: they were not sent).

    `state` is open while one of them is, else settled; `sample` identifies the first of them, as JSON where it has an id.
    """

    reason: str
    status: int | None
    rows: int
    state: str
    sample: str


def causes(store: Store, *, run: str | None = None, sync: str | None = None) -> tuple[Cause, ...]:
    """Return why the rows of a run, or the open rows of a sync (its id), were refused; most rows first, at most 20."""
    if run is None:
        return causes_by_sync(store, [sync or ""])[0].get(sync or "", ())
    return tuple(_cause(row) for row in store.rows("causes_by_run", run=run)[:_MOST_CAUSES])


def causes_by_sync(store: Store, syncs: Iterable[str]) -> tuple[dict[str, tuple[Cause, ...]], dict[str, int]]:
    """Return the causes of the open rows of each sync (by id), at most 20 each, and how many rows those are in all."""
    found: dict[str, list[Any]] = {}
    for row in store.rows("causes_by_sync", syncs=json.dumps(list(syncs))):
        found.setdefault(row["sync"], []).append(row)
    shown = {sync: tuple(_cause(row) for row in rows[:_MOST_CAUSES]) for sync, rows in found.items()}
    return shown, {sync: sum(row["rows"] for row in rows) for sync, rows in found.items()}


def rejected(
    store: Store,
    *,
    run: str | None = None,
    sync: str | None = None,
    reason: str | None = None,
    status: int | EllipsisType | None = ...,
    limit: int = 100,
    offset: int = 0,
) -> tuple[Mapping[str, Any], ...]:
    """Return rows of a run, or the open rows of a sync (its id), the oldest first; `status` None: those that were not sent."""
    name, values = _asked("page", run, sync, reason, status)
    return tuple(without_digests(row) for row in store.rows(name, limit=limit, offset=offset, **values))


def rejected_total(
    store: Store,
    *,
    run: str | None = None,
    sync: str | None = None,
    reason: str | None = None,
    status: int | EllipsisType | None = ...,
) -> int:
    """Count the rows that `rejected` gives with the same words and no limit."""
    name, values = _asked("total", run, sync, reason, status)
    return int(store.rows(name, **values)[0]["rows"])


def open_numbers(store: Store, sync: Sync, *, rows: Collection[int] = (), key: str = "") -> frozenset[int]:
    """Return the numbers of open rejected rows of a sync: these `rows`, and those of a `key` (any of its values).

    Raises UsageError for a number that is no open row of this sync, and for a key that has none.
    """
    for number in rows:
        row = store.row("rejected_number", number=number)
        if row is None or row["sync"] != sync.id:
            raise UsageError(f"{sync.name} has no rejected row {number}.", remedy=_LISTED.format(sync.name))
        if row["state"] != "open":
            said = {"acknowledged": "was delivered since", "superseded": "is settled: a later version took its place"}
            raise UsageError(f"Row {number} {said.get(row['state'], 'is settled')}.", remedy=_LISTED.format(sync.name))
    of_key = [row["number"] for row in store.rows("open_rejected_of_key", sync=sync.id, key=key)] if key else []
    if key and not of_key:
        raise UsageError(f"No open rejected row of {sync.name} is of {key!r}.", remedy=_LISTED.format(sync.name))
    return frozenset([*rows, *of_key])


def numbers_in(words: Sequence[str]) -> tuple[frozenset[int], list[str]]:
    """Take `--row NUMBER`s out of the options of a replay; return the numbers, and the options that are left.

    Raises UsageError where no number follows.
    """
    numbers, rest, given = set[int](), list[str](), iter(words)
    for word in given:
        if word != "--row":
            rest.append(word)
            continue
        number = next(given, "")
        if not number.isdecimal():
            raise UsageError(f"--row takes a number, not {number!r}.")
        numbers.add(int(number))
    return frozenset(numbers), rest


_LISTED = "`backhaul rejected {}` lists those that are open, with their numbers."


def without_digests(row: Any) -> dict[str, Any]:
    """Return a rejected row as a mapping, without its digests."""
    return {name: row[name] for name in row.keys() if name not in _DIGESTS}  # noqa: SIM118 -- a sqlite3.Row iterates values


def _asked(
    what: str, run: str | None, sync: str | None, reason: str | None, status: int | EllipsisType | None
) -> tuple[str, dict[str, Any]]:
    """Return the name of the store's query, and its values."""
    any_status = isinstance(status, EllipsisType)
    of = {"sync": sync} if run is None else {"run": run}
    values = {**of, "reason": reason, "any_status": any_status, "status": None if any_status else status}
    return f"rejected_{what}_of_{'sync' if run is None else 'run'}", values


def _cause(row: Any) -> Cause:
    return Cause(
        reason=row["reason"],
        status=row["status"],
        rows=row["rows"],
        state="open" if row["open"] else "settled",
        sample=row["sample"],
    )
