"""The plain values of a walk: kinds of syncs, rows, queries, and what a destination has been told. No I/O here.

Calls, keys, fingerprints and messageIds are computed again, by other code than the engine's.
"""

from __future__ import annotations

import hashlib
import json
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["FLAVOURS", "Flavour", "Query", "Row", "Told", "digest", "message_id", "minified"]


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

    @property
    def undoable(self) -> bool:
        return self.payload and not self.event

    def identity(self, key: str) -> str:
        """Return what identifies the row of a person, as canonical JSON."""
        if self.call == "group":
            return minified({"groupId": "g", "userId": key})
        return minified({"messageId": f"m_{key}"} if self.own_id else {"userId": key})


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
        """Return the text of the query."""
        columns = ['id AS "userId"']
        columns += ["'Did' AS event"] if flavour.event else []
        columns += ["'g' AS \"groupId\""] if flavour.call == "group" else []
        columns += ["'m_' || id AS \"messageId\""] if flavour.own_id else []
        columns += [f'{column} AS "{name}"' for name, column in self.traits]
        since = " WHERE changed >= to_timestamp({{last_sync_time}})" if self.incremental else ""
        return f"SELECT {', '.join(columns)} FROM people{since}"

    def call(self, flavour: Flavour, key: str, row: Row) -> str:
        """Return the canonical call of a row."""
        call: dict[str, Any] = {"type": flavour.call, "userId": key}
        call |= {"event": "Did"} if flavour.event else {"groupId": "g"} if flavour.call == "group" else {}
        names = {name: self.renamed.get(name, f"x.{name}").partition(".")[2] for name, _ in self.traits}
        call["properties" if flavour.event else "traits"] = {
            names[name]: written(getattr(row, column)) for name, column in self.traits
        }
        return minified(call)

    def key(self, flavour: Flavour, key: str, row: Row) -> bytes:
        """Return the key of a row."""
        is_whole = flavour.event and not flavour.own_id
        return digest(self.call(flavour, key, row) if is_whole else flavour.identity(key))

    @property
    def name(self) -> str:
        """Name what decides about a row's call."""
        return repr((self.traits, sorted(self.renamed.items())))

    def is_faulty(self, row: Row) -> bool:
        """Return whether a row is refused before sending: it has a number that JSON has not."""
        used = {column for _, column in self.traits}
        return "score" in used and row.score is not None and math.isnan(row.score)


def written(value: object) -> object:
    """Return a value as JSON has it: a double without a fraction has no point."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def minified(call: Mapping[str, Any]) -> str:
    return json.dumps(call, ensure_ascii=False, separators=(",", ":"))


def digest(text: str) -> bytes:
    """Return a fingerprint (core.calls.canonical)."""
    return hashlib.md5(text.encode(), usedforsecurity=False).digest()[::-1]


def message_id(delivery: str, key: bytes, text: str) -> str:
    """Return the messageId of a call (core.sync.planning.plan)."""
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
