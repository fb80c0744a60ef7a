"""Answering what guards ask: the questions once more, then a run that accepts them. Some have no plain yes, and say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tui.drawing import Line, Span, line
from tui.screens.base import Actor
from tui.screens.dialogs import Choose, Confirm
from tui.widgets.table import Row

__all__ = ["accept_and_run"]


async def accept_and_run(page: Actor, sync: str, questions: Sequence[Mapping[str, Any]], *words: str) -> bool:
    """Ask what the guards ask; start the run where all was answered. Say whether it was started."""
    console = page.console
    asked = {str(question["guard"]): question for question in questions}
    if "account_changed" in asked or "host_changed" in asked:
        said = await console.push_screen_wait(_place(asked))
        if not said:
            return False
        await console.start_run(sync, said, "--yes", *words)
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
