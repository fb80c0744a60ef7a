"""How many runs are at each source and each destination, and whether there is room for one more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.daemon.jobs import Job
from core.model import Project

__all__ = ["Room"]


class Room:
    """The sources and destinations of a project, and the runs that are at them."""

    def __init__(self, project: Project, running: Iterable[Job]) -> None:
        self._project = project
        self._count: dict[tuple[str, str], int] = {}
        for job in running:
            self.take(job.name)

    def _places(self, name: str) -> Sequence[tuple[str, str]]:
        sync = self._project.syncs.get(name)
        if sync is None:
            return ()
        return (("source", sync.source), *(("destination", each) for each in sync.destinations))

    def take(self, name: str) -> None:
        """Take a place at the source and the destinations of a sync."""
        for place in self._places(name):
            self._count[place] = self._count.get(place, 0) + 1

    def is_for(self, name: str) -> bool:
        """Return whether there is room for a sync."""
        return all(self._count.get(place, 0) < self._most(place) for place in self._places(name))

    def _most(self, place: tuple[str, str]) -> int:
        kind, name = place
        held = self._project.sources if kind == "source" else self._project.destinations
        found = held.get(name)
        return found.at_once if found is not None else 1
