"""The page of a sync: how it stands, what can be done and what comes of it, its trend over the last runs, when it runs, where
its rows go. 80 columns show it from above to below, to be scrolled; 160 put schedule, destinations and fields beside.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from core.reports.ledger_sizes import Known, known
from tui.drawing import Line, Span, line, wrapped
from tui.messages import Refused, Snapshot
from tui.screens.base import Page
from tui.screens.sentences import of_sync
from tui.screens.summary import problem_lines
from tui.screens.sync.choices import COLUMNS, choice_row
from tui.screens.sync.facts import TREND, fact_lines, head_lines, trend_lines
from tui.screens.sync.sync_actions import SyncActions
from tui.widgets.pane import Pane
from tui.widgets.sheet import Sheet
from tui.widgets.table import Table

if TYPE_CHECKING:
    from core.model import Project
    from core.reports.history import RunSummary, SyncStatus
    from core.store import Store

__all__ = ["SyncPage"]

_PLOT_LINES = 3
_MOST_LINES = 7
_BESIDE_PLOTS = 12
"""The lines of the trend that are no columns: titles, signs, dates and the blank lines between."""


class SyncPage(Page):
    """One sync."""

    scope = "sync"
    tab = "Home"

    DEFAULT_CSS = """
    SyncPage #head { height: auto; max-height: 40%; }
    SyncPage #do { height: auto; max-height: 50%; margin-top: 1; }
    SyncPage #choices, SyncPage #consequence { height: auto; }
    SyncPage #trend { height: 1fr; margin-top: 1; }
    SyncPage.-gone #do, SyncPage.-gone #trend { display: none; }
    SyncPage.-gone #head { height: 1fr; max-height: 100%; }
    SyncPage.-flat #trend { display: none; }
    """

    def __init__(self, sync: str) -> None:
        super().__init__()
        self.sync = self.crumb = sync
        self.actions = SyncActions(self, sync)
        self.parts = (self.actions,)
        self._runs: tuple[RunSummary, ...] | None = None
        self._fields: Sequence[Mapping[str, Any]] | None = None
        self._fields_of = ""

    @property
    def status(self) -> SyncStatus | None:
        """Return how the sync stands."""
        return self.actions.status

    def why_not(self, name: str) -> str:
        return self.actions.why_not(name)

    def shown_source(self) -> str:
        return self.source_of(self.crumb)

    def body(self) -> ComposeResult:
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield Sheet(self._head_lines, id="head", focusable=False)
                with Pane(title="What can be done", id="do"):
                    yield Table(COLUMNS, id="choices", heads=False)
                    yield Sheet(self._consequence_lines, id="consequence", focusable=False)
                yield Sheet(self._trend_lines, id="trend")
            with Vertical(id="right"):
                yield Sheet(self._fact_lines, id="facts")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#choices", Table).focus()

    def hints(self) -> Iterable[str]:
        running = self.status is not None and self.status.state == "running"
        always = (
            "sync.last",
            "sync.edit",
            "sync.settings",
            "sync.history",
            "sync.rejected",
            "global.zoom",
            "global.back",
        )
        return ("sync.do", "sync.stop" if running else "sync.run", "sync.plan", *always)

    def word(self, name: str, word: str) -> str:
        if name == "pause" and self.status is not None and not self.status.enabled:
            return "resume"
        return word

    # what is read

    def show_snapshot(self, snapshot: Snapshot) -> None:
        status = self.status
        self.set_class(status is None and bool(snapshot.at), "-gone")
        self._show()
        if status is not None:
            self.console.current_sync = status.sync
            self.attempt(self._read, group="read", exclusive=True)
            self.attempt(self._read_fields, group="fields")

    async def _read(self) -> None:
        """Read the last runs, the ledgers, and once where the columns go."""
        status = self.status
        if status is None:
            return
        sync = status.id
        self._runs, self.actions.ledgers = await self.bridge.read(lambda _project, store: _of_sync(store, sync))
        self._show()

    async def _read_fields(self) -> None:
        """Ask where the columns go, once for each text of the query."""
        project = self.snapshot.project
        found = project.syncs.get(self.sync) if project else None
        if found is None or found.query == self._fields_of:
            return
        self._fields_of = found.query
        try:
            self._fields = (await self.bridge.ask("lint", sync=self.sync, text=found.query))["fields"] or []
        except Refused:  # what is wrong with it is told in the editor
            self._fields = []
        self._show()

    def tick(self) -> None:
        self._show()

    def _show(self) -> None:
        snapshot = self.snapshot
        head = self.query_one("#head", Sheet)
        if snapshot.problem:
            head.set_state("failing", problem_lines(snapshot))
        else:
            head.set_state("full")
        table = self.query_one("#choices", Table)
        table.show([choice_row(choice, self.console.keys) for choice in self.actions.choices])
        key = self.console.keys.shown("sync.do")
        self.query_one("#do", Pane).heading.show(right=((f"{key} does the chosen one", "muted"),))
        for name in ("#head", "#consequence", "#trend", "#facts"):
            self.query_one(name, Sheet).rebuild()
        self.refresh_bars()

    def on_resize(self) -> None:
        if self.is_mounted:
            self._show()

    # what is shown

    def _head_lines(self, width: int) -> list[Line]:
        status = self.status
        if status is None:
            what = f"There is no sync {self.sync} any more." if self.snapshot.at else "reading the project …"
            return [line((what, "text" if self.snapshot.at else "muted"))]
        return head_lines(status, width, time.time())

    def _consequence_lines(self, width: int) -> list[Line]:
        """Say in full what comes of the chosen one."""
        choice = self.actions.choice(self.query_one("#choices", Table).key or "")
        return (
            [Line((Span("    "), *each.left)) for each in wrapped(choice.consequence, width - 4, "muted")]
            if choice
            else []
        )

    def on_table_highlighted(self, message: Table.Highlighted) -> None:
        self.query_one("#consequence", Sheet).rebuild()

    def _trend_lines(self, width: int) -> list[Line]:
        """Plot the trend; where there is no column beside, what stands there follows."""
        if self.wide:
            height = (self.query_one("#trend", Sheet).size.height - _BESIDE_PLOTS) // 3
            return trend_lines(self._runs, width, min(max(height, _PLOT_LINES), _MOST_LINES), time.time())
        trend = trend_lines(self._runs, width, _PLOT_LINES, time.time())
        return [*self._fact_lines(width), Line(), *trend]

    def _fact_lines(self, width: int) -> list[Line]:
        status = self.status
        if status is None:
            return []
        project: Project | None = self.snapshot.project
        return fact_lines(status, project, self.actions.ledgers, self._fields, width, time.time())

    def summary(self) -> list[str]:
        status = self.status
        if status is None:
            return super().summary()
        return of_sync(status, self.snapshot.project, self.actions.ledgers, self._runs or (), time.time())

    def copy_text(self) -> str:
        return super().copy_text() or self.query_one("#facts", Sheet).plain_text()

    def export_rows(self) -> tuple[list[str], list[list[Any]]] | None:
        """Return the runs of the trend."""
        heads = ["run", "started", "state", "rows", "sent", "rejected", "seconds"]
        rows = [
            [run.id, run.started, run.state, run.rows, run.acknowledged, run.rejected, run.seconds]
            for run in self._runs or ()
        ]
        return (heads, rows) if rows else None

    # what is done

    def on_table_chosen(self, message: Table.Chosen) -> None:
        self.do_do()

    def do_do(self) -> None:
        """Do what is chosen in the list."""
        name = self.query_one("#choices", Table).key
        if name is not None:
            self.console.act(f"sync.{name}")


def _of_sync(store: Store, sync: str) -> tuple[tuple[RunSummary, ...], tuple[Known, ...]]:
    """Read the runs of the trend, without the moments that were skipped, and the ledgers."""
    from core.reports import history

    found = history.runs(store, sync=sync, limit=2 * TREND)
    return tuple(run for run in found if run.state != "skipped")[:TREND], known(store, sync)
