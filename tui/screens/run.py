"""One run: what it read and sent, why rows were refused, the request and the response of each, that person's history, and
what helps. A run that a guard has stopped shows what the guard asks. With `rejected_of`, all open rejected rows of a sync.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from core.words import clock, counted, took
from tui.accepting import accept_and_run, undo_run
from tui.drawing import Line, Span, heading, line, wrapped
from tui.handing import bundle_run
from tui.live import live_lines
from tui.logs import log_lines, read_log
from tui.messages import Refused, Snapshot
from tui.screens.base import Page
from tui.screens.dialogs import Read
from tui.screens.refused_row import CAUSES, ROWS, cause_row, key_of, refused_row, row_lines
from tui.screens.run_story import bound, counts, delivery_lines, phases
from tui.screens.summary import question_lines
from tui.signs import state
from tui.widgets.pane import Pane
from tui.widgets.sheet import Sheet
from tui.widgets.table import Table

if TYPE_CHECKING:
    from core.sync.history import Cause, RunSummary

__all__ = ["RunPage"]

_PAGE = 500


@dataclass(frozen=True, slots=True)
class _Found:
    """What the store knows of a run."""

    run: RunSummary
    causes: tuple[Cause, ...]


class RunPage(Page):
    """One run."""

    scope = "run"
    tab = "Runs"

    DEFAULT_CSS = """
    RunPage #head { height: auto; max-height: 50%; }
    RunPage #causes-pane { height: auto; max-height: 40%; margin-top: 1; }
    RunPage #causes { height: auto; max-height: 8; }
    RunPage #rows-pane { height: 1fr; margin-top: 1; }
    RunPage.-nothing #causes-pane, RunPage.-nothing #rows-pane { display: none; }
    RunPage.-nothing #head { max-height: 100%; height: 1fr; }
    """

    def __init__(self, run: str, *, rejected_of: str | None = None) -> None:
        super().__init__()
        self._run_id = run
        self._of = rejected_of
        self._found: _Found | None = None
        self._rows: dict[str, Mapping[str, Any]] = {}
        self._total = 0
        self._lives: Sequence[Mapping[str, Any]] | None = None
        self._lives_of = ""
        self.crumb = run[:4]
        self.add_class("-nothing")

    def body(self) -> ComposeResult:
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield Sheet(self._head_lines, id="head")
                with Pane(title="Rejected, by cause", id="causes-pane"):
                    yield Table(CAUSES, id="causes", heads=False)
                with Pane(title="Rows", id="rows-pane"):
                    yield Table(ROWS, id="rows")
            with Vertical(id="right"):
                yield Sheet(self._aside_lines, id="aside")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#head", Sheet).focus()
        self.read_run()

    def hints(self) -> Iterable[str]:
        run = self.run_shown
        if run is not None and run.state == "running":
            return ("run.stop", "run.log", "run.edit", "global.back")
        if run is not None and run.state == "stopped":
            return ("run.accept", "run.edit", "run.log", "run.again", "global.back")
        if self._rows:
            return (
                "run.open",
                "run.replay",
                "global.export",
                "run.curl",
                "list.filter",
                "run.edit",
                "run.log",
                "run.again",
            )
        undo = ("run.undo",) if run is not None and run.acknowledged else ()
        return ("run.again", *undo, "run.edit", "run.log", "global.back")

    @property
    def run_shown(self) -> RunSummary | None:
        """Give the run, as it was read last."""
        return self._found.run if self._found else None

    def why_not(self, name: str) -> str:
        run = self.run_shown
        status = self.snapshot.status(run.name) if run else None
        if run is None:
            return "the run is not read yet"
        if name in ("again", "replay", "accept", "edit", "undo") and status is None:
            return "its sync is gone"
        if name in ("again", "replay", "accept", "undo") and status and status.state == "running":
            return "the sync is running"
        if name == "replay" and status and not status.rejected_open:
            return "no rejected rows are open"
        if name == "undo" and not run.acknowledged:
            return "it delivered nothing"
        if name == "accept" and not run.questions:
            return "the guards ask nothing"
        if name == "stop" and run.state != "running":
            return "it is over"
        if name in ("open", "curl") and self.row is None:
            return "no rejected row is chosen"
        return ""

    # what is read

    def show_snapshot(self, snapshot: Snapshot) -> None:
        if snapshot.at and (self._found is None or self._found.run.state == "running" or self._of):
            self.read_run()

    def tick(self) -> None:
        if self.run_shown is not None and self.run_shown.state == "running":
            self.query_one("#head", Sheet).rebuild()

    def read_run(self) -> None:
        """Read the run and its rejected rows from the store."""
        self.attempt(self._read, group="read", exclusive=True)

    async def _read(self) -> None:
        from core.sync import history

        sync_id = self._sync_id()
        asked: dict[str, Any] = {"sync": sync_id} if self._of else {"run": self._run_id}
        try:
            found = await self.bridge.read(
                lambda _project, store: (
                    history.run(store, self._run_id),
                    history.causes(store, **asked),
                    history.rejected_total(store, **asked),
                )
            )
        except Refused as error:
            self.query_one("#head", Sheet).set_state(
                "failing", [line(Span("✗ ", "fail"), error.message), line((error.remedy, "muted"))]
            )
            return
        run, causes, self._total = found
        if run is None:
            self.query_one("#head", Sheet).set_state(
                "failing", [line(Span("✗ ", "fail"), f"There is no run {self._run_id} any more.")]
            )
            return
        self._found = _Found(run, causes)
        self.console.current_sync = run.name
        self._show_causes(causes)
        await self._read_rows()
        self.query_one("#head", Sheet).set_state("full")
        self.query_one("#head", Sheet).rebuild()
        self.refresh_bars()

    def _sync_id(self) -> str:
        status = self.snapshot.status(self._of)
        return status.id if status else ""

    def _show_causes(self, causes: tuple[Cause, ...]) -> None:
        was_empty = self.has_class("-nothing")
        self.set_class(not causes, "-nothing")
        self.query_one("#causes-pane", Pane).heading.show(
            title=f"Open rejected rows of {self._of}, by cause" if self._of else "Rejected, by cause",
            right=(Span(f"{self._total:,}", "fail"),),
        )
        self.query_one("#causes", Table).show([cause_row(place, cause) for place, cause in enumerate(causes)])
        if causes and was_empty:
            self.query_one("#causes", Table).focus()

    @property
    def cause(self) -> Cause | None:
        """Give the chosen cause."""
        key = self.query_one("#causes", Table).key
        return (
            self._found.causes[int(key)]
            if self._found and key is not None and int(key) < len(self._found.causes)
            else None
        )

    async def _read_rows(self) -> None:
        from core.sync import history

        cause = self.cause
        if cause is None:
            self._rows = {}
            return
        asked: dict[str, Any] = {"sync": self._sync_id()} if self._of else {"run": self._run_id}
        rows = await self.bridge.read(
            lambda _project, store: history.rejected(
                store, reason=cause.reason, status=cause.status, limit=_PAGE, **asked
            )
        )
        self._rows = {str(row["number"]): row for row in rows}
        shown = f"first {len(rows):,} of {cause.rows:,}" if cause.rows > len(rows) else counted(cause.rows, "row")
        key = self.console.keys.shown("run.open")
        self.query_one("#rows-pane", Pane).heading.show(right=((f"{key} shows the request   {shown}", "muted"),))
        self.query_one("#rows", Table).show([refused_row(row) for row in rows])
        self._show_row()

    @property
    def row(self) -> Mapping[str, Any] | None:
        """Give the chosen rejected row."""
        return self._rows.get(self.query_one("#rows", Table).key or "")

    def on_table_highlighted(self, message: Table.Highlighted) -> None:
        if message.table.id == "causes":
            self.attempt(self._read_rows, group="rows", exclusive=True)
        else:
            self._show_row()
            self.refresh_bars()

    def on_table_chosen(self, message: Table.Chosen) -> None:
        if message.table.id == "causes":
            self.query_one("#rows", Table).focus()
        else:
            self.do_open()

    def _show_row(self) -> None:
        row = self.row
        if row is not None and self._lives_of != str(row["number"]):
            self._lives, self._lives_of = None, str(row["number"])
            if self.wide:
                self.attempt(partial(self._read_life, wait=0.3), group="life", exclusive=True)
        self.query_one("#aside", Sheet).rebuild()

    async def _read_life(self, *, wait: float = 0.0) -> None:
        """Read that person's history, once the cursor rests."""
        await asyncio.sleep(wait)
        row, run = self.row, self.run_shown
        key = key_of(row) if row else ""
        self._lives = ()
        if row is not None and run is not None and key:
            self._lives = None
            self._lives = (await self.bridge.ask("explain", sync=run.name, key=key))["lives"]
        self.query_one("#aside", Sheet).rebuild()

    # what is shown

    def _head_lines(self, width: int) -> list[Line]:
        run = self.run_shown
        if run is None:
            return [line(("reading the run …", "muted"))]
        mark, word = state(run.state)
        ended = f" → {clock(run.ended, exact=True)}" if run.ended else ""
        times = f"   {clock(run.started, exact=True)}{ended}   {took(run.seconds)}"
        names = ", ".join(dict.fromkeys(str(each["destination"]) for each in run.deliveries))
        lines = [
            Line(
                (Span(f"Run {run.id[:4]}  {run.name}{f' → {names}' if names else ''}", "bold text"),),
                (mark, word, Span(times, "muted")),
                "─",
            )
        ]
        if run.state == "running":
            return [*lines, *live_lines([run], width, run.progress.at if run.progress else run.started)]
        lines += [counts(run), *phases(run), bound(run)]
        lines += self._trouble(run, width)
        return lines + delivery_lines(run)

    def _trouble(self, run: RunSummary, width: int) -> list[Line]:
        keys = self.console.keys
        if run.questions:
            many = f"{len(run.questions)} questions" if len(run.questions) > 1 else "One question"
            lines = [
                Line(),
                heading(f"{many} before it goes", Span("! guards", "warn")),
                *question_lines(run.questions, width),
            ]
            lines += [
                line(("  " + str(example), "muted"))
                for question in run.questions
                for example in question.get("evidence") or ()
            ]
            return [
                *lines,
                Line(),
                line(
                    Span(keys.shown("run.accept"), "bold text"),
                    (" accepts this and sends;  ", "muted"),
                    Span(keys.shown("run.edit"), "bold text"),
                    (" opens the query", "muted"),
                ),
            ]
        if run.error:
            remedy = wrapped(run.remedy, width, "muted") if run.remedy else []
            return [Line(), heading("Why", Span("✗ failed", "fail")), *wrapped(run.error, width), *remedy]
        return []

    def _aside_lines(self, width: int) -> list[Line]:
        row = self.row
        if row is None:
            return [line(("A rejected row's request and response stand here.", "muted"))] if self._rows else []
        return row_lines(row, self._lives, self.console.keys.shown("run.edit"), width)

    def copy_text(self) -> str:
        row = self.row
        if row is not None and self.query_one("#rows", Table).has_focus:
            return str(row["call"] or row["row"] or row["identity"])
        return super().copy_text()

    def export_rows(self) -> tuple[list[str], list[list[Any]]] | None:
        names = [
            "identity",
            "destination",
            "status",
            "reason",
            "attempts",
            "state",
            "call",
            "row",
            "request",
            "response",
        ]
        return (names, [[row[name] for name in names] for row in self._rows.values()]) if self._rows else None

    # what is done

    def do_open(self) -> None:
        """Show the request and the response of the chosen row."""
        row = self.row
        if row is None:
            return
        keys = self.console.keys
        reading = Read(
            lambda width: row_lines(row, self._lives, keys.shown("run.edit"), width),
            copies=str(row["call"] or row["row"] or ""),
        )
        self.console.push_screen(reading)
        if self._lives is None:
            self.attempt(partial(self._read_life_for, reading), group="life", exclusive=True)

    async def _read_life_for(self, reading: Read) -> None:
        await self._read_life()
        reading.rebuild()

    async def do_replay(self) -> None:
        """Send the rejected rows of this sync again."""
        if self.run_shown:
            await self.console.replay(self.run_shown.name)

    async def do_again(self) -> None:
        """Run this sync again."""
        if self.run_shown:
            await self.console.start_run(self.run_shown.name)

    async def do_accept(self) -> None:
        """Accept what the guards ask, and run."""
        run = self.run_shown
        if run is not None and await accept_and_run(self, run.name, run.questions):
            self.console.do_home()

    async def do_undo(self) -> None:
        """Show what this run overwrote, and send it back."""
        run = self.run_shown
        if run is not None and await undo_run(self, run.name, run.id):
            self.console.do_home()

    async def do_stop(self) -> None:
        """Stop this run."""
        if self.run_shown:
            await self.console.stop_run(self._run_id, self.run_shown.name)

    def do_edit(self) -> None:
        """Open the query of this sync."""
        if self.run_shown:
            self.console.open_editor(self.run_shown.name)

    async def do_curl(self) -> None:
        """Copy the chosen row's request as a curl command."""
        row = self.row
        if row is not None:
            answer = await self.bridge.ask("curl", run=self._run_id, number=row["number"])
            self.console.put_on_clipboard(answer["curl"])

    async def do_bundle(self, path: str = "") -> None:
        """Put this run with its surroundings into a file."""
        run = self.run_shown
        if run is not None:
            await bundle_run(self, run.id, path)

    async def do_log(self) -> None:
        """Show the log of this run."""
        project = self.snapshot.project
        if project is None:
            return
        file = project.state / "logs" / f"{self._run_id}.jsonl"
        found = await self.bridge.read(lambda _project, _store: read_log(file))
        title = heading(f"Log of run {self._run_id[:4]}", (counted(len(found), "line"), "muted"))
        nothing = line(("This run left no log.", "muted"))
        self.console.push_screen(Read(lambda _width: [title, *(log_lines(found) or [nothing])]))
