"""The standard streams of a process, made fit to be written to whatever they are: for commands, daemon and console alike.

A stream may be closed (`>&-`), and then the first file that is opened gets its number: what a library prints would end in a database. And
it may have an encoding without the signs that are printed, Latin-1 or another, or a text may hold what no encoding has: half of a
surrogate pair, which a file's name that is no UTF-8 comes with. Such a sign is written as an escape.
"""

from __future__ import annotations

import io
import os
import sys

__all__ = ["prepare_streams"]

_NAMES = ("stdin", "stdout", "stderr")


def prepare_streams() -> None:
    """Open the standard streams that are closed on nothing, and have the others take every text."""
    for number, name in enumerate(_NAMES):
        if getattr(sys, name) is None:
            _open_on_nothing(number, name)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _open_on_nothing(number: int, name: str) -> None:
    """Open a stream that Python found closed when it started; its number may belong to another file by now."""
    try:
        os.fstat(number)
    except OSError:
        nothing = os.open(os.devnull, os.O_RDWR)
        if nothing != number:
            os.dup2(nothing, number)
            os.close(nothing)
    setattr(sys, name, open(os.devnull, "r" if number == 0 else "w", encoding="utf-8"))  # noqa: PTH123, SIM115 -- it stays open
