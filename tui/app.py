"""The console: its pages, what every key does, messages, themes, and how it ends.

Keys are resolved here, from one table (tui.keys) and the scopes of the page that is shown, before a widget sees them: so
the footer, `?`, the palette and what a key does are always the same. Everything slow is asked of the bridge in a worker.

A crash is told in one sentence; the report, without any local variable and with secrets blacked out, goes to a file
under the state folder (Textual's own prints the locals, a password among them). A terminal that goes away (SIGHUP) ends
the console at once; the runs that it started go on.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import sys
import time
from collections.abc import Awaitable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Input, TextArea

from core.harmless import harmless
from core.words import clock
from tui import crash, preferences
from tui.actions import ACTIONS
from tui.bridge import Bridge
from tui.drawing import Span
from tui.habits import HABITS
from tui.keys import Keys, load
from tui.messages import Refused, RunFinished, Snapshot, SnapshotRead
from tui.screens.base import Actor, Dialog, Page
from tui.screens.home import Home
from tui.themes import PALETTES
from tui.widgets.bars import HeaderState, Tab
from tui.widgets.table import Table

__all__ = ["Console"]

_IN_DIALOGS = frozenset({"back", "quit", "copy", "down", "up"})
_SIGNS = {"ok": "✓", "run": "►", "warn": "!", "fail": "✗", "muted": "·"}
_SEVERITY = {"fail": "error", "warn": "warning"}


class Console(App[int]):
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
        self.chosen = chosen or preferences.read()
        for palette in PALETTES.values():
            self.register_theme(palette.theme())
        self.theme = self.chosen.theme
        self.keys: Keys = load("standard")
        self.key_problem = self.chosen.problem or note
        try:
            self.keys = load(self.chosen.preset, self.chosen.keys)
        except ValueError as error:
            self.key_problem = str(error)
        self.bridge = Bridge(self, folder)
        self.folder = folder
        self.pending = ""
        self.said: list[tuple[float, str, str]] = []
        self._typed_ahead: list[events.Key | events.Paste] = []
        self.clipboard_text = ""
        self.animation_level = "none"
        self.current_sync: str | None = None

    # the beginning

    def get_default_screen(self) -> Screen[Any]:
        return Home()

    @property
    def empty(self) -> bool:
        """Say whether there is no project yet: the welcome is shown."""
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
        if not self._empty:
            self._watch()

    def _watch(self) -> None:
        self.run_worker(self.bridge.watch, group="watch", exclusive=True)

    def _tick(self) -> None:
        if not self.is_headless and terminal_is_gone():
            self.leave_at_once()
        page = self.page
        if page is not None:
            page.refresh_bars()
            page.tick()

    @property
    def page(self) -> Page | None:
        """Give the page in sight, also where a dialog is over it."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, Page)), None)

    # what is told

    def tell(self, text: str, meaning: str = "ok") -> None:
        """Tell a sentence: one line at the lower right for five seconds, and for good in the messages."""
        plain = harmless(text)
        self.said.append((time.time(), meaning, plain))
        del self.said[:-500]
        self.notify(f"{_SIGNS[meaning]} {plain}", severity=_SEVERITY.get(meaning, "information"), markup=False)  # type: ignore[arg-type]

    def on_snapshot_read(self, message: SnapshotRead) -> None:
        """Show the project and the store as they are now, on the page in sight."""
        page = self.page
        if page is not None:
            page.refresh_bars()
            page.show_snapshot(message.snapshot)

    def on_run_finished(self, message: RunFinished) -> None:
        """Tell how a run ended that this console started."""
        word = {"run": "run", "replay": "replay"}[message.what]
        if message.said and message.code:
            self.tell(f"{message.sync}: {crash.spoken(message.said)}", "fail")
        elif message.code == 0:
            self.tell(f"{message.sync}: the {word} is done.", "ok")
        else:
            self.tell(f"{message.sync}: the {word} needs a look.", "warn")
        self.run_worker(partial(self.bridge.refresh, anew=True))

    # header

    def header_state(self, tab: str, crumb: str) -> HeaderState:
        """Give what the header shows on a page."""
        snapshot = self.bridge.snapshot
        return HeaderState(
            project=snapshot.project.name if snapshot.project else self.folder.name,
            tabs=self._header_tabs(snapshot),
            active=tab,
            crumb=crumb,
            daemon=(Span("○", "muted"), Span(" no daemon", "muted")),
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
        """Give the time on the wall."""
        return clock(time.time())[-5:]

    # keys

    async def on_event(self, event: events.Event) -> None:
        """Resolve a key before any widget sees it; keep it for a page that is just being opened."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            if self._opening():
                self._typed_ahead.append(event)
                return
            if isinstance(event, events.Key) and self._pressed(event):
                event.stop()
                return
        await super().on_event(event)

    def _opening(self) -> bool:
        """Say whether keys have to wait: who types `:run users` means the line that `:` opens."""
        return bool(self._typed_ahead) or (isinstance(self.screen, Actor) and not self.screen.is_ready)

    def page_ready(self) -> None:
        """Give a page that is open now what was typed ahead."""
        waiting, self._typed_ahead = self._typed_ahead, []
        for event in waiting:
            self.post_message(event)

    def _pressed(self, event: events.Key) -> bool:
        """Do what a key means here; say whether it meant something."""
        screen = self.screen
        if not isinstance(screen, Actor):
            return False
        typing = screen.typing
        if event.key == "enter" and not self.pending and typing and isinstance(screen.focused, TextArea):
            return False  # in a text of many lines Enter begins another
        began, self.pending = self.pending, ""
        for key in (event.key, *event.aliases):
            pressed = f"{began} {key}".strip()
            action = self.keys.action(screen.scopes, pressed, typing=typing)
            if action is not None and self._may(screen, action):
                self.act(action)
                self._show_bars()
                return True
            if self.keys.begins(screen.scopes, pressed, typing=typing):
                self.pending = pressed
                self._show_bars()
                return True
        if began:
            self._show_bars()
            return True
        habit = HABITS.get(event.key)
        if habit is not None and not (typing and event.is_printable) and isinstance(screen, Page):
            self.tell(f"{habit.tool}: {habit.means}; here it is {self.keys.shown(habit.action)}.", "muted")
            return True
        return False

    def _may(self, screen: Actor, action: str) -> bool:
        scope, _, name = action.partition(".")
        return not isinstance(screen, Dialog) or scope != "global" or name in _IN_DIALOGS

    def _show_bars(self) -> None:
        if isinstance(self.screen, Page):
            self.screen.refresh_bars()

    def act(self, action: str, argument: str = "") -> None:
        """Do an action of the page in sight, or say why it cannot be done."""
        scope, _, name = action.partition(".")
        screen = self.screen
        if not isinstance(screen, Actor):
            return
        if scope == "list":
            self._act_in_list(screen, name, argument)
            return
        if scope == "text" and not hasattr(screen, f"do_text_{name}"):
            self._act_in_text(screen, name)
            return
        prefix = "do_text_" if scope == "text" else "do_"
        reason = screen.why_not(name) if hasattr(screen, f"do_{name}") else ""
        if reason:
            self.tell(f"{ACTIONS[action].word}: not now, {reason}.", "muted")
            return
        does = getattr(screen, f"{prefix}{name}", None) or getattr(self, f"do_{name}", None)
        if does is None:
            self.tell(f"{ACTIONS[action].word}: not on this page.", "muted")
            return
        takes = bool(inspect.signature(does).parameters)
        result = does(argument) if takes else does()
        if inspect.isawaitable(result):
            self._await(screen, result)

    def _await(self, screen: Actor, work: Awaitable[Any]) -> None:
        async def done() -> None:
            await work

        screen.attempt(done)

    def _act_in_list(self, screen: Actor, name: str, argument: str) -> None:
        if name == "filter":
            self.do_filter(argument)
            return
        focused = screen.focused
        if isinstance(focused, Table):
            move = {"down": 1, "up": -1, "page_down": focused.page, "page_up": -focused.page}
            focused.move({**move, "first": -len(focused.shown), "last": len(focused.shown)}[name])
        elif focused is not None:
            scroll = {
                "down": focused.scroll_down,
                "up": focused.scroll_up,
                "page_down": focused.scroll_page_down,
                "page_up": focused.scroll_page_up,
                "first": focused.scroll_home,
                "last": focused.scroll_end,
            }[name]
            scroll(animate=False)

    def _act_in_text(self, screen: Actor, name: str) -> None:
        """Do what a key of the scope `text` means in Textual's own fields."""
        focused = screen.focused
        if name == "leave":
            leave = getattr(screen, "leave_text", None) or getattr(screen, "do_back", None)
            if leave is not None:
                leave()
            return
        if name == "copy" and isinstance(focused, Input | TextArea):
            self.put_on_clipboard(focused.selected_text)
            return
        if name == "paste" and isinstance(focused, Input | TextArea):
            focused.insert_text_at_cursor(self.clipboard_text) if isinstance(focused, Input) else focused.insert(
                self.clipboard_text
            )
            return
        names = {
            "left": "cursor_left",
            "right": "cursor_right",
            "up": "cursor_up",
            "down": "cursor_down",
            "delete": "delete_right",
            "undo": "undo",
            "redo": "redo",
            "line_start": "cursor_line_start" if isinstance(focused, TextArea) else "home",
            "line_end": "cursor_line_end" if isinstance(focused, TextArea) else "end",
            "word_left": "cursor_word_left" if isinstance(focused, TextArea) else "cursor_left_word",
            "word_right": "cursor_word_right" if isinstance(focused, TextArea) else "cursor_right_word",
            "delete_word": "delete_word_left" if isinstance(focused, TextArea) else "delete_left_word",
            "delete_to_end": "delete_to_end_of_line" if isinstance(focused, TextArea) else "delete_right_all",
            "delete_to_start": "delete_to_start_of_line" if isinstance(focused, TextArea) else "delete_left_all",
            "delete_line": "delete_line",
            "select_all": "select_all",
            "comment": "toggle_comment",
        }
        does = getattr(focused, f"action_{names[name]}", None)
        if does is not None:
            does()

    # what every page can do

    def do_back(self) -> None:
        """Go back."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        elif not isinstance(self.screen, Home):
            self.do_home()

    def show_tab(self, name: str) -> None:
        """Show a tab's page as it was left."""
        if self._empty:
            self.tell("There is no project yet: make one, or open one.", "muted")
            return
        while len(self.screen_stack) > 1:
            self.pop_screen()
        if name != "home":
            if not self.is_screen_installed(name):
                self.install_screen(_page(name), name)
            self.push_screen(name)

    def do_home(self) -> None:
        """Go to the syncs."""
        self.show_tab("home")

    def do_sources(self) -> None:
        """Go to sources and destinations."""
        self.show_tab("sources")

    def do_editor(self) -> None:
        """Go to the editor as it was left; the first time, with the query of the sync that was chosen last."""
        self.show_tab("editor")

    def do_runs(self) -> None:
        """Go to the runs."""
        self.show_tab("runs")

    def open_editor(self, sync: str) -> None:
        """Show the query of a sync in the editor."""
        self.current_sync = sync
        self.show_tab("editor")
        from tui.screens.editor import Editor

        if isinstance(self.screen, Editor):
            self.screen.open_sync(sync)

    def do_command(self) -> None:
        """Open the `:` line."""
        from tui.screens.palette import CommandLine

        self.push_screen(CommandLine())

    def do_help(self) -> None:
        """Show the keys."""
        from tui.screens.help import Help

        self.push_screen(Help(self.screen.scope if isinstance(self.screen, Actor) else "global"))

    def do_jump(self) -> None:
        """Show a letter on each pane."""
        from tui.screens.jump import Jump

        if isinstance(self.screen, Actor) and self.screen.panes():
            self.push_screen(Jump(self.screen))

    def do_zoom(self) -> None:
        """Give the focused pane the whole page."""
        if isinstance(self.screen, Page) and not self.screen.zoom():
            self.tell("zoom: no pane has the keys; Tab gives them to one.", "muted")

    def do_filter(self, words: str = "") -> None:
        """Filter the list that has the keys."""
        from tui.screens.dialogs import Ask

        screen = self.screen
        table = screen.list_widget if isinstance(screen, Actor) else None
        if table is None:
            self.tell("filter: no list has the keys; Tab gives them to one.", "muted")
        elif words:
            table.filter(words)
        else:
            self.push_screen(Ask("Show rows that hold", table.words, live=table.filter, note="empty shows all"))

    def do_messages(self) -> None:
        """Read what was told."""
        from tui.screens.dialogs import messages

        self.push_screen(messages(self.said))

    def do_theme(self, name: str = "") -> None:
        """Choose the colours."""
        from tui.screens.dialogs import choose_theme

        if name and name not in PALETTES:
            self.tell(f"There is no theme {name}; there are {', '.join(PALETTES)}.", "fail")
        elif name:
            self.use_theme(name)
        else:
            choose_theme(self)

    def use_theme(self, name: str, *, keep: bool = True) -> None:
        """Take other colours, and keep the choice."""
        self.theme = name
        for screen in self.screen_stack:
            for widget in screen.query("*"):
                widget.refresh()
        if keep:
            self._keep(theme=name)

    def do_keys(self, name: str = "") -> None:
        """Choose the key preset."""
        from tui.keys import PRESETS
        from tui.screens.dialogs import choose_keys

        if name and name not in PRESETS:
            self.tell(f"There is no key preset {name}; there are {', '.join(PRESETS)}.", "fail")
        elif name:
            self.use_keys(name)
        else:
            choose_keys(self)

    def use_keys(self, name: str) -> None:
        """Take another key preset, and keep the choice."""
        try:
            self.keys = load(name, self.chosen.keys)
        except ValueError as error:
            self.tell(f"{error} Your own keys do not count with this preset.", "warn")
            self.keys = load(name)
        self._keep(preset=name)
        self._show_bars()

    def _keep(self, **chosen: str) -> None:
        async def keep() -> None:
            try:
                await asyncio.to_thread(preferences.write, **chosen)
            except OSError as error:
                self.tell(f"The choice could not be kept: {error.strerror}.", "warn")

        self.run_worker(keep)

    def do_reload(self) -> None:
        """Read everything again."""
        self.run_worker(partial(self.bridge.refresh, anew=True))

    async def do_copy(self) -> None:
        """Copy the chosen thing."""
        text = self.screen.copy_text() if isinstance(self.screen, Actor) else ""
        if text:
            self.put_on_clipboard(text)
        else:
            self.tell("copy: nothing is chosen here.", "muted")

    def put_on_clipboard(self, text: str) -> None:
        """Copy a text: to the terminal (OSC 52), to tmux's buffer inside tmux, and for pasting here."""
        from tui.clipboard import send

        if not text:
            self.tell("copy: nothing is chosen here.", "muted")
            return
        plain = harmless(text, lines=True)
        self.clipboard_text = plain
        self.tell(send(self, plain), "ok")

    def do_export(self, path: str = "") -> None:
        """Save the rows that are shown to a file."""
        from tui.screens.dialogs import export

        if isinstance(self.screen, Actor):
            export(self, self.screen, path)

    # runs

    async def start_run(self, sync: str, *words: str) -> None:
        """Start a run of a sync; it outlives this console."""
        if sync in self.bridge.starting:
            self.tell(f"{sync}: it is starting already.", "muted")
            return
        await self.bridge.start("run", sync, *words)
        self.tell(f"{sync}: the run begins.", "run")

    async def replay(self, sync: str) -> None:
        """Send the rejected rows of a sync again."""
        await self.bridge.start("replay", sync)
        self.tell(f"{sync}: its rejected rows are sent again.", "run")

    async def stop_run(self, run: str, sync: str) -> None:
        """Ask a run to stop."""
        if await self.bridge.stop(run):
            self.tell(f"{sync}: the run stops after the batches in flight; the next one goes on.", "warn")
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
        self.tell(f"{sync}: the schedule is {'off' if found.enabled else 'on'}.", "ok")

    # the end

    async def do_quit(self) -> None:
        """Close the console; say whether runs go on."""
        from tui.screens.dialogs import Confirm

        unsaved = self.unsaved
        if unsaved:
            names = ", ".join(unsaved)
            question = f"{names} {'has' if len(unsaved) == 1 else 'have'} unsaved changes. They are kept, and are there when you open the editor again."
            if not await self.push_screen_wait(Confirm("Close the console?", question, yes="Close")):
                return
        self.exit(0, message=self.farewell())

    @property
    def unsaved(self) -> list[str]:
        """Give the syncs whose query was changed and not saved."""
        from tui.buffers import unsaved

        project = self.bridge.snapshot.project
        return unsaved(project.state) if project else []

    def farewell(self) -> str | None:
        """Say which runs go on."""
        live = {run.name for run in self.bridge.snapshot.live} | self.bridge.starting
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

    def refused(self, error: Refused) -> None:
        """Tell what could not be done."""
        self.tell(f"{error.message} {error.remedy}".strip(), "fail")


def _page(name: str) -> Page:
    """Make a tab's page; what only one of them needs is imported now."""
    if name == "sources":
        from tui.screens.sources import Sources

        return Sources()
    if name == "editor":
        from tui.screens.editor import Editor

        return Editor()
    from tui.screens.runs import Runs

    return Runs()


def terminal_is_gone() -> bool:
    """Say whether nobody can read or type any more (a hang-up that was ignored, a terminal that was closed)."""
    import errno
    import termios

    try:
        termios.tcgetattr(sys.__stderr__.fileno() if sys.__stderr__ else 2)
    except termios.error as error:
        return error.args[0] in (errno.EIO, errno.ENXIO, errno.EBADF)
    return False
