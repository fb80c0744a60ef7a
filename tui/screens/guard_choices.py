"""What a guard blocks is a choice on the spot: send it nevertheless, send what is valid, open the query, or cancel.

An undo is asked about in the same way, with what it would send back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.formatting import counted
from tui.drawing import Line, Span, line, wrapped
from tui.screens.base import Actor
from tui.screens.dialogs import Choose, Confirm
from tui.widgets.table import Row

__all__ = ["accept_and_run", "choice_of", "undo_run", "ways_to_send"]


EDIT = "edit"
"""The choice to open the query instead."""
CANCEL = "cancel"


async def accept_and_run(
    page: Actor, sync: str, questions: Sequence[Mapping[str, Any]], *words: str, calls: int | None = None
) -> bool:
    """Have someone choose what to do about the guards' questions; start the run if that is the choice. Say whether it was started.

    `calls` is how many calls the run would send, where that is known; `words` are more options of the run.
    """
    console = page.console
    chosen: Sequence[str] = ()
    if questions:
        answer = await console.push_screen_wait(choice_of(sync, questions, calls))
        if answer == EDIT:
            console.open_editor(sync)
        if answer in (None, EDIT, CANCEL):
            return False
        chosen = str(answer).split()
    await console.start_run(sync, *chosen, *words)
    return True


def choice_of(sync: str, questions: Sequence[Mapping[str, Any]], calls: int | None) -> Choose:
    """Return the choice that answers these questions: what can be sent, opening the query, or nothing of both."""
    ways = ways_to_send(questions, calls)
    rows = [Row(option, (Span(word), Span(note, "muted"))) for option, word, note in ways]
    rows += [
        Row(EDIT, (Span("Open the query"), Span("nothing is sent", "muted"))),
        Row(CANCEL, (Span("Cancel"), Span("nothing is sent", "muted"))),
    ]
    guards = ", ".join(dict.fromkeys(f'"{question["guard"]}"' for question in questions))
    word = "guard" if guards.count('"') == 2 else "guards"

    def details(width: int) -> list[Line]:
        return [part for question in questions for part in _details(question, width, told=not ways)]

    return Choose(f"{sync} is blocked by {word} {guards}", rows, details=details)


def ways_to_send(questions: Sequence[Mapping[str, Any]], calls: int | None) -> list[tuple[str, str, str]]:
    """Return the ways to send nevertheless: the options of the run, what it does, and what comes of it."""
    asked = {str(question["guard"]): question for question in questions}
    if "account_changed" in asked or "host_changed" in asked:
        return _places(asked)
    if "canary" in asked:
        return [
            ("--replan", "Plan again", "discard what was not sent, after the query was fixed"),
            ("--yes", "Send the rest", "of the same plan, although calls were rejected"),
        ]
    if any(question.get("acceptable") is False and not question.get("option") for question in questions):
        return []
    options = [str(question["option"]) for question in questions if question.get("option")]
    options += ["--yes"] if any(question.get("acceptable") is not False for question in questions) else []
    rejecting = [question for question in questions if question.get("option")]
    if not rejecting:
        what = f"Send {counted(calls, 'call')}" if calls is not None else "Send it"
        return [(" ".join(dict.fromkeys(options)), what, "this once; the guard stays as it is")]
    rejects = max(int(question["rejects"]) for question in rejecting)
    sends = sum(int(question["sends"]) for question in rejecting)
    what = f"Reject {'this row' if rejects == 1 else f'these {rejects:,}'} and send {sends:,}"
    return [(" ".join(dict.fromkeys(options)), what, "this once; the guard stays as it is")]


def _places(asked: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """Return what another key or address may mean."""
    another = ("--another-place --yes", "Another account", "a new ledger; all rows are sent there")
    if "host_changed" in asked:
        return [another]
    return [("--key-rotated --yes", "The same account", "only the key is new; nothing is resent"), another]


def _details(question: Mapping[str, Any], width: int, *, told: bool = False) -> list[Line]:
    """Return a question with examples; where nothing can be chosen, `told`, also what to do."""
    first, *rest = wrapped(str(question["message"]), width - 2)
    found = [line(Span("! ", "warn"), *first.left), *(line("  ", *each.left) for each in rest)]
    for example in list(question.get("evidence") or ())[:5]:
        found += wrapped(str(example), width, "muted", indent=4)
    if question.get("option"):
        found += wrapped(
            f'To always reject such rows: {question["guard"]} = "reject" under [guards].', width, "muted", indent=2
        )
    return found + (wrapped(str(question["remedy"]), width, "muted", indent=4) if told else [])


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

    def details(width: int) -> list[Line]:
        return [part for each in found for part in _undone(each, width)]

    text = "The next run sends what the query returns, so fix the query first."
    yes = f"Send {counted(rows, 'row')} back"
    if not await console.push_screen_wait(Confirm(f"Undo run {run[:4]} of {sync}", text, yes=yes, details=details)):
        return False
    await console.undo(sync, run)
    return True


def _undone(found: Mapping[str, Any], width: int) -> list[Line]:
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
    return lines + [part for question in found["questions"] for part in _details(question, width)]


_LEFT = {"added": "new in that run", "since": "changed again since"}
