"""The scenarios: what a project syncs, how its rows change from round to round, how its receiver misbehaves.

Each is small (a few dozen rows in batches of eight calls), so that a trial takes a tenth of a second, and lives for many
rounds, so that ledgers grow old and are compacted.
"""

from __future__ import annotations

from typing import Any, ClassVar

from tests.faults.judge import DELETED
from tests.faults.lab import Lab

__all__ = ["SCENARIOS", "Scenario"]

SINCE = "WHERE changed >= to_timestamp({{last_sync_time}})"


class Scenario:
    """People with an edition; every change gives a row a new edition, so its order can be told."""

    name = "full"
    rounds = 10
    rows = 40
    query = 'SELECT id AS "userId", edition, note FROM people'
    settings: ClassVar[dict[str, Any]] = {}
    removes = False
    commands: tuple[str, ...] = ("run",)
    rivals = 0

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.people: dict[str, dict[str, Any]] = {}
        self.edition = 0
        self.destinations()
        lab.write_sync(self.query, **self.settings)
        lab.statements.append("CREATE TABLE people (id VARCHAR, edition BIGINT, note VARCHAR, changed TIMESTAMPTZ)")
        self.add([f"u_{number}" for number in range(self.rows)])

    def destinations(self) -> None:
        self.lab.destination("seg", "segment")

    def change(self) -> None:
        """Change some rows, add some, remove some."""
        lab, chance = self.lab, self.lab.chance
        lab.clock += 1
        ids = sorted(self.people)
        self.update(chance.sample(ids, chance.randint(1, min(30, len(ids)))))
        if chance.random() < 0.5:
            self.add([f"u_{self.edition}_{number}" for number in range(chance.randint(1, 12))])
        if chance.random() < 0.3 and len(ids) > 30:
            self.take_away(chance.sample(ids, chance.randint(1, 8)))

    def update(self, ids: list[str]) -> None:
        self.edition += 1
        for key in ids:
            self.people[key] = self.content(key)
            self._now(key)
        self._write(ids, "UPDATE people SET edition = {edition}, note = {note}, changed = {changed} WHERE id = {id}")

    def add(self, ids: list[str]) -> None:
        self.edition += 1
        for key in ids:
            self.people[key] = self.content(key)
            self._now(key)
        self._write(ids, "INSERT INTO people VALUES ({id}, {edition}, {note}, {changed})")

    def take_away(self, ids: list[str]) -> None:
        for key in ids:
            if self.people.pop(key, None) is None:
                continue
            if self.removes:
                self.lab.now_is(key, DELETED)
            else:
                self.lab.is_gone(key)
        listed = ", ".join(f"'{key}'" for key in ids)
        self.lab.statements.append(f"DELETE FROM people WHERE id IN ({listed})")

    def content(self, key: str) -> dict[str, Any]:
        return {"edition": self.edition, "note": f"note {self.edition} of {key} — ä"}

    def _now(self, key: str) -> None:
        self.lab.now_is(key, self.people[key])

    def _write(self, ids: list[str], statement: str) -> None:
        for key in ids:
            row = self.people[key]
            values = {
                "id": f"'{key}'",
                "edition": row["edition"],
                "note": f"'{row['note']}'",
                "changed": f"to_timestamp({self.lab.clock})",
            }
            self.lab.statements.append(statement.format(**values))

    def misbehave(self) -> None:
        """Tell the receiver how to behave in this round."""

    def before_rest(self) -> None:
        """Change what has to be changed before the last, unharmed run of a round."""

    def words(self) -> tuple[str, ...]:
        return ()


class First(Scenario):
    """A first run, with everything that it makes."""

    name = "first run"
    rounds = 1


class Toggle(Scenario):
    """Contents that come back: A, B, A, B are four deliveries under four messageIds."""

    name = "a, b, a, b"

    def content(self, key: str) -> dict[str, Any]:
        before = self.people.get(key, {}).get("edition", 0)
        return {"edition": 3 - before if before else 1, "note": "the same"}


class Incremental(Scenario):
    """A query with the placeholder and no lookback: what the watermark skips is lost."""

    name = "incremental"
    query = f"{Scenario.query} {SINCE}"
    settings: ClassVar[dict[str, Any]] = {"lookback": "0 minutes"}


class Deletes(Scenario):
    """Removed rows become deletes, after all else."""

    name = "deletes"
    settings: ClassVar[dict[str, Any]] = {"removed": "delete"}
    removes = True

    def destinations(self) -> None:
        self.lab.destination("cio", "customerio")

    def change(self) -> None:
        super().change()
        if self.lab.chance.random() < 0.6 and len(self.people) > 20:
            self.take_away(self.lab.chance.sample(sorted(self.people), self.lab.chance.randint(1, 12)))


class NoPayload(Deletes):
    """Deletes where the ledger keeps no payload."""

    name = "deletes, no payload"
    settings: ClassVar[dict[str, Any]] = {"removed": "delete", "payload": False}


class Emptied(Deletes):
    """A full query that sometimes has no rows at all: nothing is removed by that."""

    name = "emptied"
    is_empty = False

    def change(self) -> None:
        self.before_rest()
        super().change()
        if self.lab.chance.random() < 0.5:
            self.lab.statements += ["CREATE TABLE away AS SELECT * FROM people", "DELETE FROM people"]
            self.is_empty = True
            for key in self.people:
                self.lab.is_gone(key)

    def before_rest(self) -> None:
        if self.is_empty:
            self.lab.clock += 1
            self.lab.statements += ["INSERT INTO people SELECT * FROM away", "DROP TABLE away"]
            self.is_empty = False
            for key in self.people:
                self._now(key)


class Events(Scenario):
    """Events without messageIds: known by their whole row, sent once."""

    name = "events"
    query = f"""SELECT 'u_' || number % 7 AS "userId", 'Bought' AS event, number, what FROM events {SINCE}"""
    settings: ClassVar[dict[str, Any]] = {"call": "track", "lookback": "2 minutes"}

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.number = 0
        self.destinations()
        lab.write_sync(self.query, **self.settings)
        lab.statements.append("CREATE TABLE events (number BIGINT, what VARCHAR, changed TIMESTAMPTZ)")
        self.change()

    def change(self) -> None:
        lab = self.lab
        lab.clock += 1
        for _ in range(lab.chance.randint(1, 40)):
            self.number += 1
            what = f"thing {self.number % 5}"
            lab.statements.append(f"INSERT INTO events VALUES ({self.number}, '{what}', to_timestamp({lab.clock}))")
            lab.now_is(str(self.number), {"number": self.number, "what": what})


class OwnIds(Events):
    """Events that bring their messageIds."""

    name = "events with ids"
    query = f"""SELECT 'u_' || number % 7 AS "userId", 'Bought' AS event, number, what, 'e_' || number AS "messageId"
        FROM events {SINCE}"""


class Rejected(Scenario):
    """A receiver that refuses some rows for good, until it takes them; then they are fixed or replayed."""

    name = "rejected"
    commands = ("run", "run", "replay")
    refusing = False

    def __init__(self, lab: Lab) -> None:
        if lab.chance.random() < 0.5:
            self.query = Incremental.query
            self.settings = Incremental.settings
        super().__init__(lab)

    def content(self, key: str) -> dict[str, Any]:
        bad = " refuse-me" if self.lab.chance.random() < 0.12 else ""
        return {"edition": self.edition, "note": f"note of {key}{bad}"}

    def misbehave(self) -> None:
        self.refusing = self.lab.chance.random() < 0.75
        self.lab.bench.receiver.refuse(*(["refuse-me"] if self.refusing else []))

    def before_rest(self) -> None:
        self.lab.excused = self.refused() if self.refusing else set()
        if not self.refusing:  # what was refused often enough waits for a replay
            self.lab.run(command="replay")

    def refused(self) -> set[str]:
        track = self.lab.tracks["seg"]
        return {
            key for key, contents in track.history.items() if "refuse-me" in contents[-1] and key in track.pending()
        }


class Two(Scenario):
    """Two destinations at once, one of them a file; sometimes the other one is down."""

    name = "two destinations"

    def destinations(self) -> None:
        self.lab.destination("seg", "segment")
        self.lab.destination("files", "file")

    def misbehave(self) -> None:
        if self.lab.chance.random() < 0.3:
            self.lab.bench.receiver.behave(*[{"status": 503}] * self.lab.chance.randint(1, 12))


class Down(Scenario):
    """A receiver that fails, drops, resets and loses replies while runs are killed."""

    name = "faulty receiver"

    def misbehave(self) -> None:
        chance = self.lab.chance
        self.lab.bench.receiver.chance(seed=chance.randrange(10**6), faults=chance.choice([0.2, 0.5, 0.9]), lost=0.1)

    def before_rest(self) -> None:
        self.lab.run(command="replay")  # by chance a row alone had no reply so often that it waits for an hour


class AtOnce(Scenario):
    """Several runs are started together: one goes on, the others say that it does."""

    name = "at once"
    rivals = 2


class Clock(Incremental):
    """This host's clock jumps forward and back by months, at every seventh look at it."""

    name = "clock"

    def __init__(self, lab: Lab) -> None:
        lab.clock_jumps = 7
        super().__init__(lab)


class Moved(Scenario):
    """The destination becomes another place while something is open: that is abandoned, the new place gets everything."""

    name = "another place"
    rounds = 4
    place = 0

    def destinations(self) -> None:
        self.lab.destination("seg", "segment", path=f"/{self.place}")

    def misbehave(self) -> None:
        if self.lab.chance.random() < 0.5:
            self.lab.bench.receiver.behave(*[{"status": 503}] * self.lab.chance.randint(3, 12))

    def before_rest(self) -> None:
        if self.lab.chance.random() < 0.5:
            self.place += 1
            self.lab.paths.clear()
            old = self.lab.tracks["seg"]
            self.lab.destination("seg", "segment", path=f"/{self.place}")
            new = self.lab.tracks["seg"]
            for key, row in self.people.items():
                new.now_is(key, row)
            new.moved_from(old)

    def words(self) -> tuple[str, ...]:
        return ("--another-place",) if self.place else ()


SCENARIOS: dict[str, type[Scenario]] = {
    scenario.name: scenario
    for scenario in (
        First, Scenario, Toggle, Incremental, Deletes, NoPayload, Emptied, Events, OwnIds, Rejected, Two, Down, AtOnce, Clock, Moved
    )
}  # fmt: skip
