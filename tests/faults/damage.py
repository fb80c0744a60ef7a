"""Damaged files: bits flipped, ends cut off, blocks zeroed, files removed, swapped, or older than they were.

A prepared project is copied for each case, one file of it is damaged, and the sync is run. Either the damage is refused
in words and nothing is sent (and with the good file put back, the next run does its work), or it is harmless: the run
sends exactly what it would have sent. It is never read as empty, and no row is sent twice or lost.

The prepared states: at rest with a base and deltas and rows to send; with an open delivery of which some batches were answered;
and as a kill left it, with writes that are only in the store's log (-wal).
"""

from __future__ import annotations

import copy
import random
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.judge import Problem, Track
from tests.faults.kills import draw, phase
from tests.faults.lab import Bench, Lab, state_of
from tests.faults.scenarios import SCENARIOS, Scenario

__all__ = ["DAMAGED_SCENARIOS", "Damages", "damage_project"]

DAMAGED_SCENARIOS = ("full", "deletes", "events", "incremental", "rejected", "two destinations")

WAYS = ("flip", "cut", "zero", "zero a block", "empty", "remove", "rubbish", "older", "another")
SITUATIONS = ("at rest", "open", "killed")


@dataclass(slots=True)
class Damages:
    """What was damaged, how it ended, what was found."""

    cases: int = 0
    refused: int = 0
    harmless: int = 0
    runs: int = 0
    seconds: float = 0.0
    by_kind: Counter[str] = field(default_factory=Counter)
    harmless_kinds: Counter[str] = field(default_factory=Counter)
    found: list[tuple[str, Problem]] = field(default_factory=list)

    def add(self, other: Damages) -> None:
        for name in ("cases", "refused", "harmless", "runs", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.by_kind.update(other.by_kind)
        self.harmless_kinds.update(other.harmless_kinds)
        self.found += other.found


@dataclass(slots=True)
class Prepared:
    """A project's state as it is before a case, with what the judge knows; `older` is the state some rounds ago."""

    lab: Lab
    good: Path
    older: Path
    tracks: dict[str, Track]
    read_lines: int
    situation: str
    delivered: bytes | None

    def restore(self) -> None:
        self.lab.bench.receiver.clear()
        shutil.rmtree(self.lab.state)
        shutil.copytree(self.good, self.lab.state)
        if self.delivered is not None:
            self.lab.delivered.write_bytes(self.delivered)
        self.lab.tracks = copy.deepcopy(self.tracks)
        self.lab.read_lines = self.read_lines


def damage_project(
    bench: Bench,
    name: str,
    seed: str,
    *,
    broken: str | None = None,
    cases: int = 40,
    situation: str | None = None,
    kind: str = "",
    way: str = "",
) -> Damages:
    """Prepare a project and damage its files, one at a time; goes on after a finding, for each case begins again.

    `kind` and `way` keep to one kind of file and one way to damage it.
    """
    began = time.monotonic()
    chance = random.Random(seed)
    prepared = prepare(bench, name, chance, situation or chance.choice(SITUATIONS))
    tally = Damages()
    lab = prepared.lab
    lab.broken = broken
    if lab.problems:
        tally.found = [(f"preparing {name}, seed {seed}", problem) for problem in lab.problems]
        return tally
    for number in range(cases):
        words = one_case(prepared, chance, tally, kind, way)
        if lab.problems:
            tally.found += [(f"{name}, seed {seed}, case {number}: {words}", problem) for problem in lab.problems]
            lab.problems.clear()
            if broken:
                break
    tally.runs = lab.runs
    tally.seconds = time.monotonic() - began
    lab.remove()
    return tally


def prepare(bench: Bench, name: str, chance: random.Random, situation: str) -> Prepared:
    """Make a project that has lived for some rounds, in one of the situations, with something to send."""
    lab = Lab(bench, chance, most_deltas=chance.choice([1, None]))
    scenario = SCENARIOS[name](lab)
    older, good = lab.folder / "older", lab.folder / "good"
    rounds = chance.randint(3, 5)
    for number in range(rounds):
        for track in lab.tracks.values():
            track.new_delivery()
        lab.finish(*scenario.words())
        if number == rounds // 2:
            shutil.copytree(lab.state, older)
        scenario.change()
    for track in lab.tracks.values():
        track.is_mixed = True  # deletes of an open delivery, then new rows: that is right
    if situation != "at rest":
        leave_open(lab, scenario, chance, killed=situation == "killed")
    shutil.copytree(lab.state, good)
    delivered = lab.delivered.read_bytes() if lab.delivered.exists() else None
    return Prepared(lab, good, older, copy.deepcopy(lab.tracks), lab.read_lines, situation, delivered)


def leave_open(lab: Lab, scenario: Scenario, chance: random.Random, *, killed: bool) -> None:
    """Leave a delivery behind of which some batches were answered, by a receiver that fails or by a kill."""
    if killed:
        for _ in range(20):
            if lab.run(fault=draw(chance, {"send": 12, "recv": 16, "fdatasync": 12, "write": 14, "close": 60})).killed:
                return
            scenario.change()
        return
    for _ in range(20):
        lab.bench.receiver.behave({}, *[{"status": 503}] * 12)
        lab.run()
        if phase(lab) == "paused":
            break
        scenario.change()
    lab.calm()


def one_case(prepared: Prepared, chance: random.Random, tally: Damages, kind: str, way: str) -> str:
    """Damage one file, run, judge; return the case in words."""
    lab = prepared.lab
    prepared.restore()
    written = (file for file in lab.state.rglob("*") if file.is_file() and file.stat().st_size)
    files = sorted(file for file in written if file.name != ".gitignore")
    kinds = sorted({kind_of(file) for file in files})
    drawn_kind, drawn_way = chance.choice(kinds), chance.choice(WAYS)
    kind, way = kind or drawn_kind, way or drawn_way
    if kind not in kinds:
        return ""
    file = chance.choice([file for file in files if kind_of(file) == kind])
    if not damage(file, way, chance, prepared, [each for each in files if kind_of(each) == kind]):
        return ""
    words = f"{prepared.situation}, {way} {kind}"
    tally.cases += 1
    tally.by_kind[kind] += 1
    ended = lab.run(seconds=30.0)
    sent = sum(len(track.messages) - len(prepared.tracks[name].messages) for name, track in lab.tracks.items())
    if ended.code == 1 and state_of(ended.output) not in ("partial", "succeeded"):
        tally.refused += 1
        committed = '"event": "committed"' in ended.output  # what was sent before was all of it: the store has moved on
        if kind == "plan" or not (
            sent or committed
        ):  # where one destination is refused for its plan, the other goes on
            put_back(prepared, file)
        elif sent and prepared.situation == "at rest":  # an open delivery may go on, and is judged like any other
            lab.found("sent though refused", f"{sent} calls")
        elif kind.startswith("store.sqlite") and not lab.problems:
            return words  # what it has lost nobody can put back; it is refused from now on
    elif ended.code in (0, 1):
        tally.harmless += 1
        tally.harmless_kinds[f"{way} {kind}"] += 1
    if file.parent.name == "ledger":
        put_back(prepared, file)  # what was not needed now is needed later
    if not lab.problems:
        lab.finish()
    if not lab.problems:
        lab.idle()
    if kind == "store.sqlite":  # a bit of a row changes what the row says; no row may be lost or sent twice by it
        lab.problems = [problem for problem in lab.problems if problem.check not in ("counts", "manifest")]
    if lab.problems:
        del lab.problems[1:]
        lab.found("the run said", ended.output[-600:])
    return words


def kind_of(file: Path) -> str:
    """Say what a file of the state is."""
    if file.parent.name == "ledger":
        return "keys segment" if ".keys." in file.name else "calls segment"
    folders = {"plans": "plan", "logs": "log", "locks": "lock note", "tmp": "scratch"}
    return folders.get(file.parent.name, file.name)


def put_back(prepared: Prepared, file: Path) -> None:
    """Put the good file back; all of the store's files belong together."""
    good = prepared.good
    names = [each.name for each in good.glob("store.sqlite*")] if file.name.startswith("store.sqlite") else []
    if names:
        for each in prepared.lab.state.glob("store.sqlite*"):
            each.unlink()
    for source in [good / name for name in names] or [good / file.relative_to(prepared.lab.state)]:
        target = prepared.lab.state / source.relative_to(good)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def damage(file: Path, way: str, chance: random.Random, prepared: Prepared, alike: list[Path]) -> bool:
    """Damage a file; False where this way changes nothing."""
    before = file.read_bytes()
    content = bytearray(before)
    others = [each for each in alike if each != file]
    match way:
        case "remove":
            file.unlink()
            return True
        case "flip":
            for _ in range(chance.choice([1, 1, 3]) if content else 0):
                content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        case "cut":
            content = content[: chance.randrange(len(content))] if content else content
        case "zero":
            content = bytearray(len(content))
        case "zero a block":
            start = chance.randrange(max(1, len(content)))
            content[start : start + 512] = bytes(len(content[start : start + 512]))
        case "empty":
            content = bytearray()
        case "rubbish":
            content = bytearray(chance.randbytes(max(64, len(content))))
        case "older":
            older = prepared.older / file.relative_to(prepared.lab.state)
            content = bytearray(older.read_bytes()) if older.exists() else content
        case "another":
            content = bytearray(chance.choice(others).read_bytes()) if others else content
    if content == before:
        return False
    file.write_bytes(content)
    return True
