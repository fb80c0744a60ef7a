"""Find and replace: a bar under the text. Case counts only where the words have capitals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from tui.drawing import Line, Span
from tui.screens.base import Actor
from tui.widgets.code import CodeArea
from tui.widgets.entry import Entry
from tui.widgets.sheet import Sheet

__all__ = ["MOST", "FindBar", "matches", "replaced"]

MOST = 10_000
"""No more places than this are looked for."""


def matches(text: str, words: str) -> list[tuple[int, int]]:
    """Return the first places where the words stand, from and up to."""
    if not words:
        return []
    flags = 0 if words != words.lower() else re.IGNORECASE
    found = re.compile(re.escape(words), flags).finditer(text)
    return [match.span() for match in islice(found, MOST)]


def replaced(text: str, places: Sequence[tuple[int, int]], by: str) -> str:
    """Return the text with these places replaced."""
    parts, at = [], 0
    for start, end in places:
        parts += [text[at:start], by]
        at = end
    return "".join([*parts, text[at:]])


class FindBar(Vertical):
    """Two fields: what is looked for, and what takes its place."""

    DEFAULT_CSS = """
    FindBar { height: 2; display: none; }
    FindBar.-open { display: block; }
    FindBar Horizontal { height: 1; }
    FindBar Input { width: 1fr; }
    FindBar .label { width: 11; height: 1; }
    FindBar .note { width: 40; height: 1; }
    Editor.-slim FindBar .note { width: 14; }
    """

    def __init__(self, code: CodeArea) -> None:
        super().__init__(id="find")
        self._code = code
        self._places: list[tuple[int, int]] = []
        self._count = Sheet(self._count_line, classes="note", focusable=False)

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Sheet(lambda _width: [Line((Span("Find", "muted"),))], classes="label", focusable=False)
            yield Entry(id="words")
            yield self._count
        with Horizontal():
            yield Sheet(lambda _width: [Line((Span("Replace", "muted"),))], classes="label", focusable=False)
            yield Entry(id="by")
            yield Sheet(self._keys_line, classes="note", focusable=False)

    @property
    def is_open(self) -> bool:
        """Return whether it is in sight."""
        return self.has_class("-open")

    @property
    def has_keys(self) -> bool:
        """Return whether one of its fields has the keys."""
        return self.is_open and self.has_focus_within

    def open(self) -> None:
        """Show it; what is chosen in the text is what is looked for."""
        words = self.query_one("#words", Input)
        self.add_class("-open")
        chosen = self._code.selected_text
        if chosen and "\n" not in chosen:
            words.value = chosen
        words.focus()
        words.action_select_all()
        self.look()

    def close(self) -> None:
        """Take it away; the keys go back to the text."""
        self.remove_class("-open")
        self._code.show_matches(())
        self._code.focus()

    def look(self) -> None:
        """Look again: the words or the text have changed."""
        if self.is_open:
            self._places = matches(self._code.text, self.query_one("#words", Input).value)
            self._code.show_matches(self._places[:500])
            self._count.rebuild()

    def go(self, by: int) -> None:
        """Choose the next place, or the previous one; after the last comes the first."""
        if not self._places:
            return
        first, last = self._chosen()
        if by > 0:
            after = [place for place in self._places if place[0] >= last and place != (first, last)]
            wanted = after[0] if after else self._places[0]
        else:
            before = [place for place in self._places if place[1] <= first and place != (first, last)]
            wanted = before[-1] if before else self._places[-1]
        self._code.go_to(*wanted)
        self._count.rebuild()

    def enter(self) -> None:
        """Do what Enter does in the field that has the keys: find the next one, or replace this one."""
        if self.query_one("#by", Input).has_focus:
            self.replace_one()
        else:
            self.go(1)

    def replace_one(self) -> None:
        """Replace the chosen place, and go to the next."""
        chosen = self._chosen()
        if chosen in self._places:
            by = self.query_one("#by", Input).value
            self._code.change(replaced(self._code.text, [chosen], by))
            self._code.go_to(chosen[0] + len(by))
            self.look()
        self.go(1)

    def replace_all(self) -> int:
        """Replace all places in one edit; return how many there were."""
        places = self._places
        if places:
            self._code.change(replaced(self._code.text, places, self.query_one("#by", Input).value))
            self.look()
        return len(places)

    def _chosen(self) -> tuple[int, int]:
        place = self._code.lines.get_index_from_location
        first, last = sorted(self._code.selection)
        return place(first), place(last)

    def _count_line(self, _width: int) -> list[Line]:
        if not self.is_open or not self.query_one("#words", Input).value:
            return [Line((), (Span("Esc closes", "muted"),))]
        count = len(self._places)
        if not count:
            return [Line((Span("not there", "warn"),), (Span("Esc closes", "muted"),))]
        chosen = self._chosen()
        number = self._places.index(chosen) + 1 if chosen in self._places else 0
        many = f"{count:,}" if count < MOST else f"the first {count:,}"
        told = f"{number} of {many}" if number else f"{many} {'place' if count == 1 else 'places'}"
        return [Line((Span(told),), (Span("Enter next  ↑ previous", "muted"),))]

    def _keys_line(self, _width: int) -> list[Line]:
        return [Line((), (Span("Enter replaces it  M-e all of them", "muted"),))]

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id == "words":
            self.look()

    def on_key(self, event: events.Key) -> None:
        if event.key in ("down", "up"):
            event.stop()
            self.go(1 if event.key == "down" else -1)
        elif event.key == "alt+e":
            event.stop()
            count = self.replace_all()
            if isinstance(self.screen, Actor):
                self.screen.console.tell(f"{count:,} replaced; undo takes all of them back.")
