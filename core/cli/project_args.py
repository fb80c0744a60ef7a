"""What most commands begin with: the project of this folder, and the sync that was named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.control_chars import escape_control_chars
from core.errors import ProjectError, UsageError

if TYPE_CHECKING:
    from core.model import Project, Sync
    from core.reports.history import RunSummary
    from core.store import Store

__all__ = ["complete_sync", "one_run", "open_project", "open_syncs"]


def complete_sync(_context: click.Context, _parameter: click.Parameter, beginning: str) -> list[str]:
    """Return the names of syncs that begin so, for the shell; only the folder is looked at.

    What is no name is left out: bash puts it into the line as it is, and would run what stands in it.
    """
    from core.project_root import NAME, find

    folder = find(Path.cwd())
    files = sorted((folder / "syncs").glob("*.toml")) if folder else []
    return [file.stem for file in files if file.stem.startswith(beginning) and NAME.fullmatch(file.stem)]


def open_project(
    folder: Path | None, *, quiet: bool = False, asked: tuple[str, ...] = (), looking: bool = False
) -> Project:
    """Read the project; files of it that are broken are named on stderr, and the rest works.

    Files of the syncs `asked` for are not: their error ends the command, and is shown then. A command that is only `looking` writes
    nothing into a project that was never run.
    """
    from core import project

    if folder is None:
        folder = project.find(Path.cwd()) or Path.cwd()
    found = project.load(folder.absolute(), looking=looking)
    if not quiet:
        told = (error for file, error in found.broken.items() if file.parent.name != "syncs" or file.stem not in asked)
        for error in told:
            click.echo(f"! {escape_control_chars(error, lines=True)}", err=True)
    return found


def one_run(store: Store, beginning: str) -> RunSummary:
    """Return the run whose id begins so. Raises UsageError where there is none, or several."""
    from core.reports.history import runs_like

    found = runs_like(store, beginning)
    if len(found) != 1:
        what = f"{len(found)} runs start with {beginning!r}." if found else f"There is no run {beginning!r}."
        raise UsageError(what, remedy="`backhaul runs` lists them.")
    return found[0]


def open_syncs(project: Project, names: tuple[str, ...]) -> tuple[Sync, ...]:
    """Return the named syncs, or all enabled ones. Raises ProjectError with the nearest known name."""
    from core.sync.preparation import choose

    try:
        return choose(project, names)
    except ProjectError as error:
        if not error.remedy and error.where == str(project.folder):
            error.remedy = f"Known: {', '.join(project.syncs) or 'none yet; add syncs/<name>.sql and .toml'}."
        raise
