"""The process that a soak watches: runs three syncs again and again, in one process, until it is ended.

    python -m tests.faults.looping FOLDER SECONDS BEGINNING DAY

A day of this host's clock passes in DAY seconds since the Unix time BEGINNING (the clock of a run is a parameter), so that
what is kept for a day, or for a month, comes to its end within a soak.

After each round of the syncs it prints a line of JSON: how each run ended, and what this process holds: memory and its peak in
KB, open files, threads.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from pathlib import Path

from core import project as projects
from core import secrets
from core.errors import BackhaulError
from core.sync.events import Ended
from core.sync.place import Accepted
from core.sync.run import Run


def held() -> dict[str, int]:
    """Give what this process holds."""
    status = Path("/proc/self/status").read_text("utf-8")
    numbers = {
        name: int(re.search(rf"^{name}:\s+(\d+)", status, re.MULTILINE)[1]) for name in ("VmRSS", "VmHWM", "Threads")
    }
    return {
        "memory": numbers["VmRSS"],
        "peak": numbers["VmHWM"],
        "threads": numbers["Threads"],
        "files": len(list(Path("/proc/self/fd").iterdir())),
    }


async def one(project, sync, clock) -> str:
    """Run a sync; give how it ended."""
    run = Run(project, sync, secrets.reader(project), accepted=Accepted(yes=True), clock=clock)
    state = ""
    async for event in run.events():
        if isinstance(event, Ended):
            state = event.state if event.state != "failed" else f"failed: {event.error[:200]}"
    return state


def main() -> None:
    folder = Path(sys.argv[1])
    seconds, beginning, day = map(float, sys.argv[2:])

    def clock() -> float:
        return beginning + (time.time() - beginning) * 86_400 / day

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        project = projects.load(folder)
        ended = {}
        for sync in project.syncs.values():
            try:
                ended[sync.name] = asyncio.run(one(project, sync, clock))
            except BackhaulError as error:
                ended[sync.name] = f"not begun: {error.message}"
        print(json.dumps({"ended": ended} | held()), flush=True)
        time.sleep(0.2)


if __name__ == "__main__":
    main()
