"""The harness is tested: each deliberately broken engine has to be caught, within so many trials."""

from __future__ import annotations

from dataclasses import dataclass

from tests.faults.broken import BROKEN
from tests.faults.damage import Damages, damage_project
from tests.faults.disk import disk_project
from tests.faults.kills import kill_project
from tests.faults.lab import Bench
from tests.faults.power import power_project
from tests.faults.replies import directed_project

__all__ = ["Caught", "catch"]

MOST_PROJECTS = 25


@dataclass(frozen=True, slots=True)
class Caught:
    """How a broken engine was caught: by which check, after how many runs; `check` is empty where it was not."""

    name: str
    check: str
    runs: int
    text: str


def catch(bench: Bench, name: str, seed: str) -> Caught:
    """Try a broken engine until it is caught."""
    broken = BROKEN[name]
    runs = 0
    for number in range(MOST_PROJECTS):
        scenario = broken.scenarios[number % len(broken.scenarios)]
        tally = TRIALS[broken.part](bench, scenario, f"{seed}/{name}/{number}", broken=name)
        runs += tally.runs
        if tally.found:
            _, problem = tally.found[0]
            if "faults/broken/" in problem.text:
                return Caught(name, "", runs, f"it does not fit the engine any more: {problem.text}")
            return Caught(name, problem.check, runs, problem.text)
    return Caught(name, "", runs, "")


def damage(bench: Bench, scenario: str, seed: str, *, broken: str) -> Damages:
    kind, way = BROKEN[broken].damaged
    situation = BROKEN[broken].situation
    cases = 4 if situation else 40  # one kind, one way, one situation: most cases are the same
    return damage_project(bench, scenario, seed, broken=broken, kind=kind, way=way, situation=situation, cases=cases)


TRIALS = {
    "kills": kill_project,
    "disk": disk_project,
    "damage": damage,
    "power": power_project,
    "replies": directed_project,
}
