"""The text area for SQL: our own highlighting, a gutter with signs, findings underlined where they are, and no freeze.

It is Textual's TextArea for keys, cursor, selection and undo, with our own document (tui.widgets.code_text: never wrapped,
so an edit costs what it changes) and our own drawing (tui.widgets.code_drawing: roles of the palette, stand-ins for what a
terminal would obey). Findings and matches are offsets into the text; an edit moves them along at once, so that nothing
points at the wrong word until the next answer of lint comes.

Private parts of Textual 8 that this relies on (tests/tui/editor/test_code.py fails where one vanishes): TextArea's
`_set_document`, `_build_highlight_map` (called after each change of the text), `_replace_via_keyboard`, `_on_key`,
`_on_paste`, `_draw_cursor`, `_rewrap_and_refresh_virtual_size`, `_line_cache`; Document's `_lines` and `_newline`; and
the modules `textual.document._document`, `_document_navigator`, `_edit`, `_history` and `_wrapped_document`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from textual.document._document import Location, Selection
from textual.document._document_navigator import DocumentNavigator
from textual.document._history import EditHistory
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer

from tui.highlight import MOST, Highlight, Highlights
from tui.themes import PALETTES
from tui.widgets.code_drawing import LineLook, draw_line, gutter_width
from tui.widgets.code_keys import CodeKeys
from tui.widgets.code_text import TAB, SqlDocument, Unwrapped, cells_of, difference

__all__ = ["CodeArea", "Mark", "TextState", "shifted"]

_BRACKETS = re.compile(r"[()\[\]{}]")
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_REACH = 20_000
"""A bracket's partner is looked for within this many characters."""

_LONG_TEXT = 20_000
"""A longer text is scanned again when nothing was typed for a moment, in a thread; until then its lines keep their colours."""

_PAUSE = 0.1

_WORST = {"error": 3, "warning": 2, "hint": 1, "": 0}
_COLOURS = {"error": "fail", "warning": "warn", "hint": "muted"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding to be shown: offsets from `start` up to `end`, and its severity."""

    start: int
    end: int
    severity: str


@dataclass(frozen=True, slots=True)
class TextState:
    """A text with its cursor, its undo history and what was in sight: to be shown again as it was left."""

    text: str
    selection: Selection
    history: EditHistory | None = None
    scroll: tuple[float, float] = (0, 0)


def shifted(place: int, start: int, old_end: int, new_end: int, *, is_end: bool = False) -> int:
    """Return where an offset is after an edit of the text from `start` up to `old_end`."""
    if place < start or (place == start and not is_end and old_end > start):
        return place
    return place + new_end - old_end if place >= old_end else min(place, new_end)


class CodeArea(CodeKeys):
    """Where a query is written."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 -- Textual's name
        self._before = ""
        self._marks: tuple[Mark, ...] = ()
        self._matches: tuple[tuple[int, int], ...] = ()
        self._note = ""
        self._dialect = "postgres"
        self._keywords: frozenset[str] = frozenset()
        self._colours: Highlights | None = None
        self._moved: tuple[int, int] | None = None
        self._lines_scanned = self._lines_by = 0
        self._scan_timer: Timer | None = None
        self._rows: dict[int, list[tuple[int, int, str]]] | None = None
        super().__init__(soft_wrap=False, tab_behavior="indent", show_line_numbers=True, max_checkpoints=500, id=id)
        self.cursor_blink = False
        self.indent_width = TAB

    def on_mount(self) -> None:
        self.styles.scrollbar_size_horizontal = 0  # a cut line says so at its ends

    # what is shown beside the text

    def set_dialect(self, dialect: str, keywords: Iterable[str] = ()) -> None:
        """Highlight as this dialect reads the text, with these words as keywords besides the known ones."""
        chosen = (dialect, frozenset(keywords))
        if chosen != (self._dialect, self._keywords):
            self._dialect, self._keywords = chosen
            self._colours = None
            self.refresh()

    @property
    def colours(self) -> Highlights:
        """Return the highlights of the text as it is now."""
        if self._colours is None:
            self._colours = Highlights(self.text, self._dialect, self._keywords)
            self._moved, self._lines_scanned = None, self.document.line_count
        return self._colours

    def show_marks(self, marks: Iterable[Mark]) -> None:
        """Show these findings."""
        found = tuple(marks)
        if found != self._marks:
            self._marks, self._rows = found, None
            self.refresh()

    def show_matches(self, matches: Sequence[tuple[int, int]]) -> None:
        """Show these stretches as found."""
        if tuple(matches) != self._matches:
            self._matches = tuple(matches)
            self.refresh()

    def show_note(self, note: str) -> None:
        """Show this at the end of lines that hold the placeholder."""
        if note != self._note:
            self._note = note
            self.refresh()

    # the text

    @property
    def lines(self) -> SqlDocument:
        """Return the document."""
        assert isinstance(self.document, SqlDocument)  # noqa: S101 -- _set_document makes no other
        return self.document

    @property
    def cursor_offset_in_text(self) -> int:
        """Return where the cursor is, in characters from the start."""
        return self.lines.get_index_from_location(self.cursor_location)

    def go_to(self, offset: int, end: int | None = None) -> None:
        """Put the cursor somewhere and bring it into sight; with `end`, choose up to there."""
        start = self.lines.get_location_from_index(offset)
        self.move_cursor(start)
        if end is not None and end > offset:
            self.selection = Selection(start, self.lines.get_location_from_index(end))
        self.scroll_cursor_visible()

    def change(self, text: str) -> None:
        """Make the text another one by one edit of what differs, so that it can be undone; the cursor stays by its word."""
        start, old_end, new_end = difference(self.text, text)
        if (start, start) != (old_end, new_end):
            place = self.lines.get_location_from_index
            self.history.checkpoint()
            self.replace(text[start:new_end], place(start), place(old_end))

    def state(self) -> TextState:
        """Return the text with its cursor and its history, to be shown again."""
        return TextState(self.text, self.selection, self.history, (self.scroll_offset.x, self.scroll_offset.y))

    def show_state(self, state: TextState) -> None:
        """Show a text as it was left."""
        self._marks, self._matches, self._rows = (), (), None
        fresh = EditHistory(max_checkpoints=500, checkpoint_timer=2.0, checkpoint_max_characters=100)
        self.history = fresh  # loading clears the history that is there, which may be another text's
        self.load_text(state.text)
        self.history = state.history or fresh
        self.selection = state.selection
        self.scroll_to(*state.scroll, animate=False)

    def _set_document(self, text: str, _language: str | None) -> None:
        self.document = document = SqlDocument(text)
        self.wrapped_document = Unwrapped(document)
        self.navigator = DocumentNavigator(self.wrapped_document)
        self._build_highlight_map()
        self.move_cursor((0, 0))
        self._rewrap_and_refresh_virtual_size()

    def _build_highlight_map(self) -> None:
        """Take note that the text has changed: move along what is shown beside it."""
        self._line_cache.clear()
        text = self.text
        if text == self._before:
            return
        edit = difference(self._before, text)
        self._before, self._rows = text, None
        if self._colours is not None and not self._colours.off and _LONG_TEXT < len(text) <= MOST:
            self._keep_colours(edit)
        else:
            self._colours, self._moved = None, None
        self._marks = tuple(
            replace(mark, start=shifted(mark.start, *edit), end=shifted(mark.end, *edit, is_end=True))
            for mark in self._marks
        )
        self._matches = ()

    def _keep_colours(self, edit: tuple[int, int, int]) -> None:
        """Let lines keep their colours, moved along, until the text is scanned again."""
        row = self.lines.get_location_from_index(edit[0])[0]
        count = self.document.line_count
        first, before = self._moved or (row, self._lines_scanned)
        self._moved = (min(first, row), before)
        self._lines_by = count - before
        if self._scan_timer is not None:
            self._scan_timer.stop()
        self._scan_timer = self.set_timer(_PAUSE, self._scan_soon)

    def _scan_soon(self) -> None:
        self._scan_timer = None
        self.run_worker(partial(self._scan, self.text), group="scan", exclusive=True)  # type: ignore[arg-type]  # a worker may be a plain call, too

    async def _scan(self, text: str) -> None:
        found = await asyncio.to_thread(Highlights, text, self._dialect, self._keywords)
        if text == self.text:
            self._colours, self._moved, self._lines_scanned = found, None, self.document.line_count
            self.refresh()

    def _colours_of(self, row: int) -> Sequence[Highlight]:
        """Return the highlights of a line; of one that was moved since the last scan, those that it had."""
        if self._moved is not None and row > self._moved[0]:
            row = max(row - self._lines_by, self._moved[0])
        return self.colours.line(row)

    # brackets

    def find_matching_bracket(self, bracket: str, search_from: Location) -> Location | None:
        """Return the partner of a bracket of code, where it is near."""
        if not _BRACKETS.fullmatch(bracket):
            return None
        text, at = self.text, self.lines.get_index_from_location(search_from)
        if not self.colours.in_code(at):
            return None
        forward = bracket in _PAIRS
        low, high = (at, at + _REACH) if forward else (max(at - _REACH, 0), at + 1)
        found = [match for match in _BRACKETS.finditer(text, low, high) if self.colours.in_code(match.start())]
        open_ones: list[str] = []
        for match in found if forward else reversed(found):
            mark = match[0]
            if (mark in _PAIRS) is forward:
                open_ones.append(mark)
                continue
            partner = open_ones.pop()
            if mark != _PAIRS.get(partner) and partner != _PAIRS.get(mark):
                return None
            if not open_ones:
                return self.lines.get_location_from_index(match.start())
        return None

    # drawing

    @property
    def gutter_width(self) -> int:
        return gutter_width(self.document.line_count)

    def render_lines(self, crop: Region) -> list[Strip]:
        return ScrollView.render_lines(self, crop)

    def render_line(self, y: int) -> Strip:
        palette = PALETTES[self.app.theme]
        width = self.scrollable_content_region.width
        row = y + int(self.scroll_offset.y)
        if row >= self.document.line_count:
            return Strip.blank(self.size.width, palette.ground_styles["background"])
        return draw_line(self._look(row), int(self.scroll_offset.x), width, palette)

    def _look(self, row: int) -> LineLook:
        cells = cells_of(self.document.get_line(row))
        begin, end = self.lines.begins[row], self.lines.begins[row] + len(cells.drawn)
        highlights = self._colours_of(row)
        under = self._under().get(row, [])
        current = self.cursor_location[0] == row
        return LineLook(
            cells=cells,
            number=row + 1,
            digits=self.gutter_width - 4,
            highlights=highlights,
            under=tuple((start, stop, _COLOURS[severity]) for start, stop, severity in under),
            matches=tuple(
                (max(a, begin) - begin, min(b, end) - begin) for a, b in self._matches if a < end and b > begin
            ),
            selection=self._selected(row, len(cells.drawn)),
            brackets=self._brackets(row),
            cursor=self.cursor_location[1] if current and self._draw_cursor else None,
            current=current,
            severity=max((severity for *_span, severity in under), key=_WORST.__getitem__, default=""),
            note=self._note if self._note and any(each.role == "accent" for each in highlights) else "",
        )

    def _selected(self, row: int, length: int) -> tuple[int, int] | None:
        (top, left), (bottom, right) = sorted(self.selection)
        if self.selection.is_empty or not top <= row <= bottom:
            return None
        return (left if row == top else 0), (right if row == bottom else length)

    def _brackets(self, row: int) -> tuple[int, ...]:
        partner = self.matching_bracket_location
        if partner is None or not self.selection.is_empty or not self.has_focus:
            return ()
        return tuple(column for each, column in (partner, self.cursor_location) if each == row)

    def _under(self) -> dict[int, list[tuple[int, int, str]]]:
        """Return the findings by line, the worst last, so that it is drawn over the others."""
        if self._rows is None:
            rows: dict[int, list[tuple[int, int, str]]] = {}
            place = self.lines.get_location_from_index
            for mark in sorted(self._marks, key=lambda mark: _WORST[mark.severity]):
                (top, left), (bottom, right) = place(mark.start), place(max(mark.end, mark.start))
                for row in range(top, min(bottom, top + 200) + 1):
                    length = len(self.document.get_line(row))
                    start, end = (left if row == top else 0), (right if row == bottom else length)
                    if start == end and row == top:  # nothing wide is marked by the character that stands there
                        start, end = (start, start + 1) if start < length else (max(start - 1, 0), start)
                    rows.setdefault(row, []).append((start, end, mark.severity))
            self._rows = rows
        return self._rows
