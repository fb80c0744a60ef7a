"""The kill harness: runs of a scenario are killed at calls chosen one by one, started again until done, and judged.

A project lives for some rounds. In each its rows change, then runs are killed (at a kind of call drawn from those that the
last unharmed run made, at a number up to how often it made it) and started again, rows may change in between, and in the
end a run is let alone. Everything that chance decides comes from the project's seed, which is printed with a finding.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.faults import statecheck
from tests.faults.judge import Problem
from tests.faults.lab import Bench, Lab
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.faults.shim import Fault

__all__ = ["Tally", "kill_project"]

TEARABLE = ("write", "pwrite")
FIRST_GUESS = {"write": 15, "pwrite": 120, "fsync": 6, "fdatasync": 20, "rename": 2, "open": 90, "create": 10, "unlink": 5,
               "link": 1, "mkdir": 8, "close": 90, "read": 90, "pread": 50, "connect": 2, "send": 16, "recv": 20}  # fmt: skip
"""How often a run makes each call, until one has told."""


@dataclass(slots=True)
class Tally:
    """What was done, and found."""

    kills: int = 0
    runs: int = 0
    projects: int = 0
    rounds: int = 0
    repeats: int = 0
    delivered: int = 0
    compactions: int = 0
    seconds: float = 0.0
    by_call: Counter[str] = field(default_factory=Counter)
    by_phase: Counter[str] = field(default_factory=Counter)
    by_scenario: Counter[str] = field(default_factory=Counter)
    found: list[tuple[str, Problem]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        for name in ("kills", "runs", "projects", "rounds", "repeats", "delivered", "compactions", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("by_call", "by_phase", "by_scenario"):
            getattr(self, name).update(getattr(other, name))
        self.found += other.found


def kill_project(
    bench: Bench,
    name: str,
    seed: str,
    *,
    broken: str | None = None,
    most_kills: int | None = None,
    rounds: int | None = None,
) -> Tally:
    """Live one project through its rounds; stops at the first finding, whose project's folder is then kept."""
    began = time.monotonic()
    chance = random.Random(seed)
    lab = Lab(bench, chance, broken=broken, most_deltas=chance.choice([1, 2, None]))
    scenario = SCENARIOS[name](lab)
    tally = Tally(projects=1)
    counts = dict(FIRST_GUESS)
    for number in range(rounds or scenario.rounds):
        counts = one_round(lab, scenario, tally, counts, is_first=number == 0)
        tally.rounds += 1
        if lab.problems or (most_kills is not None and tally.kills >= most_kills):
            break
    tally.runs = lab.runs
    tally.repeats = sum(track.repeats for track in lab.tracks.values())
    tally.delivered = sum(len(track.acknowledged) for track in lab.tracks.values())
    tally.by_scenario[name] += tally.kills
    tally.compactions = compactions(lab)
    tally.found = [(f"{name}, seed {seed}, round {tally.rounds}", problem) for problem in lab.problems]
    tally.seconds = time.monotonic() - began
    if not lab.problems or broken:
        lab.remove()
    return tally


def one_round(lab: Lab, scenario: Scenario, tally: Tally, counts: dict[str, int], *, is_first: bool) -> dict[str, int]:
    """Change rows, kill runs, let one be; check. Gives how often the last unharmed run made each call."""
    chance = lab.chance
    if not is_first:
        scenario.change()
    for track in lab.tracks.values():
        track.new_delivery()
    scenario.misbehave()
    while chance.random() < 0.8:
        fault = draw(chance, counts)
        ended = lab.run(
            *scenario.words(), fault=fault, command=chance.choice(scenario.commands), rivals=scenario.rivals
        )
        if not ended.killed:
            break
        tally.kills += 1
        tally.by_call[f"{fault.what} {fault.call}"] += 1
        counted_phase(lab, tally)
        lab.after_a_kill()
        if chance.random() < 0.25:
            scenario.change()
            for track in lab.tracks.values():
                track.is_mixed = True
        if lab.problems:
            return counts
    lab.calm()
    scenario.before_rest()
    ended = lab.finish(*scenario.words())
    if chance.random() < 0.35 and not lab.problems:
        lab.idle()
    return ended.counts or counts


def draw(chance: random.Random, counts: dict[str, int]) -> Fault:
    """Choose a call: a kind first, so that the rare ones have their turn, then a number of it."""
    call = chance.choice([name for name, number in counts.items() if number])
    what = "tear" if call in TEARABLE and chance.random() < 0.4 else "kill"
    return Fault(call=call, number=chance.randint(1, counts[call]), what=what)


def counted_phase(lab: Lab, tally: Tally) -> None:
    tally.by_phase[phase(lab)] += 1


def phase(lab: Lab) -> str:
    """Say what a killed run left behind."""
    with statecheck.reading(lab.state) as store:
        if store is None:
            return "no store yet"
        found = store.execute(
            "SELECT state FROM deliveries WHERE state IN ('planned', 'sending', 'paused') ORDER BY state DESC"
        ).fetchone()
        return found["state"] if found else "nothing open"


def compactions(lab: Lab) -> int:
    with statecheck.reading(lab.state) as store:
        if store is None:
            return 0
        return store.execute("SELECT count(*) FROM segments WHERE keys LIKE '%.base.%'").fetchone()[0]
