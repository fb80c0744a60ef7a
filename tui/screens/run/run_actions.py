"""What can be done with a run from its page: send rows again, run again, undo, accept, stop, copy a curl, the log, the course."""

from __future__ import annotations

from functools import partial

from tui.drawing import heading, line
from tui.logs import log_lines, read_log
from tui.screens.base import Page
from tui.screens.bundle_export import bundle_run
from tui.screens.dialogs import Confirm, Read
from tui.screens.guard_choices import accept_and_run, undo_run
from tui.screens.run.refused_row import key_of, row_lines
from tui.screens.run.run_reader import RunReader

__all__ = ["RunActions"]


class RunActions:
    """The actions on the run that a page shows."""

    def __init__(self, page: Page, reader: RunReader) -> None:
        self._page = page
        self._reader = reader

    def why_not(self, name: str) -> str:
        run = self._reader.run_shown
        status = self._page.snapshot.status(run.name) if run else None
        if run is None:
            return "the run is not read yet"
        if name in ("again", "replay", "replay_row", "edit", "undo") and status is None:
            return "its sync is gone"
        if name in ("again", "replay", "replay_row", "undo") and status and status.state == "running":
            return "the sync is running"
        if name == "replay" and status and not status.rejected_open:
            return "no rejected rows are open"
        if name == "undo" and not run.acknowledged:
            return "it delivered nothing"
        if name == "stop" and run.state != "running":
            return "it is over"
        if name == "course" and run.state in ("running", "skipped"):
            return "it is still running" if run.state == "running" else "it was not run"
        return self._why_no_row(name)

    def _why_no_row(self, name: str) -> str:
        if name not in ("open", "curl", "replay_row"):
            return ""
        row = self._reader.row
        if row is None:
            return "no rejected row is chosen"
        if name == "replay_row" and row["state"] != "open":
            return "the chosen row is settled"
        if name == "replay_row" and not row["call"]:
            return "it cannot be sent as it is: fix its data"
        return ""

    def do_open(self) -> None:
        """Show the request and the response of the chosen row."""
        row = self._reader.row
        if row is None:
            return
        keys = self._page.console.keys
        reading = Read(
            lambda width: row_lines(row, self._reader.lives, keys.shown("run.edit"), width),
            copies=str(row["call"] or row["row"] or ""),
        )
        self._page.console.push_screen(reading)
        if self._reader.lives is None:
            self._page.attempt(partial(self._read_life_for, reading), group="life", exclusive=True)

    async def _read_life_for(self, reading: Read) -> None:
        await self._reader.read_life()
        reading.rebuild()

    async def do_replay(self) -> None:
        """Send the rejected rows of this sync again."""
        status = self._page.snapshot.status(self._reader.run_shown.name) if self._reader.run_shown else None
        if status is not None:
            await self._page.console.replay_all(status)

    async def do_replay_row(self) -> None:
        """Send the chosen rejected row again, and no other."""
        run, row = self._reader.run_shown, self._reader.row
        if run is None or row is None:
            return
        who = key_of(row) or f"row {row['number']}"
        text = f"{who} goes to {row['destination']} once more, with the latest content that is known of it. No query is run."
        if await self._page.console.push_screen_wait(Confirm("Send 1 rejected row again", text, yes="Send it")):
            await self._page.console.replay(run.name, "--row", str(row["number"]))

    async def do_again(self) -> None:
        """Run this sync again; where a guard blocked it, ask what to do first."""
        run = self._reader.run_shown
        if run is None:
            return
        if not run.questions:
            await self._page.console.send(run.name)
        elif await accept_and_run(self._page, run.name, run.questions):
            self._page.console.do_home()

    async def do_undo(self) -> None:
        """Show what this run overwrote, and send it back."""
        run = self._reader.run_shown
        if run is not None and await undo_run(self._page, run.name, run.id):
            self._page.console.do_home()

    async def do_stop(self) -> None:
        """Stop this run."""
        if self._reader.run_shown:
            await self._page.console.stop_run(self._reader.run_id, self._reader.run_shown.name)

    def do_edit(self) -> None:
        """Open the query of this sync."""
        if self._reader.run_shown:
            self._page.console.open_editor(self._reader.run_shown.name)

    def do_sync(self) -> None:
        """Open the page of its sync."""
        if self._reader.run_shown:
            self._page.console.open_sync(self._reader.run_shown.name)

    async def do_curl(self) -> None:
        """Copy the chosen row's request as a curl command."""
        row = self._reader.row
        if row is not None:
            answer = await self._page.bridge.ask("curl", run=self._reader.run_id, number=row["number"])
            self._page.console.put_on_clipboard(answer["curl"])

    async def do_bundle(self, path: str = "") -> None:
        """Put this run with its surroundings into a file."""
        if self._reader.run_shown is not None:
            await bundle_run(self._page, self._reader.run_shown.id, path)

    def do_course(self) -> None:
        """Play the run again."""
        from tui.screens.run.playback import CoursePage

        if self._reader.run_shown:
            self._page.console.push_screen(CoursePage(self._reader.run_shown))

    async def do_log(self) -> None:
        """Show the log of this run."""
        project = self._page.snapshot.project
        if project is None:
            return
        file = project.state / "logs" / f"{self._reader.run_id}.jsonl"
        found = await self._page.bridge.read(lambda _project, _store: read_log(file))
        title = heading(f"Log of run {self._reader.run_id[:4]}", (found.counted, "muted"))
        nothing = line(("This run left no log.", "muted"))
        self._page.console.push_screen(Read(lambda _width: [title, *(log_lines(found.lines) or [nothing])]))
