"""Batches under way and the pieces that they are cut into: pure, but for the Arrow arrays that hold the calls.

A batch of the plan is sent whole first. Where it is refused, it is cut: the calls that the reply names go alone, else it is halved.
Pieces of all batches lie on one stack, so that every connection has work while a row at fault is looked for; a batch is done when
each of its calls has an outcome.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.sync.delivery.rejections import Rejection
from core.sync.planning.plan_file import PlanBatch

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["BatchProgress", "Piece", "cut", "halves", "named_places", "sampled", "singles"]

_FEW_HINTS = 3
"""A reply that names calls is believed so often in a row; a wrong hint would take one call away at a time."""

_NAME = re.compile(rb"[A-Za-z0-9_.@:+-]{3,100}")
_INDEX = re.compile(
    rb"""(?:\b(?:batch|calls|events|messages|items|records|rows|data)[\[./]|"(?:index|position|row|item)"\s*:\s*)(\d{1,6})\b""",
    re.IGNORECASE,
)
_IDS = re.compile(rb'"(?:messageId|userId|anonymousId|groupId)":"([^"\\]{3,100})"')


@dataclass(slots=True, kw_only=True)
class BatchProgress:
    """A batch that is being sent. `begun` is in how many runs; `position` is where its file stood before.

    `settled` are the places (from 0) that have an outcome, `rejections` those of them that were refused; `unanswered` pieces went
    out and have no reply, `was_unanswered` says that of an earlier run.
    """

    batch: PlanBatch
    begun: int = 1
    position: int | None = None
    settled: set[int] = field(default_factory=set)
    rejections: list[Rejection] = field(default_factory=list)
    unanswered: int = 0
    was_unanswered: bool = False
    status: int = 0

    @property
    def is_done(self) -> bool:
        return len(self.settled) == len(self.batch.calls)

    @property
    def may_have_arrived(self) -> bool:
        """Whether something of it went out and never had a reply: it is sent again as it is, and under no other messageId."""
        return self.was_unanswered or self.unanswered > 0

    @property
    def acknowledged(self) -> int:
        """How many of its calls were taken."""
        return len(self.settled) - len(self.rejections)

    def whole(self, tries: int) -> Piece:
        """Return the whole batch as one piece."""
        return Piece(progress=self, places=range(len(self.batch.calls)), tries=tries)


@dataclass(slots=True, kw_only=True, eq=False)
class Piece:
    """Calls of one batch that travel together, by their places in it.

    `tries` is how often it is sent while it has no answer, `attempt` which time it is that a reply said "not now" of its calls;
    `taken_before` is how many calls of the delivery had been taken when it was first sent (None: it was not sent);
    `is_unanswered` says that it went out, and has no reply that says what became of it; `is_lost` that it once had no reply at all, by
    itself or as a part of what it was cut from.
    `is_sample` says that it is there to find evidence, `is_blamed` that it failed while others were taken; `hints` is how often in a
    row it was cut as a reply said.
    """

    progress: BatchProgress
    places: Sequence[int]
    tries: int
    attempt: int = 1
    taken_before: int | None = None
    is_sample: bool = False
    is_blamed: bool = False
    hints: int = 0
    in_flight: bool = False
    is_unanswered: bool = False
    is_lost: bool = False

    @property
    def may_have_arrived(self) -> bool:
        """Whether its calls went out, in this run or an earlier one, and never had a reply."""
        return self.progress.was_unanswered or self.is_lost

    @property
    def calls(self) -> pa.Array:
        whole = self.progress.batch.calls
        return whole if len(self.places) == len(whole) else whole.take(list(self.places))

    def part(self, places: Sequence[int], *, tries: int | None = None, attempt: int = 1, hints: int = 0) -> Piece:
        """Return a part of this piece, that was not sent yet by itself."""
        return Piece(
            progress=self.progress,
            places=places,
            tries=tries or self.tries,
            attempt=attempt,
            hints=hints,
            is_lost=self.is_lost,
        )

    def went_out(self) -> None:
        """Note that it is on its way, and has no reply."""
        self.in_flight = True
        if not self.is_unanswered:
            self.is_unanswered = True
            self.progress.unanswered += 1

    def had_no_reply(self, *, may_have_arrived: bool) -> None:
        """Note that it is no longer on its way; whether it arrived is known only where there was no connection at all."""
        self.in_flight = False
        self.is_lost = self.is_lost or may_have_arrived
        if not self.is_lost:
            self.was_answered()

    def was_put_off(self) -> None:
        """Note a reply that says it was not taken this time; an earlier time without a reply may have been."""
        self.in_flight = False
        if not self.is_lost:
            self.was_answered()

    def was_answered(self) -> None:
        """Note that there is a reply to it that says what became of it."""
        self.in_flight = False
        if self.is_unanswered:
            self.is_unanswered = False
            self.progress.unanswered -= 1


def halves(piece: Piece, *, tries: int | None = None) -> list[Piece]:
    """Return the two halves of a piece."""
    middle = len(piece.places) // 2
    parts = [piece.part(piece.places[:middle], tries=tries), piece.part(piece.places[middle:], tries=tries)]
    for part in parts:
        part.is_blamed = piece.is_blamed
    return parts


def singles(piece: Piece) -> list[Piece]:
    """Return each call of a piece as a piece of its own."""
    return [piece.part([place]) for place in piece.places]


def cut(piece: Piece, reply: bytes) -> list[Piece]:
    """Cut a refused piece: the calls that the reply names go alone and the others together, else it is halved.

    A hint only says how to cut; what becomes of each call is said by the reply to its own request.
    """
    if piece.hints < _FEW_HINTS:
        named = named_places(piece, reply)
        if named and len(named) <= max(1, len(piece.places) // 4):
            rest = [place for place in piece.places if place not in named]
            return [piece.part(rest, hints=piece.hints + 1), *(piece.part([place]) for place in sorted(named))]
    return halves(piece)


def named_places(piece: Piece, reply: bytes) -> set[int]:
    """Return the places of the calls that a reply names, by an id of theirs or by their number in the request (from 0)."""
    words = set(_NAME.findall(reply))
    found = {int(number) for number in _INDEX.findall(reply)}
    named = {piece.places[number] for number in found if number < len(piece.places)}
    if words:
        named |= {
            place
            for place, call in zip(piece.places, piece.calls, strict=True)
            if not words.isdisjoint(_IDS.findall(call.as_py()))
        }
    return named


def sampled(pieces: Iterable[Piece], most: int, *, tries: int) -> tuple[list[Piece], list[Piece]]:
    """Take at most `most` single calls out of pieces, by chance and spread over all: return those, and what is left.

    Each of the single calls is sent `tries` times while it has no answer.
    """
    pieces = list(pieces)
    total = sum(len(piece.places) for piece in pieces)
    chosen = set(random.sample(range(total), min(most, total)))
    taken: list[Piece] = []
    rest: list[Piece] = []
    at = 0
    for piece in pieces:
        mine = {piece.places[number - at] for number in range(at, at + len(piece.places)) if number in chosen}
        at += len(piece.places)
        for place in sorted(mine):
            single = piece.part([place], tries=tries)
            single.is_sample = True
            taken.append(single)
        if mine and (left := [place for place in piece.places if place not in mine]):
            rest.append(piece.part(left, attempt=piece.attempt, hints=piece.hints))
        elif not mine:
            rest.append(piece)
    return taken, rest
