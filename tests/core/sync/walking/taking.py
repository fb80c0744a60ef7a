"""Runs the sync, and takes what arrived at its destinations into the model, checking each call."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from tests.core.sync.walking.model import Told, digest, message_id, minified
from tests.core.sync.walking.world import World
from tests.core.sync.workshop import Outcome, lines

__all__ = ["ran"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """How things were before a run. `everything` are the destinations that get all rows, changed or not."""

    run: str
    undo: str
    was_open: AbstractSet[str]
    everything: AbstractSet[str]
    asked: Mapping[str, AbstractSet[str]]
    listed: Mapping[str, Mapping[bytes, AbstractSet[bytes]]] = field(default_factory=dict)


def ran(w: World, *, replay: bool = False, undo: str = "", **said: bool) -> Outcome:
    """Run, and take what was taken into the model."""
    w.write_sync()
    opened = w.open()
    everything = {row["destination"] for row in opened if row["run"] in w.refreshes}
    listed = {name: _fingerprints(w, told) for name, told in w.of.items()} if undo or w.undos else {}
    w.workshop.receiver.clear()
    outcome = w.workshop.run(replay=replay, undo=undo, **said)
    run = outcome.ended.run
    if said.get("full_refresh"):
        w.refreshes.add(run)
        everything = set(w.of)
    asked = {
        event.destination: {q["guard"] for q in event.questions}
        for event in outcome.events
        if hasattr(event, "questions")
    }
    what = {"replay": replay, "undo": undo} if replay or undo else ""
    w.say("  run", run, what, *said, "->", outcome.state, asked or "", outcome.ended.error, dict(outcome.ended.counts))
    w.done[f"run: {outcome.state}"] += 1
    was_open = {row["destination"] for row in opened}
    _look(w, _Before(run=run, undo=undo, was_open=was_open, everything=everything, asked=asked, listed=listed))
    w.moved = w.moved and (bool(replay or undo) or outcome.state == "stopped")
    return outcome


def _fingerprints(w: World, told: Told) -> dict[bytes, set[bytes]]:
    """Return the fingerprints of the listed rows by their keys; a row that has no call has an empty one."""
    found: dict[bytes, set[bytes]] = {}
    for row in w.listed(told.ledger):
        found.setdefault(bytes(row["key"]), set()).add(bytes(row["fingerprint"] or b""))
    return found


def _look(w: World, before: _Before) -> None:
    """Take what the receiver and the file have taken since the last look into the model, and check each call."""
    _plans(w, before)
    for name, told in w.of.items():
        ledger = w.ledger(name)
        if ledger and ledger["id"] != told.ledger:
            told.ledger, told.calls, told.seen, told.time = ledger["id"], {}, {}, 0
    _end(w, before.run, earlier=True)
    new: Counter[tuple[str, bytes]] = Counter()
    for name, call in _taken(w):
        told = w.of[name]
        key, text = _of_call(w, call)
        message = (told.ledger, call["messageId"])
        known = w.messages.get(message)
        assert known in (None, text), f"one messageId, two calls: {known} {text}"
        if known is None:
            new[name, key] += 1
            _check_new(w, before, name, key, text)
            w.messages[message] = text
            w.was[told.ledger, key].append((call["messageId"], text))
        if '"event":"User Deleted"' in text or '"event":"Relationship Deleted"' in text:
            told.calls.pop(key, None)
        else:
            told.calls[key] = text
        if _is_of_undo(w, told, key, text, call["messageId"]) and not _was_listed(w, before, name, call["userId"]):
            told.seen.pop(call["userId"], None)
    for (name, _), times in new.items():
        assert times <= 1 + (name in before.was_open), "two messageIds for one key of a delivery"
    for name, guards in before.asked.items():
        if guards != {"canary"} and name not in before.was_open:
            assert not any(sent == name for sent, _ in new), f"a guard stopped {name}, and yet calls were sent"
    _refused_again(w)
    _end(w, before.run, earlier=False)


def _plans(w: World, before: _Before) -> None:
    """Note what the deliveries of the run have looked at."""
    bound = w.workshop.rows("run", id=before.run)[0]["bound"]
    for delivery in w.workshop.rows("deliveries_of_run", run=before.run):
        seen = {
            key: (each.version, w.query.name) for key, each in w.table.items() if bound is None or each.changed >= bound
        }
        w.undos |= {delivery["id"]} if delivery["kind"] == "undo" else set()
        w.planned[delivery["id"]] = seen if delivery["kind"] in ("sync", "baseline") else {}


def _check_new(w: World, before: _Before, name: str, key: bytes, text: str) -> None:
    """Check a call whose messageId was not there before: it says something new, or was asked for."""
    told = w.of[name]
    if name not in before.everything and (told.ledger, key, digest(text)) not in w.refreshed:
        assert told.calls.get(key) != text, f"sent again without a change: {name} {text}"
        assert not (w.flavour.event and key in told.calls), f"an event twice: {name} {text}"
    if before.undo and name not in before.was_open:
        _check_undone(w, name, key, text, before.undo)


def _check_undone(w: World, name: str, key: bytes, text: str, undo: str) -> None:
    """Check that an undo sends the values from before the run, with null for what that run added."""
    life = w.was[w.of[name].ledger, key]
    rows = w.workshop.rows("deliveries_of_run", run=undo)
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


def _is_of_undo(w: World, told: Told, key: bytes, text: str, message: str) -> bool:
    """Return whether a call is what an undo sends back, at once or from the list of rejected rows."""
    known = (told.ledger, key, digest(text)) in w.undone
    return known or message in (message_id(delivery, key, text) for delivery in w.undos)


def _was_listed(w: World, before: _Before, name: str, key: str) -> bool:
    """Return whether a row, as it is now, was on the list of rejected rows: there it stays, whatever an undo sends back."""
    row = w.table.get(key)
    if row is None:
        return False
    found = before.listed.get(name, {}).get(w.key(key, row), set())
    return (b"" if w.query.is_faulty(row) else digest(w.call(key, row))) in found


def _refused_again(w: World) -> None:
    """Note what was refused of undos and full refreshes: it is tried again."""
    for told in w.of.values():
        for refused in w.listed(told.ledger):
            found = (told.ledger, bytes(refused["key"]), bytes(refused["fingerprint"] or b""))
            if refused["delivery"] in w.undos:
                w.undone.add(found)
            if refused["run"] in w.refreshes:
                w.refreshed.add(found)


def _end(w: World, run: str, *, earlier: bool) -> None:
    """Take the deliveries of this run, or of earlier ones, that came to their end in it into the model."""
    for identity, seen in list(w.planned.items()):
        delivery = w.workshop.rows("delivery", id=identity)[0]
        if delivery["state"] in ("planned", "sending", "paused") or (delivery["run"] != run) != earlier:
            continue
        del w.planned[identity]
        told = w.of[delivery["destination"]]
        if delivery["state"] != "committed" or delivery["ledger"] != told.ledger:
            continue
        if delivery["kind"] == "baseline":
            _assume(w, told, seen)
        if delivery["clock"] is not None:
            told.time = delivery["clock"]
            told.seen |= seen
            if w.flavour.delete and not (delivery["rejected"] or delivery["held_back"]) and delivery["rows"]:
                _check_deleted(w, told, delivery)


def _assume(w: World, told: Told, seen: Mapping[str, tuple[int, str]]) -> None:
    """Take the rows of a baseline for taken, but those that are refused before sending, or were too often."""
    held = {bytes(row["key"]) for row in w.listed(told.ledger)}
    for key in seen:
        row = w.table[key]
        if w.query.is_faulty(row) or (key in w.twice and (w.flavour.own_id or not w.flavour.event)):
            continue
        where = w.key(key, row)
        if where in held or (w.flavour.event and where in told.calls):
            continue
        told.calls[where] = w.call(key, row)
        w.was[told.ledger, where].append(("baseline", told.calls[where]))


def _check_deleted(w: World, told: Told, delivery: Mapping[str, Any]) -> None:
    if delivery["kind"] != "sync" or delivery["clock"] is None or w.without_id:
        return
    there = {w.key(key, row) for key, row in w.table.items()}
    if delivery["run"] == w.workshop.rows("newest_runs", before=9e18, limit=1)[0]["id"]:
        assert told.calls.keys() <= there, "a removed row was not deleted"


def _taken(w: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the calls that were taken since the last look, with their destinations."""
    for record in w.workshop.receiver.records():
        key = base64.b64decode(record.headers["authorization"].split()[1]).decode().rstrip(":")
        for call in record.calls:
            yield w.owner[key], call
    file = w.workshop.folder / "delivered" / "people.jsonl"
    if file.exists():
        found = lines(file)
        ids = [call["messageId"] for call in found]
        assert len(ids) == len(set(ids)) or w.flavour.own_id, "a line is twice in the file"
        for call in found[w.file_lines :]:
            yield "files", call
        w.file_lines = len(found)
    w.workshop.receiver.clear()


def _of_call(w: World, call: dict[str, Any]) -> tuple[bytes, str]:
    """Return the key and the canonical text of a call that was sent."""
    text = minified({name: value for name, value in call.items() if name != "messageId"})
    if w.flavour.own_id:
        return digest(f'{{"messageId":"{call["messageId"]}"}}'), text
    if w.flavour.event:
        return digest(text), text
    return digest(w.flavour.identity(call["userId"])), text
