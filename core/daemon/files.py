"""The project's files, as the daemon sees them change. A broken file takes its own sync out and no other.

Where backhaul.toml itself is broken, or gone, the project goes on as it was last read.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from core import project as projects
from core.daemon.protocols import Log
from core.errors import BackhaulError
from core.model import Project
from core.project.current import stamps

__all__ = ["Files"]

_SECONDS = 2.0
"""How long a change may stay unseen."""


@dataclass(slots=True)
class Files:
    """The files of the project in `folder`. `generation` counts how often they were read again."""

    folder: Path
    log: Log
    generation: int = 0
    _seen: object = None
    _looked: float = 0.0
    _broken: frozenset[str] = frozenset()

    def changed(self, *, at_once: bool = False) -> Project | None:
        """Return the project where its files have changed; None where they have not, where it is too soon, or where it cannot be read."""
        now = time.monotonic()
        if not at_once and now - self._looked < _SECONDS:
            return None
        self._looked = now
        found = stamps(self.folder)
        if found == self._seen:
            return None
        self._seen = found
        try:
            project = projects.load(self.folder)
        except BackhaulError as error:
            what = f"The project is used as it was before: {error.message}"
            self.log("error", what, where=error.where, remedy=error.remedy)
            return None
        self.take(project)
        return project

    def forget(self) -> None:
        """Have the files read again, whether they have changed or not."""
        self._seen, self._looked = None, 0.0

    def take(self, project: Project) -> None:
        """Take the project as it was read; tell which files are broken, and which are whole again."""
        self._seen = stamps(self.folder)  # reading may have written an id
        self.generation += 1
        broken = {str(file.relative_to(self.folder)): error for file, error in project.broken.items()}
        for name, error in broken.items():
            if name not in self._broken:
                why = getattr(error, "message", str(error))
                self.log("error", f"{name} is not used until it is fixed: {why}", file=name)
        for name in self._broken - set(broken):
            self.log("info", f"{name} can be used again.", file=name)
        self._broken = frozenset(broken)
