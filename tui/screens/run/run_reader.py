"""What the page of a run reads: the run itself, why rows were refused, the rows of a cause, the history of one person."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from core.formatting import counted
from tui.drawing import Span, line
from tui.messages import Refused
from tui.screens.base import Page
from tui.screens.run.refused_row import cause_row, key_of, refused_row
from tui.widgets.pane import Pane
from tui.widgets.sheet import Sheet
from tui.widgets.table import Table

if TYPE_CHECKING:
    from core.reports.history import Cause, RunSummary

__all__ = ["RunReader"]

_PAGE = 500


@dataclass(frozen=True, slots=True)
class _Found:
    """What the store knows of a run."""

    run: RunSummary
    causes: tuple[Cause, ...]


class RunReader:
    """Reads a run for its page, and shows it in the page's tables. With `rejected_of`, the rows are all open rejected rows of that sync."""

    def __init__(self, page: Page, run: str, *, rejected_of: str | None = None) -> None:
        self._page = page
        self.run_id = run
        self.rejected_of = rejected_of
        self.rows: dict[str, Mapping[str, Any]] = {}
        self.lives: Sequence[Mapping[str, Any]] | None = None
        self._found: _Found | None = None
        self._total = 0
        self._lives_of = ""

    @property
    def run_shown(self) -> RunSummary | None:
        """Return the run, as it was read last."""
        return self._found.run if self._found else None

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Return why rows were refused."""
        return self._found.causes if self._found else ()

    def read_run(self) -> None:
        """Read the run and its rejected rows from the store."""
        self._page.attempt(self._read, group="read", exclusive=True)

    async def _read(self) -> None:
        from core.reports import history

        asked = self._asked()
        try:
            found = await self._page.bridge.read(
                lambda _project, store: (
                    history.run(store, self.run_id),
                    history.causes(store, **asked),
                    history.rejected_total(store, **asked),
                )
            )
        except Refused as error:
            self._fails(error.message, error.remedy)
            return
        run, causes, self._total = found
        if run is None:
            self._fails(f"There is no run {self.run_id} any more.", "")
            return
        self._found = _Found(run, causes)
        self._page.console.current_sync = run.name
        self._show_causes(causes)
        await self.read_rows()
        self._page.query_one("#head", Sheet).set_state("full")
        self._page.query_one("#head", Sheet).rebuild()
        self._page.refresh_bars()

    def _fails(self, message: str, remedy: str) -> None:
        said = [line(Span("✗ ", "fail"), message), *([line((remedy, "muted"))] if remedy else [])]
        self._page.query_one("#head", Sheet).set_state("failing", said)

    def _asked(self) -> dict[str, Any]:
        """Return whose rows are asked for: the run's, or all open ones of a sync."""
        if not self.rejected_of:
            return {"run": self.run_id}
        status = self._page.snapshot.status(self.rejected_of)
        return {"sync": status.id if status else ""}

    def _show_causes(self, causes: tuple[Cause, ...]) -> None:
        was_empty = self._page.has_class("-nothing")
        self._page.set_class(not causes, "-nothing")
        of = self.rejected_of
        self._page.query_one("#causes-pane", Pane).heading.show(
            title=f"Open rejected rows of {of}, by cause" if of else "Rejected, by cause",
            right=(Span(f"{self._total:,}", "fail"),),
        )
        self._page.query_one("#causes", Table).show([cause_row(place, cause) for place, cause in enumerate(causes)])
        if causes and was_empty:
            self._page.query_one("#causes", Table).focus()

    @property
    def cause(self) -> Cause | None:
        """Return the chosen cause."""
        key = self._page.query_one("#causes", Table).key
        return self.causes[int(key)] if key is not None and int(key) < len(self.causes) else None

    async def read_rows(self) -> None:
        """Read the rows of the chosen cause."""
        from core.reports import history

        cause = self.cause
        if cause is None:
            self.rows = {}
            return
        asked = self._asked()
        rows = await self._page.bridge.read(
            lambda _project, store: history.rejected(
                store, reason=cause.reason, status=cause.status, limit=_PAGE, **asked
            )
        )
        self.rows = {str(row["number"]): row for row in rows}
        shown = f"first {len(rows):,} of {cause.rows:,}" if cause.rows > len(rows) else counted(cause.rows, "row")
        key = self._page.console.keys.shown("run.open")
        self._page.query_one("#rows-pane", Pane).heading.show(right=((f"{key} shows the request   {shown}", "muted"),))
        self._page.query_one("#rows", Table).show([refused_row(row) for row in rows])
        self.show_row()

    @property
    def row(self) -> Mapping[str, Any] | None:
        """Return the chosen rejected row."""
        return self.rows.get(self._page.query_one("#rows", Table).key or "")

    def show_row(self) -> None:
        """Show the chosen row beside, with its history once that is read."""
        row = self.row
        if row is not None and self._lives_of != str(row["number"]):
            self.lives, self._lives_of = None, str(row["number"])
            if self._page.wide:
                self._page.attempt(partial(self.read_life, wait=0.3), group="life", exclusive=True)
        self._page.query_one("#aside", Sheet).rebuild()

    async def read_life(self, *, wait: float = 0.0) -> None:
        """Read that person's history, once the cursor rests."""
        await asyncio.sleep(wait)
        row, run = self.row, self.run_shown
        key = key_of(row) if row else ""
        self.lives = ()
        if row is not None and run is not None and key:
            self.lives = None
            self.lives = (await self._page.bridge.ask("explain", sync=run.name, key=key))["lives"]
        self._page.query_one("#aside", Sheet).rebuild()
