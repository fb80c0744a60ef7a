"""What every page of the console shares: header, footer, its actions with their reasons, and the snapshot it shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import ComposeResult
from textual.css.query import NoMatches
from textual.geometry import Size
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Input

from tui.actions import ACTIONS
from tui.messages import Refused, Snapshot
from tui.widgets.bars import Header, KeyBar, KeyHint
from tui.widgets.canvas import Canvas
from tui.widgets.pane import Pane
from tui.widgets.table import Table
from tui.work import begin

if TYPE_CHECKING:
    from tui.bridge import Bridge
    from tui.console_api import ConsoleApi

__all__ = ["Actor", "Dialog", "Page"]


class Actor(Screen[Any]):
    """A screen that does actions: for an action `home.run` its method `do_run`, or that of one of its `parts`, unless
    `why_not('run')` gives a reason. Parts are plain objects that the screen is composed of.
    """

    parts: tuple[object, ...] = ()
    scope: ClassVar[str] = ""
    letters: ClassVar[bool] = True
    """Whether single letters are keys. On a page of fields they never are: what is typed beside a field may be a secret."""
    AUTO_FOCUS = ""
    is_ready = False
    """Whether it is open: its widgets are there, and one of them has the keys."""

    def on_screen_resume(self) -> None:
        """Take the keys, once all is there."""
        self.call_after_refresh(self._become_ready)

    def _become_ready(self) -> None:
        if not self.is_ready:
            self.is_ready = True
            self.console.page_ready()

    @property
    def console(self) -> ConsoleApi:
        return cast("ConsoleApi", self.app)  # no other app shows these screens

    @property
    def bridge(self) -> Bridge:
        return self.console.bridge

    @property
    def typing(self) -> bool:
        """Return whether a text has the keys, so that single letters are letters."""
        focused = self.focused
        if focused is None or isinstance(focused, Canvas):
            return False
        from textual.widgets import TextArea

        return isinstance(focused, Input | TextArea) and not getattr(focused, "read_only", False)

    @property
    def takes_letters(self) -> bool:
        """Return whether single letters are keys now."""
        return self.letters and not self.typing

    @property
    def scopes(self) -> tuple[str, ...]:
        """Return the scopes whose keys count, the nearest first."""
        found = [self.scope]
        if isinstance(self.focused, Canvas):
            found.append("list")
        if self.typing:
            found.append("text")
        return (*found, "global")

    def doer(self, name: str) -> object | None:
        """Return who does an action: this screen, or one of its parts; None where neither does."""
        return next((each for each in (self, *self.parts) if hasattr(each, f"do_{name}")), None)

    def why_not(self, name: str) -> str:
        """Say in a few words why an action cannot be done now; nothing where it can."""
        return ""

    def hints(self) -> Iterable[str]:
        """Return the actions for the footer, the most useful first."""
        return ()

    @property
    def stays_open(self) -> bool:
        """Return whether its widgets are there: it is not just being closed, by itself or with the console."""
        closing = self._pruning or self._closing or self.app._exit  # noqa: SLF001 -- Textual tells it nowhere else
        return self.is_attached and not closing

    def attempt(self, work: Callable[[], Awaitable[Any]], *, group: str = "", exclusive: bool = False) -> None:
        """Do asynchronous work; what core refuses is told."""

        async def guarded() -> None:
            try:
                await work()
            except Refused as error:
                self.refused(error)
            except NoMatches:  # an answer that comes while the page is closed has nowhere to go
                if self.stays_open:
                    raise

        begin(self, guarded, group=group or "attempt", exclusive=exclusive)

    def refused(self, error: Refused) -> None:
        """Tell why something could not be done. Screens show it where it belongs, too."""
        if not error.stopped:
            self.console.tell(f"{error.message} {error.remedy}".strip(), "fail")

    @property
    def list_widget(self) -> Table | None:
        """Return the table that has the keys."""
        return self.focused if isinstance(self.focused, Table) else None

    @property
    def filtered(self) -> Any:
        """Return what `filter` filters: it has `words` and a method `filter`. The table that has the keys, mostly."""
        return self.list_widget

    def panes(self) -> list[Widget]:
        """Return what jump mode can jump to: panes, and lists and texts that stand alone."""
        shown = [widget for widget in self.query("*") if widget.display and widget.region and widget.focusable]
        return list(shown)

    def copy_text(self) -> str:
        """Return what `copy` copies; by default the chosen row, or what the focused sheet says."""
        focused = self.focused
        if isinstance(focused, Table) and focused.key is not None:
            return "\t".join(focused.each_row()[focused.cursor])
        return focused.plain_text() if focused is not None and hasattr(focused, "plain_text") else ""

    def summary(self) -> list[str]:
        """Return the page in plain sentences; by default as it stands there."""
        from tui.screens.page_text import said_of

        return said_of(self)

    def export_rows(self) -> tuple[list[str], list[list[Any]]] | None:
        """Return heads and rows for `export`; by default those of the focused table, or of the first one."""
        table = self.list_widget or next(iter(self.query(Table)), None)
        return ([column.head for column in table.columns], list(table.each_row())) if table and table.shown else None


class Page(Actor):
    """A page under the header and above the footer."""

    tab: ClassVar[str] = ""
    crumb: str = ""
    _header: Header | None = None
    _key_bar: KeyBar | None = None
    _has_widgets = False

    DEFAULT_CSS = """
    Page { background: $background; layout: vertical; }
    Page #body { height: 1fr; padding-top: 1; }
    Page.-flat #body { padding-top: 0; }
    Page #left { width: 100fr; }
    Page #right { width: 60fr; border-left: solid $line; padding-left: 0; }
    Page.-narrow #right { display: none; }
    Page.-narrow .wide { display: none; }
    Page.-wide .narrow { display: none; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]  # noqa: RUF012 -- Textual's own form
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (16, "-short"), (34, "-tall")]  # noqa: RUF012 -- as Textual declares it

    def compose(self) -> ComposeResult:
        self._take_classes_of(self.app.size)
        self._header, self._key_bar = Header(), KeyBar()
        yield self._header
        yield from self.body()
        yield self._key_bar

    @property
    def changed(self) -> bool:
        """Return whether something was typed here that is lost where the page is left."""
        return False

    def _take_classes_of(self, size: Size) -> None:
        """Take the classes of a size before there are widgets. Textual gives them at the first resize, and styles all of them again."""
        for length, breakpoints in (
            (size.width, self.HORIZONTAL_BREAKPOINTS),
            (size.height, self.VERTICAL_BREAKPOINTS),
        ):
            self.add_class(max((least, name) for least, name in breakpoints if length >= least)[1], update=False)

    def body(self) -> ComposeResult:
        """Yield the widgets between header and footer."""
        yield from ()

    @property
    def snapshot(self) -> Snapshot:
        return self.bridge.snapshot

    @property
    def wide(self) -> bool:
        return self.size.width >= 120

    def on_mount(self) -> None:
        self._has_widgets = True
        self.refresh_bars()
        self.show_now()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.refresh_bars()
        self.show_now()

    def _become_ready(self) -> None:
        opening = not self.is_ready
        super()._become_ready()
        if opening:  # what was read while it was being opened
            self.show_now()

    def show_now(self) -> None:
        """Show the project and the store as they are now."""
        self._while_open(lambda: self.show_snapshot(self.snapshot))

    def _while_open(self, show: Callable[[], None]) -> None:
        """Show something; before it is open, and once it is being closed, there is nothing to show it on."""
        if not self._has_widgets or not self.stays_open:
            return
        try:
            show()
        except NoMatches:
            if self.stays_open:
                raise

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the project and the store as they are now."""

    def tick(self) -> None:
        """Show what changes by itself: ages and clocks. Called once a second while the page is in sight."""

    def refresh_bars(self) -> None:
        """Show header and footer as they are now."""
        self._while_open(self._show_bars)

    def _show_bars(self) -> None:
        if self.is_mounted and self._header is not None and self._key_bar is not None:
            self._header.show(self.console.header_state(self.tab, self.crumb + self._notice()))
            self._key_bar.show(self._key_hints(), self._always())

    def shown_source(self) -> str:
        """Return the name of the source whose rows the page shows; "" where it shows none."""
        return ""

    def source_of(self, sync: str) -> str:
        """Return the name of a sync's source; "" where it is not known."""
        project = self.snapshot.project
        found = next((each for each in project.syncs.values() if each.name == sync), None) if project else None
        return found.source if found else ""

    def _notice(self) -> str:
        """Say behind the page's name that its source lets in a user whom nothing holds back."""
        project = self.snapshot.project
        source = project.sources.get(self.shown_source()) if project else None
        return " · superuser" if source is not None and source.notice else ""

    def _key_hints(self) -> list[KeyHint]:
        found = []
        for action in self.hints():
            key = self.console.keys.shown(action, typing=not self.takes_letters)
            if key:
                described = ACTIONS[action]
                own = described.scope == self.scope
                found.append(
                    KeyHint(key, self.word(described.name, described.word), self.why_not(described.name) if own else "")
                )
        return found

    def word(self, name: str, word: str) -> str:
        """Return the footer's word for an action as it is now ('pause' or 'resume')."""
        return word

    def _always(self) -> list[KeyHint]:
        keys = self.console.keys
        if self.console.pending:
            return [KeyHint(self.console.pending, "…")]
        if self.typing:
            return [
                KeyHint(
                    keys.shown("text.leave", typing=True),
                    "leave the text" if hasattr(self, "leave_text") else self.word("back", "back"),
                ),
                KeyHint(keys.shown("global.command", typing=True), "command"),
            ]
        found = [(keys.shown(f"global.{name}", typing=not self.takes_letters), name) for name in ("help", "command")]
        return [KeyHint(key, "keys" if name == "help" else name) for key, name in found if key]

    def on_descendant_focus(self) -> None:
        self.refresh_bars()

    def on_descendant_blur(self) -> None:
        self.refresh_bars()

    def zoom(self) -> bool:
        """Give the focused pane the whole page, or take it back."""
        if self.maximized is not None:
            self.minimize()
            return True
        around = list(self.focused.ancestors_with_self) if self.focused else []
        panes = [node for kind in (Pane, Canvas) for node in around if isinstance(node, kind)]
        pane = panes[0] if panes else None
        return bool(pane is not None and self.maximize(pane, container=False))


class Dialog(Actor, ModalScreen[Any]):
    """A raised panel, everything behind it dimmed. `Esc` leaves it; it gives None then."""

    scope: ClassVar[str] = "dialog"

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 70%; }
    Dialog > Vertical {
        width: 90%; max-width: 84; height: auto; max-height: 90%;
        background: $panel; padding: 1 0;
    }
    Dialog:ansi > Vertical { border: solid ansi_default; }
    """

    @property
    def scopes(self) -> tuple[str, ...]:
        found = [self.scope]
        if isinstance(self.focused, Canvas):
            found.append("list")
        if self.typing:
            found.append("text")
        return (*found, "global")

    def do_no(self) -> None:
        """Leave it."""
        self.dismiss(None)

    def do_back(self) -> None:
        """Leave it."""
        self.dismiss(None)

    def do_next(self) -> None:
        """Go to the next choice."""
        self.focus_next()

    def do_previous(self) -> None:
        """Go to the previous choice."""
        self.focus_previous()
