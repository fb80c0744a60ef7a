"""Copying, also over SSH: OSC 52 asks the terminal, and inside tmux its own buffer is filled, since tmux drops OSC 52."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from core.formatting import counted

if TYPE_CHECKING:
    from textual.app import App

__all__ = ["send"]

_MOST = 74_994
"""Many terminals drop an OSC 52 that is longer than 100,000 bytes, which base64 makes of this many."""


def send(app: App[Any], text: str) -> str:
    """Send a (harmless) text to the clipboard; return the sentence that says what was done."""
    what = counted(len(text), "character")
    tmux = shutil.which("tmux") if os.environ.get("TMUX") else None
    if tmux is not None:
        try:
            subprocess.run(  # noqa: S603 -- the terminal multiplexer that we run in
                [tmux, "load-buffer", "-w", "-"], input=text.encode(), timeout=2, check=True, capture_output=True
            )
        except (OSError, subprocess.SubprocessError):
            pass
        else:
            return f"{what} sent to tmux and the terminal; paste with tmux's key, or as usual."
    if len(text.encode()) > _MOST:
        return f"{what} are more than terminals take; `x` saves to a file. They can be pasted in this console."
    app.copy_to_clipboard(text)
    return f"{what} copied."
