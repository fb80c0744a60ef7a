"""`?`: every key that works on this page, then everywhere, then while typing; and what people of other tools look for."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.containers import Vertical

from tui.actions import ACTIONS, SCOPES
from tui.drawing import Line, Span, heading, line
from tui.foreign_key_hints import HABITS
from tui.keys import shown
from tui.screens.base import Dialog
from tui.widgets.sheet import Sheet

__all__ = ["Help"]


class Help(Dialog):
    """The keys of a scope."""

    DEFAULT_CSS = """
    Help > Vertical { max-width: 100; height: 90%; }
    Help Sheet { background: $panel; }
    """

    def __init__(self, of: str, *, letters: bool = True) -> None:
        """Show the keys of a scope; without `letters`, only those that are no single letters."""
        super().__init__()
        self._of, self._letters = of, letters

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Sheet(self._lines)

    def on_mount(self) -> None:
        sheet = self.query_one(Sheet)
        sheet.ground = "panel"
        sheet.focus()

    def _lines(self, width: int) -> list[Line]:
        texts = self._of in ("editor", "settings", "form", "wizard")
        scopes = [self._of, *(["list"] if self._letters else []), "global", *(["text"] if texts else [])]
        lines: list[Line] = []
        for scope in scopes:
            found = list(self._of_scope(scope))
            if found:
                note = "letters work while no text is edited" if scope == self._of == "editor" else ""
                lines += [heading(SCOPES[scope], (note, "muted")) if note else heading(SCOPES[scope]), *found, Line()]
        lines += [heading("If you know another tool"), *self._elsewhere(), Line()]
        preset = self.console.keys.name
        lines.append(
            line(
                (
                    f"These are the {preset} keys. {self.console.keys.shown('global.keys')} changes the preset, ~/.config/backhaul/console.toml single keys.",
                    "muted",
                )
            )
        )
        lines.append(
            line(
                (
                    f"{self.console.keys.shown('dialog.no')} closes this. Every line here can also be typed behind {self.console.keys.shown('global.command')}",
                    "muted",
                )
            )
        )
        return lines

    def _of_scope(self, scope: str) -> Iterator[Line]:
        for action in ACTIONS.values():
            keys = [key for key in self.console.keys.of(action.id) if self._means(key, action.id)]
            if action.scope == scope and keys:
                names = "  ".join(shown(key) for key in keys)
                yield line(Span(f"{names:<16} ", "bold text"), action.help, right=((f":{action.command}", "muted"),))

    def _means(self, key: str, action: str) -> bool:
        """Return whether a key does this on the page: it may have a key of the page's own in front of it."""
        scopes = [*dict.fromkeys((self._of, "list", "global"))]
        return action.startswith("text.") or self.console.keys.action(scopes, key, typing=not self._letters) == action

    def _elsewhere(self) -> Iterator[Line]:
        for habit in HABITS.values():
            key, action = self.console.keys.shown(habit.action), habit.action
            yield line(
                (f"{habit.tool:<19} {habit.means:<34}", "muted"),
                "here ",
                Span(f"{key:<7}", "bold text"),
                (ACTIONS[action].help, "muted"),
            )

    def do_yes(self) -> None:
        """Close it."""
        self.dismiss(None)
