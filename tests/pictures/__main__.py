"""Writes screenshots/: each page at 80x24 and 160x45, as SVG and PNG, from the running console on the demo project.

    python -m tests.pictures [NAME...]

PNG is drawn by a headless Chromium, which keeps underlines; without one only the SVG is written.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.pictures.connecting import CONNECTING, with_a_keyring
from tests.pictures.stage import SECRETS, a_daemon, a_run_goes_on, set_the_stage
from tests.pictures.svg import svg_of
from tests.servers.receiving import receiving
from tests.tui.guided import keyring_in_memory
from tests.tui.harness import screen_text, strips, until
from tui.app import Console

FOLDER = Path(__file__).parents[2] / "screenshots"
SIZES = ((80, 24), (160, 45))
Act = Callable[[Pilot[Any], Console], Awaitable[None]]


def pressing(*steps: str | tuple[str, ...]) -> Act:
    """Return what presses keys (a tuple) and waits for a text (a string), in turn."""

    async def act(pilot: Pilot[Any], _app: Console) -> None:
        for step in steps:
            if isinstance(step, tuple):
                await pilot.press(*step)
            else:
                await until(pilot, step, seconds=30)

    return act


def chosen(sync: str, *steps: str | tuple[str, ...]) -> Act:
    """Choose a sync at home, then press and wait."""

    async def act(pilot: Pilot[Any], app: Console) -> None:
        app.screen.query_one("#syncs").choose(sync)
        await pressing(*steps)(pilot, app)

    return act


async def completing(pilot: Pilot[Any], app: Console) -> None:
    """Type what names a column."""
    await chosen("users", ("e",), "Everyone", ("down", "down", "end", "enter"))(pilot, app)
    await until(pilot, "users → cio")
    await pilot.press("s")
    await until(pilot, "signed_up_on   ", seconds=30)


async def rows(pilot: Pilot[Any], app: Console) -> None:
    """Look through all rows of the leads, for one that was sent before."""
    await chosen("users", ("e",), "Everyone", ("escape", "0"), "first 100 rows", ("L",), "1,500 rows")(pilot, app)
    await until(pilot, lambda: "1,500 rows, all there are" in screen_text(app), seconds=30)
    await pilot.pause(1.5)
    await pressing(("s",), "Sort by", ("down", "down", "down", "down", "down", "enter"))(pilot, app)
    await until(pilot, lambda: getattr(app.screen, "rows").result.arrangement.column == 4, seconds=30)  # noqa: B009 -- the editor's
    await pilot.press("j", "j")
    if app.size.width >= 120:
        await until(pilot, "acknowledged", seconds=30)
    await pilot.pause(0.5)


PAGES: dict[str, Act] = {
    "home": chosen("users", "email is not valid"),
    "runs": pressing(("4",), "Log of"),
    "run": chosen("users", ("enter",), "email is not valid", "u_0"),
    "course": chosen("users", ("enter",), "email is not valid", ("v",), "1 of", ("w", *"50%", "enter"), "paused"),
    "sync": chosen("users", ("o",), "rows known"),
    "home-marked": chosen("users", ("m", "m"), "pause 2"),
    "run-stopped": chosen("companies", ("enter",), "Blocked by guard"),
    "plan": chosen("companies", ("p",), "Changed"),
    "editor": chosen("open_tickets", ("e",), "zendesk", "2 errors"),
    "preview": chosen("leads", ("e",), "salesforce", ("ctrl+r",), "first 100 rows", ("escape", "j", "j"), "u_00009"),
    "editor-completion": completing,
    "rows": rows,
    "templates": chosen("users", ("e",), "Everyone", ("escape", "N"), "Stripe"),
    "sources": pressing(("2",), "customerio", ("j", "ctrl+t"), "works"),
    "new-source": pressing(("2",), "customerio", ("n",), "Or choose"),
    "settings": chosen("users", ("c",), "schedule"),
    "palette": pressing(("colon",), "a command, or words", ("t", "h"), "Choose the colours"),
    "help": pressing(("question_mark",), "Run the chosen sync now"),
    "jump": pressing(("ctrl+o",), "a State"),
}
THEMES = {"home-light": "light", "home-contrast": "high-contrast", "home-16": "terminal-dark"}


async def take(folder: Path, name: str, act: Act, size: tuple[int, int], theme: str = "") -> None:
    """Open the console, bring it where the picture is, and write it."""
    for kept in ("editing", "buffers"):  # what the picture before has typed
        shutil.rmtree(folder / ".backhaul" / kept, ignore_errors=True)
    app = Console(folder)
    async with app.run_test(size=size, notifications=False) as pilot:
        if theme:
            app.use_theme(theme, keep=False)
        await until(pilot, "users → cio", seconds=30)
        await act(pilot, app)
        await pilot.pause(0.6)
        await until(pilot, lambda: "reading the" not in screen_text(app), seconds=30)
        await pilot.pause()
        save(app, name, size)


async def take_welcome(size: tuple[int, int]) -> None:
    app = Console(Path("/home/ana/analytics"), empty=True)
    async with app.run_test(size=size) as pilot:
        await until(pilot, "Try the demo")
        save(app, "welcome", size)


def save(app: Console, name: str, size: tuple[int, int]) -> None:
    """Write a picture as SVG and PNG."""
    file = FOLDER / f"{name}-{size[0]}x{size[1]}.svg"
    file.write_text(svg_of(app, strips(app)), "utf-8")
    print(file.name, flush=True)
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        print("  no Chromium here: the PNG is not written", file=sys.stderr)
        return
    width, height = size[0] * 9 + 16, size[1] * 20 + 16
    with tempfile.TemporaryDirectory() as scratch:
        words = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]
        words += [f"--user-data-dir={scratch}", f"--window-size={width},{height}", "--force-device-scale-factor=1.5"]
        page = Path(scratch) / "page.html"
        page.write_text(
            f'<body style="margin:0;background:#fff0"><img src="{file.absolute().as_uri()}"></body>', "utf-8"
        )
        words += ["--default-background-color=00000000", f"--screenshot={file.with_suffix('.png')}", page.as_uri()]
        subprocess.run([browser, *words], check=True, capture_output=True, timeout=120)


async def main(names: list[str]) -> None:
    """Take the pictures that are named, or all."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, receiving(Path(scratch) / "receiver") as receiver:
        folder = Path(scratch) / "backhaul-demo"
        os.environ.update(SECRETS | keyring_in_memory(Path(scratch) / "keyring"))
        os.environ.update(XDG_CONFIG_HOME=str(Path(scratch) / "config"), TERM="xterm-256color", COLORTERM="truecolor")
        set_the_stage(folder, receiver)
        wanted = [name for name in (*PAGES, *CONNECTING, *THEMES, "welcome") if not names or name in names]
        with a_daemon(folder):
            for name in wanted:
                for size in SIZES:
                    await take_one(folder, name, size)


async def take_one(folder: Path, name: str, size: tuple[int, int]) -> None:
    """Take one picture, with what has to go on around it."""
    if name == "welcome":
        await take_welcome(size)
    elif name in THEMES:
        await take(folder, name, PAGES["home"], size, THEMES[name])
    elif name in CONNECTING:
        with with_a_keyring(folder), CONNECTING[name]() as act:
            await take(folder, name, act, size)
    elif name in ("home", "runs"):
        with a_run_goes_on(folder):
            await take(folder, name, PAGES[name], size)
    else:
        await take(folder, name, PAGES[name], size)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
