"""The `:` line: every action by its command or by its words, the best match first, with its key; and why it cannot be done now.

What Home does to a sync can be said on every page, where the sync is named: `:plan users`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from tui.actions import ACTIONS, Action
from tui.drawing import Line, Span, line
from tui.keys import PRESETS
from tui.screens.base import Actor, Dialog
from tui.themes import PALETTES
from tui.widgets.entry import Entry
from tui.widgets.table import Column, Row, Table

__all__ = ["CommandLine"]

_SHORT = {"q": "quit", "w": "save", "wq": "save", "e": "edit", "h": "help", "?": "help", "x": "export", "q!": "quit"}


@dataclass(frozen=True, slots=True)
class _Choice:
    """What a row of the list would do."""

    action: Action
    argument: str = ""
    why_not: str = ""


class CommandLine(Dialog):
    """Type a command, or words of what is wanted; Enter does the first."""

    DEFAULT_CSS = """
    CommandLine { align: center bottom; background: $background 0%; }
    CommandLine > Vertical { width: 100%; max-width: 100%; padding: 0; max-height: 60%; }
    CommandLine Table { height: auto; max-height: 12; background: $panel; }
    CommandLine #line { height: 1; layout: horizontal; background: $background; }
    CommandLine Input { background: $background; padding: 0 1; }
    """

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Table(
                [
                    Column(head="", least=22, most=44),
                    Column(head="", share=1, most=120),
                    Column(head="", width=8, right=True),
                ],
                heads=False,
            )
            yield Entry(placeholder="a command, or words of what you want", id="typed")

    def on_mount(self) -> None:
        table = self.query_one(Table)
        table.ground = "panel"
        table.can_focus = False
        self.query_one(Input).focus()
        self._show("")

    @property
    def scopes(self) -> tuple[str, ...]:
        return ("dialog", "text", "global")

    @property
    def under(self) -> Actor | None:
        """Return the page that this line is about."""
        below = [screen for screen in self.console.screen_stack if screen is not self and isinstance(screen, Actor)]
        return below[-1] if below else None

    def on_input_changed(self, event: Input.Changed) -> None:
        self._show(event.value)

    def _show(self, typed: str) -> None:
        keys, under = self.console.keys, self.under
        letters = under is None or under.letters
        elsewhere = {choice.action.id for choice in self._of_named()}
        rows = []
        for choice in self._choices(typed):
            style = "muted" if choice.why_not else "text"
            key = "" if choice.action.id in elsewhere else keys.shown(choice.action.id, typing=not letters)
            words = f"{choice.action.command} {choice.argument}".strip()
            described = f"{choice.action.help}{f' ({choice.why_not})' if choice.why_not else ''}"
            rows.append(
                Row(
                    f"{choice.action.id} {choice.argument}",
                    (Span(words, style), Span(described, "muted"), Span(key, style)),
                )
            )
        table = self.query_one(Table)
        table.show(rows)
        table.move_to(0)
        table.set_state("full" if rows else "empty", [] if rows else self._nothing(typed))

    def _nothing(self, typed: str) -> list[Line]:
        return [
            line(
                (
                    f"Unknown command {typed.split(' ', maxsplit=1)[0]!r}. Type words of what you want: run, save, theme …",
                    "muted",
                )
            )
        ]

    def _available(self) -> Iterator[_Choice]:
        """Give every action that could be meant on this page, with the reason where it cannot be done."""
        under = self.under
        scopes = (*(under.scopes if under else ()), "global")
        known: set[str] = set()
        for scope in dict.fromkeys(("home" if scope == "dialog" else scope) for scope in scopes):
            for action in ACTIONS.values():
                if action.scope != scope or action.command in known or scope == "text":
                    continue
                known.add(action.command)
                why = under.why_not(action.name) if under and under.doer(action.name) is not None else ""
                yield _Choice(action, "", why)

    def _of_named(self) -> Iterator[_Choice]:
        """Yield what Home does to a sync that is named, where another page is in sight."""
        under = self.under
        if under is not None and under.scope != "home" and self._known("sync"):
            yield from (
                _Choice(action) for action in ACTIONS.values() if action.scope == "home" and action.takes == "sync"
            )

    def _choices(self, typed: str) -> list[_Choice]:
        """Return what the typed words may mean, the best first."""
        words = typed.strip().split(None, 1)
        available = list(self._available())
        if not words:
            return available
        command = _SHORT.get(words[0], words[0]).lower()
        argument = words[1].strip() if len(words) > 1 else ""
        exact = [
            choice for choice in available if choice.action.command == command and (choice.action.takes or not argument)
        ]
        if exact and exact[0].action.takes:
            return [*self._arguments(exact[0], argument)]
        own = set() if argument else {choice.action.command for choice in available}
        named = [choice for choice in self._of_named() if choice.action.command not in own]
        for choice in named:
            if choice.action.command == command:
                return [*self._arguments(choice, argument)]
        scored = [
            (score, place, choice)
            for place, choice in enumerate([*available, *named])
            if (score := _score(choice.action, typed.lower())) > 0
        ]
        ordered = [choice for _score_, _place, choice in sorted(scored, key=lambda found: (-found[0], found[1]))]
        return exact + [choice for choice in ordered if choice not in exact]

    def _arguments(self, choice: _Choice, typed: str) -> Iterator[_Choice]:
        """Yield an action with each thing that it may be about."""
        known = self._known(choice.action.takes)
        found = [name for name in known if typed.lower() in name.lower()]
        if typed and typed not in known:
            if not found or choice.action.takes in ("path", "key", "words"):
                yield _Choice(choice.action, typed)
        elif not typed:
            yield choice
        for name in sorted(found, key=lambda name: (name != typed, not name.lower().startswith(typed.lower()), name)):
            yield _Choice(choice.action, name)

    def _known(self, takes: str) -> tuple[str, ...]:
        if takes == "sync":
            return tuple(status.sync for status in self.bridge.snapshot.statuses)
        if takes == "state":
            from tui.screens.runs_rows import STATES

            return tuple(name for name in STATES if name)
        if takes == "topic":
            from core.guide import pages

            return tuple(each.topic for each in pages())
        return {"theme": tuple(PALETTES), "preset": PRESETS}.get(takes, ())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.do_yes()

    def do_yes(self) -> None:
        """Do what is chosen; where nothing is, the line stays, and says so."""
        key = self.query_one(Table).key
        if key is None and self.query_one(Input).value.strip():
            return
        action, _, argument = (key or "").partition(" ")
        if action in {choice.action.id for choice in self._of_named()} and not argument:
            self.do_next()
            return
        self.dismiss(None)
        if action:
            self.app.call_later(self.console.act, action, argument)

    def do_next(self) -> None:
        """Take the chosen command into the line, to go on with what it is about."""
        key = self.query_one(Table).key
        if key:
            action, _, argument = key.partition(" ")
            typed = self.query_one(Input)
            typed.value = f"{ACTIONS[action].command} {argument}".strip() + ("" if argument else " ")
            typed.cursor_position = len(typed.value)

    def do_previous(self) -> None:
        """Go one up."""
        self.query_one(Table).move(-1)

    def on_key(self, event: object) -> None:
        from textual.events import Key

        if isinstance(event, Key) and event.key in ("up", "down", "pageup", "pagedown", "ctrl+n", "ctrl+p"):
            table = self.query_one(Table)
            table.move({"up": -1, "down": 1, "pageup": -8, "pagedown": 8, "ctrl+n": 1, "ctrl+p": -1}[event.key])
            event.stop()
            event.prevent_default()


def _score(action: Action, typed: str) -> int:
    """Say how well an action fits typed words: its command, then its words, then letters in order; 0 where it does not."""
    if action.command.startswith(typed):
        return 100 - len(action.command)
    text = f"{action.command} {action.word} {action.help}".lower()
    words = typed.split()
    if all(word in text for word in words):
        return 50 + sum(10 for word in words if word in action.command)
    letters = iter(action.command)
    return 5 if all(letter in letters for letter in typed.replace(" ", "")) else 0
