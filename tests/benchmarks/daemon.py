"""A thousand syncs on a one-minute schedule, run by a real daemon for ten real minutes; then the same daemon with nothing due.

    python -m tests.benchmarks.daemon [--syncs 1000] [--minutes 10] [--idle 60] [--workers 4]

Printed: how late runs began (`started` less `due` of each run, in milliseconds) after the first round, in which all are due at once; runs
a second; what became of every due moment; the processor time of daemon and workers as a share of one core; memory at the beginning and the end.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from core.store import Store
from tests.projects import ProjectFolder

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def family(process: int) -> list[int]:
    """Return a process and those that it began."""
    found = [process]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == process:
                found.append(int(entry.name))
    return found


def used(process: int) -> tuple[float, float]:
    """Return the seconds of processor time that a process and its children have used, and the megabytes that they hold."""
    seconds = memory = 0.0
    for each in family(process):
        try:
            words = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            memory += int(Path(f"/proc/{each}/statm").read_text().split()[1]) * _PAGE / 1e6
        except OSError:
            continue
        seconds += (int(words[11]) + int(words[12])) / _TICKS
    return seconds, memory


def make(folder: Path, syncs: int, schedule: str, workers: int) -> ProjectFolder:
    """Make a project of many syncs of a hundred rows each, into a local file."""
    project = ProjectFolder.make(folder)
    project.write("backhaul.toml", {"name": "many", "secrets": {"from": "environment"}, "daemon": {"workers": workers}})
    project.duckdb("CREATE TABLE people AS SELECT i::VARCHAR AS id, 'n' || i AS name FROM range(100) t(i)")
    project.write("sources/warehouse.toml", {"type": "duckdb", "path": "warehouse.duckdb", "at_once": workers})
    project.write("destinations/files.toml", {"type": "file", "at_once": workers})
    for number in range(syncs):
        project.sync(f"s{number}", 'SELECT id AS "userId", name FROM people', to=("files",), schedule=schedule)
    return project


def daemon(project: ProjectFolder) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "core.cli", "daemon", "--project", str(project.folder)]
    with (project.folder.parent / "said").open("wb") as said:
        return subprocess.Popen(words, stdout=said, stderr=said)


def rows(project: ProjectFolder, query: str) -> list[tuple[float, ...]]:
    with Store(project.folder / ".backhaul") as store:
        return [tuple(row) for row in store._connection.execute(query).fetchall()]


def busy(folder: Path, syncs: int, minutes: float, workers: int) -> None:
    project = make(folder / "busy", syncs, "every 1 minute", workers)
    process = daemon(project)
    try:
        time.sleep(120)  # the first round, in which all are due at once, and what it left behind
        begun, (spent, memory) = time.time(), used(process.pid)
        time.sleep(60)
        share = (used(process.pid)[0] - spent) / 60  # later workers are replaced, and their time goes with them
        time.sleep(max(minutes - 1, 0) * 60)
        ended, (_, memory_later) = time.time(), used(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    passed = ended - begun
    late = sorted(
        started - due
        for started, due, _seconds in rows(
            project, "SELECT started, due, ended - started FROM runs WHERE due IS NOT NULL AND state <> 'skipped'"
        )
        if begun <= due < ended
    )
    states = rows(project, "SELECT state, count(*), sum(skipped) FROM runs GROUP BY state")
    print(
        f"{syncs} syncs every minute, {workers} workers, {passed:.0f} s: {len(late):,} runs began, {len(late) / passed:.1f} a second"
    )
    print(f"  due moments in that time: {round(syncs * passed / 60):,}; states of all runs: {states}")
    print(
        f"  late by (ms): median {1000 * statistics.median(late):.0f}, 99th percentile {1000 * late[int(len(late) * 0.99)]:.0f}, "
        f"most {1000 * late[-1]:.0f}"
    )
    print(f"  {share:.2f} of a core; memory {memory:.0f} MB, {memory_later:.0f} MB at the end")


def idle(folder: Path, syncs: int, seconds: float, workers: int) -> None:
    project = make(folder / "idle", syncs, "daily at 00:00", workers)
    process = daemon(project)
    try:
        time.sleep(10)
        spent, memory = used(process.pid)
        time.sleep(seconds)
        spent_later, _ = used(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    print(f"idle with {syncs} syncs: {100 * (spent_later - spent) / seconds:.2f} % of a core, {memory:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--syncs", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--idle", type=float, default=60)
    parser.add_argument("--workers", type=int, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.idle:
            idle(Path(folder), given.syncs, given.idle, given.workers)
        if given.minutes:
            busy(Path(folder), given.syncs, given.minutes, given.workers)


if __name__ == "__main__":
    main()
