"""Home: the syncs, what is healthy, what failed and why, what runs now. 80 columns show the chosen sync below the list;
160 give it a column of its own and add what happened today.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from core.words import ago, clock, took, until
from tui.drawing import Line, Span, line
from tui.live import live_lines
from tui.messages import Snapshot
from tui.screens.base import Page
from tui.screens.summary import problem_lines, sync_lines, what_happened
from tui.signs import history, sign, state
from tui.widgets.pane import Pane
from tui.widgets.sheet import Sheet
from tui.widgets.table import Column, Row, Table

if TYPE_CHECKING:
    from core.sync.history import RunSummary, SyncStatus

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
        self._below = Sheet(id="detail", classes="narrow", focusable=False)
        self._beside = Sheet(id="aside")

    def body(self) -> ComposeResult:
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield self.table
                yield self._below
                with Pane(title="Live", id="live"):
                    yield Sheet(id="running", focusable=False)
                with Pane(title="Today", id="today", classes="wide"):
                    yield Table(_TODAY, id="past")
            with Vertical(id="right"):
                yield self._beside

    def on_mount(self) -> None:
        super().on_mount()
        self.table.focus()

    def hints(self) -> Iterable[str]:
        if self.has_class("-empty"):
            return ("home.new", "global.sources", "global.quit")
        running = "home.stop" if self.status and self.status.state == "running" else "home.run"
        return (
            "home.open",
            running,
            "home.pause",
            "home.edit",
            "home.new",
            "list.filter",
            "home.plan",
            "home.settings",
            "home.rejected",
            "home.replay",
            "global.export",
            "global.jump",
        )

    def word(self, name: str, word: str) -> str:
        if name == "pause" and self.status is not None and not self.status.enabled:
            return "resume"
        return word

    def why_not(self, name: str) -> str:
        status = self.status
        if name in ("new", "open") and status is None:
            return "" if name == "new" else "there is no sync"
        if status is None:
            return "no sync is chosen"
        running = status.state == "running" or status.sync in self.bridge.starting
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
        """Give the chosen sync."""
        return self.snapshot.status(self.table.key)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        table = self.table
        now = time.time()
        wide = self.wide
        shown = sorted(snapshot.statuses, key=_urgency)
        table.show([_row(status, now, wide=wide) for status in shown], _WIDE if wide else _NARROW)
        self._show_state(table, snapshot)
        self.query_one("#past", Table).show(_past(snapshot.runs, now))
        self.query_one("#today", Pane).heading.show(right=_tally(snapshot.runs, now))
        live = self.query_one("#live", Pane)
        live.display = bool(snapshot.live)
        live.heading.show(right=(Span(f"{len(snapshot.live)} run{'s' * (len(snapshot.live) != 1)}", "muted"),))
        self._show_running(snapshot)
        self._show_detail()
        self.refresh_bars()

    def _show_state(self, table: Table, snapshot: Snapshot) -> None:
        """Show the state of the whole: failing, loading, empty or full; files that are broken are named."""
        notice: list[Line] = []
        if snapshot.problem:
            notice = problem_lines(snapshot)
        for file, error in snapshot.project.broken.items() if snapshot.project else ():
            name = "/".join(file.parts[-2:])
            notice.append(
                line(
                    Span("✗ ", "fail"),
                    Span(name, "bold text"),
                    f"  {getattr(error, 'message', error)}",
                    right=(("not used until it is mended", "muted"),),
                )
            )
        if notice and not snapshot.problem:
            notice.append(Line())
        self.set_class(not snapshot.statuses and not snapshot.problem and bool(snapshot.at), "-empty")
        if snapshot.problem:
            table.set_state("failing", notice)
        elif not snapshot.at:
            table.set_state("empty", [] if self.console.empty else [line(("reading the project …", "muted"))])
        elif not snapshot.statuses:
            table.set_state("empty", [*notice, *self._nothing_yet(snapshot)])
        else:
            table.set_state("full", notice)

    def _nothing_yet(self, snapshot: Snapshot) -> list[Line]:
        keys = self.console.keys
        if snapshot.project is not None and not snapshot.project.sources:
            return [
                line("No source yet: a source is the warehouse that rows come from."),
                Line(),
                line(Span(keys.shown("global.sources"), "bold text"), ("  connect one", "muted")),
            ]
        return [
            line("No sync yet: a sync is a query, and where its rows go."),
            Line(),
            line(Span(keys.shown("home.new"), "bold text"), ("  make one", "muted")),
        ]

    def _show_running(self, snapshot: Snapshot) -> None:
        self.query_one("#running", Sheet).show(
            lambda width: live_lines(snapshot.live[:3], width, time.time(), brief=not self.wide)
        )

    def _show_detail(self) -> None:
        if self.status is not None:
            self.console.current_sync = self.status.sync
        self._below.show(partial(self._describe, wide=False))
        self._beside.show(partial(self._describe, wide=True))

    def _describe(self, width: int, *, wide: bool) -> list[Line]:
        status = self.status
        return sync_lines(status, self.snapshot.project, self.console.keys, width, wide=wide) if status else []

    def tick(self) -> None:
        self.show_snapshot(self.snapshot)

    def on_table_highlighted(self, message: Table.Highlighted) -> None:
        if message.table.id == "syncs":
            self._show_detail()
            self.refresh_bars()

    def on_table_chosen(self, message: Table.Chosen) -> None:
        self.do_open()

    def on_resize(self) -> None:
        if self.is_mounted:
            self.show_snapshot(self.snapshot)

    # what is done

    def _chosen(self, name: str = "") -> str | None:
        """Give the sync that is named, or the chosen one."""
        if name:
            if self.snapshot.status(name) is None:
                known = ", ".join(status.sync for status in self.snapshot.statuses)
                self.console.tell(f"There is no sync {name}. There are: {known}.", "fail")
                return None
            return name
        return self.status.sync if self.status else None

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

    async def do_run(self, sync: str = "") -> None:
        """Start a run."""
        name = self._chosen(sync)
        if name:
            await self.console.start_run(name)

    async def do_stop(self, sync: str = "") -> None:
        """Stop the run of the sync."""
        status = self.snapshot.status(self._chosen(sync))
        if status is not None and status.last_run:
            await self.console.stop_run(status.last_run, status.sync)

    async def do_pause(self, sync: str = "") -> None:
        """Switch the schedule off or on."""
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
        """Make a new sync."""
        from tui.screens.settings import NewSync

        self.console.push_screen(NewSync())

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
        name = self._chosen(sync)
        if name:
            await self.console.replay(name)

    def do_explain(self, key: str = "") -> None:
        """Tell the life of one key."""
        from tui.screens.life import ask_for_key

        name = self._chosen()
        if name:
            ask_for_key(self, name, key)


_NARROW = (
    Column(head="State", width=9),
    Column(head="Sync", share=1, least=12, most=46, main=True),
    Column(head="Last", width=4, right=True, rank=3),
    Column(head="Sent", right=True, least=6, rank=5),
    Column(head="Rejected", right=True, rank=6),
    Column(head="Next", width=7, right=True, rank=4, most=12),
    Column(head="Last 7", width=7, rank=2),
)
_WIDE = (
    Column(head="State", width=9),
    Column(head="Sync", share=1, least=14, most=60, main=True),
    Column(head="Call", width=8, rank=1),
    Column(head="Last", width=4, right=True, rank=3),
    Column(head="Took", width=6, right=True, rank=1),
    Column(head="Sent", right=True, least=7, rank=5),
    Column(head="Rej.", right=True, least=4, rank=6),
    Column(head="Next", width=7, right=True, rank=4),
    Column(head="Last 11", width=11, rank=2),
)
_TODAY = (
    Column(head="", width=1),
    Column(head="Ended", width=5),
    Column(head="Sync", least=12, most=28, main=True),
    Column(head="What happened", share=1, least=10, most=80),
    Column(head="Sent", right=True, least=7),
    Column(head="Took", right=True, least=6),
)


def _urgency(status: SyncStatus) -> int:
    """Say where a sync stands: what failed first, what is off last. One that runs stays where its last run put it."""
    states = status.last_states[1:] if status.state == "running" else status.last_states
    if not status.enabled and status.state != "running":
        return 3
    return {"failed": 0, "stopped": 1, "partial": 1}.get(states[0] if states else "", 2)


def _row(status: SyncStatus, now: float, *, wide: bool) -> Row:
    """Lay a sync out as a row."""
    running = status.state == "running"
    quiet = not status.enabled and not running
    normal = "muted" if quiet else "text"
    destinations = ", ".join(status.destinations) or "preview only"
    cells: list[tuple[Span, ...] | Span] = [
        _state(status),
        (Span(status.sync, normal), Span(" → ", "muted"), Span(destinations, normal)),
    ]
    if wide:
        cells.append(Span(status.call, "muted"))
    cells.append(Span("now" if running else ago(status.last_started, now) or "–", "text" if running else "muted"))
    if wide:
        cells.append(
            Span(took(now - status.last_started if running and status.last_started else status.last_seconds), "muted")
        )
    cells += [
        Span(f"{status.acknowledged:,}", "muted" if not status.acknowledged or quiet else "text"),
        _rejected(status),
        Span(_next(status, now), "muted" if quiet or status.due is None else "text"),
        history(("running", *status.last_states[1:]) if running else status.last_states, 11 if wide else 7),
    ]
    return Row(status.sync, tuple(cells))


def _state(status: SyncStatus) -> tuple[Span, ...]:
    progress = status.progress
    if status.state == "running" and progress is not None:
        calls = sum(each.calls for each in progress.destinations)
        done = sum(each.acknowledged + each.rejected for each in progress.destinations)
        word = f"{done / calls:.0%}" if progress.phase == "deliver" and calls else progress.phase
        return sign("running"), Span(f" {word}", "run")
    if not status.enabled and status.state in ("succeeded", "never run", "disabled"):
        return state("paused")
    return state(status.state)


def _rejected(status: SyncStatus) -> Span:
    if not status.rejected_open:
        return Span("0", "muted")
    return Span(f"{status.rejected_open:,}", "fail" if status.state == "failed" else "warn")


def _next(status: SyncStatus, now: float) -> str:
    if not status.enabled:
        return "paused"
    if status.due is None:
        return "by hand"
    return until(status.due, now).removesuffix(" " + clock(status.due, status.due))


def _past(runs: Sequence[RunSummary], now: float) -> list[Row]:
    """Lay out the runs that ended today."""
    rows = []
    for run in runs:
        if run.state == "running" or not _is_today(run.ended or run.started, now):
            continue
        what = what_happened(run)
        rows.append(
            Row(
                run.id,
                (
                    sign(run.state),
                    Span(clock(run.ended, now)[-5:], "muted"),
                    Span(_route(run)),
                    Span(what, "muted" if run.state == "succeeded" else "text"),
                    Span(f"{run.acknowledged:,}", "text" if run.acknowledged else "muted"),
                    Span(took((run.ended or now) - run.started), "muted"),
                ),
            )
        )
    return rows


def _route(run: RunSummary) -> str:
    names = sorted({str(each["destination"]) for each in run.deliveries})
    return f"{run.name} → {', '.join(names)}" if names else run.name


def _is_today(moment: float, now: float) -> bool:
    return time.localtime(moment)[:3] == time.localtime(now)[:3]


def _tally(runs: Sequence[RunSummary], now: float) -> tuple[Span, ...]:
    """Count today's runs by how they ended."""
    states = [run.state for run in runs if run.state != "running" and _is_today(run.ended or run.started, now)]
    if not states:
        return (Span("no run yet", "muted"),)
    parts = [Span(f"{len(states)} run{'s' * (len(states) != 1)}", "muted")]
    groups = (("succeeded", ("succeeded",)), ("partial", ("partial", "stopped", "skipped")), ("failed", ("failed",)))
    for shown, kinds in groups:
        count = sum(1 for each in states if each in kinds)
        if count:
            mark = sign(shown)
            parts += [Span("   "), mark, Span(f" {count}", "text" if shown == "succeeded" else mark.style)]
    return tuple(parts)
