"""The single steps of a walk: each does one random thing that can happen to a sync."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.errors import BackhaulError, UsageError
from core.preview.plan import plan_sync
from core.reports.late_rows import audit_sync
from core.sync.forget import forget_key
from core.sync.planning.ledger_match import RunOptions
from tests.core.sync.walking.model import Query, digest
from tests.core.sync.walking.taking import ran
from tests.core.sync.walking.world import HOT, World
from tests.core.sync.workshop import Outcome

__all__ = ["STEPS", "edit", "move"]

LOOKBACK = 600


def change(w: World) -> None:
    """Change, add, remove or null rows; sometimes give an id twice, or none."""
    for _ in range(w.random.choice((1, 1, 2, 5, 40))):
        choice = w.random.random()
        keys = sorted(w.table)
        if choice < 0.2 or not keys:
            w.add()
        elif choice < 0.3:
            del w.table[w.random.choice(keys)]
        elif choice < 0.5:
            key = w.random.choice(keys[:HOT])
            w.put_back(key, w.random.choice(w.past[key]))
        else:
            w.put(w.random.choice(keys[:HOT] if w.random.random() < 0.5 else keys))
    w.twice &= w.table.keys()
    if w.random.random() < 0.1:
        w.twice ^= {w.random.choice(sorted(w.table))} if w.table else set()
        w.without_id = w.random.random() < 0.3
    w.write()


def late(w: World) -> None:
    """Write rows whose time is behind every window."""
    for _ in range(w.random.choice((1, 3))):
        w.add(age=w.random.choice((1_500, 90_000)))
    w.write()


def wait(w: World) -> None:
    """Let time pass."""
    seconds = w.random.choice((30, 1_000, 7_200, 100_000))
    w.say("  seconds", seconds)
    w.age(seconds)


def edit(w: World) -> None:
    """Edit the query, its mapping, or the guards."""
    traits = [("email", "email"), ("plan", "plan"), ("score", "score"), ("tier", "plan")]
    chosen = tuple(w.random.sample(traits, w.random.choice((2, 3, 4))))
    renamed = {"plan": "traits.level"} if w.random.random() < 0.3 and ("plan", "plan") in chosen else {}
    if w.flavour.event:
        renamed = {name: place.replace("traits", "properties") for name, place in renamed.items()}
    incremental = w.flavour.incremental
    w.query = Query(
        traits=chosen,
        renamed=renamed,
        incremental=w.random.random() < 0.5 if incremental is None else incremental,
    )
    w.canary = w.random.choice((0, 0, 4))
    w.say("  query", w.query)


def run(w: World) -> None:
    """Run the sync in one of its ways, sometimes after a look at the plan."""
    chances = {
        "yes": 0.6,
        "from_zero": 0.1,
        "full_refresh": 0.05,
        "baseline": 0.05,
        "replan": 0.2,
        "another_place": 0.05,
        "key_rotated": 0.1,
    }
    said = {name: True for name, chance in chances.items() if w.random.random() < chance}
    if w.moved and w.random.random() < 0.6:
        said[w.random.choice(("another_place", "key_rotated"))] = True
    if "another_place" in said:
        said.pop("key_rotated", None)
    w.misbehave()
    plans = _plan(w, said) if w.random.random() < 0.5 else None
    outcome = ran(w, **said)
    if plans is not None:
        _check_as_planned(w, plans, outcome, said)


def _plan(w: World, said: Mapping[str, bool]) -> tuple[Any, ...] | None:
    w.write_sync()
    if w.open() or not w.flavour.names:
        return None
    project = w.workshop.load()
    try:
        return plan_sync(project, project.syncs["people"], w.workshop.secret, accepted=RunOptions(**said))
    except BackhaulError as error:
        w.say("  plan:", error.message)
        return None


def _check_as_planned(w: World, plans: tuple[Any, ...], outcome: Outcome, said: Mapping[str, bool]) -> None:
    """Check that a run has planned what the plan said before."""
    rows = {row["destination"]: row for row in w.workshop.rows("deliveries_of_run", run=outcome.ended.run)}
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
            assert row["batches"] == plan.batches or w.canary


def replay(w: World) -> None:
    """Send the rejected rows again."""
    w.misbehave()
    ran(w, replay=True)


def undo(w: World) -> None:
    """Undo some earlier run."""
    runs = [row["id"] for row in w.workshop.rows("newest_runs", before=9e18, limit=12)]
    if not runs:
        return
    w.misbehave()
    ran(w, undo=w.random.choice(runs), yes=w.random.random() < 0.8)


def many(w: World) -> None:
    """Run often, with little that changed, so that the ledger is compacted."""
    w.behave()
    for _ in range(18):
        if w.table:
            w.put(w.random.choice(sorted(w.table)))
            w.write()
        ran(w, yes=True)


def forget(w: World) -> None:
    """Erase a person."""
    key = w.random.choice(sorted(w.table) or ["u_1"])
    w.say("  key", key)
    project = w.workshop.load()
    try:
        forget_key(project, project.syncs["people"], key)
    except UsageError:
        assert w.open(), "only an open delivery stands in the way"
        return
    where = digest(w.flavour.identity(key))
    for told in w.of.values():
        if not w.flavour.event:
            told.calls.pop(where, None)
            w.was.pop((told.ledger, where), None)
        told.seen.pop(key, None)  # its rejected rows are gone


def audit(w: World) -> None:
    """Look for missed rows; the audit has to find just those that no window will show."""
    w.write_sync()
    project = w.workshop.load()
    if not w.query.incremental:
        return
    before = len(w.workshop.receiver.records(taken=False))
    try:
        found = audit_sync(project, project.syncs["people"], w.workshop.secret)
    except BackhaulError as error:
        w.say("  audit:", error.message)
        return
    assert len(w.workshop.receiver.records(taken=False)) == before, "an audit has sent something"
    open_names = {row["destination"] for row in w.open()}
    for each in found:
        told = w.of[each.destination]
        others = [w.ledger(name) for name in w.flavour.names if name not in open_names]
        times = [row["last_sync_time"] for row in others if row]
        if each.note or each.destination in open_names or w.without_id or w.twice:
            continue
        bound = max(0, min(times) - LOOKBACK)
        listed = {row["key"] for row in w.listed(told.ledger)}
        missed = [
            key
            for key, row in w.table.items()
            if not w.is_told(told, key, row) and row.changed < bound and not w.query.is_faulty(row)
            if w.key(key, row) not in listed
        ]
        assert each.missed == len(missed), (each, missed)


def move(w: World) -> None:
    """Return a destination another key."""
    name = w.random.choice([name for name in w.flavour.names if name != "files"])
    w.give_key(name, f"{name}-{len(w.owner)}")


def damage(w: World) -> None:
    """Damage a file that a run needs; nothing may be sent then. Then put it back."""
    ledgers = [ledger["id"] for name in w.flavour.names if (ledger := w.ledger(name))]
    names = [row["keys"] for ledger in ledgers for row in w.workshop.rows("segments", ledger=ledger)]
    if not names:
        return
    file = w.workshop.folder / ".backhaul" / "ledger" / w.random.choice(names)
    good = file.read_bytes()
    file.write_bytes(w.random.choice((b"", good[:-1], b"rubbish" * 9)))
    w.behave()
    opened = bool(w.open())
    outcome = ran(w)
    if not opened:
        assert outcome.state in ("failed", "stopped"), outcome.ended
    file.write_bytes(good)


STEPS: Mapping[Callable[[World], None], float] = {
    change: 5,
    run: 9,
    late: 1,
    wait: 3,
    edit: 1,
    replay: 1.5,
    undo: 1.5,
    forget: 0.7,
    audit: 1,
    move: 0.7,
    damage: 0.7,
    many: 0.2,
}
"""The steps, and how likely each is."""
