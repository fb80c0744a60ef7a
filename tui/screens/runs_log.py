"""The log of a run, under the list of runs: its end, followed while the run goes on; searched by words; from a level on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.drawing import Span, SpanLike, line
from tui.logs import LEVELS, Log, log_lines
from tui.widgets.pane import Pane
from tui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from core.reports.history import RunSummary

__all__ = ["LEVEL_WORDS", "LogPane"]

LEVEL_WORDS = {"info": "whole log", "warn": "warnings", "error": "errors"}
"""What is shown from a level on."""


class LogPane(Pane):
    """A log under its title. `words` are those that its lines have to hold."""

    def __init__(self) -> None:
        self.sheet = Sheet(id="lines")
        super().__init__(self.sheet, title="Log", id="log")
        self.level = "info"
        self.words = ""
        self._log = Log()
        self._run: RunSummary | None = None
        self._is_read = False

    @property
    def next_level(self) -> str:
        """Return the level that comes after this one, the first after the last."""
        return LEVELS[(LEVELS.index(self.level) + 1) % len(LEVELS)]

    def show(self, run: RunSummary | None, log: Log | None) -> None:
        """Show the log of a run; None: it is being read, or there is no run."""
        self._run, self._log, self._is_read = run, log or Log(), log is not None
        self._lay_out()

    def filter(self, words: str) -> None:
        """Show only lines that hold these words."""
        self.words = words
        self._lay_out()

    def take_next_level(self) -> None:
        """Show lines from the next level on."""
        self.level = self.next_level
        self._lay_out()

    def _lay_out(self) -> None:
        run = self._run
        whole = log_lines(self._log.lines, answers=False) if run else []
        lines = log_lines(self._log.lines, level=self.level, answers=False, words=self.words) if run else []
        following = bool(run and run.state == "running")
        self.heading.show(
            title=f"Log of {run.name}" if run else "Log", right=self._right(len(lines), len(whole), following)
        )
        at_end = self.sheet.scroll_offset.y >= self.sheet.max_scroll_y - 1
        self.sheet.show(lines or [line((self._nothing(bool(whole)), "muted"))])
        if at_end or following:
            self.sheet.scroll_end(animate=False)

    def _right(self, shown: int, whole: int, following: bool) -> list[SpanLike]:
        """Say what of the log is shown, and whether it grows."""
        parts: list[SpanLike] = []
        if self.level != "info":
            parts.append((f"{LEVEL_WORDS[self.level]} only   ", "muted"))
        if self.words:
            parts += [Span(f"{self.words}", "underline text"), (f" {shown:,} of {whole:,} lines   ", "muted")]
        if self._log.cut:
            parts.append(("starts earlier   ", "muted"))
        return [*parts, ("following ", "muted"), Span("●", "run")] if following else parts

    def _nothing(self, something: bool) -> str:
        if self._run is None:
            return ""
        if not self._is_read:
            return "reading the log …"
        if not something:
            return "A run that was skipped has no log." if self._run.state == "skipped" else "This run left no log."
        if self.words:
            return f"No line contains {self.words!r}."
        return (
            "Only warnings and errors are shown, and there are none." if self.level == "warn" else "There is no error."
        )
