"""What a walk acts on: the warehouse's table, the sync's files, the receiver; and what it keeps of them to check by."""

from __future__ import annotations

import math
import random
import sqlite3
import time
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from tests.core.sync.walking.model import Flavour, Query, Row, Told
from tests.core.sync.workshop import Workshop

__all__ = ["HOT", "World"]

HOT = 5
"""So many rows change, and are refused, more often than others."""


class World:
    """The world of one walk, before its first run."""

    def __init__(self, workshop: Workshop, flavour: Flavour, seed: int, *, told: bool = False) -> None:
        self.workshop, self.flavour, self.told = workshop, flavour, told
        self.random = random.Random(f"{flavour} {seed}")
        self.done: Counter[str] = Counter()
        """What was done how often."""
        self.steps: list[str] = []
        """What was done, in words."""

        # the warehouse and the sync
        self.table: dict[str, Row] = {}
        self.past: dict[str, list[Row]] = defaultdict(list)
        self.twice: set[str] = set()
        """The ids that two rows have."""
        self.without_id = False
        """Whether a row has no id."""
        self.versions = self.keys = 0
        self.query = Query(incremental=bool(flavour.incremental))
        self.canary = 0
        self.reject = self.random.random() < 0.5
        self.owner: dict[str, str] = {"seg-0": "seg", "cio-0": "cio"}
        """Whose each key is."""
        self.moved = False
        """Whether a destination has another key, and nobody has said yet what that means."""

        # what is known of the past
        self.of: dict[str, Told] = {name: Told() for name in flavour.names}
        self.messages: dict[tuple[str, str], str] = {}
        """The calls by ledger and messageId."""
        self.was: dict[tuple[str, bytes], list[tuple[str, str]]] = defaultdict(list)
        """The calls that a ledger's destination has taken of a key, with their messageIds."""
        self.planned: dict[str, dict[str, tuple[int, str]]] = {}
        """What open deliveries have looked at."""
        self.undos: set[str] = set()
        self.undone: set[tuple[str, bytes, bytes]] = set()
        """What was refused of undos: ledger, key, fingerprint."""
        self.refreshes: set[str] = set()
        self.refreshed: set[tuple[str, bytes, bytes]] = set()
        """What was refused of full refreshes."""
        self.garbage: set[Path] = set()
        self.file_lines = 0

        workshop.secrets |= {"destinations/seg.write_key": "seg-0", "destinations/cio.api_key": "cio-0"}
        limits = {"batch_calls": 10, "connections": 2}
        workshop.destination("seg", type="segment", url=workshop.receiver.url, limits=limits)
        workshop.destination("cio", type="customerio", url=workshop.receiver.url, limits=limits)
        workshop.destination("files", type="file", limits={"batch_calls": 25})
        for _ in range(self.random.choice((15, 60, 130))):
            self.add()
        self.write()
        self.write_sync()

    def say(self, *words: object) -> None:
        self.steps.append(" ".join(map(str, words)))
        if self.told:
            print(f"{len(self.steps):4}", *words, flush=True)

    # the warehouse

    def add(self, age: int = 0) -> None:
        self.keys += 1
        self.put(f"u_{self.keys}", age or self.random.choice((0, 0, 300)))

    def put(self, key: str, age: int = 0) -> None:
        """Write a row again; it may come out as it was."""
        choose = self.random.choice
        self.versions += 1
        self.table[key] = Row(
            email=choose((None, f"{key}@example.com", 'q"é\\ü😀', "x")),
            plan=choose((None, "free", "team", f"p{self.versions % 7}")),
            score=choose((None, 1.0, 2.5, float(self.versions), math.nan if self.random.random() < 0.05 else 0.5)),
            changed=int(time.time()) - age,
            version=self.versions,
        )
        self.past[key].append(self.table[key])

    def alter(self, key: str) -> None:
        """Write a row as it never was, whatever the query takes of it."""
        self.versions += 1
        new = f"v{self.versions}"
        self.table[key] = Row(
            email=f"{new}@example.com",
            plan=new,
            score=self.versions + 0.25,
            changed=int(time.time()),
            version=self.versions,
        )
        self.past[key].append(self.table[key])

    def put_back(self, key: str, before: Row) -> None:
        """Write what a row was before."""
        self.versions += 1
        self.table[key] = replace(before, changed=int(time.time()), version=self.versions)

    def age(self, seconds: int) -> None:
        """Let everything that was become older."""
        self.table = {key: replace(row, changed=row.changed - seconds) for key, row in self.table.items()}
        self.write()
        file = self.workshop.folder / ".backhaul" / "store.sqlite"
        if not file.exists():
            return
        with sqlite3.connect(file) as store:
            if store.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'ledgers'").fetchone()[0]:
                store.execute(f"UPDATE ledgers SET last_sync_time = max(0, last_sync_time - {seconds})")
                store.execute(f"UPDATE deliveries SET clock = clock - {seconds}")
                store.execute(f"UPDATE segments SET retired = retired - {seconds}")
        store.close()
        for told in self.of.values():
            told.time = max(0, told.time - seconds)

    def write(self) -> None:
        """Write the table into the warehouse."""
        rows = [(key, row) for key, row in self.table.items()]
        rows += [(key, self.table[key]) for key in sorted(self.twice)]
        values = [(key, row.email, row.plan, row.score, row.changed) for key, row in rows]
        values += [("", "nobody", None, None, int(time.time()))] if self.without_id else []
        with duckdb.connect(str(self.workshop.warehouse)) as connection:
            connection.execute(
                "CREATE OR REPLACE TABLE people (id VARCHAR, email VARCHAR, plan VARCHAR, score DOUBLE, changed TIMESTAMPTZ)"
            )
            if values:
                places = ", ".join(["(?, ?, ?, ?, to_timestamp(?))"] * len(values))
                connection.execute(f"INSERT INTO people VALUES {places}", [each for row in values for each in row])

    # the sync and its destinations

    def write_sync(self) -> None:
        guards: dict[str, Any] = {"canary": self.canary} if self.canary else {}
        guards |= {"invalid_rows": "reject"} if self.reject else {}
        settings: dict[str, Any] = {"call": self.flavour.call, "destinations": list(self.flavour.names)}
        settings |= {"removed": "delete"} if self.flavour.delete else {}
        settings |= {"columns": dict(self.query.renamed)} if self.query.renamed else {}
        settings |= {"guards": guards} if guards else {}
        settings |= {} if self.flavour.payload else {"payload": False}
        self.workshop.sync(self.query.sql(self.flavour), **settings)

    def give_key(self, name: str, key: str) -> None:
        """Return a destination another key."""
        self.owner[key] = name
        self.workshop.secrets[f"destinations/{name}.{'write_key' if name == 'seg' else 'api_key'}"] = key
        self.moved = True

    def behave(self, *behaviours: dict[str, Any], refuse: tuple[str, ...] = ()) -> None:
        """Tell the receiver how to behave; it refuses what has one of the texts."""
        self.workshop.receiver.behave(*behaviours)
        self.workshop.receiver.refuse(*refuse)

    def misbehave(self) -> None:
        """Let chance tell the receiver how to behave in the next run."""
        choose = self.random.choice
        refuse: tuple[str, ...] = ()
        if self.random.random() < 0.3 and self.table and not self.open():  # what it took once, it does not refuse later
            keys = sorted(self.table)[: self.random.choice((HOT, len(self.table)))]
            refuse = tuple(f'"{key}"' for key in self.random.sample(keys, min(len(keys), 3)))
        kinds: tuple[dict[str, Any], ...] = (
            {"status": 503},
            {"lose_reply": True},
            {"close": True},
            {"status": 429, "headers": {"retry-after": "0.01"}},
        )
        behaviours: list[dict[str, Any]] = []
        if self.random.random() < 0.4:
            behaviours = [choose((*kinds, {})) for _ in range(choose((1, 3, 8)))]
            if choose((True, False)):
                behaviours = [{}] * choose((0, 1, 2, 4)) + [choose(kinds[:3])] * 12
        self.say("  receiver", refuse, [list(each) for each in behaviours])
        self.behave(*behaviours, refuse=refuse)

    # looking

    def open(self) -> list[dict[str, Any]]:
        return self.workshop.rows("open_deliveries", sync="id-people")

    def ledger(self, name: str) -> dict[str, Any] | None:
        found = self.workshop.rows("current_ledger", sync="id-people", destination=name)
        return found[0] if found else None

    def listed(self, ledger: str) -> list[dict[str, Any]]:
        """Return the open rejected rows of a ledger."""
        return self.workshop.rows("open_rejected", ledger=ledger)

    def call(self, key: str, row: Row) -> str:
        """Return the call that a row is now."""
        return self.query.call(self.flavour, key, row)

    def key(self, key: str, row: Row) -> bytes:
        return self.query.key(self.flavour, key, row)

    def is_told(self, told: Told, key: str, row: Row) -> bool:
        """Return whether a destination has a row as it is (an event: at all)."""
        found = told.calls.get(self.key(key, row))
        if self.flavour.event:
            return found is not None
        return found is not None and not self.query.is_faulty(row) and found == self.call(key, row)
