"""Several syncs at once, at home: they are marked, then paused, resumed or run together, after a question that says how many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from core.formatting import counted
from tui.screens.base import Page
from tui.widgets.table import Table

if TYPE_CHECKING:
    from core.reports.history import SyncStatus

__all__ = ["MarkedSyncs"]

_NAMED = 8


class MarkedSyncs:
    """The marks of home's list, and what is done to all that are marked. `names` are those of the syncs."""

    def __init__(self, page: Page, table: Callable[[], Table]) -> None:
        self._page = page
        self._table = table
        self.names: set[str] = set()

    def do_mark(self, sync: str = "") -> None:
        """Mark the chosen sync, or take its mark away; the next one is chosen."""
        key = sync or self._table().key
        if key is None:
            return
        self.names ^= {key}
        if not sync:
            self._table().move(1)
        self._page.show_now()

    def do_mark_all(self) -> None:
        """Mark all syncs that are shown; where all are, none."""
        shown = {row.key for row in self._table().shown}
        self.names = self.names - shown if shown <= self.names else self.names | shown
        self._page.show_now()

    def clear(self) -> None:
        """Take all marks away."""
        self.names = set()
        self._page.show_now()

    def word(self, name: str, word: str) -> str:
        """Return the footer's word for an action on all that are marked."""
        if name in ("run", "pause"):
            return f"{self._pause_or_resume() if name == 'pause' else 'run'} {len(self.names)}"
        if name == "mark_all":
            return "mark all, or none"
        return "no marks" if name == "back" else word

    def _marked(self) -> list[SyncStatus]:
        return [status for status in self._page.snapshot.statuses if status.sync in self.names]

    def _pause_or_resume(self) -> str:
        """Pause where one of them is on; resume where all are off."""
        return "pause" if any(status.enabled for status in self._marked()) else "resume"

    async def pause(self) -> None:
        """Pause those that are marked and on; where all are off, resume them."""
        word = self._pause_or_resume()
        wanted = [status for status in self._marked() if status.enabled is (word == "pause")]
        left = len(self.names) - len(wanted)
        text = (
            "No run is started by their schedules until they are resumed."
            if word == "pause"
            else "Their schedules start runs again."
        )
        note = f" {counted(left, 'marked sync')} {'is' if left == 1 else 'are'} paused already." if left else ""
        if await self._confirmed(word, wanted, text + note):
            for status in wanted:
                await self._page.console.switch(status.sync)
            self.clear()

    async def run(self) -> None:
        """Run those that are marked and do not run."""
        idle = [
            status
            for status in self._marked()
            if status.state != "running" and status.sync not in self._page.bridge.running.syncs
        ]
        wanted = [status for status in idle if not self._page.console.shows_plan_first(status)]
        running, first = len(self.names) - len(idle), [status.sync for status in idle if status not in wanted]
        note = f" {counted(running, 'marked sync')} {'runs' if running == 1 else 'run'} already." if running else ""
        if first:
            key = self._page.console.keys.shown("home.run")
            note += f" Not among them: {', '.join(first[:_NAMED])}. {key} on each by itself shows its plan first."
        if not wanted:
            self._page.console.tell(f"run: not now.{note}", "muted")
        elif await self._confirmed("run", wanted, f"Each queries its warehouse and sends what changed.{note}"):
            await self._page.console.start_runs([status.sync for status in wanted])
            self.clear()

    async def _confirmed(self, word: str, wanted: Sequence[SyncStatus], text: str) -> bool:
        """Ask, with how many they are and their names."""
        from tui.screens.dialogs import Confirm

        names = [status.sync for status in wanted]
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        many = counted(len(names), "sync")
        question = Confirm(
            f"{word.capitalize()} {many}",
            f"{', '.join(names[:_NAMED])}{more}. {text}",
            yes=f"{word.capitalize()} {many}",
        )
        return bool(await self._page.console.push_screen_wait(question))
