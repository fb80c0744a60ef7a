"""The soak: an hour of three syncs whose rows change all the time, with faults on and a kill a minute.

    python -m tests.faults soak --minutes 60

One process lives for the whole time and runs the syncs in turn, as a daemon would; its memory and its open files are
sampled every ten seconds, as is what the state takes on disk. Once a minute a run of the command is started beside it and
killed at a random moment; the long-lived process finds what that run left, and finishes it. The receiver refuses, breaks and
loses replies by chance. A day of the state's keeping times lasts five minutes here, so that what goes after a day or after
the retention goes within the soak, and what is flat can be seen to be.

At the end the receiver has recovered, each sync runs once more, and every row is looked up in the receiver's log.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.servers.postgres import Database, Server
from tests.servers.receiving import Receiver, receiving

__all__ = ["soak"]

SYNCS = ("people", "accounts", "visits")
ROWS = 2_000
DAY = 300
"""Seconds that a day of keeping times lasts here."""
SAMPLE = 10.0
GROWTH = 1.15
"""What the last third of the soak may be above the middle one, as a ratio."""


@dataclass(slots=True)
class Samples:
    """What was measured, a sample every ten seconds: memory in MB, open files, files and kB of the state."""

    memory: list[float] = field(default_factory=list)
    handles: list[float] = field(default_factory=list)
    files: list[float] = field(default_factory=list)
    disk: list[float] = field(default_factory=list)


def soak(options: argparse.Namespace) -> int:
    """Soak for so many minutes; return how much was found."""
    chance = random.Random(options.seed)
    samples, kills = Samples(), 0
    server = Server.start()
    try:
        with tempfile.TemporaryDirectory(prefix="backhaul-soak-") as name:
            folder = Path(name)
            database = server.create_database()
            with receiving(folder / "receiver") as receiver:
                make(folder / "project", database, receiver)
                tables(database)
                receiver.chance(seed=1, faults=0.10, lost=0.03)
                with living(folder / "project", database) as worker:
                    kills = pass_time(options.minutes, worker, folder / "project", database, samples, chance)
                    ended = worker.poll()
                receiver.chance()
                found = [f"the long-lived process ended with {ended}"] if ended is not None else []
                found += finish(folder / "project", database) or list(judged(database, receiver))
    finally:
        server.stop()
    found += list(told(samples, kills, options.minutes))
    for each in found:
        print(f"FOUND {each}", flush=True)
    return len(found)


def make(folder: Path, database: Database, receiver: Receiver) -> None:
    """Write the project: a full query, an incremental one, and events."""
    for part in ("sources", "destinations", "syncs"):
        (folder / part).mkdir(parents=True)
    (folder / "backhaul.toml").write_text('name = "soak"\nretention = 1\n[secrets]\nfrom = "environment"\n')
    (folder / "sources" / "db.toml").write_text(
        f'type = "postgres"\nhost = "127.0.0.1"\nport = {database.server.port}\ndatabase = "{database.name}"\n'
        f'user = "{database.reader}"\nsslmode = "disable"\n'
    )
    (folder / "destinations" / "seg.toml").write_text(
        f'type = "segment"\nurl = "{receiver.url}"\n[limits]\nbatch_calls = 40\nattempts = 4\nbackoff = 0.05\ntimeout = 2\n'
    )
    since = "WHERE at >= to_timestamp({{last_sync_time}})"
    queries = {
        "people": 'SELECT id AS "userId", version AS edition FROM people',
        "accounts": f'SELECT id AS "userId", version AS edition FROM accounts {since}',
        "visits": f"SELECT person AS \"userId\", 'Visited' AS event, number FROM visits {since}",
    }
    for name, query in queries.items():
        call = "track" if name == "visits" else "identify"
        (folder / "syncs" / f"{name}.sql").write_text(query)
        (folder / "syncs" / f"{name}.toml").write_text(
            f'id = "{name}"\nsource = "db"\ndestinations = ["seg"]\ncall = "{call}"\nlookback = "1 minute"\n'
        )


def tables(database: Database) -> None:
    database.execute(
        f"CREATE TABLE people AS SELECT 'p' || n AS id, 0 AS version FROM generate_series(1, {ROWS}) n (n)",
        f"CREATE TABLE accounts AS SELECT 'a' || n AS id, 0 AS version, now() AS at FROM generate_series(1, {ROWS}) n (n)",
        "CREATE TABLE visits (person text, number bigserial, at timestamptz DEFAULT now())",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {database.reader}",
    )


def environment(database: Database) -> dict[str, str]:
    return {
        **os.environ,
        "BACKHAUL_SOURCES_DB_PASSWORD": database.reader_password,
        "BACKHAUL_DESTINATIONS_SEG_WRITE_KEY": "soak-key-1",
    }


@contextlib.contextmanager
def living(project: Path, database: Database) -> Iterator[subprocess.Popen[bytes]]:
    """Start the long-lived process, and end it afterwards."""
    words = [sys.executable, "-m", "tests.faults.soak", str(project)]
    process = subprocess.Popen(words, env=environment(database), stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def pass_time(
    minutes: float,
    worker: subprocess.Popen[bytes],
    project: Path,
    database: Database,
    samples: Samples,
    chance: random.Random,
) -> int:
    """Change rows, measure and kill until the time is over; return how many runs were killed while they held their lock."""
    began = time.monotonic()
    sampled = killed_at = began
    kills = 0
    with database.connect() as connection:
        while time.monotonic() - began < minutes * 60 and worker.poll() is None:
            change(connection, chance)
            now = time.monotonic()
            if now - sampled >= SAMPLE:
                sampled = now
                measure(worker.pid, project, samples)
            if now - killed_at >= 60:
                if kill_one(project, database, chance):
                    kills += 1
                    killed_at = now
            else:
                time.sleep(1.0)
    return kills


def change(connection: Any, chance: random.Random) -> None:
    """Change some rows, as an application does."""
    for table, letter in (("people", "p"), ("accounts", "a")):
        ids = [f"{letter}{chance.randint(1, ROWS)}" for _ in range(20)]
        at = ", at = clock_timestamp()" if table == "accounts" else ""
        connection.execute(f"UPDATE {table} SET version = version + 1{at} WHERE id = ANY(%s)", [ids])
    connection.execute(
        "INSERT INTO visits (person, at) SELECT 'p' || n, clock_timestamp() FROM generate_series(1, 3) n (n)"
    )


def kill_one(project: Path, database: Database, chance: random.Random) -> bool:
    """Start a run and kill it at a random moment; return whether it was at work then, and not waiting for another one's lock."""
    words = [sys.executable, "-m", "tui.main", "run", chance.choice(SYNCS), "--yes", "--project", str(project)]
    process = subprocess.Popen(words, env=environment(database), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(chance.uniform(0.5, 2.5))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True
    return False


def measure(process: int, project: Path, samples: Samples) -> None:
    """Take one sample."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    samples.memory.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
    samples.handles.append(sum(1 for _ in Path(f"/proc/{process}/fd").iterdir()))
    sizes = []
    for file in (project / ".backhaul").rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            if file.is_file():
                sizes.append(file.stat().st_size)
    samples.files.append(len(sizes))
    samples.disk.append(sum(sizes) / 1e3)


def finish(project: Path, database: Database) -> list[str]:
    """Run each sync to its end, twice; the second run has nothing to send."""
    found = []
    for name in SYNCS:
        for last in (False, True):
            words = [sys.executable, "-m", "tui.main", "run", name, "--yes", "--json", "--project", str(project)]
            done = subprocess.run(words, env=environment(database), capture_output=True, timeout=300, check=False)
            events = [json.loads(line) for line in done.stdout.splitlines()]
            if done.returncode:
                found.append(f"{name} ended with {done.returncode}: {done.stdout.decode()[-600:]}")
            elif last and events[-1]["counts"]["calls"]:
                found.append(f"{name} had something to send when nothing had changed")
    return found


def judged(database: Database, receiver: Receiver) -> Iterator[str]:
    """Look every row up in the receiver's log: its last content arrived, nothing older after it, one call an id."""
    calls: dict[str, str] = {}
    versions: dict[str, int] = {}
    visits: dict[int, str] = {}
    for record in receiver.records():
        for call in record.calls:
            content = json.dumps(call, sort_keys=True)
            if calls.setdefault(call["messageId"], content) != content:
                yield f"{call['messageId']} was two calls"
            if call["type"] == "track":
                number = call["properties"]["number"]
                if visits.setdefault(number, call["messageId"]) != call["messageId"]:
                    yield f"visit {number} was sent under two ids"
            else:
                if versions.get(call["userId"], 0) > call["traits"]["edition"]:
                    yield f"{call['userId']} had an older version after a newer one"
                versions[call["userId"]] = call["traits"]["edition"]
    with database.connect() as connection:
        expected = dict(
            connection.execute("SELECT id, version FROM people UNION ALL SELECT id, version FROM accounts").fetchall()
        )
        numbers = {number for (number,) in connection.execute("SELECT number FROM visits").fetchall()}
    wrong = [key for key, version in expected.items() if versions.get(key) != version]
    if wrong:
        yield f"{len(wrong)} rows did not arrive as they are, {wrong[0]} for one"
    if visits.keys() != numbers:
        yield f"{len(numbers - visits.keys())} visits never arrived"
    print(
        f"calls taken {sum(1 for record in receiver.records() for _ in record.calls):,}, of them different {len(calls):,}"
    )


def told(samples: Samples, kills: int, minutes: float) -> Iterator[str]:
    """Print what was measured by thirds, and yield what is not flat. The visits' ledger has 40 bytes a visit, for ever."""
    print(f"== soak: {minutes:g} minutes, {kills} kills, {len(samples.memory)} samples; of each third the median,")
    print("of open files the most (between two runs there are few)")
    print(f"{'':<24}{'first':>12}{'middle':>12}{'last':>12}{'last/before':>14}")
    for name, values in (
        ("memory in MB", samples.memory),
        ("open files", samples.handles),
        ("files of the state", samples.files),
        ("kB of the state", samples.disk),
    ):
        third = max(1, len(values) // 3)
        of_third = max if name == "open files" else statistics.median
        medians = [of_third(values[at : at + third] or [0]) for at in (0, third, 2 * third)]
        before = max(medians[:2])  # what leaks is above both; a sample that missed a busy moment is below one
        ratio = medians[2] / before if before else 0.0
        print(f"{name:<24}" + "".join(f"{median:>12,.1f}" for median in medians) + f"{ratio:>14.2f}")
        if ratio > GROWTH:
            yield f"{name} grew: {medians}"
    if kills < minutes * 0.8:
        yield f"only {kills} kills"


def live(project: Path) -> None:
    """Run the syncs in turn, for ever: the long-lived process."""
    from core import project as projects
    from core import secrets
    from core.errors import LockedError
    from core.state import folder
    from core.sync.planning.ledger_match import RunOptions
    from core.sync.run import run_sync

    folder._DAY = DAY

    async def run(name: str) -> None:
        found = projects.load(project)
        events = run_sync(found, found.syncs[name], secrets.reader(found), cause="soak", accepted=RunOptions(yes=True))
        with contextlib.suppress(LockedError):
            async for _ in events:
                pass

    while True:
        for name in SYNCS:
            asyncio.run(run(name))
        time.sleep(1.0)


if __name__ == "__main__":
    live(Path(sys.argv[1]))
