"""A project to try the engine on: a DuckDB warehouse, destinations at a real receiver, runs in this process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from core import project as projects
from core.model import Project, Secret, Sync
from core.state.folder import StateFolder
from core.store import Store
from core.sync.planning.ledger_match import RunOptions
from core.sync.progress.events import Committed, Ended, Event, Planned, Stopped
from core.sync.run import Run
from tests.servers.receiving import Receiver

__all__ = ["PEOPLE", "Outcome", "Workshop"]

PEOPLE = 'SELECT id AS "userId", email, plan FROM people'
SINCE = " WHERE changed >= to_timestamp({{last_sync_time}})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run told."""

    events: tuple[Event, ...]

    @property
    def ended(self) -> Ended:
        return next(event for event in self.events if isinstance(event, Ended))

    @property
    def state(self) -> str:
        return self.ended.state

    @property
    def acknowledged(self) -> int:
        return sum(event.acknowledged for event in self.of(Committed))

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def planned(self) -> Planned:
        (found,) = self.of(Planned)
        return found

    @property
    def guards(self) -> set[str]:
        return {question["guard"] for event in self.of(Stopped) for question in event.questions}


class Workshop:
    """A project in a folder. The secrets are in this object, and nowhere else."""

    def __init__(self, folder: Path, receiver: Receiver) -> None:
        self.folder = folder
        self.receiver = receiver
        self.secrets = {"destinations/seg.write_key": "key-1", "destinations/cio.api_key": "key-2"}
        self.warehouse = folder / "warehouse.duckdb"
        projects.initialise(folder, "workshop")
        projects.write_file(folder / "sources" / "db.toml", {"type": "duckdb", "path": "warehouse.duckdb"})
        self.destination("seg", type="segment", url=receiver.url)

    def destination(self, name: str, *, limits: dict[str, Any] | None = None, **settings: Any) -> None:
        quick = {"attempts": 3, "backoff": 0.01, "timeout": 5.0, **(limits or {})}
        values = {**settings, "limits": quick if settings["type"] != "file" else (limits or None)}
        projects.write_file(self.folder / "destinations" / f"{name}.toml", values)

    def execute(self, *statements: str) -> None:
        """Change the warehouse, as others do."""
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            for statement in statements:
                connection.execute(statement)

    def people(self, rows: int) -> None:
        """Make a table of people who changed an hour ago."""
        self.execute(
            f"""
            CREATE OR REPLACE TABLE people AS
            SELECT 'u_' || n AS id, 'p' || n || '@example.com' AS email, 'free' AS plan,
                now() - INTERVAL 1 HOUR AS changed
            FROM range({rows}) people (n)
            """
        )

    def sync(self, query: str = PEOPLE, name: str = "people", **settings: Any) -> None:
        """Write a sync's files."""
        values = {"id": f"id-{name}", "source": "db", "destinations": ["seg"], "call": "identify", **settings}
        (self.folder / "syncs" / f"{name}.sql").write_text(query)
        projects.write_file(self.folder / "syncs" / f"{name}.toml", values)

    def load(self) -> Project:
        project = projects.load(self.folder)
        assert not project.broken, project.broken
        return project

    def the_sync(self, name: str = "people") -> Sync:
        return self.load().syncs[name]

    def secret(self, name: str) -> Secret:
        return Secret(self.secrets[name])

    def run(self, name: str = "people", **how: Any) -> Outcome:
        """Run a sync in this process: `replay`, `replay_only` and `undo` as Run takes them, the rest is what is accepted."""
        return asyncio.run(self.run_soon(name, **how))

    async def run_soon(self, name: str = "people", **how: Any) -> Outcome:
        project = self.load()
        told = {key: how.pop(key) for key in ("replay", "replay_only", "undo") if key in how}
        run = Run(project, project.syncs[name], self.secret, accepted=RunOptions(**how), **told)
        return Outcome(tuple([event async for event in run.events()]))

    def store(self) -> Store:
        return StateFolder(self.load()).store()

    def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """Run one of the store's queries."""
        with self.store() as store:
            return [dict(row) for row in store.rows(query, **values)]

    def last_sync_time(self, destination: str = "seg", name: str = "people") -> int:
        found = self.rows("current_ledger", sync=f"id-{name}", destination=destination)
        return found[0]["last_sync_time"] if found else 0

    def calls(self) -> list[dict[str, Any]]:
        """Return what was taken since the last look."""
        found = self.receiver.calls()
        self.receiver.clear()
        return found

    def users(self) -> list[str]:
        return sorted(call["userId"] for call in self.calls())


def lines(path: Path) -> list[dict[str, Any]]:
    """Read a file of JSON lines."""
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


def ids(calls: Iterable[dict[str, Any]]) -> list[str]:
    return [call["messageId"] for call in calls]
