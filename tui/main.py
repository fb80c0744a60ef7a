"""The entry point `backhaul`: no argument opens the console, anything else is a command of core.cli.

The console needs a terminal that can move its cursor; where there is none (a pipe, TERM=dumb) a sentence points to the
commands. It opens on the project of this folder, or on the welcome where there is none.

With a run's libraries, Python needs 0.2 seconds for its own end, a fifth of a small run: it looks for garbage three times, and
takes its modules down one by one. All that matters is done before that, so `program` leaves there.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys

from core.core_dumps import switch_off_core_dumps
from core.streams import prepare_streams

__all__ = ["main", "open_console", "program"]


def program() -> int:
    """Do what `backhaul` does, as a process of its own that ends with it; return the exit code."""
    codes: list[int] = []
    # before any library registers what it has to do: what was registered first is called last
    atexit.register(_leave, codes)
    codes.append(main())
    return codes[0]


def _leave(codes: list[int]) -> None:
    """End the process, where it came to its end: threads were waited for, and libraries have done what they registered."""
    if not codes:
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # whoever read it has gone: Python has its own way to end then
        return
    os._exit(codes[0])


def main() -> int:
    """Open the console or run a command (the shell's question for completions is one, too); give the exit code."""
    prepare_streams()
    switch_off_core_dumps()
    # NumPy starts a thread for each core else, and it is not used for that
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    words = sys.argv[1:]
    if not words and "_BACKHAUL_COMPLETE" not in os.environ:
        return open_console()
    from core.cli import main as command

    code = command(words)
    if code == 0 and (folder := _demo_to_open(words)) is not None and not _why_not():
        return open_console(folder)
    return code


def _demo_to_open(words: list[str]) -> str | None:
    """Return the folder that `backhaul demo [DIR]` has made for the console to open; None for any other command."""
    if words[:1] != ["demo"] or any(word.startswith("-") for word in words):
        return None
    return words[1] if len(words) > 1 else "backhaul-demo"


def open_console(folder: str = "") -> int:
    """Open the console on the project of a folder (of this one, where none is named); give the exit code."""
    reason = _why_not()
    if reason:
        sys.stderr.write(f"{reason} `backhaul --help` lists the commands; `backhaul status` shows the syncs.\n")
        return 2
    gc.disable()  # until all pages are imported (tui.app): looking for garbage took a seventh of the time up to the first picture
    from pathlib import Path

    from core.project_root import find
    from tui.app import Console

    start = Path(folder or Path.cwd()).absolute()
    found = find(start)
    console = Console(found or start, empty=found is None, note=_write_utf_8())
    result = console.run()
    return result if isinstance(result, int) else 1


def _write_utf_8() -> str:
    """Have the terminal's stream take every sign; return a word of warning where the locale has another encoding."""
    stream = sys.__stderr__
    if stream is None or stream.encoding.lower().replace("-", "") == "utf8":
        return ""
    encoding = stream.encoding
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="utf-8")
    return (
        f"The locale says {encoding}; the console writes UTF-8. If characters look wrong, start it with LC_ALL=C.UTF-8."
    )


def _why_not() -> str:
    """Say why there can be no console here; nothing where there can be one."""
    if os.environ.get("TEXTUAL_DRIVER") == "textual.drivers.web_driver:WebDriver":
        return ""  # `backhaul web` shows it in a browser
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return "The console needs a terminal."
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown", ""):
        return "The console needs a terminal that can move its cursor; TERM says that this one cannot."
    return ""


if __name__ == "__main__":
    sys.exit(program())
