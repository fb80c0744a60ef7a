"""The journal: what comes while the disk is synced goes together, is durable when it says so, and fails together."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from core.errors import StateError
from core.store import Store
from core.sync.delivery.group_commit import GroupCommit


def insert(store: Store, run: str) -> str:
    store.do("insert_run", id=run, sync="s", name="people", cause="test", started=0.0, process=1)
    return run


def runs(folder: Path) -> set[str]:
    """Return the runs as another connection sees them."""
    with Store(folder) as store:
        return {run for run in ("a", "b", "c") if store.row("run", id=run)}


async def test_a_write_is_durable_when_it_returns_and_gives_its_value(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        journal = GroupCommit(store)
        assert await journal.write(lambda: insert(store, "a")) == "a"
        assert runs(tmp_path) == {"a"}
        await journal.settled()


class Held(GroupCommit):
    """A journal that tells how many writes go together, and holds the first transaction until it is let go."""

    together: list[int]
    begun: asyncio.Event
    free: threading.Event

    def _in_one(self, works: list[Any]) -> list[Any]:
        self.together.append(len(works))
        self.loop.call_soon_threadsafe(self.begun.set)
        self.free.wait(5)
        return GroupCommit._in_one(self, works)


async def test_what_comes_while_one_is_written_shares_the_next_transaction(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        journal = Held(store)
        journal.together, journal.begun, journal.free = [], asyncio.Event(), threading.Event()
        journal.loop = asyncio.get_running_loop()
        first = asyncio.create_task(journal.write(lambda: insert(store, "a")))
        await journal.begun.wait()
        others = [asyncio.create_task(journal.write(lambda run=run: insert(store, run))) for run in ("b", "c")]
        await asyncio.sleep(0.01)
        journal.free.set()
        assert await asyncio.gather(first, *others) == ["a", "b", "c"]
        assert journal.together == [1, 2]
        await journal.settled()


async def test_what_goes_wrong_is_told_to_all_of_one_transaction_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    def fail() -> None:
        raise StateError("The store could not be written: disk is full.")

    with Store(tmp_path) as store:
        journal = GroupCommit(store)
        found = await asyncio.gather(
            journal.write(lambda: insert(store, "a")), journal.write(fail), return_exceptions=True
        )
        assert [type(each) for each in found] == [StateError, StateError]
        assert runs(tmp_path) == set()
        assert await journal.write(lambda: insert(store, "b")) == "b", "the next one may go well"
        await journal.settled()


async def test_who_is_stopped_leaves_a_write_that_ends_by_itself(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        journal = GroupCommit(store)
        writing = asyncio.create_task(journal.write(lambda: insert(store, "a")))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        await journal.settled()
        assert runs(tmp_path) == {"a"}
