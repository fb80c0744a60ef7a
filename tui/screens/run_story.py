"""What a run did, in a few lines: its counts, what each phase took, the time it asked for, each of its deliveries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from core.words import took, utc
from tui.drawing import Line, Span, heading, line, spans

if TYPE_CHECKING:
    from core.sync.history import RunSummary

__all__ = ["bound", "counts", "delivery_lines", "phases"]


def counts(run: RunSummary) -> Line:
    """Say what became of the rows, so that the numbers add up."""
    became = [each["outcomes"] for each in run.deliveries]
    parts_of = ("unchanged", "assumed", "pending", "superseded")
    total = {name: sum(int(each[name]) for each in became) for name in parts_of}
    retried = sum(int(each["retried"] or 0) for each in run.deliveries)
    parts: list[tuple[str, str]] = []
    for number, word, style in (
        (run.rows or 0, "rows", "text"),
        (run.acknowledged, "sent", "ok"),
        (run.rejected, "rejected", "fail"),
        (total["unchanged"], "unchanged", "text"),
        (total["assumed"], "assumed", "text"),
        (total["pending"], "pending", "warn"),
        (total["superseded"], "superseded", "text"),
        (retried, "tried again", "text"),
    ):
        if number or word in ("rows", "sent", "rejected", "unchanged"):
            parts += [(f"{number:,}", style if number else "muted"), (f" {word}   ", "muted")]
    return Line(spans(parts))


def phases(run: RunSummary) -> list[Line]:
    """Show what each phase took, as lines of that length."""
    seconds = run.progress.seconds if run.progress else {}
    known = {name: value for name, value in seconds.items() if value is not None}
    total = sum(known.values())
    if not known or total < 0.05:
        return []
    parts: list[tuple[str, str]] = []
    for name, value in known.items():
        parts += [
            (f"{name} ", "muted"),
            ("━" * max(round(value / total * 24), 1), "run"),
            (f" {took(value)}   ", "text"),
        ]
    return [Line(spans(parts))]


def bound(run: RunSummary) -> Line:
    if run.bound is None:
        return line(("The query has no last_sync_time: it read everything.", "muted"))
    return line(("last_sync_time ", "muted"), utc(run.bound) if run.bound else "0: all rows")


def delivery_lines(run: RunSummary) -> list[Line]:
    """Show each destination, where there are several or one has something to say."""
    told = [each for each in run.deliveries if len(run.deliveries) > 1 or each["reason"] or json.loads(each["notes"])]
    if not told:
        return []
    lines = [Line(), heading("Deliveries")]
    for each in told:
        counts = f"{each['acknowledged']:,} sent  {each['rejected']:,} rejected  {each['unchanged']:,} unchanged"
        lines.append(line(f"→ {each['destination']}  ", (str(each["state"]), "muted"), right=((counts, "muted"),)))
        if each["reason"]:
            lines.append(line(Span("  ! ", "warn"), str(each["reason"])))
        lines += [line((f"    {note}", "muted")) for note in json.loads(each["notes"])]
    return lines
