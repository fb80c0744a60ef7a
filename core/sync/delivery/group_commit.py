"""The journal of a delivery: what its batches record while the disk is synced goes into one transaction, and one sync, together.

Each batch records twice, before it is sent and when it is answered, and waits until that is durable. One by one, on a disk
that takes a millisecond to sync, that was half of the time of a delivery, with the event loop standing still meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core.store import Store

__all__ = ["GroupCommit"]

_Value = TypeVar("_Value")


@dataclass(slots=True)
class GroupCommit:
    """Writes into a store for tasks of one event loop, in a thread."""

    store: Store
    _waiting: list[tuple[Callable[[], Any], asyncio.Future[Any]]] = field(default_factory=list)
    _writing: asyncio.Task[None] | None = None

    async def write(self, work: Callable[[], _Value]) -> _Value:
        """Do `work` in a transaction that it may share; return its value once that is durable, or raise what went wrong."""
        done: asyncio.Future[_Value] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await done

    async def settled(self) -> None:
        """Wait until nothing is being written: the store may be closed after that."""
        while self._writing is not None:
            await asyncio.wait({self._writing})

    async def _write(self) -> None:
        try:
            while self._waiting:
                together, self._waiting = self._waiting, []
                try:
                    values = await asyncio.to_thread(self._in_one, [work for work, _ in together])
                except Exception as error:  # noqa: BLE001 -- whoever waits raises it
                    for _, done in together:
                        if not done.done():
                            done.set_exception(error)
                else:
                    for (_, done), value in zip(together, values, strict=True):
                        if not done.done():  # it is, where the task that waited was stopped
                            done.set_result(value)
        finally:
            self._writing = None

    def _in_one(self, works: list[Callable[[], Any]]) -> list[Any]:
        with self.store.transaction():
            return [work() for work in works]
