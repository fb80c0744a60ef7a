"""What most commands begin with: the project of this folder, and the sync that was named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.harmless import harmless

if TYPE_CHECKING:
    from core.model import Project, Sync

__all__ = ["complete_sync", "open_project", "open_syncs"]


def complete_sync(_context: click.Context, _parameter: click.Parameter, beginning: str) -> list[str]:
    """Give the names of syncs that begin so, for the shell; only the folder is looked at."""
    from core import project

    folder = project.find(Path.cwd())
    files = sorted((folder / "syncs").glob("*.toml")) if folder else []
    return [file.stem for file in files if file.stem.startswith(beginning)]


def open_project(folder: Path | None, *, quiet: bool = False) -> Project:
    """Read the project; files of it that are broken are named on stderr, and the rest works."""
    from core import project

    if folder is None:
        folder = project.find(Path.cwd()) or Path.cwd()
    found = project.load(folder.absolute())
    if not quiet:
        for error in found.broken.values():
            click.echo(f"! {harmless(error, lines=True)}", err=True)
    return found


def open_syncs(project: Project, names: tuple[str, ...]) -> tuple[Sync, ...]:
    """Give the named syncs, or all enabled ones. Raises ProjectError with the nearest known name."""
    from core.sync.prepare import choose

    return choose(project, names)
