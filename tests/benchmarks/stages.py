"""What a run's time goes into: each line of `backhaul run --json` is stamped when it arrives, and the stages lie between the lines.

start     from the start of the process to `started`: Python, imports, the project's files, the lock
query     to `queried`: connect, describe, query, fetch, map, fingerprint, look up in the ledger
compare   to `planned`: count, ask the guards, write the plan durably
deliver   to the last `answered`: compress, send, wait for answers; nothing where no call is made
commit    to `committed`: what was acknowledged becomes part of the ledger, durably
end       to the end of the process
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.processes import Cost, ended, running

__all__ = ["STAGES", "Run", "stages_of", "watched"]

STAGES = ("start", "query", "compare", "deliver", "commit", "end")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run: what its process cost, the seconds of each stage, the seconds that it says itself of its query, and its plan's counts."""

    cost: Cost
    stages: Mapping[str, float]
    queried: float
    planned: Mapping[str, int]

    @property
    def seconds(self) -> float:
        return self.cost.seconds


def watched(words: Sequence[object], *, env: Mapping[str, str], folder: Path) -> Run:
    """Run a command that prints an event a line, to one destination. Raises RuntimeError where it fails, saying what it said last."""
    began = time.monotonic()
    lines: list[tuple[float, bytes]] = []
    with running(words, env=env, folder=folder, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        with process.stdout:
            lines.extend((time.monotonic(), line) for line in process.stdout)
        try:
            cost = ended(process, began)
        except RuntimeError as error:
            said = b"".join(line for _, line in lines[-3:]).decode(errors="replace")
            raise RuntimeError(f"{error}\n{said}") from error
    events = [(moment, json.loads(line)) for moment, line in lines]
    told = {event["event"]: event for _, event in events}
    counts = {name: value for name, value in told["planned"].items() if isinstance(value, int)}
    return Run(
        cost=cost,
        stages=stages_of(began, events, began + cost.seconds),
        queried=told["queried"]["seconds"],
        planned=counts,
    )


def stages_of(began: float, events: Sequence[tuple[float, Mapping[str, Any]]], end: float) -> dict[str, float]:
    """Return the seconds of each stage from the moments at which events arrived."""
    last = {event["event"]: moment for moment, event in events}
    moments = [began, *(last[name] for name in ("started", "queried", "planned"))]
    moments += [last.get("answered", last["planned"]), last["committed"], end]
    return {name: after - before for name, before, after in zip(STAGES, moments, moments[1:], strict=False)}
