"""The page of a run: what it read and sent, why rows were refused, the request and the response of each, that person's
history, and what helps. A run that a guard has stopped shows what the guard asks; one that was skipped, whose work it was.
With `rejected_of`, all open rejected rows of a sync.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from tui.drawing import Line, line
from tui.messages import Snapshot
from tui.screens.base import Page
from tui.screens.run.refused_row import CAUSES, ROWS, row_lines
from tui.screens.run.run_actions import RunActions
from tui.screens.run.run_reader import RunReader
from tui.screens.run.story import COUNTED, story_lines, totals
from tui.screens.sentences import of_run
from tui.widgets.pane import Pane
from tui.widgets.sheet import Sheet
from tui.widgets.table import Table

__all__ = ["RunPage"]

_EXPORTED = ("identity", "destination", "status", "reason", "attempts", "state", "call", "row", "request", "response")


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
        self.reader = RunReader(self, run, rejected_of=rejected_of)
        self.actions = RunActions(self, self.reader)
        self.parts = (self.actions,)
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
        self.reader.read_run()

    def why_not(self, name: str) -> str:
        return self.actions.why_not(name)

    def hints(self) -> Iterable[str]:
        run = self.reader.run_shown
        if run is not None and run.state == "running":
            return ("run.stop", "run.log", "run.edit", "run.sync", "global.back")
        if run is not None and run.state == "stopped":
            return ("run.again", "run.edit", "run.log", "run.sync", "global.back")
        if self.reader.rows:
            more = ("run.curl", "list.filter", "run.course", "run.edit", "run.log", "run.sync", "run.again")
            return ("run.open", "run.replay_row", "run.replay", "global.export", *more)
        undo = ("run.undo",) if run is not None and run.acknowledged else ()
        return ("run.again", "run.course", *undo, "run.edit", "run.log", "run.sync", "global.back")

    def word(self, name: str, word: str) -> str:
        return (
            "choose"
            if name == "again" and self.reader.run_shown is not None and self.reader.run_shown.questions
            else word
        )

    def show_snapshot(self, snapshot: Snapshot) -> None:
        shown = self.reader.run_shown
        if snapshot.at and (shown is None or shown.state == "running" or self.reader.rejected_of):
            self.reader.read_run()

    def tick(self) -> None:
        if self.reader.run_shown is not None and self.reader.run_shown.state == "running":
            self.query_one("#head", Sheet).rebuild()

    def on_table_highlighted(self, message: Table.Highlighted) -> None:
        if message.table.id == "causes":
            self.attempt(self.reader.read_rows, group="rows", exclusive=True)
        else:
            self.reader.show_row()
            self.refresh_bars()

    def on_table_chosen(self, message: Table.Chosen) -> None:
        if message.table.id == "causes":
            self.query_one("#rows", Table).focus()
        else:
            self.actions.do_open()

    def _head_lines(self, width: int) -> list[Line]:
        run = self.reader.run_shown
        if run is None:
            return [line(("reading the run …", "muted"))]
        return story_lines(run, self.console.keys, width)

    def _aside_lines(self, width: int) -> list[Line]:
        row = self.reader.row
        if row is None:
            return [line(("A rejected row's request and response stand here.", "muted"))] if self.reader.rows else []
        return row_lines(row, self.reader.lives, self.console.keys.shown("run.edit"), width)

    def summary(self) -> list[str]:
        run = self.reader.run_shown
        if run is None:
            return super().summary()
        found = totals(run)
        became = [(word, found[name]) for name, word, _style in COUNTED if found[name] or name == "acknowledged"]
        return of_run(run, self.reader.causes, [("rows", found["rows"]), *became], time.time())

    def copy_text(self) -> str:
        row = self.reader.row
        if row is not None and self.query_one("#rows", Table).has_focus:
            return str(row["call"] or row["row"] or row["identity"])
        return super().copy_text()

    def export_rows(self) -> tuple[list[str], list[list[Any]]] | None:
        if not self.reader.rows:
            return None
        return list(_EXPORTED), [[row[name] for name in _EXPORTED] for row in self.reader.rows.values()]
