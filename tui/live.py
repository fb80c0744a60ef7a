"""How a run that goes on is shown: phases, progress, rate, time left. From its progress in the store; no invented times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.formatting import sparkline, took
from tui.drawing import Line, Span, line, width_of
from tui.signs import bar, sign

if TYPE_CHECKING:
    from core.reports.history import RunSummary
    from core.sync.progress.run_progress import DestinationProgress, Progress

__all__ = ["as_many_lines", "live_lines", "phase_spans"]


def live_lines(
    runs: Sequence[RunSummary], width: int, now: float, *, spaced: bool = False, brief: bool = False
) -> list[Line]:
    """Return the lines of the runs that go on: two each, and one more for what waits; with `brief` the first of each."""
    lines: list[Line] = []
    for run in runs:
        if spaced and lines:
            lines.append(Line())
        found = _of_run(run, width, now)
        lines += [_waiting_too(found)] if brief else found
    return lines


def _waiting_too(found: Sequence[Line]) -> Line:
    """Return the first of a run's lines; where it waits for something, that is said in it."""
    first = found[0]
    waits = len(found) > 2 and found[2].left[1:2] == (_WAITS,)
    return Line((*first.left[:2], Span(" "), _WAITS, *first.left[2:]), first.right) if waits else first


_WAITS = Span("! ", "warn")


def as_many_lines(runs: Sequence[RunSummary], width: int, now: float, room: int) -> list[Line]:
    """Return the lines of all runs that go on, as much of each as there is room for: with blank lines between, without, or one each."""
    for spaced, brief in ((True, False), (False, False)):
        lines = live_lines(runs, width, now, spaced=spaced, brief=brief)
        if len(lines) <= room:
            return lines
    return live_lines(runs, width, now, brief=True)


def _of_run(run: RunSummary, width: int, now: float) -> list[Line]:
    progress = run.progress
    name = (sign("running"), Span(f" {run.name}"))
    if progress is None:
        return [Line((*name, Span("  starting", "muted")), (Span(took(now - run.started), "muted"),))]
    targets = progress.destinations
    calls = sum(each.calls for each in targets)
    done = sum(each.acknowledged + each.rejected for each in targets)
    waiting = any(each.state in ("retrying", "paused") for each in targets)
    rate = 0.0 if waiting else _rate(progress.rates)  # nothing is sent meanwhile, so no time can be told from it
    head: list[Line] = []
    if progress.phase in ("deliver", "done") and calls:
        share = done / calls
        right = [
            Span(f"{share:4.0%}"),
            Span(f"  {done:,}/{calls:,}", "muted"),
            Span(f"  {rate:,.0f}/s" if rate else "", "muted"),
        ]
        if rate and done < calls:
            right.append(Span(f"  {_left((calls - done) / rate)} left"))
        room = width - sum(len(part.text) for part in right) - len(run.name) - 10
        shown = bar(share, max(room, 4)) if room > 3 else ()
        head.append(Line((*name, Span("  "), *shown), tuple(right)))
    else:
        seconds = progress.seconds.get("query") or 0
        rows = f"{progress.rows:,} rows" if progress.rows else "waiting for the first row"
        pace = f"  {progress.rows / seconds:,.0f}/s" if progress.rows and seconds else ""
        head.append(
            Line(
                (*name, Span(f"  {_PHASES.get(progress.phase, progress.phase)}", "muted")),
                (Span(rows), Span(pace, "muted"), Span(f"  {took(now - run.started)}", "muted")),
            )
        )
    waits = [
        line(
            "  ",
            _WAITS,
            Span(f"{each.destination}: {each.reason}", "warn"),
            right=((_wait(each, now), "muted"),),
        )
        for each in progress.destinations
        if each.state in ("retrying", "paused")
    ]
    return [*head, _phases(progress, width), *waits]


_PHASES = {"query": "the query runs", "plan": "comparing", "deliver": "delivering", "done": "ending"}


def _phases(progress: Progress, width: int) -> Line:
    """Show the phases, and the rate of the last seconds as a line of bars with its maximum, where both have room."""
    left = (Span("  "), *phase_spans(progress, apart=3 if width >= 100 else 2))
    if not any(progress.rates):
        return Line(left)
    right = (Span(sparkline(progress.rates[-16:]), "run"), Span(f" max {max(progress.rates[-16:]):,.0f}/s", "muted"))
    room = width - 5 - width_of(left)
    return Line(left, right if width_of(right) <= room else right[:1] if width_of(right[:1]) <= room else ())


def phase_spans(progress: Progress, *, apart: int = 3) -> tuple[Span, ...]:
    """Say how far each phase is: query done with 100,000 rows, plan with 812 new, deliver at 65 of 100."""
    phases = ("query", "plan", "deliver")
    at = phases.index(progress.phase) if progress.phase in phases else len(phases)
    targets = progress.destinations
    counts = [
        (sign_, sum(getattr(each, name) for each in targets))
        for sign_, name in (("+", "added"), ("~", "changed"), ("−", "removed"))
    ]
    batches = sum(each.batches for each in targets)
    answered = sum(each.batches_answered for each in targets)
    retried, rejected = sum(each.retried for each in targets), sum(each.rejected for each in targets)
    said = {
        "query": f"{progress.rows:,}" if progress.rows else "",
        "plan": " ".join(f"{mark}{count:,}" for mark, count in counts if count) or ("nothing new" if at > 1 else ""),
        "deliver": f"{answered:,}/{batches:,}" if batches else "",
    }
    parts: list[Span] = []
    for place, phase in enumerate(phases):
        mark = sign("succeeded" if place < at else "running" if place == at else "never run")
        parts += [
            Span(" " * apart if parts else ""),
            Span(f"{phase} ", "muted"),
            mark,
            Span(f" {said[phase]}" if place <= at else ""),
        ]
    if retried:
        parts += [Span(f"{' ' * apart}retry ", "muted"), Span(f"{retried:,}")]
    if rejected:
        parts += [Span(f"{' ' * apart}rejected ", "muted"), Span(f"{rejected:,}", "warn")]
    return tuple(parts)


def _rate(rates: Sequence[float]) -> float:
    """Return the rate of the last seconds."""
    last = rates[-5:]
    return sum(last) / len(last) if last else 0.0


def _left(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02}" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60:02}"


def _wait(target: DestinationProgress, now: float) -> str:
    if target.state == "paused":
        return "paused; the next run continues"
    return f"next try in {max(int((target.until or now) - now), 0)} s ({target.attempt} of {target.attempts})"
