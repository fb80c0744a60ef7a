"""The parts of the long run: each does its trials on all benches, prints its figures, and gives how much was found."""

from __future__ import annotations

import argparse
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.faults.broken import BROKEN
from tests.faults.catching import catch
from tests.faults.damage import DAMAGED_SCENARIOS, Damages, damage_project
from tests.faults.disk import DISK_SCENARIOS, DiskTally, disk_project
from tests.faults.flood import flood
from tests.faults.judge import Problem
from tests.faults.kills import Tally, kill_project
from tests.faults.lab import Bench
from tests.faults.pool import bench, shared
from tests.faults.power import POWER_SCENARIOS, power_project
from tests.faults.power import why_not as power_why_not
from tests.faults.replies import REPLY_SCENARIOS, Replies, reply_project
from tests.faults.runner import Runner
from tests.faults.scenarios import SCENARIOS
from tests.faults.soak import soak
from tests.faults.straced import STRACED_SCENARIOS, Straced
from tests.faults.straced import why_not as straced_why_not

__all__ = ["LONG", "PARTS"]

SHOWN = 5_000
"""Characters of a finding that are printed."""
MOST_SHOWN = 20
"""Findings of a part that are printed whole."""


def kills(options: argparse.Namespace) -> int:
    """Kill runs at calls chosen one by one."""
    total = Tally()
    took = many(total, options, kill_project, list(SCENARIOS), lambda: total.kills >= options.kills)
    table("kills", {
        "kills": total.kills, "runs": total.runs, "projects": total.projects, "rounds": total.rounds,
        "calls delivered": total.delivered, "calls repeated": total.repeats, "compactions": total.compactions,
        "seconds": round(took, 1), "seconds a kill and job": round(took * options.jobs / max(1, total.kills), 3),
    })  # fmt: skip
    counted(total, "by_scenario", "by_phase", "by_call")
    return told(total.found)


def straced(options: argparse.Namespace) -> int:
    """Kill the command as users start it, by strace: the judge that owes nothing to the shim."""
    if why := straced_why_not():
        print(f"== kills by strace: left out, {why}")
        return 0
    total = Tally()
    took = many(total, options, kill_project, STRACED_SCENARIOS, lambda: total.kills >= options.straced, Straced)
    table("kills by strace", {"kills": total.kills, "runs": total.runs, "seconds": round(took, 1)})
    counted(total, "by_phase", "by_call")
    return told(total.found)


def disk(options: argparse.Namespace) -> int:
    """Let the disk refuse, at calls chosen one by one."""
    total = DiskTally()
    took = many(total, options, disk_project, DISK_SCENARIOS, lambda: total.faults >= options.disk)
    table("disk faults", {
        "faults": total.faults, "told, exit code 1": total.told, "no matter, exit code 0": total.passed,
        "runs": total.runs, "compactions": total.compactions, "seconds": round(took, 1),
    })  # fmt: skip
    counted(total, "by_call", "passed_at")
    return told(total.found)


def power(options: argparse.Namespace) -> int:
    """Cut the power: what was not synced may be lost."""
    if why := power_why_not():
        print(f"== power cuts: left out, {why}")
        return 0
    total = Tally()
    took = many(total, options, power_project, POWER_SCENARIOS, lambda: total.kills >= options.power)
    table("power cuts", {
        "cuts": total.kills, "files set back": total.repeats, "runs": total.runs, "seconds": round(took, 1),
    })  # fmt: skip
    counted(total, "by_scenario", "by_phase")
    return told(total.found)


def damage(options: argparse.Namespace) -> int:
    """Damage files of the state."""
    total = Damages()
    took = many(total, options, damage_project, DAMAGED_SCENARIOS, lambda: total.cases >= options.damaged)
    table("damaged files", {
        "cases": total.cases, "refused": total.refused, "harmless": total.harmless, "runs": total.runs,
        "seconds": round(took, 1),
    })  # fmt: skip
    counted(total, "by_kind", "harmless_kinds")
    return told(total.found)


def replies(options: argparse.Namespace) -> int:
    """Answer with every status and all kinds of bodies: nothing stays stuck."""
    total = Replies()
    took = many(total, options, reply_project, REPLY_SCENARIOS, lambda: total.replies >= options.replies)
    table("replies", {
        "replies": total.replies, "runs": total.runs, "projects": total.projects, "seconds": round(took, 1),
    })  # fmt: skip
    counted(total, "by_kind", "by_moment")
    return told(total.found)


def broken(options: argparse.Namespace) -> int:
    """Catch each deliberately broken engine."""
    began = time.monotonic()
    names = options.broken or list(BROKEN)
    print("== broken engines")
    print(f"{'engine':<42}{'caught by':<24}{'runs':>6}")
    missed = 0
    for one in shared(lambda bench, name: catch(bench, name, options.seed), names, options.jobs):
        print(f"{one.name:<42}{one.check or 'NOT CAUGHT':<24}{one.runs:>6}", flush=True)
        missed += not one.check
        if not one.check:
            print(one.text[-SHOWN:])
    print(f"{len(names)} engines in {time.monotonic() - began:.0f} s, not caught: {missed}")
    return missed


def flooded(options: argparse.Namespace) -> int:
    """Send many rows through a receiver that fails at almost every third request."""
    with bench() as made:
        told_of = flood(made, options.seed, options.rows)
    table("flood", {
        "rows, in three versions": told_of.rows, "messageIds acknowledged": told_of.messages,
        "calls repeated": told_of.repeats, "kills": told_of.kills, "runs": told_of.runs,
        "seconds": round(told_of.seconds, 1),
    })  # fmt: skip
    for where, problem in told_of.found:
        print(f"FOUND {where}: {str(problem)[:SHOWN]}")
    return told(told_of.found)


def many(
    total: Any,
    options: argparse.Namespace,
    work: Callable[..., Any],
    names: Sequence[str],
    enough: Callable[[], bool],
    runner: type[Any] = Runner,
) -> float:
    """Do projects of the scenarios in turn until it is enough; return the seconds."""
    began = time.monotonic()
    chosen = [name for name in names if not options.scenario or name in options.scenario]

    def pieces() -> Iterator[tuple[str, str]]:
        if options.repeat:
            yield chosen[0], options.repeat
            return
        for number in itertools.count():
            for name in chosen:
                if enough():
                    return
                yield name, f"{options.seed}/{name}/{number}"

    def project(bench: Bench, piece: tuple[str, str]) -> Any:
        return work(bench, *piece)

    seen = 0
    for tally in shared(project, pieces(), options.jobs, keep=True, runner=runner):
        total.add(tally)
        for where, problem in tally.found:
            seen += 1
            if seen <= MOST_SHOWN:
                print(f"FOUND {where}: {str(problem)[:SHOWN]}", flush=True)
    if seen > MOST_SHOWN:
        checks = Counter(problem.check for _, problem in total.found)
        print(f"FOUND more, {seen} in all: {', '.join(f'{check} {number}' for check, number in checks.most_common())}")
    return time.monotonic() - began


def table(title: str, figures: dict[str, float]) -> None:
    print(f"== {title}")
    for name, value in figures.items():
        print(f"{name:<28}{value:>14,}")


def counted(tally: Any, *names: str) -> None:
    for name in names:
        numbers: Counter[str] = getattr(tally, name)
        print(f"{name.replace('_', ' ')}: " + ", ".join(f"{what} {number:,}" for what, number in numbers.most_common()))


def told(found: list[tuple[str, Problem]]) -> int:
    """Return how many projects or cases had a finding."""
    print(f"found{'':<23}{len(found):>14,}", flush=True)
    return len(found)


PARTS: dict[str, Callable[[argparse.Namespace], int]] = {
    "kills": kills,
    "straced": straced,
    "disk": disk,
    "power": power,
    "damage": damage,
    "replies": replies,
    "broken": broken,
    "flood": flooded,
    "soak": soak,
}
LONG = tuple(name for name in PARTS if name != "soak")
"""The parts of the long run: all but the soak."""
