"""The course of a run: how it went, played again from its log. The live panel is drawn as it was at that moment, below it the
log up to there. One plays and pauses, steps from event to event, plays faster, jumps to a moment.

A stretch in which nothing happens for more than ten seconds is told, with the key that skips it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical

from core.formatting import clock, counted, took
from tui.drawing import Line, Span, heading, line
from tui.live import live_lines
from tui.logs import LogLine, log_lines, said_of
from tui.messages import Refused
from tui.screens.base import Page
from tui.screens.dialogs import Ask
from tui.signs import bar, sign, state
from tui.widgets.pane import Pane
from tui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from core.reports.history import RunSummary
    from core.sync.progress.recording import Recording

__all__ = ["CoursePage", "moment_of"]

_SPEEDS = (1, 10, 60)
_SHOWN = 400


class CoursePage(Page):
    """A run, played again."""

    scope = "course"
    tab = "Runs"

    DEFAULT_CSS = """
    CoursePage #transport { height: auto; }
    CoursePage #panel { height: auto; max-height: 60%; margin-top: 1; }
    CoursePage #told { height: 1fr; margin-top: 1; }
    """

    def __init__(self, run: RunSummary, *, clock_of_playing: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.clock_of_playing = clock_of_playing
        self.crumb = f"{run.id[:4]} course"
        self.run_shown = run
        self.course: Recording | None = None
        self.at = run.started
        self.speed = 1
        self.playing = False
        self._since = 0.0
        self._problem: Refused | None = None
        self._read = False
        self._log: list[LogLine] = []

    def body(self) -> ComposeResult:
        with Vertical(id="body"):
            yield Sheet(self._transport_lines, id="transport", focusable=False)
            yield Sheet(self._panel_lines, id="panel", focusable=False)
            with Pane(title="Events", id="told"):
                yield Sheet(self._told_lines, id="lines")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#lines", Sheet).focus()
        self.attempt(self._read_course, group="read")

    async def _read_course(self) -> None:
        from core.sync.progress.recording import parse

        project = self.snapshot.project
        file = (project.state if project else Path()) / "logs" / f"{self.run_shown.id}.jsonl"
        try:
            self.course = await self.bridge.read(lambda _project, _store: parse(_lines(file)))
        except Refused as error:
            self._problem = error
        self._read = True
        if self.course is not None:
            self.at = self.course.begin
            self._log = [
                said_of(event, moment) for event, moment in zip(self.course.told, self.course.moments, strict=True)
            ]
        self._show()

    def hints(self) -> Iterable[str]:
        if self.course is None:
            return ("global.back",)
        return (
            "course.play",
            "course.forward",
            "course.backward",
            "course.faster",
            "course.slower",
            "course.seek",
            "course.begin",
            "course.finish",
            "global.back",
        )

    def word(self, name: str, word: str) -> str:
        return "pause" if name == "play" and self.playing else word

    def why_not(self, name: str) -> str:
        if self.course is None:
            return "the log is not read yet" if not self._read else "it left no log"
        if name in ("forward", "finish") and self.at >= self.course.end:
            return "this is the end"
        if name in ("backward", "begin") and self.at <= self.course.begin:
            return "this is the start"
        if name == "faster" and self.speed == _SPEEDS[-1]:
            return "it goes no faster"
        return "it goes no slower" if name == "slower" and self.speed == _SPEEDS[0] else ""

    # what is shown

    def tick(self) -> None:
        if self.playing and self.course is not None:
            now = self.clock_of_playing()
            self.go_to(self.at + (now - self._since) * self.speed)
            self._since = now

    def go_to(self, moment: float) -> None:
        """Show the run as it was at a moment."""
        if self.course is None:
            return
        self.at = min(max(moment, self.course.begin), self.course.end)
        if self.at >= self.course.end:
            self.playing = False
        self._show()

    def _show(self) -> None:
        for name in ("#transport", "#panel", "#lines"):
            self.query_one(name, Sheet).rebuild()
        self.query_one("#lines", Sheet).scroll_end(animate=False)
        count = self.course.known(self.at) if self.course else 0
        whole = len(self.course.told) if self.course else 0
        cut = ", more answers than are kept" if self.course and self.course.cut else ""
        self.query_one("#told", Pane).heading.show(right=((f"{count:,} of {counted(whole, 'event')}{cut}", "muted"),))
        self.refresh_bars()

    def _transport_lines(self, width: int) -> list[Line]:
        run, course = self.run_shown, self.course
        mark, word = state(run.state)
        lines = [
            heading(f"Course of run {run.id[:4]}  {run.name}", mark, word, Span(f"   {took(run.seconds)}", "muted"))
        ]
        if course is None:
            return lines
        share = 1.0 if course.end == course.begin else (self.at - course.begin) / (course.end - course.begin)
        how = Span("► playing", "run") if self.playing else Span("║ paused", "muted")
        right = (
            Span(f"{clock(self.at, course.end, exact=True)}"),
            Span(f" of {clock(course.end, course.end, exact=True)}", "muted"),
            Span(f"   {self.speed}x"),
        )
        room = width - sum(len(part.text) for part in right) - 18
        lines.append(Line((how, Span("  "), *(bar(share, room) if room > 3 else ())), right))
        following = course.quiet_after(self.at)
        if following is not None:
            key = self.console.keys.shown("course.forward")
            quiet = f"No events for {took(following - self.at)} from here.  "
            lines.append(line((quiet, "muted"), Span(key, "bold text"), (" continues", "muted")))
        return lines

    def _panel_lines(self, width: int) -> list[Line]:
        if self.course is None:
            return self._nothing()
        progress = self.course.progress(self.at)
        if progress is not None and progress.phase == "done":
            mark, word = state(self.run_shown.state)
            shown = live_lines([replace(self.run_shown, state="running", progress=progress)], width, self.at)
            return [*shown, line(mark, word, ("  this is how it ended", "muted"))]
        then = replace(self.run_shown, state="running", ended=None, progress=progress)
        return live_lines([then], width, self.at)

    def _nothing(self) -> list[Line]:
        if self._problem is not None:
            return [line(sign("failed"), f" {self._problem.message}"), line((self._problem.remedy, "muted"))]
        if not self._read:
            return [line(("reading the log …", "muted"))]
        return [
            line("This run left no log, so it cannot be played again."),
            line(("Logs are kept for 30 days. A run that was skipped has none.", "muted")),
        ]

    def _told_lines(self, _width: int) -> list[Line]:
        if self.course is None:
            return []
        count = self.course.known(self.at)
        lines = log_lines(self._log[max(count - _SHOWN, 0) : count])
        return [line((f"{count - _SHOWN:,} earlier lines are not shown", "muted")), *lines] if count > _SHOWN else lines

    # what is done

    def do_play(self) -> None:
        """Play, or pause; at the end from the beginning."""
        if self.course is None:
            return
        if not self.playing and self.at >= self.course.end:
            self.at = self.course.begin
        self.playing, self._since = not self.playing, self.clock_of_playing()
        self._show()

    def do_forward(self) -> None:
        """Go to the next event."""
        if self.course is not None:
            self._since = self.clock_of_playing()
            self.go_to(self.course.after(self.at))

    def do_backward(self) -> None:
        """Go back to the event before."""
        if self.course is not None:
            self.playing = False
            self.go_to(self.course.before(self.at))

    def do_begin(self) -> None:
        """Go to the beginning."""
        if self.course is not None:
            self.go_to(self.course.begin)

    def do_finish(self) -> None:
        """Go to the end."""
        if self.course is not None:
            self.go_to(self.course.end)

    def do_faster(self) -> None:
        """Play faster."""
        self.speed = _SPEEDS[min(_SPEEDS.index(self.speed) + 1, len(_SPEEDS) - 1)]
        self._show()

    def do_slower(self) -> None:
        """Play slower."""
        self.speed = _SPEEDS[max(_SPEEDS.index(self.speed) - 1, 0)]
        self._show()

    def do_seek(self, moment: str = "") -> None:
        """Jump to a moment: a time of day, seconds from the beginning, or a share in per cent."""
        if moment:
            self._seek(moment)
        else:
            ask = Ask("Go to", note="14:01:00, +90 (seconds from the start) or 50%")
            self.console.push_screen(ask, self._seek)

    def _seek(self, said: str | None) -> None:
        if not said or self.course is None:
            return
        found = moment_of(said, self.course.begin, self.course.end)
        if found is None:
            self.console.tell(f"{said} is no moment of this run: say 14:01:00, +90 or 50%.", "fail")
        else:
            self.go_to(found)


def _lines(file: Path) -> Iterable[bytes]:
    """Yield the lines of a log; none where there is none."""
    from core.own_folder import open_to_read

    try:
        with open_to_read(file) as opened:
            yield from opened
    except OSError:
        return


def moment_of(said: str, begin: float, end: float) -> float | None:
    """Read a moment of a run: '14:01:00' or '14:01' on the wall, '+90' or '90' seconds from its beginning, '50%' of it.

    Of a time that the run passed several times (it took days) the first one counts. None where it is none of these.
    """
    text = said.strip()
    if share := re.fullmatch(r"(\d{1,3})\s*%", text):
        return begin + (end - begin) * min(int(share[1]), 100) / 100
    if seconds := re.fullmatch(r"\+?(\d{1,7}(?:\.\d{1,6})?)", text):
        return begin + float(seconds[1])
    if wall := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", text):
        start = datetime.fromtimestamp(begin).astimezone()
        then = start.replace(hour=int(wall[1]), minute=int(wall[2]), second=int(wall[3] or 0), microsecond=0)
        moment = then.timestamp()
        return moment if moment >= begin - 60 else moment + 86_400
    return None
