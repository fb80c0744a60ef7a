"""A run's log as people read it: the lines of `.backhaul/logs/<run>.jsonl` in words, with a level each."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.formatting import clock, counted, has_read, took, utc, will_read
from core.model import Bill, Estimate
from core.sync.progress.events import as_json
from tui.drawing import Line, Span, line

if TYPE_CHECKING:
    from core.sync.progress.events import Event

__all__ = ["LEVELS", "Log", "LogLine", "log_lines", "read_log", "said_of"]

LEVELS = ("info", "warn", "error")
"""How grave a line is, the least first."""

_TAIL = 128 * 1024
_STYLES = {"info": ("muted", "text"), "warn": ("warn", "warn"), "error": ("fail", "fail")}


@dataclass(frozen=True, slots=True)
class LogLine:
    """When, how grave (info, warn, error), and what."""

    at: float
    level: str
    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Log:
    """The lines of a log's end; `cut` says that it starts earlier."""

    lines: Sequence[LogLine] = ()
    cut: bool = False

    @property
    def counted(self) -> str:
        """Say how many lines there are."""
        return (
            f"the last {counted(len(self.lines), 'line')}, more exist" if self.cut else counted(len(self.lines), "line")
        )


def read_log(file: Path) -> Log:
    """Read the end of a run's log (its last 128 kB); a line that is torn or unknown is left out. Empty where there is none."""
    from core.own_folder import open_to_read

    try:
        with open_to_read(file) as opened:
            size = os.fstat(opened.fileno()).st_size
            opened.seek(max(size - _TAIL, 0))
            raw = opened.read()
    except OSError:
        return Log()
    whole = raw.split(b"\n")[1 if size > _TAIL else 0 :]
    return Log([found for each in whole if (found := _read(each)) is not None], cut=size > _TAIL)


def _read(raw: bytes) -> LogLine | None:
    try:
        event = json.loads(raw)
        level, text = _said(event)
        return LogLine(float(event["at"]), level, text, event["event"])
    except (ValueError, KeyError, TypeError):
        return None


def said_of(event: Event, at: float) -> LogLine:
    """Say an event that was told at a Unix time."""
    level, text = _said(as_json(event))
    return LogLine(at, level, text, event.kind)


def _said(event: Mapping[str, Any]) -> tuple[str, str]:  # noqa: C901, PLR0912 -- a word for each kind of event
    """Say an event in words."""
    where = event.get("destination", "")
    match event["event"]:
        case "started":
            return "info", f"{event['sync']}: the run starts ({event['cause']})"
        case "estimated":
            return "info", f"the query {will_read(Estimate(**event['estimate']))}"
        case "billed":
            return "info", f"the query {has_read(Bill(**event['bill']))}"
        case "querying":
            bound = f", last_sync_time {utc(event['bound'])}" if event["bound"] else ""
            return "info", f"the query runs: {counted(event['rows'], 'row')}{bound}"
        case "queried":
            return "info", f"the query gave {counted(event['rows'], 'row')} in {took(event['seconds'])}"
        case "planned":
            counts = f"+{event['added']:,} new  ~{event['changed']:,} changed  −{event['removed']:,} gone  ={event['unchanged']:,} unchanged"
            refused = f"  ✗{event['refused']:,} refused" if event["refused"] else ""
            return (
                "info",
                f"{where}: {counts}{refused}: {counted(event['calls'], 'call')} in {counted(event['batches'], 'batch')}",
            )
        case "stopped":
            asked = "; ".join(str(question["message"]) for question in event["questions"])
            return "warn", f"{where}: stopped before the first call. {asked}"
        case "resumed":
            return (
                "info",
                f"{where}: continuing an earlier delivery, {event['answered']:,} of {event['calls']:,} calls were answered",
            )
        case "answered":
            done = event["acknowledged"] + event["rejected"]
            return "info", f"{where}: {done:,} of {event['calls']:,} answered"
        case "retrying":
            return (
                "warn",
                f"{where}: {event['reason']}; next try in {event['wait']:.0f} s ({event['attempt']} of {event['attempts']})",
            )
        case "slowed":
            return "warn", f"{where}: slowed down by the destination, {counted(event['times'], 'time')} so far"
        case "paused":
            return "error", f"{where}: paused with {event['pending']:,} pending. {event['reason']} {event['remedy']}"
        case "committed":
            rejected = f", {event['rejected']:,} rejected" if event["rejected"] else ""
            return "warn" if event[
                "rejected"
            ] else "info", f"{where}: {event['acknowledged']:,} delivered{rejected}, {event['unchanged']:,} unchanged"
        case "ended":
            error = f": {event['error']}" if event["error"] else ""
            level = {"failed": "error", "succeeded": "info"}.get(event["state"], "warn")
            return level, f"{event['state']} after {took(event['seconds'])}{error}"
        case other:
            return "info", str(other)


def log_lines(found: Sequence[LogLine], *, level: str = "info", answers: bool = True, words: str = "") -> list[Line]:
    """Lay a log out: from a level on (info, warn, error), without the counts that a live page shows anyway, and only
    lines that hold some words, which are underlined there.
    """
    wanted = words.lower().split()
    lines = []
    for each in found:
        if LEVELS.index(each.level) < LEVELS.index(level) or (each.kind == "answered" and not answers):
            continue
        if not all(word in each.text.lower() for word in wanted):
            continue
        mark, style = _STYLES[each.level]
        sign = {"info": " ", "warn": "!", "error": "✗"}[each.level]
        when = f"{clock(each.at, exact=True)[-8:]} "
        lines.append(line((when, "muted"), Span(f"{sign} ", mark), *_underlined(each.text, style, wanted)))
    return lines


def _underlined(text: str, style: str, words: Sequence[str]) -> list[Span]:
    """Underline where words stand in a text."""
    if not words:
        return [Span(text, style)]
    parts = re.split(
        f"({'|'.join(re.escape(word) for word in sorted(words, key=len, reverse=True))})", text, flags=re.IGNORECASE
    )
    return [Span(part, f"underline {style}" if place % 2 else style) for place, part in enumerate(parts) if part]
