"""How well a name answers what was typed, and in which order candidates stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from heapq import nsmallest

__all__ = ["Candidate", "Offer", "matched", "ranked"]

_NO_MATCH = 9
_ORDERED = ("keyword", "field", "placeholder", "event")
"""Kinds whose own order counts more than that the text has a name already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What can be put into the text: `insert` in place of what stands from `start` up to `end`.

    `label` is what a list shows; `kind` is "keyword", "table", "schema", "column", "function", "with", "alias", "field",
    "placeholder" or "event"; `detail` its type or table; `why` is given for fields of the call.
    """

    label: str
    insert: str
    start: int
    end: int
    kind: str
    detail: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A candidate to be: `turn` is its kind's turn where matches are equal, `order` its own within its kind.

    What it costs to write it (quotes, a schema before it) is paid only where it is shown: `insert` is called then.
    """

    label: str
    kind: str
    turn: int
    insert: Callable[[], str]
    order: int = 0
    detail: str = ""
    why: str = ""
    name: str = ""
    """What is compared with what was typed, where that is not the label."""


def matched(name: str, typed: str) -> int:
    """Say how well a name begins with what was typed: 0 as it is, 1 at one of its words, 2 with its letters in order, from the beginning of a word, 9 not at all."""
    lowered = name.lower()
    if lowered.startswith(typed):
        return 0
    if f"_{typed}" in lowered or f".{typed}" in lowered or f" {typed}" in lowered:
        return 1
    if not lowered.startswith(typed[0]) and f"_{typed[0]}" not in lowered:
        return _NO_MATCH
    place = -1
    for letter in typed:
        place = lowered.find(letter, place + 1)
        if place < 0:
            return _NO_MATCH
    return 2


def ranked(offers: Iterable[Offer], typed: str, used: frozenset[str], most: int) -> list[Offer]:
    """Return the offers that answer what was typed, best first: by match, turn, whether the text has the name already, order, name."""
    lowered = typed.lower()
    found: list[tuple[tuple[int, int, int, bool, int, str], int, Offer]] = []
    for number, offer in enumerate(offers):
        match = matched(offer.name or offer.label, lowered) if lowered else 0
        if match < _NO_MATCH:
            name = (offer.name or offer.label).lower()
            order = offer.order if offer.kind in _ORDERED else 0
            found.append(((match, offer.turn, order, name not in used, offer.order, name), number, offer))
    best: dict[tuple[bool, str], Offer] = {}
    for _, _, offer in nsmallest(most, found):
        is_language = offer.kind in ("keyword", "function")  # CURRENT_DATE is both
        best.setdefault((is_language, offer.label.lower() if is_language else offer.insert()), offer)
    return list(best.values())
