"""Starts the stand-in, gives each test a database of its own with a reader, and stops it.

Every wait is bounded and notices a process that died. The server ends with this process: it reads from a pipe that we hold.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.servers.environments import ENVIRONMENTS

__all__ = ["ACCOUNT", "PASSWORD", "StandIn", "Warehouse"]

ROOT = Path(__file__).parents[3]
ACCOUNT = "BACKHAUL"
PASSWORD = "Reader pä$$ 1"
WAIT = 60.0


@dataclass(kw_only=True)
class StandIn:
    """A running stand-in."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    host: str = "127.0.0.1"
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def start(cls) -> StandIn:
        """Start it; takes about two seconds where its environment is there. Raises NoEnvironmentError."""
        python = ENVIRONMENTS["snowflake"].python()
        folder = Path(tempfile.mkdtemp(prefix="backhaul-snowflake-"))
        port_file = folder / "port"
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [python, "-m", "tests.servers.snowflake.serve", port_file],
                cwd=ROOT,
                env={"PATH": os.defpath, "HOME": str(folder), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        running = cls(folder=folder, port=0, process=process)
        try:
            deadline = time.monotonic() + WAIT
            while not port_file.exists():
                if process.poll() is not None:
                    raise RuntimeError(f"the stand-in for Snowflake ended with {process.returncode}:\n{running.log()}")
                if time.monotonic() > deadline:
                    raise RuntimeError(f"the stand-in for Snowflake did not start in {WAIT:.0f} s:\n{running.log()}")
                time.sleep(0.02)
            running.port = int(port_file.read_text())
        except BaseException:
            running.stop()
            raise
        return running

    def ask(self, what: str, body: Any = None) -> Any:
        """Ask the server for what no client of Snowflake could (see `serve.control`)."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=WAIT)
        try:
            connection.request("POST", f"/_control/{what}", json.dumps(body or {}))
            reply = json.loads(connection.getresponse().read())
        except OSError as error:
            raise RuntimeError(f"the stand-in for Snowflake does not answer: {error}\n{self.log()}") from error
        finally:
            connection.close()
        if not reply["success"]:
            raise RuntimeError(reply["message"])
        return reply["data"]

    def create(self) -> Warehouse:
        """Make a database and a user that reads it."""
        number = next(self.numbers)
        made = Warehouse(server=self, database=f"TEST_{number}", user=f"READER_{number}")
        made.execute("SELECT 1")
        made.set_user()
        return made

    def log(self) -> str:
        """Give the end of what the server said."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-4000:]

    def stop(self) -> None:
        """End the server; may be called twice."""
        self.process.kill()
        self.process.wait(WAIT)
        if self.process.stdin is not None:
            self.process.stdin.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(kw_only=True)
class Warehouse:
    """A database of one test, with a user that logs in with PASSWORD and what else `set_user` gave it."""

    server: StandIn
    database: str
    user: str

    def execute(self, *statements: str) -> list[list[str]]:
        """Run statements as the owner; gives the rows of the last one as text."""
        rows: list[list[str]] = self.server.ask("execute", {"database": self.database, "statements": statements})
        return rows

    def set_user(self, **values: Any) -> None:
        """Set what the user has and sees (see `accounts.User`); what is not named is as at first."""
        known = {"password": PASSWORD, "grants": [["SELECT", "TABLE", f"{self.database}.PUBLIC.PEOPLE"]]}
        self.server.ask("users", {self.user: {**known, **values}})

    def drop(self) -> None:
        self.server.ask("drop", {"database": self.database})
