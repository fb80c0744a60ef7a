"""What is due to be told, from what the store says was told before and from how the syncs are doing now.

It reads, and keeps what changes without anybody being told: that a trouble began or is over. In a thread: it may wait for the store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core.alerts.decide import Evidence, Standing, decide, delivered, ended
from core.alerts.facts import Facts, look
from core.alerts.texts import Case, Notice, notice_of_project
from core.alerts.troubles import asks_for, troubles
from core.errors import BackhaulError
from core.model import Alert, Project, Trouble
from core.store import Store

__all__ = ["Comparison", "Due", "Key", "keep"]

_DAY = 86_400.0
_HEAD = "backhaul.toml"
_AT_WORK = 60.0
"""A file that was written so many seconds ago is being worked on."""

Key = tuple[str, str, Trouble]
"""An alert, a sync's id (or a file of the project), and the trouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Something to tell, and the standing that it has once it was told."""

    key: Key
    standing: Standing
    notice: Notice


@dataclass(slots=True, kw_only=True)
class Comparison:
    """One comparison, at Unix time `now`. `problem` says why backhaul.toml itself cannot be read."""

    project: Project
    store: Store
    now: float
    problem: BackhaulError | None = None
    due: dict[str, list[Due]] = field(default_factory=dict)
    """What is due, by alert."""

    _known: dict[Key, Standing] = field(default_factory=dict)
    _facts: dict[str, Facts] = field(default_factory=dict)
    _broken: dict[str, tuple[Evidence, str]] = field(default_factory=dict)

    def run(self) -> dict[str, list[Due]]:
        """Compare, keep what changed, and return what is due."""
        rows = self.store.rows("alert_standings")
        self._known = {(row["alert"], row["sync"], Trouble(row["kind"])): _standing(row) for row in rows}
        self._facts = {each.sync.id: each for each in look(self.project, self.store, self.now)}
        self._broken = self._broken_files()
        changed = {
            key: standing
            for alert in self.project.alerts.values()
            for key, evidence in self._asked(alert)
            if (standing := self._decide(alert, key, evidence)) is not None
        }
        changed |= {key: ended(standing, self.now) for key, standing in self._known.items() if not self._is_asked(key)}
        keep(self.store, {key: each for key, each in changed.items() if each != self._known.get(key)})
        return self.due

    def _decide(self, alert: Alert, key: Key, evidence: Evidence | None) -> Standing | None:
        """Return how one trouble of one alert stands now; note what is due of it."""
        recovery = Trouble.RECOVERY in alert.on
        before = self._known.get(key)
        standing, news = decide(before, evidence, repeat=alert.repeat, tells_recovery=recovery, now=self.now)
        if standing is not None and news is not None:
            _, identity, trouble = key
            if trouble is Trouble.PROJECT:
                text = self._broken[identity][1] if identity in self._broken else ""
                notice = notice_of_project(identity, text, news, standing.since, self.now)
            else:
                notice = Case(
                    project=self.project,
                    store=self.store,
                    facts=self._facts[identity],
                    trouble=trouble,
                    news=news,
                    since=standing.since,
                    now=self.now,
                ).notice()
            told = Due(key=key, standing=delivered(standing, news, self.now), notice=notice)
            self.due.setdefault(alert.name, []).append(told)
        return standing

    def _asked(self, alert: Alert) -> Iterator[tuple[Key, Evidence | None]]:
        """Yield the troubles that there are for an alert, and those that it knows of and that are over (None)."""
        there = dict(self._troubles(alert))
        yield from there.items()
        for key in self._known:
            if key[0] == alert.name and key not in there and self._is_asked(key):
                yield key, None

    def _troubles(self, alert: Alert) -> Iterator[tuple[Key, Evidence]]:
        for each in self._facts.values():
            if asks_for(alert, each.sync):
                for trouble, evidence in troubles(alert, each, self.now):
                    yield (alert.name, each.sync.id, trouble), evidence
        if Trouble.PROJECT in alert.on:
            for file, (evidence, _text) in self._broken.items():
                if _is_about(alert, file):
                    yield (alert.name, file, Trouble.PROJECT), evidence

    def _is_asked(self, key: Key) -> bool:
        """Return whether someone still wants to hear of a trouble: not of a sync that was switched off."""
        name, identity, trouble = key
        alert = self.project.alerts.get(name)
        if alert is None or trouble not in alert.on:
            return False
        if trouble is Trouble.PROJECT:
            return _is_about(alert, identity)
        return identity in self._facts and asks_for(alert, self._facts[identity].sync)

    def _broken_files(self) -> dict[str, tuple[Evidence, str]]:
        """Return the broken files of the project, by their path in it, with the reason; each further day is something new.

        One that was written just now is left alone: someone is at work on it.
        """
        project, now = self.project, self.now
        reasons = {_path(project, file): str(getattr(each, "message", each)) for file, each in project.broken.items()}
        if self.problem is not None:
            reasons[_HEAD] = self.problem.message
        begun = {key[1]: standing.since for key, standing in self._known.items() if key[2] is Trouble.PROJECT}
        found = {}
        for file, text in reasons.items():
            if file not in begun and now - _written(project.folder / file, now) < _AT_WORK:
                continue
            since = min(begun.get(file, now), now)
            found[file] = (Evidence(since=since, at=since + (now - since) // _DAY * _DAY), text)
        return found


def keep(store: Store, standings: Mapping[Key, Standing]) -> None:
    """Keep how troubles stand, all or none."""
    if standings:
        with store.transaction():
            for (alert, sync, trouble), standing in standings.items():
                store.do("keep_alert", alert=alert, sync=sync, kind=trouble.value, **asdict(standing))


def _is_about(alert: Alert, file: str) -> bool:
    """Return whether a file of the project is one that an alert is about: of the syncs that it names, and what all syncs share."""
    path = Path(file)
    return not alert.syncs or path.parent.name != "syncs" or path.stem in alert.syncs


def _written(file: Path, now: float) -> float:
    """Return when a file was last written; long ago where it is gone, or was written at a time to come."""
    try:
        written = file.stat().st_mtime
    except OSError:
        return 0.0
    return written if written <= now else 0.0


def _path(project: Project, file: Path) -> str:
    return file.relative_to(project.folder).as_posix() if file.is_relative_to(project.folder) else file.name


def _standing(row: Any) -> Standing:
    return Standing(
        since=row["since"],
        told=row["told"],
        times=row["times"],
        recovered=row["recovered"],
        closed=bool(row["closed"]),
    )
