"""Completion: what can be typed at a place of a query, best first. Pure: a text, an offset and a Context give candidates.

    tokens.py     the text's words at the cursor, whatever state it is in
    shape.py      its brackets, queries and clauses
    scope.py      what can be named there: relations, columns, names of WITHs
    expected.py   what is expected there: a relation, a value, a field of the call, a keyword
    asked.py      all of that, for one place
    offers.py     everything that could be meant
    ranking.py    what was typed, against all of it
    functions.py, fields.py   the dialects' functions; the fields of the calls
    describing.py             what a word is, for whoever points at it

A half-typed query is the normal case, so nothing here needs one that parses, and nothing is refused: where little can be told,
little is offered.
"""

from __future__ import annotations

from core.complete.asked import Asked
from core.complete.offers import offers
from core.complete.ranking import Candidate, ranked
from core.complete.tokens import cut
from core.lint.base import Context
from core.query.syntax import LONGEST

__all__ = ["MOST", "Candidate", "complete"]

MOST = 50
"""How many candidates are given."""


def complete(text: str, offset: int, context: Context, most: int = MOST) -> tuple[Candidate, ...]:
    """Return what can stand at an offset, best first, at most so many; never raises for any text."""
    if len(text) > LONGEST:
        return ()
    found = cut(text, offset, context.dialect)
    if found.inside == "nothing":
        return ()
    asked = Asked.of(found, context)
    typed = found.prefix
    if found.inside == "placeholder":
        typed = typed.removeprefix("{{").strip()
    chosen = ranked(offers(asked), typed, asked.used, most)
    return tuple(
        Candidate(
            label=offer.label,
            insert=offer.insert(),
            start=found.start,
            end=found.end,
            kind=offer.kind,
            detail=offer.detail,
            why=offer.why,
        )
        for offer in chosen
    )
