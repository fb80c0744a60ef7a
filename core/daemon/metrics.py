"""Health for machines: what Prometheus scrapes, and a page that says that the daemon lives. On loopback only, and only when asked for.

The text is the exposition format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). Syncs and states are labels; no
value of the warehouse is in it. A scrape reads the store, so that it says the same as the console; it is made in a thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from core.errors import BackhaulError, UsageError
from core.model import Project
from core.quoting.prometheus import label
from core.reports.history import DaemonStatus, SyncStatus
from core.store import Store

__all__ = ["TYPE", "Totals", "metrics_text", "serve_metrics", "totals"]

TYPE = "text/plain; version=0.0.4; charset=utf-8"

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_LONGEST_HEAD = 8 * 1024
_SECONDS = 5.0
_MOST_AT_ONCE = 16
_STATES = ("disabled", "never run", "running", "succeeded", "partial", "stopped", "failed")

Sample = tuple[Mapping[str, str], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What only grows, of one sync: calls acknowledged, rows rejected, runs begun, due moments skipped; and its last success.

    They are counted from what the store still has: where old runs are forgotten they begin again, as a counter of Prometheus may.
    """

    acknowledged: int = 0
    rejected: int = 0
    runs: int = 0
    skipped: int = 0
    success: float | None = None


def metrics_text(
    project: Project,
    statuses: Sequence[SyncStatus],
    daemon: DaemonStatus | None,
    now: float,
    totals: Mapping[str, Totals] | None = None,
    delays: Iterable[float] = (),
) -> str:
    """Return the metrics of a project at Unix time `now`. `totals` are by the sync's id; `delays` are the last start delays, in seconds."""
    known = {status.id: (totals or {}).get(status.id, Totals()) for status in statuses}
    lines: list[str] = []
    for name, kind, words, samples in (
        *_of_project(project, daemon, now, sorted(delays)),
        *_of_states(statuses),
        *_of_syncs(statuses, known),
    ):
        lines += [f"# HELP {name} {words}", f"# TYPE {name} {kind}"]
        lines += [f"{name}{_labels(labels)} {_number(value)}" for labels, value in samples]
    return "\n".join(lines) + "\n"


Family = tuple[str, str, str, Iterable[Sample]]


def _of_project(project: Project, daemon: DaemonStatus | None, now: float, delays: Sequence[float]) -> Iterator[Family]:
    is_up = daemon is not None and daemon.state == "running"
    version = daemon.version if daemon else ""
    labels = {"project": project.name, "version": version}
    yield "backhaul_daemon_up", "gauge", "Whether the daemon is running and responding.", [(labels, float(is_up))]
    if daemon is not None:
        yield "backhaul_daemon_start_time_seconds", "gauge", "When the daemon started.", [({}, daemon.started)]
        yield "backhaul_daemon_beat_age_seconds", "gauge", "Since its last heartbeat.", [({}, now - daemon.beat)]
        yield "backhaul_daemon_workers", "gauge", "Maximum number of runs at the same time.", [({}, daemon.workers)]
        yield "backhaul_daemon_running", "gauge", "Runs in progress.", [({}, daemon.running)]
        yield "backhaul_daemon_waiting", "gauge", "Syncs that are due and wait for a worker.", [({}, daemon.waiting)]
    if delays:
        found = [({"quantile": str(share)}, _quantile(delays, share)) for share in (0.5, 0.99)]
        words = "From the moment that a run was due to its start, of the last runs."
        yield "backhaul_start_delay_seconds", "gauge", words, found
    yield "backhaul_project_broken_files", "gauge", "Files that cannot be used.", [({}, len(project.broken))]


def _of_states(statuses: Sequence[SyncStatus]) -> Iterator[Family]:
    samples = [
        ({"sync": status.sync, "state": state}, float(status.state == state))
        for status in statuses
        for state in _STATES
    ]
    yield "backhaul_sync_state", "gauge", "The state that a sync is in: 1, the others 0.", samples


def _of_syncs(statuses: Sequence[SyncStatus], known: Mapping[str, Totals]) -> Iterator[Family]:
    def each(value: Callable[[SyncStatus, Totals], float | None]) -> list[Sample]:
        found = ((status, value(status, known[status.id])) for status in statuses)
        return [({"sync": status.sync}, number) for status, number in found if number is not None]

    for name, kind, words, value in _SYNC_FAMILIES:
        yield f"backhaul_{name}", kind, words, each(value)


_SYNC_FAMILIES: tuple[tuple[str, str, str, Callable[[SyncStatus, Totals], float | None]], ...] = (
    ("sync_enabled", "gauge", "Whether its schedule is on.", lambda status, _: float(status.enabled)),
    ("sync_last_success_timestamp_seconds", "gauge", "When a run last delivered.", lambda _, total: total.success),
    ("sync_last_run_timestamp_seconds", "gauge", "When its last run started.", lambda status, _: status.last_started),
    ("sync_last_run_duration_seconds", "gauge", "How long its last run took.", lambda status, _: status.last_seconds),
    ("sync_last_run_rows", "gauge", "Rows of its last query.", lambda status, _: status.rows),
    ("sync_next_run_timestamp_seconds", "gauge", "When it is due.", lambda status, _: status.due),
    ("sync_failures_in_a_row", "gauge", "Runs that failed since the last success.", lambda status, _: status.failures),
    ("sync_rejected_open", "gauge", "Rejected rows that wait.", lambda status, _: status.rejected_open),
    ("sync_pending", "gauge", "Calls on their way.", lambda status, _: status.pending),
    ("sync_runs_total", "counter", "Runs started.", lambda _, total: total.runs),
    ("sync_skipped_total", "counter", "Scheduled runs that were skipped.", lambda _, total: total.skipped),
    ("rows_acknowledged_total", "counter", "Calls that destinations have taken.", lambda _, total: total.acknowledged),
    ("rows_rejected_total", "counter", "Rows that were refused.", lambda _, total: total.rejected),
)


def totals(project: Project, store: Store) -> dict[str, Totals]:
    """Return what only grows of each sync, by its id."""
    ids = json.dumps([sync.id for sync in project.syncs.values()])
    return {
        row["sync"]: Totals(**{name: row[name] for name in ("acknowledged", "rejected", "runs", "skipped", "success")})
        for row in store.rows("totals_of_syncs", syncs=ids)
    }


def _quantile(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, math.ceil(share * len(values)) - 1)]


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{label(value)}"' for name, value in labels.items()) + "}"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


# the server


@contextlib.asynccontextmanager
async def serve_metrics(host: str, port: int, text: Callable[[], str]) -> AsyncIterator[int]:
    """Answer GET /metrics with `text()`, which is made in a thread, and GET /healthz, until left; return the port (0: a free one).

    Raises UsageError for an address that others could reach, or one that is taken.
    """
    if host not in _LOOPBACK:
        raise UsageError(
            f"Metrics are served on this machine only, and {host} is not it.",
            remedy="Name 127.0.0.1 or ::1; from elsewhere reach it with `ssh -L`, or let an agent on this machine scrape it.",
        )
    at_once = asyncio.Semaphore(_MOST_AT_ONCE)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with at_once, asyncio.timeout(_SECONDS):
                status, kind, body = await _answer(reader, text)
                head = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}"
                writer.write(f"{head}\r\nConnection: close\r\n\r\n".encode() + body)
                await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    try:
        server = await asyncio.start_server(answer, host, port, limit=_LONGEST_HEAD)
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"Metrics cannot be served at {host}:{port}: {getattr(error, 'strerror', None) or error}.",
            remedy="Name another port, or 0 for a free one.",
        ) from error
    async with server:
        yield int(server.sockets[0].getsockname()[1])


async def _answer(reader: asyncio.StreamReader, text: Callable[[], str]) -> tuple[HTTPStatus, str, bytes]:
    plain = "text/plain; charset=utf-8"
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, plain, b"too long\n"
    except asyncio.IncompleteReadError:
        return HTTPStatus.BAD_REQUEST, plain, b"no request\n"
    words = head.split(b"\r\n", 1)[0].split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
        return HTTPStatus.BAD_REQUEST, plain, b"no request\n"
    if words[0] not in (b"GET", b"HEAD"):
        return HTTPStatus.METHOD_NOT_ALLOWED, plain, b"GET only\n"
    if not _is_for_this_machine(head):
        return HTTPStatus.MISDIRECTED_REQUEST, plain, b"This is not served under that name.\n"
    path = words[1].split(b"?", 1)[0]
    if path == b"/healthz":
        return HTTPStatus.OK, plain, b"" if words[0] == b"HEAD" else b"ok\n"
    if path != b"/metrics":
        return HTTPStatus.NOT_FOUND, plain, b"/metrics or /healthz\n"
    try:
        body = (await asyncio.to_thread(text)).encode()
    except BackhaulError as error:
        return HTTPStatus.SERVICE_UNAVAILABLE, plain, f"{error.message}\n".encode()
    return HTTPStatus.OK, TYPE, b"" if words[0] == b"HEAD" else body


def _is_for_this_machine(head: bytes) -> bool:
    """Return whether the Host of a request is this machine: a page in a browser may have a name that leads here (DNS rebinding)."""
    found = re.search(rb"\r\n[Hh][Oo][Ss][Tt]:[ \t]*([^\r\n]*)", head)
    try:
        return found is not None and urlsplit(f"//{found[1].decode('latin-1').strip()}").hostname in _LOOPBACK
    except ValueError:
        return False
