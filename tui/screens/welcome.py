"""The welcome: there is no project in this folder. Three ways on, each one key away."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from textual.app import ComposeResult

from core.errors import BackhaulError
from tui.drawing import Line, Span, line, wrapped
from tui.screens.base import Page
from tui.screens.dialogs import Ask
from tui.widgets.sheet import Sheet

__all__ = ["Welcome"]


class Welcome(Page):
    """No project here."""

    scope = "welcome"
    tab = "Home"

    DEFAULT_CSS = "Welcome #welcome { padding-top: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._doing = ""
        self._problem: tuple[str, str] | None = None

    def body(self) -> ComposeResult:
        yield Sheet(self._lines, id="welcome")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(Sheet).focus()

    def hints(self) -> Iterable[str]:
        return ("welcome.demo", "welcome.new", "welcome.open", "global.theme", "global.keys", "global.quit")

    def why_not(self, name: str) -> str:
        return "something is being made" if self._doing else ""

    def _lines(self, width: int) -> list[Line]:
        keys = self.console.keys
        here = self.console.folder

        def way(action: str, what: str, more: str) -> list[Line]:
            return [
                line(Span(f"{keys.shown(action):<4}", "bold accent"), Span(what, "bold text")),
                *wrapped(more, width - 4, "muted", indent=4),
                Line(),
            ]

        lines = [
            line(Span("Backhaul", "bold accent"), ("   rows of your warehouse, delivered as calls", "muted")),
            Line(),
        ]
        lines += [*wrapped(f"There is no project in {here}.", width), Line()]
        lines += way(
            "welcome.demo",
            "Try the demo",
            "A small company in an embedded warehouse, delivering to a local file. No network, no keyring, nothing outside ./backhaul-demo.",
        )
        lines += way(
            "welcome.new",
            "Make a project here",
            "A folder of plain files, made to be kept in git. It never contains a secret.",
        )
        lines += way("welcome.open", "Open another folder", "Where a backhaul.toml is.")
        if self._doing:
            lines.append(line(Span("► ", "run"), self._doing))
        if self._problem:
            message, remedy = self._problem
            lines += [line(Span("✗ ", "fail"), message), *wrapped(remedy, width, "muted", indent=2)]
        return lines

    def _show(self, doing: str = "", problem: tuple[str, str] | None = None) -> None:
        self._doing, self._problem = doing, problem
        self.query_one(Sheet).rebuild()
        self.refresh_bars()

    def do_back(self) -> None:
        """There is nothing to go back to."""

    async def do_demo(self) -> None:
        """Make the demo, in a process of its own, and open it."""
        import sys

        folder = self.console.folder / "backhaul-demo"
        self._show("making the demo …")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "tui.main",
            "demo",
            str(folder),
            "--json",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _out, said = await process.communicate()
        if process.returncode:
            from tui.crash import spoken

            self._show(problem=(spoken(said.decode("utf-8", "replace")), ""))
            return
        await self.console.open_project(folder)

    async def do_new(self) -> None:
        """Make an empty project here."""
        from core import project

        folder = self.console.folder
        try:
            await asyncio.to_thread(project.initialise, folder)
        except BackhaulError as error:
            self._show(problem=(error.message, error.remedy))
        except OSError as error:
            self._show(
                problem=(
                    f"The project cannot be made: {error.strerror}.",
                    f"Make {folder} writable, or go to another folder.",
                )
            )
        else:
            await self.console.open_project(folder)

    async def do_open(self, path: str = "") -> None:
        """Open a project elsewhere."""
        from core import project

        answer = path or await self.console.push_screen_wait(Ask("Which folder", str(self.console.folder)))
        if not answer:
            return
        found = await asyncio.to_thread(lambda: project.find(Path(answer).expanduser().absolute()))
        if found is None:
            self._show(
                problem=(
                    f"There is no project in {answer}, nor above it.",
                    "A project's folder contains backhaul.toml.",
                )
            )
            return
        await self.console.open_project(found)
