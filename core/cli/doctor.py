"""`backhaul doctor` and `completion`: what is installed, where things are, and help for the shell."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from core import __version__
from core.cli.output import folder_option, json_option, print_json, say
from core.control_chars import escape_control_chars
from core.errors import BackhaulError
from core.formatting import counted

__all__ = ["completion", "doctor"]


@click.command()
@folder_option
@json_option
def doctor(*, folder: Path | None, as_json: bool) -> None:
    """Say what is installed, where things are, and what does not fit."""
    import platform

    from core.versions import parts

    found: dict[str, Any] = {
        "backhaul": __version__,
        "python": platform.python_version(),
        "executable": sys.executable,
        "system": platform.platform(),
        "parts": parts(),
        "keyring": _keyring(),
        "project": _project(folder),
    }
    if as_json:
        print_json(found)
        return
    say(f"Backhaul {found['backhaul']}, Python {found['python']} ({found['executable']}), {found['system']}")
    for name, version in found["parts"].items():
        say(f"{name:<24} {version or 'missing'}", sign="ok" if version else "bad")
    say(f"{'keyring backend':<24} {found['keyring']}", sign="none")
    for name, value in found["project"].items():
        say(escape_control_chars(f"{name:<24} {value}"), sign="none")


def _in_one_line(error: Exception) -> str:
    """Return an error with its remedy beside it."""
    return str(error).replace("\n", " ")


def _keyring() -> str:
    from core import secrets

    try:
        return secrets.backend_name()
    except BackhaulError as error:
        return f"{error.message} {error.remedy}"


def _project(folder: Path | None) -> dict[str, str]:
    from core import project, secrets

    place = folder or project.find(Path.cwd())
    if place is None:
        return {"project": "none in this folder; `backhaul init` creates one"}
    try:
        found = project.load(place.absolute(), looking=True)
    except BackhaulError as error:
        return {"project": _in_one_line(error)}
    return {
        "project": f"{found.name} in {found.folder}",
        "state": str(found.state),
        "secrets": secrets.place(found),
        "trusted": f"no: {counted(len(found.untrusted), 'line')} to look at with `backhaul trust`"
        if found.untrusted
        else "yes",
        "files": ", ".join(
            counted(len(part), what)
            for part, what in (
                (found.sources, "source"),
                (found.destinations, "destination"),
                (found.syncs, "sync"),
                (found.alerts, "alert"),
            )
        ),
        **{str(path): _in_one_line(error) for path, error in found.broken.items()},
    }


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for SHELL; for bash: eval "$(backhaul completion bash)"."""
    from click.shell_completion import get_completion_class

    from core.cli import backhaul

    script = get_completion_class(shell)
    assert script is not None  # noqa: S101 -- the choices above are the shells that click knows
    click.echo(script(backhaul, {}, "backhaul", "_BACKHAUL_COMPLETE").source())
