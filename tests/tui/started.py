"""What a console would start, written down instead: pages are tested for what they ask for, journeys for what comes of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tui.run_starter import Running

__all__ = ["Started", "record"]

Started = list[tuple[str, ...]]


def record(monkeypatch: pytest.MonkeyPatch) -> Started:
    """Have what is to be started written down."""
    found: Started = []

    async def start(_running: Running, what: str, *syncs: str, words: Sequence[str] = (), run: str = "") -> None:
        found.append((what, *([run] if run else syncs), *words))

    monkeypatch.setattr(Running, "start", start)
    return found
