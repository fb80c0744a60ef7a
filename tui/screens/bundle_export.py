"""Handing a run to a colleague: its bundle is written into a file that is asked for."""

from __future__ import annotations

from core.formatting import counted, size
from tui.screens.base import Actor
from tui.screens.dialogs import Ask

__all__ = ["bundle_run"]


async def bundle_run(page: Actor, run: str, path: str = "") -> None:
    """Write the bundle of a run, and say what is in it; without a path it is asked for. Raises Refused."""
    if not path:
        name = f"backhaul-run-{run}.zip"
        path = await page.console.push_screen_wait(Ask("Put this run, masked, into", name, note="a new file")) or ""
    if path:
        made = await page.bridge.ask("bundle", run=run, file=path)
        what = f"{counted(made['files'], 'file')}, {size(made['bytes'])}, {counted(made['masked'], 'value')} masked"
        page.console.tell(f"{what}: {made['file']}. Look through it before you hand it on.", "ok")
