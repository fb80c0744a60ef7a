"""Engines that are broken where they keep what was acknowledged: the store, the ledger, its files."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

__all__ = [
    "age_unchecked",
    "compaction_loses_deltas",
    "damaged_store_begun_anew",
    "digests_unchecked",
    "garbage_kept",
    "manifest_after_the_delivery",
    "missing_segment_is_empty",
    "missing_store_begun_anew",
    "mixed_store_unchecked",
    "no_transactions",
    "nothing_synced",
    "open_plans_are_garbage",
    "replaced_segments_removed_first",
    "store_not_synced",
]


def no_transactions() -> None:
    """Each statement is on its own."""
    from core.store import Store

    @contextlib.contextmanager
    def transaction(self: Any) -> Iterator[None]:
        yield

    Store.transaction = transaction


def manifest_after_the_delivery() -> None:
    """The segment is listed in a transaction of its own, after the one that ends the delivery."""
    from core.store import Store

    do, transaction = Store.do, Store.transaction
    waiting: list[dict[str, Any]] = []

    def doing(self: Any, name: str, /, **values: Any) -> None:
        if name == "insert_segment" and values["base"] == 0:
            waiting.append(values)
        else:
            do(self, name, **values)

    @contextlib.contextmanager
    def transacting(self: Any) -> Iterator[None]:
        with transaction(self):
            yield
        while waiting:
            do(self, "insert_segment", **waiting.pop())

    Store.do, Store.transaction = doing, transacting


def compaction_loses_deltas() -> None:
    """The new base is made of the old one and the last delta."""
    from core.ledger.local import LocalLedger

    compact = LocalLedger.compact

    def compacting(self: Any, *values: Any) -> None:
        latest = self._latest
        self._latest = lambda segments: latest([segments[0], *segments[-1:]])
        compact(self, *values)

    LocalLedger.compact = compacting


def replaced_segments_removed_first() -> None:
    """A compaction removes the old files, and then lists the new one."""
    from core.ledger.local import LocalLedger

    write = LocalLedger.write

    def writing(self: Any, connection: Any, name: str, keys: str, **named: Any) -> Any:
        files = write(self, connection, name, keys, **named)
        if name.endswith(".base"):
            for segment in self._segments():
                (self.folder / segment["keys"]).unlink(missing_ok=True)
        return files

    LocalLedger.write = writing


def open_plans_are_garbage() -> None:
    """Plans of open deliveries are collected."""
    from core.state.folder import StateFolder
    from core.store import Store

    collect, rows = StateFolder.collect_garbage, Store.rows

    def collecting(self: Any, store: Any, sync: Any, now: float) -> None:
        Store.rows = lambda self, name, /, **values: [] if name == "open_plans" else rows(self, name, **values)
        try:
            collect(self, store, sync, now)
        finally:
            Store.rows = rows

    StateFolder.collect_garbage = collecting


def garbage_kept() -> None:
    """What a killed run left lies around for ever."""
    from core.state.folder import StateFolder

    StateFolder.collect_garbage = lambda self, store, sync, now: None


def missing_segment_is_empty() -> None:
    """A segment that is not there has no rows."""
    from core.ledger.local import LocalLedger

    segments = LocalLedger._segments
    LocalLedger._segments = lambda self: [
        segment for segment in segments(self) if (self.folder / segment["keys"]).exists()
    ]


def digests_unchecked() -> None:
    """Files are read as they are."""
    from core.ledger.local import LocalLedger
    from core.sync import run

    LocalLedger._check = lambda self, segment, what: None
    run.check_plan = lambda state, delivery: None


def damaged_store_begun_anew() -> None:
    """A store that cannot be read is replaced by an empty one."""
    from core.errors import StateError
    from core.store import Store

    opening = Store.__init__

    def opened(self: Any, folder: Any, timeout: float = 30.0) -> None:
        try:
            opening(self, folder, timeout)
        except StateError:
            for file in folder.glob("store.*"):
                file.unlink()
            opening(self, folder, timeout)

    Store.__init__ = opened
    age_unchecked()


def missing_store_begun_anew() -> None:
    """A store that is missing is a first start."""
    from core.store import Store

    opening = Store.__init__

    def opened(self: Any, folder: Any, timeout: float = 30.0) -> None:
        if not (folder / "store.sqlite").exists():
            (folder / "store.made").unlink(missing_ok=True)
        opening(self, folder, timeout)

    Store.__init__ = opened
    age_unchecked()


def age_unchecked() -> None:
    """A store may be older than what was sent."""
    from core.state.folder import StateFolder

    StateFolder.check_age = lambda self, store, sync: None


def mixed_store_unchecked() -> None:
    """A part of the store may be older than the rest."""
    from core.store import Store

    row = Store.row

    def asked(self: Any, name: str, /, **values: Any) -> Any:
        return None if name == "delivery_without_segment" else row(self, name, **values)

    Store.row = asked


def nothing_synced() -> None:
    """Files get their names without being synced; so do folders."""
    from core.ledger import segments
    from core.sync.planning import plan_file

    def renamed(temporary: Any, final: Any) -> None:
        if temporary != final:
            temporary.replace(final)

    segments.durable = plan_file.durable = renamed


def store_not_synced() -> None:
    """The store leaves it to the system when its writes reach the disk."""
    from core.store import Store

    prepare = Store._prepare

    def prepared(self: Any) -> None:
        prepare(self)
        self._connection.execute("PRAGMA synchronous = OFF")

    Store._prepare = prepared
