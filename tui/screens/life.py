"""One key's life in a sync: what was acknowledged, refused, pending, and the curl that repeats it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.formatting import clock
from core.json_text import read_json
from tui.drawing import Line, Span, heading, line, wrapped
from tui.json_lines import json_lines
from tui.screens.base import Actor
from tui.screens.dialogs import Ask, Read
from tui.screens.summary import plain_reason

__all__ = ["ask_for_key", "history_lines"]

_SIGNS = {"acknowledged": ("✓", "ok"), "assumed": ("✓", "ok"), "rejected": ("✗", "fail"), "pending": ("►", "run")}


def ask_for_key(page: Actor, sync: str, key: str = "") -> None:
    """Ask for a key, and show its life."""

    def show(answer: str | None) -> None:
        if answer:
            page.attempt(lambda: _show(page, sync, answer))

    if key:
        show(key)
    else:
        page.console.push_screen(Ask(f"{sync}: whose life", note="a userId; for events a messageId"), show)


async def _show(page: Actor, sync: str, key: str) -> None:
    lives = (await page.bridge.ask("explain", sync=sync, key=key))["lives"]
    if not lives:
        never = f"{key} was never sent by {sync}, and never refused: no result of its query had it, or no run was done."
        page.console.push_screen(Read(lambda width: [heading(f"{key} in {sync}"), *wrapped(never, width)]))
        return
    copies = next((life["curl"] for life in lives if life["curl"]), "")
    page.console.push_screen(Read(lambda width: _lines(lives, key, width), copies=copies))


def _lines(lives: Sequence[Mapping[str, Any]], key: str, width: int) -> list[Line]:
    lines: list[Line] = []
    for life in lives:
        mark, style = _SIGNS.get(life["state"], ("?", "muted"))
        lines += [
            heading(f"{key} in {life['destination']}", Span(f"{mark} {life['state']}", style)),
            *history_lines([life]),
        ]
        if life["call"]:
            lines += [Line(), *json_lines(read_json(life["call"]))]
        if life["curl"]:
            lines += [Line(), heading("To repeat it", ("y copies", "muted")), *wrapped(life["curl"], width, "muted")]
        lines.append(Line())
    return lines


def history_lines(lives: Sequence[Mapping[str, Any]]) -> list[Line]:
    """Return what happened to a key, the newest first."""
    found: list[tuple[float, Line]] = []
    for life in lives:
        if life["at"] or life["state"] in ("acknowledged", "assumed"):
            mark, style = _SIGNS.get(life["state"], ("?", "muted"))
            when = clock(life["at"]) if life["at"] else "earlier"
            found.append(
                (
                    life["at"] or 0.0,
                    line(
                        Span(f"{mark} ", style), (f"{when:<13}", "muted"), f"{life['state']} by {life['destination']}"
                    ),
                )
            )
        found += [
            (
                row["created"],
                line(
                    Span("✗ ", "fail"),
                    (f"{clock(row['created']):<13}", "muted"),
                    f"refused: {plain_reason(str(row['reason']), row['status'])}",
                ),
            )
            for row in life["rejected"]
        ]
        found += [(0.0, line(("  " + note, "muted"))) for note in life["notes"]]
    return [shown for _at, shown in sorted(found, key=lambda entry: -entry[0])] or [
        line(("Nothing is known of it.", "muted"))
    ]
