"""`backhaul undo`, `audit` and `forget`: fix what a run did, find what windows missed, erase a person."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.cli.output import fail, folder_option, json_option, print_json, say
from core.cli.project_args import complete_sync, open_project, open_syncs
from core.errors import UsageError
from core.formatting import counted, duration

if TYPE_CHECKING:
    from core.model import Project, Sync
    from core.reports.late_rows import Audit
    from core.sync.undo import Undo

__all__ = ["audit", "forget", "undo"]


@click.command()
@click.argument("run")
@click.option("--yes", is_flag=True, help="Send it, and accept what the guards ask.")
@folder_option
@json_option
def undo(run: str, *, yes: bool, folder: Path | None, as_json: bool) -> None:
    """Show what RUN overwrote, and with --yes send those values back, with null for traits that it added."""
    from core.cli.run import run_all
    from core.json_text import to_json
    from core.sync.planning.ledger_match import RunOptions
    from core.sync.undo import plan_undo

    project = open_project(folder, quiet=as_json)
    sync, identity = _sync_of(project, run)
    if yes:
        accepted = RunOptions(yes=True)
        results = run_all(project, (sync,), accepted=accepted, undo=identity, as_json=as_json, stream=as_json)
        fail(max(int(result["exit_code"]) for result in results))
    found = plan_undo(project, sync, identity)
    if as_json:
        print_json([to_json(asdict(each)) for each in found])
    elif not found:
        say(f"Run {run} delivered nothing, so there is nothing to send back.", sign="none")
    for each in () if as_json else found:
        _print_undo(sync.name, run, each)
    fail(1 if any(each.questions or each.problem for each in found) else 0)


def _sync_of(project: Project, run: str) -> tuple[Sync, str]:
    """Return the sync of a run, and the run's whole id; `run` may be the beginning of it."""
    from core.reports import history
    from core.state.folder import StateFolder

    with StateFolder(project).store() as store:
        found = history.runs_like(store, run)
    if len(found) != 1:
        what = f"{len(found)} runs start with {run!r}." if found else f"There is no run {run!r}."
        raise UsageError(what, remedy="`backhaul runs` lists them.")
    sync = next((each for each in project.syncs.values() if each.id == found[0].sync), None)
    if sync is None:
        raise UsageError(f"The sync of that run, {found[0].name}, is not in this project any more.")
    return sync, found[0].id


def _print_undo(sync: str, run: str, found: Undo) -> None:
    if found.problem:
        say(f"{sync} → {found.destination}: {found.problem}", sign="bad")
        return
    say(f"{sync} → {found.destination}: {counted(found.rows, 'row')} to send back")
    if found.deleted:
        say(f"  {found.deleted:,} of them had been deleted", dim=True)
    if found.added:
        say(f"  {counted(found.added, 'row')} new in that run: left alone, there are no older values", dim=True)
    if found.since:
        say(f"  {counted(found.since, 'row')} changed again by a later run: left alone", dim=True)
    for change in found.changes:
        say("  ~ " + ", ".join(f"{name} {value}" for name, value in change.identity.items()))
        for field in change.fields:
            say(f"      {field.path}: {_value(field.old)} → {_value(field.new)}")
    for question in found.questions:
        say(f"{question.guard}: {question.message}", sign="warn")
    if found.rows:
        say(
            f"`backhaul undo {run} --yes` sends it. The next run sends what the query returns: fix the query first.",
            dim=True,
        )


def _value(value: object) -> str:
    from core.cli.plan_text import value_text

    return value_text(value)


@click.command()
@click.argument("sync", shell_complete=complete_sync)
@folder_option
@json_option
def audit(sync: str, *, folder: Path | None, as_json: bool) -> None:
    """Find rows of SYNC that were committed late, behind the window of {{last_sync_time}}, and were never sent."""
    from core import secrets
    from core.json_text import to_json
    from core.reports.late_rows import audit_sync

    project = open_project(folder, asked=(sync,))
    found = audit_sync(project, open_syncs(project, (sync,))[0], secrets.reader(project))
    if as_json:
        print_json([to_json(asdict(each)) for each in found])
    for each in () if as_json else found:
        _print_audit(sync, each)
    fail(1 if any(each.missed for each in found) else 0)


def _print_audit(sync: str, found: Audit) -> None:
    where = f"{sync} → {found.destination}"
    if found.note:
        say(f"{where}: {found.note}.", sign="none")
        return
    due = f"; {found.due:,} changed since, which the next run sends" if found.due else ""
    rejected = f"; {found.rejected:,} are on the rejected list" if found.rejected else ""
    if not found.missed:
        say(f"{where}: no row was missed among {found.rows:,}{due}{rejected}.", sign="ok")
        return
    say(f"{where}: {counted(found.missed, 'row')} of {found.rows:,} missed by the window{due}{rejected}.", sign="bad")
    for sample in found.samples[:10]:
        say(f"    {sample}", dim=True)
    now = duration(found.lookback)
    if found.recommended:
        say(f'  The lookback is {now}; lookback = "{duration(found.recommended)}" would have shown them.')
    else:
        say(
            f"  The lookback is {now}, and none up to 30 days would have shown them: their time was set long before they were "
            "written. Compare another column, or leave {{last_sync_time}} out."
        )
    say(f"  `backhaul run {sync} --from-zero` sends them now.")


@click.command()
@click.argument("sync", shell_complete=complete_sync)
@click.argument("key")
@click.option("--yes", is_flag=True, help="Do not ask.")
@folder_option
@json_option
def forget(sync: str, key: str, *, yes: bool, folder: Path | None, as_json: bool) -> None:
    """Erase the person KEY (a userId, an anonymousId, an email) from every file that SYNC has written here."""
    from core.sync.forget import forget_key

    project = open_project(folder, quiet=as_json)
    chosen = open_syncs(project, (sync,))[0]
    if not yes:
        click.confirm(f"Erase {key} from the files of {sync}? This cannot be undone.", abort=True, err=True)
    done = forget_key(project, chosen, key)
    if as_json:
        print_json(asdict(done))
        return
    erased = done.ledger_rows + done.rejected_rows + done.texts + done.log_lines
    say(
        f"Erased: {counted(done.ledger_rows, 'row')} of ledgers, {counted(done.rejected_rows, 'rejected row')}, "
        f"{counted(done.texts, 'text')}, {counted(done.log_lines, 'line')} of logs."
        if erased
        else f"No file of {sync} holds {key!r}.",
        sign="ok" if erased else "none",
    )
    for each in done.kept:
        say(f"Not erased: {each}", sign="warn")
    say(
        "The warehouse and the destinations are as they were. If the query still returns this key, the next run sends it as new.",
        dim=True,
    )
