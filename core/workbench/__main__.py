"""Starts the workbench: `python -P -m core.workbench FOLDER`.

The pipes to the console are taken out of the way of everybody else: what a library prints goes to stderr, and a command
that is asked for a secret reads no request.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from core.workbench.server import Workbench

_ENDS = (signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()))
_USAGE = "usage: python -P -m core.workbench FOLDER"


class _End(Exception):  # noqa: N818 -- a signal that asks for the end is no error
    """Someone wants the process to end."""


def main(words: list[str]) -> int:
    """Serve until stdin closes, or a signal asks for the end; return the exit code."""
    if len(words) != 1:
        sys.stderr.write(f"{_USAGE}\n")
        return 2
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C of the terminal is for the console
    for number in _ENDS:
        signal.signal(number, _end)
    with os.fdopen(requests, "rb") as lines, os.fdopen(answers, "wb") as out:
        workbench = Workbench(Path(words[0]).absolute(), out)
        with contextlib.suppress(_End):
            workbench.serve(lines)
        for number in _ENDS:
            signal.signal(number, signal.SIG_IGN)
        workbench.end()
        sys.stderr.flush()
        os._exit(0)  # a driver that still waits for its connection would hold the process up


def _end(_number: int, _frame: FrameType | None) -> None:
    raise _End


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
