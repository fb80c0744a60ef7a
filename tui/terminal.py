"""How keys and pastes come from the terminal: Textual's driver, but a paste is text to its end, and no byte ends the console.

In a paste, Textual takes an escape character and what follows for keys: a text that holds some (of a document, of a reply)
could press `r` and start a run. Most terminals take escapes out of a paste, but not all of them do, nor tmux. Bytes that
are no UTF-8 (a terminal of another locale) end Textual's thread, and with it the program; here they become U+FFFD.
"""

from __future__ import annotations

import codecs
import os
import selectors

from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

__all__ = ["Pastes", "TerminalDriver"]

_BEGIN = "\x1b[200~"
_END = "\x1b[201~"
_AT_ONCE = 4096


class Pastes:
    """Makes the escapes in pastes visible, in a stream that may be cut anywhere."""

    def __init__(self) -> None:
        self._pasting = False
        self._held = ""
        self._last = ""

    def cleaned(self, data: str) -> str:
        """Return the next part of the stream; the beginning of the mark that ends a paste waits for its rest."""
        data, self._held = self._held + data, ""
        found = []
        while data:
            part, data = self._pasted(data) if self._pasting else self._typed(data)
            found.append(part)
        return "".join(found)

    def _typed(self, data: str) -> tuple[str, str]:
        """Return what is typed up to a paste, and what comes after it."""
        at = (self._last + data).find(_BEGIN)
        end = len(data) if at < 0 else at + len(_BEGIN) - len(self._last)
        self._pasting, self._last = at >= 0, "" if at >= 0 else (self._last + data)[1 - len(_BEGIN) :]
        return data[:end], data[end:]

    def _pasted(self, data: str) -> tuple[str, str]:
        """Return what is pasted, and what comes after it."""
        text, end, rest = data.partition(_END)
        if end:
            self._pasting = False
        else:
            held = next((size for size in range(len(_END) - 1, 0, -1) if text.endswith(_END[:size])), 0)
            text, self._held = text[: len(text) - held], text[len(text) - held :]
        return text.replace("\x1b", "␛") + end, rest


class TerminalDriver(LinuxDriver):
    """The driver of Linux and macOS."""

    def run_input_thread(self) -> None:
        """Wait for what is typed and pasted, and tell of it."""
        parser, pastes = XTermParser(self._debug), Pastes()
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(0.1):
                    data = os.read(self.fileno, _AT_ONCE)
                    if data:
                        self._tell(parser, pastes.cleaned(decode(data)))
                for message in parser.tick():
                    self.process_message(message)
            try:
                for _message in parser.feed(""):
                    pass
            except (EOFError, ParseError):
                pass

    def _tell(self, parser: XTermParser, text: str) -> None:
        if text:  # no text at all would end the parser
            for message in parser.feed(text):
                self.process_message(message)
