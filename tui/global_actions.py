"""What every page can do: go elsewhere, find any action, see the keys, filter, copy, save, choose colours and keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from core.control_chars import escape_control_chars
from core.redaction import without_secrets
from tui import preferences
from tui.action_app import ActionApp
from tui.actions import ACTIONS
from tui.bridge import Bridge
from tui.keys import load
from tui.screens.base import Actor, Page
from tui.themes import PALETTES
from tui.work import begin

if TYPE_CHECKING:
    from tui.console_api import ConsoleApi

__all__ = ["GlobalActions"]


class GlobalActions(ActionApp):
    """The actions of the scope `global`. `bridge` is the way to core, `folder` the project's."""

    bridge: Bridge
    folder: Path
    chosen: preferences.Preferences

    def __init__(self) -> None:
        super().__init__()
        self.clipboard_text = ""
        self.current_sync: str | None = None
        self._empty = False

    @property
    def _api(self) -> ConsoleApi:
        return cast("ConsoleApi", self)  # the console, of which this is a part

    def act(self, action: str, argument: str = "") -> None:
        """Do an action of the page in sight; one of Home's that names a sync is done there, to that sync."""
        if not (argument and action.startswith("home.") and ACTIONS[action].takes == "sync"):
            super().act(action, argument)
            return
        known = [status.sync for status in self.bridge.snapshot.statuses]
        if argument in known:
            self._leave(partial(self._act_at_home, action, argument))
        else:
            self.tell(f"There is no sync {argument}. There are: {', '.join(known)}.", "fail")

    def _act_at_home(self, action: str, sync: str) -> None:
        from tui.screens.home import Home

        if not isinstance(self.screen, Home):
            self._show_tab("home")
        if isinstance(self.screen, Home):
            self.screen.choose(sync)
        super().act(action, sync)

    def _leave(self, goes: Callable[[], None]) -> None:
        """Do what leaves the pages that are open; where one has changes that are not saved, after a question."""
        if not any(isinstance(screen, Page) and screen.changed for screen in self.screen_stack):
            goes()
            return
        from tui.screens.dialogs import Confirm

        def answered(leaves: bool | None) -> None:
            if leaves:
                goes()

        self.push_screen(Confirm("Discard unsaved changes?", yes="Discard", no="Keep editing"), answered)

    def do_back(self) -> None:
        """Go back."""
        if len(self.screen_stack) > 1:
            self.pop_screen()

    def show_tab(self, name: str) -> None:
        """Show a tab's page as it was left."""
        if self._empty:
            self.tell("There is no project yet: make one, or open one.", "muted")
        else:
            self._leave(partial(self._show_tab, name))

    def _show_tab(self, name: str) -> None:
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

    def do_alerts(self) -> None:
        """Go to the alerts."""
        from tui.screens.alerts import AlertsPage

        if self._empty:
            self.tell("There is no project yet: make one, or open one.", "muted")
        elif not isinstance(self.screen, AlertsPage):
            self.push_screen(AlertsPage())

    def open_editor(self, sync: str) -> None:
        """Show the query of a sync in the editor."""
        self.current_sync = sync
        self.show_tab("editor")
        from tui.screens.editor import Editor

        if isinstance(self.screen, Editor):
            self.screen.open_sync(sync)

    def open_sync(self, sync: str) -> None:
        """Show the page of a sync."""
        from tui.screens.sync import SyncPage

        self.current_sync = sync
        self.push_screen(SyncPage(sync))

    def do_command(self) -> None:
        """Open the `:` line."""
        from tui.screens.palette import CommandLine

        self.push_screen(CommandLine())

    def do_help(self) -> None:
        """Show the keys."""
        from tui.screens.help import Help

        if isinstance(self.screen, Actor):
            self.push_screen(Help(self.screen.scope, letters=self.screen.letters))

    def do_guide(self, topic: str = "") -> None:
        """Read the user's guide."""
        from tui.screens.guide import choose_topic, read_topic

        if topic:
            read_topic(self._api, topic)
        else:
            choose_topic(self._api)

    def do_jump(self) -> None:
        """Show a letter on each pane."""
        from tui.screens.jump import Jump

        if isinstance(self.screen, Actor) and self.screen.panes():
            self.push_screen(Jump(self.screen))

    def do_zoom(self) -> None:
        """Give the focused pane the whole page."""
        if isinstance(self.screen, Page) and not self.screen.zoom():
            self.tell("zoom: No pane is focused. Press Tab.", "muted")

    def do_filter(self, words: str = "") -> None:
        """Filter the list that has the keys."""
        from tui.screens.dialogs import Ask

        screen = self.screen
        table = screen.filtered if isinstance(screen, Actor) else None
        if table is None:
            self.tell("filter: No list is focused. Press Tab.", "muted")
        elif words:
            table.filter(words)
        else:
            self.push_screen(Ask("Filter rows", table.words, live=table.filter, note="empty shows all"))

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
            choose_theme(self._api)

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
            choose_keys(self._api)

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
                self.tell(f"The choice could not be saved: {error.strerror}.", "warn")

        begin(self, keep)

    def do_reload(self) -> None:
        """Read everything again."""
        begin(self, partial(self.bridge.refresh, anew=True))

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
        plain = escape_control_chars(without_secrets(text), lines=True)
        self.clipboard_text = plain
        self.tell(send(self, plain), "ok")

    def copy_to_clipboard(self, text: str) -> None:
        """Send a text to the terminal's clipboard: harmless, whichever of Textual's own widgets asks for it."""
        super().copy_to_clipboard(escape_control_chars(without_secrets(text), lines=True))

    async def do_summary(self, path: str = "") -> None:
        """Say the page in sentences: to the clipboard, or into a file."""
        from tui.screens.dialogs import write_text

        screen = self.screen
        text = "\n".join(screen.summary()) if isinstance(screen, Actor) else ""
        if path and text:
            await write_text(self._api, path, text)
        else:
            self.put_on_clipboard(text)

    def do_export(self, path: str = "") -> None:
        """Save the rows that are shown to a file."""
        from tui.screens.dialogs import export

        if isinstance(self.screen, Actor):
            export(self._api, self.screen, path)


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
