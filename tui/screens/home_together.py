"""Several syncs at once, at home: they are marked, then paused, resumed or run together, after a question that says how many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.formatting import counted
from tui.screens.base import Page
from tui.widgets.table import Table

if TYPE_CHECKING:
    from core.reports.history import SyncStatus

__all__ = ["Together"]

_NAMED = 8


class Together(Page):
    """The page with its marks. `marked` are the names of syncs."""

    table: Table

    def __init__(self) -> None:
        super().__init__()
        self.marked: set[str] = set()

    def do_mark(self, sync: str = "") -> None:
        """Mark the chosen sync, or take its mark away; the next one is chosen."""
        key = sync or self.table.key
        if key is None:
            return
        self.marked ^= {key}
        if not sync:
            self.table.move(1)
        self.show_now()

    def do_mark_all(self) -> None:
        """Mark all syncs that are shown; where all are, none."""
        shown = {row.key for row in self.table.shown}
        self.marked = self.marked - shown if shown <= self.marked else self.marked | shown
        self.show_now()

    def do_back(self) -> None:
        """Take all marks away."""
        self.marked = set()
        self.show_now()

    def word_of_marked(self, name: str, word: str) -> str:
        """Return the footer's word for an action on all that are marked."""
        if name in ("run", "pause"):
            return f"{self._pause_or_resume() if name == 'pause' else 'run'} {len(self.marked)}"
        if name == "mark_all":
            return "mark all, or none"
        return "no marks" if name == "back" else word

    def _marked(self) -> list[SyncStatus]:
        return [status for status in self.snapshot.statuses if status.sync in self.marked]

    def _pause_or_resume(self) -> str:
        """Pause where one of them is on; resume where all are off."""
        return "pause" if any(status.enabled for status in self._marked()) else "resume"

    async def pause_marked(self) -> None:
        """Pause those that are marked and on; where all are off, resume them."""
        word = self._pause_or_resume()
        wanted = [status for status in self._marked() if status.enabled is (word == "pause")]
        left = len(self.marked) - len(wanted)
        text = (
            "No run is started by their schedules until they are resumed."
            if word == "pause"
            else "Their schedules start runs again."
        )
        note = f" {counted(left, 'marked sync')} {'is' if left == 1 else 'are'} paused already." if left else ""
        if await self._confirmed(word, wanted, text + note):
            for status in wanted:
                await self.console.switch(status.sync)
            self.do_back()

    async def run_marked(self) -> None:
        """Run those that are marked and do not run."""
        idle = [
            status
            for status in self._marked()
            if status.state != "running" and status.sync not in self.bridge.running.syncs
        ]
        wanted = [status for status in idle if not self.console.shows_plan_first(status)]
        running, first = len(self.marked) - len(idle), [status.sync for status in idle if status not in wanted]
        note = f" {counted(running, 'marked sync')} {'runs' if running == 1 else 'run'} already." if running else ""
        if first:
            key = self.console.keys.shown("home.run")
            note += f" Not among them: {', '.join(first[:_NAMED])}. {key} on each by itself shows its plan first."
        if not wanted:
            self.console.tell(f"run: not now.{note}", "muted")
        elif await self._confirmed("run", wanted, f"Each queries its warehouse and sends what changed.{note}"):
            await self.console.start_runs([status.sync for status in wanted])
            self.do_back()

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
        return bool(await self.console.push_screen_wait(question))
