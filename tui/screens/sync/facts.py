"""A sync in lines: how it stands, its trend over the last runs, when it runs, where its rows go. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from core.formatting import ago, clock, counted, size, took, until, utc
from core.reports.schedule_health import in_words, next_moments, skipped_a_day, tight_words
from tui.drawing import Line, Span, heading, line, wrapped
from tui.plots import Plot, plot_lines
from tui.screens.summary import cause_lines, field_lines
from tui.signs import sign, state

if TYPE_CHECKING:
    from core.model import Project, Sync
    from core.reports.history import RunSummary, SyncStatus
    from core.reports.ledger_sizes import Known

__all__ = ["TREND", "fact_lines", "head_lines", "trend_lines"]

TREND = 60
"""How many runs the trend is made of, the newest."""

_QUIET = ("succeeded",)


def head_lines(status: SyncStatus, width: int, now: float) -> list[Line]:
    """Say what it is and how it stands: its state, failures in a row, what waits, whether its schedule is too tight."""
    name = f"{status.sync} → {', '.join(status.destinations) or 'preview only'}"
    off = not status.enabled and status.state in (*_QUIET, "never run", "disabled")
    mark, word = state("paused" if off else status.state)
    age = ago(status.last_started, now)
    last = "" if not age or status.state == "running" else " now" if age == "now" else f" {age} ago"
    lines = [
        Line((Span(name, "bold text"), Span(f"   {status.call}", "muted")), (mark, word, Span(last, "muted")), "─")
    ]
    lines += wrapped(status.description, width, "muted") if status.description else []
    if status.error:
        lines += wrapped(status.error, width)
        lines += wrapped(status.remedy, width, "muted") if status.remedy else []
    lines += [line(Span("! ", "warn"), text) for text in _standing(status, now)]
    return lines


def _standing(status: SyncStatus, now: float) -> list[str]:
    """Say what a person should know before anything is done."""
    said = []
    if status.failures:
        times = "once" if status.failures == 1 else f"{status.failures:,} times in a row"
        waits = status.retry is not None and status.retry > now
        rest = f"; its schedule leaves it alone until {clock(status.retry, now)}" if waits else ""
        said.append(f"It failed {times}{rest}.")
    if status.pending and status.state != "running":
        said.append(f"{counted(status.pending, 'call')} wait for their answer; the next run sends them first.")
    if status.state == "stopped":
        said += [str(question["message"]) for question in status.questions]
    return said


def trend_lines(
    runs: Sequence[RunSummary] | None, width: int, height: int, now: float, *, title: bool = True
) -> list[Line]:
    """Plot rows sent, time taken and rows rejected over the last runs, the oldest at the left; signs say how each ended."""
    lines = [heading("Trend", (f"the last {counted(len(runs), 'run')}" if runs else "", "muted"))] if title else []
    if runs is None:
        return [*lines, line(("reading the runs …", "muted"))]
    if not runs:
        return [*lines, line(("It has not run yet: its runs will be plotted here.", "muted"))]
    shown = list(reversed(runs))
    moments = [run.started for run in shown]
    signs = [Span(sign(run.state).text, "muted" if run.state in _QUIET else sign(run.state).style) for run in shown]
    plots = (
        Plot(title="Rows sent", values=[run.acknowledged for run in shown], written=_whole, signs=signs),
        Plot(title="Time taken", values=[run.seconds if run.ended else None for run in shown], written=took),
        Plot(title="Rows rejected", values=[run.rejected for run in shown], written=_whole, style="warn"),
    )
    label = max(len(plot.written(max(filter(None, plot.values), default=0))) for plot in plots)
    for plot in plots:
        if plot.title == "Rows rejected" and not any(plot.values):
            lines += [line(Span("Rows rejected", "bold text"), ("   none in these runs", "muted"))]
            continue
        lines += [*plot_lines(plot, moments, width, height, now, label=label), Line()]
    return lines


def _whole(value: float) -> str:
    return f"{value:,.0f}"


def _fact(name: str, value: str, note: str = "") -> Line:
    return line(Span(f"{name:<16}", "muted"), value, right=((note, "muted"),) if note else ())


def fact_lines(
    status: SyncStatus,
    project: Project | None,
    ledgers: Sequence[Known],
    fields: Sequence[Mapping[str, Any]] | None,
    width: int,
    now: float,
) -> list[Line]:
    """Tell when it runs, where its rows go, what is known there, and what becomes of its columns."""
    sync = project.syncs.get(status.sync) if project else None
    lines = _schedule(status, sync, width, now) if sync else []
    lines += _destinations(status, ledgers)
    if status.causes:
        lines += [Line(), heading("Rejected rows, by cause", (f"{status.rejected_open:,}", "warn"))]
        lines += cause_lines(status.causes[:6])
    if sync is not None and project is not None:
        source = project.sources.get(sync.source)
        lines += [Line(), heading("Fields", (sync.call.value, "muted")), *field_lines(fields, most=40)]
        lines += [Line(), heading("Path"), _fact("Source", sync.source, source.type if source else "")]
        guards = sync.guards
        lines.append(_fact("Guards", f"max_changed {guards.max_changed:.2f}", f"max_calls {guards.max_calls:,}"))
    return lines


def _schedule(status: SyncStatus, sync: Sync, width: int, now: float) -> list[Line]:
    lines = [heading("Schedule", *(() if status.enabled else (Span("║ paused", "muted"),)))]
    first, *rest = wrapped(in_words(sync.schedule, sync.timezone), width - 16)
    lines.append(line(Span(f"{'When':<16}", "muted"), *first.left))
    lines += [line(" " * 16, *each.left) for each in rest]
    if status.enabled and status.due is not None:
        moments = next_moments(sync.schedule, sync.timezone, status.due, 4)
        # a date is written only where it is another one than that of the moment before
        then = ", ".join(clock(moment, before) for before, moment in pairwise((max(now, moments[0]), *moments[1:])))
        lines.append(_fact("Next", until(status.due, now)))
        lines += [line(" " * 16, (f"then {then}", "muted"))] if then else []
    if status.skipped or status.failures:
        lines.append(_fact("Skipped", skipped_a_day(status.skipped, status.ran)))
    for place, text in enumerate(tight_words(sync.schedule, status.skipped, status.ran, status.last_took)):
        found = wrapped(text, width - 2, "text" if place < 2 else "muted")
        mark = Span("! " if place == 0 else "  ", "warn")
        lines += [line(mark if number == 0 else "  ", *each.left) for number, each in enumerate(found)]
    return [*lines, Line()]


def _destinations(status: SyncStatus, ledgers: Sequence[Known]) -> list[Line]:
    lines = [heading("Destinations")]
    by_name = {each.destination: each for each in ledgers}
    for name in status.destinations:
        found = by_name.get(name)
        if found is None or not found.last_sync_time:
            lines.append(line(f"→ {name}", right=(("nothing acknowledged yet; last_sync_time 0", "muted"),)))
            continue
        most = "" if found.is_exact else "up to "
        known = f"{most}{counted(found.rows, 'row')} known, {size(found.bytes)}"
        lines.append(line(f"→ {name}", right=((known, "muted"),)))
        lines.append(line(("  last_sync_time ", "muted"), utc(found.last_sync_time)))
    gone = [each for each in ledgers if each.destination not in status.destinations]
    lines += [line((f"→ {each.destination}  no destination of it any more", "muted")) for each in gone]
    return lines if len(lines) > 1 else [*lines, line(("None: each run is a preview, nothing is kept.", "muted"))]
