"""How the code area edits: indentation, lines as comments, cutting out, pasting; each of them one step of undo."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from textual import events
from textual.document._document import Location, Selection
from textual.message import Message
from textual.widgets import TextArea

from tui.widgets.code_text import TAB, cleaned, difference

__all__ = ["CodeKeys"]


class CodeKeys(TextArea):
    """A text area whose keys are made for code."""

    @dataclass
    class Cut(Message):
        """A text was cut out."""

        text: str

    taking: Callable[[events.Key], bool] | None = None
    """Asked before a key is the text's; True where it was taken."""

    def paste(self, text: str) -> None:
        """Put a text in place of what is chosen."""
        if text and not self.read_only and (done := self._replace_via_keyboard(cleaned(text), *self.selection)):
            self.move_cursor(done.end_location)

    async def _on_key(self, event: events.Key) -> None:
        if self.taking is not None and self.taking(event):
            event.stop()
            event.prevent_default()
            return
        if event.key in ("tab", "shift+tab") and not self.read_only:
            if event.key == "shift+tab" or self.selection.start[0] != self.selection.end[0]:
                event.stop()
                event.prevent_default()
                self._indent(-1 if event.key == "shift+tab" else 1)
                return
        elif event.key == "enter" and not self.read_only:
            event.stop()
            event.prevent_default()
            row, column = min(self.selection)
            line = self.document.get_line(row)
            indent = line[: len(line) - len(line.lstrip(" \t"))][:column]
            self._replace_via_keyboard("\n" + indent, *self.selection)
            return
        await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.paste(event.text)

    def action_cut(self) -> None:
        """Cut out what is chosen, or the line."""
        before = self.text
        start, end = sorted(self.selection)
        if start == end:
            self.action_delete_line()
        else:
            self._replace_via_keyboard("", start, end)
        first, last, _new = difference(before, self.text)
        if last > first:
            self.post_message(self.Cut(before[first:last]))

    def action_toggle_comment(self) -> None:
        """Make the chosen lines comments, or code again."""
        filled = [line for line in self._chosen_lines() if line.strip()]
        if not filled:
            return
        if all(line.lstrip().startswith("--") for line in filled):
            self._change_lines(lambda line: re.sub(r"^(\s*)-- ?", r"\1", line, count=1))
        else:
            margin = min(len(line) - len(line.lstrip()) for line in filled)
            self._change_lines(lambda line: f"{line[:margin]}-- {line[margin:]}" if line.strip() else line)

    def _indent(self, by: int) -> None:
        if by > 0:
            self._change_lines(lambda line: " " * TAB + line if line.strip() else line)
        else:
            self._change_lines(lambda line: re.sub(rf"^(\t| {{1,{TAB}}})", "", line))

    def _chosen_rows(self) -> tuple[int, int]:
        (first, _left), (last, right) = sorted(self.selection)
        return first, last - 1 if last > first and right == 0 else last

    def _chosen_lines(self) -> list[str]:
        first, last = self._chosen_rows()
        return self.document.lines[first : last + 1]

    def _change_lines(self, changed: Callable[[str], str]) -> None:
        """Change the chosen lines in one edit; what was chosen stays chosen."""
        first, last = self._chosen_rows()
        old = self._chosen_lines()
        new = [changed(line) for line in old]
        if new == old:
            return

        def moved(place: Location) -> Location:
            row, column = place
            by = len(new[row - first]) - len(old[row - first]) if first <= row <= last else 0
            return row, max(column + by, 0) if column or by < 0 else column

        selection = Selection(moved(self.selection.start), moved(self.selection.end))
        self.history.checkpoint()
        self.replace("\n".join(new), (first, 0), (last, len(old[-1])), maintain_selection_offset=False)
        self.selection = selection
