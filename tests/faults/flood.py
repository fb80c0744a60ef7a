"""Many rows to a receiver that fails at almost every third request and loses replies, with runs killed in between.

All rows are new, then half of them change while the first version may still be on its way, then half again. After
deduplication by messageId each version of a row is there at most once, the last one for certain, none out of order.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

from tests.faults.judge import Problem
from tests.faults.kills import draw
from tests.faults.lab import Bench, Lab, state_of

__all__ = ["Flood", "flood"]

QUERY = 'SELECT id AS "userId", edition FROM people WHERE changed >= to_timestamp({{last_sync_time}})'
ENOUGH = 60


@dataclass(slots=True)
class Flood:
    """What came of it."""

    rows: int = 0
    messages: int = 0
    repeats: int = 0
    kills: int = 0
    runs: int = 0
    seconds: float = 0.0
    found: list[tuple[str, Problem]] = field(default_factory=list)


def flood(bench: Bench, seed: str, rows: int, *, faults: float = 0.3, lost: float = 0.05) -> Flood:
    """Deliver `rows` rows in three versions through faults."""
    began = time.monotonic()
    chance = random.Random(seed)
    lab = Lab(bench, chance)
    lab.destination("seg", "segment", batch_calls=max(50, rows // 400), connections=4, attempts=6)
    lab.write_sync(QUERY, lookback="0 minutes")
    lab.statements.append(
        f"CREATE TABLE people AS SELECT 'u_' || n AS id, 1 AS edition, to_timestamp({lab.clock}) AS changed "
        f"FROM range({rows}) people (n)"
    )
    told = Flood(rows=rows)
    for number in range(rows):
        lab.now_is(f"u_{number}", {"edition": 1})
    bench.receiver.chance(seed=chance.randrange(10**6), faults=faults, lost=lost)
    counts = {"send": rows // 100, "recv": rows // 50, "fdatasync": 400, "pwrite": 900, "write": 40}
    for version in (2, 3):
        for _ in range(3):
            told.kills += lab.run(fault=draw(chance, counts), seconds=300.0).killed
        lab.clock += 1
        first = chance.randrange(rows // 2)
        lab.statements.append(
            f"UPDATE people SET edition = {version}, changed = to_timestamp({lab.clock}) "
            f"WHERE substr(id, 3)::BIGINT BETWEEN {first} AND {first + rows // 2}"
        )
        for number in range(first, min(first + rows // 2, rows - 1) + 1):
            lab.now_is(f"u_{number}", {"edition": version})
    for _ in range(ENOUGH):
        if state_of(lab.run(seconds=300.0).output) == "succeeded":
            break
    lab.finish()
    lab.idle()
    (track,) = lab.tracks.values()
    told.messages, told.repeats, told.runs = len(track.acknowledged), track.repeats, lab.runs
    told.found = [(f"flood, seed {seed}", problem) for problem in lab.problems]
    told.seconds = time.monotonic() - began
    lab.remove()
    return told
