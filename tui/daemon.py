"""The daemon in words: a sign for the header, sentences for whoever asks."""

from __future__ import annotations

from core.formatting import ago, clock
from tui.drawing import Line, Span, line
from tui.messages import Snapshot

__all__ = ["daemon_sentences", "daemon_spans", "missing_daemon"]


def daemon_spans(snapshot: Snapshot, now: float) -> tuple[Span, ...]:
    """Return the daemon's state for the header. That none runs matters where a sync has a schedule."""
    daemon = snapshot.daemon
    if daemon is not None and daemon.state == "running":
        busy = f" {daemon.running}/{daemon.workers}" if daemon.running else ""
        waiting = (Span(f" +{daemon.waiting}", "warn"),) if daemon.waiting else ()
        return (Span("●", "ok"), Span(f" daemon{busy}", "muted"), *waiting)
    if daemon is not None and daemon.state == "silent":
        return (Span("!", "warn"), Span(f" daemon silent {ago(daemon.beat, now)}", "warn"))
    style = "warn" if _scheduled(snapshot) else "muted"
    return (Span("○", style), Span(" no daemon", style))


def missing_daemon(snapshot: Snapshot, key: str) -> list[Line]:
    """Say that nothing starts by itself, and which key fixes that; nothing where a daemon runs, or none is needed."""
    if snapshot.has_daemon or not _scheduled(snapshot):
        return []
    said = line(
        Span("○ ", "warn"),
        Span("No daemon runs, so nothing starts by itself.", "text"),
        right=((key, "bold text"), (" starts one", "muted")),
    )
    return [said, Line()]


def _scheduled(snapshot: Snapshot) -> int:
    """Count the syncs that have a schedule which is on."""
    return sum(status.enabled and status.due is not None for status in snapshot.statuses)


def daemon_sentences(snapshot: Snapshot, now: float) -> tuple[str, ...]:
    """Say what the daemon is at, or how it ended, and what that means."""
    daemon = snapshot.daemon
    scheduled = _scheduled(snapshot)
    if daemon is None or daemon.state == "gone":
        ended = ""
        if daemon is not None:
            how = "ended" if daemon.ended else "was killed, or the machine went down; its last heartbeat was at"
            ended = f"The last one {how} {clock(daemon.ended or daemon.beat)}. "
        many = (
            f"{scheduled} sync{'s have' if scheduled != 1 else ' has'} a schedule"
            if scheduled
            else "No sync has a schedule"
        )
        return (f"{ended}No daemon runs, so nothing starts by itself. {many}.",)
    who = f"version {daemon.version}, process {daemon.process} on {daemon.host}"
    said = [
        f"Running since {clock(daemon.started)} ({ago(daemon.started, now)}), {who}.",
        f"{daemon.running} of {daemon.workers} workers busy, {daemon.waiting} waiting.",
    ]
    if daemon.state == "silent":
        said.append(f"Its last heartbeat was {ago(daemon.beat, now)} ago: it is stuck, or its disk is full.")
    return tuple(said)
