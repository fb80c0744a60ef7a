"""The harness is tested: each deliberately broken engine has to be caught, within so many trials."""

from __future__ import annotations

from dataclasses import dataclass

from tests.faults.broken import BROKEN
from tests.faults.kills import Tally, kill_project
from tests.faults.lab import Bench

__all__ = ["Caught", "catch"]

MOST_PROJECTS = 25


@dataclass(frozen=True, slots=True)
class Caught:
    """How a broken engine was caught: by which check, after how many trials (runs); `check` is empty where it was not."""

    name: str
    check: str
    trials: int
    text: str


def catch(bench: Bench, name: str, seed: str) -> Caught:
    """Try a broken engine until it is caught."""
    broken = BROKEN[name]
    trials = 0
    for number in range(MOST_PROJECTS):
        scenario = broken.scenarios[number % len(broken.scenarios)]
        tally = TRIALS[broken.part](bench, scenario, f"{seed}/{name}/{number}", broken=name)
        trials += tally.runs
        if tally.found:
            _, problem = tally.found[0]
            return Caught(name, problem.check, trials, problem.text)
    return Caught(name, "", trials, "")


TRIALS = {"kills": kill_project}
__all__ += ["Tally"]
