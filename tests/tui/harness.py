"""Runs the console in a test, waits for what it shows, and compares what it shows with a snapshot.

A snapshot is text: the screen's lines, then for each line its runs of equal style. So a change of a screen is read in a
review like any other change, and a snapshot of 80x24 takes 5 kB where an SVG takes 60. Pictures for people are made by
`python -m tests.pictures`. `BACKHAUL_SNAPSHOTS=write` writes those that differ.
"""

from __future__ import annotations

import asyncio
import difflib
import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from textual._compositor import LayoutUpdate
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input

from tui.app import Console

__all__ = ["check_snapshot", "screen_text", "settled", "strips", "until"]

SNAPSHOTS = Path(__file__).parent / "snapshots"


def strips(app: Console) -> list[Strip]:
    """Return the lines of the screen as they are drawn, dialogs over pages."""
    update = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    assert isinstance(update, LayoutUpdate)
    return [strip if isinstance(strip, Strip) else Strip.join(strip) for strip in update.strips]


def screen_text(app: Console) -> str:
    """Return the text of the screen."""
    return "\n".join(strip.text.rstrip() for strip in strips(app))


async def until(pilot: Pilot[Any], wanted: str | Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Wait until the screen shows a text (or something is true); fail with the screen where it does not come."""
    app = pilot.app
    assert isinstance(app, Console)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await pilot.pause()
        if wanted in screen_text(app) if isinstance(wanted, str) else wanted():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{wanted!r} did not come within {seconds} s. The screen:\n{screen_text(app)}")


def described(app: Console) -> str:
    """Return the screen as a snapshot: its text, and the styles of each line."""
    lines = strips(app)
    text = [strip.text.rstrip() for strip in lines]
    styles = []
    for number, strip in enumerate(lines):
        runs: list[str] = []
        place = 0
        last = None
        for segment in strip:
            style = str(segment.style) if segment.style else ""
            style = " ".join(word for word in style.split() if not word.startswith("link"))
            if style != last:
                runs.append(f"{place}:{style}")
                last = style
            place += segment.cell_length
        styles.append(f"{number:2} " + " | ".join(runs))
    return "\n".join([*text, "-" * 20, *styles, ""])


def is_asking(app: Console) -> bool:
    """Return whether the helper process owes an answer, or is being started for a question."""
    helper = app.bridge._workbench
    return bool(helper._waiting) or helper._starting.locked()


async def settled(
    pilot: Pilot[Any], *, seconds: float = 15.0, expected: Callable[[str], bool] = lambda _described: False
) -> None:
    """Wait until nothing is being read or checked any more, and the screen stays as it is for a moment.

    What the helper process is asked may stand below what is seen (a scrollbar shows it): its answers are waited for. One that is as `expected` (a snapshot) need not be looked at so often.
    """
    app = pilot.app
    assert isinstance(app, Console)
    end, same, last = time.monotonic() + seconds, 0, ""
    for field in app.screen.query(Input):
        field.cursor_blink = False
    while same < (1 if last and expected(last) else 4):
        assert time.monotonic() < end, f"The screen did not come to rest:\n{last}"
        await asyncio.sleep(0.05)
        await pilot.pause()
        now = described(app)
        waiting = is_asking(app) or any(word in now for word in ("checking …", "reading the", "testing …"))
        same = same + 1 if now == last and not waiting else 0
        last = now


def without(found: str, hidden: Sequence[str]) -> str:
    """Return a screen as it was described, with what `hidden` expressions match counting by its place only."""
    for expression in hidden:
        found = re.sub(expression, lambda match: "#" * min(len(match[0]), 3), found)
    if hidden:  # where a hidden text is longer, what is beside it moves
        text, rule, styles = found.partition("-" * 20)
        found = re.sub(r"[ ─]{2,}", "  ", text) + rule + re.sub(r"[0-9]+:", ":", styles)
    return found


async def check_snapshot(pilot: Pilot[Any], name: str, *, hidden: Sequence[str] = (), at_rest: bool = True) -> None:
    """Compare the screen with its snapshot. What `hidden` expressions match (times, random ids) counts by its place only."""
    app = pilot.app
    assert isinstance(app, Console)
    file = SNAPSHOTS / f"{name}.txt"
    known = file.read_text("utf-8") if file.exists() else ""
    if at_rest:
        await settled(pilot, expected=lambda text: without(text, hidden) == known)
    found = without(described(app), hidden)
    if os.environ.get("BACKHAUL_SNAPSHOTS") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(found, "utf-8")
        return
    assert file.exists(), f"There is no snapshot {name}; BACKHAUL_SNAPSHOTS=write makes it."
    difference = "\n".join(list(difflib.unified_diff(known.split("\n"), found.split("\n"), lineterm="", n=0))[:40])
    assert found == known, f"{name} differs from its snapshot:\n{difference}\n{screen_text(app)}"
