"""Reads a pasted key from the terminal, without showing it.

The terminal's own line editing is off meanwhile: it cuts lines at 4,096 characters, and a key on one line may be longer.
What was pasted behind the key's last line is thrown away; left there, the shell would take it for commands.
"""

from __future__ import annotations

import os
import re
import select
import sys

import click

from core.errors import UsageError
from core.keys import MOST_BYTES

__all__ = ["pasted"]

_LAST_LINE = re.compile(rb"END[A-Z0-9 ]{0,40} PRIVATE KEY[^\n]*\n|Private-MAC:[^\n]*\n")
_END_OF_JSON = re.compile(rb"\}\s*\n")
_END = b"\x04"
_QUIET_SECONDS = 0.15
"""How long nothing may come behind the last line until the paste is taken to be over."""


def pasted() -> bytes:
    """Read a key that is pasted: up to its last line, or until Ctrl-D. Raises UsageError where this terminal cannot hide it."""
    try:
        import termios
    except ImportError:
        raise UsageError(
            "This terminal cannot hide what is pasted.", remedy="Give the key's file, or `-` and a pipe."
        ) from None

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    hidden = [*before]
    hidden[3] &= ~(termios.ECHO | termios.ICANON)
    try:
        termios.tcsetattr(terminal, termios.TCSADRAIN, hidden)
        # said only now: what is pasted before the terminal hides it would be shown
        click.echo("Paste the private key; it is not shown. Ctrl-D ends it where it has no last line.", err=True)
        return _read(terminal)
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def _read(terminal: int) -> bytes:
    text = b""
    while len(text) <= MOST_BYTES:
        if not select.select([terminal], [], [], _QUIET_SECONDS)[0]:
            if _is_whole(text):
                break
            continue  # never waits for long: Python would not notice a Ctrl-C that came just before it began to wait
        part = os.read(terminal, 65_536)
        if not part:
            break
        text += part
        if _END in part:
            return text.partition(_END)[0]
    return text


def _is_whole(text: bytes) -> bool:
    """Return whether the key's last line was read; in JSON, the line that closes it."""
    last = _END_OF_JSON if text.lstrip().startswith(b"{") else _LAST_LINE
    return bool(last.search(text))
