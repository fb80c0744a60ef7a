"""Home: the syncs, what is healthy, what failed and why, what runs now. 80 columns show the chosen sync below the list;
160 give it a column of its own and add what happened today.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from tui.daemon import missing_daemon
from tui.drawing import Line, Span, line
from tui.live import live_lines
from tui.messages import Refused, Snapshot
from tui.screens.base import Page
from tui.screens.home_rows import ORDERS, TODAY, columns_of, in_order, past_rows, sync_row, tally
from tui.screens.home_states import broken_lines, nothing_yet
from tui.screens.marked_syncs import MarkedSyncs
from tui.screens.summary import problem_lines, sync_lines
from tui.widgets.pane import Pane
from tui.widgets.sheet import Sheet
from tui.widgets.table import Table

if TYPE_CHECKING:
    from core.reports.history import SyncStatus

__all__ = ["Home"]


class Home(Page):
    """All syncs."""

    scope = "home"
    tab = "Home"

    DEFAULT_CSS = """
    Home #syncs { height: auto; max-height: 60%; min-height: 3; }
    Home.-wide #syncs { max-height: 50%; }
    Home #detail { height: auto; max-height: 1fr; margin-top: 1; }
    Home #live { height: auto; max-height: 12; margin-top: 1; }
    Home #live Sheet { height: auto; }
    Home #today { height: 1fr; margin-top: 1; }
    Home.-flat #detail, Home.-flat #live { display: none; }
    Home.-flat #syncs { max-height: 100%; }
    Home.-empty #syncs { max-height: 100%; height: 1fr; }
    Home.-empty #live, Home.-empty #today, Home.-empty #detail { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.table = Table(id="syncs")
        self.marks = MarkedSyncs(self, lambda: self.table)
        self.parts = (self.marks,)
        self._below = Sheet(id="detail", classes="narrow", focusable=False)
        self._beside = Sheet(id="aside")
        self._fields: dict[tuple[str, str], Sequence[Mapping[str, Any]]] = {}
        self._fields_of = ""
        self._order = "urgency"

    def body(self) -> ComposeResult:
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield self.table
                yield self._below
                with Pane(title="Live", id="live"):
                    yield Sheet(id="running")
                with Pane(title="Today", id="today", classes="wide"):
                    yield Table(TODAY, id="past")
            with Vertical(id="right"):
                yield self._beside

    def on_mount(self) -> None:
        super().on_mount()
        self.table.focus()

    def hints(self) -> Iterable[str]:
        if self.has_class("-empty"):
            return ("home.new", "global.sources", "global.quit")
        if self.marks.names:
            return ("home.mark", "home.mark_all", "home.run", "home.pause", "list.filter", "global.back")
        running = "home.stop" if self.status and self.status.state == "running" else "home.run"
        return (
            "home.open",
            running,
            "home.sync",
            "home.pause",
            "home.edit",
            "home.new",
            "list.filter",
            "home.sort",
            "home.mark",
            "home.plan",
            "home.settings",
            "home.rejected",
            "home.replay",
            "global.export",
            "global.jump",
        )

    def word(self, name: str, word: str) -> str:
        if self.marks.names:
            return self.marks.word(name, word)
        if name == "pause" and self.status is not None and not self.status.enabled:
            return "resume"
        return word

    def why_not(self, name: str) -> str:
        status = self.status
        if self.marks.names and name in ("run", "pause", "mark", "mark_all"):
            return ""
        if name in ("new", "open") and status is None:
            return "" if name == "new" else "there is no sync"
        if status is None:
            return "no sync is chosen"
        running = status.state == "running" or status.sync in self.bridge.running.syncs
        if name in ("run", "replay") and running:
            return "it is running"
        if name == "stop" and not running:
            return "it is not running"
        if name in ("rejected", "replay") and not status.rejected_open:
            return "no rejected rows"
        return ""

    # what is shown

    @property
    def status(self) -> SyncStatus | None:
        """Return the chosen sync."""
        return self.snapshot.status(self.table.key)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        table = self.table
        now = time.time()
        wide = self.wide
        self.marks.names &= {status.sync for status in snapshot.statuses}
        rows = [
            sync_row(status, now, wide=wide, marked=status.sync in self.marks.names if self.marks.names else None)
            for status in in_order(snapshot.statuses, self._order)
        ]
        table.show(rows, columns_of(self._order, wide=wide, marked=bool(self.marks.names)))
        self._show_state(table, snapshot)
        self.query_one("#past", Table).show(past_rows(snapshot.runs, now))
        self.query_one("#today", Pane).heading.show(right=tally(snapshot.runs, now))
        live = self.query_one("#live", Pane)
        live.display = bool(snapshot.live)
        live.heading.show(right=(Span(f"{len(snapshot.live)} run{'s' * (len(snapshot.live) != 1)}", "muted"),))
        self._show_running(snapshot)
        self._show_detail()
        self.refresh_bars()

    def _show_state(self, table: Table, snapshot: Snapshot) -> None:
        """Show the state of the whole: failing, loading, empty or full; files that are broken are named."""
        notice = problem_lines(snapshot) if snapshot.problem else []
        notice += broken_lines(snapshot)
        if not snapshot.problem:
            notice += missing_daemon(snapshot, self.console.keys.shown("global.daemon"))
        self.set_class(not snapshot.statuses and not snapshot.problem and bool(snapshot.at), "-empty")
        if snapshot.problem:
            table.set_state("failing", notice)
        elif not snapshot.at:
            table.set_state("empty", [] if self.console.empty else [line(("reading the project …", "muted"))])
        elif not snapshot.statuses:
            table.set_state("empty", [*notice, *nothing_yet(snapshot, self.console.keys)])
        else:
            table.set_state("full", notice)

    def _show_running(self, snapshot: Snapshot) -> None:
        room = 11
        self.query_one("#running", Sheet).show(
            lambda width: live_lines(
                snapshot.live, width, time.time(), brief=not self.wide or 2 * len(snapshot.live) > room
            )
        )

    def _show_detail(self) -> None:
        if self.status is not None:
            self.console.current_sync = self.status.sync
        self._below.show(partial(self._describe, wide=False))
        self._beside.show(partial(self._describe, wide=True))
        if self.status is not None and self.status.sync != self._fields_of:
            self._fields_of = self.status.sync
            self.attempt(self._read_fields, group="fields", exclusive=True)

    def _describe(self, width: int, *, wide: bool) -> list[Line]:
        status, project = self.status, self.snapshot.project
        if status is None:
            return []
        sync = project.syncs.get(status.sync) if project else None
        fields = self._fields.get((sync.name, sync.query)) if sync else None
        return sync_lines(status, project, self.console.keys, width, wide=wide, fields=fields)

    async def _read_fields(self) -> None:
        """Ask where the columns of the chosen sync go, once the cursor rests."""
        await asyncio.sleep(0.4)
        project = self.snapshot.project
        sync = project.syncs.get(self.table.key or "") if project and self.wide else None
        if sync is not None and (sync.name, sync.query) not in self._fields:
            try:
                found = (await self.bridge.ask("lint", sync=sync.name, text=sync.query))["fields"] or []
            except Refused:  # what is wrong is told where the project's state is
                found = []
            self._fields[sync.name, sync.query] = found
            self._show_detail()

    def tick(self) -> None:
        self.show_now()

    def on_table_highlighted(self, message: Table.Highlighted) -> None:
        if message.table.id == "syncs":
            self._show_detail()
            self.refresh_bars()

    def on_table_chosen(self, message: Table.Chosen) -> None:
        self.do_open()

    def on_resize(self) -> None:
        if self.is_mounted:
            self.show_now()

    def summary(self) -> list[str]:
        from tui.screens.sentences import of_home

        snapshot = self.snapshot
        shown = in_order(snapshot.statuses, self._order)
        return of_home(snapshot.project, shown, len(snapshot.live), snapshot.problem, time.time())

    # what is done

    def choose(self, sync: str) -> None:
        """Choose a sync by its name; a filter that hides it is taken away."""
        self.table.choose(sync)
        if self.table.key != sync:
            self.table.filter("")
            self.table.choose(sync)

    def _chosen(self, name: str = "") -> str | None:
        """Return the sync that is named, or the chosen one."""
        return name or (self.status.sync if self.status else None)

    def do_open(self, sync: str = "") -> None:
        """Open the last run of the sync; its query where it never ran. In the list of today, the chosen run."""
        from tui.screens.run import RunPage

        focused = self.focused
        if isinstance(focused, Table) and focused.id == "past" and focused.key and not sync:
            self.console.push_screen(RunPage(focused.key))
            return
        name = self._chosen(sync)
        status = self.snapshot.status(name)
        if status is not None and status.last_run:
            self.console.push_screen(RunPage(status.last_run))
        elif name:
            self.console.open_editor(name)

    def do_sync(self, sync: str = "") -> None:
        """Open the page of the sync."""
        name = self._chosen(sync)
        if name:
            self.console.open_sync(name)

    def do_back(self) -> None:
        """Take all marks away."""
        self.marks.clear()

    def do_sort(self) -> None:
        """Sort by the next thing."""
        names = list(ORDERS)
        self._order = names[(names.index(self._order) + 1) % len(names)]
        self.show_now()
        self.console.tell(f"Sorted by {self._order}.", "muted")

    async def do_run(self, sync: str = "") -> None:
        """Start a run, or one of each that is marked."""
        if self.marks.names and not sync:
            await self.marks.run()
            return
        name = self._chosen(sync)
        if name:
            await self.console.send(name)

    async def do_stop(self, sync: str = "") -> None:
        """Stop the run of the sync."""
        status = self.snapshot.status(self._chosen(sync))
        if status is not None and status.last_run:
            await self.console.stop_run(status.last_run, status.sync)

    async def do_pause(self, sync: str = "") -> None:
        """Switch the schedule off or on: of the sync, or of all that are marked."""
        if self.marks.names and not sync:
            await self.marks.pause()
            return
        name = self._chosen(sync)
        if name:
            await self.console.switch(name)

    def do_edit(self, sync: str = "") -> None:
        """Open the query."""
        name = self._chosen(sync)
        if name:
            self.console.open_editor(name)

    def do_plan(self, sync: str = "") -> None:
        """Show what would be sent."""
        from tui.screens.plan import PlanPage

        name = self._chosen(sync)
        if name:
            self.console.push_screen(PlanPage(name))

    def do_new(self) -> None:
        """Make a new sync; connect a source first, where there is none."""
        from tui.screens.new_sync import NewSync
        from tui.screens.wizard import WizardPage

        project = self.snapshot.project
        first = project is not None and not project.sources
        self.console.push_screen(WizardPage("source") if first else NewSync())

    def do_settings(self, sync: str = "") -> None:
        """Change the settings."""
        from tui.screens.settings import SettingsPage

        name = self._chosen(sync)
        if name:
            self.console.push_screen(SettingsPage(name))

    def do_rejected(self, sync: str = "") -> None:
        """Show the refused rows of the sync."""
        from tui.screens.run import RunPage

        status = self.snapshot.status(self._chosen(sync))
        if status is not None and status.last_run:
            self.console.push_screen(RunPage(status.last_run, rejected_of=status.sync))

    async def do_replay(self, sync: str = "") -> None:
        """Send the refused rows again."""
        status = self.snapshot.status(self._chosen(sync))
        if status is not None:
            await self.console.replay_all(status)

    def do_explain(self, key: str = "") -> None:
        """Tell the life of one key."""
        from tui.screens.life import ask_for_key

        name = self._chosen()
        if name:
            ask_for_key(self, name, key)
