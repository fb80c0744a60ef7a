"""Reads ahead: the next batches are fetched in a thread while the last one is worked on."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from typing import Generic, TypeVar

__all__ = ["read_ahead"]

_Item = TypeVar("_Item")

_WAITING = 2
"""So many items wait at most: they hold some megabytes each."""


@contextlib.contextmanager
def read_ahead(items: Iterable[_Item]) -> Generator[Iterator[_Item]]:
    """Return the items in their order; what reading them raises is raised in its place.

    The first is fetched from the start of the block on. At the block's end the thread ends with the item that it is at, and is waited for.
    """
    reader = _Reader(items)
    thread = threading.Thread(target=reader.fetch, name="read ahead", daemon=True)
    thread.start()
    try:
        yield reader.given()
    finally:
        reader.is_closed.set()
        thread.join()


class _Reader(Generic[_Item]):
    """Fills a queue with items, each in a list of its own, and in the end with None, or with what went wrong."""

    def __init__(self, items: Iterable[_Item]) -> None:
        self.items = items
        self.read: queue.Queue[list[_Item] | BaseException | None] = queue.Queue(_WAITING)
        self.is_closed = threading.Event()

    def given(self) -> Iterator[_Item]:
        while isinstance(found := self.read.get(), list):
            yield from found
        if found is not None:
            raise found

    def fetch(self) -> None:
        ended: BaseException | None = None
        try:
            for item in self.items:
                self._put([item])
                if self.is_closed.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 -- it is raised by whoever reads
            ended = error
        self._put(ended)

    def _put(self, found: list[_Item] | BaseException | None) -> None:
        while not self.is_closed.is_set():
            try:
                self.read.put(found, timeout=0.1)
            except queue.Full:
                continue
            return
