"""The range of each of a destination's limits: outside of it a delivery would never end, or never begin."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core.errors import ProjectError

__all__ = ["RANGES", "check_limits"]

RANGES: Mapping[str, tuple[float, float, str]] = {
    "columns": (1, 10_000, "columns"),
    "rows": (1, 10**12, "rows"),
    "call_bytes": (256, 10**9, "bytes"),
    "batch_calls": (1, 10**6, "calls"),
    "batch_bytes": (256, 10**9, "bytes"),
    "message_id": (1, 10_000, "characters"),
    "requests": (0.01, 10**6, "requests a second"),
    "connections": (1, 256, "connections"),
    "attempts": (1, 1_000, "attempts"),
    "backoff": (0.0001, 3_600, "seconds"),
    "backoff_most": (0.0001, 86_400, "seconds"),
    "timeout": (0.05, 3_600, "seconds"),
}
"""The least and the most that each limit can be, and its unit."""


def check_limits(file: Path, given: Mapping[str, float]) -> None:
    """Raise ProjectError where one of the limits that a destination's file gives is out of its range."""
    for name, value in given.items():
        least, most, unit = RANGES[name]
        if not least <= value <= most:
            raise ProjectError(
                f"limits.{name}: {value:g} is out of range; use {least:g} to {most:,.0f} {unit}.",
                where=str(file),
                remedy="Fix the value, or remove the line: the type has a limit of its own.",
            )
