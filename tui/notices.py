"""Notices of alerts that go to consoles: told in the console, and to the terminal around it, each once.

A terminal shows OSC 9 as a notification of the desktop, and rings for BEL; both get through to the terminal that is
attached, also from inside tmux and screen, where what is meant for it is wrapped. The Linux console would print an OSC.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.control_chars import escape_control_chars
from core.redaction import without_secrets

if TYPE_CHECKING:
    from tui.console_api import ConsoleApi
    from tui.messages import Notice

__all__ = ["sequence", "tell_notices"]

_MOST = 200
_SHOWN = 3


def tell_notices(console: ConsoleApi, notices: tuple[Notice, ...]) -> None:
    """Tell notices that are new: the last three of them, and how many more there are; ring once."""
    if not notices:
        return
    for notice in notices[-_SHOWN:]:
        console.tell(notice.text, "fail" if notice.trouble else "ok")
    more = len(notices) - _SHOWN
    if more > 0:
        key = console.keys.shown("global.alerts")
        console.tell(f"{more:,} more alerts were sent just now; {key} shows current problems.", "warn")
    text = notices[-1].text if len(notices) == 1 else f"{len(notices)} alerts: {notices[-1].text}"
    console.write_to_terminal(sequence(text, os.environ))


def sequence(text: str, environment: Mapping[str, str]) -> str:
    """Return what makes a terminal notify its person; `text` is made harmless here, whatever it holds."""
    # a semicolon would part the text into parameters: ConEmu reads OSC 9;4 as progress
    plain = escape_control_chars(without_secrets(text), most=_MOST).replace(";", ",")
    said = f"\x1b]9;Backhaul: {plain}\x07"
    terminal = environment.get("TERM", "")
    if environment.get("TMUX"):
        wrapped = said.replace("\x1b", "\x1b\x1b")
        said = f"\x1bPtmux;{wrapped}\x1b\\"
    elif terminal.startswith("screen"):
        said = f"\x1bP{said}\x1b\\"
    elif terminal.startswith("linux"):
        said = ""
    return f"{said}\x07"
