"""What is known of a sync's rows: the ledger of each of its destinations, how large it is, and what a full refresh would send."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.store import Store

__all__ = ["Known", "calls_of_all", "known"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What one destination has acknowledged of a sync: `rows` at the most (one that changed since the last compaction counts
    as often as it is in a segment), in so many `segments` and `bytes` on disk; its last_sync_time (0: it never committed).
    """

    destination: str
    last_sync_time: int
    rows: int
    bytes: int
    segments: int

    @property
    def is_exact(self) -> bool:
        """Return whether no row can be counted twice."""
        return self.segments <= 1


def known(store: Store, sync: str) -> tuple[Known, ...]:
    """Return the ledgers of a sync (its id), by destination."""
    return tuple(Known(**dict(row)) for row in store.rows("ledgers_with_size", sync=sync))


def calls_of_all(ledgers: Iterable[Known], destinations: Iterable[str]) -> int:
    """Return how many calls it takes at the most to send all known rows to these destinations again."""
    wanted = set(destinations)
    return sum(each.rows for each in ledgers if each.destination in wanted)
