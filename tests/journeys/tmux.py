"""A tmux of our own for each journey: a server on its own socket, one pane of a size, keys in and text out."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

__all__ = ["ONE_SLOW", "ROOT", "SIZES", "Person", "at_the_console"]

ROOT = Path(__file__).parents[2]
SIZES = [(80, 24), (160, 45)]
ONE_SLOW = [(80, 24), pytest.param((160, 45), marks=pytest.mark.slow)]
"""For long journeys: the large terminal is part of the command that takes longer."""

_PATIENCE = 30.0


@dataclass(slots=True)
class Person:
    """Someone before a terminal, who presses keys and reads."""

    socket: str
    size: tuple[int, int]

    def tmux(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            ["tmux", "-L", self.socket, *words], capture_output=True, text=True, timeout=10, check=False
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    @property
    def wide(self) -> bool:
        return self.size[0] >= 120

    def screen(self) -> str:
        """Return what the terminal shows."""
        return self.tmux("capture-pane", "-p", "-t", "journey")

    def press(self, *keys: str) -> None:
        """Press keys, as tmux names them (Enter, Escape, C-r), one after the other."""
        for key in keys:
            self.tmux("send-keys", "-t", "journey", key)
            time.sleep(0.6 if key == "Escape" else 0.05)  # a letter right behind Esc would be Alt and that letter

    def type(self, text: str) -> None:
        """Type a text."""
        self.tmux("send-keys", "-t", "journey", "-l", text)
        time.sleep(0.1)

    def paste(self, text: str) -> None:
        """Paste a text, as terminals do: between the marks of a bracketed paste, with carriage returns for line ends."""
        given = ["tmux", "-L", self.socket, "load-buffer", "-b", "pasted", "-"]
        subprocess.run(given, input=text, text=True, timeout=10, check=True)
        self.tmux("paste-buffer", "-p", "-d", "-b", "pasted", "-t", "journey")

    def history(self) -> str:
        """Return all that the terminal keeps: what scrolled away, and what it shows."""
        return self.tmux("capture-pane", "-p", "-J", "-S", "-", "-t", "journey")

    def sees(self, wanted: str | Callable[[str], bool], *, seconds: float = _PATIENCE) -> str:
        """Wait until the screen shows a text (a regular expression); give the screen. Fails with what it shows instead."""
        end = time.monotonic() + seconds
        screen = ""
        while time.monotonic() < end:
            screen = self.screen()
            if re.search(wanted, screen) if isinstance(wanted, str) else wanted(screen):
                return screen
            time.sleep(0.05)
        raise AssertionError(f"{wanted!r} was not seen within {seconds} s. The screen:\n{screen}")

    def sees_no(self, unwanted: str, *, seconds: float = _PATIENCE) -> str:
        """Wait until the screen shows a text no more."""
        return self.sees(lambda screen: not re.search(unwanted, screen), seconds=seconds)

    def goes_back_to(self, wanted: str) -> str:
        """Press Escape until the screen shows a text (a regular expression). Two that a busy terminal reads as one are one."""
        for _ in range(5):
            self.press("Escape")
            with contextlib.suppress(AssertionError):
                return self.sees(wanted, seconds=_PATIENCE / 10)
        return self.sees(wanted)

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the terminal."""
        self.tmux("resize-window", "-t", "journey", "-x", str(columns), "-y", str(lines))

    def closes_the_terminal(self) -> None:
        """Close the window: the program gets a hang-up."""
        self.tmux("kill-session", "-t", "journey")


@contextlib.contextmanager
def at_the_console(
    folder: Path,
    size: tuple[int, int],
    *words: str,
    env: Mapping[str, str] | None = None,
    name: str = "",
    within: str = "",
) -> Iterator[Person]:
    """Open the program in a folder, in a terminal of a size; nothing is left behind.

    `within` is a command that runs it, `{}` in it the program: a session with a keyring, say.
    """
    socket = f"backhaul-journey-{os.getpid()}-{time.monotonic_ns()}{name}"
    surroundings = {
        "COLORTERM": "truecolor",
        "PYTHONPATH": str(ROOT),
        "XDG_CONFIG_HOME": str(folder / ".config-of-test"),
        "TZ": "UTC",
        "LANG": "C.UTF-8",
        **(env or {}),
    }
    given = " ".join(f"{key}={shlex.quote(value)}" for key, value in surroundings.items())
    program = shlex.join([sys.executable, "-m", "tui.main", *words])
    if within:
        program = within.replace("{}", program)
    command = f'cd {shlex.quote(str(folder))} && env -u NO_COLOR -u COLUMNS -u LINES {given} {program}; echo "ended with $?"; sleep 600'
    person = Person(socket, size)
    person.tmux(
        "-f", "/dev/null", "new-session", "-d", "-s", "journey", "-x", str(size[0]), "-y", str(size[1]), command
    )
    try:
        yield person
    finally:
        person.tmux("kill-server", check=False)
