"""`backhaul daemon`: run the schedules until stopped; install it as a service, stop it, read what it said."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

import click

from core.cli.output import fail, folder_option, json_option, print_json, say
from core.cli.project_args import open_project
from core.control_chars import escape_control_chars
from core.errors import BackhaulError, UsageError
from core.formatting import moment

__all__ = ["daemon"]

_SIGNS = {"info": "none", "warn": "warn", "error": "bad"}


@click.group(invoke_without_command=True)
@folder_option
@click.option("--metrics", default="", metavar="HOST:PORT", help="Also answer Prometheus there, on this machine only.")
@click.pass_context
def daemon(context: click.Context, *, folder: Path | None, metrics: str) -> None:
    """Run the schedules of the project until stopped (SIGTERM, Ctrl-C); SIGHUP reads its files again.

    Worker processes do the runs. What is under way when the daemon is stopped ends after the batches in flight, and goes on
    when a daemon starts again. Without one nothing runs by itself.
    """
    context.obj = folder
    if context.invoked_subcommand is None:
        import asyncio

        from core.daemon.service import serve

        asyncio.run(serve(open_project(folder, quiet=True).folder, _tell, metrics=metrics))


def _tell(level: str, what: str, **values: Any) -> None:
    """Say a line on stdout: systemd keeps it in its journal."""
    remedy = values.get("remedy")
    with contextlib.suppress(OSError):  # nobody may be listening any more
        say(f"{time.strftime('%H:%M:%S')} {what}{f' {remedy}' if remedy else ''}", sign=_SIGNS[level])


@daemon.command()
@click.option("--metrics", default="", metavar="HOST:PORT", help="Also answer Prometheus there.")
@click.option(
    "--credentials",
    type=click.Path(path_type=Path),
    default=None,
    help="The folder with a file for each secret, where the project takes them from systemd.",
)
@click.option("--print", "only_print", is_flag=True, help="Print the unit, and write nothing.")
@click.pass_obj
def install(folder: Path | None, *, metrics: str, credentials: Path | None, only_print: bool) -> None:
    """Write a systemd user unit for this project, and say the commands that start it."""
    from core import secrets
    from core.daemon.unit import name_of, place_of, project_of, unit_text

    project = open_project(folder, looking=True)
    place = credentials or Path.home() / ".config" / "backhaul" / "credentials"
    text = unit_text(project, tuple(secrets.full_names(project)), place.absolute(), metrics)
    if only_print:
        click.echo(text, nl=False)
        return
    file = place_of(project)
    if (other := project_of(file)) not in (None, project.folder):
        raise UsageError(
            f"This is the unit of another project, in {escape_control_chars(other)}, which has the same name.",
            where=str(file),
            remedy="Give one of them another `name` in backhaul.toml; or remove the unit where that project is gone.",
        )
    if file.exists() and file.read_text("utf-8") != text:
        say(f"{escape_control_chars(file)} already existed and differed; it is replaced.", sign="warn")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(
            f"The unit cannot be written: {error.strerror}.",
            where=str(file),
            remedy="Put what `backhaul daemon install --print` prints where systemd looks for units.",
        ) from error
    say(f"Wrote {escape_control_chars(file)}.", sign="ok")
    say("Start it now and at each login:")
    click.echo(f"  systemctl --user daemon-reload && systemctl --user enable --now {name_of(project)}")
    say("Keep it running when nobody is logged in:")
    click.echo("  loginctl enable-linger")
    say("See what it says:")
    click.echo(f"  journalctl --user -u {name_of(project)} -f")


@daemon.command()
@json_option
@click.pass_obj
def stop(folder: Path | None, *, as_json: bool) -> None:
    """End the daemon of this project after the batches in flight, and wait for its end."""
    from core.daemon.client import end, holder

    project = open_project(folder, quiet=True, looking=True)
    found = end(project)
    deadline = time.monotonic() + _END_SECONDS
    while found and holder(project.state) is not None:
        if time.monotonic() > deadline:
            raise BackhaulError(
                "The daemon has not ended yet.", remedy="A batch may be in flight; look again in a while."
            )
        time.sleep(0.1)
    if as_json:
        print_json({"stopped": found})
    else:
        say(
            "The daemon has ended." if found else "No daemon runs this project on this host.",
            sign="ok" if found else "none",
        )
    fail(0 if found else 1)


_END_SECONDS = 60.0


@daemon.command()
@json_option
@click.pass_obj
def start(folder: Path | None, *, as_json: bool) -> None:
    """Begin the daemon in the background; it outlives this terminal, but not this machine's next start."""
    from core.daemon.client import begin, holder

    project = open_project(folder)
    if (found := holder(project.state)) is not None:
        raise UsageError(f"A daemon runs this project already (process {found.get('process', 'unknown')}).")
    process = begin(project)
    if as_json:
        print_json({"process": process})
    else:
        say(f"The daemon runs in the background (process {process}). `backhaul daemon stop` ends it.", sign="ok")


@daemon.command()
@click.pass_obj
def reload(folder: Path | None) -> None:
    """Have the daemon read the project's files again, now; it notices changes by itself within two seconds."""
    from core.daemon.client import ask, holder
    from core.state.folder import StateFolder

    project = open_project(folder, quiet=True)
    if holder(project.state) is None:
        raise UsageError("No daemon runs this project.", remedy="`backhaul daemon` runs one.")
    with StateFolder(project).store() as store:
        ask(store, "reload")
    say("The daemon reads the files again.", sign="ok")


@daemon.command()
@click.option("--level", default="info", type=click.Choice(("info", "warn", "error")), help="Only this and graver.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="How many lines.")
@click.option("--follow", is_flag=True, help="Follow the log until Ctrl-C.")
@json_option
@click.pass_obj
def log(folder: Path | None, *, level: str, limit: int, follow: bool, as_json: bool) -> None:
    """Show what the daemon said last."""
    from core.daemon.log import read_log
    from core.daemon.service import LOG

    file = open_project(folder, quiet=True, looking=True).state / "logs" / LOG
    shown = read_log(file, level, limit)
    _print_log(shown, as_json=as_json)
    if not shown and not as_json:
        say("The daemon has said nothing yet. `backhaul daemon start` starts it.", sign="none")
    while follow:
        time.sleep(_FOLLOW_SECONDS)
        found = read_log(file, level, limit)
        fresh = found[found.index(shown[-1]) + 1 :] if shown and shown[-1] in found else found
        _print_log(fresh, as_json=as_json)
        shown = found or shown


_FOLLOW_SECONDS = 0.5


def _print_log(entries: list[dict[str, Any]], *, as_json: bool) -> None:
    for entry in entries:
        if as_json:
            print_json(entry)
        else:
            say(f"{moment(entry['at'])}  {entry['what']}", sign=_SIGNS.get(entry["level"], "none"))
