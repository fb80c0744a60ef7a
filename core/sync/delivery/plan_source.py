"""The batches of a plan as they are taken to be sent: in order, or some by chance where evidence is looked for."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Iterator
from pathlib import Path

from core.sync.planning.plan_file import PlanBatch, read_batches

__all__ = ["PlanSource"]


class PlanSource:
    """Gives each batch once. `wanted` are the numbers of the batches that are to be sent; deletes come last, by themselves."""

    def __init__(self, path: Path, wanted: Collection[int]) -> None:
        self._path = path
        self._left = set(wanted)
        self._turn = asyncio.Lock()
        self._batches: Iterator[PlanBatch] | None = None
        self._first_delete: PlanBatch | None = None
        self._deletes: set[int] = set()

    @property
    def has_more(self) -> bool:
        """Whether there may be batches that are not deletes and were not given yet."""
        return self._first_delete is None and bool(self._left - self._deletes)

    async def next(self) -> PlanBatch | None:
        """Return the next batch in the plan's order; None where only deletes are left, or nothing."""
        async with self._turn:
            if self._first_delete is not None:
                return None
            batch = await self._read()
            if batch is not None and batch.deletes:
                self._first_delete, batch = batch, None
            return batch

    async def next_delete(self) -> PlanBatch | None:
        """Return the next batch of deletes; None after the last."""
        async with self._turn:
            batch, self._first_delete = self._first_delete, None
            return batch or await self._read()

    async def sample(self, most: int) -> list[PlanBatch]:
        """Return at most so many batches, by chance, none of them of deletes."""
        async with self._turn:
            if not self.has_more:
                return []
            left = self._left - self._deletes
            chosen = set(random.sample(sorted(left), min(most, len(left))))
            found = await asyncio.to_thread(self._of, chosen)
            given = {batch.number for batch in found}
            self._left -= given
            self._deletes |= chosen - given
            return found

    def _of(self, numbers: Collection[int]) -> list[PlanBatch]:
        if not numbers:
            return []
        return [batch for batch in read_batches(self._path, lambda number: number not in numbers) if not batch.deletes]

    async def _read(self) -> PlanBatch | None:
        if self._batches is None:
            self._batches = read_batches(self._path, lambda number: number not in self._left)
        batch = await asyncio.to_thread(next, self._batches, None)
        if batch is not None:
            self._left.discard(batch.number)
        return batch
