"""A walk through every page, dialog and line of the console, for a console in this process and for one on a terminal alike."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol

from textual import events
from textual.keys import _character_to_key

from tests.tui.harness import screen_text
from tests.tui.hostile import MIXED, Glass
from tests.tui.terminal import Terminal
from tui.app import Console

__all__ = ["WALK", "Headless", "Key", "OnTerminal", "Pasted", "Step", "Walker", "walk"]

_PATIENCE = 15.0
_BYTES = {
    "enter": "\r",
    "escape": "\x1b",
    "pagedown": "\x1b[6~",
    "tab": "\t",
    "down": "\x1b[B",
    "up": "\x1b[A",
    "alt+y": "\x1by",
    "alt+a": "\x1ba",
    "ctrl+f": "\x06",
    "ctrl+o": "\x0f",
    "ctrl+r": "\x12",
    "ctrl+s": "\x13",
    "ctrl+t": "\x14",
    "ctrl+v": "\x16",
}


class Key(str):
    """A key by its name; any other text is typed."""

    __slots__ = ()


class Pasted(str):
    """A text that is pasted."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What is pressed, typed and pasted, and what the screen then shows; `gone`: what it then no longer shows."""

    does: tuple[str, ...]
    sees: str = ""
    gone: str = ""


class Walker(Protocol):
    """Someone who walks: presses, types, pastes, and looks."""

    async def do(self, what: str) -> None: ...

    async def look(self) -> str: ...


class Headless:
    """Walks through a console in this process. Keys come as a driver brings them: nobody waits until the last one is done."""

    def __init__(self, app: Console) -> None:
        self.app = app

    async def do(self, what: str) -> None:
        if isinstance(what, Pasted):
            self.app.post_message(events.Paste(what))
        elif isinstance(what, Key):
            self.app.post_message(events.Key(what, {"enter": "\r", "tab": "\t", "escape": "\x1b"}.get(what)))
        else:
            for letter in what:
                self.app.post_message(events.Key(_character_to_key(letter), letter))

    async def look(self) -> str:
        await asyncio.sleep(0.02)
        return screen_text(self.app)


class OnTerminal:
    """Walks through a console on a terminal."""

    def __init__(self, terminal: Terminal, size: tuple[int, int]) -> None:
        self.terminal, self.glass = terminal, Glass(*size)

    async def do(self, what: str) -> None:
        if isinstance(what, Pasted):
            self.terminal.press(f"\x1b[200~{what}\x1b[201~")
        elif isinstance(what, Key):
            self.terminal.press(_BYTES[what])
        else:
            self.terminal.press(what)
        if what == "escape" or what.startswith("alt+"):
            self.terminal.read(0.15)  # a letter right behind Esc would be Alt and that letter

    async def look(self) -> str:
        self.terminal.read(0.03)
        return self.glass.look(self.terminal.written)


async def walk(walker: Walker, step: Step) -> str:
    """Take a step; return what the screen then shows. Fails with the screen where it does not show what it should."""
    for each in step.does:
        await walker.do(each)
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        screen = await walker.look()
        if (
            screen.strip() and step.sees in screen and not (step.gone and step.gone in screen)
        ):  # it may not be drawn yet
            return screen
        await asyncio.sleep(0.02)
    raise AssertionError(f"{step} was not seen:\n{screen}")


def _command(words: str, sees: str, gone: str = "") -> Step:
    return Step((":", Pasted(words), Key("enter")), sees, gone)


def _back(gone: str, sees: str = "") -> Step:
    return Step((Key("escape"),), sees, gone)


WALK: tuple[Step, ...] = (
    Step((), "people →"),
    # one run, its rows, its log
    _command("open people", "Rejected, by cause"),
    Step((Key("tab"),), "▌ u_03"),
    Step((Key("enter"),), "Response"),
    Step(("y",), "copied"),
    Step((Key("escape"),), "Rejected, by cause"),
    Step(("u",), "copied"),
    Step(("l",), "Log of run"),
    _back("Log of run"),
    Step(("x",), "Save"),
    _back("Save"),
    _back("Run ", "people →"),
    _command("open failing", "Why", gone="Next"),
    _back("Why", "people →"),
    _command("open misnamed", "Why", gone="Next"),
    _back("Why", "people →"),
    _command("rejected people", "Open rejected rows"),
    _back("Open rejected rows", "people →"),
    # what would be sent
    _command("plan people", "Blocked by guard"),
    Step((Key("enter"),), '"type"'),
    Step((Key("escape"), "f"), "Blocked by guard"),
    Step(("r",), "Send 19 calls"),
    _back("is blocked by guard"),
    _back("Blocked by guard", "people →"),
    _command("explain u_01", "acknowledged by"),
    Step(("y",), "copied"),
    _back("acknowledged by"),
    # the editor
    _command("edit people", "Preview ─"),
    Step((Key("ctrl+r"),), "all there are"),
    Step((Pasted(MIXED),), "people → cio *"),
    _back("leave the text"),
    Step((Key("down"), Key("down"), Key("enter")), '"userId"'),
    Step(("y",), "copied"),
    Step((Key("escape"), "3", Key("ctrl+f"), Pasted(MIXED)), "Replace"),
    Step((Key("tab"), Pasted(MIXED)), "Replace"),
    _back("Replace", "leave the text"),
    _back("leave the text"),
    Step(("2",), "customerio"),
    # sources and forms
    Step((Key("ctrl+t"),), "works"),
    Step(("n",), "▌ Or choose"),
    Step((Pasted(MIXED),), "no connection string"),
    Step((Key("down"), Key("down"), Key("enter")), "Esc later  ^K"),  # a field has the keys
    Step((Pasted(MIXED), "Q7"), "Q7"),
    Step((Key("alt+a"), Key("alt+y")), "copied"),
    Step((Key("tab"), Key("ctrl+v"), Key("pagedown")), "✗"),
    Step((Key("escape"),), "Leave the set-up?"),
    Step((Key("enter"),), "customerio", gone="New source"),
    Step(("1",), "people →", gone="not tested"),
    _command("settings people", "Settings of people"),
    Step((Key("ctrl+s"),), "are saved"),
    # runs, and what lies over every page
    Step(("4",), "Log of"),
    Step(("l", "f"), "only runs that went wrong"),
    Step((Key("enter"),), "Log of", gone="only runs that went wrong"),
    _command("sync people", "What can be done"),
    Step(("Y",), "copied"),
    Step(("v",), "Rejected, by cause"),
    Step(("v",), "Events"),
    Step(("G", "Y"), "this is how it ended"),
    _back("Events", "Rejected, by cause"),
    _back("Rejected, by cause", "What can be done"),
    _back("What can be done", "Log of"),
    Step((":", Pasted(MIXED)), "Unknown command"),
    _back("Unknown command"),
    Step(("/", Pasted(MIXED)), "Filter rows"),
    _back("Filter rows"),
    Step(("?",), "Open the chosen run"),
    _back("Open the chosen run"),
    Step((Key("ctrl+o"),), "a Runs"),
    _back("a Runs"),
    Step(("M",), "Messages"),
    _back("Messages"),
    Step(("1",), "Next"),
    Step((":open ", Pasted(MIXED), Key("enter")), "There is no sync"),
)
"""Each page, dialog and line, with hostile text pasted wherever text can be pasted."""
