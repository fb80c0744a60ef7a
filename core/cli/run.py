"""`backhaul run` and `backhaul replay`: one run now, watched."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.output import Progress, fail, folder_option, json_option, print_error, print_json, say
from core.cli.project_args import complete_sync, open_project, open_syncs
from core.cli.run_options import accepting, build_run_options
from core.errors import BackhaulError, UsageError
from core.formatting import counted, has_read, will_read

if TYPE_CHECKING:
    from core.model import Project, Sync
    from core.sync.planning.ledger_match import RunOptions
    from core.sync.progress.events import Event

__all__ = ["replay", "run", "run_all"]


@click.command()
@click.argument("syncs", nargs=-1, shell_complete=complete_sync)
@accepting
@click.option("--replan", is_flag=True, help="Discard what an earlier run has not sent yet, and plan again.")
@click.option("--yes", is_flag=True, help="Accept what the guards ask.")
@folder_option
@json_option
def run(syncs: tuple[str, ...], *, replan: bool, yes: bool, folder: Path | None, as_json: bool, **said: bool) -> None:
    """Run SYNCS once, now; all enabled ones where none is named. With --json, one event a line."""
    if (said["baseline"] or said["new_ledger"]) and not syncs:
        raise UsageError("Name the syncs that --baseline or --new-ledger is for.")
    accepted = build_run_options(yes=yes, replan=replan, **said)
    project = open_project(folder, asked=syncs)
    chosen = open_syncs(project, syncs)
    if not chosen:
        raise UsageError("There is no enabled sync in this project.", remedy="Make one under syncs/, or name one.")
    results = run_all(project, chosen, accepted=accepted, as_json=as_json, stream=as_json)
    code = max(int(result["exit_code"]) for result in results)
    fail(max(code, 2 if project.broken and not syncs else 0))


@click.command()
@click.argument("sync", shell_complete=complete_sync)
@click.option(
    "--row", "rows", multiple=True, type=int, help="Only the row of this number (`backhaul rejected`); may be repeated."
)
@click.option("--key", default="", help="Only the rows of this key: a userId, for instance.")
@folder_option
@json_option
def replay(sync: str, *, rows: tuple[int, ...], key: str, folder: Path | None, as_json: bool) -> None:
    """Send the rejected rows of SYNC again, with the latest content that is known of each."""
    project = open_project(folder, asked=(sync,))
    syncs = open_syncs(project, (sync,))
    only = _open_numbers(project, syncs[0], rows, key) if rows or key else frozenset()
    results = run_all(project, syncs, replay=True, replay_only=only, as_json=as_json, stream=as_json)
    done = results[0]
    if not as_json and done["state"] == "succeeded" and not done["acknowledged"]:
        say(f"{sync} has no rejected row that can be sent. `backhaul rejected {sync}` lists what is left.", sign="none")
    fail(max(int(result["exit_code"]) for result in results))


def _open_numbers(project: Project, sync: Sync, rows: tuple[int, ...], key: str) -> frozenset[int]:
    """Return the numbers of the rows that are meant. Raises UsageError where there are none."""
    from core.reports.rejected_rows import open_numbers
    from core.state.folder import StateFolder

    with StateFolder(project).store() as store:
        return open_numbers(store, sync, rows=rows, key=key)


def run_all(
    project: Project,
    syncs: Sequence[Sync],
    *,
    accepted: RunOptions | None = None,
    replay: bool = False,
    replay_only: frozenset[int] = frozenset(),
    undo: str = "",
    as_json: bool = False,
    stream: bool = False,
    brief: bool = False,
) -> list[dict[str, Any]]:
    """Run syncs one after the other, printing as it goes; return how each ended."""
    import asyncio

    try:
        return [
            asyncio.run(
                _watch(
                    project,
                    sync,
                    accepted=accepted,
                    replay=replay,
                    replay_only=replay_only,
                    undo=undo,
                    as_json=as_json,
                    stream=stream,
                    brief=brief,
                )
            )
            for sync in syncs
        ]
    except (KeyboardInterrupt, asyncio.CancelledError):
        click.echo("Stopped. What was not answered is sent when you run again.", err=True)
        raise click.exceptions.Exit(1) from None


async def _watch(
    project: Project,
    sync: Sync,
    *,
    accepted: RunOptions | None,
    replay: bool,
    replay_only: frozenset[int],
    undo: str,
    as_json: bool,
    stream: bool,
    brief: bool,
) -> dict[str, Any]:
    from core import secrets
    from core.sync.progress.events import as_json as event_json
    from core.sync.run import run_sync

    result: dict[str, Any] = {"sync": sync.name, "call": sync.call.value, "acknowledged": 0, "rejected": 0}
    progress = Progress(wanted=not as_json)
    _stop_when_asked()
    try:
        running = run_sync(
            project,
            sync,
            secrets.reader(project),
            accepted=accepted,
            replay=replay,
            replay_only=replay_only,
            undo=undo,
        )
        async with contextlib.aclosing(running):
            async for event in running:
                if stream:
                    print_json(event_json(event))
                elif not as_json:
                    _tell(event, progress, brief=brief)
                _remember(event, result)
    except BackhaulError as error:
        print_error(error, as_json=as_json)
        result |= {"state": "failed", "exit_code": error.exit_code, "error": error.message}
    finally:
        progress.clear()
    return result


def _stop_when_asked() -> None:
    """Let SIGTERM (systemd, `kill`) stop the run as Ctrl-C does: the query in the warehouse is stopped too."""
    import asyncio

    task = asyncio.current_task()
    if task is not None and os.name == "posix":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _remember(event: Event, result: dict[str, Any]) -> None:
    from core.sync.progress import events

    if isinstance(event, events.Committed):
        result["acknowledged"] += event.acknowledged
        result["rejected"] += event.rejected
    elif isinstance(event, events.Ended):
        result |= {"run": event.run, "state": event.state, "exit_code": event.exit_code, "seconds": event.seconds}
        if event.error:
            result["error"] = event.error


def _tell(event: Event, progress: Progress, *, brief: bool) -> None:
    """Show an event to a person: as progress, or as lines of their own."""
    from core.sync.progress import events

    match event:
        case events.Estimated() | events.Billed() if not brief:
            progress.clear()
            cost = will_read(event.estimate) if isinstance(event, events.Estimated) else has_read(event.bill)
            say(f"{event.sync}: the query {cost}", dim=True)
        case events.Querying():
            progress.show(f"{event.sync}: query", event.rows, None, event.seconds, "rows")
        case events.Answered():
            done = event.acknowledged + event.rejected
            progress.show(f"{event.sync} → {event.destination}", done, event.calls, event.seconds, "calls")
        case events.Planned() if not brief or event.notes:
            progress.clear()
            _tell_plan(event, brief=brief)
        case events.Stopped():
            progress.clear()
            _tell_guards(event)
        case (
            events.Slowed()
            | events.Retrying()
            | events.Resumed()
            | events.Committed()
            | events.Paused()
            | events.Ended()
        ):
            progress.clear()
            _tell_outcome(event)
        case _:
            pass


def _tell_outcome(event: Event) -> None:
    from core.sync.progress import events

    match event:
        case events.Retrying():
            say(
                f"{event.sync} → {event.destination}: {event.reason}; next try in {event.wait:.1f} s "
                f"({event.attempt} of {event.attempts})",
                sign="warn",
            )
        case events.Slowed() if event.is_last:
            say(
                f"{event.sync} → {event.destination}: slowed down by the destination, {counted(event.times, 'time')}",
                dim=True,
            )
        case events.Resumed():
            say(
                f"{event.sync} → {event.destination}: continuing an earlier delivery, {event.answered:,} of "
                f"{event.calls:,} calls were answered",
                sign="go",
            )
        case events.Committed():
            rejected = f", {event.rejected:,} rejected" if event.rejected else ""
            held = f", {event.held_back:,} deletes held back until nothing is rejected" if event.held_back else ""
            assumed = f", {event.assumed:,} marked as delivered without a call" if event.assumed else ""
            left = f", {event.given_up:,} discarded, to be planned again" if event.given_up else ""
            say(
                f"{event.sync} → {event.destination}: {event.acknowledged:,} delivered{rejected}{held}{assumed}{left}, "
                f"{event.unchanged:,} unchanged",
                sign="warn" if rejected or held else "ok",
            )
            if event.rejected:
                say(f"  Look at them with `backhaul rejected {event.sync}`.", dim=True)
        case events.Paused():
            say(
                f"{event.sync} → {event.destination}: paused, {counted(event.pending, 'call')} pending. {event.reason}",
                sign="bad",
            )
            say(f"  {event.remedy}", dim=True)
        case events.Ended() if event.error and event.state == "failed":
            click.echo(f"{click.style('✗', fg='red')} {event.sync}: {_safe(event.error)}", err=True)
            if event.remedy:
                click.echo(f"  {_safe(event.remedy)}", err=True)
        case _:
            pass


def _safe(text: str) -> str:
    from core.control_chars import escape_control_chars

    return escape_control_chars(text, lines=True)


def _tell_plan(event: Any, *, brief: bool) -> None:
    if not brief:
        removed = f"  −{event.removed:,} removed" if event.removed else ""
        refused = f"  ✗{event.refused:,} refused" if event.refused else ""
        retried = f"  ↻{event.retried:,} tried again" if event.retried else ""
        say(
            f"{event.sync} → {event.destination}: +{event.added:,} new  ~{event.changed:,} changed{removed}  "
            f"={event.unchanged:,} unchanged{retried}{refused}  ({counted(event.calls, 'call')} in {counted(event.batches, 'batch')})",
            sign="none",
        )
    for note in event.notes:
        say(f"  {note}", dim=True)


def _tell_guards(event: Any) -> None:
    say(f"{event.sync} → {event.destination}: stopped before the first call", sign="warn")
    for question in event.questions:
        say(f"  {question['guard']}: {question['message']}")
        for example in question["evidence"]:
            say(f"    {example}", dim=True)
        say(f"    {question['remedy']}", dim=True)
