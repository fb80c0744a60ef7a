"""A random walk through all that can happen to a sync, beside a plain model of what each destination must have been told.

The warehouse is a small DuckDB table, the destinations are a real HTTP receiver and a local file, the engine is the real
one. `Walk` does one random thing a step: it changes, adds, removes rows or stamps them late, lets time pass, edits the
query, runs the sync in each of its ways while the receiver refuses calls, drops replies or is down, replays, undoes,
forgets, audits, damages a file and restores it. After each step `check` compares ledgers, requests, counts and files
with the model. The same flavour and seed give the same decisions.

A long walk by hand, one line a failed seed:

    python -m tests.core.sync.walking [--flavour NAME] [--seeds FIRST:END] [--steps N] [--told]
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import math
import random
import sqlite3
import sys
import tempfile
import time
import traceback
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from core.errors import BackhaulError, UsageError
from core.ledger import LocalLedger
from core.sync import history
from core.sync.audit import audit_sync
from core.sync.forget import forget_key
from core.sync.outcomes import Outcomes
from core.sync.place import Accepted
from core.sync.preview import plan_sync
from core.sync.state import StateFolder
from tests.core.sync.workshop import Outcome, Workshop, lines
from tests.servers.receiving import receiving

__all__ = ["FLAVOURS", "Walk", "walk"]

LOOKBACK = 600
_HOT = 5
"""So many rows change, and are refused, more often than others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavour:
    """What kind of sync a walk is about. `names` are its destinations; `event` a call that is known by its whole row."""

    names: tuple[str, ...]
    call: str = "identify"
    own_id: bool = False
    delete: bool = False
    payload: bool = True
    incremental: bool | None = None
    """None: the query changes between the two."""

    @property
    def event(self) -> bool:
        return self.call == "track"


FLAVOURS: Mapping[str, Flavour] = {
    "people": Flavour(names=("seg", "files")),
    "window": Flavour(names=("seg", "cio"), incremental=True),
    "deletes": Flavour(names=("cio", "files"), delete=True, incremental=False),
    "digests": Flavour(names=("seg",), payload=False),
    "events": Flavour(names=("seg", "files"), call="track"),
    "own-ids": Flavour(names=("seg",), call="track", own_id=True, incremental=True),
    "groups": Flavour(names=("cio",), call="group"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the warehouse; `changed` is when it says that it was, `version` counts what was written."""

    email: str | None
    plan: str | None
    score: float | None
    changed: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One way to write the query."""

    traits: tuple[tuple[str, str], ...] = (("email", "email"), ("plan", "plan"), ("score", "score"))
    renamed: Mapping[str, str] = field(default_factory=dict)
    incremental: bool = False

    def sql(self, flavour: Flavour) -> str:
        """Give the text of the query."""
        columns = ['id AS "userId"']
        columns += ["'Did' AS event"] if flavour.event else []
        columns += ["'g' AS \"groupId\""] if flavour.call == "group" else []
        columns += ["'m_' || id AS \"messageId\""] if flavour.own_id else []
        columns += [f'{column} AS "{name}"' for name, column in self.traits]
        since = " WHERE changed >= to_timestamp({{last_sync_time}})" if self.incremental else ""
        return f"SELECT {', '.join(columns)} FROM people{since}"

    def call(self, flavour: Flavour, key: str, row: Row) -> str:
        """Give the canonical call of a row."""
        call: dict[str, Any] = {"type": flavour.call, "userId": key}
        call |= {"event": "Did"} if flavour.event else {"groupId": "g"} if flavour.call == "group" else {}
        names = {name: self.renamed.get(name, f"x.{name}").partition(".")[2] for name, _ in self.traits}
        call["properties" if flavour.event else "traits"] = {
            names[name]: written(getattr(row, column)) for name, column in self.traits
        }
        return minified(call)


def written(value: object) -> object:
    """Give a value as JSON has it: a double without a fraction has no point."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def minified(call: Mapping[str, Any]) -> str:
    return json.dumps(call, ensure_ascii=False, separators=(",", ":"))


def digest(text: str) -> bytes:
    """Give a fingerprint (core.calls.canonical)."""
    return hashlib.md5(text.encode(), usedforsecurity=False).digest()[::-1]


def message_id(delivery: str, key: bytes, text: str) -> str:
    """Give the messageId of a call (core.sync.plan)."""
    words = f"{delivery}send{uuid.UUID(bytes=key)}{uuid.UUID(bytes=digest(text))}"
    return hashlib.md5(words.encode(), usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class Told:
    """What one destination has taken for one ledger: per key its last call, without those that were deleted.

    `seen` are the (version, query) of rows that a committed delivery has looked at; `time` is its last_sync_time.
    """

    ledger: str = ""
    calls: dict[bytes, str] = field(default_factory=dict)
    seen: dict[str, tuple[int, str]] = field(default_factory=dict)
    time: int = 0


class Walk:
    """One walk."""

    def __init__(self, workshop: Workshop, flavour: Flavour, seed: int, *, told: bool = False) -> None:
        self.workshop, self.flavour, self.told = workshop, flavour, told
        self.random = random.Random(f"{flavour} {seed}")
        self.steps: list[str] = []
        self.done: Counter[str] = Counter()
        self.table: dict[str, Row] = {}
        self.past: dict[str, list[Row]] = defaultdict(list)
        self.twice: set[str] = set()
        self.without_id = False
        self.versions = self.keys = 0
        self.query = Query(incremental=bool(flavour.incremental))
        self.canary = 0
        self.moved = False
        self.undos: set[str] = set()
        self.undone: set[tuple[str, bytes, bytes]] = set()
        self.refreshed: set[tuple[str, bytes, bytes]] = set()
        self.refreshes: set[str] = set()
        self.reject = self.random.random() < 0.5
        self.of: dict[str, Told] = {name: Told() for name in flavour.names}
        self.owner: dict[str, str] = {"seg-0": "seg", "cio-0": "cio"}
        self.messages: dict[tuple[str, str], str] = {}
        self.planned: dict[str, dict[str, tuple[int, str]]] = {}
        self.garbage: set[Path] = set()
        self.file_lines = 0
        self.was: dict[tuple[str, bytes], list[tuple[str, str]]] = defaultdict(list)
        workshop.secrets |= {"destinations/seg.write_key": "seg-0", "destinations/cio.api_key": "cio-0"}
        limits = {"batch_calls": 10, "connections": 2}
        workshop.destination("seg", type="segment", url=workshop.receiver.url, limits=limits)
        workshop.destination("cio", type="customerio", url=workshop.receiver.url, limits=limits)
        workshop.destination("files", type="file", limits={"batch_calls": 25})
        for _ in range(self.random.choice((15, 60, 130))):
            self._add()
        self._write()
        self._sync()

    # what happens

    def step(self) -> None:
        """Do one thing, and check all that is promised."""
        weights = {
            self.change: 5,
            self.run: 9,
            self.late: 1,
            self.wait: 3,
            self.edit: 1,
            self.replay: 1.5,
            self.undo: 1.5,
            self.forget: 0.7,
            self.audit: 1,
            self.move: 0.7,
            self.damage: 0.7,
            self.many: 0.2,
        }
        (what,) = self.random.choices(list(weights), list(weights.values()))
        self.done[what.__name__] += 1
        self.say(what.__name__)
        what()
        self.check()

    def say(self, *words: object) -> None:
        self.steps.append(" ".join(map(str, words)))
        if self.told:
            print(f"{len(self.steps):4}", *words, flush=True)

    def change(self) -> None:
        """Change, add, remove or null rows; sometimes give an id twice, or none."""
        for _ in range(self.random.choice((1, 1, 2, 5, 40))):
            choice = self.random.random()
            keys = sorted(self.table)
            if choice < 0.2 or not keys:
                self._add()
            elif choice < 0.3:
                del self.table[self.random.choice(keys)]
            elif choice < 0.5:
                self._put_back(self.random.choice(keys[:_HOT]))
            else:
                self._put(self.random.choice(keys[:_HOT] if self.random.random() < 0.5 else keys))
        self.twice &= self.table.keys()
        if self.random.random() < 0.1:
            self.twice ^= {self.random.choice(sorted(self.table))} if self.table else set()
            self.without_id = self.random.random() < 0.3
        self._write()

    def late(self) -> None:
        """Write rows whose time is behind every window."""
        for _ in range(self.random.choice((1, 3))):
            self._add(age=self.random.choice((1_500, 90_000)))
        self._write()

    def wait(self) -> None:
        """Let time pass: everything that was becomes older."""
        seconds = self.random.choice((30, 1_000, 7_200, 100_000))
        self.say("  seconds", seconds)
        self.table = {key: replace(row, changed=row.changed - seconds) for key, row in self.table.items()}
        self._write()
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

    def edit(self) -> None:
        """Edit the query, its mapping, or the guards."""
        traits = [("email", "email"), ("plan", "plan"), ("score", "score"), ("tier", "plan")]
        chosen = tuple(self.random.sample(traits, self.random.choice((2, 3, 4))))
        renamed = {"plan": "traits.level"} if self.random.random() < 0.3 and ("plan", "plan") in chosen else {}
        if self.flavour.event:
            renamed = {name: place.replace("traits", "properties") for name, place in renamed.items()}
        incremental = self.flavour.incremental
        self.query = Query(
            traits=chosen,
            renamed=renamed,
            incremental=self.random.random() < 0.5 if incremental is None else incremental,
        )
        self.canary = self.random.choice((0, 0, 4))
        self.say("  query", self.query)

    def run(self, **said: bool) -> Outcome:
        """Run the sync in one of its ways, after a look at the plan where nothing is open."""
        if not said:
            chances = {
                "yes": 0.6,
                "from_zero": 0.1,
                "full_refresh": 0.05,
                "baseline": 0.05,
                "replan": 0.2,
                "new_ledger": 0.02,
                "another_place": 0.05,
                "key_rotated": 0.1,
            }
            said = {name: True for name, chance in chances.items() if self.random.random() < chance}
            if self.moved and self.random.random() < 0.6:
                said[self.random.choice(("another_place", "key_rotated"))] = True
            if "another_place" in said:
                said.pop("key_rotated", None)
        self._misbehave()
        plans = self._plan(said) if self.random.random() < 0.5 else None
        outcome = self._ran(**said)
        self.moved = self.moved and outcome.state == "stopped"
        if plans is not None:
            self._as_planned(plans, outcome, said)
        return outcome

    def replay(self) -> None:
        """Send the rejected rows again."""
        self._misbehave()
        self._ran(replay=True)

    def undo(self) -> None:
        """Undo some earlier run."""
        runs = [row["id"] for row in self.workshop.rows("newest_runs", before=9e18, limit=12)]
        if not runs:
            return
        self._misbehave()
        self._ran(undo=self.random.choice(runs), yes=self.random.random() < 0.8)

    def many(self) -> None:
        """Run often, with little that changed, so that the ledger is compacted."""
        self._behave()
        for _ in range(18):
            if self.table:
                self._put(self.random.choice(sorted(self.table)))
                self._write()
            self._ran(yes=True)

    def forget(self) -> None:
        """Erase a person."""
        key = self.random.choice(sorted(self.table) or ["u_1"])
        self.say("  key", key)
        project = self.workshop.load()
        try:
            forget_key(project, project.syncs["people"], key)
        except UsageError:
            assert self._open(), "only an open delivery stands in the way"
            return
        for told in self.of.values():
            for digest_ in (digest(self._identity(key)), *([digest(f'{{"messageId":"{key}"}}')])):
                if not self.flavour.event:
                    told.calls.pop(digest_, None)
            if not self.flavour.event:
                self.was.pop((told.ledger, digest(self._identity(key))), None)
        for told in self.of.values():  # its rejected rows are gone
            told.seen.pop(key, None)

    def audit(self) -> None:
        """Look for missed rows; the audit has to find just those that no window will show."""
        self._sync()
        project = self.workshop.load()
        if not self.query.incremental:
            return
        before = len(self.workshop.receiver.records(taken=False))
        try:
            found = audit_sync(project, project.syncs["people"], self.workshop.secret)
        except BackhaulError as error:
            self.say("  audit:", error.message)
            return
        assert len(self.workshop.receiver.records(taken=False)) == before, "an audit has sent something"
        open_names = {row["destination"] for row in self._open()}
        for each in found:
            told = self.of[each.destination]
            others = [self._current(name) for name in self.flavour.names if name not in open_names]
            times = [row["last_sync_time"] for row in others if row]
            if each.note or each.destination in open_names or self.without_id or self.twice:
                continue
            ledger = self._current(each.destination)
            bound = max(0, min(times) - LOOKBACK)
            listed = {row["key"] for row in self.workshop.rows("open_rejected", ledger=ledger["id"])}
            missed = [
                key
                for key, row in self.table.items()
                if not self._is_told(told, key, row) and row.changed < bound and not self._is_faulty(row)
                if self._key(key, row) not in listed
            ]
            assert each.missed == len(missed), (each, missed)

    def move(self) -> None:
        """Give a destination another key."""
        name = self.random.choice([name for name in self.flavour.names if name != "files"])
        key = f"{name}-{len(self.owner)}"
        self.owner[key] = name
        self.workshop.secrets[f"destinations/{name}.{'write_key' if name == 'seg' else 'api_key'}"] = key
        self.moved = True

    def damage(self) -> None:
        """Damage a file that a run needs; nothing may be sent then. Then put it back."""
        names = [
            row["keys"]
            for name in self.flavour.names
            if (ledger := self._current(name))
            for row in self.workshop.rows("segments", ledger=ledger["id"])
        ]
        if not names:
            return
        file = self.workshop.folder / ".backhaul" / "ledger" / self.random.choice(names)
        good = file.read_bytes()
        file.write_bytes(self.random.choice((b"", good[:-1], b"rubbish" * 9)))
        self._behave()
        opened = bool(self._open())
        outcome = self._ran()
        if not opened:
            assert outcome.state in ("failed", "stopped"), outcome.ended
        file.write_bytes(good)

    # how it is done

    def _add(self, age: int = 0) -> None:
        self.keys += 1
        self._put(f"u_{self.keys}", age or self.random.choice((0, 0, 300)))

    def _put(self, key: str, age: int = 0) -> None:
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

    def _put_back(self, key: str) -> None:
        """Write what a row was before."""
        self.versions += 1
        before = self.random.choice(self.past[key])
        self.table[key] = replace(before, changed=int(time.time()), version=self.versions)

    def _write(self) -> None:
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

    def _sync(self) -> None:
        guards: dict[str, Any] = {"canary": self.canary} if self.canary else {}
        guards |= {"invalid_rows": "reject"} if self.reject else {}
        settings: dict[str, Any] = {"call": self.flavour.call, "destinations": list(self.flavour.names)}
        settings |= {"removed": "delete"} if self.flavour.delete else {}
        settings |= {"columns": dict(self.query.renamed)} if self.query.renamed else {}
        settings |= {"guards": guards} if guards else {}
        settings |= {} if self.flavour.payload else {"payload": False}
        self.workshop.sync(self.query.sql(self.flavour), **settings)

    def _behave(self, *behaviours: dict[str, Any], refuse: tuple[str, ...] = ()) -> None:
        self.workshop.receiver.behave(*behaviours)
        self.workshop.receiver.refuse(*refuse)

    def _misbehave(self) -> None:
        """Tell the receiver how to behave in the next run."""
        choose = self.random.choice
        refuse: tuple[str, ...] = ()
        if (
            self.random.random() < 0.3 and self.table and not self._open()
        ):  # what it took once, it does not refuse later
            keys = sorted(self.table)[: self.random.choice((_HOT, len(self.table)))]
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
        self._behave(*behaviours, refuse=refuse)

    def _plan(self, said: Mapping[str, bool]) -> tuple[Any, ...] | None:
        self._sync()
        if self._open() or not self.flavour.names:
            return None
        project = self.workshop.load()
        try:
            return plan_sync(project, project.syncs["people"], self.workshop.secret, accepted=Accepted(**said))
        except BackhaulError as error:
            self.say("  plan:", error.message)
            return None

    def _as_planned(self, plans: tuple[Any, ...], outcome: Outcome, said: Mapping[str, bool]) -> None:
        """Check that a run has planned what the plan said before."""
        rows = {row["destination"]: row for row in self.workshop.rows("deliveries_of_run", run=outcome.ended.run)}
        for plan in plans:
            asked = {question.guard for question in plan.questions if not (said.get("yes") and question.acceptable)}
            row = rows.get(plan.destination)
            assert bool(asked) == (row is None), (plan.questions, dict(row or {}))
            if row is None:
                continue
            comparison = plan.comparison
            names = ("rows", "added", "changed", "unchanged", "removed", "retried", "deletes")
            assert [row[name] for name in names] == [getattr(comparison, name) for name in names], (dict(row), plan)
            assert row["calls"] + row["assumed"] == comparison.calls
            if not said.get("baseline"):
                assert row["batches"] == plan.batches or self.canary

    def _ran(self, *, replay: bool = False, undo: str = "", **said: bool) -> Outcome:
        """Run, and take what was taken into the model."""
        self._sync()
        opened = self._open()
        was_open = {row["destination"] for row in opened}
        everything = {row["destination"] for row in opened if row["run"] in self.refreshes}
        self.workshop.receiver.clear()
        outcome = self.workshop.run(replay=replay, undo=undo, **said)
        if said.get("full_refresh"):
            self.refreshes.add(outcome.ended.run)
            everything = set(self.of)
        asked = {
            event.destination: {q["guard"] for q in event.questions}
            for event in outcome.events
            if hasattr(event, "questions")
        }
        self.say(
            "  run",
            outcome.ended.run,
            {"replay": replay, "undo": undo} if replay or undo else "",
            *said,
            "->",
            outcome.state,
            asked or "",
            outcome.ended.error,
            dict(outcome.ended.counts),
        )
        self.done[f"run: {outcome.state}"] += 1
        self._look(outcome.ended.run, was_open=was_open, everything=everything, asked=asked, undo=undo)
        return outcome

    def _look(
        self,
        run: str,
        *,
        was_open: set[str] | frozenset[str] = frozenset(),
        everything: set[str] | frozenset[str] = frozenset(),
        asked: Mapping[str, set[str]] | None = None,
        undo: str = "",
    ) -> None:
        """Take what the receiver and the file have taken since the last look into the model, and check each call."""
        row = self.workshop.rows("run", id=run)[0]
        deliveries = self.workshop.rows("deliveries_of_run", run=run)
        for delivery in deliveries:
            seen = {
                key: (each.version, self._query_id())
                for key, each in self.table.items()
                if row["bound"] is None or each.changed >= row["bound"]
            }
            self.undos |= {delivery["id"]} if delivery["kind"] == "undo" else set()
            self.planned[delivery["id"]] = seen if delivery["kind"] in ("sync", "baseline") else {}
        for name, told in self.of.items():
            ledger = self._current(name)
            if ledger and ledger["id"] != told.ledger:
                told.ledger, told.calls, told.seen, told.time = ledger["id"], {}, {}, 0
        self._end(run, earlier=True)
        new: Counter[tuple[str, bytes]] = Counter()
        for name, call in self._taken():
            told = self.of[name]
            key, text = self._of_call(call)
            message = (told.ledger, call["messageId"])
            known = self.messages.get(message)
            assert known in (None, text), f"one messageId, two calls: {known} {text}"
            if known is None:
                new[name, key] += 1
                if name not in everything and (told.ledger, key, digest(text)) not in self.refreshed:
                    assert told.calls.get(key) != text, f"sent again without a change: {name} {text}"
                    assert not (self.flavour.event and key in told.calls), f"an event twice: {name} {text}"
                if undo and name not in was_open:
                    self._check_undone(name, key, text, undo)
                self.messages[message] = text
                self.was[told.ledger, key].append((call["messageId"], text))
            if '"event":"User Deleted"' in text or '"event":"Relationship Deleted"' in text:
                told.calls.pop(key, None)
            else:
                told.calls[key] = text
            if (told.ledger, key, digest(text)) in self.undone or call["messageId"] in (
                message_id(delivery, key, text) for delivery in self.undos
            ):
                told.seen.pop(call["userId"], None)
        for (name, _), times in new.items():
            assert times <= 1 + (name in was_open), "two messageIds for one key of a delivery"
        for name, guards in (asked or {}).items():
            if guards != {"canary"} and name not in was_open:
                assert not any(sent == name for sent, _ in new), f"a guard stopped {name}, and yet calls were sent"
        for told in self.of.values():  # what was refused of an undo, or of a full refresh, is tried again
            for refused in self.workshop.rows("rejected_of_ledger", ledger=told.ledger):
                found = (told.ledger, bytes(refused["key"]), bytes(refused["fingerprint"] or b""))
                if refused["delivery"] in self.undos:
                    self.undone.add(found)
                if refused["run"] in self.refreshes:
                    self.refreshed.add(found)
        self._end(run, earlier=False)

    def _check_undone(self, name: str, key: bytes, text: str, undo: str) -> None:
        """Check that an undo sends the values from before the run, with null for what that run added."""
        life = self.was[self.of[name].ledger, key]
        rows = self.workshop.rows("deliveries_of_run", run=undo)
        (delivery,) = (row["id"] for row in rows if row["destination"] == name)
        places = [place for place, (known, was) in enumerate(life) if known == message_id(delivery, key, was)]
        if not places:
            return  # it was deleted
        assert places[0], "an undo has sent a row that was new"
        before, now = json.loads(life[places[0] - 1][1]), json.loads(text)
        if before["type"] != now["type"]:
            return
        for trait, value in before["traits"].items():
            assert now["traits"][trait] == value, (before, now)
        assert all(value is None for trait, value in now["traits"].items() if trait not in before["traits"]), now

    def _end(self, run: str, *, earlier: bool) -> None:
        """Take the deliveries of this run, or of earlier ones, that came to their end in it into the model."""
        for identity, seen in list(self.planned.items()):
            delivery = self.workshop.rows("delivery", id=identity)[0]
            if delivery["state"] in ("planned", "sending", "paused") or (delivery["run"] != run) != earlier:
                continue
            del self.planned[identity]
            told = self.of[delivery["destination"]]
            if delivery["state"] != "committed" or delivery["ledger"] != told.ledger:
                continue
            if delivery["kind"] == "baseline":
                self._assume(told, seen)
            if delivery["clock"] is not None:
                told.time = delivery["clock"]
                told.seen |= seen
                if self.flavour.delete and not (delivery["rejected"] or delivery["held_back"]) and delivery["rows"]:
                    self._check_deleted(told, delivery)

    def _assume(self, told: Told, seen: Mapping[str, tuple[int, str]]) -> None:
        """Take the rows of a baseline for taken, but those that are refused before sending, or were too often."""
        with self.workshop.store() as store:
            held = {bytes(row["key"]) for row in store.rows("open_rejected", ledger=told.ledger)}
        for key in seen:
            row = self.table[key]
            if self._is_faulty(row) or (key in self.twice and (self.flavour.own_id or not self.flavour.event)):
                continue
            where = self._key(key, row)
            if where in held or (self.flavour.event and where in told.calls):
                continue
            told.calls[where] = self.query.call(self.flavour, key, row)
            self.was[told.ledger, where].append(("baseline", told.calls[where]))

    def _check_deleted(self, told: Told, delivery: Mapping[str, Any]) -> None:
        if delivery["kind"] != "sync" or delivery["clock"] is None or self.without_id:
            return
        there = {self._key(key, row) for key, row in self.table.items()}
        if delivery["run"] == self.workshop.rows("newest_runs", before=9e18, limit=1)[0]["id"]:
            assert told.calls.keys() <= there, "a removed row was not deleted"

    def _taken(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give the calls that were taken since the last look, with their destinations."""
        for record in self.workshop.receiver.records():
            key = base64.b64decode(record.headers["authorization"].split()[1]).decode().rstrip(":")
            for call in record.calls:
                yield self.owner[key], call
        file = self.workshop.folder / "delivered" / "people.jsonl"
        if file.exists():
            found = lines(file)
            ids = [call["messageId"] for call in found]
            assert len(ids) == len(set(ids)) or self.flavour.own_id, "a line is twice in the file"
            for call in found[self.file_lines :]:
                yield "files", call
            self.file_lines = len(found)
        self.workshop.receiver.clear()

    def _of_call(self, call: dict[str, Any]) -> tuple[bytes, str]:
        """Give the key and the canonical text of a call that was sent."""
        text = minified({name: value for name, value in call.items() if name != "messageId"})
        if self.flavour.own_id:
            return digest(f'{{"messageId":"{call["messageId"]}"}}'), text
        if self.flavour.event:
            return digest(text), text
        return digest(self._identity(call["userId"])), text

    def _identity(self, key: str) -> str:
        if self.flavour.call == "group":
            return minified({"groupId": "g", "userId": key})
        return minified({"messageId": f"m_{key}"} if self.flavour.own_id else {"userId": key})

    def _key(self, key: str, row: Row) -> bytes:
        is_whole = self.flavour.event and not self.flavour.own_id
        return digest(self.query.call(self.flavour, key, row) if is_whole else self._identity(key))

    def _query_id(self) -> str:
        """Name what decides about a row's call."""
        return repr((self.query.traits, sorted(self.query.renamed.items())))

    def _is_faulty(self, row: Row) -> bool:
        used = {column for _, column in self.query.traits}
        return "score" in used and row.score is not None and math.isnan(row.score)

    def _is_told(self, told: Told, key: str, row: Row) -> bool:
        """Say whether a destination has a row as it is (an event: at all)."""
        found = told.calls.get(self._key(key, row))
        if self.flavour.event:
            return found is not None
        return found is not None and not self._is_faulty(row) and found == self.query.call(self.flavour, key, row)

    def _open(self) -> list[dict[str, Any]]:
        return self.workshop.rows("open_deliveries", sync="id-people")

    def _current(self, name: str) -> dict[str, Any] | None:
        found = self.workshop.rows("current_ledger", sync="id-people", destination=name)
        return found[0] if found else None

    # what is promised

    def check(self) -> None:
        """Check what holds at any time."""
        if not (self.workshop.folder / ".backhaul" / "store.sqlite").exists():
            return
        is_open = {row["destination"] for row in self._open()}
        state = StateFolder(self.workshop.load())
        with state.store() as store, duckdb.connect() as connection:
            for run in history.runs(store, limit=8 if len(self.steps) % 50 else 10_000):
                for delivery in run.deliveries:
                    assert Outcomes(**delivery["outcomes"]).add_up, delivery
            for name, told in self.of.items():
                ledger = store.row("current_ledger", sync="id-people", destination=name)
                if ledger is None:
                    assert not told.calls
                    continue
                assert ledger["last_sync_time"] == told.time or ledger["id"] != told.ledger, "last_sync_time moved"
                if name not in is_open:
                    self._check_ledger(store, connection, LocalLedger(store, state.ledger, ledger["id"]), told)
                    self._check_rows(store, name, told)
            self._check_files(state, store)

    def _check_ledger(self, store: Any, connection: Any, ledger: LocalLedger, told: Told) -> None:
        """The ledger is what the destination has taken last, per key."""
        ledger.load(connection, "known")
        found = {
            key.bytes: print_.bytes
            for key, print_ in connection.execute("SELECT key, fingerprint FROM known").fetchall()
        }
        assert found.keys() == told.calls.keys(), (
            [told.calls[key] for key in told.calls.keys() - found.keys()],
            len(found.keys() - told.calls.keys()),
        )
        if self.flavour.event:
            return
        for key, text in told.calls.items():
            assert found[key] == digest(text), f"the ledger has another call than {text}"
        if self.flavour.payload and (calls := ledger.calls()):
            kept = dict(
                connection.execute(
                    f"SELECT key::VARCHAR, call FROM ({calls}) JOIN known USING (key, number)"
                ).fetchall()
            )
            assert {bytes.fromhex(key.replace("-", "")): call for key, call in kept.items()} == told.calls

    def _check_rows(self, store: Any, name: str, told: Told) -> None:
        """What a committed delivery has looked at, and has not changed since, was taken or is listed."""
        listed = {bytes(row["key"]): row for row in store.rows("open_rejected", ledger=told.ledger)}
        for key, row in self.table.items():
            if told.seen.get(key) != (row.version, self._query_id()) or self._is_told(told, key, row):
                continue
            assert self._key(key, row) in listed or self.without_id or self._is_faulty(row), f"{name} lacks {key} {row}"
            if self._is_faulty(row) and not self.flavour.event:
                assert self._key(key, row) in listed, f"{key} is not listed as rejected"

    def _check_files(self, state: StateFolder, store: Any) -> None:
        """Files that nobody lists are gone at the next step."""
        listed = {name for row in store.rows("all_segment_files") for name in (row["keys"], row["calls"]) if name}
        listed |= {row["plan"] for row in store.rows("open_plans")}
        found = {file for folder in (state.ledger, state.plans) for file in folder.iterdir() if file.name not in listed}
        ran = self.steps and "run" in self.steps[-1]
        assert not (ran and found & self.garbage), found & self.garbage
        self.garbage = found


def walk(folder: Path, flavour: str, seed: int, steps: int, *, told: bool = False) -> Walk:
    """Walk so many steps. Raises AssertionError with the walk's last steps where a promise is broken."""
    with receiving(folder / "receiver") as receiver:
        walking = Walk(Workshop(folder / "project", receiver), FLAVOURS[flavour], seed, told=told)
        for _ in range(steps):
            try:
                walking.step()
            except Exception as error:
                last = "\n".join(walking.steps[-25:])
                raise AssertionError(f"{flavour} {seed}, step {len(walking.steps)}: {error!r}\n{last}") from error
    return walking


def main() -> None:
    """Walk as the command line says; print each failed seed, and what was done."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--flavour", choices=sorted(FLAVOURS))
    parser.add_argument("--seeds", default="0:5")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--told", action="store_true")
    asked = parser.parse_args()
    first, end = map(int, asked.seeds.split(":"))
    done: Counter[str] = Counter()
    failed, began = 0, time.monotonic()
    for seed in range(first, end):
        for flavour in [asked.flavour] if asked.flavour else FLAVOURS:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    done += walk(Path(folder), flavour, seed, asked.steps, told=asked.told).done
                except AssertionError as error:
                    failed += 1
                    print(error)
                    if asked.told:
                        traceback.print_exc()
    print(f"{failed} failed, {time.monotonic() - began:.0f} s, {dict(done)}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
