"""What is asked about the daemon: whether to begin one in the background, or to end the one that runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tui.daemon import daemon_sentences
from tui.messages import Refused
from tui.screens.dialogs import Confirm

if TYPE_CHECKING:
    from tui.console_api import ConsoleApi

__all__ = ["ask_about_daemon"]

_STAYS = "It outlives this console and this login. `backhaul daemon install` creates a service that starts with this machine."
_ENDS = "Runs stop after the batches in flight, and continue when a daemon starts again."


async def ask_about_daemon(console: ConsoleApi) -> None:
    """Show what the daemon is at, and begin or end it where that is wanted."""
    snapshot = console.bridge.snapshot
    said = "\n".join(daemon_sentences(snapshot, time.time()))
    if snapshot.daemon is not None and snapshot.daemon.state != "gone":
        if await console.push_screen_wait(Confirm("End the daemon?", f"{said}\n\n{_ENDS}", yes="End it")):
            ended = await console.bridge.end_daemon()
            console.tell(
                "The daemon ends after the batches in flight." if ended else "It runs on another host.", "warn"
            )
        return
    if await console.push_screen_wait(Confirm("Start the daemon?", f"{said}\n\n{_STAYS}", yes="Start")):
        console.tell("The daemon is starting …", "run")
        try:
            process = await console.bridge.begin_daemon()
        except Refused as error:
            console.tell(f"{error.message} {error.remedy}".strip(), "fail")
        else:
            console.tell(f"The daemon runs (process {process}).", "ok")
