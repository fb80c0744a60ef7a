"""What a console would start, written down instead: pages are tested for what they ask of the bridge, journeys for what comes of it."""

from __future__ import annotations

import pytest

from tui.bridge import Bridge

__all__ = ["Started", "record"]

Started = list[tuple[str, ...]]


def record(monkeypatch: pytest.MonkeyPatch) -> Started:
    """Have the bridge write down what it is to start."""
    found: Started = []

    async def start(_bridge: Bridge, what: str, sync: str, *words: str, run: str = "") -> None:
        found.append((what, run or sync, *words))

    monkeypatch.setattr(Bridge, "start", start)
    return found
