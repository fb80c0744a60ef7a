"""The daemon put together: its log, its workers, its alerts, its metrics, and the signals that it obeys."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core import project as projects
from core.daemon.alert_checks import Watching
from core.daemon.log import DaemonLog
from core.daemon.loop import Daemon
from core.daemon.metrics import metrics_text, serve_metrics, totals
from core.daemon.protocols import Log
from core.daemon.workers import Workers
from core.errors import UsageError
from core.reports import history
from core.state.folder import StateFolder
from core.store import Store

__all__ = ["LOG", "serve"]

LOG = "daemon.jsonl"
"""The log's name among the logs of the state folder."""


async def serve(folder: Path, tell: Log, *, metrics: str = "", ready: Callable[[], None] = lambda: None) -> None:
    """Run the daemon of the project in `folder` until a signal ends it. `metrics` is HOST:PORT, or empty.

    What it has to say goes to `tell` and into its log. Raises LockedError where another daemon runs this project.
    """
    state = StateFolder(projects.load(folder))
    kept = DaemonLog(state.log("daemon").with_name(LOG))

    def log(level: str, what: str, **values: Any) -> None:
        kept(level, what, **values)
        tell(level, what, **values)

    watching = Watching(log)
    daemon = Daemon(
        folder=folder,
        log=log,
        make_runner=lambda made: Workers(folder, begun=made.begun, ended=made.ended, said=made.said),
        watch=watching,
    )
    _obey_signals(daemon)
    async with contextlib.AsyncExitStack() as open_things:
        open_things.callback(kept.close)
        open_things.push_async_callback(watching.close)
        if metrics:
            host, port = _address(metrics)
            found = await open_things.enter_async_context(serve_metrics(host, port, lambda: _metrics(daemon)))
            log("info", f"Prometheus is answered at http://{host}:{found}/metrics.")
        await daemon.run(ready)


def _obey_signals(daemon: Daemon) -> None:
    if os.name != "posix":
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, daemon.stop)
    loop.add_signal_handler(signal.SIGHUP, daemon.reload)


def _address(text: str) -> tuple[str, int]:
    """Read HOST:PORT, or PORT alone. Raises UsageError."""
    host, _, port = text.rpartition(":")
    if not port.isdigit():
        raise UsageError(f"{text!r} is not a valid address.", remedy="Write it like --metrics 127.0.0.1:9187.")
    return host.strip("[]") or "127.0.0.1", int(port)


def _metrics(daemon: Daemon) -> str:
    """Return the metrics as the store has them now, read over a connection of its own: this is another thread."""
    with Store(daemon.store.file.parent, timeout=2.0) as store:
        project = daemon.project
        return metrics_text(
            project,
            history.overview(project, store),
            history.daemon(store),
            daemon.clock(),
            totals(project, store),
            tuple(daemon.delays),
        )
