"""From keys and commands to actions, and telling what came of them: what lies under the console's pages.

Keys are resolved here, from one table (tui.keys) and the scopes of the page that is shown, before a widget sees them: so
the footer, `?`, the palette and what a key does are always the same. What is typed while a page is being opened waits for
that page: who types `:run users` means the line that `:` opens.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any

from textual import events
from textual.app import App
from textual.notifications import Notification, Notify, SeverityLevel
from textual.widgets import Input

from core.control_chars import escape_control_chars
from core.redaction import without_secrets
from tui.actions import ACTIONS
from tui.foreign_key_hints import HABITS
from tui.keys import Keys
from tui.retired_keys import notice
from tui.screens.base import Actor, Dialog, Page
from tui.widgets.table import Table

__all__ = ["ActionApp"]

_IN_DIALOGS = frozenset({"back", "quit", "copy", "down", "up"})
_SIGNS = {"ok": "✓", "run": "►", "warn": "!", "fail": "✗", "muted": "·"}
_SEVERITY: Mapping[str, SeverityLevel] = {"fail": "error", "warn": "warning"}
_LONGEST_TOAST = 400
"""What is longer is cut where it lies over the page; the messages have all of it."""
_SHORTEST_TOAST = 0.01
"""Seconds."""


@dataclass
class _Toast(Notification):
    """A notification whose seconds are the machine's, whatever its clock does, and of which there is always some time left.

    Textual 8.2 asks whether one has expired, and then how much time is left for its timer. Where the last of it passes in
    between, the timer is of less than nothing: its loop counts backwards, never waits, and the console stands still for good.
    """

    def __post_init__(self) -> None:
        self._ends = time.monotonic() + self.timeout

    @property
    def time_left(self) -> float:
        return max(self._ends - time.monotonic(), _SHORTEST_TOAST)

    @property
    def has_expired(self) -> bool:
        return time.monotonic() >= self._ends


class ActionApp(App[int]):
    """An application whose keys are a table. `keys` is that table, `pending` the keys of a sequence that was begun."""

    keys: Keys
    clipboard_text: str

    def __init__(self) -> None:
        super().__init__()
        self.pending = ""
        self.said: list[tuple[float, str, str]] = []
        self._typed_ahead: list[events.Key | events.Paste] = []

    def tell(self, text: str, meaning: str = "ok") -> None:
        """Tell a sentence: one line at the lower right for five seconds, and for good in the messages."""
        plain = escape_control_chars(without_secrets(text))
        self.said.append((time.time(), meaning, plain))
        del self.said[:-500]
        shown = escape_control_chars(plain, most=_LONGEST_TOAST)
        self.post_message(Notify(_Toast(f"{_SIGNS[meaning]} {shown}", severity=_SEVERITY.get(meaning, "information"))))

    async def on_event(self, event: events.Event) -> None:
        """Resolve a key before any widget sees it; keep it for a page that is just being opened."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            if not self.screen_stack:  # the console is being closed
                return
            if self._opening():
                self._typed_ahead.append(event)
                return
            if isinstance(event, events.Key) and self._pressed(event):
                event.stop()
                return
        await super().on_event(event)

    def _opening(self) -> bool:
        """Return whether keys have to wait: who types `:run users` means the line that `:` opens."""
        return bool(self._typed_ahead) or (isinstance(self.screen, Actor) and not self.screen.is_ready)

    def page_ready(self) -> None:
        """Return a page that is open now what was typed ahead."""
        waiting, self._typed_ahead = self._typed_ahead, []
        for event in waiting:
            self.post_message(event)

    def _pressed(self, event: events.Key) -> bool:
        """Do what a key means here; return whether it meant something."""
        screen = self.screen
        if not isinstance(screen, Actor):
            return False
        typing = screen.typing
        if event.key == "enter" and not self.pending and typing and not isinstance(screen.focused, Input):
            return False  # in a text of many lines Enter begins another
        if event.key == "enter" and isinstance(screen, Dialog) and isinstance(screen.focused, Input):
            return False  # the field tells of it itself, once it has all that was typed before
        began, self.pending = self.pending, ""
        for key in (event.key, *event.aliases):
            pressed = f"{began} {key}".strip()
            action = self.keys.action(screen.scopes, pressed, typing=not screen.takes_letters)
            if action is not None and self._may(screen, action):
                self.act(action)
                self._show_bars()
                return True
            if self.keys.begins(screen.scopes, pressed, typing=not screen.takes_letters):
                self.pending = pressed
                self._show_bars()
                return True
        if began:
            self._show_bars()
            return True
        said = (
            self._said_of(event, screen)
            if isinstance(screen, Page) and (screen.takes_letters or not event.is_printable)
            else ""
        )
        if said:
            self.tell(said, "muted")
        return bool(said)

    def _said_of(self, event: events.Key, screen: Page) -> str:
        """Return what to say of a key that means nothing here: it did before, or it does in another tool."""
        habit = HABITS.get(event.key)
        elsewhere = f"{habit.tool}: {habit.means}; here it is {self.keys.shown(habit.action)}." if habit else ""
        return notice(self.keys, screen.scope, event.key, typing=screen.typing) or elsewhere

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
        if scope == "text" and screen.doer(f"text_{name}") is None:
            self._act_in_text(screen, name)
            return
        prefix = "do_text_" if scope == "text" else "do_"
        doer = screen.doer(f"text_{name}" if scope == "text" else name)
        reason = screen.why_not(name) if screen.doer(name) is not None else ""
        if reason:
            self.tell(f"{ACTIONS[action].word}: {reason}.", "muted")
            return
        does = getattr(doer, f"{prefix}{name}", None) or getattr(self, f"do_{name}", None)
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
        from textual.widgets import TextArea

        focused = screen.focused
        if name == "leave":
            leave = getattr(screen, "leave_text", None) or getattr(screen, "do_back", None)
            result = leave() if leave is not None else None
            if inspect.isawaitable(result):
                self._await(screen, result)
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

    def put_on_clipboard(self, text: str) -> None:
        """Copy a text."""
        raise NotImplementedError

    def do_filter(self, words: str = "") -> None:
        """Filter the list that has the keys."""
        raise NotImplementedError
