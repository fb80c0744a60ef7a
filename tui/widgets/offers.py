"""The list of what could be typed at the cursor, over the text: the best first, with what each is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textual.geometry import Offset, Size

from tui.drawing import Line, Span, fit, line, width_of
from tui.widgets.canvas import Canvas

__all__ = ["OfferList"]

_MOST_ROWS = 8
_WIDEST = 64
_LABEL = 36
_SIGNS = {
    "column": ("column", "text"),
    "table": ("table", "accent"),
    "schema": ("schema", "accent"),
    "with": ("with", "accent"),
    "alias": ("alias", "accent"),
    "function": ("function", "text"),
    "keyword": ("keyword", "keyword"),
    "field": ("field", "ok"),
    "placeholder": ("time", "ok"),
    "event": ("event", "ok"),
}


class OfferList(Canvas):
    """Candidates with a chosen one; it has no keys of its own: the text keeps them."""

    margin = 1
    DEFAULT_CSS = "OfferList { layer: above; position: absolute; display: none; background: $panel; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 -- Textual's name
        super().__init__(id=id)
        self.can_focus = False
        self.ground = "panel"
        self.candidates: Sequence[Mapping[str, Any]] = ()
        self.moved = False
        """Whether a person has moved the choice: Enter then takes it."""

        self._chosen = 0

    @property
    def is_open(self) -> bool:
        return bool(self.candidates)

    @property
    def candidate(self) -> Mapping[str, Any] | None:
        """Return the chosen candidate."""
        return self.candidates[self._chosen] if self.candidates else None

    def open(self, candidates: Sequence[Mapping[str, Any]], cursor: Offset, typed: int, within: Size) -> None:
        """Show candidates under the cursor, or above it where there is no room; `typed` cells before it are what they answer."""
        before = self.candidate["label"] if self.moved and self.candidate else ""
        self.candidates = tuple(candidates)
        labels = [str(each["label"]) for each in self.candidates]
        self._chosen = labels.index(before) if before in labels else 0
        self.moved = before in labels
        height = min(len(labels), _MOST_ROWS)
        width = min(
            max((width_of(self._spans(each)) for each in self.candidates), default=10) + 2, _WIDEST, within.width
        )
        below = cursor.y + 1 + height <= within.height - 1
        x = max(0, min(cursor.x - typed - 1, within.width - width))
        self.styles.width, self.styles.height = width, height
        self.styles.offset = (x, cursor.y + 1 if below else max(cursor.y - height, 0))
        self.display = True
        self.refresh()

    def close(self) -> None:
        """Show nothing."""
        if self.candidates or self.display:
            self.candidates, self.moved, self._chosen = (), False, 0
            self.display = False

    def move(self, by: int) -> None:
        """Choose another candidate, round and round."""
        if self.candidates:
            self._chosen = (self._chosen + by) % len(self.candidates)
            self.moved = True
            self.refresh()

    # drawing

    def line_count(self) -> int:
        return min(len(self.candidates), _MOST_ROWS)

    def content_line(self, number: int) -> Any:
        first = (
            max(0, min(self._chosen - _MOST_ROWS + 1, len(self.candidates) - _MOST_ROWS))
            if self._chosen >= _MOST_ROWS
            else 0
        )
        place = first + number
        if place >= len(self.candidates):
            return self.draw(Line())
        return self.draw(line(*self._spans(self.candidates[place])), ground="cursor" if place == self._chosen else "")

    def _spans(self, candidate: Mapping[str, Any]) -> tuple[Span, ...]:
        word, role = _SIGNS.get(str(candidate["kind"]), (str(candidate["kind"]), "text"))
        most = max((len(str(each["label"])) for each in self.candidates), default=0)
        label = fit((Span(str(candidate["label"]), role),), min(most, _LABEL))
        told = "  ".join(
            part for part in (word, str(candidate.get("detail") or ""), str(candidate.get("why") or "")) if part
        )
        padding = " " * (min(most, _LABEL) - width_of(label) + 2)
        return (*label, Span(padding), Span(told, "muted"))
