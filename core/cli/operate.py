"""`backhaul pause`, `resume` and `stop`: what an operator does about syncs, also while the daemon runs them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.cli.output import fail, folder_option, json_option, print_json, say
from core.cli.project_args import complete_sync, open_project, open_syncs
from core.errors import UsageError

if TYPE_CHECKING:
    from core.model import Project, Sync
    from core.store import Store

__all__ = ["pause", "resume", "stop"]

_ANSWER_SECONDS = 5.0


@click.command()
@click.argument("syncs", nargs=-1, shell_complete=complete_sync)
@click.option("--all", "every", is_flag=True, help="All syncs of the project.")
@folder_option
@json_option
def pause(syncs: tuple[str, ...], *, every: bool, folder: Path | None, as_json: bool) -> None:
    """Switch the schedule of SYNCS off; a run under way goes on. Nothing is lost: the next run catches up."""
    _switch(syncs, every=every, folder=folder, as_json=as_json, on=False)


@click.command()
@click.argument("syncs", nargs=-1, shell_complete=complete_sync)
@click.option("--all", "every", is_flag=True, help="All syncs of the project.")
@folder_option
@json_option
def resume(syncs: tuple[str, ...], *, every: bool, folder: Path | None, as_json: bool) -> None:
    """Switch the schedule of SYNCS on again."""
    _switch(syncs, every=every, folder=folder, as_json=as_json, on=True)


def _switch(names: tuple[str, ...], *, every: bool, folder: Path | None, as_json: bool, on: bool) -> None:
    from core import project as projects

    project = open_project(folder, asked=names)
    if bool(names) == every:
        raise UsageError("Name the syncs, or say --all.")
    chosen = open_syncs(project, names) if names else tuple(project.syncs.values())
    changed = [sync for sync in chosen if sync.enabled is not on]
    for sync in changed:
        projects.set_value(sync.path, "enabled", on)
    word = "on" if on else "off"
    if as_json:
        print_json({"enabled": on, "changed": [sync.name for sync in changed]})
        return
    for sync in chosen:
        was = "" if sync in changed else " already"
        say(f"{sync.name}: the schedule is {word}{was}.", sign="ok" if sync in changed else "none")


@click.command()
@click.argument("sync", shell_complete=complete_sync)
@folder_option
@json_option
def stop(sync: str, *, folder: Path | None, as_json: bool) -> None:
    """Stop the run of SYNC after the batches in flight, whoever does it; what was not answered is sent by the next one."""
    from core.state.folder import StateFolder

    project = open_project(folder, asked=(sync,))
    chosen = open_syncs(project, (sync,))[0]
    with StateFolder(project).store() as store:
        stopped = _stop(project, store, chosen)
    if as_json:
        print_json({"stopped": stopped})
    else:
        say(f"{sync}: the run stops." if stopped else f"{sync}: nothing runs.", sign="ok" if stopped else "none")
    fail(0 if stopped else 1)


def _stop(project: Project, store: Store, sync: Sync) -> bool:
    """Stop the run of a sync, or take back what the daemon was asked for and has not begun."""
    from core.daemon import client
    from core.reports import history
    from core.state.cancellation import stop_run

    running = [run for run in history.runs(store, sync=sync.id, state="running", limit=5) if run.state == "running"]
    told = [stop_run(project, store, run.id) for run in running]
    if any(told):
        return True
    if client.holder(project.state) is None:
        return False
    number = client.ask(store, "stop", sync=sync.id)
    deadline = time.monotonic() + _ANSWER_SECONDS
    while (said := client.answer(store, number)) is None and time.monotonic() < deadline:
        time.sleep(0.1)
    return said is not None and said["state"] == "succeeded"
