"""The judge: what a receiver's own log, or a delivered file, must look like, whatever was killed and whenever.

A `Track` follows one destination. It is told what every key's content was, in order (`now_is`), and reads what arrived
(`take`). From that alone it can say:

- lost: a key's latest content never arrived
- unchanged: a row went out under a new messageId though its content had not changed
- order: an older content arrived after a newer one
- two ids: a content that was never changed back arrived under two messageIds
- id reused: a messageId stands for two keys or two contents
- other call: a messageId arrived with another JSON than before
- strange: what arrived was never a row
- deletes first: after a delete, its delivery still sent something new
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["DELETED", "Problem", "Track", "delivered_key"]

DELETED = "deleted"
"""The content of a key whose row was removed, where removals are delivered."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What the harness found: the check that failed, and the case in words."""

    check: str
    text: str

    def __str__(self) -> str:
        return f"{self.check}: {self.text}"


def delivered_key(call: Mapping[str, Any]) -> str:
    """Return the key of a call as the scenarios make them."""
    if call["type"] == "track" and call["event"] not in ("User Deleted", "Relationship Deleted"):
        return str(call["properties"]["number"])
    return str(call["userId"])


def content_of(call: Mapping[str, Any]) -> str:
    if call["type"] == "track" and call["event"] in ("User Deleted", "Relationship Deleted"):
        return DELETED
    return written(call.get("traits", call.get("properties")))


def written(values: Any) -> str:
    """Return a content's one spelling."""
    return json.dumps(values, sort_keys=True)


@dataclass(slots=True)
class Known:
    """What was delivered of a key: the place of its content in the key's history, and under which messageId."""

    place: int
    message: str


@dataclass(slots=True)
class Track:
    """One destination of one sync. `once`: no call may come twice (a file)."""

    name: str
    once: bool = False
    key_of: Callable[[Mapping[str, Any]], str] = delivered_key
    history: dict[str, list[str]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    known: dict[str, Known] = field(default_factory=dict)
    messages: dict[str, tuple[str, str]] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    repeats: int = 0
    problems: list[Problem] = field(default_factory=list)
    deletes_seen: bool = False
    is_mixed: bool = False

    def now_is(self, key: str, content: Any) -> None:
        """Say what a key's row is from now on."""
        text = DELETED if content == DELETED else written(content)
        self.gone.discard(key)
        found = self.history.setdefault(key, [])
        if not found or found[-1] != text:
            found.append(text)

    def is_gone(self, key: str) -> None:
        """Say that a key's row is no longer there, which is nothing to deliver: what was pending of it need not come."""
        self.gone.add(key)

    def new_delivery(self) -> None:
        """Say that what comes next belongs to another delivery; rows that change in between make it two (`is_mixed`)."""
        self.deletes_seen = self.is_mixed = False

    def moved_from(self, old: Track) -> None:
        """Go on where another place left off: its messageIds may not come again."""
        self.messages = dict(old.messages)

    def take(self, calls: Iterable[Mapping[str, Any]], status: int) -> None:
        """Read the calls of one request that was answered with `status`."""
        for call in calls:
            self._take(call, status)

    def _take(self, call: Mapping[str, Any], status: int) -> None:
        message, key, content = call["messageId"], self.key_of(call), content_of(call)
        text = json.dumps(call)
        before = self.messages.setdefault(message, (key, text))
        if before != (key, text):
            same_content = before[0] == key and content_of(json.loads(before[1])) == content
            self._found("other call" if same_content else "id reused", f"{message} was {before}, came as {key}, {text}")
        if status != 200:
            return
        if message in self.acknowledged:
            self.repeats += 1
            if self.once:
                self._found("twice", f"{key} is there twice under {message}")
        self._arrived(key, content, message)
        self.acknowledged.add(message)

    def _arrived(self, key: str, content: str, message: str) -> None:
        history = self.history.get(key, [])
        known = self.known.get(key)
        if known and known.message == message:
            return
        after = known.place if known else -1
        place = next((place for place in range(after + 1, len(history)) if history[place] == content), None)
        if place is None:
            self._out_of_place(key, content, message, known)
            return
        if content == DELETED:
            self.deletes_seen = True
        elif self.deletes_seen and not self.is_mixed and message not in self.acknowledged:
            self._found("deletes first", f"{key} was sent after a delete of the same delivery")
        if message in self.acknowledged:
            self._found("order", f"{key}: {message} came again after a newer one, with {content}")
        self.known[key] = Known(place, message)

    def _out_of_place(self, key: str, content: str, message: str, known: Known | None) -> None:
        history = self.history.get(key, [])
        if content not in history:
            self._found("strange", f"{key} came as {content}, which it never was: {history[-3:]}")
        elif known and history[known.place] == content:
            check = "unchanged" if message not in self.acknowledged else "order"
            self._found(check, f"{key} came again as {content} under {message}, after {known.message}")
        else:
            self._found("order", f"{key} came as {content} after {history[known.place] if known else 'nothing'}")

    def pending(self) -> list[str]:
        """Give the keys whose latest content has not arrived."""
        return [
            key
            for key, contents in self.history.items()
            if key not in self.gone
            and not (key in self.known and contents[self.known[key].place] == contents[-1])
            and not (contents[-1] == DELETED and key not in self.known)
        ]

    def at_rest(self, *, excused: Iterable[str] = ()) -> None:
        """Check what must hold when everything was delivered; `excused` are the keys that are listed as rejected."""
        lost = sorted(set(self.pending()) - set(excused))
        if lost:
            known = self.known.get(lost[0])
            self._found("lost", f"{len(lost)} rows, such as {lost[0]}: {self.history[lost[0]][-1]}, delivered: {known}")

    def _found(self, check: str, text: str) -> None:
        self.problems.append(Problem(check, f"{self.name}: {text}"))
