"""What people would use instead, side by side on the same rows and into the same receiver: calls a second of each.

- Segment's own Python client, as it comes and with its gzip
- drt (the package drt-core), a command-line reverse ETL: a REST destination in batch mode, its own limit of requests a second off; it
  cannot compress what it sends
- a loop of psycopg and httpx (plain_client.py)

Each is installed by the benchmark, at a version that is written here, into an environment of its own. None of them remembers what it
has sent (drt can, by tables of its own in the warehouse, which is not asked of it here), so only Backhaul's time has a plan, a ledger
and their way to the disk in it. The time is that of the whole program, its start included.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.bench import Bench, said
from tests.benchmarks.processes import Cost, cost_of
from tests.benchmarks.rounds import Rounds
from tests.benchmarks.stages import Run
from tests.benchmarks.table import Measured, Row, of_ratios, rows_in_words, skipped
from tests.servers.environments import Environment, NoEnvironmentError

__all__ = ["SEGMENT", "SEGMENT_WITH_GZIP", "Clients", "Sent", "measure"]

_DRIVER = "psycopg[binary]==3.3.9"
_HERE = Path(__file__).parent
_DRT_BATCH = (
    '{"batch":[{% for row in rows %}{"type":"identify","userId":{{ row.userId | tojson_safe }},'
    '"traits":{{ row | tojson_safe }}}{% if not loop.last %},{% endif %}{% endfor %}]}'
)
_DRT_ROWS = 1_250
"""Rows of a request: 500 KB of JSON, which is what the others send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Something that sends rows: its environment, and the words that start it (after its Python), with what it needs on the disk."""

    name: str
    environment: Environment
    words: Callable[[Bench, Path], list[str]]
    env: Callable[[Path], Mapping[str, str]] = lambda _folder: {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What sending all rows cost, and what the receiver has counted: requests and the bytes of their bodies."""

    cost: Cost
    requests: int
    bytes: int


def _script(name: str, *more: str) -> Callable[[Bench, Path], list[str]]:
    def words(bench: Bench, folder: Path) -> list[str]:
        query = bench.query(bench.options.client_rows)
        return [str(_HERE / name), bench.target, bench.receiver.url.removesuffix("/v1"), query, *more]

    return words


def _drt(bench: Bench, folder: Path) -> list[str]:
    """Make a project of drt; its profile of the database is looked for in the user's home."""
    at = bench.database
    profile = {"type": "postgres", "host": "127.0.0.1", "port": at.server.port, "dbname": at.name, "user": at.reader}
    files = {
        ".drt/profiles.yml": {"db": {**profile, "password_env": "PGPASSWORD"}},
        "drt_project.yml": {"name": "benchmark", "profile": "db"},
        "syncs/people.yml": {
            "name": "people",
            "model": bench.query(bench.options.client_rows),
            "destination": {
                "type": "rest_api",
                "url": f"{bench.receiver.url}/batch",
                "headers": {"Content-Type": "application/json", "Authorization": "Basic YS13cml0ZS1rZXk6"},
                "body_mode": "batch",
                "batch_template": _DRT_BATCH,
            },
            "sync": {"batch_size": _DRT_ROWS, "rate_limit": {"requests_per_second": 0}},
        },
    }
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))  # YAML reads JSON
    return ["-c", "from drt.cli.main import app; app()", "run", "--select", "people", "--quiet"]


SEGMENT = Client(
    name="Segment's client as it comes",
    environment=Environment(name="segment", requirements=("segment-analytics-python==2.4.0", _DRIVER)),
    words=_script("segment_client.py"),
)
SEGMENT_WITH_GZIP = Client(
    name="Segment's client with gzip, as ours",
    environment=SEGMENT.environment,
    words=_script("segment_client.py", "gzip"),
)
DRT = Client(
    name="drt in batch mode",
    environment=Environment(name="drt", requirements=("drt-core[postgres]==1.2.1",)),
    words=_drt,
    env=lambda folder: {"HOME": str(folder), "DO_NOT_TRACK": "1"},
)
LOOP = Client(
    name="a loop of psycopg and httpx, with gzip",
    environment=Environment(name="plain", requirements=("httpx==0.28.1", _DRIVER)),
    words=_script("plain_client.py"),
)
ALL = (SEGMENT, SEGMENT_WITH_GZIP, DRT, LOOP)


@dataclass(slots=True)
class Clients:
    """What the others have sent so far; what one part has measured is not measured again for another."""

    bench: Bench
    _sent: dict[str, list[Sent]] = field(default_factory=dict)

    def sent(self, client: Client, count: int) -> list[Sent]:
        """Return `count` times that a client sent all rows. Raises NoEnvironmentError."""
        found = self._sent.setdefault(client.name, [])
        while len(found) < count:
            folder = self.bench.folder / client.environment.name
            folder.mkdir(exist_ok=True)
            words = [client.environment.python(), *client.words(self.bench, folder)]
            before = self.bench.receiver.count()
            cost = cost_of(words, env={**self.bench.env, **client.env(folder)}, folder=folder)
            after = self.bench.receiver.count()
            requests, size = after["requests"] - before["requests"], after["bytes"] - before["bytes"]
            if not requests:
                raise RuntimeError(f"{client.name} has sent nothing")
            found.append(Sent(cost=cost, requests=requests, bytes=size))
            rate = self.bench.options.client_rows / cost.seconds
            said(
                f"{client.name}: {cost.seconds:.2f} s, {rate:,.0f} calls/s, {requests:,} requests, {size / 1e6:.1f} MB"
            )
        return found[:count]


def measure(bench: Bench, rounds: Rounds, clients: Clients) -> Measured:
    """Measure `repeat` rounds of all in turn, and of Backhaul's first sync of the same rows."""
    rows, repeat = bench.options.client_rows, bench.options.repeat
    missing: set[str] = set()
    for count in range(1, repeat + 1):
        rounds.first(rows, count)
        for client in ALL:
            if client.name not in missing:
                try:
                    clients.sent(client, count)
                except NoEnvironmentError as error:
                    said(str(error))
                    missing.add(client.name)
    runs = rounds.first(rows, repeat)
    ours = [run.seconds for run in runs]
    found = [_of_ours(rows, runs)]
    numbers: dict[str, Any] = {"Backhaul": [asdict(run) for run in runs]}
    for client in ALL:
        if client.name in missing:
            found.append(skipped(_what(rows, client.name), "–"))
            continue
        sent = clients.sent(client, repeat)
        _, words = of_ratios([their.cost.seconds / our for their, our in zip(sent, ours, strict=True)], max)
        best = min(sent, key=lambda each: each.cost.seconds)
        measured = (
            f"{rows / best.cost.seconds:,.0f} calls/s, {best.requests:,} requests, {best.bytes / 1e6:.1f} MB, "
            f"peak memory {best.cost.memory:.0f} MB"
        )
        found.append(Row(what=_what(rows, client.name), target="–", measured=measured, ratio=f"ours {words} times"))
        numbers[client.name] = [asdict(each) for each in sent]
    return Measured(rows=tuple(found), numbers=numbers)


def _what(rows: int, name: str) -> str:
    return f"{rows_in_words(rows)} rows sent by {name}"


def _of_ours(rows: int, runs: Sequence[Run]) -> Row:
    best = min(runs, key=lambda run: run.seconds)
    calls = f"{rows / best.seconds:,.0f} calls/s, {best.planned['batches']:,} requests"
    return Row(
        what=_what(rows, "Backhaul, a first sync"),
        target="–",
        measured=f"{calls}, peak memory {best.cost.memory:.0f} MB",
    )
