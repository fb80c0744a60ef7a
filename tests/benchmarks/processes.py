"""Runs a program and says what it cost: seconds from its start to its end, those of a processor, its peak memory, and what it wrote to
the disk.

Memory, processor time and writes are as the operating system counted them when the program had ended. Linux counts as a program's peak at least what
the process held that started it, so this process stays small: nothing here imports a driver that it does not need.

No program outlives this one: each is killed when its time is up, and when a measurement is interrupted.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["LONGEST", "ROOT", "Cost", "cost_of", "cost_of_pipe", "ended", "running"]

ROOT = Path(__file__).parents[2]
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""Programs are compiled once, as installed ones are; a workplace may have it otherwise."""

LONGEST = 3600.0
"""Seconds after which a program is killed, whatever it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a program cost. `processor` is in seconds too, `memory` and `written` are in millions of bytes."""

    seconds: float
    processor: float
    memory: float
    written: float


def cost_of(words: Sequence[object], *, env: Mapping[str, str] | None = None, folder: Path = ROOT) -> Cost:
    """Run a program, its output thrown away. Raises RuntimeError where it fails."""
    began = time.monotonic()
    with running(words, env=env, folder=folder, stdout=subprocess.DEVNULL) as process:
        return ended(process, began)


def cost_of_pipe(words: Sequence[object], into: Sequence[object], *, env: Mapping[str, str] | None = None) -> Cost:
    """Run a program whose output another one reads; memory is that of the larger, and writes are both's."""
    began = time.monotonic()
    with (
        running(words, env=env, stdout=subprocess.PIPE) as first,
        running(into, stdin=first.stdout, stdout=subprocess.DEVNULL) as second,
    ):
        assert first.stdout is not None
        first.stdout.close()
        one, other = ended(first, began), ended(second, began)
    return Cost(
        seconds=max(one.seconds, other.seconds),
        processor=one.processor + other.processor,
        memory=max(one.memory, other.memory),
        written=one.written + other.written,
    )


@contextlib.contextmanager
def running(
    words: Sequence[object], *, env: Mapping[str, str] | None = None, folder: Path = ROOT, **streams: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program; it is killed where it still runs at the end, or when its time is up."""
    process = subprocess.Popen(
        list(map(str, words)), env={**os.environ, **COMPILED, **(env or {})}, cwd=folder, **streams
    )
    bell = threading.Timer(LONGEST, process.kill)
    bell.daemon = True
    bell.start()
    try:
        yield process
    finally:
        bell.cancel()
        if process.returncode is None:
            process.kill()
            process.wait()


def ended(process: subprocess.Popen[bytes], began: float) -> Cost:
    """Wait for a program's end and return its cost since `began` (time.monotonic). Raises RuntimeError where it failed."""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        assert isinstance(process.args, list)
        raise RuntimeError(f"{' '.join(process.args)[:300]} ended with {process.returncode}")
    return Cost(
        seconds=seconds,
        processor=usage.ru_utime + usage.ru_stime,
        memory=usage.ru_maxrss * 1024 / 1e6,
        written=usage.ru_oublock * 512 / 1e6,
    )
