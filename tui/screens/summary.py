"""What is told of a sync and of a run in a few lines, on every page that shows one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.formatting import ago, clock, counted, sparkline, took, until
from tui.drawing import Line, Span, heading, line, wrapped
from tui.signs import state

if TYPE_CHECKING:
    from core.model import Project, Sync
    from core.reports.history import Cause, RunSummary, SyncStatus
    from tui.keys import Keys
    from tui.messages import Snapshot

__all__ = [
    "cause_lines",
    "field_lines",
    "plain_reason",
    "problem_lines",
    "question_lines",
    "skipped_words",
    "sync_lines",
    "what_happened",
]


def what_happened(run: RunSummary) -> str:
    """Say in a few words what came of a run."""
    if run.state == "skipped":
        return skipped_words(run)
    if run.error:
        return run.error
    if run.state == "stopped":
        return "; ".join(str(question["message"]) for question in run.questions) or "stopped by a guard"
    if run.rejected:
        return f"{run.rejected:,} rejected"
    return "" if run.acknowledged else "nothing changed"


def skipped_words(run: RunSummary) -> str:
    """Say why scheduled runs were not run, how many they are, and when their work was done."""
    many = f", {run.skipped:,} times" if run.skipped > 1 else ""
    if run.caught_up is None:
        after = "not caught up yet"
    else:
        after = f"caught up at {clock(run.caught_up_at)}" if run.caught_up_at else "being caught up"
    return f"{(run.error or 'previous run still going').rstrip('.')}{many}; {after}"


def sync_lines(
    status: SyncStatus,
    project: Project | None,
    keys: Keys,
    width: int,
    *,
    wide: bool,
    fields: Sequence[Mapping[str, Any]] | None = None,
) -> list[Line]:
    """Tell of a sync: how it went, why not better, when it runs, where its rows go. `fields` is what lint says of them."""
    sync = project.syncs.get(status.sync) if project else None
    lines = _head(status, width, wide=wide)
    lines += _trouble(status, keys, width)
    if sync is not None:
        from core.reports.schedule_health import tight_words

        tight = tight_words(sync.schedule, status.skipped, status.ran, status.last_took)
        said = wrapped(tight[0], width - 2) if tight else []
        lines += [line(Span("  " if place else "! ", "warn"), *each.left) for place, each in enumerate(said)]
    if status.causes:
        lines += [
            Line(),
            *([heading("Rejected rows, by cause", (f"{status.rejected_open:,}", "warn"))] if wide else []),
        ]
        lines += cause_lines(status.causes[: 6 if wide else 3])
        open_key, replay = keys.shown("home.rejected"), keys.shown("home.replay")
        lines.append(
            line(("       " + f"{open_key} shows the rows", "muted"), right=((f"{replay} sends them again", "muted"),))
        )
    if sync is None or project is None:
        return lines
    lines.append(Line())
    lines += _wide_facts(status, sync, project, fields) if wide else _narrow_facts(status, sync, project)
    return lines


def _head(status: SyncStatus, width: int, *, wide: bool) -> list[Line]:
    name = f"{status.sync} → {', '.join(status.destinations) or 'preview only'}"
    mark, word = state("paused" if not status.enabled and status.state == "succeeded" else status.state)
    age = (
        f" {ago(status.last_started)} ago"
        if status.last_started and status.state != "running" and ago(status.last_started) != "now"
        else ""
    )
    right = (mark, word, Span(age, "muted"))
    if not wide:
        return [Line((Span(name, "bold text"),), right, "─")]
    lines = [Line((Span(name, "bold text"),), right)]
    return lines + (wrapped(status.description, width, "muted") if status.description else [])


def _trouble(status: SyncStatus, keys: Keys, width: int) -> list[Line]:
    """Say what is wrong and what helps; what went well is said in one line."""
    lines: list[Line] = []
    if status.state == "stopped":
        lines += question_lines(status.questions, width)
        lines.append(line((f"{keys.shown('home.run')} shows the plan and what you can choose.", "muted")))
    elif status.error:
        lines += wrapped(status.error, width)
        lines += wrapped(status.remedy, width, "muted") if status.remedy else []
    elif status.state == "never run":
        lines.append(
            line(
                (
                    f"It has not run yet. {keys.shown('home.plan')} shows what it would send, {keys.shown('home.run')} runs it.",
                    "muted",
                )
            )
        )
    elif status.state == "succeeded":
        sent = (
            counted(status.acknowledged, "call") + " sent"
            if status.acknowledged
            else "Nothing had changed, nothing was sent"
        )
        rows = f", of {status.rows:,} rows" if status.rows and status.acknowledged else ""
        lines.append(line((f"{sent}{rows}.", "muted")))
    elif status.state == "partial":
        lines += wrapped(
            f"{status.rejected:,} of {status.rows or 0:,} rows were rejected; the others are delivered.", width
        )
    if status.pending and status.state != "running":
        lines.append(line(f"{counted(status.pending, 'call')} wait for their answer; the next run sends them first."))
    return lines


def blocked_heading(questions: tuple[Mapping[str, Any], ...]) -> Line:
    """Return the heading above what guards ask: which of them block the delivery."""
    guards = list(dict.fromkeys(str(question["guard"]) for question in questions))
    names = ", ".join(f'"{guard}"' for guard in guards)
    return heading(f"Blocked by {'guard' if len(guards) == 1 else 'guards'} {names}", Span("! nothing is sent", "warn"))


def question_lines(questions: tuple[Mapping[str, Any], ...], width: int) -> list[Line]:
    """Show what the guards ask."""
    lines: list[Line] = []
    for question in questions:
        first, *rest = wrapped(str(question["message"]), width - 2)
        lines.append(Line((Span("! ", "warn"), *first.left), ((Span(str(question["guard"]), "muted")),)))
        lines += [Line((Span("  "), *each.left)) for each in rest]
    return lines


def problem_lines(snapshot: Snapshot) -> list[Line]:
    """Say why the project or its store cannot be read, and how old what is shown below is."""
    age = ago(snapshot.at) if snapshot.at else ""
    since = "below as it was just now" if age == "now" else f"below as it was {age} ago" if age else ""
    return [
        line(Span("✗ ", "fail"), Span(snapshot.where or "The project", "bold text"), right=((since, "muted"),)),
        line(f"  {snapshot.problem}"),
        line((f"  {snapshot.remedy}", "muted")),
        Line(),
    ]


def plain_reason(reason: str, status: int | None) -> str:
    """Return a reason without the status that stands beside it anyway."""
    return reason.removeprefix(f"{status} ") if status else reason


def cause_lines(causes: tuple[Cause, ...]) -> list[Line]:
    """Show why rows were refused, the most frequent cause first."""
    return [
        line(
            Span(f"{cause.rows:6,}  "),
            Span(plain_reason(cause.reason, cause.status)),
            right=((str(cause.status) if cause.status else "not sent", "muted"),),
        )
        for cause in causes
    ]


def _narrow_facts(status: SyncStatus, sync: Sync, project: Project) -> list[Line]:
    return [
        line(
            sync.schedule if sync.enabled else f"paused ({sync.schedule})",
            (f"   {sync.source} → {', '.join(_place(project, name) for name in sync.destinations)}", "muted"),
            right=((f"last_sync_time {_last_time(status)}", "muted"),),
        )
    ]


def _wide_facts(
    status: SyncStatus, sync: Sync, project: Project, fields: Sequence[Mapping[str, Any]] | None
) -> list[Line]:
    def fact(name: str, value: str, note: str = "") -> Line:
        return line(Span(f"{name:<16}", "muted"), value, right=((note, "muted"),) if note else ())

    lines = [
        heading("Schedule"),
        fact(
            "Every" if sync.schedule.startswith("every") else "When",
            sync.schedule.removeprefix("every "),
            sync.timezone,
        ),
    ]
    lines.append(
        fact(
            "Next",
            until(status.due) if status.enabled and status.due else "paused" if not status.enabled else "by hand",
        )
    )
    lines.append(fact("last_sync_time", _last_time(status)))
    if len(status.last_sent) > 1:
        sent, times = status.last_sent[:14], [each or 0.0 for each in status.last_took[:14]]
        lines.append(
            line(
                Span(f"{'Rows sent':<16}", "muted"),
                Span(sparkline(sent[::-1]), "run"),
                right=((f"{len(sent)} runs, max {max(sent):,}", "muted"),),
            )
        )
        lines.append(
            line(
                Span(f"{'Time taken':<16}", "muted"),
                Span(sparkline(times[::-1]), "run"),
                right=((f"max {took(max(times))}", "muted"),),
            )
        )
    lines += [Line(), heading("Fields", (sync.call.value, "muted")), *field_lines(fields)]
    lines += [
        Line(),
        heading("Path"),
        fact("Source", sync.source, project.sources[sync.source].type if sync.source in project.sources else ""),
    ]
    lines += [fact("Destination", name, _kind(project, name)) for name in sync.destinations]
    guards = sync.guards
    lines.append(fact("Guards", f"max_changed {guards.max_changed:.2f}", f"max_calls {guards.max_calls:,}"))
    return lines


def field_lines(fields: Sequence[Mapping[str, Any]] | None, most: int = 12) -> list[Line]:
    """Show where each column of the query goes in the call; None: that is not known yet."""
    if fields is None:
        return [line(("reading the query …", "muted"))]
    if not fields:
        return [line(("The columns are known once the query is fixed.", "muted"))]
    lines = [
        line(
            Span(f"{field['column']:<16} ", "text"),
            Span("→ ", "muted"),
            Span(field["path"] or field["problem"], "text" if field["path"] else "fail"),
            right=(("key", "muted"),) if field["key"] else (),
        )
        for field in fields[:most]
    ]
    return lines + ([line((f"and {len(fields) - most} more", "muted"))] if len(fields) > most else [])


def _place(project: Project, name: str) -> str:
    kind = _kind(project, name)
    return name if kind in ("", name) else f"{name} ({kind})"


def _kind(project: Project, name: str) -> str:
    destination = project.destinations.get(name)
    if destination is None:
        return ""
    region = getattr(destination.settings, "region", "")
    return f"{destination.type} {region}".strip()


def _last_time(status: SyncStatus) -> str:
    times = [each for each in status.last_sync_times.values() if each]
    return clock(min(times), exact=True) if times else "0: all rows"
