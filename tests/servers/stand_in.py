"""Starts a stand-in in an environment of its own, asks it for what no client could, and stops it.

Every wait is bounded and notices a process that died. The server ends with this process: it reads from a pipe that we hold
(`tests.servers.serving` is the other end).
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
from typing import Any, ClassVar, Self

from tests.servers.environments import ENVIRONMENTS

__all__ = ["StandIn"]

ROOT = Path(__file__).parents[2]
WAIT = 60.0


@dataclass(kw_only=True)
class StandIn:
    """A running stand-in; `ports` are what it wrote when it was ready, its own first."""

    name: ClassVar[str]
    """Of its environment, and of its folder below tests.servers."""

    folder: Path
    process: subprocess.Popen[bytes]
    ports: tuple[int, ...] = ()
    host: str = "127.0.0.1"
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def start(cls) -> Self:
        """Start it; takes two or three seconds where its environment is there. Raises NoEnvironmentError."""
        python = ENVIRONMENTS[cls.name].python()
        folder = Path(tempfile.mkdtemp(prefix=f"backhaul-{cls.name}-"))
        cls.furnish(python, folder)
        port_file = folder / "port"
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [python, "-m", f"tests.servers.{cls.name}.serve", port_file],
                cwd=ROOT,
                env={"PATH": os.defpath, "HOME": str(folder), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        running = cls(folder=folder, process=process)
        try:
            running._wait_for(port_file)
        except BaseException:
            running.stop()
            raise
        return running

    @classmethod
    def furnish(cls, python: Path, home: Path) -> None:
        """Put into its home what it needs there; nothing in general."""

    def _wait_for(self, port_file: Path) -> None:
        deadline = time.monotonic() + WAIT
        while not port_file.exists():
            if self.process.poll() is not None:
                raise RuntimeError(f"the stand-in for {self.name} ended with {self.process.returncode}:\n{self.log()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"the stand-in for {self.name} did not start in {WAIT:.0f} s:\n{self.log()}")
            time.sleep(0.02)
        self.ports = tuple(map(int, port_file.read_text().split()))

    @property
    def port(self) -> int:
        return self.ports[0]

    def ask(self, what: str, body: Any = None) -> Any:
        """Ask the server for what no client could (see `control` in its serve.py)."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=WAIT)
        try:
            connection.request("POST", f"/_control/{what}", json.dumps(body or {}))
            reply = json.loads(connection.getresponse().read())
        except OSError as error:
            raise RuntimeError(f"the stand-in for {self.name} does not answer: {error}\n{self.log()}") from error
        finally:
            connection.close()
        if not reply["success"]:
            raise RuntimeError(reply["message"])
        return reply["data"]

    def log(self) -> str:
        """Return the end of what the server said."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-4000:]

    def stop(self) -> None:
        """End the server; may be called twice."""
        self.process.kill()
        self.process.wait(WAIT)
        if self.process.stdin is not None:
            self.process.stdin.close()
        shutil.rmtree(self.folder, ignore_errors=True)
