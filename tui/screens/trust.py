"""What is asked about a project that nobody has allowed on this machine what it names outside of its folder (core.trust).

The first choice, which Enter takes, allows nothing: what was pressed before the question was read must not answer it. What does not
fit on the screen is shown page by page, commands first, and only the last page offers to trust: nobody allows what was not on screen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from core.formatting import counted
from core.model import Reach
from tui.drawing import Line, Span, line, wrapped
from tui.messages import Refused
from tui.screens.dialogs import Choose
from tui.widgets.table import Row

if TYPE_CHECKING:
    from tui.console_api import ConsoleApi

__all__ = ["ask_about_trust"]

_LOOK, _NEXT, _TRUST = "look", "next", "trust"
_FRAME = 14
"""Lines of the screen that the question, its choices and what surrounds them take."""

_WIDTH = 66
"""Columns of a line of the question; a terminal has at least 80."""


async def ask_about_trust(console: ConsoleApi) -> None:
    """Show what the project would run and reach, and allow it where that is wanted."""
    project = console.bridge.snapshot.project
    if project is None or not project.untrusted:
        console.tell("There is nothing to trust: what this project names outside of its folder is allowed.", "muted")
        return
    if not await _is_wanted(console, project.untrusted):
        console.tell("Looking only: `:trust` asks again.", "muted")
        return
    try:
        await console.bridge.trust(project)
    except Refused as error:
        console.tell(f"{error.message} {error.remedy}".strip(), "fail")
    else:
        console.tell("This folder is trusted. `backhaul trust --revoke` takes that back.", "ok")


async def _is_wanted(console: ConsoleApi, reaches: Sequence[Reach]) -> bool:
    """Show every line, page by page, and return whether the folder is to be trusted."""
    lines = _lines(sorted(reaches, key=lambda reach: "runs the command" not in reach.says))
    height = max(console.size.height - _FRAME, 4)
    pages = [lines[start : start + height] for start in range(0, len(lines), height)]
    look = Row(_LOOK, (Span("Look only"), Span("nothing of it is run or reached", "muted")))
    for number, page in enumerate(pages, 1):
        if number < len(pages):
            left = sum(map(len, pages[number:]))
            onward = Row(
                _NEXT, (Span("Show more"), Span(f"{counted(left, 'more line')} before you can trust it", "muted"))
            )
        else:
            onward = Row(
                _TRUST, (Span("Trust this folder"), Span("on this machine, until a line of it changes", "muted"))
            )
        title = "This folder is not trusted yet" + (f" ({number} of {len(pages)})" if len(pages) > 1 else "")
        asked = Choose(title, [look, onward], chosen=_LOOK, details=_shown(page))
        if await console.push_screen_wait(asked) != onward.key:
            return False
    return True


def _shown(page: Sequence[Line]) -> Callable[[int], Sequence[Line]]:
    return lambda _width: [line("It would, outside of its folder:"), *page]


def _lines(reaches: Sequence[Reach]) -> list[Line]:
    lines = []
    for reach in reaches:
        first, *rest = wrapped(f"{reach.place}: it {reach.says}", _WIDTH - 2)
        lines += [line(Span("! ", "warn"), *first.left), *(line("  ", *each.left) for each in rest)]
    return lines
