"""A project under test: its files, its receiver, the truth about its rows, and a judge for each destination.

The warehouse's clock is a counter (`clock`), so that "changed since" is exact. A run is the command itself, in a child of the
runner. After each run what arrived is read from the receiver's log, and the log is emptied.
"""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core import project as projects
from tests.faults import statecheck
from tests.faults.judge import Problem, Track
from tests.faults.runner import Ended, Runner
from tests.faults.shim import Fault
from tests.servers.receiving import Receiver

__all__ = ["Bench", "Lab"]

BEGINNING = 1_000_000_000
QUICK = {"batch_calls": 8, "connections": 2, "attempts": 3, "backoff": 0.001, "backoff_most": 0.01, "timeout": 5.0}
ENOUGH = 8
"""So many runs that nobody harms must finish whatever was left."""


@dataclass(slots=True)
class Bench:
    """What a worker has for all its trials: a runner, a receiver, a folder."""

    runner: Runner
    receiver: Receiver
    folder: Path
    projects: int = 0

    def new_folder(self) -> Path:
        self.projects += 1
        return self.folder / f"project-{self.projects}"


@dataclass(slots=True)
class Lab:
    """One project. `sync` is the name of its sync, its id is `id-<name>`. `counts_2xx` says that the receiver takes what it answers
    with any 2xx but a 207.
    """

    bench: Bench
    chance: random.Random
    broken: str | None = None
    sync: str = "people"
    most_deltas: int | None = None
    clock_jumps: int = 0
    counts_2xx: bool = False
    folder: Path = field(init=False)
    clock: int = BEGINNING
    tracks: dict[str, Track] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    excused: set[str] = field(default_factory=set)
    stamps: dict[str, int] = field(default_factory=dict)
    read_lines: int = 0
    problems: list[Problem] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    runs: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.folder = self.bench.new_folder()
        self.bench.receiver.clear()
        self.calm()
        self.bench.receiver.refuse()
        projects.initialise(self.folder, "faults")
        (self.folder / "backhaul.toml").write_text('name = "faults"\n[secrets]\nfrom = "environment"\n')
        projects.write_file(self.folder / "sources" / "db.toml", {"type": "duckdb", "path": "warehouse.duckdb"})

    @property
    def state(self) -> Path:
        return self.folder / ".backhaul"

    @property
    def delivered(self) -> Path:
        return self.folder / "delivered" / f"{self.sync}.jsonl"

    def destination(self, name: str, kind: str, *, path: str = "", **limits: Any) -> Track:
        """Write a destination's file, and watch it. `path` tells the receiver's places apart."""
        settings: dict[str, Any] = {"type": kind, "limits": QUICK | limits}
        if kind == "file":
            settings["limits"] = {"batch_calls": QUICK["batch_calls"]}
        else:
            settings["url"] = f"{self.bench.receiver.url}{path}"
            self.paths[f"/v1{path}/batch"] = name
        projects.write_file(self.folder / "destinations" / f"{name}.toml", settings)
        self.tracks[name] = Track(name, once=kind == "file")
        return self.tracks[name]

    def write_sync(self, query: str, **settings: Any) -> None:
        values = {
            "id": f"id-{self.sync}",
            "source": "db",
            "destinations": list(self.tracks),
            "call": "identify",
            **settings,
        }
        (self.folder / "syncs" / f"{self.sync}.sql").write_text(query)
        projects.write_file(self.folder / "syncs" / f"{self.sync}.toml", values)

    def now_is(self, key: str, content: Any) -> None:
        """Say what a key's row is from now on."""
        self.stamps[key] = self.clock
        for track in self.tracks.values():
            track.now_is(key, content)

    def is_gone(self, key: str) -> None:
        for track in self.tracks.values():
            track.is_gone(key)

    def run(self, *extra: str, fault: Fault | None = None, command: str = "run", **asked: Any) -> Ended:
        """Run the sync, after the warehouse was changed by what waits in `statements`; read what arrived."""
        statements, self.statements = self.statements, []
        words = [command, self.sync, "--json", "--project", str(self.folder), *extra]
        ended = self.bench.runner.run(
            [*words, "--yes"] if command == "run" else words,
            fault=fault,
            folders=(f"{self.state}/", f"{self.folder / 'delivered'}/"),
            warehouse=str(self.folder / "warehouse.duckdb"),
            statements=statements,
            clock=self.clock,
            broken=self.broken,
            most_deltas=self.most_deltas,
            is_large=self.runs % 2 == 1,  # both roads through the sieve, in turn
            clock_jumps=self.clock_jumps,
            **asked,
        )
        self.runs += 1
        self.seconds += ended.seconds
        if ended.killed:
            self.bench.receiver.settle()
        self.collect()
        self._check_words(ended)
        return ended

    def _check_words(self, ended: Ended) -> None:
        for rival in ended.rivals:
            self._check_words(rival)
        if ended.killed:
            return
        if ended.code is None:
            self.found("hung", ended.output[-1500:])
        elif "Traceback" in ended.output or ended.code not in (0, 1):
            self.found("traceback", f"exit code {ended.code}: {ended.output[-3000:]}")
        elif ended.code == 1 and not any(word in ended.output for word in ('"error"', '"state": "partial"', "✗")):
            self.found("no words", f"exit code 1 and nothing said: {ended.output[-1500:]}")

    def collect(self) -> int:
        """Read what arrived since the last look into the tracks; return how many requests that were."""
        records = self.bench.receiver.records(taken=False)
        for record in records:
            name = self.paths.get(record.path)
            if name is None:
                self.found("strange", f"a request to {record.path}")
                continue
            took = self.counts_2xx and 200 <= record.status < 300 and record.status != 207
            self.tracks[name].take(record.calls, 200 if took else record.status)
        if records:
            self.bench.receiver.clear()
        return len(records)

    def collect_file(self) -> None:
        """Read what is new in the delivered file; only at rest, for what was not answered is cut off again."""
        track = next((track for track in self.tracks.values() if track.once), None)
        if track is None:
            return
        data = self.delivered.read_bytes() if self.delivered.exists() else b""
        if data and not data.endswith(b"\n"):
            self.found("file", "the delivered file ends in the middle of a line")
        lines = data.split(b"\n")[:-1]
        for line in lines[self.read_lines :]:
            try:
                track.take([json.loads(line)], 200)
            except ValueError:
                self.found("file", f"the delivered file has a broken line: {line[:200]!r}")
        if len(lines) < self.read_lines:
            self.found("file", f"the delivered file has lost lines: {len(lines)} of {self.read_lines}")
        self.read_lines = len(lines)

    def calm(self) -> None:
        """Let the receiver behave."""
        self.bench.receiver.behave()
        self.bench.receiver.chance()

    def after_a_kill(self) -> None:
        """Check what must hold at any moment."""
        over_http = {name: track for name, track in self.tracks.items() if not track.once}
        self.problems += statecheck.after_a_kill(self.state, over_http)
        if self.bench.runner.counts_the_clock:
            self.problems += statecheck.watermarks(self.state, over_http, self.stamps)
        self._gather()

    def finish(self, *extra: str, watched: bool = False) -> Ended:
        """Run, unharmed, until all is done; then check what must hold at rest. `watched` counts calls on our files only."""
        self.calm()
        nothing = Fault(call="write", number=0, watched=watched)
        for _ in range(ENOUGH):
            ended = self.run(*extra, fault=nothing)
            if ended.code is None or state_of(ended.output) in ("succeeded", "partial"):
                break
        else:
            self.found("stuck", f"not done after {ENOUGH} unharmed runs: {ended.output[-2000:]}")
        self.collect_file()
        for track in self.tracks.values():
            track.at_rest(excused=self.excused)
        self._check_rejected()
        self._check_watermarks()
        self._gather()
        return ended

    def idle(self) -> None:
        """Run once more: nothing may be sent, and no file may be left over."""
        lines = self.delivered.stat().st_size if self.delivered.exists() else 0
        before = {name: set(track.messages) for name, track in self.tracks.items()}
        ended = self.run()
        new = {name: set(track.messages) - before[name] for name, track in self.tracks.items()}
        if any(new.values()) and not self.excused:
            self.found("sends again", f"a run in which nothing changed sent {sum(map(len, new.values()))} calls")
        if self.delivered.exists() and self.delivered.stat().st_size != lines:
            self.found("sends again", "a run in which nothing changed wrote to the delivered file")
        if state_of(ended.output) not in ("succeeded", "partial"):
            self.found("stuck", f"an unharmed run ended as {ended.output[-2000:]}")
        self.problems += statecheck.at_rest(self.state, self.tracks, sync=f"id-{self.sync}")
        self._gather()

    def _check_rejected(self) -> None:
        """What the receiver refuses is listed, and nothing else."""
        for name, track in self.tracks.items():
            # of a row that is gone since, what was refused stays listed
            listed = {
                statecheck.key_of_rejected(row) for row in statecheck.open_rejected(self.state, name)
            } - track.gone
            expected = self.excused if not track.once else set()
            if listed != expected:
                self.found("rejected", f"{name} lists {sorted(listed)}, refused are {sorted(expected)}")

    def _check_watermarks(self) -> None:
        if not self.bench.runner.counts_the_clock:
            return
        with statecheck.reading(self.state) as store:
            if store is None:
                return
            for row in store.execute("SELECT * FROM ledgers WHERE retired IS NULL"):
                if row["last_sync_time"] != self.clock:
                    text = f"{row['destination']}: {row['last_sync_time']}, the query ran at {self.clock}"
                    self.found("watermark", text)

    def _gather(self) -> None:
        for track in self.tracks.values():
            self.problems += track.problems
            track.problems.clear()

    def found(self, check: str, text: str) -> None:
        self.problems.append(Problem(check, text))

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def state_of(output: str) -> str:
    """Return the state that a run's last event told."""
    for line in reversed(output.splitlines()):
        if line.startswith('{"event": "ended"'):
            return str(json.loads(line)["state"])
    return ""
