"""What all parts stand on: a real Postgres, a receiver on loopback, tables of the company, projects of Backhaul on them.

What is made is kept for the parts that follow, and all of it ends with the block.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks import company
from tests.benchmarks.processes import ROOT, Cost, cost_of, cost_of_pipe
from tests.benchmarks.stages import Run, watched
from tests.servers.postgres import Database, Server
from tests.servers.receiving import Receiver, receiving

__all__ = ["Bench", "Options", "Project", "opened", "said"]

_SECRETS = {"BACKHAUL_DESTINATIONS_SEG_WRITE_KEY": "a-write-key"}


def said(text: str) -> None:
    """Tell how far it is, on stderr."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How much is measured, in rows; `repeat` is how many pairs each ratio is the median of."""

    rows: int
    large: int
    sizes: tuple[int, ...]
    client_rows: int
    driver_rows: int
    repeat: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project with one sync, `people`; `env` holds its secrets."""

    folder: Path
    env: Mapping[str, str]

    def run(self, *words: str) -> Run:
        """Run the sync once."""
        command = [sys.executable, "-m", "tui.main", "run", "people", "--json", "--project", self.folder, *words]
        return watched(command, env=self.env, folder=ROOT)

    def forget(self) -> None:
        """Let nothing be known of what was delivered: the next run is the first one."""
        shutil.rmtree(self.folder / ".backhaul", ignore_errors=True)
        os.sync()  # what is left to be written belongs to nobody's time


@dataclass(slots=True, kw_only=True)
class Bench:
    """A database of the company, and what was made of it."""

    folder: Path
    options: Options
    database: Database
    receiver: Receiver
    _versions: dict[int, int] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """Return how the reader connects; PGPASSWORD in `env` is the password."""
        at = self.database
        return f"host=127.0.0.1 port={at.server.port} dbname={at.name} user={at.reader} sslmode=disable"

    @property
    def env(self) -> dict[str, str]:
        return {"PGPASSWORD": self.database.reader_password}

    def query(self, rows: int) -> str:
        """Return the query of a table, which is made where it is not there yet."""
        if rows not in self._versions:
            larger = min((known for known in self._versions if known > rows), default=None)
            said(f"a table of {rows:,} rows is made")
            with self.database.connect() as connection:
                company.create(connection, rows, larger=larger)
            os.sync()
            self._versions[rows] = 0
        return company.query(rows)

    def change(self, rows: int) -> None:
        """Change one row in a hundred."""
        self.query(rows)
        self._versions[rows] += 1
        with self.database.connect() as connection:
            company.show(connection, rows, self._versions[rows])

    def project(
        self,
        name: str,
        query: str,
        source: Mapping[str, Any] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> Project:
        """Make a project of one sync into the receiver; from the company's database, where no other source is named."""
        at = self.database
        known = {"type": "postgres", "host": "127.0.0.1", "port": at.server.port, "database": at.name}
        known |= {"user": at.reader, "sslmode": "disable"}
        folder = self.folder / name
        for part in ("sources", "destinations", "syncs"):
            (folder / part).mkdir(parents=True)
        (folder / "backhaul.toml").write_text('name = "benchmark"\n[secrets]\nfrom = "environment"\n')
        (folder / "sources" / "db.toml").write_text(_toml(source or known))
        (folder / "destinations" / "seg.toml").write_text(_toml({"type": "segment", "url": self.receiver.url}))
        (folder / "syncs" / "people.sql").write_text(query)
        sync = {"id": "bench1", "source": "db", "destinations": ["seg"], "call": "identify"}
        (folder / "syncs" / "people.toml").write_text(_toml(sync) + "[guards]\nmax_calls = 1_000_000_000\n")
        known_secrets = secrets or {"PASSWORD": at.reader_password}
        of_source = {f"BACKHAUL_SOURCES_DB_{secret}": value for secret, value in known_secrets.items()}
        return Project(folder=folder, env={**_SECRETS, **of_source})

    def copy(self, rows: int) -> Cost:
        """Have psql copy the query's rows to nowhere."""
        return cost_of(self._psql(self.query(rows)), env=self.env)

    def copy_compressed(self, rows: int) -> Cost:
        """Have psql copy the query's rows as JSON, and gzip compress them, to nowhere."""
        words = self._psql(f"SELECT row_to_json(q) FROM ({self.query(rows)}) q")
        return cost_of_pipe(words, ["gzip", "-1"], env=self.env)

    def _psql(self, query: str) -> list[str]:
        program = self.database.server.programs / "psql"
        return [str(program), "-X", self.target, "-q", "-c", f"COPY ({query}) TO STDOUT"]


@contextlib.contextmanager
def opened(options: Options) -> Iterator[Bench]:
    """Start what is needed, and stop it afterwards. Raises NoBinariesError where there is no Postgres."""
    with tempfile.TemporaryDirectory(prefix="backhaul-benchmarks-") as temporary:
        folder = Path(temporary)
        server = Server.start()
        try:
            with receiving(folder / "receiver", script=Path(__file__).with_name("receiver.py")) as receiver:
                yield Bench(folder=folder, options=options, database=server.create_database(), receiver=receiver)
        finally:
            server.stop()


def _toml(values: Mapping[str, Any]) -> str:
    """Write texts, whole numbers and lists of texts, which look the same in JSON."""
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
