"""What pages may ask of the console that shows them: its keys, its messages, other pages, and the runs of syncs.

Pages know this protocol and not the application, which knows all pages: so no import leads in a circle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from textual.geometry import Size
from textual.screen import Screen

from tui.keys import Keys
from tui.widgets.bars import HeaderState

if TYPE_CHECKING:
    from core.reports.history import SyncStatus
    from tui.bridge import Bridge

__all__ = ["ConsoleApi"]


class ConsoleApi(Protocol):
    """The application, as its pages see it (tui.app.Console)."""

    keys: Keys
    folder: Path
    bridge: Bridge
    pending: str
    clipboard_text: str
    current_sync: str | None
    said: list[tuple[float, str, str]]
    theme: str

    # the screen

    @property
    def empty(self) -> bool:
        """Whether there is no project yet."""

    @property
    def size(self) -> Size: ...

    @property
    def screen(self) -> Screen[Any]: ...

    @property
    def screen_stack(self) -> list[Screen[Any]]: ...

    def push_screen(self, screen: Any, callback: Callable[[Any], Any] | None = None) -> Any:
        """Show a page or a dialog over what is shown; `callback` takes what a dialog gives."""

    async def push_screen_wait(self, screen: Any) -> Any:
        """Show a dialog, and return what it gives."""

    def switch_screen(self, screen: Any) -> Any:
        """Show a page in the place of this one."""

    def header_state(self, tab: str, crumb: str) -> HeaderState:
        """Return what the header shows on a page."""

    def page_ready(self) -> None:
        """Take note that a page is open: what was typed ahead is its."""

    # messages

    def tell(self, text: str, meaning: str = "ok") -> None:
        """Show a sentence; `meaning` is ok, run, warn, fail or muted."""

    def put_on_clipboard(self, text: str) -> None:
        """Copy a text."""

    def write_to_terminal(self, sequence: str) -> None:
        """Write a sequence that is no part of the picture, such as a bell."""

    # actions and pages

    def act(self, action: str, argument: str = "") -> None:
        """Do an action, such as `home.run`."""

    def do_home(self) -> None:
        """Go to the syncs."""

    async def do_quit(self) -> None:
        """Close the console."""

    def do_reload(self) -> None:
        """Read everything again."""

    def show_tab(self, name: str) -> None:
        """Show a tab's page as it was left."""

    def open_editor(self, sync: str) -> None:
        """Show the query of a sync in the editor."""

    def open_sync(self, sync: str) -> None:
        """Show the page of a sync."""

    async def open_project(self, folder: Path) -> None:
        """Leave the welcome for the home of a project."""

    def use_theme(self, name: str, *, keep: bool = True) -> None:
        """Take other colours, and keep the choice."""

    def use_keys(self, name: str) -> None:
        """Take another key preset, and keep the choice."""

    # runs

    async def send(self, sync: str) -> None:
        """Run a sync now; its first delivery shows the plan first."""

    def shows_plan_first(self, status: SyncStatus) -> bool:
        """Return whether a run of this sync is planned before it sends."""

    async def start_run(self, sync: str, *words: str) -> None:
        """Start a run of a sync."""

    async def start_runs(self, syncs: Sequence[str]) -> None:
        """Start a run of each sync."""

    async def stop_run(self, run: str, sync: str) -> None:
        """Ask a run to stop."""

    async def replay(self, sync: str, *words: str) -> None:
        """Send rejected rows of a sync again."""

    async def replay_all(self, status: SyncStatus) -> None:
        """Send all rejected rows of a sync again, after a question."""

    async def undo(self, sync: str, run: str) -> None:
        """Send back what a run overwrote."""

    async def switch(self, sync: str) -> None:
        """Switch a sync's schedule off or on."""
