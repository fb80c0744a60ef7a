"""A line of text to type: Textual's Input, which draws what it holds as it is, made safe.

A character that a terminal would obey is drawn as a stand-in of one cell, so that the cursor stays where it is; what is
pasted becomes one line without such characters. A secret keeps all its lines (Input would keep the first), shows only how
long it is, and is never copied.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rich.cells import cell_len, get_character_cell_size
from rich.text import Text
from textual import events
from textual.message import Message
from textual.widgets import Input

from core.control_chars import escape_control_chars
from core.redaction import remember_secret
from tui.drawing import stood_in

__all__ = ["Entry", "Pasted", "without_password"]

_KEY = "PRIVATE KEY-----"
"""A private key that is pasted into a field that is not for it is hidden there, too."""
_SECRET_WORD = re.compile(r"(?i)passw|pwd|token|secret")


def without_password(text: str) -> str:
    """Return a text with dots for what may be a password in it, a character for each: in a connection string, say."""
    if _KEY in text or (_SECRET_WORD.search(text) and re.search("[=:]", text)):
        return "•" * len(text)
    before, sign, rest = text.partition("://")
    start = len(before) + len(sign)
    if sign and "@" in rest:
        end = start + rest.rfind("@")
        return f"{text[:start]}{'•' * (end - start)}{text[end:]}"
    user, colon, more = rest.partition(":")
    if sign and colon and not re.match(r"[0-9]*(/|$)", more):  # a password whose @ has not come yet
        start += len(user) + 1
        return f"{text[:start]}{'•' * (len(text) - start)}"
    return text


@dataclass
class Pasted(Message):
    """A text was pasted into a field that is no secret's."""

    entry: Entry
    text: str


class Entry(Input):
    """One line, which may be a secret (`password`)."""

    @property
    def _drawn(self) -> str:
        """Return what is drawn, a character for each of the value."""
        return "•" * len(self.value) if self.password else stood_in(without_password(self.value))

    @property
    def _value(self) -> Text:
        return Text(self._drawn, no_wrap=True, overflow="ignore", end="")

    def _position_to_cell(self, position: int) -> int:
        return cell_len(self._drawn[:position])

    def _cell_offset_to_index(self, offset: int) -> int:
        end = 0
        for index, character in enumerate(self._drawn):
            end += get_character_cell_size(character)
            if end > offset + self.scroll_offset.x:
                return index
        return len(self.value)

    @property
    def selected_text(self) -> str:
        if self.password or _KEY in self.value:
            return ""
        return without_password(self.value)[slice(*sorted(self.selection))]

    def insert_text_at_cursor(self, text: str) -> None:
        """Insert a text in place of what is chosen; as one line without control characters, but for a secret."""
        if not self.selection.is_empty:
            self.delete_selection()
        if _KEY in text:
            remember_secret(text)
        super().insert_text_at_cursor(text if self.password else escape_control_chars(" ".join(text.split("\n"))))

    def _on_paste(self, event: events.Paste) -> None:
        text = event.text.replace("\r\n", "\n").replace("\r", "\n")  # a terminal pastes carriage returns for line ends
        self.insert_text_at_cursor(text.strip())
        if not self.password:
            self.post_message(Pasted(self, text.strip()))
        event.stop()
        event.prevent_default()

    def action_cut(self) -> None:
        """Cut out what is chosen; a secret goes nowhere."""
        if self.password or without_password(self.value) != self.value:
            self.delete_selection()
        else:
            super().action_cut()

    def action_paste(self) -> None:
        """Insert what was last copied here."""
        self.insert_text_at_cursor(self.app.clipboard)
