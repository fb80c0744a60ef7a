"""Runs: those that go on, with phases, rate and time left; those that are past; the log of the chosen one."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from tui.drawing import Line, Span, line
from tui.live import as_many_lines
from tui.logs import read_log
from tui.messages import Snapshot
from tui.screens.base import Page
from tui.screens.dialogs import Ask, Choose
from tui.screens.runs_log import LEVEL_WORDS, LogPane
from tui.screens.runs_rows import COLUMNS, STATES, Wanted, how_many, read_runs, run_row
from tui.screens.sentences import of_runs
from tui.screens.summary import problem_lines
from tui.widgets.pane import Pane
from tui.widgets.sheet import Sheet
from tui.widgets.table import Row, Table

if TYPE_CHECKING:
    from core.reports.history import RunSummary

__all__ = ["Runs"]


class Runs(Page):
    """All runs."""

    scope = "runs"
    tab = "Runs"

    DEFAULT_CSS = """
    Runs #live { height: auto; max-height: 50%; margin-bottom: 1; }
    Runs #live Sheet { height: auto; }
    Runs #history { height: 1fr; }
    Runs #log { height: 8; margin-top: 1; }
    Runs.-tall #log { height: 14; }
    Runs.-flat #log, Runs.-flat #live { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.wanted = Wanted()
        self.shown: tuple[RunSummary, ...] = ()
        self.log_pane = LogPane()
        self._paused = False
        self._log_of: tuple[str, str] | None = None

    def body(self) -> ComposeResult:
        with Horizontal(id="body"), Vertical(id="left"):
            with Pane(title="Live", id="live"):
                yield Sheet(id="running")
            with Pane(title="Runs", id="history"):
                yield Table(COLUMNS, id="runs")
            yield self.log_pane

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#runs", Table).focus()

    def hints(self) -> Iterable[str]:
        return (
            "runs.open",
            "runs.pause",
            "runs.stop",
            "runs.run",
            "list.filter",
            "runs.states",
            "runs.one_sync",
            "runs.find",
            "runs.level",
            "runs.sync",
            "global.zoom",
            "global.export",
        )

    def word(self, name: str, word: str) -> str:
        if name == "pause" and self._paused:
            return "resume"
        if name == "level":
            return LEVEL_WORDS[self.log_pane.next_level]
        if name == "one_sync" and self.wanted.sync:
            return "all syncs"
        return word

    @property
    def chosen(self) -> RunSummary | None:
        """Return the chosen run."""
        key = self.query_one("#runs", Table).key if self.query("#runs") else None
        return next((run for run in self.shown if run.id == key), None)

    def why_not(self, name: str) -> str:
        run = self.chosen
        if name in ("open", "stop", "run", "sync") and run is None:
            return "no run is chosen"
        if name == "one_sync" and run is None and not self.wanted.sync:
            return "no run is chosen"
        if name == "sync" and run is not None and self.snapshot.status(run.name) is None:
            return "its sync is gone"
        if name == "stop" and run is not None and run.state != "running":
            return "it is over"
        if name == "run" and run is not None:
            status = self.snapshot.status(run.name)
            if status is None:
                return "its sync is gone"
            return "it is running" if status.state == "running" else ""
        return ""

    # what is shown

    def show_snapshot(self, snapshot: Snapshot) -> None:
        if self._paused:
            return
        self._show_live(snapshot, time.time())
        if self.wanted == Wanted():
            self._show_runs(snapshot.runs)
        else:
            self.attempt(self._read_runs, group="runs", exclusive=True)

    async def _read_runs(self) -> None:
        """Read the runs that are asked for: of a state or a sync there may be more than those that all pages have."""
        wanted = self.wanted
        found = await self.bridge.read(lambda _project, store: read_runs(store, wanted))
        if wanted == self.wanted:  # something else may have been asked for meanwhile
            self._show_runs(found)

    def _show_runs(self, runs: tuple[RunSummary, ...]) -> None:
        """List runs, those that go on first: they stay in reach however long they take."""
        snapshot, now, table = self.snapshot, time.time(), self.query_one("#runs", Table)
        self.shown = tuple(sorted(runs, key=lambda run: run.state != "running"))
        table.show([run_row(run, now) for run in self.shown])
        only = f"{self.wanted.words}   " if self.wanted.words else ""
        self.query_one("#history", Pane).heading.show(right=(Span(only), (how_many(runs), "muted")))
        if snapshot.problem:
            table.set_state("failing", problem_lines(snapshot))
        elif not self.shown:
            table.set_state("empty", [self._nothing()])
        else:
            table.set_state("full")
        self._read_log()
        self.refresh_bars()

    def _nothing(self) -> Line:
        keys = self.console.keys
        if self.wanted.state or self.wanted.sync:
            key = keys.shown("runs.states" if self.wanted.state else "runs.one_sync")
            what = "No run went wrong. " if self.wanted == Wanted("wrong") else f"There are none: {self.wanted.words}. "
            return line((what, "muted"), Span(key, "bold text"), (" shows others.", "muted"))
        home, run = keys.shown("global.home"), keys.shown("home.run")
        return line(("No run yet. ", "muted"), Span(f"{home} {run}", "bold text"), (" starts one.", "muted"))

    def _show_live(self, snapshot: Snapshot, now: float) -> None:
        pane = self.query_one("#live", Pane)
        pane.display = bool(snapshot.live) and not self.has_class("-flat")
        how = "paused" if self._paused else "every 1 s"
        pane.heading.show(
            title=("Live ", Span("►", "run"), Span(f" {len(snapshot.live)}", "bold text")),
            right=(
                (f"{how}  {self.console.keys.shown('runs.pause')} {'resumes' if self._paused else 'pauses'}", "muted"),
            ),
        )
        room = max(self.size.height // 2 - 2, 1)
        self.query_one("#running", Sheet).show(lambda width: as_many_lines(snapshot.live, width, now, room))

    def _read_log(self) -> None:
        run, project = self.chosen, self.snapshot.project
        if run is None or project is None:
            self.log_pane.show(None, None)
            return
        if (run.id, run.state) == self._log_of and run.state != "running":
            return
        file = project.state / "logs" / f"{run.id}.jsonl"

        async def read() -> None:
            found = await self.bridge.read(lambda _project, _store: read_log(file))
            self._log_of = (run.id, run.state)
            self.log_pane.show(run, found)

        self.attempt(read, group="log", exclusive=True)

    def tick(self) -> None:
        if self.snapshot.live and not self._paused:
            self._show_live(self.snapshot, time.time())

    def on_table_highlighted(self, message: Table.Highlighted) -> None:
        if self.chosen:
            self.console.current_sync = self.chosen.name
        self._log_of = None
        self._read_log()
        self.refresh_bars()

    def on_table_chosen(self, message: Table.Chosen) -> None:
        self.do_open()

    def summary(self) -> list[str]:
        return of_runs(self.shown, self.wanted.words, time.time())

    # what is done

    def do_open(self) -> None:
        """Open the chosen run."""
        from tui.screens.run import RunPage

        if self.chosen:
            self.console.push_screen(RunPage(self.chosen.id))

    def do_pause(self) -> None:
        """Pause the live updates, or go on."""
        self._paused = not self._paused
        self._show_live(self.snapshot, time.time())
        self.show_now()
        self.refresh_bars()

    async def do_stop(self) -> None:
        """Stop the chosen run."""
        if self.chosen:
            await self.console.stop_run(self.chosen.id, self.chosen.name)

    async def do_run(self) -> None:
        """Run the sync of the chosen run again."""
        if self.chosen:
            await self.console.send(self.chosen.name)

    def do_sync(self, sync: str = "") -> None:
        """Open the page of a sync."""
        name = sync or (self.chosen.name if self.chosen else "")
        if name and self.snapshot.status(name) is not None:
            self.console.open_sync(name)

    def do_level(self) -> None:
        """Show the whole log, or from warnings or errors on."""
        self.log_pane.take_next_level()
        self.refresh_bars()

    def do_find(self, words: str = "") -> None:
        """Show only lines of the log that hold some words."""
        if words:
            self.log_pane.filter(words)
        else:
            ask = Ask("Filter the log", self.log_pane.words, live=self.log_pane.filter, note="empty shows all")
            self.console.push_screen(ask)

    @property
    def filtered(self) -> Table | LogPane | None:
        """Return what `filter` filters: the log where that has the keys."""
        return self.log_pane if self.focused is self.log_pane.sheet else self.list_widget

    def do_states(self, state: str = "") -> None:
        """Choose which runs are listed."""
        if state:
            if state not in STATES:
                known = ", ".join(name for name in STATES if name)
                self.console.tell(f"There is no state {state}; there are {known}.", "fail")
                return
            self._ask_for(Wanted(state, self.wanted.sync, self.wanted.sync_id))
            return
        rows = [Row(name or "all", (Span(name or "all"), Span(words, "muted"))) for name, words in STATES.items()]
        before = self.wanted

        def live(name: str) -> None:
            self._ask_for(Wanted("" if name == "all" else name, before.sync, before.sync_id))

        self.console.push_screen(
            Choose("Show", rows, chosen=self.wanted.state or "all", live=live, note="Enter keeps it")
        )

    def do_one_sync(self, sync: str = "") -> None:
        """Show only the runs of one sync, or all again."""
        if self.wanted.sync and not sync:
            self._ask_for(Wanted(self.wanted.state))
            return
        name = sync or (self.chosen.name if self.chosen else "")
        status = self.snapshot.status(name)
        found = status.id if status else self.chosen.sync if self.chosen and self.chosen.name == name else ""
        if found:
            self._ask_for(Wanted(self.wanted.state, name, found))
        else:
            self.console.tell(f"There is no sync {name}.", "fail")

    def _ask_for(self, wanted: Wanted) -> None:
        self.wanted = wanted
        if not self.is_ready:  # it is just being opened, and shows what is asked for then
            return
        if self._paused:
            self.do_pause()
        else:
            self.show_now()
