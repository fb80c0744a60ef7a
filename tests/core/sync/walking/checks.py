"""What is promised, checked after each step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from core.ledger import LocalLedger
from core.reports import history
from core.reports.outcomes import Outcomes
from core.state.folder import SENT, StateFolder
from tests.core.sync.walking.model import Told, digest
from tests.core.sync.walking.world import World

__all__ = ["check"]


def check(w: World) -> None:
    """Check what holds at any time."""
    if not (w.workshop.folder / ".backhaul" / "store.sqlite").exists():
        return
    is_open = {row["destination"] for row in w.open()}
    state = StateFolder(w.workshop.load())
    with state.store() as store, duckdb.connect() as connection:
        for run in history.runs(store, limit=8 if len(w.steps) % 50 else 10_000):
            for delivery in run.deliveries:
                assert Outcomes(**delivery["outcomes"]).add_up, delivery
        for name, told in w.of.items():
            ledger = store.row("current_ledger", sync="id-people", destination=name)
            if ledger is None:
                assert not told.calls
                continue
            assert ledger["last_sync_time"] == told.time or ledger["id"] != told.ledger, "last_sync_time moved"
            if name not in is_open:
                _check_ledger(w, connection, LocalLedger(store, state.ledger, ledger["id"]), told)
                _check_rows(w, store, name, told)
        _check_files(w, state, store)


def _check_ledger(w: World, connection: Any, ledger: LocalLedger, told: Told) -> None:
    """The ledger is what the destination has taken last, per key."""
    ledger.load(connection, "known")
    found = {
        key.bytes: print_.bytes for key, print_ in connection.execute("SELECT key, fingerprint FROM known").fetchall()
    }
    assert found.keys() == told.calls.keys(), (
        [told.calls[key] for key in told.calls.keys() - found.keys()],
        len(found.keys() - told.calls.keys()),
    )
    if w.flavour.event:
        return
    for key, text in told.calls.items():
        assert found[key] == digest(text), f"the ledger has another call than {text}"
    if w.flavour.payload and (calls := ledger.calls()):
        kept = dict(
            connection.execute(f"SELECT key::VARCHAR, call FROM ({calls}) JOIN known USING (key, number)").fetchall()
        )
        assert {bytes.fromhex(key.replace("-", "")): call for key, call in kept.items()} == told.calls


def _check_rows(w: World, store: Any, name: str, told: Told) -> None:
    """What a committed delivery has looked at, and has not changed since, was taken or is listed, and not both."""
    listed: dict[bytes, list[Any]] = {}
    for each in store.rows("open_rejected", ledger=told.ledger):
        listed.setdefault(bytes(each["key"]), []).append(each)
    for key, row in w.table.items():
        if told.seen.get(key) != (row.version, w.query.name):
            continue
        own = listed.get(w.key(key, row), [])
        if w.is_told(told, key, row):
            stale = [each for each in own if _is_stale(w, told, key, each)]
            assert not stale, f"{name} has {key} as it is, and the list would send {stale[0]['call']}"
            continue
        assert own or w.without_id or w.query.is_faulty(row), f"{name} lacks {key} {row}"
        if w.query.is_faulty(row):
            assert own or w.flavour.event, f"{key} is not listed as rejected"
        elif own and key not in w.twice and all(each["fingerprint"] for each in own):
            prints = {bytes(each["fingerprint"]) for each in own}
            assert digest(w.call(key, row)) in prints, f"{name} lacks {key} {row}: another version of it is listed"


def _is_stale(w: World, told: Told, key: str, listed: Any) -> bool:
    """Return whether a listed row would be sent over what the destination has. What an undo sends back is so by intent."""
    where, text = bytes(listed["key"]), bytes(listed["fingerprint"] or b"")
    if not listed["attempts"] or w.flavour.event or (told.ledger, where, text) in w.undone:
        return False
    return text != digest(told.calls[where])


def _check_files(w: World, state: StateFolder, store: Any) -> None:
    """Files that nobody lists are gone at the next run."""
    listed = {name for row in store.rows("all_segment_files") for name in (row["keys"], row["calls"]) if name}
    plans = {row["plan"] for row in store.rows("open_plans")}
    listed |= plans | {str(Path(plan).with_suffix(SENT)) for plan in plans}
    found = {file for folder in (state.ledger, state.plans) for file in folder.iterdir() if file.name not in listed}
    has_run = w.steps and "run" in w.steps[-1]
    assert not (has_run and found & w.garbage), found & w.garbage
    w.garbage = found
