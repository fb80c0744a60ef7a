"""The console: one project's pages, what they show of it, the runs that are started here, and how it ends.

    action_app.py  keys and commands become actions; what came of them is told
    global_actions.py  what every page can do
    bridge.py      the one way to core
    screens/       the pages; widgets/ what they are made of

A crash is told in one sentence; the report, without any local variable and with secrets blacked out, goes to a file
under the state folder (Textual's own prints the locals, a password among them). A terminal that goes away (SIGHUP) ends
the console at once; the runs that it started go on.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import importlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import RenderableType
from textual._compositor import CompositorUpdate
from textual.binding import BindingType
from textual.driver import Driver
from textual.screen import Screen

from core.formatting import clock, counted
from core.redaction import remember_environment
from tui import crash, preferences
from tui.bridge import Bridge
from tui.changes import Picture
from tui.console_api import ConsoleApi
from tui.daemon import daemon_spans
from tui.drawing import Span
from tui.global_actions import GlobalActions
from tui.keys import load
from tui.messages import RunFinished, Snapshot, SnapshotRead
from tui.notices import tell_notices
from tui.screens.base import Page
from tui.screens.home import Home
from tui.themes import PALETTES
from tui.widgets.bars import HeaderState, Tab
from tui.work import begin

if TYPE_CHECKING:
    from core.reports.history import SyncStatus

__all__ = ["Console"]


class Console(GlobalActions):
    """The application on one project."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = []
    CSS_PATH = "console.tcss"
    TITLE = "Backhaul"
    NOTIFICATION_TIMEOUT = 5

    def __init__(
        self, folder: Path, *, empty: bool = False, chosen: preferences.Preferences | None = None, note: str = ""
    ) -> None:
        """Open on a project's folder; `empty`: there is no project there, the welcome comes first. `note` is told first."""
        super().__init__()
        self._empty = empty
        self._filters = [each for each in self._filters if type(each).__name__ not in ("Monochrome", "NoColor")]
        remember_environment()
        self.chosen = chosen or preferences.read()
        for palette in PALETTES.values():
            self.register_theme(palette.theme())
        self.theme = self.chosen.theme
        self.key_problem = self.chosen.problem or note
        try:
            self.keys = load(self.chosen.preset, self.chosen.keys)
        except ValueError as error:
            self.keys, self.key_problem = load("standard"), str(error)
        self.bridge = Bridge(self, folder)
        self.folder = folder
        self.animation_level = "none"
        self._picture = Picture()
        self._asked_about: frozenset[str] = frozenset()

    # the beginning

    def get_driver_class(self) -> type[Driver]:
        """Return Textual's driver for this system; on Linux and macOS our own, which takes a paste for text to its end."""
        found = super().get_driver_class()
        if found.__name__ != "LinuxDriver":
            return found
        from tui.terminal import TerminalDriver

        return TerminalDriver

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Send to the terminal what differs from what it shows."""
        if isinstance(renderable, CompositorUpdate) and not (self.is_headless or self._batch_count or self._closed):
            renderable = self._picture.changes(renderable)
        super()._display(screen, renderable)

    def get_default_screen(self) -> Screen[Any]:
        return Home()

    @property
    def empty(self) -> bool:
        """Return whether there is no project yet: the welcome is shown."""
        return self._empty

    async def open_project(self, folder: Path) -> None:
        """Leave the welcome for the home of a project."""
        await self.bridge.close()
        self._empty, self.folder = False, folder
        self.bridge = Bridge(self, folder)
        self.show_tab("home")
        self._watch()

    async def on_mount(self) -> None:
        """Begin with what was last known; what is slow comes after the first picture."""
        if os.name == "posix":
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGHUP, self.leave_at_once)
            loop.add_signal_handler(signal.SIGTERM, self.exit)
        if self._empty:
            from tui.screens.welcome import Welcome

            await self.push_screen(Welcome())
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if self.key_problem:
            self.tell(self.key_problem, "warn")
        self.set_interval(1.0, self._tick)
        self.set_timer(0.5, partial(begin, self, _import_pages))
        if not self._empty:
            self._watch()

    def _watch(self) -> None:
        begin(self, self.bridge.watch, group="watch", exclusive=True)

    def _tick(self) -> None:
        if not self.is_headless and terminal_is_gone():
            self.leave_at_once()
        page = self.page
        if page is not None and page.is_ready and page.stays_open:  # neither being opened nor closed
            page.refresh_bars()
            page.tick()

    def write_to_terminal(self, sequence: str) -> None:
        """Write a sequence that is no part of the picture, such as a bell."""
        if self._driver is not None and not self.is_headless:  # Textual's own bell writes so
            self._driver.write(sequence)

    @property
    def page(self) -> Page | None:
        """Return the page in sight, also where a dialog is over it."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, Page)), None)

    # what is told

    def on_snapshot_read(self, message: SnapshotRead) -> None:
        """Show the project and the store as they are now, on the page in sight; tell what alerts told the consoles."""
        tell_notices(self, message.snapshot.notices)
        self._ask_about_trust(message.snapshot)
        page = self.page
        if page is not None and page.is_ready:
            page.refresh_bars()
            page.show_now()

    def on_run_finished(self, message: RunFinished) -> None:
        """Tell how a run ended that this console started."""
        word = message.what
        if message.said and message.code:
            self.tell(f"{message.sync}: {crash.spoken(message.said)}", "fail")
        elif message.code == 0:
            self.tell(f"{message.sync}: the {word} is done.", "ok")
        else:
            self.tell(f"{message.sync}: the {word} needs a look.", "warn")
        begin(self, partial(self.bridge.refresh, anew=True))

    # header

    def header_state(self, tab: str, crumb: str) -> HeaderState:
        """Return what the header shows on a page."""
        snapshot = self.bridge.snapshot
        return HeaderState(
            project=snapshot.project.name if snapshot.project else self.folder.name,
            tabs=self._header_tabs(snapshot),
            active=tab,
            crumb=crumb,
            daemon=daemon_spans(snapshot, time.time()),
            clock=self.clock(),
        )

    def _header_tabs(self, snapshot: Snapshot) -> tuple[Tab, ...]:
        failing = sum(1 for status in snapshot.statuses if status.state == "failed")
        running = len(snapshot.live)
        broken = len(snapshot.project.broken) if snapshot.project else 0
        return (
            Tab("1", "Home", Span(f"✗{failing}", "fail") if failing else None),
            Tab("2", "Sources", Span(f"✗{broken}", "fail") if broken else None),
            Tab("3", "Editor"),
            Tab("4", "Runs", Span(f"►{running}", "run") if running else None),
        )

    def clock(self) -> str:
        """Return the time on the wall."""
        return clock(time.time())[-5:]

    # runs

    async def send(self, sync: str) -> None:
        """Run a sync now. Its first delivery, and what a guard has blocked, shows the plan with its choices first."""
        from tui.screens.plan import PlanPage

        status = self.bridge.snapshot.status(sync)
        if status is not None and self.shows_plan_first(status):
            self.push_screen(PlanPage(sync))
        else:
            await self.start_run(sync)

    @staticmethod
    def shows_plan_first(status: SyncStatus) -> bool:
        """Return whether a run of this sync is planned before it sends: a guard has blocked it, or a destination gets its first delivery.

        Where calls are pending, sending was begun with a plan, and goes on.
        """
        first = not all(status.last_sync_times.get(name) for name in status.destinations)
        return status.state == "stopped" or (first and not status.pending)

    async def start_run(self, sync: str, *words: str) -> None:
        """Start a run of a sync; it outlives this console."""
        if sync in self.bridge.running.syncs:
            self.tell(f"{sync}: it is starting already.", "muted")
            return
        await self.bridge.running.start("run", sync, words=words)
        self.tell(f"{sync}: the run starts.", "run")

    async def start_runs(self, syncs: Sequence[str]) -> None:
        """Start a run of each; without a daemon one after the other."""
        await self.bridge.running.start("run", *syncs)
        self.tell(f"{counted(len(syncs), 'run')} begin{'s' if len(syncs) == 1 else ''}.", "run")

    async def replay_all(self, status: SyncStatus) -> None:
        """Send all rejected rows of a sync again, once someone has said yes to their number."""
        from tui.screens.dialogs import Confirm

        many = counted(status.rejected_open, "rejected row")
        text = "Each with the latest content that is known of it. No query is run."
        if await self.push_screen_wait(Confirm(f"Send {many} of {status.sync} again", text, yes="Send")):
            await self.replay(status.sync)

    async def replay(self, sync: str, *words: str) -> None:
        """Send the rejected rows of a sync again; `words` are options of the command, such as --row and a number."""
        await self.bridge.running.start("replay", sync, words=words)
        self.tell(f"{sync}: {'one rejected row is' if words else 'its rejected rows are'} sent again.", "run")

    async def undo(self, sync: str, run: str) -> None:
        """Send back what a run of a sync overwrote."""
        await self.bridge.running.start("undo", sync, words=("--yes",), run=run)
        self.tell(f"{sync}: what run {run[:4]} overwrote is sent back.", "run")

    async def stop_run(self, run: str, sync: str) -> None:
        """Ask a run to stop."""
        if await self.bridge.stop(run):
            self.tell(f"{sync}: the run stops after the batches in flight; the next run continues.", "warn")
        else:
            self.tell(f"{sync}: there is nothing to stop.", "muted")

    async def switch(self, sync: str) -> None:
        """Switch a sync's schedule off or on, in its file."""
        from core import project as projects

        project = self.bridge.snapshot.project
        found = project.syncs.get(sync) if project else None
        if found is None:
            return
        await self.bridge.change(lambda: projects.set_value(found.path, "enabled", not found.enabled))
        key = self.keys.shown("home.pause")
        said = f"paused; {key} resumes its schedule" if found.enabled else f"resumed; {key} pauses its schedule"
        self.tell(f"{sync} is {said}.", "ok")

    # the daemon

    def do_daemon(self) -> None:
        """Show the daemon; begin one, or end it."""
        from tui.screens.daemon import ask_about_daemon

        if self._empty:
            self.tell("There is no project yet, so there is nothing to run.", "muted")
        else:
            begin(self, partial(ask_about_daemon, self))

    def do_trust(self) -> None:
        """Show what the project would run and reach outside of its folder, and trust it."""
        from tui.screens.trust import ask_about_trust

        begin(self, partial(ask_about_trust, self))

    def _ask_about_trust(self, snapshot: Snapshot) -> None:
        """Ask about what nobody has allowed yet, once for each change of it."""
        untrusted = frozenset(reach.digest for reach in snapshot.project.untrusted) if snapshot.project else frozenset()
        if untrusted - self._asked_about:
            self.do_trust()
        self._asked_about = untrusted

    # the end

    async def do_quit(self) -> None:
        """Close the console; return whether runs go on."""
        from tui.screens.dialogs import Confirm

        typed = any(isinstance(screen, Page) and screen.changed for screen in self.screen_stack)
        if typed and not await self.push_screen_wait(
            Confirm("Discard unsaved changes?", yes="Discard and close", no="Keep editing")
        ):
            return
        unsaved = self.unsaved
        if unsaved:
            names = ", ".join(unsaved)
            question = f"{names} {'has' if len(unsaved) == 1 else 'have'} unsaved changes. They are kept, and are there when you open the editor again."
            if not await self.push_screen_wait(Confirm("Close the console?", question, yes="Close")):
                return
        self.exit(0, message=self.farewell())

    @property
    def unsaved(self) -> list[str]:
        """Return the syncs whose query was changed and not saved."""
        from tui.buffers import unsaved

        project = self.bridge.snapshot.project
        return unsaved(project.state) if project else []

    def farewell(self) -> str | None:
        """Say which runs go on."""
        live = {run.name for run in self.bridge.snapshot.live} | self.bridge.running.syncs
        if not live:
            return None
        return f"Still running: {', '.join(sorted(live))}. `backhaul status` shows them, `backhaul` opens the console again."

    def leave_at_once(self) -> None:
        """End without a word, since the terminal is gone. The workbench ends, and stops its queries, when its input closes."""
        self.keep_texts()
        os._exit(0)

    def keep_texts(self) -> None:
        """Have the editor write what was typed last."""
        for screen in self.screen_stack:
            keep = getattr(screen, "keep_text", None)
            if keep is not None:
                keep()

    async def on_unmount(self) -> None:
        """Give back the helper process."""
        await self.bridge.close()

    def _fatal_error(self) -> None:
        """Tell of a crash without any local variable; the report goes to a file."""
        project = self.bridge.snapshot.project
        self._exit_renderables.append(crash.report(project.state if project else self.folder / ".backhaul"))
        self.keep_texts()
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        """Print the first report's sentence; what came after it is in the file."""
        del self._exit_renderables[1:]
        super()._print_error_renderables()


_PAGES = (
    "editor",
    "sources",
    "alerts",
    "runs",
    "run",
    "run.playback",
    "sync",
    "plan",
    "settings",
    "dialogs",
    "palette",
    "help",
)


async def _import_pages() -> None:
    """Import the pages that the first picture does not need, in a thread: to import one takes longer than a key may.

    Garbage is looked for from then on (tui.main put it off). What is there by now stays, and is not looked at again: to look at
    all of it took 50 milliseconds, in which no key was answered.
    """
    try:
        for name in _PAGES:
            await asyncio.to_thread(importlib.import_module, f"tui.screens.{name}")
    finally:
        if not gc.isenabled():
            gc.freeze()
            gc.enable()


def terminal_is_gone() -> bool:
    """Return whether nobody can read or type any more (a hang-up that was ignored, a terminal that was closed)."""
    import termios

    try:
        termios.tcgetattr(sys.__stderr__.fileno() if sys.__stderr__ else 2)
    except termios.error as error:
        return error.args[0] in (errno.EIO, errno.ENXIO, errno.EBADF)
    return False


if TYPE_CHECKING:

    def _as_pages_see_it(console: Console) -> ConsoleApi:
        """Have the type checker prove that the console is what its pages know."""
        return console
