"""A plan in words: its counts, its rows, and the whole of it as Markdown for a pull request.

In Markdown everything that came from outside, a warehouse's rows above all, is a code span: no image is loaded, nobody is mentioned, no
table is broken by it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from core.formatting import counted
from core.quoting.markdown import code

if TYPE_CHECKING:
    from core.preview.plan import PlannedDelivery
    from core.sync.planning.changes import Change

__all__ = ["SHOWN_ADDED", "counts_of", "markdown_of", "value_text", "who_of"]

SHOWN_ADDED = 5
"""So many new rows are shown."""


def markdown_of(sync: str, delivery: PlannedDelivery) -> Iterator[str]:
    """Yield the lines of one destination's plan."""
    c = delivery.comparison
    yield f"### {code(sync)} → {code(delivery.destination)}\n"
    yield "| what | rows |\n| --- | ---: |"
    for name, count in counts_of(delivery):
        yield f"| {name} | {count:,} |"
    yield f"\n{counted(c.calls, 'call')} in {counted(delivery.batches, 'request')}.\n"
    if delivery.pending:
        yield f"{delivery.pending:,} calls of an earlier delivery go out first.\n"
    yield from (f"- {code(note)}" for note in c.notes)
    for change in delivery.changes:
        yield f"- changed: {code(who_of(change))}"
        for field in change.fields:
            yield f"  - {code(field.path)}: {code(value_text(field.old))} → {code(value_text(field.new))}"
    yield from (f"- new: {code(call)}" for call in delivery.added[:SHOWN_ADDED])
    if (more := c.added - len(delivery.added[:SHOWN_ADDED])) > 0:
        yield f"- and {more:,} more new rows"
    yield from (f"- gone: {code(identity)}" for identity in delivery.removed)
    yield from (f"- refused: {code(who)}: {code(why)}" for who, why in delivery.refused)
    for question in delivery.questions:
        yield f"- blocked by guard {code(question.guard)}: {code(question.message)} {code(question.remedy)}"


def counts_of(delivery: PlannedDelivery) -> tuple[tuple[str, int], ...]:
    """Return what a plan's rows are, with their numbers."""
    c = delivery.comparison
    return (
        ("new", c.added),
        ("changed", c.changed),
        ("gone", c.removed),
        ("unchanged", c.unchanged),
        ("refused", c.refused + c.held),
        ("tried again", c.retried),
        ("to delete", c.deletes),
    )


def who_of(change: Change) -> str:
    """Return whose row changed."""
    return ", ".join(f"{field} {value}" for field, value in change.identity.items())


def value_text(value: Any) -> str:
    """Write a value of a call."""
    if value is None:
        return "(none)"
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
