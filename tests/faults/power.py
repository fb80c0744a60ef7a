"""Power cuts: a run is killed, and what it had not synced may be lost, too.

The shim copies what each sync makes durable (`shim.c`). After the kill the folders are made again: each file has its durable content
or the one that it had last, each name leads where it durably led or where it led last, as chance wills; in every third
cut nothing survives that was not synced. Folders themselves survive: the file systems that we know write them before the
files in them. Then the project goes on as after any kill, and has to keep the same promises.

Files are told apart by their inodes, so this needs a file system in memory, which does not use a number again at once.
"""

from __future__ import annotations

import random
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.kills import TEARABLE, Tally, counted_phase
from tests.faults.lab import Bench, Lab
from tests.faults.runner import scratch
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.faults.shim import Fault

__all__ = ["POWER_SCENARIOS", "Cut", "power_project", "why_not"]

POWER_SCENARIOS = ("full", "first run", "two destinations", "deletes", "deletes, no payload", "events", "rejected")
FIRST_GUESS = {"write": 6, "pwrite": 90, "fsync": 8, "fdatasync": 20, "rename": 2, "unlink": 5, "link": 1, "close": 30,
               "send": 16, "recv": 20}  # fmt: skip


def why_not() -> str:
    """Say why this cannot be done here; nothing where it can."""
    return "" if scratch() == "/dev/shm" else "there is no file system in memory to work in"


@dataclass(slots=True)
class Cut:
    """What was durable before a run, of some folders; `mirror` is where the shim tells what became so in it."""

    folders: tuple[Path, ...]
    mirror: Path
    names: dict[int, dict[str, int]] = field(default_factory=dict)
    contents: dict[int, bytes] = field(default_factory=dict)

    def begin(self) -> None:
        """Take everything as it is for durable."""
        shutil.rmtree(self.mirror, ignore_errors=True)
        self.mirror.mkdir()
        self.names, self.contents = {}, {}
        for folder in self._all_folders():
            self.names[folder.stat().st_ino] = names_in(folder)
            for file in folder.iterdir():
                if file.is_file():
                    self.contents[file.stat().st_ino] = file.read_bytes()

    def happen(self, chance: random.Random) -> int:
        """Lose what was not synced, or some of it; return how many files are not what they were last."""
        lucky = 0.0 if chance.random() < 1 / 3 else chance.random()
        lost = 0
        for folder in self._all_folders():
            durable = self._durable_names(folder)
            last = names_in(folder)
            current = {inode: (folder / name).read_bytes() for name, inode in last.items()}
            for name in durable.keys() | last.keys():
                survives = chance.random() < lucky
                inode = last.get(name) if survives else durable.get(name)
                kept = None if inode is None else self._content(inode, current, survives=chance.random() < lucky)
                lost += put(folder / name, kept)
        return lost

    def _all_folders(self) -> list[Path]:
        there = [folder for folder in self.folders if folder.is_dir()]
        return there + [inner for folder in there for inner in folder.rglob("*") if inner.is_dir()]

    def _durable_names(self, folder: Path) -> dict[str, int]:
        told = self.mirror / f"{folder.stat().st_ino}.names"
        if not told.exists():
            return self.names.get(folder.stat().st_ino, {})
        pairs = (line.split(" ", 1) for line in told.read_text().splitlines())
        return {name: int(inode) for inode, name in pairs if name not in (".", "..") and not (folder / name).is_dir()}

    def _content(self, inode: int, current: dict[int, bytes], *, survives: bool) -> bytes:
        if survives and inode in current:
            return current[inode]
        told = self.mirror / str(inode)
        if told.exists():
            return told.read_bytes()
        return self.contents.get(inode, b"")


def names_in(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_ino for file in folder.iterdir() if file.is_file()}


def put(file: Path, content: bytes | None) -> int:
    """Make a file have this content, or not be there; return 1 where that changes it."""
    before = file.read_bytes() if file.exists() else None
    if content == before:
        return 0
    file.unlink(missing_ok=True)
    if content is not None:
        file.write_bytes(content)
    return 1


def power_project(bench: Bench, name: str, seed: str, *, broken: str | None = None, rounds: int | None = None) -> Tally:
    """Live one project through its rounds, with power cuts; stops at the first finding."""
    began = time.monotonic()
    chance = random.Random(seed)
    lab = Lab(bench, chance, broken=broken, most_deltas=chance.choice([1, 2, None]))
    scenario = SCENARIOS[name](lab)
    cut = Cut((lab.state, lab.folder / "delivered"), bench.folder / "mirror")
    tally = Tally(projects=1)
    counts = dict(FIRST_GUESS)
    for number in range(rounds or scenario.rounds):
        counts = one_round(lab, scenario, cut, tally, counts, is_first=number == 0)
        tally.rounds += 1
        if lab.problems:
            break
    tally.runs = lab.runs
    tally.by_scenario[name] += tally.kills
    tally.found = [(f"{name}, seed {seed}, round {tally.rounds}", problem) for problem in lab.problems]
    tally.seconds = time.monotonic() - began
    if not lab.problems or broken:
        lab.remove()
    return tally


def one_round(
    lab: Lab, scenario: Scenario, cut: Cut, tally: Tally, counts: dict[str, int], *, is_first: bool
) -> dict[str, int]:
    chance = lab.chance
    if not is_first:
        scenario.change()
    for track in lab.tracks.values():
        track.new_delivery()
    scenario.misbehave()
    while chance.random() < 0.75:
        call = chance.choice([name for name, number in counts.items() if number and name in FIRST_GUESS])
        what = "tear" if call in TEARABLE and chance.random() < 0.3 else "kill"
        fault = Fault(call=call, number=chance.randint(1, counts[call]), what=what)
        cut.begin()
        if not lab.run(*scenario.words(), fault=fault, mirror=str(cut.mirror)).killed:
            break
        tally.kills += 1
        tally.repeats += cut.happen(chance)
        tally.by_call[f"{fault.what} {fault.call}"] += 1
        counted_phase(lab, tally)
        lab.after_a_kill()
        if lab.problems:
            return counts
    lab.calm()
    scenario.before_rest()
    ended = lab.finish(*scenario.words())
    if chance.random() < 0.35 and not lab.problems:
        lab.idle()
    return ended.counts or counts
