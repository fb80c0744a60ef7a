"""`backhaul secret`: the keyring entries of this project. Never prints a value."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.output import folder_option, json_option, print_json, say, table
from core.cli.project_args import open_project
from core.errors import TrustError
from core.model import Secret

if TYPE_CHECKING:
    from core.model import Project

__all__ = ["secret"]


@click.group()
def secret() -> None:
    """Keep the secrets of this project in the OS keyring: passwords, keys, tokens."""


@secret.command("set")
@click.argument("name")
@folder_option
@json_option
def set_secret(name: str, *, folder: Path | None, as_json: bool) -> None:
    """Keep the secret NAME (such as sources/prod.password). It is asked for, or read from a pipe."""
    from core import secrets

    project = open_project(folder, looking=True)
    meaning = secrets.meaning(project, name)
    if sys.stdin.isatty():
        text = click.prompt(f"{meaning} ({name})", hide_input=True, err=True)
    else:
        text = sys.stdin.read().rstrip("\n")
    secrets.store(project, name, Secret(text))
    _tell("Kept", "in", name, secrets.place(project, name), as_json=as_json)


@secret.command("delete")
@click.argument("name")
@folder_option
@json_option
def delete_secret(name: str, *, folder: Path | None, as_json: bool) -> None:
    """Remove the secret NAME."""
    from core import secrets

    project = open_project(folder, looking=True)
    secrets.delete(project, name)
    _tell("Removed", "from", name, secrets.place(project, name), as_json=as_json)


def _tell(what: str, where: str, name: str, place: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"name": name, "place": place})
    else:
        say(f"{what} {name} {where} {place}.", sign="ok")


@secret.command("list")
@folder_option
@json_option
def list_secrets(*, folder: Path | None, as_json: bool) -> None:
    """List the secrets that this project needs, and whether they are there."""
    from core import secrets

    project = open_project(folder, looking=True)
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "meaning": meaning,
            "present": _present(project, name),
            "place": secrets.place(project, name),
        }
        for name, meaning in secrets.full_names(project).items()
    ]
    if as_json:
        print_json(rows)
    elif rows:
        table(
            [[_SIGNS[row["present"]], row["name"], row["meaning"], row["place"]] for row in rows],
            ["", "NAME", "WHAT", "WHERE"],
        )
        if any(row["present"] is None for row in rows):
            say("? not looked for: this folder is not trusted yet. `backhaul trust` shows what it would do, and asks.")
    else:
        say("This project needs no secret.", sign="none")


_SIGNS = {True: "✓", False: "✗", None: "?"}


def _present(project: Project, name: str) -> bool | None:
    """Return whether a secret is there; None where nobody has allowed this folder to read it: to list runs nothing of a stranger's."""
    from core import secrets

    try:
        return secrets.present(project, name)
    except TrustError:
        return None
