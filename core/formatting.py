"""How numbers, times and spans of time are written for people: in the commands and in the console alike."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.model import Bill, Estimate

__all__ = [
    "ago",
    "clock",
    "counted",
    "duration",
    "has_read",
    "moment",
    "money",
    "size",
    "sparkline",
    "took",
    "until",
    "utc",
    "will_read",
]

_BARS = "▁▂▃▄▅▆▇█"
_LEAST_DOLLARS = 0.001


def counted(number: int, what: str) -> str:
    """Write a number with its noun: '1 call', '2,000 batches'."""
    many = what if number == 1 else f"{what}es" if what.endswith("ch") else f"{what}s"
    return f"{number:,} {many}"


def moment(seconds: float | None) -> str:
    """Write a Unix time as this host's local time; empty for None."""
    return "" if seconds is None else datetime.fromtimestamp(seconds).astimezone().strftime("%d %b %H:%M:%S")


def ago(seconds: float | None, now: float | None = None) -> str:
    """Write how long ago a Unix time is: 'now', '2m', '3h', '4d'."""
    if seconds is None:
        return ""
    age = max(0, int((time.time() if now is None else now) - seconds))
    for unit_size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if age >= unit_size:
            return f"{age // unit_size}{unit}"
    return "now" if age < 5 else f"{age}s"


def until(seconds: float, now: float | None = None) -> str:
    """Write when a Unix time to come is: '0:24', '45m', '16:00' today, '23 Nov 06:30' later, 'due' when past."""
    current = time.time() if now is None else now
    left = int(seconds - current)
    if left <= 0:
        return "due"
    if left < 3600:
        return f"{left // 60}:{left % 60:02}" if left < 600 else f"{left // 60}m"
    return clock(seconds, current)


def clock(seconds: float | None, now: float | None = None, *, exact: bool = False) -> str:
    """Write a Unix time as the clock shows it, with the date only where it is not today; a dash for None."""
    if seconds is None:
        return "–"
    there = datetime.fromtimestamp(seconds).astimezone()
    here = datetime.fromtimestamp(time.time() if now is None else now).astimezone()
    form = "%H:%M:%S" if exact else "%H:%M"
    return there.strftime(form if there.date() == here.date() else f"%d %b {form}")


def utc(seconds: float) -> str:
    """Write a Unix time as UTC: '2026-11-21 06:00:00Z'."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def took(seconds: float | None) -> str:
    """Write a span of time: '0.4 s', '95 s', '12 min', '3.5 h'; a dash for None."""
    if seconds is None:
        return "–"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 600:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def duration(seconds: int) -> str:
    """Write a span of time as the project's files do: '10 minutes', '1 hour', '90 seconds'."""
    for unit_size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds and seconds % unit_size == 0:
            return counted(seconds // unit_size, unit)
    return counted(seconds, "second")


def size(number: float) -> str:
    """Write a number of bytes: '812 B', '1.9 MB', '5.5 TB'."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:,.1f} TB"


def money(dollars: float) -> str:
    """Write a sum in USD: '$31.25', '$0.007', 'less than $0.001'."""
    if dollars < _LEAST_DOLLARS:
        return f"less than ${_LEAST_DOLLARS}"
    return f"${dollars:.3f}" if dollars < 0.01 else f"${dollars:,.2f}"


def will_read(estimate: Estimate) -> str:
    """Say what a query will read and cost: 'reads 1.2 GB, about $0.007'. The price goes where it would say nothing."""
    certainty, dollars = estimate.certainty, estimate.dollars
    said = f"reads {'' if certainty == 'about' else f'{certainty} '}{size(estimate.bytes)}"
    if dollars is None:
        return said
    if dollars < _LEAST_DOLLARS:
        return said if certainty == "at least" else f"{said}, {money(dollars) if dollars else 'free of charge'}"
    return f"{said}, {certainty} {money(dollars)}"


def has_read(bill: Bill) -> str:
    """Say what a query has read and cost: 'read 1.2 GB, billed for 1.2 GB, about $0.007'."""
    said = f"read {size(bill.read)}"
    if bill.dollars is None:
        return said
    if not bill.billed:
        return f"{said}, free of charge"
    about = "about " if bill.dollars >= _LEAST_DOLLARS else ""
    return f"{said}, billed for {size(bill.billed)}, {about}{money(bill.dollars)}"


def sparkline(values: Sequence[float]) -> str:
    """Draw values as one line of bars, the highest full."""
    most = max(values, default=0)
    return "".join(_BARS[round(value / most * (len(_BARS) - 1))] if most else _BARS[0] for value in values)
