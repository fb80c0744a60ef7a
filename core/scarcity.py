"""What a machine that has too little for us says, in one sentence: memory, open files, threads.

It says so in many ways, wherever it happens to run out: a library that cannot be loaded is an ImportError, a thread that cannot be started
a RuntimeError. So errors are looked at once, in the boundary of the commands.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator

from core.errors import BackhaulError

__all__ = ["scarcity"]

_UNLOADABLE = ("failed to map segment", "cannot allocate memory", "cannot create shared object descriptor")
_MEMORY = "There is not enough memory: {what}."
_MEMORY_REMEDY = "Free memory, or raise its limit (`ulimit -v`, MemoryMax of the service, the container's). 1 GB is enough for most syncs."


def scarcity(error: BaseException) -> BackhaulError | None:
    """Return an error of ours where this one, or one behind it, says that the machine has too little; None else."""
    return next((found for each in _chain(error) if (found := _of(each)) is not None), None)


def _of(error: BaseException) -> BackhaulError | None:
    text = str(error)
    if isinstance(error, ImportError) and any(mark in text.lower() for mark in _UNLOADABLE):
        what = f"the library {error.name or 'that is needed'} could not be loaded"
        return BackhaulError(_MEMORY.format(what=what), remedy=_MEMORY_REMEDY)
    if (
        isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryException"
    ):  # DuckDB's, which is not imported for that
        return BackhaulError(_MEMORY.format(what="the work was stopped"), remedy=_MEMORY_REMEDY)
    if isinstance(error, RuntimeError) and "can't start new thread" in text:
        return BackhaulError(
            "No thread could be started: this user has as many processes as it may have, or there is too little memory.",
            remedy="End some, or raise the limit (`ulimit -u`, TasksMax of the service, the container's pids limit).",
        )
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return BackhaulError(
            "Too many files are open: no other could be opened.",
            remedy="Raise the limit (`ulimit -n 1024`, LimitNOFILE of the service), or stop what keeps files open.",
        )
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return BackhaulError(_MEMORY.format(what="the system refused to give any"), remedy=_MEMORY_REMEDY)
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, those in it where it is a group, and those that it came from."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += each.exceptions if isinstance(each, BaseExceptionGroup) else ()
        waiting += [before for before in (each.__cause__, each.__context__) if before is not None]
