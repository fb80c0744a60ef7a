"""What a run did, in lines: what became of its rows, what each phase took, the time it asked for, what the query cost, each
of its deliveries; and where it did not go well, what went wrong and what helps.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.formatting import clock, has_read, took, utc
from tui.drawing import Line, Span, heading, line, spans, width_of, wrapped
from tui.live import live_lines
from tui.plots import timeline
from tui.screens.summary import blocked_heading, question_lines, skipped_words
from tui.signs import state

if TYPE_CHECKING:
    from core.reports.history import RunSummary
    from tui.keys import Keys

__all__ = ["COUNTED", "counts", "delivery_lines", "last_sync_times", "story_lines", "totals"]

COUNTED = (
    ("acknowledged", "sent", "ok"),
    ("rejected", "rejected", "fail"),
    ("unchanged", "unchanged", "text"),
    ("assumed", "marked as sent", "text"),
    ("pending", "pending", "warn"),
    ("superseded", "superseded", "text"),
)
"""What becomes of rows, as the store calls it, in words, and how it is drawn."""

_ALWAYS = ("acknowledged", "rejected", "unchanged")


def story_lines(run: RunSummary, keys: Keys, width: int) -> list[Line]:
    """Tell a run from its beginning to its end."""
    lines = [_title(run)]
    if run.state == "running":
        return [*lines, *live_lines([run], width, run.progress.at if run.progress else run.started)]
    if run.state == "skipped":
        return [*lines, *_skipped(run, width)]
    lines += [*counts(run, width), *_phases(run, width), *last_sync_times(run), *_cost(run)]
    return lines + _trouble(run, keys, width) + delivery_lines(run)


def _title(run: RunSummary) -> Line:
    mark, word = state(run.state)
    ended = f" → {clock(run.ended, exact=True)}" if run.ended else ""
    names = ", ".join(dict.fromkeys(str(each["destination"]) for each in run.deliveries))
    times = f"   {clock(run.started, exact=True)}{ended}"
    span = "" if run.state == "skipped" else f"   {took(run.seconds)}"
    return Line(
        (Span(f"Run {run.id[:4]}  {run.name}{f' → {names}' if names else ''}", "bold text"),),
        (mark, word, Span(times + span, "muted")),
        "─",
    )


def _skipped(run: RunSummary, width: int) -> list[Line]:
    """Say why nothing was run, and that nothing is lost."""
    lines = wrapped(f"It was not run: {skipped_words(run)}.", width)
    text = "A run covers all scheduled times that were due before it started, so no row is lost; it is only later."
    return [*lines, *wrapped(text, width, "muted")]


def totals(run: RunSummary) -> dict[str, int]:
    """Add up what became of the rows of all deliveries; `rows` is the sum of all the others."""
    became = [each["outcomes"] for each in run.deliveries]
    return {name: sum(int(each[name]) for each in became) for name in ("rows", *(name for name, *_ in COUNTED))}


def counts(run: RunSummary, width: int) -> list[Line]:
    """Say what became of the rows, so that the numbers add up, and what else there is to say of them."""
    found = totals(run)
    parts: list[tuple[str, str]] = [(f"{found['rows']:,}", "text"), (" rows = ", "muted")]
    shown = [each for each in COUNTED if found[each[0]] or each[0] in _ALWAYS]
    for place, (name, word, style) in enumerate(shown):
        parts += [(" + ", "muted")] if place else []
        parts += [(f"{found[name]:,}", style if found[name] else "muted"), (f" {word}", "muted")]
    retried = sum(int(each["retried"] or 0) for each in run.deliveries)
    notes = [f"{retried:,} tried again"] if retried else []
    if run.rows is not None and run.rows != found["rows"] and (run.deliveries or run.rows):
        notes.insert(0, f"the query gave {run.rows:,}")
    left, right = spans(parts), spans([(", ".join(notes), "muted")] if notes else [])
    if not notes or width_of(left) + width_of(right) + 5 <= width:
        return [Line(left, right)]
    return [Line(left), Line(spans([("  ", "muted"), *right]))]


def _phases(run: RunSummary, width: int) -> list[Line]:
    """Show what each phase took, on a line of time."""
    seconds = run.progress.seconds if run.progress else {}
    known = [(name, value) for name, value in seconds.items() if value is not None]
    if sum(value for _name, value in known) < 0.05:
        return []
    return timeline(known, run.started, width, run.started)


def last_sync_times(run: RunSummary) -> list[Line]:
    """Say from when the query was asked to give rows, and where last_sync_time stands after the run."""
    if run.bound is None:
        before = "the query does not ask for it: it read everything"
    else:
        before = f"{utc(run.bound)} given to the query" if run.bound else "0 given to the query: all rows"
    lines = [line(("last_sync_time  ", "muted"), before)]
    moved = {str(each["destination"]): each["clock"] for each in run.deliveries if each["state"] == "committed"}
    stays = [str(each["destination"]) for each in run.deliveries if not moved.get(str(each["destination"]))]
    times = {name: moment for name, moment in moved.items() if moment}
    one = len(run.deliveries) == 1
    after = [utc(moment) if one else f"{name} {utc(moment)}" for name, moment in times.items()]
    if stays:
        after.append("it did not move" if one else f"{', '.join(stays)}: it did not move")
    return lines if not after else [*lines, line(("         after  ", "muted"), ",  ".join(after))]


def _cost(run: RunSummary) -> list[Line]:
    bill = run.progress.bill if run.progress else None
    return [line(("cost            ", "muted"), f"the query {has_read(bill)}")] if bill else []


def _trouble(run: RunSummary, keys: Keys, width: int) -> list[Line]:
    """Show what the guards ask, or what went wrong, and what helps."""
    if run.questions:
        evidence = [str(example) for question in run.questions for example in question.get("evidence") or ()]
        return [
            Line(),
            blocked_heading(run.questions),
            *question_lines(run.questions, width),
            *[line(("  " + example, "muted")) for example in evidence],
            Line(),
            line(
                Span(keys.shown("run.again"), "bold text"),
                (" chooses what to do;  ", "muted"),
                Span(keys.shown("run.edit"), "bold text"),
                (" opens the query", "muted"),
            ),
        ]
    if run.error:
        remedy = wrapped(run.remedy, width, "muted") if run.remedy else []
        return [Line(), heading("Why", Span("✗ failed", "fail")), *wrapped(run.error, width), *remedy]
    return []


def delivery_lines(run: RunSummary) -> list[Line]:
    """Show each destination, where there are several or one has something to say."""
    told = [each for each in run.deliveries if len(run.deliveries) > 1 or each["reason"] or json.loads(each["notes"])]
    if not told:
        return []
    lines = [Line(), heading("Deliveries")]
    for each in told:
        became = each["outcomes"]
        parts = [f"{became[name]:,} {word}" for name, word, _style in COUNTED if became[name] or name in _ALWAYS]
        said = f"{became['rows']:,} = {' + '.join(parts)}"
        lines.append(line(f"→ {each['destination']}  ", (str(each["state"]), "muted"), right=((said, "muted"),)))
        if each["reason"]:
            lines.append(line(Span("  ! ", "warn"), str(each["reason"])))
        lines += [line((f"    {note}", "muted")) for note in _notes(each["notes"])]
    return lines


def _notes(written: str) -> Sequence[str]:
    return [str(note) for note in json.loads(written)]
