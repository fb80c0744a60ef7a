"""Disk faults: a write, a sync, a rename, a read, … of the state or the delivered file fails, with ENOSPC or EIO.

Once, or from that call on (a disk that is full). The run has to end by itself: with 1 and a sentence, or with 0 where what
was refused is no matter (a log line, a file that is collected later). The next run, without the fault, has to finish the
work, and the same things hold as after a kill.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.faults.judge import Problem
from tests.faults.kills import compactions
from tests.faults.lab import Bench, Lab
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.faults.shim import WRITES, Fault

__all__ = ["DISK_SCENARIOS", "DiskTally", "disk_project"]

READS = ("open", "read", "pread")

DISK_SCENARIOS = (
    "full",
    "first run",
    "incremental",
    "deletes",
    "deletes, no payload",
    "events",
    "rejected",
    "two destinations",
)


@dataclass(slots=True)
class DiskTally:
    """What was refused, how the runs ended, what was found."""

    faults: int = 0
    told: int = 0
    passed: int = 0
    runs: int = 0
    compactions: int = 0
    seconds: float = 0.0
    by_call: Counter[str] = field(default_factory=Counter)
    passed_at: Counter[str] = field(default_factory=Counter)
    found: list[tuple[str, Problem]] = field(default_factory=list)

    def add(self, other: DiskTally) -> None:
        for name in ("faults", "told", "passed", "runs", "compactions", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.by_call.update(other.by_call)
        self.passed_at.update(other.passed_at)
        self.found += other.found


def disk_project(
    bench: Bench, name: str, seed: str, *, broken: str | None = None, rounds: int | None = None
) -> DiskTally:
    """Live one project through its rounds, with disk faults; stops at the first finding."""
    began = time.monotonic()
    chance = random.Random(seed)
    lab = Lab(bench, chance, broken=broken, most_deltas=chance.choice([1, 2, None]))
    scenario = SCENARIOS[name](lab)
    tally = DiskTally()
    counts = {
        "write": 5,
        "pwrite": 90,
        "fsync": 6,
        "fdatasync": 20,
        "create": 9,
        "rename": 2,
        "mkdir": 6,
        "link": 1,
        "read": 6,
        "open": 20,
    }
    rounds = rounds or scenario.rounds
    for number in range(rounds):
        counts = one_round(lab, scenario, tally, counts, is_first=number == 0)
        if lab.problems:
            break
    tally.runs = lab.runs
    tally.compactions = compactions(lab)
    tally.found = [(f"{name}, seed {seed}", problem) for problem in lab.problems]
    tally.seconds = time.monotonic() - began
    if not lab.problems or broken:
        lab.remove()
    return tally


def one_round(
    lab: Lab, scenario: Scenario, tally: DiskTally, counts: dict[str, int], *, is_first: bool
) -> dict[str, int]:
    chance = lab.chance
    if not is_first:
        scenario.change()
    for track in lab.tracks.values():
        track.new_delivery()
    scenario.misbehave()
    for _ in range(chance.randint(1, 4)):
        fault = draw(chance, counts)
        ended = lab.run(*scenario.words(), fault=fault, command=chance.choice(scenario.commands))
        if ended.killed:
            lab.found("killed", f"{fault}: the process was ended by a signal")
        if ended.counts.get(fault.call, 0) < fault.number:
            continue  # the run did not come so far
        tally.faults += 1
        tally.by_call[f"{fault.what} {fault.error} {fault.call}"] += 1
        if ended.code == 1:
            tally.told += 1
        else:
            tally.passed += 1
            tally.passed_at[fault.call] += 1
        lab.after_a_kill()
        if lab.problems:
            lab.found("at", f"{fault}")
            return counts
    lab.calm()
    scenario.before_rest()
    ended = lab.finish(*scenario.words(), watched=True)
    if chance.random() < 0.35 and not lab.problems:
        lab.idle()
    return ended.counts or counts


def draw(chance: random.Random, counts: dict[str, int]) -> Fault:
    """Choose a call on our files that can be refused; what is read can only be broken, not full."""
    call = chance.choice([name for name in (*WRITES, *READS) if counts.get(name)])
    what, error = chance.choice(["fail", "full"]), chance.choice(["ENOSPC", "EIO"])
    if call in READS:
        what, error = "fail", "EIO"
    return Fault(call=call, number=chance.randint(1, counts[call]), what=what, error=error, watched=True)
