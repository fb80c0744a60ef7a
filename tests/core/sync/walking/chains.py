"""Short chains of things that rarely come in a row by chance, and that once in a row have broken something.

Each begins on quiet ground (nothing open, ids as they should be), checks after each run, and leaves the world as it came
out. What a destination refuses is chosen only while nothing is open: what it took once, it does not refuse later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.core.sync.walking.checks import check
from tests.core.sync.walking.steps import edit, move
from tests.core.sync.walking.taking import ran
from tests.core.sync.walking.world import World
from tests.core.sync.workshop import Outcome

__all__ = ["CHAINS"]

_OLD = 7_200
_DOWN: dict[str, Any] = {"status": 503}


def refused_then_as_before(w: World) -> None:
    """Change a row, have it refused, change it back; then let the list be tried again."""
    key = _settled_row(w)
    if key is None:
        return
    before = w.table[key]
    w.alter(key)
    w.write()
    for _ in range(w.random.choice((1, 1, 2, 4))):  # from the third time on it is held back
        _run(w, refuse=key)
    w.put_back(key, before)
    w.write()
    if w.random.random() < 0.2:
        _run(w, replay=True)
    _run(w)
    _try_the_list(w)


def refused_then_the_earlier_undone(w: World) -> None:
    """Change a row and deliver it, change it again and have that refused, undo the first: the second stays listed."""
    key = _settled_row(w)
    if key is None:
        return
    w.alter(key)
    w.write()
    first = _run(w).ended.run
    w.alter(key)
    w.write()
    _run(w, refuse=key)
    if w.random.random() < 0.3:
        w.age(_OLD)
    _run(w, refuse=key if w.random.random() < 0.3 else "", undo=first)
    _try_the_list(w)


def undone_and_refused(w: World) -> None:
    """Deliver a change, undo it and have that refused; let the row change, or not, and the list be tried again."""
    key = _settled_row(w)
    if key is None:
        return
    w.alter(key)
    w.write()
    first = _run(w).ended.run
    _run(w, refuse=key, undo=first)
    if w.random.random() < 0.5:
        w.alter(key)
        w.write()
        _run(w, refuse=key if w.random.random() < 0.5 else "")
    _try_the_list(w)


def refused_then_mapped_otherwise(w: World) -> None:
    """Have a row refused, then edit the query: what is listed is of the old one."""
    key = _settled_row(w)
    if key is None:
        return
    w.alter(key)
    w.write()
    _run(w, refuse=key)
    edit(w)
    w.canary = 0
    _run(w, refuse=key if w.random.random() < 0.5 else "")
    _try_the_list(w)


def gone_and_back(w: World) -> None:
    """Remove a row, have its delete refused; the row comes back, as it was or other; replay, run."""
    key = _settled_row(w)
    if key is None:
        return
    before = w.table.pop(key)
    w.write()
    _run(w, refuse=key)
    w.put_back(key, before)
    if w.random.random() < 0.5:
        w.alter(key)
    w.write()
    if w.random.random() < 0.5:
        _run(w, replay=True)
    _run(w, refuse=key if w.random.random() < 0.3 else "")
    _try_the_list(w)


def paused_then_stopped(w: World) -> None:
    """Pause in mid-delivery; return the rest up, or begin again, and be stopped by a guard; then fix what it asked about."""
    if not _settled(w):
        return
    for _ in range(25):
        w.add()
    w.write()
    _run(w, *[{}] * w.random.choice((0, 1, 2)), *[_DOWN] * 12)
    reject, w.reject = w.reject, False
    w.without_id = True
    if w.random.random() < 0.3:
        move(w)
    w.write()
    said = w.random.choice(("replan", "another_place", "key_rotated"))
    _run(w, **{said: True})
    w.reject, w.without_id = reject, False
    w.write()
    _run(w, **({said: True} if w.random.random() < 0.3 else {}))
    _settled(w)


def paused_then_changed(w: World) -> None:
    """Pause in mid-delivery; rows of the open plan change, vanish or come back before it goes on."""
    if not _settled(w):
        return
    keys = sorted(w.table)[:25]
    before = {key: w.table[key] for key in keys}
    for key in keys:
        w.alter(key)
    w.write()
    _run(w, *[{}] * w.random.choice((0, 1, 2)), *[w.random.choice((_DOWN, {"lose_reply": True}))] * 12)
    for key in keys:
        what = w.random.choice((w.alter, w.table.pop, lambda key: w.put_back(key, before[key]), lambda _: None))
        what(key)
    w.write()
    if w.random.random() < 0.3:
        edit(w)
        w.canary = 0
    _run(w, **({"replan": True} if w.random.random() < 0.5 else {}))
    _try_the_list(w)


CHAINS: Mapping[Callable[[World], None], float] = {
    refused_then_as_before: 1,
    refused_then_the_earlier_undone: 1,
    undone_and_refused: 0.5,
    refused_then_mapped_otherwise: 0.5,
    gone_and_back: 0.5,
    paused_then_stopped: 0.5,
    paused_then_changed: 0.5,
}
"""The chains, and how likely each is."""


def _settled(w: World) -> bool:
    """Come to quiet ground; return whether it is one."""
    w.twice.clear()
    w.without_id, w.canary = False, 0
    w.write()
    _run(w, key_rotated=True)
    return not w.open()


def _settled_row(w: World) -> str | None:
    """Return a row that each destination has as it is; None where there is none, or something is still open."""
    if not _settled(w):
        return None
    keys = [key for key, row in w.table.items() if all(w.is_told(told, key, row) for told in w.of.values())]
    return w.random.choice(sorted(keys)) if keys else None


def _run(w: World, *behaviours: dict[str, Any], refuse: str = "", **asked: Any) -> Outcome:
    """Run, with a row refused where nothing is open, and check."""
    refused = (f'"{refuse}"',) if refuse and not w.open() else ()
    w.say("  receiver", refused, [list(each) for each in behaviours])
    w.behave(*behaviours, refuse=refused)
    outcome = ran(w, **{"yes": True, **asked})
    check(w)
    return outcome


def _try_the_list(w: World) -> None:
    """Let the list of rejected rows be tried again, by itself or by a replay.

    It is tried by itself where the query does not give the row, so it runs twice: the first still looks back at it.
    """
    if w.random.random() < 0.3:
        _run(w, replay=True)
        return
    w.age(_OLD)
    _run(w)
    _run(w)
