"""`backhaul init`, `check` and `schema`: the project's files and what they connect to."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.cli.output import fail, folder_option, json_option, print_json, say
from core.cli.project_args import open_project
from core.control_chars import escape_control_chars
from core.errors import UsageError

if TYPE_CHECKING:
    from core.model import Project, Step

__all__ = ["check", "init", "schema"]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@click.option("--name", default="", help="The project's name; by default the folder's.")
@json_option
def init(folder: Path, *, name: str, as_json: bool) -> None:
    """Make an empty project in FOLDER (here)."""
    from core import project

    try:
        project.initialise(folder, name)
    except OSError as error:
        raise UsageError(
            f"The project cannot be made: {error.strerror}.",
            where=str(folder.absolute()),
            remedy="Name another folder: `backhaul init my-project`.",
        ) from error
    if as_json:
        print_json({"folder": str(folder.absolute())})
        return
    say(f"Created an empty project in {escape_control_chars(folder.absolute())}.", sign="ok")
    say(
        "Next: add sources/<name>.toml, destinations/<name>.toml and syncs/<name>.sql with .toml; then `backhaul check`."
    )


@click.command()
@click.argument("names", nargs=-1)
@click.option(
    "--test-call", is_flag=True, help="Also send the destinations one identify call, for the person backhaul-test."
)
@folder_option
@json_option
def check(names: tuple[str, ...], *, test_call: bool, folder: Path | None, as_json: bool) -> None:
    """Test sources and destinations step by step: all, or those named."""
    from core.connection_test.steps import steps
    from core.plugins import nearest

    project = open_project(folder, quiet=as_json)
    known = [*project.sources, *project.destinations]
    for name in names:
        if name not in known:
            raise UsageError(
                f"There is no source or destination {name!r}.{nearest(name, known)}",
                remedy=f"Known: {', '.join(known) or 'none yet'}.",
            )
    passed = True
    document = {}
    for what, name in _chosen(project, names):
        if not as_json:
            say(f"{what} {name}")
        told = []
        one = project.sources[name] if what == "source" else project.destinations[name]
        for step in steps(project, one, call=test_call):
            told.append(asdict(step))
            passed = passed and step.passed is not False
            if not as_json:
                _print_step(step)
        document[f"{what}s/{name}"] = told
    broken = {str(path): str(error) for path, error in project.broken.items()}
    if as_json:
        print_json({"passed": passed and not broken, "checked": document, "broken": broken})
    elif not document and not broken:
        say("This project has no source and no destination yet.", sign="none")
    fail(2 if broken else 0 if passed else 1)


def _chosen(project: Project, names: tuple[str, ...]) -> list[tuple[str, str]]:
    every = [("source", name) for name in project.sources] + [("destination", name) for name in project.destinations]
    return [item for item in every if not names or item[1] in names]


def _print_step(step: Step) -> None:
    sign = {True: "ok", False: "bad", None: "none"}[step.passed]
    say(f"{step.name:<14} {step.detail}  ({step.seconds * 1000:,.0f} ms)", sign=sign)
    if step.remedy:
        say(f"                 {step.remedy}", dim=step.passed is not False)


@click.command()
@click.argument("name", default="")
@json_option
def schema(name: str, *, as_json: bool) -> None:
    """Print the JSON Schemas of the project's files, or the one called NAME (such as sources/postgres)."""
    del as_json  # they are JSON for a person, too
    from core.plugins import nearest
    from core.project.schema import schemas

    found = schemas()
    if name and name not in found:
        raise UsageError(
            f"There is no schema {name!r}.{nearest(name, list(found))}", remedy=f"Known: {', '.join(found)}."
        )
    print_json(found[name] if name else found)
