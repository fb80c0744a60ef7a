"""The signs of states, with their colours: a state is always a sign and a word, or a sign where a head says what it is."""

from __future__ import annotations

from collections.abc import Sequence

from tui.drawing import Span

__all__ = ["STATES", "bar", "history", "sign", "state"]

STATES = {
    "succeeded": ("✓", "ok", "done"),
    "running": ("►", "run", "running"),
    "partial": ("!", "warn", "partial"),
    "stopped": ("!", "warn", "stopped"),
    "failed": ("✗", "fail", "failed"),
    "paused": ("║", "muted", "paused"),
    "disabled": ("║", "muted", "paused"),
    "skipped": ("!", "warn", "skipped"),
    "never run": ("○", "muted", "not yet"),
}
_UNKNOWN = ("?", "muted", "unknown")


def sign(name: str) -> Span:
    """Return the sign of a state."""
    mark, style, _word = STATES.get(name, _UNKNOWN)
    return Span(mark, style)


def state(name: str) -> tuple[Span, Span]:
    """Return the sign and the word of a state."""
    mark, style, word = STATES.get(name, _UNKNOWN)
    return Span(f"{mark} ", style), Span(word, style)


def history(states: Sequence[str], most: int) -> tuple[Span, ...]:
    """Return the last states as signs, the newest at the right; those that went well are quiet."""
    shown = []
    for name in reversed(states[:most]):
        mark, style, _word = STATES.get(name, _UNKNOWN)
        shown.append(Span(mark, "muted" if name == "succeeded" else style))
    return tuple(shown)


def bar(share: float, width: int) -> tuple[Span, Span]:
    """Return a line of progress: heavy for what is done, thin for the rest."""
    done = min(max(round(share * width), 0), width)
    return Span("━" * done, "run"), Span("─" * (width - done), "line")
