"""Workers: each has a runner, a receiver and a folder of its own, and takes pieces of work until none is left."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from tests.faults.lab import Bench
from tests.faults.runner import Runner, scratch
from tests.servers.receiving import receiving

__all__ = ["bench", "shared"]

_Piece = TypeVar("_Piece")
_Done = TypeVar("_Done")


@contextlib.contextmanager
def bench(*, keep: bool = False, runner: type[Any] = Runner) -> Iterator[Bench]:
    """Return a bench; its folder goes afterwards, unless something in it is to be `keep`t."""
    folder = Path(tempfile.mkdtemp(prefix="backhaul-faults-", dir=scratch()))
    running = runner(folder / "runner")
    try:
        with receiving(folder / "receiver") as receiver:
            running.start()
            yield Bench(running, receiver, folder)
    finally:
        running.close()
        left = [path for path in folder.iterdir() if path.name.startswith("project-")]
        if keep and left:
            print(f"kept: {', '.join(map(str, left))}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def shared(
    work: Callable[[Bench, _Piece], _Done],
    pieces: Iterable[_Piece],
    jobs: int,
    *,
    keep: bool = False,
    runner: type[Any] = Runner,
) -> Iterator[_Done]:
    """Do the pieces on so many benches; yield what comes out, as it comes."""
    waiting = iter(pieces)
    turn = threading.Lock()
    done: list[_Done] = []
    news = threading.Condition()
    stopped = threading.Event()

    def take() -> None:
        with bench(keep=keep, runner=runner) as mine:
            while not stopped.is_set():
                with turn:
                    piece = next(waiting, None)
                if piece is None:
                    return
                result = work(mine, piece)
                with news:
                    done.append(result)
                    news.notify()

    def finished(_: object) -> None:
        with news:
            news.notify()

    with ThreadPoolExecutor(jobs) as threads:
        workers = [threads.submit(take) for _ in range(jobs)]
        for worker in workers:
            worker.add_done_callback(finished)
        try:
            while True:
                with news:
                    news.wait_for(lambda: done or all(worker.done() for worker in workers), timeout=600)
                    ready, done[:] = list(done), []
                yield from ready
                if not ready and all(worker.done() for worker in workers):
                    break
        finally:
            stopped.set()
    for worker in workers:
        worker.result()
