"""`backhaul alerts`: who is notified of problems, when that last happened, and whether it arrives."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.cli.output import fail, folder_option, json_option, print_json, say, table
from core.cli.project_args import open_project
from core.formatting import ago, counted

if TYPE_CHECKING:
    from core.model import Project

__all__ = ["alerts", "complete_alert"]

_EXAMPLE = '[alerts.team] to = "webhook", format = "slack"'


def complete_alert(_context: click.Context, _parameter: click.Parameter, beginning: str) -> list[str]:
    """Return the names of alerts that begin so, for the shell."""
    from core import project
    from core.errors import BackhaulError

    folder = project.find(Path.cwd())
    try:
        names = list(project.load(folder, looking=True).alerts) if folder else []
    except BackhaulError:
        return []
    return [name for name in names if name.startswith(beginning)]


@click.group(invoke_without_command=True)
@folder_option
@json_option
@click.pass_context
def alerts(context: click.Context, *, folder: Path | None, as_json: bool) -> None:
    """List the alerts of this project: where each goes, on what it tells, and when it last did.

    An alert is a table in backhaul.toml, such as [alerts.team] with to = "webhook", "command" or "terminal". The daemon
    tells them; `backhaul alerts test NAME` tries one.
    """
    if context.invoked_subcommand is not None:
        return
    from core.alerts.overview import statuses
    from core.reports.history import daemon
    from core.state.folder import look

    project = open_project(folder, quiet=as_json, looking=True)
    with look(project) as store:
        rows = statuses(project, store)
        runner = daemon(store)
    if as_json:
        print_json([asdict(row) for row in rows])
    elif not rows:
        say(f"No alert yet. Add one to backhaul.toml, such as {_EXAMPLE}.", sign="none")
    else:
        table(
            [
                [
                    f"✗ {counted(row.failures, 'time')} not sent"
                    if row.failures
                    else "✓ sent"
                    if row.told
                    else "· ready",
                    row.name,
                    row.way,
                    ", ".join(row.on),
                    ", ".join(row.syncs) or "all",
                    f"{ago(row.told)} ago" if row.told else "never",
                    row.open,
                ]
                for row in rows
            ],
            ["STATE", "ALERT", "TO", "ON", "SYNCS", "LAST TOLD", "OPEN"],
        )
        for row in rows:
            if row.problem:
                say(f"{row.name}: {row.problem}", sign="bad")
        if runner is None or runner.state != "running":
            say("The daemon is not running: no alert is sent until `backhaul daemon` runs.", sign="warn")


@alerts.command("test")
@click.argument("name", shell_complete=complete_alert)
@folder_option
@json_option
def test_alert(name: str, *, folder: Path | None, as_json: bool) -> None:
    """Send a test notice of the alert NAME, and say what was answered."""
    project = open_project(folder, quiet=True)
    arrived, said = send_test(project, name)
    if as_json:
        print_json({"alert": name, "arrived": arrived, "said": said})
    else:
        say(f"{name}: {said}", sign="ok" if arrived else "bad")
    fail(0 if arrived else 1)


def send_test(project: Project, name: str) -> tuple[bool, str]:
    """Send a test notice; return whether it arrived, and what was answered."""
    import asyncio

    from core import secrets
    from core.alerts import Alerts
    from core.state.folder import StateFolder

    with StateFolder(project).store() as store:
        answer = asyncio.run(Alerts(project, store, secrets.reader(project)).test(name))
    return answer.arrived, answer.said
