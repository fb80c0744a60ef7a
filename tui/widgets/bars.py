"""The header (project, numbered tabs, daemon, clock) and the footer (the keys that work here), one line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from textual.app import RenderResult
from textual.strip import Strip
from textual.widget import Widget

from tui.drawing import Line, Span, draw, width_of
from tui.themes import PALETTES

__all__ = ["Header", "KeyBar", "KeyHint", "Tab"]


class Tab(NamedTuple):
    """A tab: its number, its name, and a badge where something needs a person."""

    number: str
    name: str
    badge: Span | None = None


@dataclass(frozen=True, slots=True)
class HeaderState:
    """What the header shows. `crumb` is where one is below the active tab."""

    project: str = ""
    tabs: tuple[Tab, ...] = ()
    active: str = ""
    crumb: str = ""
    daemon: tuple[Span, ...] = ()
    clock: str = ""


class Header(Widget):
    """Where one is, and whether all is well."""

    DEFAULT_CSS = "Header { dock: top; height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._shown = HeaderState()

    def show(self, state: HeaderState) -> None:
        """Show something else."""
        if state != self._shown:
            self._shown = state
            self.refresh()

    def render(self) -> RenderResult:  # pragma: no cover -- render_line is what draws
        return ""

    def render_line(self, y: int) -> Strip:
        palette = PALETTES[self.app.theme]
        width = self.size.width
        words = len(self._shown.daemon)
        for crumbs, daemon, names in (
            (40, words, True),
            (40, 1, True),
            (14, 1, True),
            (0, 1, True),
            (0, 1, False),
            (0, 0, False),
        ):
            left, right = self._parts(crumbs=crumbs, daemon=daemon, names=names)
            if width_of(left) + width_of(right) + 4 <= width:
                break
        return draw(Line(left, right), width, palette, ground="surface", margin=1)

    def _parts(self, *, crumbs: int, daemon: int, names: bool) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        """Return the left and the right part, with so many cells of the crumb and so many words of the daemon's state: its sign is the first."""
        shown = self._shown
        left = [Span(shown.project, "bold text"), Span("  ")]
        for tab in shown.tabs:
            active = tab.name == shown.active
            left.append(Span(f" {tab.number} ", "muted"))
            if names or active:
                left.append(
                    Span(
                        tab.name,
                        "bold accent underline"
                        if active and PALETTES[self.app.theme].terminal
                        else "bold accent"
                        if active
                        else "text",
                    )
                )
            if tab.badge:
                left += [Span(" "), tab.badge]
            if active and shown.crumb and crumbs:
                crumb = shown.crumb if len(shown.crumb) <= crumbs else shown.crumb[: crumbs - 1] + "…"
                left.append(Span(f" › {crumb}", "text"))
            left.append(Span("  "))
        right = [
            *shown.daemon[:daemon],
            Span("   " if daemon and shown.daemon else ""),
            Span(shown.clock, "text"),
        ]
        return tuple(left), tuple(right)


class KeyHint(NamedTuple):
    """A key, its word, and why it does not work now."""

    key: str
    word: str
    why_not: str = ""


class KeyBar(Widget):
    """The keys that work here, the most useful first; what does not fit is left out."""

    DEFAULT_CSS = "KeyBar { dock: bottom; height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._hints: tuple[KeyHint, ...] = ()
        self._always: tuple[KeyHint, ...] = ()

    def show(self, hints: Sequence[KeyHint], always: Sequence[KeyHint]) -> None:
        """Show these keys, and `always` at the right."""
        if (tuple(hints), tuple(always)) != (self._hints, self._always):
            self._hints, self._always = tuple(hints), tuple(always)
            self.refresh()

    def render(self) -> RenderResult:  # pragma: no cover -- render_line is what draws
        return ""

    def render_line(self, y: int) -> Strip:
        right: list[Span] = []
        for hint in self._always:
            right += [Span("  " if right else ""), *_hint(hint)]
        room = self.size.width - width_of(tuple(right)) - 6
        left: list[Span] = []
        used = 0
        for hint in self._hints:
            parts = ([Span("   ")] if left else []) + _hint(hint)
            needed = width_of(tuple(parts))
            if used + needed > room:
                short = ([Span("   ")] if left else []) + _hint(hint._replace(why_not="") if hint.why_not else hint)
                if not hint.why_not or used + width_of(tuple(short)) > room:
                    continue
                parts = [Span(part.text, "muted") for part in short]
                needed = width_of(tuple(parts))
            left += parts
            used += needed
        return draw(Line(tuple(left), tuple(right)), self.size.width, PALETTES[self.app.theme], margin=1)


def _hint(hint: KeyHint) -> list[Span]:
    if hint.why_not:
        return [Span(f"{hint.key} {hint.word} ({hint.why_not})", "muted")]
    return [Span(hint.key, "bold text"), Span(f" {hint.word}", "muted")]
