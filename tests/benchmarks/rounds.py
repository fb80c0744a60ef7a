"""Runs of Backhaul on the company's tables, round by round; what one part has measured is not measured again for another.

A round is one pair: the one that Backhaul is compared with, then Backhaul. Whoever compares sizes asks for the first round of all
of them before the second round of any, so that a machine that slows down meanwhile does so for all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.benchmarks.bench import Bench, Project, said
from tests.benchmarks.processes import Cost
from tests.benchmarks.stages import Run
from tests.benchmarks.table import rows_in_words

__all__ = ["Pair", "Rounds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A run, and psql's COPY of the same query right before it."""

    copy: Cost
    run: Run

    @property
    def ratio(self) -> float:
        """Return how many times as long the run took."""
        return self.run.seconds / self.copy.seconds


@dataclass(slots=True)
class Rounds:
    """What was measured so far, by the number of rows."""

    bench: Bench
    _projects: dict[int, Project] = field(default_factory=dict)
    _synced: set[int] = field(default_factory=set)
    _first: dict[int, list[Run]] = field(default_factory=lambda: defaultdict(list))
    _unchanged: dict[int, list[Pair]] = field(default_factory=lambda: defaultdict(list))
    _changed: dict[int, list[Pair]] = field(default_factory=lambda: defaultdict(list))

    def first(self, rows: int, count: int) -> list[Run]:
        """Return `count` first syncs of a table, each of which knows nothing of the ones before."""
        while len(self._first[rows]) < count:
            project = self._project(rows)
            project.forget()
            run = project.run()
            _expect(run, rows, added=rows, calls=rows)
            self._synced.add(rows)
            self._first[rows].append(run)
            said(f"first sync of {rows_in_words(rows)}: {run.seconds:.2f} s, {run.cost.memory:.0f} MB")
        return self._first[rows][:count]

    def unchanged(self, rows: int, count: int) -> list[Pair]:
        """Return `count` runs in which nothing has changed."""
        return self._pairs(self._unchanged[rows], rows, count, "nothing changed", lambda: 0)

    def changed(self, rows: int, count: int) -> list[Pair]:
        """Return `count` runs in which one row in a hundred has changed."""

        def change() -> int:
            self.bench.change(rows)
            return rows // 100

        return self._pairs(self._changed[rows], rows, count, "1 % changed", change)

    def _pairs(self, found: list[Pair], rows: int, count: int, what: str, change: Callable[[], int]) -> list[Pair]:
        while len(found) < count:
            project = self._project(rows)
            if rows not in self._synced:
                self.first(rows, 1)
            changed = change()
            copy = self.bench.copy(rows)
            run = project.run()
            _expect(run, rows, added=0, changed=changed, calls=changed)
            found.append(Pair(copy=copy, run=run))
            said(
                f"{what}, {rows_in_words(rows)}: {run.seconds:.2f} s, {run.cost.memory:.0f} MB; "
                f"COPY {copy.seconds:.2f} s; {found[-1].ratio:.2f} times"
            )
        return found[:count]

    def _project(self, rows: int) -> Project:
        if rows not in self._projects:
            self._projects[rows] = self.bench.project(f"people_{rows}", self.bench.query(rows))
        return self._projects[rows]


def _expect(run: Run, rows: int, **counts: int) -> None:
    """Raise RuntimeError where a run did not do what is measured: a benchmark of something else is worth nothing."""
    found = {name: run.planned[name] for name in ("rows", *counts)}
    wanted = {"rows": rows, **counts}
    if found != wanted:
        raise RuntimeError(f"the run was planned with {found}, not {wanted}")
