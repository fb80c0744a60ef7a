"""`backhaul status`, `runs`, `show`, `rejected` and `explain`: what is going on, and what happened."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from core.cli.output import fail, folder_option, json_option, print_json, say, table
from core.cli.project_args import complete_sync, one_run, open_project, open_syncs
from core.errors import BackhaulError, UsageError
from core.formatting import ago, counted, has_read, moment

if TYPE_CHECKING:
    from core.model import Project
    from core.reports.history import SyncStatus
    from core.store import Store

__all__ = ["explain", "rejected", "runs", "show", "status"]

_SIGNS = {"succeeded": "✓", "partial": "!", "stopped": "!", "failed": "✗", "running": "▶", "skipped": "·"}
_SHOWN = 7


def _store(project: Project) -> Store:
    from core.state.folder import look

    return look(project)


@click.command()
@click.option(
    "--probe", is_flag=True, help="Print one line for a monitoring probe; exit with 0 where all is well, else 1."
)
@click.option(
    "--stale", default="", help='For --probe: how old a last success may be, like "2 hours"; else the schedule says it.'
)
@click.option("--no-daemon", is_flag=True, help="For --probe: it is no trouble that no daemon runs.")
@folder_option
@json_option
def status(*, probe: bool, stale: str, no_daemon: bool, folder: Path | None, as_json: bool) -> None:
    """Show each sync: its last runs, its rejected rows, when it is due; and the daemon.

    With --probe it prints one line, as monitoring plug-ins do: what is wrong, a bar, numbers. It exits with 1 where a sync failed or has not
    succeeded for too long, a file of the project is broken, or no daemon runs. A sync that is switched off counts for nothing.
    """
    from core.reports.history import daemon, overview

    if probe or stale or no_daemon:
        _probe(folder, stale, probe=probe, no_daemon=no_daemon, as_json=as_json)
    project = open_project(folder, quiet=as_json, looking=True)
    with _store(project) as store:
        rows = overview(project, store)
        runner = daemon(store)
    broken = {str(path): str(error) for path, error in project.broken.items()}
    if as_json:
        found = {"project": project.name, "daemon": asdict(runner) if runner else None}
        print_json(found | {"syncs": [asdict(row) for row in rows], "broken": broken})
    elif not rows:
        say("No sync yet. Add syncs/<name>.sql and syncs/<name>.toml.", sign="none")
    else:
        for source in project.sources.values():
            if source.notice:
                say(source.notice, sign="warn")
        _print_status(rows)
        if (runner is None or runner.state != "running") and any(row.enabled for row in rows):
            say("No daemon runs, so nothing is run by its schedule. Start one with `backhaul daemon`.", sign="none")
    fail(2 if broken else 0)


def _probe(folder: Path | None, stale: str, *, probe: bool, no_daemon: bool, as_json: bool) -> NoReturn:
    """Say in one line whether all is well, and end with its code; also where the project or the store cannot be read."""
    import time

    from core.alerts.probe import probe as look
    from core.schedule import parse_duration

    if not probe:
        raise UsageError("--stale and --no-daemon say how to probe.", remedy="Add --probe.")
    try:
        age = parse_duration(stale) if stale else None
    except ValueError as error:
        raise UsageError(f"--stale: {stale!r} is not understood: {error}.") from error
    try:
        project = open_project(folder, quiet=True, looking=True)
        with _store(project) as store:
            found = look(project, store, time.time(), stale=age, with_daemon=not no_daemon)
    except BackhaulError as error:
        line, healthy, document = f"BACKHAUL CRITICAL - {error.message}", False, {"problems": [error.message]}
    else:
        line, healthy, document = found.line, found.healthy, asdict(found)
    if as_json:
        print_json({"healthy": healthy, "line": line, **document})
    else:
        say(line.replace("\n", " "))
    fail(0 if healthy else 1)


def _print_status(rows: tuple[SyncStatus, ...]) -> None:
    table(
        [
            [
                f"{_SIGNS.get(row.state, '·')} {row.state}",
                f"{row.sync} → {', '.join(row.destinations) or 'nowhere'}",
                ago(row.last_started),
                f"{row.acknowledged:,} / {row.rejected_open:,}",
                row.next,
                "".join(_SIGNS.get(state, "·") for state in reversed(row.last_states[:_SHOWN])),
            ]
            for row in rows
        ],
        ["STATE", "SYNC", "LAST", "SENT / REJECTED", "NEXT", f"LAST {_SHOWN}"],
    )
    for row in rows:
        if row.error:
            say(f"{row.sync}: {row.error}", sign="bad")
        if row.pending and row.state != "running":
            say(f"{row.sync}: {counted(row.pending, 'call')} pending; the next run sends them first.", sign="go")


@click.command()
@click.argument("sync", default="", shell_complete=complete_sync)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 100_000), help="How many runs.")
@folder_option
@json_option
def runs(sync: str, *, limit: int, folder: Path | None, as_json: bool) -> None:
    """List the last runs, of SYNC or of all."""
    from core.reports import history

    project = open_project(folder, quiet=True, looking=True)
    identity = open_syncs(project, (sync,))[0].id if sync else None
    with _store(project) as store:
        found = history.runs(store, sync=identity, limit=limit)
    if as_json:
        print_json([asdict(row) for row in found])
    elif not found:
        say("No run yet. Start one with `backhaul run`.", sign="none")
    else:
        table(
            [
                [
                    row.id,
                    f"{_SIGNS.get(row.state, '·')} {row.state}",
                    row.name,
                    moment(row.started),
                    None if row.seconds is None else f"{row.seconds:.1f} s",
                    row.rows,
                    row.acknowledged,
                    row.rejected,
                    row.error,
                ]
                for row in found
            ],
            ["RUN", "STATE", "SYNC", "STARTED", "TOOK", "ROWS", "SENT", "REJ.", "WHY"],
        )


@click.command()
@click.argument("run")
@folder_option
@json_option
def show(run: str, *, folder: Path | None, as_json: bool) -> None:
    """Show RUN whole (its id, or the beginning of it): its deliveries, and what was rejected and why."""
    from core.reports import history

    project = open_project(folder, quiet=True, looking=True)
    with _store(project) as store:
        row = one_run(store, run)
        refused = history.rejected(store, run=row.id)
        causes = history.causes(store, run=row.id)
    if as_json:
        print_json(asdict(row) | {"rejected": refused, "causes": [asdict(cause) for cause in causes]})
        return
    say(f"Run {row.id}  {row.name}  {row.state}  {moment(row.started)} → {moment(row.ended)}")
    if row.bound is not None:
        say(f"  last_sync_time of the query: {row.bound}")
    if row.progress and row.progress.bill:
        say(f"  The query {has_read(row.progress.bill)}.")
    if row.error:
        say(f"{row.error}\n  {row.remedy or ''}", sign="bad")
    for question in row.questions:
        say(
            f"{question['destination']}: {question['guard']}: {question['message']}\n  {question['remedy']}",
            sign="warn",
        )
    for each in row.deliveries:
        say(
            f"  → {each['destination']}: {each['state']}  new {each['added']:,}  changed {each['changed']:,}"
            + (f"  ({each['reason']})" if each["reason"] else "")
        )
        parts = {
            name: number for name, number in each["outcomes"].items() if number or name in ("rows", "acknowledged")
        }
        rows = parts.pop("rows")
        say(f"    {counted(rows, 'row')} = " + " + ".join(f"{number:,} {name}" for name, number in parts.items()))
        for note in json.loads(each["notes"]):
            say(f"    {note}", dim=True)
    _print_rejected(refused)


@click.command()
@click.argument("sync", shell_complete=complete_sync)
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1_000_000), help="How many rows.")
@folder_option
@json_option
def rejected(sync: str, *, limit: int, folder: Path | None, as_json: bool) -> None:
    """List the rows of SYNC that were refused and not settled since, with what was sent and what came back."""
    from core.reports import history

    project = open_project(folder, quiet=True, looking=True)
    chosen = open_syncs(project, (sync,))[0]
    with _store(project) as store:
        rows = history.rejected(store, sync=chosen.id, limit=limit)
        total = history.rejected_total(store, sync=chosen.id)
    if as_json:
        print_json({"total": total, "rows": rows})
    elif not rows:
        say("No rejected rows.", sign="ok")
    else:
        _print_rejected(rows)
        if total > len(rows):
            say(f"first {len(rows):,} rows, {total:,} in all", dim=True)
        say(
            f"`backhaul replay {sync}` sends them again, with `--row NUMBER` one of them; rows that cannot be sent need their data fixed first.",
            dim=True,
        )
    fail(1 if rows else 0)


def _print_rejected(rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        table(
            [
                [
                    row["number"],
                    row["identity"] or row["row"],
                    row["destination"],
                    row["status"] or "not sent",
                    row["reason"],
                    row["attempts"],
                    row["state"],
                ]
                for row in rows
            ],
            ["NUMBER", "ROW", "DESTINATION", "ANSWER", "WHY", "TRIES", "STATE"],
        )


@click.command()
@click.argument("sync", shell_complete=complete_sync)
@click.argument("key")
@folder_option
@json_option
def explain(sync: str, key: str, *, folder: Path | None, as_json: bool) -> None:
    """Tell the life of KEY (a userId; for events a messageId) in SYNC: what was acknowledged, refused, pending, and how to repeat it."""
    from core.calls.fields import CALLS
    from core.reports.explain import explain_key, lives_json

    project = open_project(folder, quiet=True, looking=True)
    chosen = open_syncs(project, (sync,))[0]
    lives = explain_key(project, chosen, key)
    if as_json:
        print_json(lives_json(lives))
    elif not lives:
        say(_never(sync, key, is_event=CALLS[chosen.call].own_message_id), sign="none")
    for life in () if as_json else lives:
        _print_life(life)
    fail(0 if lives else 1)


def _never(sync: str, key: str, *, is_event: bool) -> str:
    if is_event:
        return (
            f"No event with the messageId {key!r} was sent by {sync}, or refused. Events are kept as digests: they are "
            "found by their messageId only, not by a userId."
        )
    return f"{key!r} was never sent by {sync}, and never refused: no result of its query had it, or no run was done."


def _print_life(life: Any) -> None:
    signs: Mapping[str, str] = {"acknowledged": "ok", "assumed": "ok", "rejected": "bad", "pending": "go"}
    when = f" in run {life.run}, {moment(life.at)}" if life.run else " before the ledger was last compacted"
    say(f"{life.destination}  {life.identity}: {life.state}{when}", sign=signs.get(life.state, "none"))
    for note in life.notes:
        say(f"  {note}", dim=True)
    if life.call:
        say(f"  {life.call}")
    for row in life.rejected:
        say(f"  {moment(row['created'])}  {row['state']}: {row['reason']}")
        if row["response"]:
            say(f"    the destination said: {row['response']}", dim=True)
    if life.curl:
        say(f"  {life.curl}", dim=True)
