"""`backhaul trust`: allow a project, on this machine, what its files name outside of their folder; or take that back."""

from __future__ import annotations

import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.cli.output import fail, json_option, print_json, say
from core.control_chars import escape_control_chars
from core.errors import UsageError

if TYPE_CHECKING:
    from core.model import Project

__all__ = ["trust"]


@click.command()
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), required=False)
@click.option("--yes", is_flag=True, help="Allow it without being asked: for unattended machines.")
@click.option("--revoke", is_flag=True, help="Take back what was allowed.")
@json_option
def trust(folder: Path | None, *, yes: bool, revoke: bool, as_json: bool) -> None:
    """Show what the project of this folder (or of DIR) would run and reach outside of it; allow that on this machine.

    Commands, hosts, proxies and paths outside of the folder are used only once they were allowed. When one of them changes, it is asked
    about again. The environment variable BACKHAUL_TRUST names folders, separated as in PATH, whose projects need no question.
    """
    from core import project as projects
    from core import trust as allowing

    place = (folder or projects.find(Path.cwd()) or Path.cwd()).absolute()
    if revoke:
        was_trusted = allowing.revoke(place)
        if as_json:
            print_json({"folder": str(place), "trusted": False})
        else:
            say("It is not trusted any more." if was_trusted else "It was not trusted.", sign="ok")
        return
    project = projects.load(place, looking=True, any_owner=True)
    new = {reach.digest for reach in project.untrusted}
    if not as_json:
        _show(project)
    if not yes and (new or _is_foreign(project)) and not _agreed(place, as_json=as_json):
        fail(1)
    allowing.allow(project)
    if as_json:
        told = [{**asdict(reach), "new": reach.digest in new} for reach in project.reaches]
        print_json({"folder": str(place), "trusted": True, "reaches": told})
    else:
        say("It is trusted on this machine. `backhaul trust --revoke` takes that back.", sign="ok")


def _show(project: Project) -> None:
    """Print what would be run and reached, what is new first marked so."""
    from core import trust as allowing
    from core.owners import user_name

    say(escape_control_chars(f"{project.name} in {project.folder}"))
    new = {reach.digest for reach in project.untrusted}
    for reach in project.reaches:
        is_new = reach.digest in new
        line = escape_control_chars(f"{reach.place}: it {reach.says}{' (not allowed yet)' if is_new else ''}")
        say(line, sign="warn" if is_new else "ok")
    if not project.reaches:
        say("It names nothing outside of its folder.", sign="none")
    for other in allowing.namesakes(project):
        says = f"It has the same name as the project in {other}, and would read the secrets of that one."
        say(escape_control_chars(says), sign="warn")
    if (owner := allowing.foreign_user(project.folder)) is not None:
        say(f"Its files belong to another user, {user_name(owner)}, who can change them at any time.", sign="warn")


def _is_foreign(project: Project) -> bool:
    from core import trust as allowing

    return allowing.foreign_user(project.folder) is not None


def _agreed(folder: Path, *, as_json: bool) -> bool:
    """Ask; where nobody can be asked, say so."""
    if as_json or not sys.stdin.isatty():
        raise UsageError(
            "A person has to allow this, and there is no terminal to ask.",
            where=str(folder),
            remedy=f"Look at it in a terminal with `backhaul trust {escape_control_chars(shlex.quote(str(folder)))}`, or allow it with --yes.",
        )
    return bool(click.confirm("Allow this on this machine?", default=False))
