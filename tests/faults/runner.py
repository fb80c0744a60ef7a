"""The harness's end of the runner (`nursery`): starts it, asks it for runs, and reads what they said."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from tests.faults.shim import Fault, build

__all__ = ["Ended", "Runner"]

ROOT = Path(__file__).parents[2]
SECRETS = {
    "BACKHAUL_DESTINATIONS_SEG_WRITE_KEY": "key-1",
    "BACKHAUL_DESTINATIONS_CIO_API_KEY": "key-2",
}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: exit code (negative: the signal; None: it hung), its output, how often it made each call.

    `rivals` are those that were started together with it, unharmed.
    """

    code: int | None
    output: str
    counts: dict[str, int]
    seconds: float
    rivals: tuple[Ended, ...] = ()

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


@dataclass(slots=True)
class Runner:
    """A running nursery. `close` ends it. `counts_the_clock`: the warehouse's clock is the counter that a run is given."""

    counts_the_clock: ClassVar[bool] = True
    folder: Path
    extra: dict[str, str] = field(default_factory=dict)
    process: Any = None

    def start(self) -> Runner:
        """Start the process and wait until it is ready."""
        self.folder.mkdir(parents=True, exist_ok=True)
        env = {
            **os.environ,
            **SECRETS,
            **self.extra,
            "LD_PRELOAD": str(build()),
            "SSL_CERT_FILE": str(self._one_certificate()),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            env=env,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer(60)
        return self

    def _one_certificate(self) -> Path:
        """Return a file with one authority: to load all of them takes longer than all else of a small run's start."""
        import certifi

        whole = Path(certifi.where()).read_text("utf-8")
        file = self.folder / "authority.pem"
        start = whole.index("-----BEGIN")
        file.write_text(whole[start : whole.index("-----END", start)] + "-----END CERTIFICATE-----\n")
        return file

    def run(
        self, words: list[str], *, fault: Fault | None = None, folders: tuple[str, str] = ("", ""), **asked: Any
    ) -> Ended:
        """Run a command in a child; `asked` is what `nursery` knows: statements, warehouse, clock, broken, …"""
        output = self.folder / "output"
        request = {"words": words, "output": str(output), "folders": folders, "seconds": 180.0, **asked}
        if fault:
            request["fault"] = fault.as_json()
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        told = self._answer(request["seconds"] + 30)
        first, *rivals = (
            Ended(one["code"], read(Path(f"{output}{number or ''}")), one["counts"], one["seconds"])
            for number, one in enumerate(told)
        )
        return replace(first, rivals=tuple(rivals))

    def _answer(self, seconds: float) -> Any:
        readable, _, _ = select.select([self.process.stdout], [], [], seconds)
        line = self.process.stdout.readline() if readable else ""
        if not line:
            raise RuntimeError(f"the nursery gave no answer (exit code {self.process.poll()})")
        return json.loads(line)

    def close(self) -> None:
        """End the nursery; its children have ended with their answers."""
        if self.process is not None:
            self.process.stdin.close()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process.stdout.close()


def read(file: Path) -> str:
    return file.read_text("utf-8", errors="replace") if file.exists() else ""


def scratch() -> str | None:
    """Return a folder in memory where there is one: the disk's speed is not what is tested. None for the usual place."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and os.access(memory, os.W_OK) else tempfile.gettempdir()
