"""What is asked about a project that nobody has allowed on this machine what it names outside of its folder (core.trust).

The first choice, which Enter takes, allows nothing: what was pressed before the question was read must not answer it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.model import Reach
from tui.drawing import Line, Span, line, wrapped
from tui.messages import Refused
from tui.screens.dialogs import Choose
from tui.widgets.table import Row

if TYPE_CHECKING:
    from tui.app import Console

__all__ = ["ask_about_trust"]

_LOOK, _TRUST = "look", "trust"
_SHOWN = 8


async def ask_about_trust(console: Console) -> None:
    """Show what the project would run and reach, and allow it where that is wanted."""
    project = console.bridge.snapshot.project
    if project is None or not project.untrusted:
        console.tell("There is nothing to trust: what this project names outside of its folder is allowed.", "muted")
        return
    rows = [
        Row(_LOOK, (Span("Look only"), Span("nothing of it is run or reached", "muted"))),
        Row(_TRUST, (Span("Trust this folder"), Span("on this machine, until a line of it changes", "muted"))),
    ]
    asked = Choose(
        "This folder is not trusted yet", rows, chosen=_LOOK, details=lambda width: _told(project.untrusted, width)
    )
    if await console.push_screen_wait(asked) != _TRUST:
        console.tell("Looking only: `:trust` asks again.", "muted")
        return
    try:
        await console.bridge.trust()
    except Refused as error:
        console.tell(f"{error.message} {error.remedy}".strip(), "fail")
    else:
        console.tell("This folder is trusted. `backhaul trust --revoke` takes that back.", "ok")


def _told(reaches: Sequence[Reach], width: int) -> list[Line]:
    lines = [line("It would, outside of its folder:")]
    for reach in reaches[:_SHOWN]:
        first, *rest = wrapped(f"{reach.place}: it {reach.says}", width - 2)
        lines += [line(Span("! ", "warn"), *first.left), *(line("  ", *each.left) for each in rest)]
    if len(reaches) > _SHOWN:
        lines.append(line((f"and {len(reaches) - _SHOWN} more: `backhaul trust` shows them", "muted")))
    return lines
