"""A month of operation in a few minutes: the real daemon, real runs, a real receiver, a clock that jumps from one event to the next.

    python -m tests.core.daemon.month [--days 30] [--folder DIR]

Six syncs on schedules of all kinds; rows change every hour. Into that fall, on known days, failures of every kind (`TROUBLES`). The
last two days are calm. Printed at the end: what happened to each sync on each day (its worst state), how its due moments are accounted for,
its runs by state, and what arrived beside what the tables hold.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import heapq
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from core import project as projects
from core import schedule, secrets
from core.daemon.client import ask
from core.daemon.jobs import Job, Outcome
from core.daemon.loop import Daemon
from core.daemon.worker import build_run_options
from core.errors import LockedError
from core.reports import history
from core.store import Store
from core.sync.progress import events
from core.sync.run import Run
from tests.projects import SECRETS, ProjectFolder
from tests.servers.receiving import Receiver, receiving

START = datetime(2026, 10, 5, 0, 0, tzinfo=UTC).timestamp()
"""A Monday; clocks in Berlin go back on the 25th, in New York on 1 November."""

HOUR, DAY = 3_600.0, 86_400.0
PEOPLE = 400

SYNCS: dict[str, dict[str, Any]] = {
    "users": {"schedule": "every 1 hour"},
    "leads": {"schedule": "every 6 hours", "query": "leads"},
    "orders": {"schedule": "every 2 hours", "call": "track", "query": "orders"},
    "nightly": {"schedule": "daily at 02:30", "timezone": "Europe/Berlin"},
    "weekdays": {"schedule": "cron 0 6 * * 1-5", "timezone": "America/New_York"},
    "by_hand": {"schedule": "manual"},
}

QUERIES = {
    "users": 'SELECT id AS "userId", plan, seen FROM users',
    "leads": 'SELECT id AS "userId", plan FROM users WHERE updated_at >= to_timestamp({{last_sync_time}})',
    "orders": 'SELECT id AS "messageId", person AS "userId", \'Order\' AS event, total FROM orders',
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """From an hour of the month to another one: what is wrong then, and how it comes and goes."""

    begins: float
    ends: float
    what: str
    begin: Callable[[Month], None]
    end: Callable[[Month], None]


@dataclass
class Month:
    """The world: its clock, its project, its warehouse, the receiver, the daemon and the jobs that it does."""

    folder: Path
    receiver: Receiver
    days: int
    now: float = START
    project: ProjectFolder = field(init=False)
    daemon: Daemon = field(init=False)
    said: Counter[str] = field(default_factory=Counter)
    ran_for: Counter[str] = field(default_factory=Counter)
    events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _ends: list[tuple[float, int, Job, Outcome]] = field(default_factory=list)
    _number: int = 0
    _seed: int = 0

    def __post_init__(self) -> None:
        self.project = ProjectFolder.make(self.folder)
        self.project.duckdb(
            f"CREATE TABLE users AS SELECT 'u' || i AS id, 'free' AS plan, 0 AS seen, now() AS updated_at FROM range({PEOPLE}) t(i)",
            "CREATE TABLE orders AS SELECT 'o' || i AS id, 'u' || i AS person, i AS total FROM range(50) t(i)",
        )
        self.project.segment(self.receiver.url, attempts=2, backoff=0.001, timeout=2.0)
        self.project.customerio(self.receiver.url.replace("/v1", "/cio"), attempts=2, backoff=0.001, timeout=2.0)
        for name, given in SYNCS.items():
            values = dict(given)
            query = QUERIES[values.pop("query", "users")]
            to = ("seg", "cio") if name == "users" else ("seg",)
            self.project.sync(name, query, to=to, **values)
        for hour in range(1, self.days * 24 - 24):
            self.at(hour * HOUR, lambda hour=hour: self.change_rows(hour))
        for trouble in TROUBLES:
            if trouble.ends < (self.days - 2) * 24:
                self.at(trouble.begins * HOUR, lambda trouble=trouble: trouble.begin(self))
                self.at(trouble.ends * HOUR, lambda trouble=trouble: trouble.end(self))
        self.make_daemon()

    def make_daemon(self) -> None:
        self.daemon = Daemon(folder=self.folder, log=self.log, make_runner=lambda _daemon: self, clock=lambda: self.now)

    def log(self, level: str, what: str, **_values: Any) -> None:
        if level != "info":
            self.said[f"{level}: {what[:100]}"] += 1

    def at(self, seconds: float, what: Callable[[], None]) -> None:
        """Have something happen so many seconds after the beginning."""
        self._number += 1
        heapq.heappush(self.events, (START + seconds, self._number, what))

    def chance(self) -> float:
        """Return a number between 0 and 1, the same ones in every month."""
        self._seed = (self._seed * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        return (self._seed >> 33) / 2**31

    def change_rows(self, hour: int) -> None:
        """Change a few people, and take some orders."""
        if not self.warehouse.exists():
            return
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute(
                f"UPDATE users SET plan = 'plan-{hour}', updated_at = now() WHERE hash(id, {hour}) % 400 = 0"
            )
            connection.execute(f"INSERT INTO orders SELECT 'o{hour}-' || i, 'u' || i, i FROM range({hour % 5}) t(i)")

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    # the daemon's runner

    async def start(self, job: Job, files: int) -> None:
        """Do a run now, in this process, and tell its end after the time that it is said to take."""
        del files
        takes = 20 + self.chance() * 200
        if self.chance() < 0.01:
            takes += 2 * HOUR  # the warehouse is busy
        outcome = await self._do(job, takes)
        self._number += 1
        heapq.heappush(self._ends, (self.now + takes, self._number, job, outcome))

    async def _do(self, job: Job, takes: float) -> Outcome:
        loaded = projects.load(self.folder)
        sync = next((each for each in loaded.syncs.values() if each.id == job.sync), None)
        if sync is None:
            return Outcome(state="failed", error="its file is broken", exit_code=2)
        told = [0]

        def clock() -> float:
            told[0] += 1
            return self.now + takes * (1 - 1 / told[0])

        run = Run(
            loaded,
            sync,
            secrets.reader(loaded),
            cause=job.cause,
            replay=job.kind == "replay",
            accepted=build_run_options(list(job.words)),
            due=job.due,
            clock=clock,
        )
        outcome = Outcome(state="failed")
        try:
            async for event in run.events():
                if isinstance(event, events.Started):
                    self.daemon.begun(job, run.id)
                    self.ran_for[job.name] += job.due is not None
                elif isinstance(event, events.Ended):
                    outcome = Outcome(
                        state=event.state,
                        run=run.id,
                        exit_code=event.exit_code,
                        error=event.error,
                        may_pass=run.may_pass,
                    )
        except LockedError as error:
            return Outcome(state="failed", error=error.message, held=True)
        return outcome

    def stop(self, sync: str) -> bool:
        del sync
        return False

    def rest(self) -> None:
        """Keep everything: there is nothing to give back."""

    async def close(self) -> None:
        """End what runs: it was all done when it began."""
        while self._ends:
            _, _, job, outcome = heapq.heappop(self._ends)
            self.daemon.ended(job, outcome)

    # the passing of time

    async def pass_by(self) -> None:
        """Live through the month."""
        end = START + self.days * DAY
        self._begin()
        while self.now < end:
            await self.daemon.turn()
            coming = [self.daemon.agenda.next_moment(), self.events[0][0] if self.events else None]
            coming += [self._ends[0][0] if self._ends else None, end]
            self.now = max(self.now, min(moment for moment in coming if moment is not None))
            while self._ends and self._ends[0][0] <= self.now:
                _, _, job, outcome = heapq.heappop(self._ends)
                self.daemon.ended(job, outcome)
            while self.events and self.events[0][0] <= self.now:
                heapq.heappop(self.events)[2]()
            self.daemon._files._looked = 0.0
        await self._finish()

    def _begin(self) -> None:
        self.daemon.project = projects.load(self.folder)
        from core.state.folder import StateFolder

        self.daemon._state = StateFolder(self.daemon.project)
        self.daemon._open()
        self.daemon._begin()

    async def _finish(self) -> None:
        await self.daemon._end()
        self.daemon.store.close()

    def restart(self) -> None:
        """The daemon is killed; another one begins: what was in memory only is gone."""
        lost = [job for _, _, job, _outcome in self._ends]
        self._ends.clear()
        self.said["killed in the middle"] += len(lost)
        self.daemon.store.close()
        self.make_daemon()
        self._begin()

    def requested(self, sync: str, *words: str, kind: str = "run") -> None:
        """Ask the daemon for a run, as a person does."""
        with Store(self.folder / ".backhaul") as store:
            ask(store, kind, sync=f"id{sync}", words=words)
            store._connection.execute("UPDATE requests SET created = ? WHERE answer IS NULL", [self.now])

    def edit(self, name: str, old: str, new: str) -> None:
        file = self.folder / name
        file.write_text(file.read_text().replace(old, new))

    def move_clock(self, seconds: float) -> None:
        self.now += seconds


def nothing(_month: Month) -> None:
    """Nothing is to be done."""


def destination_down(month: Month) -> None:
    month.receiver.chance(faults=1.0, kinds=["503"])


def destination_well(month: Month) -> None:
    month.receiver.chance(lost=0.03, faults=0.05, seed=5)


def mass_change(month: Month) -> None:
    month.project.duckdb("UPDATE users SET seen = seen + 1, updated_at = now()")


def accepted(month: Month) -> None:
    for name in ("users", "nightly", "weekdays"):
        month.requested(name, "--yes")


def clock_corrected(month: Month) -> None:
    month.receiver.refuse()
    for name in ("users", "leads", "nightly", "weekdays"):
        month.requested(name, kind="replay")


TROUBLES = (
    Trouble(0.5, 0.6, "answers are lost now and then, from now on", destination_well, nothing),
    Trouble(30, 54, "the destination is down for a day", destination_down, destination_well),
    Trouble(
        75,
        81,
        "the warehouse is gone",
        lambda month: month.warehouse.rename(month.folder / "gone") and None,
        lambda month: (month.folder / "gone").rename(month.warehouse) and None,
    ),
    Trouble(
        100,
        148,
        "rows of one kind are refused, until that is fixed and they are replayed",
        lambda month: month.receiver.refuse('"plan-10'),
        clock_corrected,
    ),
    Trouble(170, 171, "the daemon is killed", lambda month: month.restart(), nothing),
    Trouble(200, 208, "everything changes at once: guards ask, a person says yes", mass_change, accepted),
    Trouble(
        230,
        236,
        "a file of the project is broken",
        lambda month: month.edit("syncs/users.toml", "schedule = ", "schedule = = "),
        lambda month: month.edit("syncs/users.toml", "schedule = = ", "schedule = "),
    ),
    Trouble(260, 261, "this machine sleeps for nine hours", lambda month: month.move_clock(9 * HOUR), nothing),
    Trouble(
        290,
        300,
        "the key is revoked",
        lambda month: month.receiver.chance(faults=1.0, kinds=["401"]),
        destination_well,
    ),
    Trouble(
        320,
        330,
        "a query is wrong",
        lambda month: month.edit("syncs/leads.sql", "FROM users", "FROM nowhere"),
        lambda month: month.edit("syncs/leads.sql", "FROM nowhere", "FROM users"),
    ),
    Trouble(
        350,
        360,
        "a sync is paused",
        lambda month: month.edit("syncs/orders.toml", 'call = "track"', 'call = "track"\nenabled = false'),
        lambda month: month.edit("syncs/orders.toml", "\nenabled = false", ""),
    ),
    Trouble(400, 401, "a person runs what has no schedule", lambda month: month.requested("by_hand"), nothing),
    Trouble(430, 431, "the clock is set back by two hours", lambda month: month.move_clock(-2 * HOUR), nothing),
    Trouble(470, 471, "the daemon is killed again", lambda month: month.restart(), nothing),
    Trouble(
        500,
        512,
        "a slow destination answers 429",
        lambda month: month.receiver.chance(faults=0.5, kinds=["429"]),
        destination_well,
    ),
    Trouble(640, 641, "all is well from here on", lambda month: month.receiver.chance(), nothing),
)


# what came of it


def story(month: Month) -> str:
    """Return the month as a table that a person can check."""
    runs = history_of(month)
    lines = [f"{'SYNC':<9} {'SCHEDULE':<18} " + "".join(str(day % 10) for day in range(1, month.days + 1))]
    for name, given in SYNCS.items():
        lines.append(f"{name:<9} {given['schedule']:<18} {worst_of_days(month, name)}")
    lines += [
        "",
        "✓ all succeeded  ! rows refused, or a guard asked  ✗ one failed  · skipped only  (blank) nothing was due",
        "",
    ]
    heads = (
        "SYNC",
        "DUE",
        "RAN FOR",
        "SKIPPED",
        "CAUGHT UP",
        "RETRIED",
        "ASKED",
        "OK",
        "PARTIAL",
        "STOPPED",
        "FAILED",
        "SENT",
    )
    lines.append("".join(f"{head:>10}" for head in heads))
    lines += ["".join(f"{cell:>10}" for cell in counts(runs, name)) for name in SYNCS]
    return "\n".join(lines)


def history_of(month: Month) -> tuple[history.RunSummary, ...]:
    """Return all runs, the oldest first."""
    with Store(month.folder / ".backhaul") as store:
        return tuple(reversed(history.runs(store, limit=100_000)))


def worst_of_days(month: Month, name: str) -> str:
    """Return a sign a day: the worst that happened to a sync on it."""
    mine = [run for run in history_of(month) if run.name == name]
    return "".join(_day([run for run in mine if _day_of(run.started) == day]) for day in range(month.days))


def counts(runs: tuple[history.RunSummary, ...], name: str) -> tuple[Any, ...]:
    """Return one sync's line: due moments, and how they are accounted for; runs by cause and state; calls acknowledged."""
    mine = [run for run in runs if run.name == name]
    causes = Counter(run.cause for run in mine if run.state != "skipped")
    states = Counter(run.state for run in mine)
    skipped = sum(run.skipped for run in mine)
    ran_for = sum(run.due is not None and run.state != "skipped" for run in mine)
    return (
        name,
        ran_for + skipped,
        ran_for,
        skipped,
        causes["caught up"],
        causes["retry"],
        causes["request"],
        states["succeeded"],
        states["partial"],
        states["stopped"],
        states["failed"],
        sum(run.acknowledged for run in mine),
    )


def _day_of(at: float) -> int:
    return int((at - START) // DAY)


def _day(runs: list[history.RunSummary]) -> str:
    states = {run.state for run in runs}
    for found, sign in (("failed", "✗"), ("stopped", "!"), ("partial", "!"), ("succeeded", "✓"), ("skipped", "·")):
        if found in states:
            return sign
    return " "


def arrived(month: Month) -> dict[str, list[str]]:
    """Compare what arrived with the tables; return what is wrong: nothing, where nothing is."""
    wrong: dict[str, list[str]] = {"lost": [], "stale": [], "other call": [], "unknown": []}
    with duckdb.connect(str(month.warehouse), read_only=True) as connection:
        plans = dict(connection.execute("SELECT id, plan FROM users").fetchall())
        orders = {row[0] for row in connection.execute("SELECT id FROM orders").fetchall()}
    calls = month.receiver.calls()
    last = {call["userId"]: call["traits"].get("plan") for call in calls if call["type"] == "identify"}
    sent = {call["messageId"] for call in calls if call["type"] == "track"}
    wrong["lost"] = sorted((set(plans) - set(last)) | (orders - sent))
    wrong["stale"] = sorted(user for user, plan in plans.items() if user in last and last[user] != plan)
    wrong["unknown"] = sorted((set(last) - set(plans)) | (sent - orders))
    by_id: dict[str, str] = {}
    for call in calls:
        text = str(sorted(call.items(), key=str))
        if by_id.setdefault(call["messageId"], text) != text:
            wrong["other call"].append(call["messageId"])
    return {what: found for what, found in wrong.items() if found}


@contextlib.contextmanager
def month_of(folder: Path, days: int) -> Iterator[Month]:
    """Make a month's world."""
    before = {name: os.environ.get(name) for name in SECRETS}
    os.environ.update(SECRETS)
    try:
        with receiving(folder / "receiver") as receiver:
            yield Month(folder / "project", receiver, days)
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def due_moments(name: str, now: float) -> int:
    """Count the due moments of a sync's schedule by walking through them, apart from what the daemon did."""
    given = SYNCS[name]
    plan = schedule.parse(given["schedule"])
    standing = schedule.begin("", plan, last_start=None, start=None, now=START)
    count = 0
    while (moment := schedule.due(standing, plan, given.get("timezone", "UTC"))) is not None and moment <= now:
        standing, count = replace(standing, seen=moment), count + 1
    return count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="backhaul-month-"))
    with month_of(folder, given.days) as month:
        asyncio.run(month.pass_by())
        sys.stdout.write(f"{story(month)}\n\n")
        for trouble in TROUBLES:
            sys.stdout.write(f"day {trouble.begins / 24 + 1:4.1f} to {trouble.ends / 24 + 1:4.1f}  {trouble.what}\n")
        wrong = arrived(month)
        sys.stdout.write(
            f"\n{len(month.receiver.calls()):,} calls arrived. {wrong or 'Nothing is missing, stale or another call.'}\n"
        )
        for said, times in month.said.most_common(12):
            sys.stdout.write(f"{times:5} × {said}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
