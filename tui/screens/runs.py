"""Runs: those that go on, with phases, rate and time left; those that are past; the log of the chosen one."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from core.words import clock, counted, took
from tui.drawing import Line, Span, line
from tui.live import live_lines
from tui.logs import LogLine, log_lines, read_log
from tui.messages import Snapshot
from tui.screens.base import Page
from tui.screens.summary import problem_lines, what_happened
from tui.signs import state
from tui.widgets.pane import Pane
from tui.widgets.sheet import Sheet
from tui.widgets.table import Column, Row, Table

if TYPE_CHECKING:
    from core.sync.history import RunSummary

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
        self._paused = False
        self._grave = False
        self._wrong_only = False
        self._log: list[LogLine] = []
        self._log_of: tuple[str, str] | None = None

    def body(self) -> ComposeResult:
        with Horizontal(id="body"), Vertical(id="left"):
            with Pane(title="Live", id="live"):
                yield Sheet(id="running", focusable=False)
            with Pane(title="Runs", id="history"):
                yield Table(_COLUMNS, id="runs")
            with Pane(title="Log", id="log"):
                yield Sheet(id="lines")

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
            "runs.level",
            "runs.states",
            "global.zoom",
            "global.export",
        )

    def word(self, name: str, word: str) -> str:
        if name == "pause" and self._paused:
            return "go on"
        if name == "level":
            return "whole log" if self._grave else "warnings"
        if name == "states":
            return "all runs" if self._wrong_only else "only wrong"
        return word

    @property
    def chosen(self) -> RunSummary | None:
        """Give the chosen run."""
        key = self.query_one("#runs", Table).key if self.query("#runs") else None
        return next((run for run in self.snapshot.runs if run.id == key), None)

    def why_not(self, name: str) -> str:
        run = self.chosen
        if name in ("open", "stop", "run") and run is None:
            return "no run is chosen"
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
        now = time.time()
        self._show_live(snapshot, now)
        table = self.query_one("#runs", Table)
        shown = [
            run
            for run in snapshot.runs
            if not self._wrong_only or run.state in ("failed", "partial", "stopped", "skipped")
        ]
        table.show([_row(run, now) for run in shown])
        more = "the last 300, more exist" if len(snapshot.runs) >= 300 else counted(len(shown), "run")
        self.query_one("#history", Pane).heading.show(right=((more, "muted"),))
        if snapshot.problem:
            table.set_state("failing", problem_lines(snapshot))
        elif not shown:
            table.set_state("empty", [self._nothing()])
        else:
            table.set_state("full")
        self._read_log()
        self.refresh_bars()

    def _nothing(self) -> Line:
        if self._wrong_only and self.snapshot.runs:
            return line(
                ("No run went wrong. ", "muted"),
                Span(self.console.keys.shown("runs.states"), "bold text"),
                (" shows all.", "muted"),
            )
        home, run = self.console.keys.shown("global.home"), self.console.keys.shown("home.run")
        return line(("No run yet. ", "muted"), Span(f"{home} {run}", "bold text"), (" starts one.", "muted"))

    def _show_live(self, snapshot: Snapshot, now: float) -> None:
        pane = self.query_one("#live", Pane)
        pane.display = bool(snapshot.live) and not self.has_class("-flat")
        how = "paused" if self._paused else "every 1 s"
        pane.heading.show(
            title=("Live ", Span("►", "run"), Span(f" {len(snapshot.live)}", "bold text")),
            right=(
                (f"{how}  {self.console.keys.shown('runs.pause')} {'goes on' if self._paused else 'pauses'}", "muted"),
            ),
        )
        self.query_one("#running", Sheet).show(lambda width: live_lines(snapshot.live, width, now, spaced=True))

    def _read_log(self) -> None:
        run, project = self.chosen, self.snapshot.project
        if run is None or project is None:
            self._show_log(None)
            return
        if (run.id, run.state) == self._log_of and run.state != "running":
            return
        file = project.state / "logs" / f"{run.id}.jsonl"

        async def read() -> None:
            self._log = await self.bridge.read(lambda _project, _store: read_log(file))
            self._log_of = (run.id, run.state)
            self._show_log(run)

        self.attempt(read, group="log", exclusive=True)

    def _show_log(self, run: RunSummary | None) -> None:
        pane, sheet = self.query_one("#log", Pane), self.query_one("#lines", Sheet)
        lines = log_lines(self._log if run else [], grave_only=self._grave, answers=False)
        following = bool(run and run.state == "running")
        pane.heading.show(
            title=f"Log of {run.name}" if run else "Log",
            right=(("following ", "muted"), Span("●", "run")) if following else (),
        )
        at_end = sheet.scroll_offset.y >= sheet.max_scroll_y - 1
        nothing = (
            "Only warnings and errors are shown, and there are none."
            if self._grave and self._log
            else "This run left no log."
        )
        sheet.show(lines or [line((nothing if run else "", "muted"))])
        if at_end or following:
            sheet.scroll_end(animate=False)

    def tick(self) -> None:
        if self.snapshot.live and not self._paused:
            self._show_live(self.snapshot, time.time())

    def on_table_highlighted(self, message: Table.Highlighted) -> None:
        if self.chosen:
            self.console.current_sync = self.chosen.name
        self._log, self._log_of = [], None
        self._read_log()
        self.refresh_bars()

    def on_table_chosen(self, message: Table.Chosen) -> None:
        self.do_open()

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
        self.show_snapshot(self.snapshot)
        self.refresh_bars()

    async def do_stop(self) -> None:
        """Stop the chosen run."""
        if self.chosen:
            await self.console.stop_run(self.chosen.id, self.chosen.name)

    async def do_run(self) -> None:
        """Run the sync of the chosen run again."""
        if self.chosen:
            await self.console.start_run(self.chosen.name)

    def do_level(self) -> None:
        """Show the whole log, or warnings and errors only."""
        self._grave = not self._grave
        self._show_log(self.chosen)
        self.refresh_bars()

    def do_states(self) -> None:
        """Show all runs, or only those that went wrong."""
        self._wrong_only = not self._wrong_only
        self.show_snapshot(self.snapshot)


_COLUMNS = (
    Column(head="State", width=9),
    Column(head="Started", most=15, right=True, rank=4),
    Column(head="Sync", least=12, most=30, rank=12, main=True),
    Column(head="What happened", share=1, least=12, most=100),
    Column(head="Rows", right=True, least=7, rank=2),
    Column(head="Sent", right=True, least=7, rank=5),
    Column(head="Rej.", right=True, least=4, rank=6),
    Column(head="Took", width=6, right=True, rank=3),
)


def _row(run: RunSummary, now: float) -> Row:
    """Lay a run out as a row."""
    what = what_happened(run) if run.state != "running" else ""
    return Row(
        run.id,
        (
            state(run.state),
            Span(clock(run.started, now, exact=True), "muted"),
            Span(run.name),
            Span(what, "muted" if run.state == "succeeded" else "text"),
            _count(run.rows),
            _count(run.acknowledged),
            Span(f"{run.rejected:,}", "warn" if run.rejected else "muted"),
            Span(took(run.seconds), "muted"),
        ),
    )


def _count(number: int | None) -> Span:
    return Span("–" if number is None else f"{number:,}", "text" if number else "muted")
