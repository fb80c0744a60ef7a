"""The soak: three syncs (full, incremental, events) for an hour, with faults, rows that change all the time, a kill a minute.

Two processes loop over the syncs, side by side (one has a sync's lock, the other goes on to the next): one lives from the
beginning to the end, so that what it holds can be compared; the other is killed once a minute and started again. The
warehouse is a real Postgres. At the end all is let alone, and judged like any other trial.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core import project as projects
from tests.faults import statecheck
from tests.faults.judge import Problem, Track
from tests.faults.runner import ROOT, scratch
from tests.servers.postgres import Database, Server
from tests.servers.receiving import Receiver, receiving

__all__ = ["Soak", "flatness", "soak"]

SINCE = "WHERE changed >= to_timestamp({{last_sync_time}})"
SYNCS = {
    "people": ("identify", 'SELECT id AS "userId", edition FROM people'),
    "recent": ("identify", f'SELECT id AS "userId", edition FROM people {SINCE}'),
    "bought": ("track", f"""SELECT 'u' AS "userId", 'Bought' AS event, number FROM bought {SINCE}"""),
}
PEOPLE = 2_000
DAY = 15.0
"""Seconds in which a day of the host's clock passes: what is kept for a day or a month comes to its end."""
FLAT = 1.25
"""What is held may grow by so much from the first third to the last, and still counts as flat."""


@dataclass(slots=True)
class Soak:
    """What was seen: samples over time, and what was found."""

    rounds: int = 0
    kills: int = 0
    messages: int = 0
    repeats: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    samples: list[dict[str, float]] = field(default_factory=list)
    found: list[Problem] = field(default_factory=list)


class Field:
    """The project, the warehouse and the judges of a soak."""

    def __init__(self, folder: Path, database: Database, receiver: Receiver, seed: str) -> None:
        self.folder, self.database, self.receiver = folder, database, receiver
        self.chance = random.Random(seed)
        self.tracks = {name: Track(name) for name in SYNCS}
        self.edition = 1
        self.events = 0
        self.beginning = time.time()
        self._make()

    def _make(self) -> None:
        server = self.database.server
        projects.initialise(self.folder, "soak")
        (self.folder / "backhaul.toml").write_text('name = "soak"\n[secrets]\nfrom = "environment"\n')
        source = {"type": "postgres", "host": server.host, "port": server.port, "sslmode": "disable"}
        account = {"database": self.database.name, "user": self.database.reader}
        projects.write_file(self.folder / "sources" / "pg.toml", source | account)
        limits = {"batch_calls": 100, "attempts": 6, "backoff": 0.05, "backoff_most": 0.5, "timeout": 5.0}
        for name, (call, query) in SYNCS.items():
            url = f"{self.receiver.url}/{name}"
            projects.write_file(
                self.folder / "destinations" / f"{name}.toml", {"type": "segment", "url": url, "limits": limits}
            )
            (self.folder / "syncs" / f"{name}.sql").write_text(query)
            values = {"id": f"id-{name}", "source": "pg", "destinations": [name], "call": call}
            projects.write_file(self.folder / "syncs" / f"{name}.toml", values)
        self.database.execute(
            f"CREATE TABLE people AS SELECT n::text AS id, 1 AS edition, now() AS changed FROM generate_series(1, {PEOPLE}) p (n)",
            "CREATE INDEX ON people (id)",
            "CREATE TABLE bought (number bigint, changed timestamptz)",
        )
        for number in range(1, PEOPLE + 1):
            self._now(str(number), {"edition": 1})

    def _now(self, key: str, content: dict[str, Any]) -> None:
        for name in ("people", "recent"):
            self.tracks[name].now_is(key, content)

    def change(self) -> None:
        """Change some people and add some events. The judge knows first: the rows may be delivered the moment they are there."""
        self.edition += 1
        ids = self.chance.sample(range(1, PEOPLE + 1), self.chance.randint(1, 60))
        events = range(self.events + 1, self.events + self.chance.randint(1, 40))
        for number in ids:
            self._now(str(number), {"edition": self.edition})
        for number in events:
            self.tracks["bought"].now_is(str(number), {"number": number})
        self.events += len(events)
        listed = ", ".join(f"'{number}'" for number in ids)
        inserts = [f"INSERT INTO bought VALUES ({number}, now())" for number in events]
        self.database.execute(
            f"UPDATE people SET edition = {self.edition}, changed = now() WHERE id IN ({listed})", *inserts
        )

    def read(self) -> None:
        """Read what has arrived; the log is emptied when nobody sends."""
        for record in self.receiver.records(taken=False):
            self.tracks[record.path.split("/")[2]].take(record.calls, record.status)

    @property
    def env(self) -> dict[str, str]:
        keys = {f"BACKHAUL_DESTINATIONS_{name.upper()}_WRITE_KEY": f"key-of-{name}" for name in SYNCS}
        return os.environ | keys | {"BACKHAUL_SOURCES_PG_PASSWORD": self.database.reader_password}

    def loop(self, seconds: float, output: Path) -> subprocess.Popen[bytes]:
        times = [str(seconds), str(self.beginning), str(DAY)]
        words = [sys.executable, "-m", "tests.faults.looping", str(self.folder), *times]
        with output.open("ab") as said:
            return subprocess.Popen(words, cwd=ROOT, env=self.env, stdout=said, stderr=said)


def soak(seconds: float, seed: str, *, between_kills: float = 60.0) -> Soak:
    """Let it run; give what was seen."""
    told = Soak()
    with made(seed) as ground:
        ground.receiver.chance(seed=7, faults=0.15, lost=0.03)
        outputs = [ground.folder / "lasting.out", ground.folder / "killed.out"]
        until = time.monotonic() + seconds
        processes = [ground.loop(seconds, output) for output in outputs]
        try:
            watch(ground, told, processes, outputs, until, between_kills)
        finally:
            for process in processes:
                process.kill()
                process.wait()
        at_the_end(ground, told, outputs)
    return told


def watch(ground: Field, told: Soak, processes: list[Any], outputs: list[Path], until: float, between: float) -> None:
    """Change rows, kill, sample, until the time is over."""
    next_kill, next_sample = time.monotonic() + between, time.monotonic()
    while (now := time.monotonic()) < until:
        ground.change()
        if now >= next_kill:
            next_kill = now + between
            processes[1].kill()
            processes[1].wait()
            told.kills += 1
            processes[1] = ground.loop(until - now, outputs[1])
        if now >= next_sample:
            next_sample = now + max(1.0, between / 4)
            sample(ground, told, outputs[0])
        if processes[0].poll() is not None and time.monotonic() < until - 5:
            told.found.append(Problem("ended", f"the lasting process ended: {outputs[0].read_text()[-2000:]}"))
            return
        time.sleep(0.25)


def sample(ground: Field, told: Soak, lasting: Path) -> None:
    """Note what the lasting process holds, and what is in the state folder."""
    lines = [line for line in lasting.read_text().splitlines() if line.startswith("{")]
    if not lines:
        return
    state = ground.folder / ".backhaul"
    files = [(file.relative_to(state), size_of(file)) for file in state.rglob("*")]
    seen: dict[str, float] = {name: json.loads(lines[-1])[name] for name in ("memory", "peak", "files", "threads")}
    for kind in ("ledger", "plans", "tmp", "logs", "store.sqlite"):
        mine = [size for file, size in files if file.parts[0].startswith(kind)]
        seen[f"{kind}: files"], seen[f"{kind}: bytes"] = len(mine), sum(mine)
    seen["rounds"] = len(lines)
    told.samples.append(seen)


def size_of(file: Path) -> int:
    try:
        return file.stat().st_size if file.is_file() else 0
    except FileNotFoundError:  # it is used while it is measured
        return 0


def at_the_end(ground: Field, told: Soak, outputs: list[Path]) -> None:
    """Let everything finish, and judge."""
    ground.receiver.chance()
    for output in outputs:
        for line in output.read_text().splitlines():
            if line.startswith("{"):
                told.rounds += 1
                told.ended.update(state.split(":")[0] for state in json.loads(line)["ended"].values())
            elif "Traceback" in line:
                told.found.append(Problem("traceback", output.read_text()[-3000:]))
    words = [sys.executable, "-m", "tui.main", "run", "--yes", "--json", "--project", str(ground.folder)]
    for _ in range(4):
        done = subprocess.run(words, cwd=ROOT, env=ground.env, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        told.found.append(Problem("stuck", done.stdout[-2000:] + done.stderr[-2000:]))
    ground.receiver.settle()
    ground.read()
    for name, track in ground.tracks.items():
        track.at_rest()
        told.messages += len(track.acknowledged)
        told.repeats += track.repeats
        told.found += track.problems
        told.found += statecheck.at_rest(ground.folder / ".backhaul", {name: track}, sync=f"id-{name}")


def flatness(samples: list[dict[str, float]]) -> dict[str, tuple[float, float, float]]:
    """Give, for each thing that was sampled, its median in the first third, in the last, and their ratio."""
    third = max(1, len(samples) // 3)
    found = {}
    for name in samples[0] if samples else ():
        first, last = (statistics.median(each[name] for each in part) for part in (samples[:third], samples[-third:]))
        found[name] = (first, last, last / first if first else 1.0)
    return found


@contextmanager
def made(seed: str) -> Iterator[Field]:
    """Start the servers, and make the project."""
    folder = Path(tempfile.mkdtemp(prefix="backhaul-soak-", dir=scratch()))
    server = Server.start()
    try:
        with receiving(folder / "receiver") as receiver:
            yield Field(folder / "project", server.create_database(), receiver, seed)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
