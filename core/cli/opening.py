"""What most commands begin with: the project of this folder, and the sync that was named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.harmless import harmless

if TYPE_CHECKING:
    from core.model import Project, Sync

__all__ = ["open_project", "open_syncs"]


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
