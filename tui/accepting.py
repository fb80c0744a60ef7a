"""Answering what guards ask: the questions once more, then a run that accepts them. Some have no plain yes, and say so.

An undo is asked about in the same way, with what it would send back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.words import counted
from tui.drawing import Line, Span, line
from tui.screens.base import Actor
from tui.screens.dialogs import Choose, Confirm
from tui.widgets.table import Row

__all__ = ["accept_and_run", "undo_run"]


async def accept_and_run(page: Actor, sync: str, questions: Sequence[Mapping[str, Any]], *words: str) -> bool:
    """Ask what the guards ask; start the run where all was answered. Say whether it was started."""
    console = page.console
    asked = {str(question["guard"]): question for question in questions}
    if choice := _choice(asked):
        said = await console.push_screen_wait(choice)
        if not said:
            return False
        await console.start_run(sync, *((said,) if said in ("--yes", "--replan") else (said, "--yes")), *words)
        return True
    closed = [question for question in questions if question.get("acceptable") is False]
    if closed:
        console.tell(f"{closed[0]['message']} {closed[0]['remedy']}", "warn")
        return False
    if questions:
        details = [part for question in questions for part in _details(question)]
        many = f"{len(questions)} questions" if len(questions) > 1 else "One question"
        if not await console.push_screen_wait(
            Confirm(f"{many} before {sync} is sent", yes="Send it all the same", details=details)
        ):
            return False
    await console.start_run(sync, *(("--yes",) if questions else ()), *words)
    return True


def _details(question: Mapping[str, Any]) -> list[Line]:
    found = [line(Span("! ", "warn"), str(question["message"]))]
    found += [line(("    " + str(example), "muted")) for example in list(question.get("evidence") or ())[:5]]
    return found


async def undo_run(page: Actor, sync: str, run: str) -> bool:
    """Show what a run overwrote; send it back where one says so. Say whether that was started."""
    console = page.console
    found = (await page.bridge.ask("undo", sync=sync, run=run))["undos"]
    rows = sum(each["rows"] for each in found)
    if not rows:
        console.tell(
            "That run overwrote nothing that could be sent back: its rows were new, or changed again since.", "warn"
        )
        return False
    details = [part for each in found for part in _undone(each)]
    text = "The next run sends what the query says, so mend that first."
    yes = f"Send {counted(rows, 'row')} back"
    if not await console.push_screen_wait(Confirm(f"Undo run {run[:4]} of {sync}", text, yes=yes, details=details)):
        return False
    await console.undo(sync, run)
    return True


def _undone(found: Mapping[str, Any]) -> list[Line]:
    """Say what one destination would get back, with examples."""
    if found["problem"]:
        return [line(Span("! ", "warn"), f"{found['destination']}: {found['problem']}")]
    head = f"{found['destination']}: {counted(found['rows'], 'row')} back to what they were"
    kept = [f"{found[name]:,} {word}" for name, word in _LEFT.items() if found[name]]
    lines = [line(head)]
    lines += [line((f"left alone: {', '.join(kept)}", "muted"))] if kept else []
    for change in found["changes"][:3]:
        fields = ", ".join(f"{each['path']} {each['old']} → {each['new']}" for each in change["fields"][:3])
        lines.append(line(("  ~ " + ", ".join(change["identity"].values()), "text"), (f"  {fields}", "muted")))
    return lines + [part for question in found["questions"] for part in _details(question)]


_LEFT = {"added": "new in that run", "since": "changed again since"}


def _choice(asked: Mapping[str, Mapping[str, Any]]) -> Choose | None:
    """Give the choice that a question needs for which yes is not answer enough."""
    if "account_changed" in asked or "host_changed" in asked:
        return _place(asked)
    if "canary" not in asked:
        return None
    rows = [
        Row("--replan", (Span("plan anew"), Span("give up what was not sent, after the query was mended", "muted"))),
        Row("--yes", (Span("send the rest"), Span("of the same plan, though calls were refused", "muted"))),
    ]
    return Choose(str(asked["canary"]["message"]), rows)


def _place(asked: Mapping[str, Mapping[str, Any]]) -> Choose:
    """Ask whose key or address this is."""
    rotated = Row(
        "--key-rotated", (Span("the same account"), Span("only the key is new; nothing is sent again", "muted"))
    )
    another = Row(
        "--another-place", (Span("another place"), Span("a new ledger; everything is sent there anew", "muted"))
    )
    rows = [another] if "host_changed" in asked else [rotated, another]
    message = next(str(asked[guard]["message"]) for guard in ("host_changed", "account_changed") if guard in asked)
    return Choose(message, rows)
