"""What can be done with a sync from its page. What sends or changes something is asked first, with its number; what only shows is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.reports.ledger_sizes import Known
from tui.screens.base import Page
from tui.screens.dialogs import Confirm
from tui.screens.sync.choices import Choice, choices

if TYPE_CHECKING:
    from core.reports.history import SyncStatus

__all__ = ["SyncActions"]


class SyncActions:
    """The actions on one sync, for the page that shows it. `ledgers` are what is known of its ledgers, as the page has read it."""

    def __init__(self, page: Page, sync: str) -> None:
        self._page = page
        self.sync = sync
        self.ledgers: Sequence[Known] = ()

    @property
    def status(self) -> SyncStatus | None:
        """Return how the sync stands."""
        return self._page.snapshot.status(self.sync)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Return what can be done now."""
        status, project = self.status, self._page.snapshot.project
        return choices(status, project.syncs.get(self.sync) if project else None, self.ledgers) if status else ()

    def choice(self, name: str) -> Choice | None:
        """Return the choice of an action."""
        return next((each for each in self.choices if each.name == name), None)

    def why_not(self, name: str) -> str:
        status = self.status
        if status is None:
            return "the sync is gone"
        if name in ("stop", "run") and self.choice(name) is None:
            return "it is not running" if name == "stop" else "it is running"
        if name == "run" and self.sync in self._page.bridge.running.syncs:
            return "it is starting"
        if name == "rejected" and not status.rejected_open:
            return "no rejected rows"
        if name == "last" and not status.last_run:
            return "it has not run yet"
        choice = self.choice(name)
        return choice.why_not if choice else ""

    async def _confirmed(self, name: str) -> bool:
        """Ask whether it is to be done; say what comes of it."""
        choice = self.choice(name)
        if choice is None:
            return False
        return bool(
            await self._page.console.push_screen_wait(Confirm(choice.asks, choice.consequence, yes=choice.word))
        )

    async def do_run(self) -> None:
        """Run it now."""
        status = self.status
        if status is None:
            return
        if self._page.console.shows_plan_first(status) or await self._confirmed("run"):
            await self._page.console.send(self.sync)

    async def do_stop(self) -> None:
        """Stop its run."""
        status = self.status
        if status is not None and status.last_run and await self._confirmed("stop"):
            await self._page.console.stop_run(status.last_run, self.sync)

    def do_from_zero(self) -> None:
        """Show what a run from zero would send."""
        from tui.screens.plan import PlanPage

        self._page.console.push_screen(PlanPage(self.sync, from_zero=True))

    def do_full_refresh(self) -> None:
        """Show what sending all its rows again would send."""
        from tui.screens.plan import PlanPage

        self._page.console.push_screen(PlanPage(self.sync, full_refresh=True))

    async def do_replay(self) -> None:
        """Send its rejected rows again."""
        if await self._confirmed("replay"):
            await self._page.console.replay(self.sync)

    async def do_pause(self) -> None:
        """Switch its schedule off or on."""
        if await self._confirmed("pause"):
            await self._page.console.switch(self.sync)

    def do_plan(self) -> None:
        """Show what it would send."""
        from tui.screens.plan import PlanPage

        self._page.console.push_screen(PlanPage(self.sync))

    def do_rejected(self) -> None:
        """Show its rejected rows."""
        from tui.screens.run import RunPage

        status = self.status
        if status is not None and status.last_run:
            self._page.console.push_screen(RunPage(status.last_run, rejected_of=self.sync))

    def do_last(self) -> None:
        """Open its last run."""
        from tui.screens.run import RunPage

        status = self.status
        if status is not None and status.last_run:
            self._page.console.push_screen(RunPage(status.last_run))

    def do_history(self) -> None:
        """List its runs."""
        from tui.screens.runs import Runs

        console, sync = self._page.console, self.sync
        console.show_tab("runs")
        if isinstance(console.screen, Runs):
            console.screen.do_one_sync(sync)

    def do_edit(self) -> None:
        """Open its query."""
        self._page.console.open_editor(self.sync)

    def do_settings(self) -> None:
        """Change its settings."""
        from tui.screens.settings import SettingsPage

        self._page.console.push_screen(SettingsPage(self.sync))
