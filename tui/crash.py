"""What is written when the console crashes: where, without a single local variable, with secrets blacked out (core.redaction).

The report goes to `.backhaul/logs/console-<time>.log`, readable by its owner only; the terminal gets one sentence.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path

from rich.segment import Segment, Segments

from core.control_chars import escape_control_chars
from core.errors import StateError
from core.own_folder import make, open_plain
from core.redaction import blacked_out

__all__ = ["report", "spoken"]


def report(state: Path) -> Segments:
    """Write the report of the exception that is being handled; return the sentence for the terminal."""
    kind, error, trace = sys.exc_info()
    lines = [f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')}  {kind.__name__ if kind else 'no error'}"]
    lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(trace)]
    lines.append(f"{kind.__name__ if kind else ''}: {error}")
    text = escape_control_chars(blacked_out("\n".join(lines)), lines=True)
    place = state / "logs" / f"console-{time.strftime('%Y%m%d-%H%M%S')}.log"
    try:
        make(state, ("logs",))
        handle = open_plain(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        where = f"The report is in {escape_control_chars(place)}."
    except (OSError, StateError) as failed:
        reason = failed.message if isinstance(failed, StateError) else failed.strerror
        where = f"The report could not be written ({reason})."
    sentence = (
        f"The console has crashed ({kind.__name__ if kind else 'unknown'}). Runs continue, and nothing you typed is lost.\n"
        f"{where} It contains none of your data: please send it to us. `backhaul` opens the console again.\n"
    )
    return Segments([Segment(sentence)])


def spoken(said: str) -> str:
    """Return what a command printed on stderr as a sentence."""
    line = said.strip().splitlines()[-1] if said.strip() else ""
    try:
        document = json.loads(line)
        return blacked_out(f"{document['message']} {document['remedy']}".strip())
    except (ValueError, KeyError, TypeError):
        return blacked_out(line)
