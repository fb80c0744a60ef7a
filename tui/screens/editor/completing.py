"""What the editor offers while one types: keywords, tables, columns, functions, the call's fields; Tab takes the chosen one.

It is asked for a moment after a letter or a dot was typed, or at once by its key. The newest question wins, and an answer about
another text or place is nobody's. Enter begins a line as ever, unless the choice was moved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from textual import events
from textual.timer import Timer

from tui.messages import Refused
from tui.screens.editor.looking import Looking
from tui.widgets.code_text import difference
from tui.widgets.offers import OfferList

__all__ = ["Completing"]

_PAUSE = 0.06
"""Seconds after a letter until candidates are asked for."""

_BEGINS = ("_", ".", "{")
"""Beside letters and digits, what may begin or go on with a name."""


_AT_ONCE = 30
"""Fast fingers, and slow lines, bring several letters at once; more were pasted."""

_LEAVES = ("left", "right", "home", "end", "pageup", "pagedown", "enter", "delete")


def _goes_on(letter: str) -> bool:
    return letter.isalnum() or letter in _BEGINS


class Completing(Looking):
    """The page with its list of candidates."""

    def __init__(self) -> None:
        super().__init__()
        self.offers = OfferList(id="offers")
        self.code.taking = self._take_key
        self._offer_timer: Timer | None = None
        self._answered = ("", 0)
        """The text and the place in it that the candidates are for: who types on is ahead of them."""

    # when it is asked for

    def text_changed(self) -> None:
        start, old_end, new_end = difference(self.text_seen, self.code.text)
        super().text_changed()
        typed = self.code.text[start:new_end]
        is_letter = 0 < len(typed) <= _AT_ONCE and old_end == start and _goes_on(typed[-1])
        taken_back = self.offers.is_open and not typed and old_end - start == 1
        if self.code.has_focus and (is_letter or taken_back):
            self._offer_soon()
        else:
            self.offers.close()

    def _offer_soon(self) -> None:
        if self._offer_timer is not None:
            self._offer_timer.stop()
        self._offer_timer = self.set_timer(_PAUSE, partial(self._offer, wanted=False))

    def do_complete(self) -> None:
        """Offer what can be typed here."""
        self._offer(wanted=True)

    def _offer(self, *, wanted: bool) -> None:
        if self.shown is not None and self.code.has_focus:
            place = self.code.cursor_offset_in_text
            work = partial(self._ask_offers, self.shown.sync, self.code.text, place, wanted=wanted)
            self.attempt(work, group="complete", exclusive=True)

    async def _ask_offers(self, sync: str, text: str, place: int, *, wanted: bool) -> None:
        try:
            answer = await self.bridge.ask("complete", sync=sync, text=text, offset=place)
        except Refused as error:
            if wanted and not error.stopped:
                raise
            return
        except asyncio.CancelledError:
            return
        if (text, place) != (self.code.text, self.code.cursor_offset_in_text) or not self.code.has_focus:
            return
        candidates = answer["candidates"]
        typed = text[int(candidates[0]["start"]) : place] if candidates else ""
        is_there = len(candidates) == 1 and str(candidates[0]["insert"]) == typed
        if not candidates or (not wanted and (is_there or (not typed and text[place - 1 : place] != "."))):
            self.offers.close()
            if wanted:
                self.console.tell("complete: no suggestions here.", "muted")
            return
        cursor = self.code.cursor_screen_offset
        self._answered = text, place
        self.offers.open(candidates, cursor, len(typed), self.size)
        self.refresh_bars()

    # what is done with it

    def _take_key(self, event: events.Key) -> bool:
        """Take a key of the text while candidates are shown; False where it is the text's own.

        What ends a name closes the list at the key itself: the text tells of its change later, and the next key may be an arrow.
        """
        if not self.offers.is_open:
            return False
        key = event.key
        if key in ("down", "up"):
            self.offers.move(1 if key == "down" else -1)
        elif key == "tab" or (key == "enter" and self.offers.moved):
            self.take_offer()
        else:
            if key in _LEAVES or (event.is_printable and not _goes_on(event.character or "")):
                self.offers.close()
                self.refresh_bars()
            return False
        return True

    def take_offer(self) -> None:
        """Put the chosen candidate into the text; ask again where none is meant any more."""
        text, place = self._answered
        ahead = self.code.cursor_offset_in_text - place
        candidate = self._meant(text, place)
        self.offers.close()
        if candidate is None:
            self._offer(wanted=True)
        else:
            location = self.code.lines.get_location_from_index
            start, end = location(candidate["start"]), location(candidate["end"] + ahead)
            self.code.history.checkpoint()
            done = self.code.replace(str(candidate["insert"]), start, end)
            self.code.move_cursor(done.end_location)
        self.refresh_bars()

    def _meant(self, text: str, place: int) -> Mapping[str, Any] | None:
        """Return the chosen candidate, or where it does not begin like what was typed since, the first that does."""
        now, cursor = self.code.text, self.code.cursor_offset_in_text
        chosen = self.offers.candidate
        if chosen is None or (now, cursor) == (text, place):
            return chosen
        start = int(chosen["start"])
        if cursor < start or now != text[: min(place, cursor)] + now[place:cursor] + text[place:]:
            return None
        typed = now[start:cursor].casefold()
        begins = (
            each
            for each in (chosen, *self.offers.candidates)
            if any(str(each[name]).casefold().startswith(typed) for name in ("insert", "label"))
        )
        return next(begins, None)

    def do_text_down(self) -> None:
        """Choose the next candidate, or go a line down."""
        if self.offers.is_open:
            self.offers.move(1)
        elif (down := getattr(self.focused, "action_cursor_down", None)) is not None:
            down()

    def do_text_up(self) -> None:
        """Choose the candidate before, or go a line up."""
        if self.offers.is_open:
            self.offers.move(-1)
        elif (up := getattr(self.focused, "action_cursor_up", None)) is not None:
            up()

    def close_offers(self) -> bool:
        """Close the list; return whether it was open."""
        was_open = self.offers.is_open
        self.offers.close()
        return was_open
